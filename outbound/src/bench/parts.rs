//! The processes of a measurement: the daemon, and the simulated Asterisk. Each ends with its value.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};

use super::client::Client;
use super::site::Site;
use super::usage;

/// The longest that a daemon may take to be ready, with a list of any size.
const READY_MAX: Duration = Duration::from_secs(60);
/// How often its log is looked at meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// `outbound serve`.
pub(super) struct Daemon {
    child: Child,
    log: PathBuf,
    begun: Instant,
    /// Where its AMI clients come in.
    pub(super) ami: String,
    /// Where its HTTP clients come in.
    http: String,
}

/// What the config of a daemon says beside the addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup<'a> {
    /// Where its Asterisk is: address, user, secret.
    pub(super) asterisk: [&'a str; 3],
    /// Calls at once.
    pub(super) max_channels: u32,
    /// Calls each second.
    pub(super) max_cps: f64,
    /// `full` or `normal`.
    pub(super) synchronous: &'a str,
}

impl Daemon {
    /// Starts it on the database and the results file of this folder, and waits until it is ready.
    pub(super) fn start(binary: &Path, site: &Site, setup: Setup<'_>) -> anyhow::Result<Self> {
        let config = site.file("outbound.toml");
        std::fs::write(&config, config_text(site, setup)).context("cannot write a config")?;
        let log = site.file("daemon.log");
        let begun = Instant::now();
        let child = Command::new(binary)
            .args(["serve", "--config"])
            .arg(&config)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut daemon = Self { child, log, begun, ami: String::new(), http: String::new() };
        (daemon.ami, daemon.http) = daemon.wait_open(begun + READY_MAX)?;
        Ok(daemon)
    }

