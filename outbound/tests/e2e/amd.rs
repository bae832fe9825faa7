//! Machine detection on a real Asterisk: whom it lets pass, and what is told about it.

use super::fixtures::{campaign_on, list_of};
use super::instance::{asterisk, no_channels};
use super::support::Bench;

/// AmdMode, AnswerHandle, and the outcomes of a person, a machine, and a line without media.
const CASES: [(&str, &str, [&str; 3]); 4] = [
    ("1", "0", ["answered", "machine", "machine"]),
    ("5", "0", ["answered", "machine", "answered"]),
    ("7", "1", ["answered", "machine", "machine"]),
    ("7", "2", ["answered", "machine", "answered"]),
];
const CALLEES: [(&str, &str); 3] = [("70", "HUMAN"), ("71", "MACHINE"), ("74", "NOTSURE")];

#[tokio::test(flavor = "multi_thread")]
async fn detection_lets_pass_whom_mode_and_handle_allow_and_hangs_up_on_the_others() {
    let mut bench = Bench::start(&asterisk("amd"), "").await;
    let mut campaigns = Vec::new();
    for (at, (mode, handle, _)) in CASES.into_iter().enumerate() {
        let plan = [
            ("TechName", "Local"),
            ("TrunkName", "pstn"),
            ("QueueName", "short"),
            ("DialMode", "4"),
            ("AmdMode", mode),
            ("AnswerHandle", handle),
        ];
        let plan = bench.create("Plan", &plan).await;
        let numbers = CALLEES.map(|(digits, _)| format!("{digits}{at:05}"));
        let (dlma, leads) = list_of(&mut bench, &numbers).await;
        let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
        bench.set_status(&campaign, "1").await;
        campaigns.push((campaign, leads));
    }
    for (campaign, _) in &campaigns {
        bench.campaign_status(campaign, "0").await;
    }
    bench.check_dialings();
    bench.stop().await;
    let results = bench.results();
    assert_eq!(results.len(), 12);
    for ((mode, handle, outcomes), (_, leads)) in CASES.into_iter().zip(&campaigns) {
        for ((lead, outcome), (_, status)) in leads.iter().zip(outcomes).zip(CALLEES) {
            let case = format!("AmdMode {mode}, AnswerHandle {handle}, {status}");
            let result = results.iter().find(|result| result["dl_list_uuid"] == lead.as_str()).unwrap();
            assert_eq!(result["outcome"], outcome, "{case}");
            assert_eq!(result["res_dial"], 4, "{case}");
            assert_eq!(result["res_amd"], status, "{case}");
            let detail = result["res_amd_detail"].as_str().unwrap();
            assert!(!detail.is_empty(), "{case}");
            let of_lead = |e: &&ami::Message| e.text("DlListUuid") == lead;
            let last = bench.named("OutDialingUpdate").filter(of_lead).last().unwrap();
            assert_eq!((last.text("ResAmd"), last.text("ResAmdDetail")), (status, detail), "{case}");
            let with_agent = last.text("CurrentAgent") != "<null>";
            assert_eq!(with_agent, outcome == "answered", "{case}: {last:?}");
        }
    }
    no_channels("amd").await;
}
