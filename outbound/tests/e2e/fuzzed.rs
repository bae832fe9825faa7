//! The HTTP API under what schemathesis makes of its OpenAPI document: good and bad requests to every operation, and chains of them.
//! Every answer has to be one that the document says, and nothing bad is taken.

use std::process::Command;

use pbxsim::Scenario;
use tempfile::TempDir;

use super::clients::{config, python_with};
use super::process::Process;
use super::simulated::simulated;

/// Requests of each phase for one operation; all together take half a minute.
const EXAMPLES: &str = "12";

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let dir = TempDir::new().unwrap();
    let (pbx, _sim) = simulated(Scenario::default(), 1.0).await;
    let mut daemon = Process::start(dir.path(), &config(&pbx.address, dir.path())).await;
    let token = std::fs::read_to_string(dir.path().join("outbound.db.token")).unwrap();
    let mut command = Command::new(python_with("schemathesis", "schemathesis.txt").join("bin/st"));
    command
        .args(["run", &format!("http://{}/api/openapi.json", daemon.http_address)])
        .args(["--header", &format!("Authorization: Bearer {}", token.trim())])
        .args([
            "--max-examples",
            EXAMPLES,
            "--generation-deterministic",
            "--continue-on-failure",
            "--no-color",
        ])
        // It never ends, and schemathesis waits for the end of each answer.
        .args(["--exclude-path", "/api/v1/events"])
        .args(["--request-timeout", "20", "--warnings", "off"])
        .current_dir(dir.path());
    let run = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(daemon.ended().is_none(), "the daemon ended: {:#?}", daemon.log());
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("No issues found"), "{said}");
    println!(
        "{}",
        said.lines().filter(|line| line.contains("generated")).collect::<Vec<_>>().join("\n").trim()
    );
    daemon.terminate().await;
}
