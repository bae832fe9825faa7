//! An hour's worth of a room's campaign in minutes: the real binary with its database and results file, the simulated Asterisk
//! as a process of its own that is killed now and then, clients that come and go, campaigns that are made and deleted. What the
//! daemon uses must not grow with what has been. `make soak`; a short one is among the tests.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::time::{Duration, Instant};

use ami::Message;
use ami::client::{Client, ClientConfig, Incoming};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;

use super::fixtures::{campaign_on, numbers, one_result_for_each_dialing};
use super::simulator::Simulator;
use super::support::{Bench, action, session, until};
use tokio::time::timeout;

/// Seconds of the room in a second.
const SPEED: f64 = 30.0;
const AGENTS: usize = 100;
/// Calls of an hour of such a room, with talks of 40 s.
const HOUR: usize = 20_000;
/// How often the daemon says how it is.
const HEALTH_SECONDS: &str = "0.25";
/// The longest wait for an event.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is told of each quarter.
const FIGURES: [&str; 14] = [
    "resident_kb",
    "files",
    "threads",
    "tasks",
    "clients",
    "inbox",
    "with_store",
    "untold",
    "remembered",
    "calls",
    "campaigns",
    "kept",
    "learned",
    "wal_octets",
];
/// Figures that must not grow, and by how much two looks may differ: a client that comes, an Asterisk that is connected to again.
const MUST_NOT_GROW: [(&str, f64); 6] = [
    ("files", 2.0),
    ("threads", 2.0),
    ("tasks", 6.0),
    ("learned", 8.0),
    ("remembered", 2.0),
    ("untold", 50.0),
];
/// SQLite takes the log in at 4 MB; what is written meanwhile comes on top.
const WAL_MAX: u64 = 32 << 20;
/// What is kept when no call is up: timers of the Asterisk.
const KEPT_AT_REST: u64 = 3;
/// So many calls end between two visits of a client.
const CALLS_A_VISIT: usize = 20;

/// The room: short talks, and nobody but persons, so that every answer is for an agent.
fn room() -> String {
    format!(
        "[customers]\nmachine_share = 0.0\ntalk_s = {{ mean = 40.0, cv = 1.0 }}\n\
         [agents]\ncount = {AGENTS}\nwrap_up_s = {{ mean = 5.0, cv = 0.5 }}\n"
    )
}

/// The daemon and its Asterisk, and what is known of the campaign by its events.
struct Soak {
    sim: Simulator,
    bench: Bench,
    campaign: String,
    calls: usize,
    created: usize,
    ended: usize,
    /// What went before is not looked at: the list was filled then.
    from_sample: usize,
}

impl Soak {
    async fn start(calls: usize) -> Self {
        let dir = TempDir::new().unwrap();
        let sim = Simulator::start(dir.path(), &room(), SPEED);
        let variables = [
            ("RUST_LOG", "warn,outbound::serve=info,outbound::health=debug"),
            ("OUTBOUND__LOG__HEALTH_SECONDS", HEALTH_SECONDS),
            ("OUTBOUND__STORE__SYNCHRONOUS", "normal"),
            // Results stay on disk, and pages of them in the cache, up to this.
            ("OUTBOUND__STORE__CACHE_MIB", "1"),
        ];
        let variables = variables.map(|(name, value)| (name, OsStr::new(value)));
        let limits = "max_channels = 2000\nmax_cps = 1000";
        let mut bench = Bench::start_process_in(dir, &sim.pbx(), limits, &variables).await;
        let plan = [
            ("DialMode", "1"),
            ("TrunkName", "carrier"),
            ("QueueName", "sales"),
            ("MaxRetryCnt1", "1"),
            ("AbandonRule", "none"),
        ];
        let plan = bench.create("Plan", &plan).await;
        let dlma = bench.create("Dlma", &[]).await;
        let client = bench.client.clone();
        let fill = async {
            for number in numbers("555", calls) {
                let lead = action("OutDlListCreate", &[("DlmaUuid", &dlma), ("Number1", &number)]);
                assert!(client.call(lead).await.unwrap().is_success());
            }
        };
        bench.read_while(fill).await;
        let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
        bench.events.clear();
        Self { sim, bench, campaign, calls, created: 0, ended: 0, from_sample: 0 }
    }

