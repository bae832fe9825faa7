//! `make count`: how many instructions one complete call costs, from the lead on its list to the result in its file, and what each
//! step of it does. Counted by callgrind, so the machine need not be quiet.
//!
//! Counted by difference: a run with twice as many calls less a run with as many, so that what comes before the first call and
//! after the last is in none.
#![expect(clippy::print_stdout, reason = "prints a table")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use bench::daemon::{Daemon, Size};
use bench::profile::Profile;
use bench::rows;
use bench::script::{Kind, Script};

const USAGE: &str = "count                     prints the table
count --check [FILE]      fails where a kind of call costs over 10 % more than FILE says (docs/performance.md)
count --keep FOLDER       leaves the profiles there, for callgrind_annotate
count run KIND CALLS IN_FLIGHT   what is counted: calls of a kind (answered, busy, agent) without callgrind";

/// Calls of the shorter run.
const CALLS: usize = 500;
/// Kinds of calls, and how many of them are side by side, and so in one transaction.
const COLUMNS: [(Kind, u32); 4] =
    [(Kind::Answered, 50), (Kind::Busy, 50), (Kind::Agent, 50), (Kind::Answered, 1)];
/// Leads on the list.
const LEADS: u64 = 10_000;
/// How much more than what was written down is too much.
const SLACK: f64 = 1.10;
/// Begins the row of a table that holds the sums.
const SUM: &str = "**all**";

/// The steps, and the functions that they are made of; what those of the second list do in them is another step's.
const STEPS: [Step; 13] = [
    Step("read: octets become messages", &["bench::daemon::decode", "bench::daemon::drop_messages"], &[]),
    Step("messages become inputs", &["bench::daemon::translate"], &[]),
    Step(
        "engine",
        &["bench::daemon::engine_input", "bench::daemon::engine_output", "bench::daemon::engine_timeout"],
        &[],
    ),
    Step("claim of the lead", &["outbound::store::sqlite::claim::claim"], &[]),
    Step("Originate", &["bench::daemon::originate"], &[]),
    Step("is its dialplan written?", &["bench::daemon::dialplan"], &[]),
    Step("events for clients", &["bench::daemon::tell"], &[]),
    Step("written to a client", &["bench::daemon::write_to_clients"], &[]),
    Step(
        "answer and end recorded",
        &["outbound::store::sqlite::record::write"],
        &["outbound::results::result_json"],
    ),
    Step("result as JSON", &["outbound::results::result_json"], &[]),
    Step(
        "transactions begun and committed",
        &[
            "outbound::store::sqlite::writer::Writer::begin",
            "outbound::store::sqlite::writer::Writer::commit",
        ],
        &[],
    ),
    Step(
        "line of the log",
        &["bench::daemon::log", "bench::daemon::log_heard", "bench::daemon::log_claimed"],
        &[],
    ),
    Step(
        "results file",
        &[
            "bench::daemon::export",
            "outbound::results::lines::Lines::append",
            "outbound::results::lines::Lines::is_replaced",
        ],
        &[],
    ),
];

/// What is no part of the daemon: the other sides.
const OTHERS: [&str; 2] = ["bench::daemon::said", "bench::client::Client::drain"];

struct Step(&'static str, &'static [&'static str], &'static [&'static str]);

/// Instructions of one call, by step and in all.
struct Cost {
    steps: Vec<u64>,
    all: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["run", kind, calls, in_flight] => run(kind, calls.parse()?, in_flight.parse()?),
        [] => count(None).map(|costs| print!("{}", table(&costs))),
        ["--keep", folder] => count(Some(Path::new(folder))).map(|costs| print!("{}", table(&costs))),
        ["--check"] => check(Path::new("docs/performance.md")),
        ["--check", file] => check(Path::new(file)),
        _ => bail!("usage:\n{USAGE}"),
    }
}

/// Makes calls, in this process.
fn run(kind: &str, calls: usize, in_flight: u32) -> anyhow::Result<()> {
    // As the daemon's own log, but for where it goes.
    tracing_subscriber::fmt().with_env_filter("info").with_writer(std::io::sink).with_ansi(false).init();
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).context(USAGE)?;
    let directory = tempfile::tempdir()?;
    let database = directory.path().join("count.db");
    rows::database(&database, &rows::plan(kind.dial_mode())?, LEADS)?;
    let script = Script::of(kind)?;
    let mut daemon = Daemon::start(&database, Size { in_flight, clients: 1 })?;
    let begun = std::time::Instant::now();
    let (ended, octets) = daemon.run(&script, calls)?;
    let took = begun.elapsed();
    println!("{ended} calls in {took:.1?}, {} octets of events for each", octets / ended.max(1));
    drop(directory);
    // What is in flight stays so: its end would be counted.
    std::process::exit(0)
}

fn count(keep: Option<&Path>) -> anyhow::Result<Vec<Cost>> {
    let directory = tempfile::tempdir()?;
    let folder = keep.unwrap_or(directory.path());
    std::fs::create_dir_all(folder)?;
    COLUMNS
        .into_iter()
        .map(|column| {
            let (less, more) = (profile(folder, column, CALLS)?, profile(folder, column, 2 * CALLS)?);
            cost(column, &less, &more)
        })
        .collect()
}

/// What a column is called.
fn name((kind, in_flight): (Kind, u32)) -> String {
    format!("{}, {in_flight} at a time", kind.name())
}

fn profile(folder: &Path, (kind, in_flight): (Kind, u32), calls: usize) -> anyhow::Result<Profile> {
    let out = folder.join(format!("{}-{in_flight}-{calls}.callgrind", kind.name()));
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["run", kind.name(), &calls.to_string(), &in_flight.to_string()])
        .stdout(Stdio::null())
        .status()
        .context(
            "valgrind cannot be started: scripts/asterisk deps installs it, or apt-get install valgrind",
        )?;
    anyhow::ensure!(status.success(), "valgrind: {status}");
    Ok(Profile::parse(&std::fs::read_to_string(&out)?))
}

