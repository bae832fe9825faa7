//! Campaigns on a real Asterisk. Its callees are dialplan: the first digits of a number say how it behaves
//! (scripts/asterisk.d/extensions.conf).

use super::fixtures::{campaign, run_on};
use super::instance::{asterisk, no_channels, script};
use super::sipp::Carrier;
use super::support::Bench;

const PLAN: [(&str, &str); 7] = [
    ("Name", "plan"),
    ("TechName", "Local"),
    ("TrunkName", "pstn"),
    ("QueueName", "short"),
    ("DialMode", "6"),
    ("DialTimeout", "3000"),
    ("RetryDelay", "1500"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_callee_is_tried_as_the_plan_says_and_ends_in_one_result_for_each_try() {
    let mut bench = Bench::start(&asterisk("callees"), "").await;
    let plan = [&PLAN[..], &[("MaxRetryCnt1", "2"), ("MaxRetryCnt2", "1")]].concat();
    let leads: [&[&str]; 6] = [
        &["1200001"],            // answers
        &["2100002"],            // busy
        &["3000003"],            // does not answer
        &["4000004"],            // unallocated
        &["5100005"],            // congested
        &["2100006", "1200006"], // busy, then another number
    ];
    let (campaign, plan, leads) = campaign(&mut bench, &plan, &leads).await;
    bench.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")]).await;
    bench.campaign_status(&campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "10", "0"]);
    bench.check_dialings();
    bench.stop().await;

    let results = bench.results();
    let of_lead = |lead: &str| -> Vec<(u64, u64, u64, u64)> {
        let of_lead = results.iter().filter(|r| r["dl_list_uuid"] == lead);
        let number = |r: &serde_json::Value, key: &str| r[key].as_u64().unwrap();
        of_lead
            .map(|r| {
                (
                    number(r, "dial_index"),
                    number(r, "dial_trycnt"),
                    number(r, "res_dial"),
                    number(r, "res_hangup"),
                )
            })
            .collect()
    };
    // (index, try, ResDial, ResHangup)
    assert_eq!(of_lead(&leads[0]), [(1, 1, 4, 16)]);
    assert_eq!(of_lead(&leads[1]), [(1, 1, 5, 17), (1, 2, 5, 17)]);
    assert_eq!(of_lead(&leads[2]), [(1, 1, 3, 19), (1, 2, 3, 19)]);
    assert_eq!(of_lead(&leads[3]), [(1, 1, 0, 1), (1, 2, 0, 1)]);
    assert_eq!(of_lead(&leads[4]), [(1, 1, 8, 34), (1, 2, 8, 34)]);
    assert_eq!(of_lead(&leads[5]), [(1, 1, 5, 17), (1, 2, 5, 17), (2, 1, 4, 16)]);
    assert_eq!(results.len(), bench.named("OutDialingCreate").count());
    assert_eq!(results.len(), bench.named("OutDialingDelete").count());

    retry_delay_is_kept(&results, 1500);
    let with_agent =
        |e: &&ami::Message| e.text("DlListUuid") == leads[0] && e.text("CurrentAgent") != "<null>";
    let talking = bench.named("OutDialingUpdate").find(with_agent).expect("an agent took the call");
    assert_eq!(talking.text("CurrentQueue"), "short");
    assert!(talking.text("CurrentAgent").starts_with("Agent 3"), "{talking:?}");
    assert_eq!(talking.text("DialExten"), plan);
    assert_eq!(talking.text("DialContext"), "res_outbound");
}

/// A callee: the first digits of its number, one in each so many turns, and how its calls end: outcome, ResDial, ResHangup.
type Callee = (&'static str, usize, (&'static str, u64, u64));

/// Calls many of them at once.
async fn call_many(instance: &str, limits: &str, (tech, trunk): (&str, &str), callees: &[Callee]) {
    let mut bench = Bench::start(&asterisk(instance), limits).await;
    let plan = [
        ("TechName", tech),
        ("TrunkName", trunk),
        ("DialMode", "4"),
        ("DialTimeout", "3000"),
        ("MaxRetryCnt1", "1"),
        ("ServiceLevel", "100"),
    ];
    let mut called = Vec::new();
    for turn in 0..98 {
        for (kind, (digits, each, _)) in callees.iter().enumerate() {
            if turn % each == kind % each {
                called.push(format!("{digits}{turn:05}"));
            }
        }
    }
    run_on(&mut bench, &plan, &called, &[]).await;
    bench.check_dialings();
    bench.stop().await;
    let results = bench.results();
    assert_eq!(results.len(), called.len());
    for (digits, _, (outcome, res_dial, res_hangup)) in callees {
        let end = (Some(*outcome), Some(*res_dial), Some(*res_hangup));
        let of_kind = results.iter().filter(|r| r["dial_addr"].as_str().unwrap().starts_with(digits));
        let others: Vec<_> = of_kind
            .filter(|r| (r["outcome"].as_str(), r["res_dial"].as_u64(), r["res_hangup"].as_u64()) != end)
            .collect();
        assert!(others.is_empty(), "{} of {digits}: {:#}", others.len(), others[0]);
    }
}

