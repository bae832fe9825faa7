//! Predictive dialing against progressive on a real Asterisk, by its own queue events: `make test-pacing`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ami::Message;
use ami::client::{ClientConfig, Filter, Incoming};
use tokio::time::timeout_at;

use super::fixtures::{campaign_on, list_of, numbers};
use super::instance::{asterisk, no_channels};
use super::support::{Bench, Pbx, session};

const AGENTS: usize = 20;
/// Left out at the beginning: nothing is known then.
const WARM_UP: Duration = Duration::from_secs(60);
/// Measured for so long, for each of the two; about half an hour of a room with talks of 60 s.
const MEASURED: Duration = Duration::from_secs(300);

/// What the queue's events tell of the time that is measured.
#[derive(Debug, Default)]
struct Tally {
    joined: u32,
    connected: u32,
    abandoned: u32,
    talked: Duration,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes 12 minutes: make test-pacing"]
async fn predictive_keeps_agents_busier_than_progressive_and_keeps_the_cap() {
    let pbx = asterisk("pacing");
    let progressive = measure(&pbx, "6").await;
    let predictive = measure(&pbx, "1").await;
    println!("progressive: {}", progressive.words());
    println!("predictive:  {}", predictive.words());
    assert!(predictive.busy() > progressive.busy() + 0.08);
    // The cap is 3 % in the long run; so few calls may be off by chance (three standard deviations).
    let chance = 3.0 * (0.03 * 0.97 / f64::from(predictive.joined)).sqrt();
    assert!(predictive.lost() < 0.03 + chance);
}

async fn measure(pbx: &Pbx, mode: &str) -> Tally {
    let mut bench = Bench::start(pbx, "max_cps = 50").await;
    let plan = [
        ("TechName", "Local"),
        ("TrunkName", "pstn"),
        ("QueueName", "floor"),
        ("DialMode", mode),
        ("DialTimeout", "8000"),
        ("AbandonSeconds", "2"),
        ("MaxRetryCnt1", "1"),
    ];
    let plan = bench.create("Plan", &plan).await;
    let (dlma, _) = list_of(&mut bench, &numbers("91", 5_000)).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    let tally = bench.read_while(listen(pbx)).await;
    bench.set_status(&campaign, "0").await;
    bench.campaign_status(&campaign, "0").await;
    bench.stop().await;
    no_channels("pacing").await;
    tally
}

async fn listen(pbx: &Pbx) -> Tally {
    let mut config = ClientConfig::new("floor", &pbx.address, "observer", "observer");
    let names = ["QueueCallerJoin", "QueueCallerAbandon", "AgentConnect", "AgentComplete"];
    config.filters = names.map(|name| Filter::new(format!("action(include),name({name})"), "")).into();
    let (_client, mut incoming) = session(config).await;
    let from = Instant::now() + WARM_UP;
    let until = from + MEASURED;
    let (mut tally, mut talks) = (Tally::default(), BTreeMap::new());
    while let Ok(Some(heard)) = timeout_at(until.into(), incoming.recv()).await {
        if let Incoming::Event(event) = heard {
            tally.take(&event, Instant::now(), from, &mut talks);
        }
    }
    let still = talks.into_values().map(|since: Instant| until.duration_since(since.max(from)));
    tally.talked += still.sum::<Duration>();
    tally
}

impl Tally {
    fn take(&mut self, event: &Message, now: Instant, from: Instant, talks: &mut BTreeMap<String, Instant>) {
        let counts = u32::from(now >= from);
        match event.event_name() {
            Some("QueueCallerJoin") => self.joined += counts,
            Some("QueueCallerAbandon") => self.abandoned += counts,
            Some("AgentConnect") => {
                self.connected += counts;
                talks.insert(event.text("Uniqueid").to_owned(), now);
            }
            Some("AgentComplete") => {
                if let Some(since) = talks.remove(event.text("Uniqueid")) {
                    self.talked += now.saturating_duration_since(since.max(from));
                }
            }
            _ => {}
        }
    }

    /// The share of the agents' time in which they talked.
    fn busy(&self) -> f64 {
        self.talked.as_secs_f64() / MEASURED.as_secs_f64() / AGENTS as f64
    }

    /// The share of those who answered for whom no agent was there in time.
    fn lost(&self) -> f64 {
        f64::from(self.abandoned) / f64::from(self.joined)
    }

    fn words(&self) -> String {
        let Self { joined, connected, abandoned, .. } = self;
        let (busy, lost) = (self.busy() * 100.0, self.lost() * 100.0);
        format!(
            "agents {busy:.1} % busy; {joined} answers, {connected} connected, {abandoned} abandoned ({lost:.2} %)"
        )
    }
}