fn cost(column: (Kind, u32), less: &Profile, more: &Profile) -> anyhow::Result<Cost> {
    let each = |of: &dyn Fn(&Profile) -> u64| of(more).saturating_sub(of(less)) / CALLS as u64;
    let mut steps = Vec::new();
    for Step(name, functions, without) in STEPS {
        let own = |profile: &Profile| {
            let sum: u64 = functions.iter().map(|function| profile.of(function)).sum();
            let others =
                without.iter().flat_map(|of| functions.iter().map(move |by| profile.of_within(of, by)));
            sum - others.sum::<u64>()
        };
        let cost = each(&own);
        anyhow::ensure!(
            cost > 0,
            "{}: nothing was counted for \"{name}\": was one of {functions:?} renamed, or inlined?",
            self::name(column)
        );
        steps.push(cost);
    }
    let others = each(&|profile| OTHERS.iter().map(|function| profile.of(function)).sum());
    let all = each(&Profile::total) - others;
    steps.push(all.saturating_sub(steps.iter().sum()));
    Ok(Cost { steps, all })
}

fn table(costs: &[Cost]) -> String {
    let mut lines = vec![
        format!("| step | {} |", COLUMNS.map(name).join(" | ")),
        format!("|---|{}", "---:|".repeat(COLUMNS.len())),
    ];
    let row = |name: &str, of: &dyn Fn(&Cost) -> u64| {
        let cells: Vec<String> = costs.iter().map(|cost| thousands(of(cost))).collect();
        format!("| {name} | {} |", cells.join(" | "))
    };
    let names = STEPS.iter().map(|step| step.0).chain(["the rest: threads, channels, reading results"]);
    lines.extend(names.enumerate().map(|(at, name)| row(name, &|cost| cost.steps[at])));
    lines.push(row(SUM, &|cost| cost.all));
    lines.join("\n") + "\n"
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Compares what is counted now with what was written down.
fn check(file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| PathBuf::from(file).display().to_string())?;
    let written = written(&text).with_context(|| format!("no row {SUM:?} in {}", file.display()))?;
    let costs = count(None)?;
    print!("{}", table(&costs));
    let mut dearer = Vec::new();
    for ((column, cost), before) in COLUMNS.map(name).into_iter().zip(&costs).zip(written) {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let ratio = cost.all as f64 / before as f64;
        println!("{column}: {} instructions, {:+.1} %", thousands(cost.all), (ratio - 1.0) * 100.0);
        if ratio > SLACK {
            dearer.push(column);
        }
    }
    anyhow::ensure!(
        dearer.is_empty(),
        "dearer by more than 10 % than {} says: {}",
        file.display(),
        dearer.join(", ")
    );
    Ok(())
}

/// The sums of the table.
fn written(text: &str) -> Option<Vec<u64>> {
    let row = text.lines().find_map(|line| line.strip_prefix("| ")?.strip_prefix(SUM))?;
    let cells = row.split('|').map(|cell| cell.trim().replace(',', ""));
    let sums: Vec<u64> =
        cells.filter(|cell| !cell.is_empty()).map(|cell| cell.parse().ok()).collect::<Option<_>>()?;
    (sums.len() == COLUMNS.len()).then_some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_read_from_the_table_as_it_is_printed() {
        let cost = |all| Cost { steps: vec![1; STEPS.len() + 1], all };
        let costs = [cost(1_234_567), cost(89), cost(1_000), cost(1)];
        assert_eq!(written(&table(&costs)), Some(vec![1_234_567, 89, 1_000, 1]));
        assert_eq!(written("| step | answered |\n"), None);
    }
}
