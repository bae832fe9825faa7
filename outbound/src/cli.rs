//! The commands of the `outbound` binary.

mod backup;
mod check;
mod demo;
mod logging;
mod pbxsim;
mod simulate;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use crate::{config, serve};

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
    /// Run the whole system on this machine: a simulated Asterisk and a sample campaign
    Demo(demo::Demo),
    /// Run the simulated Asterisk by itself
    Pbxsim(pbxsim::PbxSim),
    /// Judge pacing rules in a simulated dialing room, or serve one to another simulator
    Simulate(Box<simulate::Simulate>),
    /// Read the config, log in to every Asterisk, and say what is missing and how to mend it
    Check {
        /// The config; else ./outbound.toml, else /etc/outbound/outbound.toml
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

/// Runs the command line; returns the exit code: 0 done, 1 failed, 2 not understood.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve { config } => serve_command(config).await,
            Command::Backup(command) => backup::run(command).await,
            Command::Demo(demo) => demo::run(demo).await,
            Command::Pbxsim(command) => pbxsim::run(command).await,
            Command::Simulate(command) => simulate::run(&command),
            Command::Check { config } => check::run(config).await,
        }
    });
    match result {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("outbound: {error:#}");
    ExitCode::FAILURE
}

async fn serve_command(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let config = config::load(path.as_deref())?;
    logging::start(&config.log)?;
    let running = serve::start(&config).await?;
    let signal = stop_signal().await?;
    tracing::info!(signal, "shutting down: no new calls; calls that are up stay up");
    running.stop().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
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
