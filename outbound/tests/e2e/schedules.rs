//! Schedules of the whole daemon, in real time and over restarts.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use pbxsim::Scenario;

use super::simulated::simulated;
use super::support::{Bench, action, until};

/// So many seconds from now, as a time of the day in UTC.
fn time(seconds: i64) -> (Timestamp, String) {
    let at = Timestamp::now().checked_add(seconds.seconds()).unwrap();
    (at, at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S").to_string())
}

/// A campaign that can start, open from then to then.
async fn scheduled(bench: &mut Bench, start: &str, end: &str) -> String {
    let plan =
        bench.create("Plan", &[("DialMode", "4"), ("TrunkName", "carrier"), ("DlEndHandle", "0")]).await;
    let dlma = bench.create("Dlma", &[]).await;
    let hours = [("ScTimeStart", start), ("ScTimeEnd", end), ("ScTimeZone", "UTC"), ("ScMode", "1")];
    bench.create("Campaign", &[&[("Plan", &*plan), ("Dlma", &*dlma)], &hours[..]].concat()).await
}

async fn status(bench: &Bench, campaign: &str) -> String {
    let list = bench.client.list(action("OutCampaignShow", &[("Uuid", campaign)])).await.unwrap();
    list.entries[0].text("Status").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_start_and_stop_campaigns_and_catch_up_after_a_restart() {
    let (pbx, _sim) = simulated(Scenario::default(), 1.0).await;
    let mut bench = Bench::start(&pbx, "").await;
    let (hour_ago, in_an_hour) = (time(-3600).1, time(3600).1);
    let closes = scheduled(&mut bench, &hour_ago, &time(2).1).await;
    let opens = scheduled(&mut bench, &time(2).1, &in_an_hour).await;
    bench.campaign_status(&closes, "0").await;
    bench.campaign_status(&opens, "1").await;
    assert_eq!(bench.statuses(&closes), ["11", "1", "10", "0"]);
    assert_eq!(bench.statuses(&opens), ["11", "1"]);

    let stopped = scheduled(&mut bench, &hour_ago, &in_an_hour).await;
    bench.campaign_status(&stopped, "1").await;
    bench.set_status(&stopped, "0").await;
    bench.campaign_status(&stopped, "0").await;
    let (missed, missed_at) = time(2);
    let to_start = scheduled(&mut bench, &missed_at, &in_an_hour).await;
    let to_stop = scheduled(&mut bench, &hour_ago, &missed_at).await;
    bench.campaign_status(&to_stop, "1").await;
    bench.stop().await;
    let over = missed.checked_add(1.second()).unwrap();
    until("the edges, while the daemon is down", || (Timestamp::now() > over).then_some(())).await;
    bench.restart().await;
    for (campaign, expected) in
        [(&stopped, "0"), (&to_start, "1"), (&to_stop, "0"), (&opens, "1"), (&closes, "0")]
    {
        assert_eq!(status(&bench, campaign).await, expected);
    }
    bench.stop().await;
}
