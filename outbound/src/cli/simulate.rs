//! `outbound simulate`: pacing rules in a simulated dialing room, or on the other side of the line protocol (docs/pacing.md).

mod against;
mod options;
mod report;
mod runs;

use std::io;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use roomsim::serve::ServeError;
use roomsim::{Rule, grid};

use against::Against;
use options::RoomOptions;
use runs::Dialer;

/// What the simulation may be told.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// A pacing rule [default: predictive]; may be given several times
    #[arg(
        long = "policy",
        value_name = "RULE",
        long_help = "A pacing rule: predictive (the daemon's own; the default), progressive, power:R (R calls for each idle agent), \
                     level:N (idle agents + N, less all calls that are not over). \
                     May be given several times"
    )]
    policies: Vec<Rule>,
    /// Another dialer, by a shell command; it is told of the room on its standard input and answers on its standard output
    #[arg(long, value_name = "COMMAND", conflicts_with = "stdio")]
    against: Vec<String>,
    /// The rooms of the published figures instead of one room, with all rules unless some are named
    #[arg(long, conflicts_with_all = ["stdio", "agents", "shifts", "answer", "talk"])]
    grid: bool,
    /// Serve the rule to another room: JSON lines on standard input, an answer a step on standard output
    #[arg(long, conflicts_with = "json")]
    stdio: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Days that are simulated at the same time; else as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    jobs: Option<u32>,
    #[command(flatten)]
    room: RoomOptions,
}

/// Runs the command.
pub(super) fn run(command: &Simulate) -> anyhow::Result<ExitCode> {
    if command.stdio {
        return stdio(command);
    }
    let room = command.room.room()?;
    let rooms = if command.grid { grid::rooms(&room) } else { vec![room] };
    let results = runs::run(&rooms, &dialers(command), jobs(command.jobs))?;
    if command.json {
        report::json(&results)?
    } else {
        report::table(&results)
    }
    Ok(ExitCode::SUCCESS)
}

fn stdio(command: &Simulate) -> anyhow::Result<ExitCode> {
    let rule = match command.policies[..] {
        [] => DEFAULT,
        [rule] => rule,
        [..] => bail!("--stdio serves one --policy"),
    };
    match roomsim::serve(io::stdin().lock(), io::stdout().lock(), &mut *rule.policy(true)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        // Not UTF-8 is not understood, too.
        Err(ServeError::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
            Err(error).context("the other room is gone")
        }
        Err(error) => Err(error).context("what came in on standard input is not understood"),
    }
}

const DEFAULT: Rule = Rule::Predictive;

fn dialers(command: &Simulate) -> Vec<Dialer> {
    let rules = match &command.policies[..] {
        [] if command.grid => &[Rule::Progressive, Rule::Level(0), Rule::Power(2.0), Rule::Predictive],
        [] if command.against.is_empty() => &[DEFAULT][..],
        rules => rules,
    };
    let foreign = command.against.iter().map(|command| Dialer::Foreign(Against::new(command)));
    rules.iter().copied().map(Dialer::Ours).chain(foreign).collect()
}

fn jobs(asked: Option<u32>) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    asked.map_or_else(processors, |jobs| jobs as usize)
}
