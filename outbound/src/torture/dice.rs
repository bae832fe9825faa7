//! Chance: all that is drawn comes from the seed, in streams of their own, so that a fault that is left out changes nothing
//! that another part draws.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// What a stream is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Setup,
    Faults,
    World,
    Disk,
    Wire(usize),
}

/// A stream of chance.
#[derive(Debug)]
pub(super) struct Dice(StdRng);

impl Dice {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let salt = match stream {
            Stream::Setup => 1,
            Stream::Faults => 2,
            Stream::World => 3,
            Stream::Disk => 4,
            Stream::Wire(pbx) => 16 + pbx as u64,
        };
        Self(StdRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(salt)))
    }

    /// The stream of one fault.
    pub(super) fn of_roll(roll: u64) -> Self {
        Self(StdRng::seed_from_u64(roll))
    }

    /// From `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high.max(low))
    }

    /// One of `0..sides`.
    pub(super) fn below(&mut self, sides: usize) -> usize {
        self.0.random_range(0..sides.max(1))
    }

    /// True with this probability.
    pub(super) fn hits(&mut self, share: f64) -> bool {
        self.0.random::<f64>() < share
    }

    /// One of these.
    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0.random()
    }
}
