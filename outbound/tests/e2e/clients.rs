//! AMI clients that others wrote, and a checker of the contract, against the binary and a simulated Asterisk. The
//! scripts are in tests/clients; the libraries are installed below target/ when they are not there yet.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::process::Process;
use super::simulator::Simulator;
use super::support::until;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/clients");
/// How often a registry is asked that does not answer.
const INSTALL_TRIES: u32 = 3;

#[tokio::test]
async fn panoramisk_runs_a_campaign_and_sees_the_contract() {
    run(&python(), "panoramisk_client.py").await;
}

#[tokio::test]
async fn pyst2_runs_a_campaign_and_sees_the_contract() {
    run(&python(), "pyst2_client.py").await;
}

#[tokio::test]
async fn asterisk_manager_runs_a_campaign_and_sees_the_contract() {
    run(&node(), "asterisk_manager.js").await;
}

#[tokio::test]
async fn asterisk_ami_client_runs_a_campaign_and_sees_the_contract() {
    run(&node(), "asterisk_ami_client.js").await;
}

#[tokio::test]
async fn every_event_entry_and_reply_is_as_the_contract_says() {
    run(&Interpreter { program: "python3".into(), modules: PathBuf::new() }, "contract.py").await;
}

/// Runs one script against a daemon of its own.
async fn run(interpreter: &Interpreter, script: &str) {
    let dir = TempDir::new().unwrap();
    // Customers behave as their numbers say.
    let simulator = Simulator::start(dir.path(), "by_number = true\n", 10.0);
    let daemon = Process::start(dir.path(), &config(&simulator.address, dir.path())).await;
    let (host, port) = daemon.ami_address.split_once(':').unwrap();
    let said = dir.path().join("said");
    let child = Command::new(&interpreter.program)
        .arg(Path::new(SCRIPTS).join(script))
        .args([host, port])
        .env("NODE_PATH", &interpreter.modules)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(File::create(&said).unwrap())
        .stderr(File::options().append(true).open(&said).unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("{} is needed for this test: {error}", interpreter.program.display()));
    let mut client = Apart(child);
    let status = until(script, || client.0.try_wait().unwrap()).await;
    let said = fs::read_to_string(&said).unwrap();
    assert!(status.success() && said.starts_with("OK"), "{script}: {status}\n{said}");
    assert!(daemon.complaints().is_empty(), "{:#?}", daemon.complaints());
    println!("{}", said.trim_end());
}

pub(crate) fn config(pbx: &str, dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "[store]\nurl = \"sqlite:{dir}/outbound.db\"\n\
         [[asterisk]]\nname = \"pbx1\"\naddress = \"{pbx}\"\nusername = \"outbound\"\nsecret = \"outbound\"\n\
         [ami]\nlisten = \"127.0.0.1:0\"\n[[ami.user]]\nname = \"admin\"\nsecret = \"outbound\"\n\
         [[ami.user]]\nname = \"viewer\"\nsecret = \"outbound\"\nwrite = [\"system\"]\n\
         [http]\nlisten = \"127.0.0.1:0\"\n[log]\nformat = \"json\"\n"
    )
}

/// A process that ends with the value, also when a test fails.
struct Apart(Child);

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What runs a script, and where its libraries are.
struct Interpreter {
    program: PathBuf,
    modules: PathBuf,
}

fn python() -> Interpreter {
    Interpreter {
        program: python_with("python", "requirements.txt").join("bin/python"),
        modules: PathBuf::new(),
    }
}

/// A Python environment with what a file of requirements names.
pub(crate) fn python_with(name: &str, requirements: &str) -> PathBuf {
    installed(name, &[requirements], |dir| {
        let venv = Command::new("python3").args(["-m", "venv"]).arg(dir).output();
        done("python3 -m venv (Debian: apt-get install python3-venv)", venv)?;
        let pip = "-m pip install --quiet --disable-pip-version-check --timeout 10 -r".split(' ');
        let wanted = Path::new(SCRIPTS).join(requirements);
        done("pip install", Command::new(dir.join("bin/python")).args(pip).arg(wanted).output())
    })
}

fn node() -> Interpreter {
    let dir = installed("node", &["package.json", "package-lock.json"], |dir| {
        for file in ["package.json", "package-lock.json"] {
            fs::copy(Path::new(SCRIPTS).join(file), dir.join(file)).map_err(|error| error.to_string())?;
        }
        let quiet =
            "ci --no-audit --no-fund --ignore-scripts --loglevel error --fetch-timeout 20000".split(' ');
        let npm = Command::new("npm").args(quiet).current_dir(dir).output();
        done("npm ci (Debian: apt-get install nodejs npm)", npm)
    });
    Interpreter { program: "node".into(), modules: dir.join("node_modules") }
}

/// A folder below target/ in which `install` has been done for just these files. One process at a time, so that tests
/// that run side by side share it.
fn installed(name: &str, files: &[&str], install: impl Fn(&Path) -> Result<(), String>) -> PathBuf {
    let clients = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    fs::create_dir_all(&clients).unwrap();
    let lock = File::create(clients.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let wanted: String =
        files.iter().map(|file| fs::read_to_string(Path::new(SCRIPTS).join(file)).unwrap()).collect();
    let (dir, stamp) = (clients.join(name), clients.join(format!("{name}.installed")));
    if fs::read_to_string(&stamp).is_ok_and(|there| there == wanted) {
        return dir;
    }
    let mut failure = String::new();
    for _ in 0..INSTALL_TRIES {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        match install(&dir) {
            Ok(()) => {
                fs::write(&stamp, &wanted).unwrap();
                return dir;
            }
            Err(reason) => failure = reason,
        }
    }
    panic!("the client libraries of {name} cannot be installed: {failure}");
}

fn done(what: &str, output: std::io::Result<std::process::Output>) -> Result<(), String> {
    let output = output.map_err(|error| format!("{what}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    Err(format!("{what}: {}\n{}", output.status, String::from_utf8_lossy(&said)))
}
