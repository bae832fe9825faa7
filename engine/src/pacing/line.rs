//! One campaign's calls in flight, and what was learned about them: when they are answered, how detection goes, what an
//! abandoned call costs.

use std::collections::BTreeMap;

use super::ages::{Ages, End, Grid};
use super::level::Level;
use super::predict::{HORIZONS, Horizons};
use super::price::Price;

/// What a campaign is bound to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Share of the persons who answer that may find no agent: 0.03 is 3 %. 0: none may. From 1.0 on: no matter how many.
    pub cap: f64,
    /// An agent must be there so long after the call is offered, seconds.
    pub patience_s: f64,
    /// A call rings so long at most, seconds.
    pub ring_timeout_s: f64,
    /// Machine detection lies between the answer and the offer.
    pub detects: bool,
}

/// Why a call ended before it was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The called party is busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// A machine answered, and detection said so.
    Machine,
    /// Anything else: no such number, a congested trunk, a hang-up during detection.
    Other,
}

/// One campaign's calls.
#[derive(Debug, Clone)]
pub struct Line {
    rules: Rules,
    calls: BTreeMap<u128, Call>,
    waiting: u32,
    ring: Ages,
    detection: Ages,
    level: Level,
    price: Price,
    progressive_only: bool,
    weight: f64,
    asked: Option<f64>,
    /// Answers of the last minutes, the older ones fading.
    had: f64,
    /// Answers since the level was last told.
    answers: u32,
    expected: f64,
    refreshed: Option<f64>,
    offers: Horizons,
    table: Vec<[f64; HORIZONS]>,
    table_of: Option<Horizons>,
}

#[derive(Debug, Clone, Copy)]
struct Call {
    awaits: Awaits,
    since: f64,
    counted: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Answer,
    Offer,
    Agent,
}

/// More calls than this are not looked at.
const MOST_CALLS: usize = 50_000;
/// A call of which nothing was heard for so long is gone, seconds.
const LOST_S: f64 = 600.0;
/// The same of a call that waits for an agent, seconds.
const LOST_WAITING_S: f64 = 3_600.0;
/// Memory of how much a campaign had of the crew, seconds.
const HAD_S: f64 = 300.0;
/// A campaign wants calls for so long after it asked, seconds.
const ASKS_S: f64 = 3.0;
/// The price where any number may be abandoned: agents are kept busy, but callers not called for nothing.
const NO_CAP: f64 = 0.5;
const REFRESH_S: f64 = 1.0;
const CALL_MEMORY: f64 = 4_000.0;
const DETECTION_MEMORY: f64 = 1_000.0;
/// Parts of the detection delay's law in the sum of ring time and delay.
const DELAY_PARTS: usize = 4;

impl Line {
    /// A campaign without calls of which nothing is known.
    pub fn new(rules: Rules) -> Self {
        let timeout = rules.ring_timeout_s;
        // 30 % are answered at about 11 s, the others end at the timeout
        let ring = move |age: f64| match age {
            age if age > timeout + 2.0 => (0.0, 1.0),
            age if (4.0..20.0).contains(&age) => (0.0215, 0.005),
            _ => (0.002, 0.005),
        };
        Self {
            rules,
            calls: BTreeMap::new(),
            waiting: 0,
            ring: Ages::new(Grid::new(0.5, 0.0, timeout.clamp(5.0, 180.0) + 15.0), CALL_MEMORY, 8.0, ring),
            detection: Ages::new(Grid::new(0.25, 0.05, 60.0), DETECTION_MEMORY, 4.0, |_| (0.3, 0.1)),
            level: Level::new(),
            price: Price::new(rules.cap),
            progressive_only: false,
            weight: 1.0,
            asked: None,
            had: 0.0,
            answers: 0,
            expected: 0.0,
            refreshed: None,
            offers: [0.0; HORIZONS],
            table: Vec::new(),
            table_of: None,
        }
    }

