//! `outbound pbxsim`: the simulated Asterisk by itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use figment::Figment;
use figment::providers::{Format, Toml};
use pbxsim::{Scenario, ServeOptions};
use tokio::net::TcpListener;

use crate::config::{LogConfig, with_nearest};

/// What the simulated Asterisk may be told.
#[derive(Debug, Args)]
pub(super) struct PbxSim {
    /// Where its AMI is
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5038")]
    listen: SocketAddr,
    /// The simulated world (TOML); else a room of ten agents
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// The seed of all chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds of its time in a second
    #[arg(long, default_value_t = 1.0)]
    speed: f64,
}

/// Runs the command, until a signal comes.
#[expect(clippy::print_stdout, reason = "says where it is")]
pub(super) async fn run(command: PbxSim) -> anyhow::Result<ExitCode> {
    super::logging::start(&LogConfig::default())?;
    let scenario = command.scenario.as_deref().map(scenario).transpose()?.unwrap_or_default();
    let listener = TcpListener::bind(command.listen)
        .await
        .with_context(|| format!("cannot listen on {} (--listen)", command.listen))?;
    println!("simulated Asterisk: AMI on {}, user outbound, secret outbound", listener.local_addr()?);
    let options = ServeOptions { seed: command.seed, time_scale: command.speed, ..ServeOptions::default() };
    let stop = async {
        let _ = super::stop_signal().await;
    };
    pbxsim::serve(listener, scenario, options, stop).await?;
    Ok(ExitCode::SUCCESS)
}

fn scenario(path: &Path) -> anyhow::Result<Scenario> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let figment = Figment::from(Toml::string(&text));
    figment.extract().map_err(with_nearest).with_context(|| format!("in the scenario {}", path.display()))
}
