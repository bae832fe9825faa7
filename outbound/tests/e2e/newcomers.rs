//! What a newcomer types: the lines of the documentation, as they stand there, against a daemon with a simulated Asterisk; a thousand
//! leads, to the result of one of them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pbxsim::Scenario;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::clients::config;
use super::process::Process;
use super::simulated::simulated;

const COMMANDS: &str = include_str!("../../../docs/commands.md");
const HTTP: &str = include_str!("../../../docs/http.md");

/// How long one customer of many may have to wait for his call.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first lines of code below a heading.
fn code_below(page: &str, heading: &str) -> String {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, code) = section.split_once("\n```\n").unwrap();
    code.split_once("\n```\n").unwrap().0.to_owned()
}

struct Terminal {
    dir: TempDir,
    daemon: Process,
}

impl Terminal {
    /// A daemon, and a file with a thousand customers.
    async fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let (pbx, _sim) = simulated(Scenario::default(), 10.0).await;
        let daemon = Process::start(dir.path(), &config(&pbx.address, dir.path())).await;
        let mut file = "Name,Phone,ID\n".to_owned();
        for n in 0..1_000 {
            writeln!(file, "Customer {n},+4331612{n:04},K{n}").unwrap();
        }
        std::fs::write(dir.path().join("customers.csv"), file).unwrap();
        Self { dir, daemon }
    }

    /// What a script says, which has to end well in each line.
    async fn run(&self, script: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_outbound"));
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", script]).current_dir(self.dir.path()).env("PATH", path);
        bash.env("OUTBOUND_URL", format!("http://{}", self.daemon.http_address)).env_remove("OUTBOUND_TOKEN");
        let output = spawn_blocking(move || bash.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{script}\n{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, until it says this.
    async fn until(&self, script: &str, said: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.run(script).await;
            if text.contains(said) {
                return text;
            }
            assert!(Instant::now() < deadline, "does not say {said}: {script}\n{text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_for_the_command_line_lead_from_a_file_to_the_result_of_one_customer() {
    let terminal = Terminal::open().await;
    let said = terminal.run(&code_below(COMMANDS, "From nothing to results")).await;
    for part in ["imported 1,000 of 1,000 rows, refused 0", "\nautumn: ", "total      1000", "K17"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let results = terminal.until("outbound result list --lead K17", "Customer 17").await;
    assert!(results.contains("+43316120017") && results.contains("autumn"), "{results}");
    let results = terminal.run("outbound results list --number +43316120017 --json").await;
    let results: Value = serde_json::from_str(&results).unwrap();
    assert_eq!(results[0]["dial_addr"], "+43316120017");
    terminal.daemon.terminate().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_for_curl_lead_from_a_file_to_the_result_of_one_customer() {
    let terminal = Terminal::open().await;
    let token = code_below(HTTP, "The token").replace("http://127.0.0.1:8080", "$OUTBOUND_URL");
    assert!(token.contains("URL=$OUTBOUND_URL/api/v1"), "{token}");
    let said = terminal.run(&format!("{token}\n{}", code_below(HTTP, "From a list to its results"))).await;
    for part in ["\"imported\":1000", "\"status\":\"start", "\"reason\":\"", "\"total\":1000"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for number in ["%2B43316120017", "+43316120017"] {
        let script = format!("{token}\napi \"$URL/results?number={number}\"");
        let results: Value = serde_json::from_str(&terminal.until(&script, "\"outcome\"").await).unwrap();
        assert_eq!(results["items"][0]["dial_addr"], "+43316120017");
    }
    terminal.daemon.terminate().await;
}
