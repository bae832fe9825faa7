//! Campaigns through a SIP carrier: SIPp answers, refuses or keeps silent by the number.

use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::fixtures::{campaign, outcomes};
use super::instance::{asterisk, no_channels, root, script};
use super::support::{Bench, until};

/// SIPp behind the trunk of an Asterisk. Ends with the value.
pub(crate) struct Carrier {
    sipp: Child,
    dir: TempDir,
}

impl Carrier {
    pub(crate) async fn start(instance: &str) -> Self {
        Self::at(instance, "carrier").await
    }

    /// The same at another port of `scripts/asterisk port`: `agent` is the phone of agent1.
    pub(crate) async fn at(instance: &str, port: &str) -> Self {
        if Command::new("sipp").arg("-v").output().is_err() {
            script(&["deps"]);
        }
        let port = script(&["port", port, "--instance", instance]).trim().to_owned();
        let dir = TempDir::new().unwrap();
        let sipp = Command::new("sipp")
            .arg("-sf")
            .arg(root().join("scripts/asterisk.d/sipp/uas_by_number.xml"))
            // Should this process be killed, it ends by itself.
            .args(["-i", "127.0.0.1", "-p", &port, "-nostdin", "-timeout", "120s"])
            .args(["-trace_msg", "-message_file", "messages.log"])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut carrier = Self { sipp, dir };
        let listens = format!(":{:04X} ", port.parse::<u16>().unwrap());
        until("SIPp listens", || {
            assert!(carrier.sipp.try_wait().unwrap().is_none(), "SIPp ended; is port {port} taken?");
            std::fs::read_to_string("/proc/net/udp").unwrap().contains(&listens).then_some(())
        })
        .await;
        carrier
    }

    /// The lines of all SIP messages so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.dir.path().join("messages.log")).unwrap_or_default();
        text.lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let _ = self.sipp.kill();
        let _ = self.sipp.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_of_a_carrier_becomes_its_result() {
    let mut bench = Bench::start(&asterisk("sipp"), "").await;
    let _carrier = Carrier::start("sipp").await;
    let plan = [
        ("TechName", "PJSIP"),
        ("TrunkName", "carrier"),
        ("QueueName", "short"),
        ("DialMode", "6"),
        ("DialTimeout", "2000"),
        ("RetryDelay", "1000"),
        ("MaxRetryCnt1", "2"),
    ];
    // Number, tries, ResDial, ResHangup, outcome.
    let cases = [
        ("1200001", 1, 4, 16, "answered"),
        ("1000002", 1, 4, 16, "answered"),
        ("4860003", 2, 5, 17, "busy"),
        ("4040004", 2, 0, 1, "failed"),
        ("3000005", 2, 3, 19, "no_answer"),
        ("6030006", 2, 0, 21, "failed"),
        ("5030007", 2, 8, 34, "congestion"),
        ("3300008", 2, 3, 19, "no_answer"),
        ("4800009", 2, 3, 19, "no_answer"),
    ];
    let leads = cases.map(|case| [case.0]);
    let leads: Vec<&[&str]> = leads.iter().map(|lead| &lead[..]).collect();
    let (campaign, _, leads) = campaign(&mut bench, &plan, &leads).await;
    bench.set_status(&campaign, "1").await;
    bench.campaign_status(&campaign, "0").await;
    assert_eq!(bench.statuses(&campaign), ["11", "1", "10", "0"]);
    bench.check_dialings();
    for ((number, tries, ..), lead) in cases.iter().zip(&leads) {
        assert_eq!(bench.lead(lead).await.text("TryCnt1"), tries.to_string(), "{number}");
    }
    bench.stop().await;

    let results = bench.results();
    assert_eq!(results.len(), cases.iter().map(|case| case.1).sum::<usize>());
    assert_eq!(results.len(), bench.named("OutDialingCreate").count());
    assert_eq!(results.len(), bench.named("OutDialingDelete").count());
    for ((number, tries, res_dial, res_hangup, outcome), lead) in cases.into_iter().zip(&leads) {
        assert_eq!(outcomes(&results, lead), vec![outcome; tries], "{number}");
        for result in results.iter().filter(|result| result["dl_list_uuid"] == lead.as_str()) {
            assert_eq!(result["res_dial"], res_dial, "{number}: {result}");
            assert_eq!(result["res_hangup"], res_hangup, "{number}: {result}");
            assert_eq!(result["dial_channel"], format!("PJSIP/{number}@carrier"));
        }
    }
    no_channels("sipp").await;
}