    /// Runs the campaign to its end, in so many lives of the Asterisk.
    async fn run(&mut self, lives: usize) {
        self.from_sample = self.samples().len();
        self.bench.set_status(&self.campaign, "1").await;
        let (mut life, mut visits, mut stopped) = (1, 0, false);
        while !stopped {
            if self.ended >= visits * CALLS_A_VISIT {
                let visit = Visitor::visit(self.bench.process().ami_address.clone(), visits);
                self.bench.read_while(visit).await;
                visits += 1;
            } else {
                self.bench.wait(0, |_| true).await;
            }
            for event in std::mem::take(&mut self.bench.events) {
                self.created += usize::from(event.event_name() == Some("OutDialingCreate"));
                self.ended += usize::from(event.event_name() == Some("OutDialingDelete"));
                stopped |= event.event_name() == Some("OutCampaignUpdate")
                    && event.text("Uuid") == self.campaign
                    && event.text("Status") == "0";
            }
            if life < lives && self.ended > self.calls * life / lives {
                self.sim.restart();
                life += 1;
            }
        }
        assert_eq!(life, lives, "the Asterisk lived too long");
        println!("{visits} visits of clients, {life} lives of the Asterisk");
    }

    /// How the daemon is when everything is over.
    async fn at_rest(&self) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.samples().len();
            let last = until("a look at the daemon", || self.samples().into_iter().nth(seen)).await;
            if last["calls"] == 0 && last["kept"].as_u64().unwrap() <= KEPT_AT_REST {
                return last;
            }
            assert!(Instant::now() < deadline, "the daemon does not come to rest: {last}");
        }
    }

    fn samples(&self) -> Vec<Value> {
        let health = |line: &Value| line["fields"]["message"] == "health";
        let lines = self.bench.process().log().into_iter().filter(health);
        lines.map(|mut line| line["fields"].take()).collect()
    }
}

/// A client that comes, looks around, has a small campaign made, run, stopped and deleted with all that belongs to it, and goes.
struct Visitor {
    client: Client,
    incoming: Receiver<Incoming>,
}

impl Visitor {
    async fn visit(ami_address: String, round: usize) {
        let config = ClientConfig::new("visitor", ami_address, "admin", "outbound");
        let (client, incoming) = session(config).await;
        let mut visitor = Self { client, incoming };
        let name = format!("visit{round}");
        let plan = [("Name", name.as_str()), ("DialMode", "4"), ("TrunkName", &name), ("QueueName", "sales")];
        let plan = visitor.make("OutPlanCreate", &plan).await;
        let dlma = visitor.make("OutDlmaCreate", &[("Name", &name)]).await;
        for number in ["7770001", "7770002"] {
            let lead = [("Name", name.as_str()), ("DlmaUuid", &dlma), ("Number1", number)];
            visitor.make("OutDlListCreate", &lead).await;
        }
        let campaign = [("Name", name.as_str()), ("Plan", &plan), ("Dlma", &dlma), ("AbandonGroup", &name)];
        let campaign = visitor.make("OutCampaignCreate", &campaign).await;
        visitor.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")]).await;
        visitor.client.list(action("OutCampaignShow", &[])).await.unwrap();
        visitor.wait(|e| e.event_name() == Some("OutDialingCreate") && e.text("CampUuid") == campaign).await;
        visitor.act("OutPlanUpdate", &[("Uuid", &plan), ("DialTimeout", "20000")]).await;
        visitor.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "30")]).await;
        visitor
            .wait(|e| {
                e.event_name() == Some("OutCampaignUpdate")
                    && e.text("Uuid") == campaign
                    && e.text("Status") == "0"
            })
            .await;
        for (action, uuid) in
            [("OutCampaignDelete", &campaign), ("OutDlmaDelete", &dlma), ("OutPlanDelete", &plan)]
        {
            visitor.act(action, &[("Uuid", uuid)]).await;
        }
    }

    async fn act(&self, name: &'static str, headers: &[(&str, &str)]) {
        let response = self.client.call(action(name, headers)).await.unwrap();
        assert!(response.is_success(), "{name} {headers:?}: {response:?}");
    }

    /// Makes something with a name that nothing else of its kind has; gives its uuid.
    async fn make(&mut self, name: &'static str, headers: &[(&str, &str)]) -> String {
        self.act(name, headers).await;
        let made = |e: &Message| e.event_name() == Some(name) && e.text("Name") == headers[0].1;
        self.wait(made).await.text("Uuid").to_owned()
    }

    async fn wait(&mut self, fits: impl Fn(&Message) -> bool) -> Message {
        loop {
            match timeout(PATIENCE, self.incoming.recv()).await {
                Ok(Some(Incoming::Event(event))) if fits(&event) => return event,
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => panic!("an event did not come"),
            }
        }
    }
}

