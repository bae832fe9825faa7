//! Many calls at once: within the limits, as the plan says, without a word of complaint.

use std::collections::{BTreeMap, BTreeSet};

use super::fixtures::{campaign_on, list_of, numbers, one_result_for_each_dialing, outcomes, run_on, tally};
use super::instance::{asterisk, no_channels};
use super::observer::{IDLE, Observer};
use super::support::{Bench, until};

const MAX_CHANNELS: usize = 50;
const MAX_CPS: usize = 30;
/// A daemon that has made 300 calls may be this much bigger than one that has made 50.
const GROWTH_MAX_KB: u64 = 8_192;
const SERVICE_LEVEL: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_calls_keep_the_limits_and_raise_no_complaint() {
    let pbx = asterisk("load");
    let observer = Observer::start(&pbx).await;
    let limits = format!("max_channels = {MAX_CHANNELS}\nmax_cps = {MAX_CPS}");
    let mut bench = Bench::start_process(&pbx, &limits).await;
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("QueueName", "short"), ("DialMode", "4")];
    let plan = bench.create("Plan", &plan).await;
    let callees = ["10", "11", "12"].map(|digits| numbers(digits, 100));
    let mixed: Vec<String> =
        (0..100).flat_map(|at| callees.each_ref().map(|kind| kind[at].clone())).collect();
    let (dlma, leads) = list_of(&mut bench, &mixed).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    let mut ended = 0;
    let mut at = 0;
    while ended < 50 {
        bench.wait(at, |e| e.event_name() == Some("OutDialingDelete")).await;
        at += bench.events[at..].iter().position(|e| e.event_name() == Some("OutDialingDelete")).unwrap() + 1;
        ended += 1;
    }
    let warm_kb = bench.process().resident_kb();
    bench.campaign_status(&campaign, "0").await;
    bench.check_dialings();
    let end_kb = bench.process().resident_kb();
    until("all results", || (bench.results().len() >= 300).then_some(())).await;
    let complaints = bench.process().complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
    bench.stop().await;
    observer.all_gone().await;

    let results = bench.results();
    one_result_for_each_dialing(&results);
    assert_eq!(results.len(), 300);
    for lead in &leads {
        assert_eq!(outcomes(&results, lead), ["answered"]);
    }
    let dialed = observer.dialed();
    assert_eq!(dialed.len(), 300);
    assert!(dialed.values().all(|times| *times == 1));
    let (peak, fastest, duration) = (observer.peak(), observer.fastest_second(), observer.duration());
    println!(
        "300 calls in {duration:.1?}, {:.1} a second; {peak} at once at most, {fastest} in the fastest second; \
         memory {warm_kb} kB after 50 calls, {end_kb} kB after 300",
        300.0 / duration.as_secs_f64()
    );
    assert!(peak <= MAX_CHANNELS, "{peak} at once");
    // What may have gathered in a tenth of a second, and what our own clock is off by.
    assert!(fastest <= MAX_CPS + MAX_CPS / 10 + 3, "{fastest} in a second");
    assert!(end_kb <= warm_kb + GROWTH_MAX_KB, "from {warm_kb} kB to {end_kb} kB");
    no_channels("load").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_level_has_never_more_unanswered_calls_than_idle_agents_and_the_service_level() {
    let pbx = asterisk("predictive");
    let observer = Observer::start(&pbx).await;
    let members = observer.members("short").await;
    assert_eq!(members.len(), 20);
    let mut bench = Bench::start(&pbx, "max_cps = 400").await;
    let plan = [
        ("TechName", "Local"),
        ("TrunkName", "pstn"),
        ("QueueName", "short"),
        ("DialMode", "1"),
        ("Pacing", "level"),
        ("ServiceLevel", "5"),
        ("DialTimeout", "2000"),
        ("RetryDelay", "500"),
        ("MaxRetryCnt1", "1"),
    ];
    // Those who let it ring come first: all calls that the rule allows at the beginning are up together.
    let callees = ["11", "21", "12"].map(|digits| numbers(digits, 40));
    let mixed = (0..40).flat_map(|at| callees.each_ref().map(|kind| kind[at].clone()));
    let called: Vec<String> = numbers("30", 40).into_iter().chain(mixed).collect();
    run_on(&mut bench, &plan, &called, &[]).await;
    bench.check_dialings();
    bench.stop().await;
    observer.all_gone().await;

    let results = bench.results();
    one_result_for_each_dialing(&results);
    let outcomes = tally(&results);
    assert_eq!(results.len(), 160);
    assert_eq!((outcomes["busy"], outcomes["no_answer"]), (40, 40), "{outcomes:?}");
    let (most, beyond) = check_pacing(&observer, members);
    println!("160 calls in {:.1?}, {most} unanswered at most: {outcomes:?}", observer.duration());
    assert!(beyond > 0, "the service level is used");
    no_channels("predictive").await;
}

/// At each new call: no more unanswered ones than agents are idle and the service level. Returns the most unanswered calls at
/// once, and how often there were more than idle agents.
fn check_pacing(observer: &Observer, mut members: BTreeMap<String, bool>) -> (usize, usize) {
    let mut unanswered: BTreeSet<String> = BTreeSet::new();
    let (mut most, mut beyond) = (0, 0);
    for (_, event) in observer.seen() {
        match event.event_name() {
            Some("Newchannel") => {
                unanswered.insert(event.text("Uniqueid").to_owned());
                let (count, idle) = (unanswered.len(), members.values().filter(|idle| **idle).count());
                assert!(count <= idle + SERVICE_LEVEL, "{count} for {idle} idle agents");
                beyond += usize::from(count > idle);
                most = most.max(count);
            }
            // Of an answer, DialEnd and OriginateResponse may come after the caller is in the queue.
            Some("Hangup" | "OriginateResponse" | "QueueCallerJoin") => {
                unanswered.remove(event.text("Uniqueid"));
            }
            Some("DialEnd") => {
                unanswered.remove(event.text("DestUniqueid"));
            }
            Some("QueueMemberStatus") if event.text("Queue") == "short" => {
                members.insert(event.text("Interface").to_owned(), event.text("Status") == IDLE);
            }
            _ => {}
        }
    }
    (most, beyond)
}
