//! `outbound pbxsim` as a process.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::support::Pbx;

/// A room of twenty agents where the beginning of a number tells what it does.
pub(crate) const ROOM: &str = "by_number = true\n[agents]\ncount = 20\n";

/// The simulated Asterisk. It is at the same place after each restart, and ends with the value.
pub(crate) struct Simulator {
    child: Child,
    speed: String,
    scenario: PathBuf,
    pub(crate) address: String,
    /// What it writes down of the calls.
    pub(crate) calls: PathBuf,
}

impl Simulator {
    /// Starts it with this scenario (TOML) at so many times real time; its files are in `dir`.
    pub(crate) fn start(dir: &Path, scenario: &str, speed: f64) -> Self {
        let (file, calls, speed) = (dir.join("scenario.toml"), dir.join("calls.jsonl"), speed.to_string());
        std::fs::write(&file, scenario).unwrap();
        let (child, address) = spawn("127.0.0.1:0", &speed, &file, &calls);
        Self { child, speed, scenario: file, address, calls }
    }

    /// Kills it with all of its calls, and starts it anew.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.child = spawn(&self.address, &self.speed, &self.scenario, &self.calls).0;
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How a daemon comes to it.
    pub(crate) fn pbx(&self) -> Pbx {
        Pbx { address: self.address.clone(), username: "outbound".into(), secret: "outbound".into() }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(listen: &str, speed: &str, scenario: &Path, calls: &Path) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_outbound"))
        .args(["pbxsim", "--listen", listen, "--speed", speed, "--scenario"])
        .arg(scenario)
        .arg("--calls-log")
        .arg(calls)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let (_, rest) = said.split_once("AMI on ").unwrap();
    let address = rest.split(',').next().unwrap().to_owned();
    (child, address)
}
