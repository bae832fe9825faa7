//! Queues of a real Asterisk: what no event tells.

use super::fixtures::{campaign, numbers};
use super::instance::{asterisk, no_channels};
use super::support::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_placed_for_an_agent_in_his_wrap_up() {
    let mut bench = Bench::start(&asterisk("wrapup"), "").await;
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("QueueName", "wrap3"), ("DialMode", "6")];
    let numbers = numbers("12", 4);
    let leads: Vec<[&str; 1]> = numbers.iter().map(|number| [number.as_str()]).collect();
    let leads: Vec<&[&str]> = leads.iter().map(|lead| &lead[..]).collect();
    let (campaign, ..) = campaign(&mut bench, &plan, &leads).await;
    bench.set_status(&campaign, "1").await;
    bench.campaign_status(&campaign, "0").await;
    bench.stop().await;

    let results = bench.results();
    let time = |result: &serde_json::Value, key: &str| -> jiff::Timestamp {
        result[key].as_str().unwrap().parse().unwrap()
    };
    assert_eq!(results.len(), 4);
    for pair in results.windows(2) {
        assert_eq!(pair[1]["res_dial"], 4, "{:?}", pair[1]);
        let rest = time(&pair[1], "tm_dialing").duration_since(time(&pair[0], "tm_hangup"));
        // Asterisk counts whole seconds from the second in which the call ended.
        assert!((1.9..4.0).contains(&rest.as_secs_f64()), "{rest:?} after the last call");
    }
    no_channels("wrapup").await;
}
