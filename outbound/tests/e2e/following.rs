//! A call is followed in the log: each line about it stands in the span of its dialing.

use std::ffi::OsStr;

use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use serde_json::Value;
use tempfile::TempDir;

use super::fixtures::{campaign_on, list_of};
use super::simulated::simulated;
use super::support::{Bench, until};

const PLAN: [(&str, &str); 5] = [
    ("DialMode", "1"),
    ("TechName", "Local"),
    ("TrunkName", "pstn"),
    ("QueueName", "sales"),
    ("MaxRetryCnt1", "1"),
];

/// The span of a dialing that a line stands in.
fn span(line: &Value) -> Option<&Value> {
    line["spans"].as_array()?.iter().find(|span| span["name"] == "dialing")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_about_a_call_stands_in_the_span_of_its_dialing() {
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 1, ..Agents::default() }, ..Scenario::default() };
    let (pbx, _sim) = simulated(scenario, 10.0).await;
    let variables = [("RUST_LOG", OsStr::new("outbound=debug"))];
    let mut bench = Bench::start_process_in(TempDir::new().unwrap(), &pbx, "", &variables).await;
    let plan = bench.create("Plan", &PLAN).await;
    let (dlma, leads) = list_of(&mut bench, &["1100001".into()]).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    bench.campaign_ended(&campaign).await;

    let log = bench.process().log_file();
    until("the result in the log", || log.with("the result is written").pop()).await;
    let lines = log.lines();
    let [created] = bench.named("OutDialingCreate").collect::<Vec<_>>()[..] else {
        panic!("one call, and no more");
    };
    let (uuid, lead) = (created.text("Uuid"), leads[0].as_str());
    let about: Vec<&Value> = lines
        .iter()
        .filter(|line| line.to_string().contains(uuid) || line.to_string().contains(lead))
        .collect();
    for line in &about {
        let span = span(line).unwrap_or_else(|| panic!("in no span: {line}"));
        let named = |name: &str| span[name].as_str();
        assert_eq!(
            (named("uuid"), named("campaign"), named("lead")),
            (Some(uuid), Some(campaign.as_str()), Some(lead)),
            "{line}"
        );
    }
    let mut messages: Vec<_> = about.iter().map(|line| line["fields"]["message"].as_str().unwrap()).collect();
    messages.dedup();
    assert_eq!(messages.first(), Some(&"a lead is claimed"), "{messages:?}");
    assert_eq!(messages.last(), Some(&"the result is written"), "{messages:?}");
    for message in
        ["originate", "Asterisk says", "dialing answered, or more is known of its answer", "dialing ended"]
    {
        assert!(messages.contains(&message), "{message}: {messages:?}");
    }
    let said =
        about.iter().filter_map(|line| line["fields"]["event"].as_str()).collect::<Vec<_>>().join("; ");
    for event in ["DialBegin", "AgentConnected", "Hangup"] {
        assert!(said.contains(event), "{event}: {said}");
    }
    assert_eq!(
        lines.iter().filter(|line| span(line).is_some()).count(),
        about.len(),
        "no other line is in a span"
    );
}
