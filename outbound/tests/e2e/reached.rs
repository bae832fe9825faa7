//! Claims that an earlier life of the daemon left, on a real Asterisk: which of them it has heard of, whose calls still go on,
//! and which of its channels belong to nobody any more.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::fixtures::{campaign, numbers, one_result_for_each_dialing, outcomes};
use super::instance::{asterisk, no_channels};
use super::observer::Observer;
use super::support::{Bench, action, until};

const ROBO: [(&str, &str); 5] = [
    ("TechName", "Local"),
    ("TrunkName", "pstn"),
    ("DialMode", "4"),
    ("RetryDelay", "500"),
    ("MaxRetryCnt1", "3"),
];

fn database(bench: &Bench) -> Connection {
    Connection::open(bench.dir.path().join("outbound.db")).unwrap()
}

fn octets(uuid: &str) -> [u8; 16] {
    *Uuid::parse_str(uuid).unwrap().as_bytes()
}

/// Claims a lead by hand, as a daemon does that is killed right afterwards.
fn claim_by_hand(bench: &Bench, lead: &str, campaign: &str, plan: &str, serial: i64) {
    let database = database(bench);
    let dialing = Uuid::new_v4();
    let (dialing, camp, plan) = (dialing.as_bytes(), octets(campaign), octets(plan));
    let claimed =
        "UPDATE lead SET status = 1, dialing = ?2, dialing_camp = ?3, dialing_plan = ?4 WHERE uuid = ?1";
    assert_eq!(database.execute(claimed, params![octets(lead), dialing, camp, plan]).unwrap(), 1);
    let row = "INSERT INTO dialing (uuid, lead, dlma, camp, plan, asterisk, idx, trycnt, tm_create, trunk, serial) \
               SELECT ?1, id, dlma, ?3, ?4, 'pbx1', 1, 1, 1, 'pstn', ?5 FROM lead WHERE uuid = ?2";
    assert_eq!(database.execute(row, params![dialing, octets(lead), camp, plan, serial]).unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_which_asterisk_never_heard_is_no_try_and_one_that_may_have_rung_is() {
    let pbx = asterisk("reached");
    let observer = Observer::start(&pbx).await;
    let mut bench = Bench::start(&pbx, "").await;
    // A call, so that Asterisk has noted a serial.
    let (first, _, _) = campaign(&mut bench, &ROBO, &[&["1000001"]]).await;
    bench.set_status(&first, "1").await;
    bench.campaign_status(&first, "0").await;
    let (second, plan, leads) = campaign(&mut bench, &ROBO, &[&["1000002"], &["1000003"]]).await;
    bench.stop().await;
    claim_by_hand(&bench, &leads[0], &second, &plan, 1);
    claim_by_hand(&bench, &leads[1], &second, &plan, i64::MAX / 2);
    let from = bench.events.len();
    bench.restart().await;
    bench.set_status(&second, "1").await;
    bench.campaign_status_from(from, &second, "0").await;
    let tries = [bench.lead(&leads[0]).await, bench.lead(&leads[1]).await];
    assert_eq!(tries.map(|lead| lead.text("TryCnt1").to_owned()), ["2", "1"]);
    bench.stop().await;
    let results = bench.results();
    one_result_for_each_dialing(&results);
    assert_eq!(outcomes(&results, &leads[0]), ["unknown", "answered"]);
    assert_eq!(outcomes(&results, &leads[1]), ["answered"]);
    assert_eq!(observer.dialed().values().copied().collect::<Vec<_>>(), [1, 1, 1]);
    no_channels("reached").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_whose_claim_is_gone_is_hung_up() {
    let pbx = asterisk("orphan");
    let observer = Observer::start(&pbx).await;
    let mut bench = Bench::start(&pbx, "").await;
    // It rings for a minute.
    let plan = [&ROBO[..], &[("DialTimeout", "60000")]].concat();
    let (campaign, _, _) = campaign(&mut bench, &plan, &[&["3000001"]]).await;
    bench.set_status(&campaign, "1").await;
    let created = bench.wait(0, |e| e.event_name() == Some("OutDialingCreate")).await.text("Uuid").to_owned();
    until("its channel", || observer.is_up(&created).then_some(())).await;
    bench.stop().await;
    let database = database(&bench);
    database.execute("DELETE FROM dialing", []).unwrap();
    database.execute("UPDATE lead SET status = 0, closed = 1", []).unwrap();
    drop(database);
    assert!(observer.is_up(&created), "the end of the daemon ends no call");
    bench.restart().await;
    until("the end of the orphan", || (!observer.is_up(&created)).then_some(())).await;
    bench.stop().await;
    no_channels("orphan").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_talks_to_whom_is_known_again_after_a_restart() {
    let pbx = asterisk("whom");
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [("TechName", "Local"), ("TrunkName", "pstn"), ("QueueName", "sales"), ("DialMode", "6")];
    // They answer after a second and talk for three; agents pick up within a second.
    let callees = numbers("11", 4);
    let leads: Vec<[&str; 1]> = callees.iter().map(|number| [number.as_str()]).collect();
    let leads: Vec<&[&str]> = leads.iter().map(|lead| &lead[..]).collect();
    let (campaign, _, leads) = campaign(&mut bench, &plan, &leads).await;
    bench.set_status(&campaign, "1").await;
    let answered = |e: &ami::Message| e.event_name() == Some("OutDialingUpdate") && e.text("ResDial") == "4";
    bench.wait(0, answered).await;
    // Agents take their calls while nobody listens; what the daemon knew is forgotten as well.
    bench.stop().await;
    database(&bench).execute("UPDATE dialing SET answer = NULL", []).unwrap();
    let from = bench.events.len();
    bench.restart().await;
    let named = |e: &ami::Message| e.text("CurrentQueue") == "sales" && e.text("CurrentAgent") != "<null>";
    bench.wait(from, named).await;
    let shown = bench.client.list(action("OutDialingShow", &[])).await.unwrap().entries;
    assert!(shown.iter().any(named), "{shown:#?}");
    bench.campaign_status_from(from, &campaign, "0").await;
    bench.stop().await;
    let results = bench.results();
    one_result_for_each_dialing(&results);
    for lead in &leads {
        assert_eq!(outcomes(&results, lead), ["answered"]);
    }
    no_channels("whom").await;
}
