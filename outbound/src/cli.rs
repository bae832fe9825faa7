//! The commands of the `outbound` binary.

mod backup;
mod bench;
mod check;
mod client;
mod death;
mod demo;
mod list;
mod logging;
mod part;
mod pbxsim;
mod remote;
mod shell;
mod simulate;
mod systemd;
mod torture;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::config;
use crate::health::{Beat, Pulse};
use crate::serve::{self, Running};
use client::Failure;
use remote::{escaped, key_of};

/// An outbound dialer for Asterisk.
#[derive(Debug, Parser)]
#[command(name = "outbound", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Serve {
        /// The config; else ./outbound.toml, else /etc/outbound/outbound.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Copy the database to a file, also while the daemon runs
    Backup(backup::Backup),
    /// Work on dial lists: take leads in from files
    List(list::List),
    /// Run the whole system on this machine: a simulated Asterisk and a sample campaign
    Demo(demo::Demo),
    /// Run the simulated Asterisk by itself
    Pbxsim(pbxsim::PbxSim),
    /// Judge pacing rules in a simulated dialing room, or serve one to another simulator
    Simulate(Box<simulate::Simulate>),
    /// Simulate the whole daemon with faults, from seeds, and check that its promises hold
    Torture(torture::Torture),
    /// Measure what docs/performance.md promises
    Bench(bench::Bench),
    /// Write the completions of a shell to stdout
    Completions(shell::Completions),
    /// Write the manual page
    Man(shell::Manual),
    /// Read the config, log in to every Asterisk, and say what is missing and how to mend it
    Check {
        /// The config; else ./outbound.toml, else /etc/outbound/outbound.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Every command there is.
fn commands() -> clap::Command {
    remote::add_to(Cli::command())
}

/// Runs the command line; returns the exit code: 0 done, 1 failed, 2 not understood, 3 done in part (import); of commands that talk to a
/// daemon also 4 no such thing, 5 refused as things stand, 6 no daemon there, 7 not allowed (`client::code`).
pub fn run() -> ExitCode {
    let matches = commands().get_matches();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let result = runtime.block_on(async {
        if remote::is_ours(&matches) {
            return remote::run(&matches).await;
        }
        match parsed(&matches).command {
            Command::Serve { config } => serve_command(config).await,
            Command::Backup(command) => backup::run(command).await,
            Command::List(command) => list::run(command).await,
            Command::Demo(demo) => demo::run(demo).await,
            Command::Pbxsim(command) => pbxsim::run(command).await,
            Command::Simulate(command) => simulate::run(&command),
            Command::Torture(command) => torture::run(&command),
            Command::Bench(command) => tokio::task::block_in_place(|| bench::run(&command)),
            Command::Check { config } => check::run(config).await,
            Command::Completions(command) => Ok(shell::completions(&command, commands())),
            Command::Man(command) => shell::manual(&command, commands()),
        }
    });
    // What still runs is in nobody's interest: a thread that hangs in a file operation must not hold up the end.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

/// What the matches say. They are of these commands, so nothing can be missing; were it, clap says what.
fn parsed(matches: &ArgMatches) -> Cli {
    Cli::from_arg_matches(matches).unwrap_or_else(|error| error.exit())
}

#[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("outbound: {error:#}");
    error.downcast_ref::<Failure>().map_or(ExitCode::FAILURE, |failure| ExitCode::from(failure.code))
}

async fn serve_command(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let config = config::load(path.as_deref())?;
    logging::start(&config.log)?;
    death::follows_panic();
    let mut running = serve::start(&config).await?;
    systemd::ready();
    let signal = attend(&mut running, config.log.health_seconds).await?;
    tracing::info!(signal, "shutting down: no new calls; calls that are up stay up");
    systemd::stopping();
    running.stop().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Looks after the daemon until a signal comes. Where a part of it dies, the process does not live on.
async fn attend(running: &mut Running, log_seconds: f64) -> anyhow::Result<&'static str> {
    // Twice in the time after which systemd takes the daemon for dead.
    let pulse = Pulse::new(running.daemon.clone(), log_seconds, systemd::watchdog().map(|after| after / 2));
    let pulse = pulse.run(|beat| match beat {
        Beat::Alive(status) => systemd::alive(status),
        Beat::Stuck(part) => systemd::unwell(&format!("a part of the daemon does not answer: {part}")),
    });
    tokio::select! {
        signal = stop_signal() => signal,
        part = running.half_dead() => death::follows_end(&part),
        never = pulse => match never {},
    }
}

/// Waits for SIGTERM or SIGINT.
pub(crate) async fn stop_signal() -> anyhow::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}
