//! Queues of a real Asterisk: what no event tells.

use ami::client::{Client, ClientConfig};

use super::fixtures::{campaign, numbers};
use super::instance::{asterisk, no_channels, script};
use super::support::{Bench, Pbx, action, session, until};

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

/// A caller who is not ours enters a queue.
async fn calls_in(observer: &Client, number: &str, queue: &str) {
    let channel = format!("Local/{number}@pstn/n");
    let headers = [("Channel", &*channel), ("Application", "Queue"), ("Data", queue), ("Async", "true")];
    assert!(observer.call(action("Originate", &headers)).await.unwrap().is_success());
}

async fn observe(pbx: &Pbx) -> (Client, tokio::sync::mpsc::Receiver<ami::client::Incoming>) {
    session(ClientConfig::new("observer", &pbx.address, "observer", "observer")).await
}

fn channels_now() -> String {
    script(&["cli", "--instance", "inbound", "core show channels concise"])
}

/// Callers in the queue, those who talk included.
fn callers() -> usize {
    channels_now().matches("!Queue!one!").count()
}

fn talks() -> bool {
    channels_now().lines().any(|line| line.contains("!Up!AppQueue!"))
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_of_others_who_wait_get_the_agent_first() {
    let pbx = asterisk("inbound");
    let (observer, mut heard) = observe(&pbx).await;
    tokio::spawn(async move { while heard.recv().await.is_some() {} });
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("QueueName", "one"), ("DialMode", "6")];
    let (campaign, ..) = campaign(&mut bench, &plan, &[&["1100001"]]).await;
    // The first talks for ten seconds with the only agent, the second waits meanwhile, and talks until he is hung up.
    calls_in(&observer, "1600001", "one").await;
    until("a talk", || (callers() == 1 && talks()).then_some(())).await;
    calls_in(&observer, "1200002", "one").await;
    until("a caller who waits", || (callers() == 2).then_some(())).await;
    bench.set_status(&campaign, "1").await;
    bench.campaign_status(&campaign, "1").await;
    until("the talk of the second", || (callers() == 1 && talks()).then_some(())).await;
    let dialings = bench.client.list(action("OutDialingShow", &[])).await.unwrap();
    assert_eq!((dialings.entries.len(), bench.named("OutDialingCreate").count()), (0, 0));
    let hangup = [("Channel", "/^Local\\/1200002@pstn/"), ("Cause", "16")];
    assert!(observer.call(action("Hangup", &hangup)).await.unwrap().is_success());
    bench.campaign_status(&campaign, "0").await;
    bench.stop().await;
    assert_eq!(bench.results()[0]["res_dial"], 4);
    no_channels("inbound").await;
}