    /// Waits until its front doors are open; returns their addresses.
    fn wait_open(&mut self, deadline: Instant) -> anyhow::Result<(String, String)> {
        loop {
            let text = std::fs::read_to_string(&self.log).unwrap_or_default();
            let ready = text.lines().find(|line| line.contains("outbound is ready"));
            if let Some(line) = ready {
                let line: serde_json::Value = serde_json::from_str(line).context("the daemon's log")?;
                let address = |name: &str| line["fields"][name].as_str().unwrap_or_default().to_owned();
                return Ok((address("ami"), address("http")));
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the daemon ended ({status}): {text}");
            }
            if Instant::now() > deadline {
                bail!("the daemon was not ready in {READY_MAX:?}: {text}");
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Waits until it could dial: `/readyz` says so. Returns how long that was from the start of the process.
    pub(super) fn wait_ready(&self) -> anyhow::Result<Duration> {
        loop {
            let mut stream = TcpStream::connect(&self.http)?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            let after = self.begun.elapsed();
            if answer.starts_with("HTTP/1.1 200") {
                return Ok(after);
            }
            if after > READY_MAX {
                bail!("the daemon was not ready in {READY_MAX:?}: {answer}");
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as the system does.
    pub(super) fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends it by SIGTERM. What it complained of is an error: a measurement with complaints measures something else.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let status = self.child.wait()?;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let complains = |line: &&str| line.contains("\"ERROR\"") || line.contains("\"WARN\"");
        // The one-time password of a new database is no complaint.
        let complaint = text.lines().filter(|line| !line.contains("\"first start: ")).find(complains);
        match complaint {
            Some(line) => Err(anyhow!("the daemon complained: {line}")),
            None if !status.success() => Err(anyhow!("the daemon ended with {status}")),
            None => Ok(()),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config_text(site: &Site, setup: Setup<'_>) -> String {
    let Setup { asterisk: [address, user, secret], max_channels, max_cps, synchronous } = setup;
    let dir = site.path().display();
    format!(
        "[store]\nurl = \"sqlite:{dir}/bench.db\"\nsynchronous = \"{synchronous}\"\n\n\
         [[asterisk]]\nname = \"pbx\"\naddress = \"{address}\"\nusername = \"{user}\"\nsecret = \"{secret}\"\n\
         max_channels = {max_channels}\nmax_cps = {max_cps:?}\n\n\
         [ami]\nlisten = \"127.0.0.1:0\"\n\n[[ami.user]]\nname = \"bench\"\nsecret = \"bench\"\n\
         read = [\"all\"]\nwrite = [\"all\"]\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
         [results]\nfile = \"{dir}/results.jsonl\"\n\n[log]\nformat = \"json\"\n"
    )
}

/// `outbound pbxsim`: always of this program, whichever daemon is measured.
pub(super) struct Simulator {
    child: Child,
    /// Where its AMI is.
    pub(super) address: String,
}

impl Simulator {
    /// Starts it with this world (TOML), in real time.
    pub(super) fn start(site: &Site, scenario: &str) -> anyhow::Result<Self> {
        let file = site.file("scenario.toml");
        std::fs::write(&file, scenario).context("cannot write a scenario")?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["pbxsim", "--listen", "127.0.0.1:0", "--scenario"])
            .arg(&file)
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(site.file("pbxsim.log"))?)
            .spawn()
            .context("cannot start the simulated Asterisk")?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let address = said.split_once("AMI on ").and_then(|(_, rest)| rest.split(',').next());
        let address = address.map(str::to_owned);
        let simulator = Self { child, address: address.clone().unwrap_or_default() };
        address.map(|_| simulator).ok_or_else(|| anyhow!("the simulated Asterisk did not start: {said}"))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A real Asterisk, by `scripts/asterisk`; stopped with the value, unless it was up before.
pub(super) struct RealAsterisk {
    script: PathBuf,
    instance: &'static str,
    /// Address, user, secret.
    login: [String; 3],
    /// Its process, where it is one of ours.
    pid: Option<u32>,
}

/// The longest that calls on it may take to end.
const IDLE_MAX: Duration = Duration::from_secs(30);

impl RealAsterisk {
    /// Starts it (installs it first, where it is not): from the root of the source tree, where the script is.
    pub(super) fn start(instance: &'static str) -> anyhow::Result<Self> {
        let script = PathBuf::from("scripts/asterisk");
        if !script.exists() {
            bail!(
                "it needs a real Asterisk: run it where scripts/asterisk is, in the root of the source tree"
            );
        }
        let line = output(&script, &["up", "--instance", instance])?;
        let parts: Vec<&str> = line.trim().rsplitn(4, ':').collect();
        let [secret, user, port, host] = parts[..] else { bail!("scripts/asterisk up said {line:?}") };
        let login = [format!("{host}:{port}"), user.to_owned(), secret.to_owned()];
        let mut asterisk = Self { script, instance, login, pid: None };
        if std::env::var_os("OUTBOUND_TEST_ASTERISK").is_none() {
            let root = output(&asterisk.script, &["path", "--instance", instance])?;
            let file = Path::new(root.trim()).join(format!("srv/asterisk/{instance}/pid"));
            let text =
                std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            asterisk.pid = text.split(' ').next().and_then(|pid| pid.parse().ok());
        }
        Ok(asterisk)
    }

    pub(super) fn login(&self) -> [&str; 3] {
        self.login.each_ref().map(String::as_str)
    }

    /// Processor time that it has used; none where it is not one of ours.
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        self.pid.map_or(Ok(Duration::ZERO), usage::cpu_with_ended_threads)
    }

    /// Waits until it has no channel.
    pub(super) fn wait_until_idle(&self) -> anyhow::Result<()> {
        let [address, user, secret] = self.login();
        let mut client = Client::login_as(address, user, secret)?;
        client.act("Events", &[("EventMask", "off")])?;
        let deadline = Instant::now() + IDLE_MAX;
        while client.act("CoreStatus", &[])?.text("CoreCurrentCalls") != "0" {
            if Instant::now() > deadline {
                bail!("calls on the real Asterisk do not end in {IDLE_MAX:?}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for RealAsterisk {
    fn drop(&mut self) {
        // One that is not ours is left alone by the script.
        let _ = output(&self.script, &["down", "--instance", self.instance]);
    }
}

fn output(script: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(script).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot run {}", script.display()))?;
    if !output.status.success() {
        bail!(
            "{} {}: {}",
            script.display(),
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
