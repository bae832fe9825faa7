//! Imports of a daemon that dies: each row of the file is in once, and nobody is called before the list may be used.

use std::process::Command;

use pbxsim::Scenario;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::clients::config;
use super::process::Process;
use super::simulated::simulated;
use super::support::until;
use super::webhooks::{ask, create};

const ROWS: usize = 150_000;

fn count(dir: &TempDir, sql: &str) -> i64 {
    let database = Connection::open(dir.path().join("outbound.db")).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn outbound(dir: &TempDir, daemon: &Process, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outbound"));
    let url = format!("http://{}", daemon.http_address);
    command.args(args).current_dir(dir.path()).env("OUTBOUND_URL", url).env_remove("OUTBOUND_TOKEN");
    command
}

/// So many rows with a number each, of which each tenth is none and each hundredth comes once more at once.
fn file() -> String {
    let row = |n: usize| match (n % 10, n % 100) {
        (9, _) => format!("k{n},none\n"),
        (_, 5) => format!("k{n},031600{n:06}\nk{n},031600{n:06}\n"),
        _ => format!("k{n},031600{n:06}\n"),
    };
    std::iter::once("ukey,phone\n".to_owned()).chain((0..ROWS).map(row)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_in_once_though_the_daemon_dies_and_nobody_is_called_before_the_last() {
    let dir = TempDir::new().unwrap();
    let scenario = Scenario { by_number: true, ..Scenario::default() };
    let (pbx, _sim) = simulated(scenario, 10.0).await;
    let config = config(&pbx.address, dir.path());
    std::fs::write(dir.path().join("leads.csv"), file()).unwrap();
    let mut daemon = Process::start(dir.path(), &config).await;
    let plan = json!({ "dial_mode": "robo", "tech_name": "Local", "trunk_name": "pstn", "max_tries": [1] });
    let plan = create(&daemon, &dir, "plans", plan).await;
    let list = create(&daemon, &dir, "dial-lists", json!({ "name": "people" })).await;
    let campaign = create(&daemon, &dir, "campaigns", json!({ "plan": plan, "dial_list": list })).await;
    let args = [
        "list",
        "import",
        "leads.csv",
        "--list",
        "people",
        "--usable",
        "complete",
        "--default-country",
        "AT",
        "--duplicates",
        "skip",
    ];
    let mut sending = outbound(&dir, &daemon, &args).spawn().unwrap();
    for (life, least) in [1, ROWS / 10, ROWS / 3].into_iter().enumerate() {
        let progress = "SELECT coalesce(max(records), 0) FROM import";
        until("rows", || (count(&dir, progress) >= i64::try_from(least).unwrap()).then_some(())).await;
        if life == 0 {
            ask(&daemon, &dir, "POST", &format!("campaigns/{campaign}/start"), "").await;
        }
        daemon.kill();
        assert_eq!(count(&dir, "SELECT count(*) FROM import WHERE finished"), 0, "it died too late");
        assert_eq!(
            count(&dir, "SELECT count(*) FROM dialing") + count(&dir, "SELECT count(*) FROM result"),
            0
        );
        daemon = Process::start(dir.path(), &config).await;
    }
    // Who has sent the file has lost sight of it; the import goes on.
    assert!(!sending.wait().unwrap().success());
    until("its end", || (count(&dir, "SELECT count(*) FROM import WHERE finished") == 1).then_some(())).await;
    let tenth = ROWS / 10;
    let expected = i64::try_from(ROWS - tenth).unwrap();
    assert_eq!(count(&dir, "SELECT count(*) FROM lead"), expected);
    assert_eq!(count(&dir, "SELECT count(DISTINCT ukey) FROM lead WHERE number1 GLOB '+4331600*'"), expected);
    until("a call", || (count(&dir, "SELECT count(*) FROM result") > 0).then_some(())).await;
    let again = outbound(&dir, &daemon, &[&args[..], &["--json"]].concat()).output().unwrap();
    let told: Value =
        serde_json::from_slice(&again.stdout).unwrap_or_else(|error| panic!("{error}: {again:?}"));
    assert_eq!((&told["imported"], &told["done_before"]), (&json!(0), &json!(ROWS + ROWS / 100)));
    let listed = outbound(&dir, &daemon, &["import", "list", "--json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(
        (&listed[0]["state"], &listed[0]["refused"], &listed[0]["skipped"]),
        (&json!("done"), &json!(tenth), &json!(ROWS / 100))
    );
    daemon.terminate().await;
}