    /// Other rules from now on. What was learned is kept.
    pub fn set_rules(&mut self, rules: Rules) {
        self.price.set_cap(rules.cap);
        self.rules = rules;
        self.refreshed = None;
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The budget of abandoned calls is used up (or no longer): no more calls than idle agents are there for.
    pub fn set_progressive_only(&mut self, only: bool) {
        self.progressive_only = only;
    }

    /// Whether calls are only placed for idle agents: so told, or by a cap of nothing.
    pub fn progressive_only(&self) -> bool {
        self.progressive_only || self.rules.cap <= 0.0
    }

    /// The campaign's part of the crew, against the weights of the others on it; above 0, at first 1.
    pub fn set_weight(&mut self, weight: f64) {
        self.weight = weight.clamp(1e-3, 1e3);
    }

    /// A call was placed.
    pub fn dialed(&mut self, call: u128, now: f64) {
        if self.calls.len() < MOST_CALLS {
            self.calls.entry(call).or_insert(Call { awaits: Awaits::Answer, since: now, counted: now });
        }
    }

    /// A call was answered, by whomever.
    pub fn answered(&mut self, call: u128, now: f64) {
        let Some(known) = self.calls.get(&call).copied().filter(|known| known.awaits == Awaits::Answer)
        else {
            return;
        };
        self.ring_over(known, now, End::Wanted);
        self.answers += 1;
        self.had += 1.0;
        self.calls.insert(call, Call { awaits: Awaits::Offer, since: now, counted: now });
    }

    /// A call was handed to the agents: it waits for one.
    pub fn offered(&mut self, call: u128, now: f64) {
        self.answered(call, now);
        let Some(known) = self.calls.get(&call).copied().filter(|known| known.awaits == Awaits::Offer) else {
            return;
        };
        self.detection_over(known, now, End::Wanted);
        self.waiting += 1;
        self.calls.insert(call, Call { awaits: Awaits::Agent, since: now, counted: now });
    }

    /// An agent took the call. One that waited longer than the patience was lost all the same.
    pub fn connected(&mut self, call: u128, now: f64) {
        self.offered(call, now);
        if let Some(known) = self.calls.remove(&call) {
            self.waiting -= 1;
            self.outcome(now - known.since > self.rules.patience_s + 0.05);
        }
    }

    /// A person answered and found no agent in time. Should an agent take the call later, that is not counted again.
    pub fn abandoned(&mut self, call: u128, now: f64) {
        self.offered(call, now);
        if self.calls.remove(&call).is_some() {
            self.waiting -= 1;
            self.outcome(true);
        }
    }

    /// A call ended before it was offered. One that was offered and ends so counts as abandoned if its patience was over.
    pub fn failed(&mut self, call: u128, now: f64, _why: Failure) {
        let Some(known) = self.calls.remove(&call) else { return };
        match known.awaits {
            Awaits::Answer => self.ring_over(known, now, End::Other),
            Awaits::Offer => self.detection_over(known, now, End::Other),
            Awaits::Agent => {
                self.waiting -= 1;
                if now - known.since > self.rules.patience_s {
                    self.outcome(true);
                }
            }
        }
    }

    /// Calls that were dialed and have neither ended nor been offered.
    pub fn in_flight(&self) -> u32 {
        u32::try_from(self.calls.len()).unwrap_or(u32::MAX).saturating_sub(self.waiting)
    }

    /// Calls that were offered and wait for an agent.
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// The share of the calls that is believed to be answered.
    pub fn answer_share(&self) -> f64 {
        self.ring.share()
    }

    fn ring_over(&mut self, call: Call, now: f64, end: End) {
        let age = (now - call.since).max(0.0);
        self.expected += self.ring.ended(call.counted - call.since, age, self.level.factor(), end);
    }

    fn detection_over(&mut self, call: Call, now: f64, end: End) {
        let age = (now - call.since).max(0.0);
        self.detection.ended(call.counted - call.since, age, 1.0, end);
    }

    fn outcome(&mut self, lost: bool) {
        self.price.outcome(lost, self.level.answers_per_second() * self.offers[HORIZONS - 1]);
    }

    fn forget_lost(&mut self, now: f64) {
        let waiting = &mut self.waiting;
        self.calls.retain(|_, call| {
            let awaits_agent = call.awaits == Awaits::Agent;
            let keep = now - call.since < if awaits_agent { LOST_WAITING_S } else { LOST_S };
            *waiting -= u32::from(awaits_agent && !keep);
            keep
        });
    }

    /// Counts what lasts as having lasted until `now`, and makes the curves anew where they are old.
    pub(super) fn advance(&mut self, now: f64) {
        if self.refreshed.is_some_and(|at| now - at < REFRESH_S && now >= at) {
            return;
        }
        let seconds = self.refreshed.map_or(0.0, |at| (now - at).max(0.0));
        self.had *= (-seconds / HAD_S).exp();
        self.refreshed = Some(now);
        self.table_of = None;
        self.forget_lost(now);
        let factor = self.level.factor();
        for call in self.calls.values_mut().filter(|call| now > call.counted) {
            let (from, to) = (call.counted - call.since, now - call.since);
            match call.awaits {
                Awaits::Answer => self.expected += self.ring.expose(from, to, factor),
                Awaits::Offer => _ = self.detection.expose(from, to, 1.0),
                Awaits::Agent => continue,
            }
            call.counted = now;
        }
        self.level.observe(f64::from(self.answers), self.expected, now);
        (self.answers, self.expected) = (0, 0.0);
        self.ring.refresh(self.level.factor());
        if self.rules.detects {
            self.detection.refresh(1.0);
        }
        self.offers = self.next_offers();
    }

    /// Calls were asked for.
    pub(super) fn asks(&mut self, now: f64) {
        self.asked = Some(now);
    }

    /// Answers of the last minutes for each unit of weight; nothing where no calls were asked for lately.
    pub(super) fn had(&self, now: f64) -> Option<f64> {
        let asks = self.asked.is_some_and(|at| now - at < ASKS_S);
        asks.then_some(self.had / self.weight)
    }

    /// What half an answer makes of `had`.
    pub(super) fn half_more(&self) -> f64 {
        0.5 / self.weight
    }

    /// Up to which chance of being one too many the campaign would place a call by itself.
    pub(super) fn theta(&self) -> f64 {
        if self.rules.cap >= 1.0 { NO_CAP } else { self.price.theta() }
    }

    /// The moments at which a call dialed now would be offered, seconds from now, if it is: the middles of equal parts.
    pub(super) fn offers(&self) -> Horizons {
        self.offers
    }

    fn next_offers(&self) -> Horizons {
        let answers: Horizons = self.ring.quantiles();
        if !self.rules.detects {
            return answers;
        }
        let delays: [f64; DELAY_PARTS] = self.detection.quantiles();
        let delay = delays.iter().sum::<f64>() / DELAY_PARTS as f64;
        answers.map(|answer| answer + delay)
    }

    /// Calls `each` with the chances of every call in flight to be offered by each of the horizons (seconds from `now`); returns
    /// those of a call dialed now.
    pub(super) fn offered_by(
        &mut self,
        horizons: &Horizons,
        now: f64,
        mut each: impl FnMut(&[f64; HORIZONS]),
    ) -> [f64; HORIZONS] {
        if self.table_of != Some(*horizons) {
            self.tabulate(horizons);
            self.table_of = Some(*horizons);
        }
        for call in self.calls.values() {
            let age = (now - call.since).max(0.0);
            match call.awaits {
                Awaits::Answer => each(&self.from_ring(age)),
                Awaits::Offer if self.rules.detects => {
                    each(&horizons.map(|horizon| self.detection.reaches(age, horizon)));
                }
                Awaits::Offer => each(&[1.0; HORIZONS]),
                Awaits::Agent => {}
            }
        }
        self.table[0]
    }

    fn from_ring(&self, age: f64) -> [f64; HORIZONS] {
        let (bin, part) = self.ring.grid().place(age);
        std::array::from_fn(|horizon| {
            let (low, high) = (self.table[bin][horizon], self.table[bin + 1][horizon]);
            low + (high - low) * part
        })
    }

    fn tabulate(&mut self, horizons: &Horizons) {
        let ring = &self.ring;
        let caution = self.level.caution();
        let detects = self.rules.detects;
        let delays: [f64; DELAY_PARTS] = self.detection.quantiles();
        let each = self.detection.share() / DELAY_PARTS as f64;
        let chances = |age: &f64| {
            horizons.map(|horizon| {
                let chance = if detects {
                    each * delays.iter().map(|delay| ring.reaches(*age, horizon - delay)).sum::<f64>()
                } else {
                    ring.reaches(*age, horizon)
                };
                (chance * caution).min(1.0)
            })
        };
        self.table = ring.grid().edges().iter().map(chances).collect();
    }
}
