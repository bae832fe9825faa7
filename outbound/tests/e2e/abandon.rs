//! People for whom no agent is there, on a real Asterisk: how long they wait, what they hear, what is counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ami::Message;
use ami::client::{ClientConfig, Filter, Incoming};

use super::fixtures::{campaign_on, list_of, numbers, outcomes, run_on, tally};
use super::instance::{asterisk, no_channels};
use super::support::{Bench, Pbx, session, until};

/// What follows must follow within this time, on a machine that is busy with other tests.
const AT_ONCE: Duration = Duration::from_millis(1_000);
/// How long the sound custom/hello is.
const MESSAGE: Duration = Duration::from_millis(6_450);

/// Asterisk's own events of what our calls run through.
struct Line {
    seen: Arc<Mutex<Vec<(Instant, Message)>>>,
}

impl Line {
    async fn watch(pbx: &Pbx) -> Self {
        let names = ["Newexten", "QueueCallerJoin", "QueueCallerAbandon", "AgentConnect", "VarSet", "Hangup"];
        let mut config = ClientConfig::new("line", &pbx.address, "observer", "observer");
        config.filters = names.map(|name| Filter::new(format!("action(include),name({name})"), "")).to_vec();
        let (client, mut incoming) = session(config).await;
        let seen: Arc<Mutex<Vec<(Instant, Message)>>> = Arc::default();
        let kept = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Some(heard) = incoming.recv().await {
                if let Incoming::Event(message) = heard {
                    kept.lock().unwrap().push((Instant::now(), message));
                }
            }
            drop(client);
        });
        Self { seen }
    }

    /// When the first event of a call came that fits, and the event.
    fn first(&self, uuid: &str, name: &str, header: &str, value: &str) -> Option<(Instant, Message)> {
        let seen = self.seen.lock().unwrap();
        let fits = |m: &Message| {
            m.event_name() == Some(name) && m.text("Uniqueid") == uuid && m.text(header).starts_with(value)
        };
        seen.iter().find(|(_, message)| fits(message)).cloned()
    }

    fn at(&self, uuid: &str, name: &str, header: &str, value: &str) -> Instant {
        let found = self.first(uuid, name, header, value);
        found.unwrap_or_else(|| panic!("{uuid}: no {name} with {header}: {value}")).0
    }

    /// From the moment that the queue gives a caller up, there is the message to its end, then the hang-up.
    fn message_without_dead_air(&self, uuid: &str, given_up: Instant) {
        let begun = self.at(uuid, "Newexten", "Application", "Playback");
        let played = self.first(uuid, "VarSet", "Variable", "PLAYBACKSTATUS").unwrap();
        assert_eq!(played.1.text("Value"), "SUCCESS", "{uuid}");
        let hung_up = self.at(uuid, "Hangup", "Event", "");
        assert!(begun.duration_since(given_up) < AT_ONCE, "{uuid}: silence before the message");
        assert!(played.0.duration_since(begun) + AT_ONCE > MESSAGE, "{uuid}: the message was cut");
        assert!(hung_up.duration_since(played.0) < AT_ONCE, "{uuid}: silence after the message");
    }

    /// How often these calls had this event; other tests use the same Asterisk.
    fn count(&self, results: &[serde_json::Value], name: &str) -> u64 {
        let seen = self.seen.lock().unwrap();
        let ours = |m: &Message| results.iter().any(|result| result["dialing_uuid"] == m.text("Uniqueid"));
        seen.iter().filter(|(_, m)| m.event_name() == Some(name) && ours(m)).count() as u64
    }
}

