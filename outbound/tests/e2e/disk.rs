//! The disk under the real binary is full, while it calls and when it starts: what Asterisk saw against what the results
//! say, and how soon calls are placed again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use pbxsim::{Scenario, SimHandle};
use tempfile::TempDir;

use super::fixtures::{campaign_on, list_of, numbers, one_result_for_each_dialing};
use super::process::read_log;
use super::simulated::simulated;
use super::small_disk::SmallDisk;
use super::support::{Bench, until};

/// From the moment there is room to the next call.
const BACK_WITHIN: Duration = Duration::from_secs(10);
const LEADS: usize = 300;

fn scenario() -> Scenario {
    Scenario { by_number: true, calls_log: 10_000, ..Scenario::default() }
}

fn calls(sim: &SimHandle) -> usize {
    sim.with(|sim, _| sim.calls_log().count())
}

fn calls_up(sim: &SimHandle) -> usize {
    sim.with(|sim, _| sim.calls_log().filter(|call| call.end.is_none()).count())
}

/// The log's lines from level info on that are about store or results, without those that each start has.
fn told(log: &Path) -> Vec<String> {
    let about = |line: &serde_json::Value| {
        let message = line["fields"]["message"].as_str()?.to_owned();
        let cause = line["fields"]["cause"].as_str().or(line["fields"]["error"].as_str()).unwrap_or_default();
        let level = line["level"].as_str()?;
        let wanted = level != "INFO" || message.contains("again");
        wanted.then(|| format!("{message} | {cause}"))
    };
    read_log(log).iter().filter_map(about).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_no_call_is_placed_and_none_is_lost_or_doubled_when_there_is_room() {
    let Some(disk) = SmallDisk::in_memory(24) else { return };
    let (pbx, sim) = simulated(scenario(), 5.0).await;
    let dir = TempDir::new().unwrap();
    let mut bench = Bench::start_process_on(disk.path(), dir, &pbx, "max_cps = 40").await;
    let plan = [("DialMode", "4"), ("TrunkName", "carrier"), ("QueueName", "sales"), ("MaxRetryCnt1", "1")];
    let plan = bench.create("Plan", &plan).await;
    let called = numbers("14", LEADS);
    let (dlma, _) = list_of(&mut bench, &called).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    until("some calls", || (calls(&sim) >= LEADS / 5).then_some(())).await;
    let log_path = bench.process().log_path().to_owned();
    disk.fill();
    let refused = until("the store is full", || {
        told(&log_path).into_iter().find(|line| line.contains("cannot be written to"))
    });
    bench.read_while(refused).await;
    // What was claimed before is called yet; then nothing, however long.
    bench.read_while(until("the end of all calls", || (calls_up(&sim) == 0).then_some(()))).await;
    let placed = calls(&sim);
    bench.read_while(tokio::time::sleep(Duration::from_secs(3))).await;
    assert_eq!(calls(&sim), placed, "a call was placed that could not be recorded");
    assert!(placed < LEADS, "the campaign was over too soon for this test");
    let lead =
        bench.client.list(super::support::action("OutDlListShow", &[("DlmaUuid", &dlma)])).await.unwrap();
    assert!(!lead.entries.is_empty(), "reads are served");

    let begun = Instant::now();
    disk.empty();
    bench.read_while(until("the next call", || (calls(&sim) > placed).then_some(()))).await;
    let took = begun.elapsed();
    println!(
        "full disk, {placed} of {LEADS} calls placed: the next call came {took:.2?} after there was room"
    );
    assert!(took < BACK_WITHIN, "{took:?}");
    bench.campaign_status(&campaign, "0").await;
    bench.check_dialings();
    until("all results", || (bench.results().len() >= LEADS).then_some(())).await;
    let told = bench.read_while(until("the end of the cause is told", || {
        let told = told(&log_path);
        told.iter().any(|line| line.contains("can be written to again")).then_some(told)
    }));
    let told = told.await;
    bench.stop().await;

    let results = bench.results();
    one_result_for_each_dialing(&results);
    let log: BTreeMap<String, String> = sim
        .with(|sim, _| sim.calls_log().map(|call| (call.number.clone(), call.channel_id.clone())).collect());
    assert_eq!((calls(&sim), log.len(), results.len()), (LEADS, LEADS, LEADS), "each number once");
    for result in &results {
        let number = result["dial_addr"].as_str().unwrap();
        assert_eq!(log[number], result["dialing_uuid"].as_str().unwrap());
    }
    let count = |what: &str| told.iter().filter(|line| line.contains(what)).count();
    for line in &told {
        println!("{line}");
    }
    assert_eq!((count("cannot be written to"), count("can be written to again")), (1, 1), "{told:#?}");
    assert!(count("results wait in the store") <= 1, "{told:#?}");
    assert_eq!(told.len(), 2 + 2 * count("results wait in the store"), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_started_on_a_full_disk_is_ready_by_itself_when_there_is_room() {
    let Some(disk) = SmallDisk::in_memory(8) else { return };
    let (pbx, _sim) = simulated(scenario(), 5.0).await;
    let data = disk.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // The log is on the same disk: what cannot be logged must end nothing.
    let dir = TempDir::new().unwrap();
    std::fs::write(disk.path().join("log"), "").unwrap();
    std::os::unix::fs::symlink(disk.path().join("log"), dir.path().join("log.jsonl")).unwrap();
    let start = Bench::start_process_on(&data, dir, &pbx, "");
    tokio::pin!(start);
    let filled = async {
        until("the daemon has read its config", || data.join("outbound.db.lock").exists().then_some(()))
            .await;
    };
    tokio::pin!(filled);
    disk.fill();
    let (bench, took) = tokio::select! {
        bench = &mut start => panic!("it is ready on a full disk: {:?}", bench.process().log()),
        took = async {
            let lock = data.join("outbound.db.lock");
            until("the daemon wants its store", || lock.exists().then_some(())).await;
            tokio::time::sleep(Duration::from_secs(3)).await;
            let begun = Instant::now();
            disk.empty();
            begun
        } => (start.await, took.elapsed()),
    };
    println!("full disk at the start: ready {took:.2?} after there was room");
    assert!(took < BACK_WITHIN, "{took:?}");
    bench.client.call(super::support::action("OutPlanShow", &[])).await.unwrap();
}
