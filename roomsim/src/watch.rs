//! A stop watch around a policy: how long its decisions take.

use std::io;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::policy::Policy;
use crate::protocol::{Answer, End, Start, Step};

/// Buckets for each doubling of the time; a quantile is right to 1/16 of itself.
const STEPS: usize = 16;

/// A policy whose decisions are timed.
pub struct Watched {
    inner: Box<dyn Policy>,
    laps: Laps,
}

/// How long decisions took: a histogram with 16 buckets for each doubling of the nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laps(Vec<u64>);

/// How long decisions took, in short.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DecisionTime {
    /// Decisions.
    pub decisions: u64,
    /// Microseconds; half of them took no longer.
    pub p50_us: f64,
    /// Microseconds; 99 in 100 took no longer.
    pub p99_us: f64,
}

impl Default for Laps {
    fn default() -> Self {
        Self(vec![0; 64 * STEPS])
    }
}

impl Laps {
    fn add(&mut self, lap: Duration) {
        let bucket = ((lap.as_nanos().max(1) as f64).log2() * STEPS as f64) as usize;
        if let Some(count) = self.0.get_mut(bucket) {
            *count += 1;
        }
    }

    /// Adds those of another day.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(count, other)| *count += other);
    }

    /// Their quantiles.
    pub fn times(&self) -> DecisionTime {
        let decisions = self.0.iter().sum();
        DecisionTime {
            decisions,
            p50_us: self.quantile(decisions, 0.5),
            p99_us: self.quantile(decisions, 0.99),
        }
    }

    fn quantile(&self, decisions: u64, share: f64) -> f64 {
        let rank = (decisions as f64 * share).ceil() as u64;
        let mut below = 0;
        let bucket = self.0.iter().position(|count| {
            below += count;
            below >= rank
        });
        let nanoseconds = ((bucket.unwrap_or(0) as f64 + 0.5) / STEPS as f64).exp2();
        (nanoseconds / 10.0).round() / 100.0
    }
}

impl Watched {
    /// Puts a watch on a policy.
    pub fn new(inner: Box<dyn Policy>) -> Self {
        Self { inner, laps: Laps::default() }
    }

    /// What was measured so far.
    pub fn laps(&self) -> &Laps {
        &self.laps
    }
}

impl Policy for Watched {
    fn start(&mut self, start: &Start) -> io::Result<()> {
        self.inner.start(start)
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        let begun = Instant::now();
        let answer = self.inner.step(step);
        self.laps.add(begun.elapsed());
        answer
    }

    fn end(&mut self, end: &End) -> io::Result<()> {
        self.inner.end(end)
    }
}
