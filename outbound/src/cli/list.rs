//! `outbound list import`: leads out of a file, into the database where no daemon has it (`import`), else to the daemon (`upload`).

mod import;
mod upload;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// See the module.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take leads in from a CSV file. Exit code 0: all are in, 3: some rows were refused, 1: it failed or was stopped
    Import(Box<import::Import>),
}

/// Runs the command.
pub(super) async fn run(list: List) -> anyhow::Result<ExitCode> {
    match list.command {
        Command::Import(command) => import::run(*command).await,
    }
}
