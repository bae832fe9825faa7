//! Campaigns whose answered calls go to a destination instead of the plan's queue.

use super::fixtures::{campaign_on, list};
use super::instance::{asterisk, no_channels};
use super::support::Bench;

const ROBO: [(&str, &str); 4] =
    [("TechName", "Local"), ("TrunkName", "pstn"), ("DialMode", "4"), ("DialTimeout", "3000")];

/// Calls one lead with this destination; returns the campaign's result and the dialing's last event.
async fn call(
    bench: &mut Bench,
    number: &str,
    destination: &[(&str, &str)],
) -> (serde_json::Value, ami::Message) {
    let plan = bench.create("Plan", &ROBO).await;
    let dest = bench.create("Destination", destination).await;
    let (dlma, leads) = list(bench, &[&[number]]).await;
    let campaign = campaign_on(bench, &plan, &dlma, &[("Dest", &dest)]).await;
    bench.set_status(&campaign, "1").await;
    bench.campaign_status(&campaign, "0").await;
    bench.check_dialings();
    let of_lead = |e: &&ami::Message| e.text("DlListUuid") == leads[0];
    let last = bench.named("OutDialingUpdate").filter(of_lead).last().unwrap().clone();
    assert_eq!(last.text("DestUuid"), dest);
    let results = super::support::until("the result", || {
        bench.results().into_iter().find(|result| result["dl_list_uuid"] == leads[0].as_str())
    });
    (results.await, last)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_the_extension_of_the_destination() {
    let mut bench = Bench::start(&asterisk("destination"), "").await;
    let place =
        [("Name", "dest"), ("Type", "0"), ("Exten", "brief"), ("Context", "dialer"), ("Priority", "1")];
    let (result, last) = call(&mut bench, "1200001", &place).await;
    assert_eq!(result["outcome"], "answered");
    assert_eq!(result["res_dial"], 4);
    assert_eq!(result["res_hangup"], 16);
    assert_eq!(last.text("DialType"), "0");
    assert_eq!(last.text("DialExten"), "brief");
    assert_eq!(last.text("DialContext"), "dialer");
    assert_eq!(last.text("DialApplication"), "<unknown>");
    assert_eq!(last.text("DialData"), "<unknown>");
    assert_eq!(last.text("CurrentQueue"), "<null>");
    bench.stop().await;
    no_channels("destination").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_the_application_of_the_destination() {
    let mut bench = Bench::start(&asterisk("destination"), "").await;
    let application = [("Name", "dest"), ("Type", "1"), ("Application", "Wait"), ("Data", "1")];
    let (result, last) = call(&mut bench, "1200002", &application).await;
    assert_eq!(result["outcome"], "answered");
    assert_eq!(result["res_dial"], 4);
    assert_eq!(last.text("DialType"), "1");
    assert_eq!(last.text("DialExten"), "<unknown>");
    assert_eq!(last.text("DialContext"), "<unknown>");
    assert_eq!(last.text("DialApplication"), "Wait");
    assert_eq!(last.text("DialData"), "1");
    bench.stop().await;
    no_channels("destination").await;
}
