//! The real binary as a process: started, asked to end, killed, measured.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use serde_json::Value;

use super::support::until;

/// `outbound serve`. Ends with the value.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
    pub(crate) ami_address: String,
    pub(crate) http_address: String,
}

impl Process {
    /// Starts it with this config, and waits until it is ready.
    pub(crate) async fn start(dir: &Path, config: &str) -> Self {
        Self::start_with(dir, config, &[]).await
    }

    /// The same with more environment variables.
    pub(crate) async fn start_with(dir: &Path, config: &str, variables: &[(&str, &OsStr)]) -> Self {
        let mut process = Self::spawn(dir, config, variables);
        process.ready().await;
        process
    }

    /// Starts it with this config. Each start has a log of its own, so that of a failed test all can be read.
    pub(crate) fn spawn(dir: &Path, config: &str, variables: &[(&str, &OsStr)]) -> Self {
        let file = dir.join("outbound.toml");
        std::fs::write(&file, config).unwrap();
        let log = (1..).map(|n| dir.join(format!("log-{n}.jsonl"))).find(|log| !log.exists()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_outbound"))
            .args(["serve", "--config"])
            .arg(&file)
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log, ami_address: String::new(), http_address: String::new() }
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&mut self) {
        let ready = until("the daemon is ready", || {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended: {:#?}", self.log());
            self.log().into_iter().find(|line| line["fields"]["message"] == "outbound is ready")
        })
        .await;
        let address = |door: &str| ready["fields"][door].as_str().unwrap().to_owned();
        (self.ami_address, self.http_address) = (address("ami"), address("http"));
    }

    /// Ends it by SIGTERM, and waits until it is gone.
    pub(crate) async fn terminate(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = until("the end of the daemon", || self.child.try_wait().unwrap()).await;
        assert!(status.success(), "{status}");
    }

    /// How it has ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Ends it by SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Its memory that is in use, in kB.
    pub(crate) fn resident_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.log_file().lines()
    }

    /// Its log, to be looked at while the process is busy.
    pub(crate) fn log_file(&self) -> Log {
        Log(self.log.clone())
    }

    /// What it has logged as a warning or an error, without the one-time password of a first start.
    pub(crate) fn complaints(&self) -> Vec<Value> {
        let first_start = |line: &Value| {
            line["fields"]["message"].as_str().is_some_and(|text| text.starts_with("first start: "))
        };
        let complains =
            |line: &Value| (line["level"] == "WARN" || line["level"] == "ERROR") && !first_start(line);
        self.log().into_iter().filter(complains).collect()
    }
}

/// The log of a process.
#[derive(Clone)]
pub(crate) struct Log(PathBuf);

impl Log {
    /// All lines so far. The last may be half written.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The lines with a message.
    pub(crate) fn with(&self, message: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["fields"]["message"] == message).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
