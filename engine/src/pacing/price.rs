//! The price of an abandoned call: up to which chance of being one too many a call is placed. Steered by what became of the
//! persons who answered, so that the share of the abandoned meets its target whatever the model gets wrong (dual ascent).

/// The steered price of one campaign.
#[derive(Debug, Clone)]
pub(super) struct Price {
    target: f64,
    log: f64,
    fed: bool,
}

/// The target, as a part of the cap.
const AIM: f64 = 2.9 / 3.0;
/// Range of the price.
pub(super) const LOWEST: f64 = 1e-4;
/// Range of the price.
pub(super) const HIGHEST: f64 = 0.7;
const ETA: f64 = 0.25;

impl Price {
    /// For a cap on the share of the abandoned.
    pub(super) fn new(cap: f64) -> Self {
        let mut price = Self { target: 0.0, log: 0.0, fed: false };
        price.set_cap(cap);
        price.start(1);
        price
    }

    /// Another cap. What was learned is kept.
    pub(super) fn set_cap(&mut self, cap: f64) {
        self.target = cap * AIM;
    }

    /// The price for so many agents, as long as nobody was served or lost yet.
    pub(super) fn start(&mut self, agents: usize) {
        if !self.fed {
            let first = 0.04 / (agents.max(1) as f64).sqrt() * self.target / (0.03 * AIM);
            self.log = first.clamp(LOWEST, HIGHEST).ln();
        }
    }

    /// A person was served or lost, while about `underway` answers were on their way that had been paid for before.
    /// Whatever happens, the share of the lost among n leaves the target by at most log(HIGHEST / LOWEST) / (eta n).
    pub(super) fn outcome(&mut self, lost: bool, underway: f64) {
        self.fed = true;
        let eta = ETA / (1.0 + 2.0 * self.target * underway);
        self.log += eta * (self.target - f64::from(u8::from(lost)));
        self.log = self.log.clamp(LOWEST.ln(), HIGHEST.ln());
    }

    /// The price.
    pub(super) fn theta(&self) -> f64 {
        self.log.exp()
    }
}