/// Where many are refused at once, Asterisk tells of a part of the channels after it has said that their calls failed.
#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_end_in_what_their_callees_did() {
    // Those that speak against the trunk come seldom: it is not to be slowed.
    let callees = [
        ("14", 1, ("answered", 4, 16)),
        ("20", 1, ("busy", 5, 0)),
        ("21", 1, ("busy", 5, 17)),
        ("30", 1, ("no_answer", 3, 19)),
        ("31", 1, ("failed", 0, 16)),
        ("32", 1, ("no_answer", 3, 19)),
        ("40", 1, ("failed", 0, 1)),
        ("42", 1, ("failed", 0, 28)),
        ("34", 7, ("failed", 0, 21)),
        ("41", 7, ("failed", 0, 3)),
        ("50", 7, ("congestion", 8, 0)),
        ("51", 7, ("congestion", 8, 34)),
        ("52", 7, ("congestion", 8, 38)),
        ("53", 7, ("failed", 0, 27)),
        ("54", 7, ("congestion", 8, 41)),
    ];
    call_many("many", "max_cps = 1000", ("Local", "pstn"), &callees).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_through_a_carrier_at_once_end_in_what_it_answered() {
    asterisk("manysip");
    let _carrier = Carrier::start("manysip").await;
    let callees = [
        ("11", 1, ("answered", 4, 16)),
        ("12", 1, ("answered", 4, 16)),
        ("30", 1, ("no_answer", 3, 19)),
        ("404", 1, ("failed", 0, 1)),
        ("480", 1, ("no_answer", 3, 19)),
        ("484", 1, ("failed", 0, 28)),
        ("486", 1, ("busy", 5, 17)),
        ("39486", 1, ("busy", 5, 17)),
        ("500", 8, ("congestion", 8, 38)),
        ("503", 8, ("congestion", 8, 34)),
        ("603", 8, ("failed", 0, 21)),
    ];
    // There are RTP ports for 150.
    let limits = "max_cps = 1000\nmax_channels = 120";
    call_many("manysip", limits, ("PJSIP", "carrier"), &callees).await;
}

fn retry_delay_is_kept(results: &[serde_json::Value], delay_ms: i128) {
    let time = |value: &serde_json::Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let mut ended = std::collections::BTreeMap::new();
    for result in results {
        let lead = result["dl_list_uuid"].as_str().unwrap();
        let dialed = time(&result["tm_dialing"]);
        if let Some(hangup) = ended.insert(lead, time(&result["tm_hangup"])) {
            let waited_ms = (dialed.as_nanosecond() - hangup.as_nanosecond()) / 1_000_000;
            assert!((delay_ms..delay_ms + 1500).contains(&waited_ms), "{lead}: {waited_ms} ms");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_dialplan_reload_the_next_answer_still_reaches_the_queue() {
    let mut bench = Bench::start(&asterisk("reload"), "").await;
    // Rings a second, answers, hangs up three seconds later.
    let numbers: Vec<String> = (0..60).map(|i| format!("11{i:05}")).collect();
    let leads: Vec<[&str; 1]> = numbers.iter().map(|n| [n.as_str()]).collect();
    let leads: Vec<&[&str]> = leads.iter().map(|n| &n[..]).collect();
    let (campaign, _, _) = campaign(&mut bench, &PLAN, &leads).await;
    bench.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")]).await;
    for _ in 0..3 {
        // In the middle: calls ring, calls talk.
        let from = bench.events.len();
        bench.wait(from, |e| e.event_name() == Some("OutDialingUpdate") && e.text("Status") == "3").await;
        script(&["cli", "--instance", "reload", "dialplan", "reload"]);
    }
    bench.campaign_status(&campaign, "0").await;
    bench.check_dialings();
    bench.stop().await;
    let results = bench.results();
    assert_eq!(results.len(), 60);
    let lost: Vec<_> = results.iter().filter(|r| r["outcome"] != "answered").collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_stop_leaves_no_channel_and_no_dialing() {
    let mut bench = Bench::start(&asterisk("force"), "").await;
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("QueueName", "sales"), ("DialMode", "4")];
    // Some ring for ever, some talk for a minute.
    let numbers: Vec<String> =
        (0..10).map(|i| format!("30{i:05}")).chain((0..10).map(|i| format!("12{i:05}"))).collect();
    let leads: Vec<[&str; 1]> = numbers.iter().map(|n| [n.as_str()]).collect();
    let leads: Vec<&[&str]> = leads.iter().map(|n| &n[..]).collect();
    let (campaign, _, _) = campaign(&mut bench, &plan, &leads).await;
    bench.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")]).await;
    for at in 0..10 {
        let nth = |n: usize| format!("12{n:05}");
        bench.wait(0, |e| e.text("DialAddr") == nth(at) && e.text("CurrentAgent").starts_with("Agent")).await;
    }
    bench.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "30")]).await;
    bench.campaign_status(&campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "30", "0"]);
    bench.check_dialings();
    assert_eq!(bench.named("OutDialingDelete").count(), 20);
    bench.stop().await;
    assert_eq!(bench.results().len(), 20);
    no_channels("force").await;
}
