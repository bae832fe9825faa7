//! The log: text for people or JSON for machines, on standard error.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts the log. `RUST_LOG` has precedence over the config's level.
pub(super) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = match std::env::var("RUST_LOG") {
        Ok(level) => EnvFilter::try_new(level).context("RUST_LOG")?,
        Err(_) => EnvFilter::try_new(&config.level).context("log.level")?,
    };
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours);
    // Where the log cannot be written (its disk is full), saying so in the same place would be a panic.
    let log = log.log_internal_errors(false);
    match config.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
