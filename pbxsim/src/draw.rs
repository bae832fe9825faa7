//! Chance: everything that the model draws comes from one seeded generator, in one order.

use crate::scenario::Spread;
use crate::time::{Time, seconds};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

#[derive(Debug)]
pub(crate) struct Chance(StdRng);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// Evenly from 0 (in) to 1 (out).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// True with this probability.
    pub(crate) fn hits(&mut self, share: f64) -> bool {
        share > 0.0 && self.unit() < share
    }

    /// One of `0..n`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        self.0.random_range(0..n.max(1))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.random::<u64>()
    }

    pub(crate) fn spread(&mut self, spread: Spread) -> Time {
        if spread.mean <= 0.0 {
            return Time::ZERO;
        }
        if spread.cv <= 0.0 {
            return seconds(spread.mean);
        }
        let variance = (1.0 + spread.cv * spread.cv).ln();
        let normal: f64 = StandardNormal.sample(&mut self.0);
        seconds((spread.mean.ln() - variance / 2.0 + variance.sqrt() * normal).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_its_mean_and_its_coefficient_of_variation() {
        let mut chance = Chance::new(7);
        let draws: Vec<f64> =
            (0..100_000).map(|_| chance.spread(Spread { mean: 12.0, cv: 0.5 }).as_secs_f64()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let deviation = (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5).sqrt();
        assert!((mean - 12.0).abs() < 0.1, "{mean}");
        assert!((deviation / mean - 0.5).abs() < 0.02, "{deviation}");
    }
}
