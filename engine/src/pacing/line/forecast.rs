//! What a campaign's calls will come to: its curves, kept up to date, and the chances that follow from them. Also what it may
//! claim of the crew against other campaigns.

use super::{Awaits, Line};
use crate::pacing::predict::{HORIZONS, Horizons};

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
/// The moments that are looked at are chosen anew so often, seconds.
const OFFERS_S: f64 = 5.0;
/// Parts of the detection delay's law in the sum of ring time and delay.
pub(super) const DELAY_PARTS: usize = 4;

impl Line {
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
    pub(in crate::pacing) fn advance(&mut self, now: f64) {
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
        if self.offers_at.is_none_or(|at| now - at >= OFFERS_S || now < at) {
            self.offers_at = Some(now);
            self.offers = self.next_offers();
        }
        if self.rules.detects {
            self.delays = self.detection.quantiles();
        }
    }

    /// Calls were asked for.
    pub(in crate::pacing) fn asks(&mut self, now: f64) {
        self.asked = Some(now);
    }

    /// Answers of the last minutes for each unit of weight; nothing where no calls were asked for lately.
    pub(in crate::pacing) fn had(&self, now: f64) -> Option<f64> {
        let asks = self.asked.is_some_and(|at| now - at < ASKS_S);
        asks.then_some(self.had / self.weight)
    }

    /// What half an answer makes of `had`.
    pub(in crate::pacing) fn half_more(&self) -> f64 {
        0.5 / self.weight
    }

    /// Up to which chance of being one too many the campaign would place a call by itself.
    pub(in crate::pacing) fn theta(&self) -> f64 {
        if self.rules.cap >= 1.0 { NO_CAP } else { self.price.theta() }
    }

    /// The moments at which a call dialed now would be offered, seconds from now, if it is: the middles of equal parts.
    pub(in crate::pacing) fn offers(&self) -> Horizons {
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
    pub(in crate::pacing) fn offered_by(
        &mut self,
        horizons: &Horizons,
        now: f64,
        mut each: impl FnMut(&[f64; HORIZONS]),
    ) -> [f64; HORIZONS] {
        if self.table_of != Some(*horizons) {
            self.table.clear();
            self.table.resize(self.ring.grid().edges().len(), None);
            self.table_of = Some(*horizons);
        }
        let ages: Vec<(f64, Awaits)> =
            self.calls.values().map(|call| (now - call.since, call.awaits)).collect();
        for (age, awaits) in ages {
            let age = age.max(0.0);
            match awaits {
                Awaits::Answer => each(&self.by_ring(age, horizons)),
                Awaits::Offer if self.rules.detects => {
                    each(&self.detection.reaches_each(age, |reaches| horizons.map(reaches)));
                }
                Awaits::Offer => each(&[1.0; HORIZONS]),
                Awaits::Agent => {}
            }
        }
        self.at_edge(0, horizons)
    }

    fn by_ring(&mut self, age: f64, horizons: &Horizons) -> [f64; HORIZONS] {
        let (bin, part) = self.ring.grid().place(age);
        let (low, high) = (self.at_edge(bin, horizons), self.at_edge(bin + 1, horizons));
        std::array::from_fn(|horizon| low[horizon] + (high[horizon] - low[horizon]) * part)
    }

    /// The chances of a call whose age is at the edge of a bin.
    fn at_edge(&mut self, edge: usize, horizons: &Horizons) -> [f64; HORIZONS] {
        if let Some(chances) = self.table[edge] {
            return chances;
        }
        let ring = &self.ring;
        let caution = self.level.caution();
        let chances = ring.reaches_each(ring.grid().edges()[edge], |reaches| {
            horizons.map(|horizon| {
                let chance = if self.rules.detects {
                    let each = self.detection.share() / DELAY_PARTS as f64;
                    each * self.delays.iter().map(|delay| reaches(horizon - delay)).sum::<f64>()
                } else {
                    reaches(horizon)
                };
                (chance * caution).min(1.0)
            })
        });
        self.table[edge] = Some(chances);
        chances
    }
}
