//! `outbound bench`: measures what docs/performance.md promises, on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use crate::bench::{ALL, Bench as Measurement, Figure, Measured, Wish, short};

/// See the module.
#[derive(Debug, Args)]
pub(super) struct Bench {
    /// Which (several with commas between them); all; or list, to see what there is
    #[arg(default_value = "list")]
    names: String,
    /// One JSON object for each measurement
    #[arg(long)]
    json: bool,
    /// Another outbound binary, measured in turn with this one
    #[arg(long, value_name = "PATH")]
    vs: Option<PathBuf>,
    /// How often each is measured; the median counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    runs: u16,
    /// Calls at once, where a measurement can be told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    in_flight: Option<u32>,
    /// Leads on the list, where a measurement can be told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    leads: Option<u64>,
    /// Where its files are while it runs; they need a disk like the one that the daemon will have
    #[arg(long, value_name = "DIR", default_value = ".")]
    scratch: PathBuf,
    /// Leave the files (databases, results, logs) where they are
    #[arg(long)]
    keep: bool,
}

/// Runs the command: 0 where each promise is kept, 3 where one is not, or could not be measured with the others.
#[expect(clippy::print_stdout, reason = "figures are what the user waits for")]
pub(super) fn run(command: &Bench) -> anyhow::Result<ExitCode> {
    if command.names == "list" {
        ALL.iter().for_each(|bench| println!("{:<14} {}", bench.name, bench.about));
        return Ok(ExitCode::SUCCESS);
    }
    let benches = chosen(&command.names)?;
    let wish = Wish {
        runs: usize::from(command.runs),
        vs: command.vs.clone(),
        in_flight: command.in_flight,
        leads: command.leads,
        scratch: command.scratch.clone(),
        keep: command.keep,
    };
    let mut kept = true;
    for bench in benches {
        let figure = match bench.run(&wish, |measured| tell(bench, measured)) {
            Ok(figure) => figure,
            // Not each machine can do each of them.
            Err(error) if command.names == "all" => {
                not_measured(&error);
                kept = false;
                continue;
            }
            Err(error) => return Err(error),
        };
        kept &= figure.is_kept();
        if command.json {
            println!("{}", figure.json());
        } else {
            told(&figure);
        }
    }
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn chosen(names: &str) -> anyhow::Result<Vec<&'static Measurement>> {
    if names == "all" {
        return Ok(ALL.iter().collect());
    }
    let mut benches = Vec::new();
    for name in names.split(',').map(str::trim) {
        let Some(bench) = ALL.iter().find(|bench| bench.name == name) else {
            let known: Vec<_> = ALL.iter().map(|bench| bench.name).collect();
            bail!("there is no measurement {name:?}: all, list or one of {} expected", known.join(", "));
        };
        benches.push(bench);
    }
    Ok(benches)
}

/// Each run as it is done, beside the figures: for whoever waits.
#[expect(clippy::print_stderr, reason = "progress")]
fn tell(bench: &Measurement, measured: &Measured) {
    eprintln!("  {}: {} {}", bench.name, short(measured.value), bench.promise.unit);
}

#[expect(clippy::print_stderr, reason = "what is missing among the figures, and why")]
fn not_measured(error: &anyhow::Error) {
    eprintln!("{error:#}");
}

#[expect(clippy::print_stdout, reason = "figures are what the user waits for")]
fn told(figure: &Figure) {
    println!("{}", figure.line());
    figure.details().iter().for_each(|(name, value)| println!("    {name}: {}", short(*value)));
}