/// What a figure was in a part of the samples, from a quarter to a quarter: the one in the middle.
fn median(samples: &[Value], figure: &str, quarter: usize) -> f64 {
    let (from, to) = (samples.len() * quarter / 4, samples.len() * (quarter + 1) / 4);
    let mut figures: Vec<f64> =
        samples[from..to].iter().map(|sample| sample[figure].as_f64().unwrap()).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The figures by quarter, for people.
fn table(work: &[Value]) -> String {
    let mut table = format!("{:>14} {:>10}", "", "start");
    ["1st", "2nd", "3rd", "4th", "end"].iter().for_each(|column| table += &format!(" {column:>10}"));
    for figure in FIGURES {
        table += &format!("\n{figure:>14} {:>10}", work[0][figure].to_string());
        (0..4).for_each(|quarter| table += &format!(" {:>10}", median(work, figure, quarter)));
        table += &format!(" {:>10}", work[work.len() - 1][figure].to_string());
    }
    table
}

/// Each number of the list has the one call that its plan allows, with one result.
fn each_lead_has_its_call(results: &[Value], calls: usize) {
    one_result_for_each_dialing(results);
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    // What never reached the Asterisk is no try.
    let of_list = |result: &&Value| {
        result["dial_addr"].as_str().unwrap().starts_with("555") && result["outcome"] != "refused"
    };
    for result in results.iter().filter(of_list) {
        *tried.entry(result["dial_addr"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(tried.len(), calls);
    let twice: Vec<_> = tried.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// Nothing that is used or kept grows from the second quarter of the run to the last, but the memory by so much.
fn nothing_grows(work: &[Value], memory_kb: f64) {
    for (figure, slack) in [&MUST_NOT_GROW[..], &[("resident_kb", memory_kb)]].concat() {
        let (before, after) = (median(work, figure, 1), median(work, figure, 3));
        assert!(after <= before + slack, "{figure} grows: {before}, later {after}");
    }
    let wal = work.iter().map(|sample| sample["wal_octets"].as_u64().unwrap()).max().unwrap();
    assert!(wal < WAL_MAX, "{wal} octets of write-ahead log");
}

async fn soak(calls: usize, lives: usize, memory_kb: f64) {
    let mut soak = Soak::start(calls).await;
    let start = Instant::now();
    soak.run(lives).await;
    let (took, samples) = (start.elapsed(), soak.samples());
    let work = &samples[soak.from_sample..];
    let rate = soak.ended as f64 / took.as_secs_f64();
    println!("{} calls in {took:.1?}, {rate:.0} a second; {} looks", soak.ended, work.len());
    println!("{}", table(work));
    let resting = soak.at_rest().await;
    println!("at rest: {resting}");
    soak.bench.stop().await;
    assert_eq!(soak.created, soak.ended, "each dialing ends");
    let results = soak.bench.results();
    assert_eq!(results.len(), soak.ended);
    each_lead_has_its_call(&results, calls);
    nothing_grows(work, memory_kb);
    for figure in ["calls", "offers", "untold", "with_store", "inbox"] {
        assert_eq!(resting[figure], 0, "{figure} at rest: {resting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_leave_nothing_behind() {
    soak(1_000, 3, 8_192.0).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: make soak"]
async fn an_hour_of_calls_leaves_nothing_behind() {
    let calls = std::env::var("CALLS").map_or(HOUR, |calls| calls.parse().unwrap());
    soak(calls, 5, 2_048.0).await;
}
