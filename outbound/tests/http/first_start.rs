//! The first start of the real binary, up to a password of one's own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::client::{self, Answer, OURS};

const FIRST_START: &str = "first start: sign in over HTTP with this one-time password, and set one of your own; it is not shown again";
/// Longer than any start takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// `outbound serve`; ends with the value.
struct Process {
    child: Child,
    log: Vec<Value>,
    address: String,
}

impl Process {
    async fn start(dir: &Path, log: &str) -> Self {
        let log = dir.join(log);
        let mut child = Command::new(env!("CARGO_BIN_EXE_outbound"))
            .arg("serve")
            .arg("--config")
            .arg(dir.join("outbound.toml"))
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        loop {
            let text = std::fs::read_to_string(&log).unwrap();
            let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            if let Some(ready) = lines.iter().find(|line| line["fields"]["message"] == "outbound is ready") {
                let address = ready["fields"]["http"].as_str().unwrap().to_owned();
                return Self { child, log: lines, address };
            }
            assert!(child.try_wait().unwrap().is_none() && begun.elapsed() < PATIENCE, "not ready: {text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn one_time_password(&self) -> Option<String> {
        let line = self.log.iter().find(|line| line["fields"]["message"] == FIRST_START)?;
        assert_eq!((&line["level"], &line["fields"]["user"]), (&json!("WARN"), &json!("admin")));
        Some(line["fields"]["password"].as_str().unwrap().to_owned())
    }

    async fn ask(&self, method: &str, path: &str, cookie: &str, body: Option<&Value>) -> Answer {
        let stream = TcpStream::connect(&self.address).await.unwrap();
        client::ask(stream, method, path, &[("Cookie", cookie), OURS], body).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_shows_a_password_once_which_must_be_changed_before_anything_else() {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("outbound.toml"), client::config(&dir) + "[log]\nformat = \"json\"\n")
        .unwrap();
    let process = Process::start(dir.path(), "log-1").await;
    let password = process.one_time_password().unwrap();
    drop(process);
    let process = Process::start(dir.path(), "log-2").await;
    assert_eq!(process.one_time_password(), None);

    let sign_in = json!({"name": "admin", "password": password});
    let signed_in = process.ask("POST", "/api/v1/session", "", Some(&sign_in)).await;
    assert_eq!(signed_in.json()["must_change_password"], true, "{signed_in:?}");
    let cookie = signed_in.cookie();
    let problem = process.ask("GET", "/api/v1/users", &cookie, None).await.is_problem(403);
    assert!(problem["detail"].as_str().unwrap().contains("POST /api/v1/users/admin/password"), "{problem}");
    let new = json!({"name": "eve", "role": "admin", "password": "password of eve"});
    process.ask("POST", "/api/v1/users", &cookie, Some(&new)).await.is_problem(403);

    let own = json!({"current_password": password, "password": "a password of mine"});
    let changed = process.ask("POST", "/api/v1/users/admin/password", &cookie, Some(&own)).await;
    assert_eq!(changed.status, 201, "{changed:?}");
    let users = process.ask("GET", "/api/v1/users", &changed.cookie(), None).await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
    process.ask("POST", "/api/v1/session", "", Some(&sign_in)).await.is_problem(401);
}
