//! A stop watch around a policy: how long its decisions take.

use std::io;
use std::time::Instant;

use serde::Serialize;

use crate::policy::Policy;
use crate::protocol::{Answer, End, Start, Step};

/// Buckets for each doubling of the time; a quantile is right to 1/16 of itself.
const STEPS: usize = 16;

/// A policy whose decisions are timed.
pub struct Watched {
    inner: Box<dyn Policy>,
    counts: Vec<u64>,
}

/// How long decisions took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DecisionTime {
    /// Decisions.
    pub decisions: u64,
    /// Microseconds; half of them took no longer.
    pub p50_us: f64,
    /// Microseconds; 99 in 100 took no longer.
    pub p99_us: f64,
}

impl Watched {
    /// Puts a watch on a policy.
    pub fn new(inner: Box<dyn Policy>) -> Self {
        Self { inner, counts: vec![0; 64 * STEPS] }
    }

    /// What was measured so far.
    pub fn times(&self) -> DecisionTime {
        let decisions = self.counts.iter().sum();
        DecisionTime {
            decisions,
            p50_us: self.quantile(decisions, 0.5),
            p99_us: self.quantile(decisions, 0.99),
        }
    }

    fn quantile(&self, decisions: u64, share: f64) -> f64 {
        let rank = (decisions as f64 * share).ceil() as u64;
        let mut below = 0;
        let bucket = self.counts.iter().position(|count| {
            below += count;
            below >= rank
        });
        let nanoseconds = ((bucket.unwrap_or(0) as f64 + 0.5) / STEPS as f64).exp2();
        (nanoseconds / 10.0).round() / 100.0
    }
}

impl Policy for Watched {
    fn start(&mut self, start: &Start) -> io::Result<()> {
        self.inner.start(start)
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        let begun = Instant::now();
        let answer = self.inner.step(step);
        let nanoseconds = begun.elapsed().as_nanos().max(1) as f64;
        let bucket = (nanoseconds.log2() * STEPS as f64) as usize;
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        answer
    }

    fn end(&mut self, end: &End) -> io::Result<()> {
        self.inner.end(end)
    }
}
