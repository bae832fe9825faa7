//! Chance with independent streams: the fate of the n-th call of a day is the same under every policy.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// How a time or a factor is spread: lognormal, or constant where `cv` is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The mean, in the unit of what is drawn; 0 gives 0.
    pub mean: f64,
    /// The standard deviation over the mean.
    pub cv: f64,
}

impl Spread {
    /// Always the same.
    pub const fn constant(mean: f64) -> Self {
        Self { mean, cv: 0.0 }
    }

    /// Lognormal with that mean and coefficient of variation.
    pub const fn lognormal(mean: f64, cv: f64) -> Self {
        Self { mean, cv }
    }
}

/// What a stream of chance is for; streams of different things are independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Day,
    Call(u64),
    Agent(u64),
}

/// A stream of chance.
#[derive(Debug, Clone)]
pub(crate) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub(crate) fn new(seed: u64, day: u32, stream: Stream) -> Self {
        let (kind, id) = match stream {
            Stream::Day => (1, 0),
            Stream::Call(id) => (2, id),
            Stream::Agent(id) => (3, id),
        };
        let mixed =
            [u64::from(day), kind, id].into_iter().fold(mix(seed), |state, word| mix(state ^ mix(word)));
        Self(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// One draw; always takes as much from the stream, so that what follows stays the same when `spread` changes.
    pub(crate) fn draw(&mut self, spread: Spread) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.0);
        if spread.mean <= 0.0 {
            return 0.0;
        }
        let variance = spread.cv.powi(2).ln_1p();
        (spread.mean.ln() - variance / 2.0 + variance.sqrt() * normal).exp()
    }

    /// A draw below `most`: drawn again while it is above, `most` itself where that does not help.
    pub(crate) fn draw_below(&mut self, spread: Spread, most: f64) -> f64 {
        (0..32).map(|_| self.draw(spread)).find(|value| *value < most).unwrap_or(most)
    }

    /// Exponential with that mean.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (-self.unit()).ln_1p()
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_mean_and_the_spread_that_were_asked_for() {
        let mut chance = Chance::new(1, 0, Stream::Day);
        let draws: Vec<f64> = (0..200_000).map(|_| chance.draw(Spread::lognormal(12.0, 0.5))).collect();
        let mean = draws.iter().sum::<f64>() / 2e5;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 2e5;
        assert!((mean - 12.0).abs() < 0.1, "{mean}");
        assert!((variance.sqrt() / mean - 0.5).abs() < 0.02, "{variance}");
    }

    #[test]
    fn streams_differ_by_day_and_by_what_they_are_for_and_repeat_themselves() {
        let first = |day, stream| Chance::new(7, day, stream).unit();
        assert_eq!(first(0, Stream::Call(3)).to_bits(), first(0, Stream::Call(3)).to_bits());
        let all = [first(0, Stream::Call(3)), first(1, Stream::Call(3)), first(0, Stream::Agent(3))];
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2], "{all:?}");
    }
}
