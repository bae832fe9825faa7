//! The price of an abandoned call: up to which chance of being one too many a call is placed. Steered by what became of the
//! persons who answered, so that the share of the abandoned meets its target whatever the model gets wrong (dual ascent).

/// The steered price of one campaign.
#[derive(Debug, Clone)]
pub(super) struct Price {
    cap: f64,
    target: f64,
    log: f64,
    /// Persons lost beyond the cap (below 0: fewer), older ones fading.
    over: f64,
    /// By how much the steps are smaller than usual, as answers are on their way whose price cannot be changed any more.
    damping: f64,
}

/// The target, as a part of the cap.
const AIM: f64 = 2.75 / 3.0;
/// Range of the price.
pub(super) const LOWEST: f64 = 3e-4;
/// Range of the price.
pub(super) const HIGHEST: f64 = 0.35;
const ETA: f64 = 0.35;
/// So far below the lowest price its logarithm goes: what was lost beyond all measure is to be made up for, up to here.
const DEBT: f64 = 3.0;
/// The price falls by so much (in its logarithm) for each person lost beyond the cap itself, up to so many: a day that begins
/// badly must not end above the cap.
const GUARD: f64 = 0.5;
const MOST_OVER: f64 = 8.0;
/// Persons after whom it is forgotten what others came to.
const MEMORY: f64 = 3_000.0;
/// The first price, as a part of the target: what it comes to in rooms of all sizes, and a little less.
const FIRST: f64 = 0.5;

impl Price {
    /// For a cap on the share of the abandoned.
    pub(super) fn new(cap: f64) -> Self {
        let mut price = Self { cap, target: 0.0, log: 0.0, over: 0.0, damping: 1.0 };
        price.set_cap(cap);
        price.log = (price.target * FIRST).clamp(LOWEST, HIGHEST).ln();
        price
    }

    /// Another cap. What was learned is kept.
    pub(super) fn set_cap(&mut self, cap: f64) {
        self.cap = cap;
        self.target = cap * AIM;
    }

    /// A person was served or lost, while about `underway` answers were on their way that had been paid for before.
    /// As long as nobody is lost at the lowest price, the share of the lost among n leaves the target by at most
    /// (log(HIGHEST / LOWEST) + DEBT) / (eta n), eta being the damped step.
    pub(super) fn outcome(&mut self, lost: bool, underway: f64) {
        self.damping = 1.0 / (1.0 + 2.0 * self.target * underway);
        let lost = f64::from(u8::from(lost));
        self.log += ETA * self.damping * (self.target - lost);
        self.over += lost - self.cap - self.over / MEMORY;
        self.log = self.log.clamp(LOWEST.ln() - DEBT, HIGHEST.ln());
    }

    /// The price.
    pub(super) fn theta(&self) -> f64 {
        let guard = GUARD * self.damping * self.over.clamp(0.0, MOST_OVER);
        (self.log - guard).exp().max(LOWEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_happens_the_share_stays_near_its_target() {
        // the worst room: every person is lost while the price is above its lowest, none below
        let mut price = Price::new(0.03);
        let (mut lost, persons) = (0, 5_000);
        for _ in 0..persons {
            let now_lost = price.theta() > LOWEST * 1.000_001;
            lost += i32::from(now_lost);
            price.outcome(now_lost, 0.0);
        }
        let bound = ((HIGHEST / LOWEST).ln() + DEBT) / ETA / f64::from(persons) + 1.0 / f64::from(persons);
        assert!((f64::from(lost) / f64::from(persons) - 0.0275).abs() < bound, "{lost}");
    }

    #[test]
    fn a_price_falls_with_every_one_lost_and_rises_slowly_with_every_one_served() {
        let mut price = Price::new(0.03);
        let first = price.theta();
        price.outcome(true, 0.0);
        let lower = price.theta();
        assert!(lower < first);
        for _ in 0..33 {
            price.outcome(false, 0.0);
        }
        assert!(price.theta() < first);
        price.outcome(false, 0.0);
        price.outcome(false, 0.0);
        assert!(price.theta() > 0.98 * first);
    }

    #[test]
    fn the_more_is_on_its_way_the_smaller_the_steps() {
        let (mut small, mut large) = (Price::new(0.03), Price::new(0.03));
        small.outcome(true, 0.0);
        large.outcome(true, 50.0);
        assert!(large.theta() > small.theta());
    }
}