/// The counts in the store: for each budget answered, answered by persons, abandoned, late.
pub(crate) fn counted(bench: &Bench) -> BTreeMap<String, [u64; 4]> {
    let database = rusqlite::Connection::open(bench.dir.path().join("outbound.db")).unwrap();
    let sums = "SELECT budget, sum(answered_all), sum(answered_persons), sum(abandoned), sum(late) \
                FROM abandon_day GROUP BY budget";
    let mut statement = database.prepare(sums).unwrap();
    let row = |row: &rusqlite::Row<'_>| {
        let mut counts = [0; 4];
        for (at, count) in counts.iter_mut().enumerate() {
            *count = row.get::<_, i64>(at + 1)?.cast_unsigned();
        }
        Ok((row.get(0)?, counts))
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// A plan with these settings beside tech, trunk and mode; a list; a campaign, run to its end. Returns the campaign, and the
/// leads in the order of their numbers.
async fn run(
    bench: &mut Bench,
    plan: &[(&str, &str)],
    called: &[String],
    more: &[(&str, &str)],
) -> (String, Vec<String>) {
    let plan = [&[("TechName", "Local"), ("TrunkName", "pstn")], plan].concat();
    run_on(bench, &plan, called, more).await
}

fn dialings(results: &[serde_json::Value], outcome: &str) -> Vec<String> {
    let of = results.iter().filter(|result| result["outcome"] == outcome);
    of.map(|result| result["dialing_uuid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_answers_than_agents_end_with_the_message_and_are_counted_across_a_restart() {
    let pbx = asterisk("abandon");
    let line = Line::watch(&pbx).await;
    let mut bench = Bench::start(&pbx, "").await;
    // One agent, five people at once who stay for ten seconds.
    let plan = [
        ("DialMode", "1"),
        ("Pacing", "level"),
        ("ServiceLevel", "10"),
        ("QueueName", "one"),
        ("AbandonSeconds", "2"),
        ("AbandonMessage", "custom/hello"),
    ];
    let group = [("AbandonGroup", "spring")];
    run(&mut bench, &plan, &numbers("16", 5), &group).await;
    bench.check_dialings();
    bench.restart().await;
    // The group's second campaign, with nobody there at all.
    let robo = [("DialMode", "4"), ("QueueName", "empty"), ("AbandonSeconds", "2")];
    run(&mut bench, &robo, &numbers("16", 2), &group).await;
    bench.stop().await;

    let results = bench.results();
    assert_eq!(tally(&results), BTreeMap::from([("abandoned", 6), ("answered", 1)]));
    for uuid in &dialings(&results[..5], "abandoned") {
        let (given_up, _) = line.first(uuid, "QueueCallerAbandon", "Queue", "one").unwrap();
        let waited = given_up.duration_since(line.at(uuid, "QueueCallerJoin", "Queue", "one"));
        assert!((1_900..3_500).contains(&waited.as_millis()), "{waited:?}");
        line.message_without_dead_air(uuid, given_up);
        assert_eq!(line.first(uuid, "Hangup", "Event", "").unwrap().1.text("Cause"), "16");
    }
    for uuid in &dialings(&results[5..], "abandoned") {
        let given_up = line.at(uuid, "QueueCallerAbandon", "Queue", "empty");
        let hung_up = line.at(uuid, "Hangup", "Event", "");
        assert!(hung_up.duration_since(given_up) < AT_ONCE, "without a message the hang-up follows at once");
    }
    let (abandoned, taken) =
        (line.count(&results, "QueueCallerAbandon"), line.count(&results, "AgentConnect"));
    assert_eq!((abandoned, taken), (6, 1));
    let all = abandoned + taken;
    assert_eq!(counted(&bench), BTreeMap::from([("spring".to_owned(), [all, all, abandoned, 0])]));
    no_channels("abandon").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_used_up_stays_so_when_the_daemon_is_killed_and_is_the_reason_that_is_given() {
    let pbx = asterisk("abandon");
    let mut bench = Bench::start_process(&pbx, "").await;
    let group = [("AbandonGroup", "spring")];
    let nobody = [("DialMode", "4"), ("QueueName", "empty"), ("AbandonSeconds", "1")];
    run(&mut bench, &nobody, &numbers("16", 1), &group).await;
    bench.kill().await;
    bench.restart_process().await;
    // Twenty idle agents; forty people whose phones ring.
    let from = bench.events.len();
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("DialMode", "1"), ("QueueName", "sales")];
    let plan = bench.create("Plan", &plan).await;
    let (dlma, _) = list_of(&mut bench, &numbers("30", 40)).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &group).await;
    bench.set_status(&campaign, "1").await;
    let reason = until("the reason in the log", || {
        let log = bench.process().log();
        let held = log.iter().rfind(|line| line["fields"]["message"] == "what holds the campaign back")?;
        let limit = held["fields"]["limit"].as_str()?;
        limit.contains("abandon budget").then(|| limit.to_owned())
    })
    .await;
    let expected = "the abandon budget is used up (100 % of 1 answered by persons in 30 days, cap 3 %): one call for each \
                    idle agent until about ";
    assert!(reason.starts_with(expected) && reason.contains(" or 65 more answers ("), "{reason}");
    bench.set_status(&campaign, "30").await;
    bench.campaign_status_from(from, &campaign, "0").await;
    let dialed = bench.named("OutDialingCreate").filter(|event| event.text("CampUuid") == campaign).count();
    assert_eq!(dialed, 20, "one call for each idle agent");
    bench.stop().await;
    no_channels("abandon").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_before_an_agent_had_to_be_there_is_answered_and_not_abandoned() {
    let pbx = asterisk("abandon");
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [
        ("DialMode", "4"),
        ("QueueName", "empty"),
        ("AbandonSeconds", "6"),
        ("AbandonMessage", "custom/hello"),
    ];
    // Leaves after a second, after three, after ten.
    let called = ["1500001", "1100002", "1600003"].map(str::to_owned);
    let (campaign, leads) = run(&mut bench, &plan, &called, &[]).await;
    bench.stop().await;
    let results = bench.results();
    let found: Vec<_> = leads.iter().map(|lead| outcomes(&results, lead)).collect();
    assert_eq!(found, [["answered"], ["answered"], ["abandoned"]]);
    assert!(results.iter().all(|result| result["res_dial"] == 4));
    assert_eq!(counted(&bench), BTreeMap::from([(campaign, [3, 3, 1, 0])]));
    no_channels("abandon").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_takes_nobody_or_does_not_exist_leaves_nobody_in_silence() {
    let pbx = asterisk("abandon");
    let line = Line::watch(&pbx).await;
    let mut bench = Bench::start(&pbx, "").await;
    let mut campaigns = Vec::new();
    for (at, queue) in ["strict", "nosuch"].into_iter().enumerate() {
        let plan = [("DialMode", "4"), ("QueueName", queue), ("AbandonMessage", "custom/hello")];
        campaigns.push(run(&mut bench, &plan, &[format!("16{at:05}")], &[]).await.0);
    }
    bench.stop().await;
    let results = bench.results();
    assert_eq!(tally(&results), BTreeMap::from([("abandoned", 2)]));
    for uuid in &dialings(&results, "abandoned") {
        line.message_without_dead_air(uuid, line.at(uuid, "Newexten", "Application", "Queue"));
    }
    assert_eq!(line.count(&results, "QueueCallerJoin"), 0);
    let each = [1, 1, 1, 0];
    assert_eq!(counted(&bench), campaigns.into_iter().map(|campaign| (campaign, each)).collect());
    no_channels("abandon").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_phone_that_rings_is_no_agent() {
    let pbx = asterisk("abandon");
    let line = Line::watch(&pbx).await;
    let mut bench = Bench::start(&pbx, "").await;
    // The phone of the only agent rings and is never answered; the queue itself would let it ring for 3 s.
    let plan = [("DialMode", "6"), ("QueueName", "deaf"), ("AbandonRule", "ftc")];
    run(&mut bench, &plan, &numbers("16", 1), &[]).await;
    bench.stop().await;
    let uuid = &dialings(&bench.results(), "abandoned")[0];
    let waited = line.at(uuid, "Hangup", "Event", "").duration_since(line.at(
        uuid,
        "QueueCallerJoin",
        "Queue",
        "deaf",
    ));
    assert!((1_900..3_500).contains(&waited.as_millis()), "{waited:?}");
    no_channels("abandon").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seconds_from_the_answer_are_less_by_those_of_detection() {
    let pbx = asterisk("abandon");
    let line = Line::watch(&pbx).await;
    let mut bench = Bench::start(&pbx, "").await;
    let plan = |seconds| {
        [
            ("DialMode", "4"),
            ("QueueName", "empty"),
            ("AmdMode", "1"),
            ("AbandonFrom", "answer"),
            ("AbandonSeconds", seconds),
        ]
    };
    // A person says hello for half a second; detection takes another for each silence around it.
    let (_, long) = run(&mut bench, &plan("6"), &numbers("70", 1), &[]).await;
    let (_, short) = run(&mut bench, &plan("1"), &numbers("70", 1), &[]).await;
    let (machine, _) = run(&mut bench, &plan("6"), &numbers("71", 1), &[]).await;
    bench.stop().await;
    let results = bench.results();
    let queue = |leads: &[String]| {
        let result = results.iter().find(|result| result["dl_list_uuid"] == leads[0].as_str()).unwrap();
        assert_eq!(
            (result["outcome"].as_str(), result["res_amd"].as_str()),
            (Some("abandoned"), Some("HUMAN"))
        );
        let run = line.first(result["dialing_uuid"].as_str().unwrap(), "Newexten", "Application", "Queue");
        run.unwrap().1.text("AppData").to_owned()
    };
    let long = queue(&long);
    assert!(["empty,,,,3", "empty,,,,4", "empty,,,,5"].contains(&long.as_str()), "{long}");
    assert_eq!(queue(&short), "empty,,,,1");
    assert_eq!(counted(&bench)[&machine], [1, 0, 0, 0], "a machine is no person");
    no_channels("abandon").await;
}
