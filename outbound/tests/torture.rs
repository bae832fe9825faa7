//! The deterministic simulation: no seed breaks an invariant, and every rule of the dialer that is broken on purpose is noticed.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::broken::{Rule, break_rule};
use outbound::torture::{Kind, Report, Run, shrink};

/// Runs these seeds side by side, up to the first violation; gives the lowest seed that was found to have one.
fn first_violation(seeds: std::ops::Range<u64>, rule: Option<Rule>, kinds: &[Kind]) -> Option<(u64, Report)> {
    let next = AtomicU64::new(seeds.start);
    let found = std::sync::Mutex::new(None::<(u64, Report)>);
    let work = || {
        break_rule(rule);
        while let seed = next.fetch_add(1, Ordering::Relaxed)
            && seed < seeds.end
        {
            let report = Run { kinds: kinds.to_vec(), ..Run::new(seed) }.run();
            if report.violation.is_some() {
                next.store(seeds.end, Ordering::Relaxed);
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                if found.as_ref().is_none_or(|(other, _)| seed < *other) {
                    *found = Some((seed, report));
                }
            }
        }
        break_rule(None);
    };
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(work);
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn no_seed_breaks_an_invariant() {
    let found = first_violation(1..301, None, Kind::ALL);
    let found = found.map(|(seed, report)| format!("seed {seed}: {}", report.violation.unwrap()));
    assert_eq!(found, None);
}

#[test]
fn every_broken_rule_is_noticed() {
    let mut missed = Vec::new();
    for rule in Rule::ALL {
        match first_violation(1..1_001, Some(*rule), Kind::ALL) {
            Some((seed, report)) => println!("{rule:?}: seed {seed}: {}", report.violation.unwrap()),
            None => missed.push(rule),
        }
    }
    assert!(missed.is_empty(), "not noticed within 1,000 seeds: {missed:?}");
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    let runs = [1, 2].map(|_| Run { steps: 5_000, ..Run::new(7) }.run());
    assert!(runs[0].calls > 50, "{} calls", runs[0].calls);
    assert_eq!(runs[0].trace, runs[1].trace);
    assert_eq!(
        (runs[0].length, runs[0].calls, runs[0].results),
        (runs[1].length, runs[1].calls, runs[1].results)
    );
}

#[test]
fn a_violation_is_shrunk_to_the_faults_that_it_needs() {
    break_rule(Some(Rule::CreatedTwice));
    let run = Run::new(1);
    let report = run.run();
    let shrunk = shrink(&run, &report, 40);
    break_rule(None);
    let left: Vec<Kind> = shrunk.report.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(left, [Kind::Crash], "of {} faults", report.faults.len());
    assert!(report.faults.len() > 3);
    let invariant = shrunk.report.violation.map(|violation| violation.invariant);
    assert_eq!(invariant, report.violation.map(|violation| violation.invariant));
    assert!(
        shrunk.report.trace.iter().any(|line| line.contains("the daemon dies")),
        "{:?}",
        shrunk.report.trace
    );
}

#[test]
fn names_of_faults_are_read_and_unknown_ones_refused_with_those_that_there_are() {
    assert_eq!(Kind::parse_list("all").map(|kinds| kinds.len()), Ok(Kind::ALL.len()));
    assert_eq!(Kind::parse_list("none"), Ok(Vec::new()));
    assert_eq!(Kind::parse_list("crash, half-open"), Ok(vec![Kind::Crash, Kind::HalfOpen]));
    let refused = Kind::parse_list("crash,fire").unwrap_err();
    assert!(refused.starts_with("fire is no fault") && refused.contains("half-open"), "{refused}");
}
