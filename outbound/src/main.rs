//! The `outbound` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    outbound::cli::run()
}
