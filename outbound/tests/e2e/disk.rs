//! The disk under the real binary is full, while it calls and when it starts: what Asterisk saw against what the results
//! say, and how soon calls are placed again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use pbxsim::{Scenario, SimHandle};
use tempfile::TempDir;

use super::fixtures::{campaign_on, list_of, numbers, one_result_for_each_dialing};
use super::process::Log;
use super::simulated::simulated;
use super::small_disk::SmallDisk;
use super::support::{Bench, action, until};

/// From the moment there is room to the next call.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// What the log says when the store fails ...
const FAILS: &str = "the store cannot be written to";
/// ... and when that is over.
const OVER: &str = "the store can be written to again";

fn scenario() -> Scenario {
    Scenario { by_number: true, calls_log: 10_000, ..Scenario::default() }
}

fn calls(sim: &SimHandle) -> usize {
    sim.with(|sim, _| sim.calls_log().count())
}

fn calls_up(sim: &SimHandle) -> usize {
    sim.with(|sim, _| sim.calls_log().filter(|call| call.end.is_none()).count())
}

/// What the log tells of store and results, and all complaints.
fn told(log: &Log) -> Vec<String> {
    let about = |line: &serde_json::Value| {
        let message = line["fields"]["message"].as_str()?.to_owned();
        let cause = line["fields"]["cause"].as_str().or(line["fields"]["error"].as_str()).unwrap_or_default();
        let level = line["level"].as_str()?;
        let ours = ["outbound::store", "outbound::results"];
        let from = line["target"].as_str()?;
        let wanted = level != "INFO" || ours.iter().any(|target| from.starts_with(target));
        let first_start = message.starts_with("first start: ");
        (wanted && !first_start).then(|| format!("{message} | {cause}"))
    };
    log.lines().iter().filter_map(about).collect()
}

/// A campaign at work on a database that will be in trouble.
struct Work {
    bench: Bench,
    sim: SimHandle,
    log: Log,
    dlma: String,
    campaign: String,
    leads: usize,
}

impl Work {
    async fn begin(data: &Path, leads: usize) -> Self {
        let (pbx, sim) = simulated(scenario(), 10.0).await;
        let mut bench = Bench::start_process_on(data, TempDir::new().unwrap(), &pbx, "max_cps = 40").await;
        let plan =
            [("DialMode", "4"), ("TrunkName", "carrier"), ("QueueName", "sales"), ("MaxRetryCnt1", "1")];
        let plan = bench.create("Plan", &plan).await;
        let (dlma, _) = list_of(&mut bench, &numbers("14", leads)).await;
        let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
        bench.set_status(&campaign, "1").await;
        let log = bench.process().log_file();
        Self { bench, sim, log, dlma, campaign, leads }
    }

    fn told_times(&self, what: &str) -> usize {
        told(&self.log).iter().filter(|line| line.contains(what)).count()
    }

    /// Breaks the store under the calls, and mends it again: no call is placed in between, and soon after it the next one is.
    async fn outage(&mut self, what: &str, begin: impl FnOnce(), end: impl FnOnce()) {
        let (begun, at) = (self.told_times(FAILS), calls(&self.sim));
        let (log, sim) = (self.log.clone(), self.sim.clone());
        let told_times = |what: &str| told(&log).iter().filter(|line| line.contains(what)).count();
        let some_calls = until("some calls", || (calls(&sim) >= at + 60).then_some(()));
        self.bench.read_while(some_calls).await;
        begin();
        let fails = until("the cause in the log", || (told_times(FAILS) > begun).then_some(()));
        self.bench.read_while(fails).await;
        // What was claimed before is called yet; then nothing.
        self.bench.read_while(until("the end of all calls", || (calls_up(&sim) == 0).then_some(()))).await;
        let placed = calls(&sim);
        self.bench.read_while(tokio::time::sleep(Duration::from_millis(1_500))).await;
        assert_eq!(calls(&sim), placed, "a call was placed that could not be recorded");
        assert!(placed < self.leads, "the campaign was over too soon for this test");
        let list = action("OutDlListShow", &[("DlmaUuid", &self.dlma)]);
        let leads = self.bench.client.list(list).await.unwrap();
        assert!(!leads.entries.is_empty(), "reads are served");

        let since = Instant::now();
        end();
        self.bench.read_while(until("the next call", || (calls(&sim) > placed).then_some(()))).await;
        let took = since.elapsed();
        println!(
            "{what}: {placed} of {} calls were placed; the next one {took:.2?} after its end",
            self.leads
        );
        assert!(took < BACK_WITHIN, "{took:?}");
        let over = until("its end in the log", || (told_times(OVER) > begun).then_some(()));
        self.bench.read_while(over).await;
    }

    /// Waits for the end of the campaign, and compares what Asterisk saw with the results; what the log has told.
    async fn compare(mut self) -> Vec<String> {
        self.bench.campaign_status(&self.campaign, "0").await;
        self.bench.check_dialings();
        until("all results", || (self.bench.results().len() >= self.leads).then_some(())).await;
        let told = told(&self.log);
        self.bench.stop().await;
        let results = self.bench.results();
        one_result_for_each_dialing(&results);
        let called = |call: &pbxsim::Call| (call.number.clone(), call.channel_id.clone());
        let log: BTreeMap<String, String> = self.sim.with(|sim, _| sim.calls_log().map(called).collect());
        assert_eq!(
            (calls(&self.sim), log.len(), results.len()),
            (self.leads, self.leads, self.leads),
            "each number once"
        );
        for result in &results {
            let number = result["dial_addr"].as_str().unwrap();
            assert_eq!(log[number], result["dialing_uuid"].as_str().unwrap());
        }
        told.iter().for_each(|line| println!("{line}"));
        told
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_no_call_is_placed_and_none_is_lost_or_doubled_when_there_is_room() {
    let Some(disk) = SmallDisk::in_memory(24) else { return };
    let mut work = Work::begin(disk.path(), 300).await;
    work.outage("full disk", || disk.fill(), || disk.empty()).await;
    let told = work.compare().await;
    let count = |what: &str| told.iter().filter(|line| line.contains(what)).count();
    // The results file is on the same disk, and is told of by itself.
    let of_results = count("results wait in the store");
    assert_eq!((count(FAILS), count("its disk is full"), count(OVER)), (1, 1, 1), "{told:#?}");
    assert!(of_results <= 1 && told.len() == 2 + 2 * of_results, "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_locked_or_moved_away_loses_and_doubles_nothing() {
    let data = TempDir::new().unwrap();
    let (database, away) = (data.path().join("outbound.db"), data.path().join("away.db"));
    let mut work = Work::begin(data.path(), 400).await;
    let other = rusqlite::Connection::open(&database).unwrap();
    let lock = || other.execute_batch("BEGIN IMMEDIATE").unwrap();
    work.outage("locked by another process", lock, || other.execute_batch("ROLLBACK").unwrap()).await;
    let move_away = || std::fs::rename(&database, &away).unwrap();
    work.outage("moved away", move_away, || std::fs::rename(&away, &database).unwrap()).await;
    let told = work.compare().await;
    let expected = ["another program has it locked", OVER, "its path no longer leads to the file", OVER];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    assert!(told.iter().zip(expected).all(|(line, expected)| line.contains(expected)), "{told:#?}");
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
    bench.client.call(action("OutPlanShow", &[])).await.unwrap();
}
