//! The whole daemon against the simulated Asterisk, over TCP, faster than real time; and the demo as users run it.

use std::collections::BTreeMap;
use std::process::Command;

use pbxsim::scenario::{Agents, Customers, Spread};
use pbxsim::{Scenario, ServeOptions, SimHandle};

use tokio::net::TcpListener;

use super::support::{Bench, Pbx};

/// Serves a simulated Asterisk at this many times real time.
pub(crate) async fn simulated(scenario: Scenario, time_scale: f64) -> (Pbx, SimHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let options = ServeOptions { seed: 7, time_scale, ..ServeOptions::default() };
    let handle = SimHandle::new(scenario, &options);
    let served = handle.clone();
    tokio::spawn(
        async move { pbxsim::serve_handle(listener, &served, options, std::future::pending()).await },
    );
    (Pbx { address, username: "outbound".into(), secret: "outbound".into() }, handle)
}

/// Plan, list and campaign over numbers; started.
async fn start(bench: &mut Bench, plan: &[(&str, &str)], numbers: &[String]) -> String {
    let plan = bench.create("Plan", plan).await;
    let dlma = bench.create("Dlma", &[]).await;
    for number in numbers {
        bench.create("DlList", &[("DlmaUuid", &dlma), ("Number1", number)]).await;
    }
    let campaign = bench.create("Campaign", &[("Plan", &plan), ("Dlma", &dlma)]).await;
    bench.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")]).await;
    campaign
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_of_agents_works_through_its_list_and_no_number_rings_twice_at_a_time() {
    let scenario = Scenario {
        customers: Customers { talk_s: Spread { mean: 20.0, cv: 0.5 }, ..Customers::default() },
        agents: Agents { count: 8, break_share: 0.1, ..Agents::default() },
        calls_log: 10_000,
        ..Scenario::default()
    };
    let (pbx, sim) = simulated(scenario, 40.0).await;
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [
        ("DialMode", "1"),
        ("TrunkName", "carrier"),
        ("QueueName", "sales"),
        ("AmdMode", "5"),
        ("RetryDelay", "500"),
        ("MaxRetryCnt1", "2"),
        ("ServiceLevel", "2"),
    ];
    let numbers: Vec<String> = (0..100).map(|n| format!("555{n:04}")).collect();
    let campaign = start(&mut bench, &plan, &numbers).await;
    bench.campaign_status(&campaign, "0").await;
    bench.check_dialings();
    bench.stop().await;

    let results = bench.results();
    assert_eq!(results.len(), bench.named("OutDialingDelete").count());
    let mut tries: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for result in &results {
        let number = result["dial_addr"].as_str().unwrap().to_owned();
        let tried = (result["dial_trycnt"].as_u64().unwrap(), result["res_dial"].as_u64().unwrap());
        tries.entry(number).or_default().push(tried);
    }
    assert_eq!(tries.len(), 100, "every lead was called");
    for (number, tries) in &tries {
        // Answered at the first try, or tried twice.
        let fits = matches!(tries[..], [(1, 4)] | [(1, 0 | 3 | 5 | 8), (2, _)]);
        assert!(fits, "{number}: {tries:?}");
    }
    let mut calls: Vec<_> = sim.with(|sim, _| sim.calls_log().cloned().collect());
    assert_eq!(calls.len(), results.len(), "Asterisk saw just these calls");
    calls.sort_by(|a, b| (&a.number, a.start).cmp(&(&b.number, b.start)));
    for pair in calls.windows(2).filter(|pair| pair[0].number == pair[1].number) {
        assert!(pair[0].end.is_some_and(|end| end <= pair[1].start), "{pair:?}");
    }
    assert!(results.iter().any(|r| r["res_amd"] == "HUMAN" && r["outcome"] == "answered"));
    assert!(results.iter().any(|r| r["res_amd"] == "MACHINE" && r["outcome"] == "machine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_callees_end_as_the_real_ones_do() {
    let (pbx, _sim) = simulated(Scenario { by_number: true, ..Scenario::default() }, 10.0).await;
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [
        ("DialMode", "6"),
        ("TechName", "Local"),
        ("TrunkName", "pstn"),
        ("QueueName", "sales"),
        ("DialTimeout", "3000"),
        ("MaxRetryCnt1", "1"),
    ];
    // The same callees, and what they come to, as in the test on a real Asterisk.
    let callees =
        [("1600001", 4, 16), ("2100002", 5, 17), ("3000003", 3, 19), ("4000004", 0, 1), ("5100005", 8, 34)];
    let numbers: Vec<String> = callees.iter().map(|callee| callee.0.to_owned()).collect();
    let campaign = start(&mut bench, &plan, &numbers).await;
    bench.campaign_status(&campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "10", "0"]);
    bench.check_dialings();
    bench.stop().await;
    for (number, res_dial, res_hangup) in callees {
        let of_number: Vec<_> = bench.results().into_iter().filter(|r| r["dial_addr"] == number).collect();
        assert_eq!(of_number.len(), 1, "{number}");
        assert_eq!(
            (&of_number[0]["res_dial"], &of_number[0]["res_hangup"]),
            (&res_dial.into(), &res_hangup.into()),
            "{number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_queue_gives_callers_up_as_the_real_one_does() {
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 0, ..Agents::default() }, ..Scenario::default() };
    let (pbx, sim) = simulated(scenario, 10.0).await;
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [
        ("DialMode", "4"),
        ("TechName", "Local"),
        ("TrunkName", "pstn"),
        ("QueueName", "sales"),
        ("AbandonSeconds", "4"),
        ("AbandonMessage", "custom/sorry"),
    ];
    // Two stay for ten seconds, one leaves after one.
    let numbers = ["1600001", "1600002", "1500003"].map(str::to_owned);
    let campaign = start(&mut bench, &plan, &numbers).await;
    bench.campaign_status(&campaign, "0").await;
    bench.stop().await;
    assert_eq!(sim.with(|sim, _| sim.counts().queue_timeouts), 2);
    let outcomes: BTreeMap<String, String> = bench
        .results()
        .iter()
        .map(|result| ["dial_addr", "outcome"].map(|key| result[key].as_str().unwrap().to_owned()))
        .map(|[number, outcome]| (number, outcome))
        .collect();
    let expected = [("1500003", "answered"), ("1600001", "abandoned"), ("1600002", "abandoned")];
    assert_eq!(outcomes, expected.map(|(number, outcome)| (number.to_owned(), outcome.to_owned())).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_is_not_there_is_probed_and_all_leads_are_called_through_the_other() {
    let scenario = Scenario { by_number: true, trunks: vec!["carrier2".into()], ..Scenario::default() };
    let (pbx, _sim) = simulated(scenario, 10.0).await;
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [
        ("DialMode", "4"),
        ("TrunkName", "carrier1:3,carrier2:1"),
        ("QueueName", "sales"),
        ("MaxRetryCnt1", "9"),
        ("RetryDelay", "100"),
    ];
    let numbers: Vec<String> = (0..60).map(|n| format!("14{n:05}")).collect();
    let campaign = start(&mut bench, &plan, &numbers).await;
    bench.campaign_status(&campaign, "0").await;
    bench.check_dialings();
    bench.stop().await;
    let results = bench.results();
    let on =
        |trunk: &str| results.iter().filter(|r| r["dial_channel"].as_str().unwrap().ends_with(trunk)).count();
    assert_eq!(results.iter().filter(|r| r["res_dial"] == 4).count(), 60, "every lead was answered");
    assert_eq!(on("@carrier2"), 60);
    assert!((5..20).contains(&on("@carrier1")), "{}", on("@carrier1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_trunk_does_not_burn_a_list() {
    let scenario = Scenario { by_number: true, trunks: vec!["carrier2".into()], ..Scenario::default() };
    let (pbx, _sim) = simulated(scenario, 1.0).await;
    let mut bench = Bench::start(&pbx, "max_cps = 200").await;
    let plan = [("DialMode", "4"), ("TrunkName", "carrier1"), ("QueueName", "sales"), ("MaxRetryCnt1", "1")];
    let numbers: Vec<String> = (0..100).map(|n| format!("14{n:05}")).collect();
    let begun = std::time::Instant::now();
    let campaign = start(&mut bench, &plan, &numbers).await;
    // Without back-off all hundred had failed within a second.
    let mut seen = 0;
    while begun.elapsed().as_secs() < 8 && bench.named("OutDialingDelete").count() < 100 {
        bench.wait(seen, |e| e.event_name() == Some("OutDialingDelete")).await;
        seen = bench.events.len();
    }
    let failed = bench.named("OutDialingDelete").count();
    assert!((10..=60).contains(&failed), "{failed} calls failed in eight seconds");
    bench.set_status(&campaign, "0").await;
    bench.campaign_status_from(seen, &campaign, "0").await;
    bench.stop().await;
}

#[test]
fn the_demo_ends_with_its_campaign_and_sums_it_up() {
    let data = tempfile::TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_outbound"))
        .args(["demo", "--until-done", "--customers", "10", "--agents", "4", "--seed", "3"])
        .args(["--ami-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("The campaign has ended.") && text.contains("agent utilisation"), "{text}");
    let attempts: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("attempts"))
        .and_then(|count| count.trim().parse().ok())
        .unwrap();
    let lines = std::fs::read_to_string(data.path().join("results.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), attempts);
}
