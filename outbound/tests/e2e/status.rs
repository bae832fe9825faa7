//! Stopping, pausing, resuming and chaining campaigns, and two campaigns on one list.

use std::collections::BTreeMap;

use super::fixtures::{campaign_on, list_of, numbers, one_result_for_each_dialing, outcomes};
use super::instance::{asterisk, no_channels};
use super::support::Bench;

const ROBO: [(&str, &str); 5] = [
    ("TechName", "Local"),
    ("TrunkName", "pstn"),
    ("DialMode", "4"),
    ("DialTimeout", "3000"),
    ("RetryDelay", "500"),
];

/// A destination that talks for so many seconds.
async fn talk(bench: &mut Bench, seconds: &str) -> String {
    let application = [("Name", "talk"), ("Type", "1"), ("Application", "Wait"), ("Data", seconds)];
    bench.create("Destination", &application).await
}

/// Waits until so many calls of a campaign talk, in the events from `from` on.
async fn talking(bench: &mut Bench, from: usize, campaign: &str, count: usize) {
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < count {
        let talks = |e: &ami::Message| {
            e.event_name() == Some("OutDialingUpdate")
                && e.text("CampUuid") == campaign
                && e.text("ResDial") == "4"
                && !seen.contains(e.text("Uuid"))
        };
        let uuid = bench.wait(from, talks).await.text("Uuid").to_owned();
        seen.insert(uuid);
    }
}

