//! `outbound torture`: the deterministic simulation with faults (docs/torture.md): many seeds at once, and what breaks an invariant
//! shrunk to the faults that it needs.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::anyhow;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::torture::{Kind, Report, Run, Shrunk, shrink};

/// What the simulation may be told.
#[derive(Debug, Args)]
pub(super) struct Torture {
    /// How many seeds
    #[arg(long, value_name = "N", default_value_t = 1_000, conflicts_with = "seed")]
    seeds: u64,
    /// Only this seed
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The first seed
    #[arg(long, value_name = "S", default_value_t = 1, conflicts_with = "seed")]
    from: u64,
    /// The faults that seeds draw from: all, none, or names with commas between them
    #[arg(long, value_name = "NAMES", default_value = "all")]
    faults: String,
    /// Of the faults of a seed only these, by their numbers; or none
    #[arg(long, value_name = "NUMBERS", value_parser = numbers, requires = "seed")]
    only: Option<Numbers>,
    /// Seeds that run at the same time; else as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    jobs: Option<u32>,
    /// Minutes of virtual time in which faults may strike
    #[arg(long, value_name = "M", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1_440))]
    minutes: u64,
    /// Of a violation, so many of the steps before it are shown
    #[arg(long, value_name = "N", default_value_t = 40)]
    steps: usize,
}

/// Numbers of faults.
#[derive(Debug, Clone)]
struct Numbers(Vec<usize>);

fn numbers(text: &str) -> Result<Numbers, std::num::ParseIntError> {
    if text == "none" {
        return Ok(Numbers(Vec::new()));
    }
    text.split(',').map(|number| number.trim().parse()).collect::<Result<_, _>>().map(Numbers)
}

/// What all seeds came to.
#[derive(Debug, Default)]
struct Sum {
    seeds: u64,
    length: u64,
    calls: u64,
    results: u64,
    faults: BTreeMap<Kind, usize>,
    broken: Option<(Run, Report)>,
}

/// Runs the command.
pub(super) fn run(command: &Torture) -> anyhow::Result<ExitCode> {
    let kinds = Kind::parse_list(&command.faults).map_err(|text| anyhow!(text))?;
    let started = Instant::now();
    // A panic in a run is a violation, and is told as one.
    std::panic::set_hook(Box::new(|_| {}));
    let sum = all(command, &kinds);
    let _ = std::panic::take_hook();
    summary(command, &sum, started);
    let Some((run, report)) = sum.broken else { return Ok(ExitCode::SUCCESS) };
    told(&shrink(&run, &report, command.steps), &command.faults);
    Ok(ExitCode::FAILURE)
}

fn all(command: &Torture, kinds: &[Kind]) -> Sum {
    let (first, count) = command.seed.map_or((command.from, command.seeds), |seed| (seed, 1));
    let jobs = command
        .jobs
        .map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), |jobs| jobs as usize);
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let sum = Mutex::new(Sum::default());
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return;
            }
            let run = Run {
                seed: first.wrapping_add(at),
                kinds: kinds.to_vec(),
                only: command.only.as_ref().map(|only| only.0.clone()),
                minutes: command.minutes,
                steps: 0,
            };
            let report = run.run();
            bar.inc(1);
            stop.fetch_or(report.violation.is_some(), Ordering::Relaxed);
            sum.lock().unwrap_or_else(PoisonError::into_inner).add(run, report);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Sum {
    fn add(&mut self, run: Run, report: Report) {
        self.seeds += 1;
        self.length += report.length;
        self.calls += report.calls;
        self.results += report.results;
        for (kind, count) in report.faults_by_kind() {
            *self.faults.entry(kind).or_default() += count;
        }
        let lowest = self.broken.as_ref().is_none_or(|(other, _)| run.seed < other.seed);
        if report.violation.is_some() && lowest {
            self.broken = Some((run, report));
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn summary(command: &Torture, sum: &Sum, started: Instant) {
    let hours = sum.length as f64 / 3.6e9;
    let faults: Vec<String> = sum.faults.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    println!(
        "{} seeds, {hours:.1} hours of virtual time, {} calls, {} results in {:.1} s",
        sum.seeds,
        sum.calls,
        sum.results,
        started.elapsed().as_secs_f64()
    );
    println!("faults: {}", if faults.is_empty() { "none".to_owned() } else { faults.join(", ") });
    if sum.broken.is_none() {
        println!("no violation with --faults {}", command.faults);
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn told(shrunk: &Shrunk, faults: &str) {
    let Shrunk { run, report } = shrunk;
    println!();
    println!("the last steps:");
    for line in &report.trace {
        println!("{line}");
    }
    println!();
    println!("the faults that it needs:");
    for fault in &report.faults {
        println!("  {fault}");
    }
    if let Some(violation) = &report.violation {
        println!("VIOLATION of seed {}: {violation}", run.seed);
    }
    let only = run.only.as_ref().map_or_else(String::new, |only| {
        let numbers: Vec<String> = only.iter().map(ToString::to_string).collect();
        if numbers.is_empty() { " --only none".to_owned() } else { format!(" --only {}", numbers.join(",")) }
    });
    println!(
        "replay: outbound torture --seed {} --faults {faults}{only} --minutes {}",
        run.seed, run.minutes
    );
}
