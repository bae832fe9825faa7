//! One campaign's calls in flight, and what was learned about them: when they are answered, how detection goes, what an
//! abandoned call costs.

mod forecast;

use std::collections::BTreeMap;

use super::ages::{Ages, End, Grid};
use super::level::Level;
use super::predict::{HORIZONS, Horizons};
use super::price::Price;
use forecast::DELAY_PARTS;

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
    /// By edge of the ring time's bins, where it was needed.
    table: Vec<Option<[f64; HORIZONS]>>,
    /// Parts of the detection's delay, seconds.
    delays: [f64; DELAY_PARTS],
    offers_at: Option<f64>,
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
const CALL_MEMORY: f64 = 4_000.0;
const DETECTION_MEMORY: f64 = 1_000.0;

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
            level: Level::new(timeout + 15.0),
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
            delays: [0.0; DELAY_PARTS],
            offers_at: None,
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

    /// A call was answered at a time that nobody heard: it waits from now on, and teaches nothing.
    pub fn found_answered(&mut self, call: u128, now: f64) {
        let Some(known) = self.calls.get_mut(&call).filter(|known| known.awaits == Awaits::Answer) else {
            return;
        };
        let awaits = if self.rules.detects { Awaits::Offer } else { Awaits::Agent };
        *known = Call { awaits, since: now, counted: now };
        self.waiting += u32::from(awaits == Awaits::Agent);
    }

    /// A call is with an agent since a time that nobody heard: it teaches nothing.
    pub fn found_connected(&mut self, call: u128) {
        if let Some(known) = self.calls.remove(&call) {
            self.waiting -= u32::from(known.awaits == Awaits::Agent);
        }
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
}
