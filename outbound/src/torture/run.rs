//! One run of one seed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::SECOND;
use super::faults::{self, Fault, Kind};
use super::setup::Setup;
use super::watch::Violation;
use super::world::World;

/// What is to be run.
#[derive(Debug, Clone)]
pub struct Run {
    /// All chance comes from it.
    pub seed: u64,
    /// The kinds of faults that it draws from.
    pub kinds: Vec<Kind>,
    /// Of the faults that it draws only these, by their numbers.
    pub only: Option<Vec<usize>>,
    /// How long faults may strike, in minutes of virtual time.
    pub minutes: u64,
    /// So many of the last steps are kept in words.
    pub steps: usize,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The first invariant that did not hold.
    pub violation: Option<Violation>,
    /// The faults that were there.
    pub faults: Vec<Fault>,
    /// Virtual time, in microseconds.
    pub length: u64,
    /// Originates that reached an Asterisk.
    pub calls: u64,
    /// Results that were written.
    pub results: u64,
    /// The last steps in words, where they were to be kept.
    pub trace: Vec<String>,
}

impl Run {
    /// A run with faults of all kinds.
    pub fn new(seed: u64) -> Self {
        Self { seed, kinds: Kind::ALL.to_vec(), only: None, minutes: 3, steps: 0 }
    }

    /// Runs it. A panic is a violation as any other.
    pub fn run(&self) -> Report {
        let until = self.minutes * 60 * SECOND;
        let mut faults = faults::draw(self.seed, &self.kinds, until);
        if let Some(only) = &self.only {
            faults.retain(|fault| only.contains(&fault.number));
        }
        // Faults that were taken out must not change the world.
        let drawn = faults::draw(self.seed, &self.kinds, until);
        let setup = Setup::draw(self.seed, &drawn, self.minutes * 60);
        let mut world = World::new(self.seed, setup, faults.clone(), self.steps);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            world.run_until(until);
            if world.watch.violation.is_none() {
                world.rest();
            }
        }));
        if let Err(panic) = panicked {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let violation = Violation::panicked(text.unwrap_or_default(), world.now);
            world.watch.violation = Some(violation);
        }
        Report {
            violation: world.watch.violation,
            faults,
            length: world.now,
            calls: world.calls,
            results: world.watch.results,
            trace: world.trace.lines(),
        }
    }
}

impl Report {
    /// How many faults of each kind there were.
    pub fn faults_by_kind(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for fault in &self.faults {
            *counts.entry(fault.kind).or_default() += 1;
        }
        counts
    }
}
