//! `outbound pbxsim`: the simulated Asterisk by itself.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use figment::Figment;
use figment::providers::{Format, Toml};
use pbxsim::{Call, Scenario, ServeOptions, SimHandle};
use serde_json::json;
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
    /// Writes each call that has ended to this file: one JSON object a line, times in seconds of its time
    #[arg(long, value_name = "FILE")]
    calls_log: Option<PathBuf>,
}

/// How often the calls that have ended are written.
const WRITE_EACH: Duration = Duration::from_millis(20);
/// Calls that may end in between.
const CALLS_KEPT: usize = 100_000;

/// Runs the command, until a signal comes.
#[expect(clippy::print_stdout, reason = "says where it is")]
pub(super) async fn run(command: PbxSim) -> anyhow::Result<ExitCode> {
    super::logging::start(&LogConfig::default())?;
    let mut scenario = command.scenario.as_deref().map(scenario).transpose()?.unwrap_or_default();
    let log = command.calls_log.as_deref().map(CallsFile::create).transpose()?;
    if log.is_some() {
        scenario.calls_log = scenario.calls_log.max(CALLS_KEPT);
    }
    let listener = TcpListener::bind(command.listen)
        .await
        .with_context(|| format!("cannot listen on {} (--listen)", command.listen))?;
    println!("simulated Asterisk: AMI on {}, user outbound, secret outbound", listener.local_addr()?);
    let options = ServeOptions { seed: command.seed, time_scale: command.speed, ..ServeOptions::default() };
    let stop = async {
        let _ = super::stop_signal().await;
    };
    let handle = SimHandle::new(scenario, &options);
    let Some(mut log) = log else {
        pbxsim::serve_handle(listener, &handle, options, stop).await?;
        return Ok(ExitCode::SUCCESS);
    };
    tokio::select! {
        served = pbxsim::serve_handle(listener, &handle, options, stop) => served?,
        written = log.follow(&handle) => return written.map(|()| ExitCode::FAILURE),
    }
    log.write(&handle)?;
    Ok(ExitCode::SUCCESS)
}

/// What `--calls-log` names.
struct CallsFile {
    path: PathBuf,
    file: File,
}

impl CallsFile {
    fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { path: path.to_owned(), file })
    }

    async fn follow(&mut self, handle: &SimHandle) -> anyhow::Result<()> {
        loop {
            tokio::time::sleep(WRITE_EACH).await;
            self.write(handle)?;
        }
    }

    /// Writes what has ended since.
    fn write(&mut self, handle: &SimHandle) -> anyhow::Result<()> {
        let lines: String = handle.with(|sim, _| sim.take_ended_calls()).iter().map(line).collect();
        self.file.write_all(lines.as_bytes()).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn line(call: &Call) -> String {
    let Call { number, channel_id, start, answer, end } = call;
    let seconds = |time: &Duration| time.as_secs_f64();
    let object = json!({
        "number": number,
        "channel_id": channel_id,
        "start_s": seconds(start),
        "answer_s": answer.as_ref().map(seconds),
        "end_s": end.as_ref().map(seconds),
    });
    format!("{object}\n")
}

fn scenario(path: &Path) -> anyhow::Result<Scenario> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let figment = Figment::from(Toml::string(&text));
    figment.extract().map_err(with_nearest).with_context(|| format!("in the scenario {}", path.display()))
}
