//! Delta debugging: faults are left out while the same invariant still breaks.

use super::run::{Report, Run};

/// The fewest faults that were found to break an invariant.
#[derive(Debug)]
pub struct Shrunk {
    /// Replays it.
    pub run: Run,
    /// What it comes to, with its trace.
    pub report: Report,
}

/// Leaves faults out of a run that breaks an invariant: halves first, then smaller parts, at last single ones. So many of the
/// last steps are kept in words.
pub fn shrink(run: &Run, report: &Report, steps: usize) -> Shrunk {
    let invariant = report.violation.as_ref().map(|violation| violation.invariant);
    let breaks = |only: &[usize]| {
        let tried = Run { only: Some(only.to_vec()), ..run.clone() };
        let violation = tried.run().violation;
        violation.map(|violation| violation.invariant) == invariant
    };
    let at = report.violation.as_ref().map_or(u64::MAX, |violation| violation.at);
    let all: Vec<usize> = report.faults.iter().map(|fault| fault.number).collect();
    let mut left: Vec<usize> =
        report.faults.iter().filter(|fault| fault.at <= at).map(|fault| fault.number).collect();
    if !breaks(&left) {
        left = all;
    }
    let mut part = left.len().div_ceil(2).max(1);
    while !left.is_empty() {
        let mut from = 0;
        while from < left.len() {
            let without: Vec<usize> = left
                .iter()
                .enumerate()
                .filter(|(at, _)| !(from..from + part).contains(at))
                .map(|(_, number)| *number)
                .collect();
            if breaks(&without) { left = without } else { from += part }
        }
        if part == 1 {
            break;
        }
        part = part.div_ceil(2);
    }
    let mut run = Run { only: Some(left), steps, ..run.clone() };
    let mut report = run.run();
    if report.violation.as_ref().map(|violation| violation.invariant) != invariant {
        // It breaks only with all of them.
        run.only = None;
        report = run.run();
    }
    Shrunk { run, report }
}
