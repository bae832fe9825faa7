//! The daemon or the Asterisk ends in the middle of a campaign and comes back: nobody is called twice, nothing is lost.

use std::collections::BTreeSet;

use super::fixtures::{campaign_on, list_of, numbers, one_result_for_each_dialing, outcomes, tally};
use super::instance::{asterisk, no_channels, script};
use super::observer::Observer;
use super::support::Bench;

/// One call for each idle agent of a queue, two tries.
fn plan(queue: &str) -> [(&'static str, &str); 7] {
    [
        ("TechName", "Local"),
        ("TrunkName", "pstn"),
        ("QueueName", queue),
        ("DialMode", "6"),
        ("DialTimeout", "3000"),
        ("RetryDelay", "500"),
        ("MaxRetryCnt1", "2"),
    ]
}

/// A campaign that runs. Returns it and its leads.
async fn started(bench: &mut Bench, queue: &str, callees: &[String]) -> (String, Vec<String>) {
    let plan = bench.create("Plan", &plan(queue)).await;
    let (dlma, leads) = list_of(bench, callees).await;
    let campaign = campaign_on(bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    (campaign, leads)
}

/// The dialings that the client has seen begin and not end.
fn alive(bench: &Bench) -> BTreeSet<String> {
    let uuids = |name| bench.named(name).map(|e| e.text("Uuid").to_owned()).collect::<BTreeSet<_>>();
    &uuids("OutDialingCreate") - &uuids("OutDialingDelete")
}

/// Waits until so many calls are with an agent, in the events from `from` on.
async fn connected(bench: &mut Bench, from: usize, count: usize) {
    let mut seen = BTreeSet::new();
    while seen.len() < count {
        let talks = |e: &ami::Message| {
            e.event_name() == Some("OutDialingUpdate")
                && e.text("CurrentAgent") != "<null>"
                && !seen.contains(e.text("Uuid"))
        };
        let uuid = bench.wait(from, talks).await.text("Uuid").to_owned();
        seen.insert(uuid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_outlive_a_restart_of_the_daemon_and_each_gets_its_one_result() {
    let pbx = asterisk("takeover");
    let observer = Observer::start(&pbx).await;
    let mut bench = Bench::start(&pbx, "max_cps = 10").await;
    // Ring a second, talk for three.
    let (campaign, leads) = started(&mut bench, "sales", &numbers("11", 30)).await;
    connected(&mut bench, 0, 3).await;
    bench.stop().await;
    let in_flight = alive(&bench);
    assert!(in_flight.len() >= 5, "some ring, some talk: {}", in_flight.len());
    let down: Vec<&String> = in_flight.iter().filter(|uuid| !observer.is_up(uuid)).collect();
    assert!(down.is_empty(), "the end of the daemon is not the end of {down:?}");
    let from = bench.events.len();
    bench.restart().await;
    bench.campaign_status_from(from, &campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "10", "0"]);
    bench.check_dialings();
    for lead in &leads {
        assert_eq!(bench.lead(lead).await.text("TryCnt1"), "1");
    }
    bench.stop().await;
    let results = bench.results();
    one_result_for_each_dialing(&results);
    for lead in &leads {
        assert_eq!(outcomes(&results, lead), ["answered"]);
    }
    let dialed = observer.dialed();
    assert_eq!(dialed.len(), 30);
    assert!(dialed.values().all(|times| *times == 1), "{dialed:?}");
    no_channels("takeover").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_middle_of_placing_calls_leaves_none_unknown() {
    let pbx = asterisk("ends");
    let mut bench = Bench::start(&pbx, "max_cps = 200").await;
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("DialMode", "4"), ("RetryDelay", "500")];
    let plan = bench.create("Plan", &plan).await;
    let talk = [("Name", "talk"), ("Type", "1"), ("Application", "Wait"), ("Data", "3")];
    let dest = bench.create("Destination", &talk).await;
    let (dlma, leads) = list_of(&mut bench, &numbers("10", 150)).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[("Dest", &dest)]).await;
    bench.set_status(&campaign, "1").await;
    for _ in 0..5 {
        let mut from = bench.events.len();
        for _ in 0..20 {
            bench.wait(from, |e| e.event_name() == Some("OutDialingCreate")).await;
            from +=
                bench.events[from..].iter().position(|e| e.event_name() == Some("OutDialingCreate")).unwrap()
                    + 1;
        }
        bench.restart().await;
    }
    bench.campaign_status(&campaign, "0").await;
    bench.stop().await;
    let results = bench.results();
    one_result_for_each_dialing(&results);
    println!("outcomes after five restarts: {:?}", tally(&results));
    for lead in &leads {
        assert_eq!(outcomes(&results, lead), ["answered"]);
    }
}

/// What must hold whatever was killed: as many tries as results, and no more rings than tries.
async fn consistent(bench: &mut Bench, observer: &Observer, callees: &[String], leads: &[String]) {
    let mut tries = Vec::new();
    for lead in leads {
        let row = bench.lead(lead).await;
        assert_eq!(row.text("Status"), "0", "{row:?}");
        tries.push(row.text("TryCnt1").parse::<usize>().unwrap());
    }
    bench.stop().await;
    let results = bench.results();
    println!("outcomes: {:?}", tally(&results));
    one_result_for_each_dialing(&results);
    let dialed = observer.dialed();
    for ((number, lead), tries) in callees.iter().zip(leads).zip(tries) {
        let outcomes = outcomes(&results, lead);
        assert_eq!(outcomes.len(), tries, "{number}: {outcomes:?}");
        assert!((1..=2).contains(&tries), "{number}: {outcomes:?}");
        let rang = dialed.get(number).copied().unwrap_or(0);
        assert!(rang <= tries, "{number} was called {rang} times: {outcomes:?}");
        let of_lead = results.iter().filter(|result| result["dl_list_uuid"] == lead.as_str());
        let answers: Vec<bool> = of_lead.map(|result| result["res_dial"] == 4).collect();
        let done = answers.iter().position(|answered| *answered).map_or(2, |at| at + 1);
        assert_eq!(tries, done, "{number}: an answer is the last try: {outcomes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_again_and_again_calls_nobody_twice_for_one_try() {
    let pbx = asterisk("killed");
    let observer = Observer::start(&pbx).await;
    let mut bench = Bench::start_process(&pbx, "max_cps = 20").await;
    let callees = [numbers("11", 30), numbers("21", 20), numbers("12", 20)].concat();
    let (campaign, leads) = started(&mut bench, "short", &callees).await;
    for _ in 0..3 {
        let from = bench.events.len();
        connected(&mut bench, from, 4).await;
        bench.kill().await;
        bench.restart_process().await;
    }
    let from = bench.events.len();
    bench.campaign_status_from(from, &campaign, "0").await;
    consistent(&mut bench, &observer, &callees, &leads).await;
    no_channels("killed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_goes_on_by_itself_when_its_asterisk_was_killed_and_is_back() {
    let pbx = asterisk("crashed");
    let observer = Observer::start(&pbx).await;
    let mut bench = Bench::start(&pbx, "max_cps = 20").await;
    let callees = [numbers("11", 30), numbers("21", 10)].concat();
    let (campaign, leads) = started(&mut bench, "sales", &callees).await;
    connected(&mut bench, 0, 3).await;
    script(&["kill", "--instance", "crashed"]);
    assert_eq!(asterisk("crashed").address, pbx.address);
    bench.campaign_status(&campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "10", "0"]);
    bench.check_dialings();
    consistent(&mut bench, &observer, &callees, &leads).await;
    no_channels("crashed").await;
}