/// A transitional status lasts until the last call has ended, and no call begins meanwhile.
fn no_call_begins_while(bench: &Bench, from: usize, campaign: &str, transitional: &str, settled: &str) {
    let at = |status: &str| {
        let is = |e: &ami::Message| {
            e.event_name() == Some("OutCampaignUpdate")
                && e.text("Uuid") == campaign
                && e.text("Status") == status
        };
        from + bench.events[from..].iter().position(is).unwrap()
    };
    let (asked, reached) = (at(transitional), at(settled));
    assert!(asked < reached);
    let alive = |end: usize| {
        let count = |name: &str| bench.events[..end].iter().filter(|e| e.event_name() == Some(name)).count();
        count("OutDialingCreate") - count("OutDialingDelete")
    };
    assert!(alive(asked) > 0, "calls talk when it is asked for");
    assert_eq!(alive(reached), 0, "the last call has ended before it is reached");
    let created = bench.events[asked..].iter().filter(|e| e.event_name() == Some("OutDialingCreate"));
    let after: Vec<_> = created.collect();
    assert!(after.is_empty(), "{after:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_and_a_pause_let_the_last_call_end_and_a_start_goes_on_where_it_was() {
    let mut bench = Bench::start(&asterisk("status"), "max_channels = 3").await;
    let plan = bench.create("Plan", &ROBO).await;
    let dest = talk(&mut bench, "1").await;
    let (dlma, leads) = list_of(&mut bench, &numbers("121", 10)).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[("Dest", &dest)]).await;
    for (request, transitional, settled) in [("0", "10", "0"), ("2", "12", "2")] {
        let from = bench.events.len();
        bench.set_status(&campaign, "1").await;
        talking(&mut bench, from, &campaign, 3).await;
        bench.set_status(&campaign, request).await;
        bench.campaign_status_from(from, &campaign, settled).await;
        no_call_begins_while(&bench, from, &campaign, transitional, settled);
    }
    let from = bench.events.len();
    bench.set_status(&campaign, "1").await;
    bench.campaign_status_from(from, &campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "10", "0", "11", "1", "12", "2", "11", "1", "10", "0"]);
    bench.check_dialings();
    bench.stop().await;
    let results = bench.results();
    assert!(leads.iter().all(|lead| outcomes(&results, lead) == ["answered"]), "{results:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_keeps_running_dials_a_lead_that_is_added_when_the_list_was_used_up() {
    let mut bench = Bench::start(&asterisk("status"), "").await;
    let plan = bench.create("Plan", &[&ROBO[..], &[("DlEndHandle", "0")]].concat()).await;
    let dest = talk(&mut bench, "0.1").await;
    let (dlma, _) = list_of(&mut bench, &numbers("122", 1)).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[("Dest", &dest)]).await;
    bench.set_status(&campaign, "1").await;
    for more in ["12290001", "12290002"] {
        let from = bench.events.iter().filter(|e| e.event_name() == Some("OutDialingDelete")).count();
        if from == 0 {
            bench.wait(0, |e| e.event_name() == Some("OutDialingDelete")).await;
        }
        let from = bench.events.len();
        bench.create("DlList", &[("DlmaUuid", &dlma), ("Number1", more)]).await;
        bench.wait(from, |e| e.event_name() == Some("OutDialingCreate") && e.text("DialAddr") == more).await;
        bench.wait(from, |e| e.event_name() == Some("OutDialingDelete")).await;
    }
    assert_eq!(bench.statuses(&campaign), ["11", "1"]);
    bench.set_status(&campaign, "0").await;
    bench.campaign_status(&campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "10", "0"]);
    bench.check_dialings();
    bench.stop().await;
    assert_eq!(bench.results().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_campaign_starts_when_the_list_of_the_first_has_ended() {
    let mut bench = Bench::start(&asterisk("status"), "").await;
    let plan = bench.create("Plan", &ROBO).await;
    let dest = talk(&mut bench, "0.1").await;
    let (second_list, _) = list_of(&mut bench, &numbers("124", 5)).await;
    let second = campaign_on(&mut bench, &plan, &second_list, &[("Dest", &dest)]).await;
    let (first_list, _) = list_of(&mut bench, &numbers("123", 5)).await;
    let next = [("Dest", dest.as_str()), ("NextCampaign", &second)];
    let first = campaign_on(&mut bench, &plan, &first_list, &next).await;
    bench.set_status(&first, "1").await;
    bench.campaign_status(&second, "0").await;
    assert_eq!(bench.statuses(&first), ["11", "1", "10", "0"]);
    assert_eq!(bench.statuses(&second), ["11", "1", "10", "0"]);
    let order: Vec<&str> = bench.named("OutDialingCreate").map(|e| e.text("CampUuid")).collect();
    assert_eq!(order, [[first.as_str(); 5], [second.as_str(); 5]].concat());
    bench.check_dialings();
    bench.stop().await;
    assert_eq!(bench.results().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_ends_with_its_last_call_where_no_number_is_left_for_a_retry() {
    let mut bench = Bench::start(&asterisk("status"), "").await;
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("DialMode", "4"), ("MaxRetryCnt1", "1")];
    // The default delay of 50 seconds.
    let plan = bench.create("Plan", &plan).await;
    let (dlma, _) = list_of(&mut bench, &numbers("211", 3)).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    let mut from = 0;
    for _ in 0..3 {
        bench.wait(from, |e| e.event_name() == Some("OutDialingDelete")).await;
        from = bench.events.len();
    }
    let last_call = std::time::Instant::now();
    bench.campaign_status(&campaign, "0").await;
    let waited = last_call.elapsed();
    assert!(waited < std::time::Duration::from_secs(5), "{waited:?} after the last call");
    bench.stop().await;
}

/// No lead is in two dialings at once.
fn one_dialing_a_lead_at_a_time(bench: &Bench) {
    let mut alive: BTreeMap<&str, &str> = BTreeMap::new();
    for event in &bench.events {
        match event.event_name() {
            Some("OutDialingCreate") => {
                let before = alive.insert(event.text("DlListUuid"), event.text("Uuid"));
                assert!(before.is_none(), "{before:?} is not over, and now {event:?}");
            }
            Some("OutDialingDelete") => alive.retain(|_, uuid| *uuid != event.text("Uuid")),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_campaigns_on_one_list_never_dial_a_lead_at_once_and_keep_its_limits_together() {
    let mut bench = Bench::start(&asterisk("status"), "max_channels = 8").await;
    let dest = talk(&mut bench, "0.1").await;
    let callees = [numbers("210", 10), numbers("125", 10)].concat();
    let (dlma, leads) = list_of(&mut bench, &callees).await;
    let mut campaigns = Vec::new();
    for tries in ["2", "3"] {
        let plan = bench.create("Plan", &[&ROBO[..], &[("MaxRetryCnt1", tries)]].concat()).await;
        campaigns.push(campaign_on(&mut bench, &plan, &dlma, &[("Dest", &dest)]).await);
    }
    for campaign in &campaigns {
        bench.set_status(campaign, "1").await;
    }
    for campaign in &campaigns {
        bench.campaign_status(campaign, "0").await;
    }
    bench.check_dialings();
    one_dialing_a_lead_at_a_time(&bench);
    for (lead, tries) in leads.iter().zip([["3"; 10], ["1"; 10]].concat()) {
        assert_eq!(bench.lead(lead).await.text("TryCnt1"), tries);
    }
    bench.stop().await;
    let results = bench.results();
    one_result_for_each_dialing(&results);
    for lead in &leads[..10] {
        assert_eq!(outcomes(&results, lead), ["busy"; 3]);
    }
    for lead in &leads[10..] {
        assert_eq!(outcomes(&results, lead), ["answered"]);
    }
    for campaign in &campaigns {
        assert!(results.iter().any(|result| result["camp_uuid"] == campaign.as_str()));
    }
    no_channels("status").await;
}
