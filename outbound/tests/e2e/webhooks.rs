//! Webhooks of a daemon that dies: each ended dialing comes, whatever dies and whoever is away.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::clients::config;
use super::process::Process;
use super::simulated::simulated;
use super::support::until;
use crate::receiver::{Came, Receiver, SECRET};

const CALLS: usize = 30;

/// Asks the API; the body of a good answer.
pub(crate) async fn ask(daemon: &Process, dir: &TempDir, method: &str, path: &str, body: &str) -> Value {
    let token = std::fs::read_to_string(dir.path().join("outbound.db.token")).unwrap();
    let mut stream = TcpStream::connect(&daemon.http_address).await.unwrap();
    let request = format!(
        "{method} /api/v1/{path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        token.trim(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
    serde_json::from_str(body).unwrap_or_default()
}

pub(crate) async fn create(daemon: &Process, dir: &TempDir, path: &str, body: Value) -> String {
    let made = ask(daemon, dir, "POST", path, &body.to_string()).await;
    made["uuid"].as_str().or(made["id"].as_str()).unwrap().to_owned()
}

/// A campaign that calls some numbers, started.
async fn start_campaign(daemon: &Process, dir: &TempDir) {
    let plan = json!({ "dial_mode": "progressive", "queue_name": "sales", "tech_name": "Local",
        "trunk_name": "pstn", "max_tries": [1], "dial_timeout_ms": 3000, "abandon_rule": "none" });
    let plan = create(daemon, dir, "plans", plan).await;
    let list = create(daemon, dir, "dial-lists", json!({})).await;
    for at in 0..CALLS {
        let lead = json!({ "dial_list": list, "numbers": [format!("150{at:04}")] });
        create(daemon, dir, "leads", lead).await;
    }
    let campaign = json!({ "plan": plan, "dial_list": list });
    let campaign = create(daemon, dir, "campaigns", campaign).await;
    ask(daemon, dir, "POST", &format!("campaigns/{campaign}/start"), "").await;
}

fn results(dir: &TempDir) -> BTreeSet<i64> {
    let database = rusqlite::Connection::open(dir.path().join("outbound.db")).unwrap();
    let mut statement = database.prepare("SELECT seq FROM result").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn seqs(came: &[Came]) -> BTreeSet<i64> {
    came.iter().filter_map(|came| came.body["result"]["seq"].as_i64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_ended_dialing_comes_though_daemon_and_receiver_die_in_turn() {
    let dir = TempDir::new().unwrap();
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 4, ..Agents::default() }, ..Scenario::default() };
    let (pbx, _sim) = simulated(scenario, 10.0).await;
    let config = config(&pbx.address, dir.path());
    let mut daemon = Process::start(dir.path(), &config).await;
    // There and away again: nobody is at this address while the calls are made.
    let address = Receiver::start(|_, _| None).await.address;
    let hook =
        json!({ "url": format!("http://{address}/hook"), "secret": SECRET, "types": ["dialing.ended"] });
    create(&daemon, &dir, "webhooks", hook).await;
    start_campaign(&daemon, &dir).await;
    until("some results", || (results(&dir).len() > CALLS / 3).then_some(())).await;
    daemon.kill();
    let mut daemon = Process::start(dir.path(), &config).await;
    until("all results", || (results(&dir).len() >= CALLS).then_some(())).await;
    daemon.kill();
    // It takes its time, and the daemon dies in the middle of it.
    let receiver = Receiver::start_at(address, |_, _| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        Some(StatusCode::OK)
    })
    .await;
    let mut daemon = Process::start(dir.path(), &config).await;
    receiver.until(|came| came.len() >= 5).await;
    daemon.kill();
    assert!(receiver.came().len() < CALLS, "it died too late");
    let daemon = Process::start(dir.path(), &config).await;
    let came = receiver.until(|came| seqs(came) == results(&dir)).await;
    let mut bodies: BTreeMap<&str, &Value> = BTreeMap::new();
    for one in &came {
        assert_eq!(*bodies.entry(&one.delivery).or_insert(&one.body), &one.body);
    }
    assert_eq!(bodies.len(), seqs(&came).len(), "what came twice has the id that it had before");
    daemon.terminate().await;
}
