//! Mode 2 on a real Asterisk: an agent is offered a customer, and both are called when he accepts.

use std::time::Duration;

use ami::Message;

use super::fixtures::{campaign, numbers, outcomes};
use super::instance::{asterisk, channels, no_channels, script};
use super::observer::Observer;
use super::sipp::Carrier;
use super::support::{Bench, action, until};

const INSTANCE: &str = "preview";

/// A plan in mode 2 whose customers are dialplan; `more` may say it otherwise.
fn plan<'a>(queue: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let plan = [
        ("Name", "preview"),
        ("TechName", "Local"),
        ("TrunkName", "pstn"),
        ("QueueName", queue),
        ("DialMode", "2"),
        ("DialTimeout", "3000"),
        ("RetryDelay", "60000"),
        ("DlEndHandle", "0"),
        ("PreviewSeconds", "5"),
    ];
    let set = |name: &str| more.iter().any(|(other, _)| *other == name);
    plan.into_iter().filter(|(name, _)| !set(name)).chain(more.iter().copied()).collect()
}

/// A campaign in mode 2 that runs.
struct Room {
    bench: Bench,
    observer: Observer,
    campaign: String,
    leads: Vec<String>,
}

impl Room {
    async fn start(plan: &[(&str, &str)], callees: &[&str]) -> Self {
        let pbx = asterisk(INSTANCE);
        no_channels(INSTANCE).await;
        let observer = Observer::start(&pbx).await;
        let mut bench = Bench::start(&pbx, "").await;
        let callees: Vec<&[&str]> = callees.iter().map(std::slice::from_ref).collect();
        let (campaign, _, leads) = campaign(&mut bench, plan, &callees).await;
        bench.set_status(&campaign, "1").await;
        Self { bench, observer, campaign, leads }
    }

    async fn offer(&mut self, from: usize) -> Message {
        self.bench.wait(from, |e| e.event_name() == Some("OutPreviewOffer")).await
    }

    async fn end(&mut self, uuid: &str, result: &str) {
        let ends = |e: &Message| e.event_name() == Some("OutPreviewEnd") && e.text("Uuid") == uuid;
        assert_eq!(self.bench.wait(0, ends).await.text("Result"), result);
        assert_eq!(self.bench.events.iter().filter(|e| ends(e)).count(), 1);
    }

    /// Waits for an offer and accepts it.
    async fn accept(&mut self) -> String {
        let uuid = self.offer(0).await.text("Uuid").to_owned();
        let response = self.bench.act("OutPreviewAccept", &[("Uuid", &uuid)]).await;
        assert_eq!(response.text("Message"), "Preview accepted successfully");
        self.end(&uuid, "accepted").await;
        uuid
    }

    async fn deleted(&mut self, uuid: &str) {
        self.bench.wait(0, |e| e.event_name() == Some("OutDialingDelete") && e.text("Uuid") == uuid).await;
    }

    /// Waits until both talk; returns how the dialing is shown then.
    async fn talk(&mut self, uuid: &str) -> Message {
        let talks = |e: &Message| {
            e.event_name() == Some("OutDialingUpdate")
                && e.text("Uuid") == uuid
                && e.text("CurrentAgent") != "<null>"
        };
        self.bench.wait(0, talks).await
    }

    /// Ends the campaign and the daemon; the outcomes of the first lead.
    async fn outcomes(mut self) -> Vec<String> {
        self.bench.set_status(&self.campaign, "0").await;
        self.bench.campaign_status(&self.campaign, "0").await;
        no_channels(INSTANCE).await;
        self.bench.check_dialings();
        self.bench.stop().await;
        let results = self.bench.results();
        outcomes(&results, &self.leads[0]).into_iter().map(str::to_owned).collect()
    }
}

/// Who is in a bridge with whom, by the names of channels.
fn bridged() -> usize {
    let text = script(&["cli", "--instance", INSTANCE, "core", "show", "channels", "concise"]);
    let ours =
        |line: &&str| line.starts_with("Local/") && line.split('!').next().is_some_and(|c| c.ends_with(";1"));
    text.lines().filter(ours).filter(|line| line.split('!').nth(12).is_some_and(|id| !id.is_empty())).count()
}

/// One test after the other: they share agents.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_offer_rings_the_agent_then_the_customer_and_both_talk() {
    let _guard = ONE_AT_A_TIME.lock().await;
    for first in ["agent", "customer"] {
        let mut room = Room::start(&plan("one", &[("PreviewFirst", first)]), &["1100001"]).await;
        let offer = room.offer(0).await;
        let expected = [
            ("Privilege", "message,all"),
            ("CampUuid", &room.campaign),
            ("DlListUuid", &room.leads[0]),
            ("Queue", "one"),
            ("Agent", "Agent 221"),
            ("Interface", "Local/221@agents/n"),
            ("Timeout", "5"),
            ("DialIndex", "1"),
            ("DialAddr", "1100001"),
            ("DialTryCnt", "1"),
        ];
        for (name, value) in expected {
            assert_eq!(offer.text(name), value, "{offer:?}");
        }
        assert_eq!(room.bench.lead(&room.leads[0]).await.text("Status"), "2");
        let shown = room.bench.client.list(action("OutPreviewShow", &[])).await.unwrap().entries;
        assert_eq!((shown.len(), shown[0].text("Uuid")), (1, offer.text("Uuid")));
        assert_eq!(channels(INSTANCE), 0, "nobody is called before he accepts");

        let uuid = room.accept().await;
        assert_eq!(room.bench.lead(&room.leads[0]).await.text("Status"), "1");
        let talks = room.talk(&uuid).await;
        assert_eq!((talks.text("CurrentQueue"), talks.text("CurrentAgent")), ("one", "Agent 221"));
        assert_eq!(talks.text("ResDial"), "4");
        until("agent and customer in a bridge", || (bridged() == 2).then_some(())).await;
        assert!(!room.observer.members("one").await["Local/221@agents/n"], "he is busy for all others");
        room.deleted(&uuid).await;
        let dialed = room.observer.dialed();
        assert_eq!((dialed["1100001"], dialed["221"]), (1, 1), "each once");
        assert_eq!(room.outcomes().await, ["answered"], "{first} first");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sip_phone_shows_the_agent_his_customer_and_is_bridged_to_him() {
    let _guard = ONE_AT_A_TIME.lock().await;
    asterisk(INSTANCE);
    let _carrier = Carrier::start(INSTANCE).await;
    let phone = Carrier::at(INSTANCE, "agent").await;
    for first in ["agent", "customer"] {
        let more = [("TechName", "PJSIP"), ("TrunkName", "carrier"), ("PreviewFirst", first)];
        let mut room = Room::start(&plan("sip", &more), &["1100001"]).await;
        let (name, uuid) = ("Jane \"J\" Doe, Ltd", room.offer(0).await);
        assert_eq!((uuid.text("Agent"), uuid.text("Interface")), ("SIP Agent", "PJSIP/agent1"));
        assert_eq!(uuid.text("Name"), "<unknown>");
        // What he is shown is what the lead was when it was claimed.
        let from = room.bench.events.len();
        room.bench.act("OutDlListUpdate", &[("Uuid", &room.leads[0]), ("Name", name)]).await;
        room.bench.act("OutPreviewRefuse", &[("Uuid", uuid.text("Uuid")), ("Delay", "0")]).await;
        let uuid = room.offer(from).await.text("Uuid").to_owned();
        room.bench.act("OutPreviewAccept", &[("Uuid", &uuid)]).await;
        let talks = room.talk(&uuid).await;
        assert_eq!((talks.text("CurrentQueue"), talks.text("CurrentAgent")), ("sip", "SIP Agent"));
        room.deleted(&uuid).await;
        assert_eq!(room.outcomes().await, ["answered"], "{first} first");
    }
    let shown =
        phone.lines().into_iter().filter(|line| line.starts_with("From: \"Jane J Doe, Ltd\" <sip:1100001@"));
    assert!(shown.count() >= 2, "{:#?}", phone.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_while_the_agents_phone_rings_never_calls_the_customer() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let pbx = asterisk(INSTANCE);
    no_channels(INSTANCE).await;
    let bench = Bench::start_process(&pbx, "").await;
    let observer = Observer::start(&pbx).await;
    let mut room = Room { bench, observer, campaign: String::new(), leads: Vec::new() };
    let plan = plan("deaf", &[("DialTimeout", "60000")]);
    (room.campaign, _, room.leads) = campaign(&mut room.bench, &plan, &[&["1200001"]]).await;
    room.bench.set_status(&room.campaign, "1").await;
    let uuid = room.accept().await;
    let agent = engine::preview::agent_channel(uuid.parse().unwrap()).to_string();
    until("the agent's phone rings", || room.observer.is_up(&agent).then_some(())).await;
    room.bench.kill().await;
    room.bench.restart_process().await;
    room.deleted(&uuid).await;
    no_channels(INSTANCE).await;
    assert!(!room.observer.dialed().contains_key("1200001"), "{:?}", room.observer.dialed());
    assert_eq!(room.outcomes().await, ["no_agent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_lead_waits_and_one_that_ran_out_leaves_the_agent_alone() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let mut room = Room::start(&plan("one", &[]), &["1200001", "1200002"]).await;
    let first = room.offer(0).await;
    let from = room.bench.events.len();
    let uuid = first.text("Uuid").to_owned();
    let response = room.bench.act("OutPreviewRefuse", &[("Uuid", &uuid)]).await;
    assert_eq!(response.text("Message"), "Preview refused successfully");
    room.end(&uuid, "refused").await;
    let lead = room.bench.lead(&room.leads[0]).await;
    assert_eq!((lead.text("Status"), lead.text("TryCnt1")), ("0", "0"));

    let second = room.offer(from).await;
    assert_eq!(second.text("DlListUuid"), room.leads[1]);
    let uuid = second.text("Uuid").to_owned();
    room.end(&uuid, "timeout").await;
    let late = room.bench.client.call(action("OutPreviewAccept", &[("Uuid", &uuid)])).await.unwrap();
    let expected = "Error encountered while accepting preview - no such preview; it may have ended";
    assert_eq!((late.is_success(), late.text("Message")), (false, expected));
    assert_eq!(channels(INSTANCE), 0);
    assert!(room.observer.dialed().is_empty(), "nobody was called");
    assert_eq!(room.outcomes().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_does_not_answer_leaves_the_customer_in_peace() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let mut room = Room::start(&plan("deaf", &[("DialTimeout", "1500")]), &["1200001"]).await;
    let uuid = room.accept().await;
    room.deleted(&uuid).await;
    assert!(!room.observer.dialed().contains_key("1200001"), "{:?}", room.observer.dialed());
    let lead = room.bench.lead(&room.leads[0]).await;
    assert_eq!((lead.text("Status"), lead.text("TryCnt1")), ("0", "0"));
    assert_eq!(lead.text("ResDialDetail"), "The agent did not answer");
    assert_eq!(room.outcomes().await, ["no_agent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_is_not_kept_when_the_customer_is_not_reached() {
    let _guard = ONE_AT_A_TIME.lock().await;
    for (callee, outcome) in [("2100001", "busy"), ("3000001", "no_answer"), ("4000001", "failed")] {
        let mut room = Room::start(&plan("one", &[("DialTimeout", "2000")]), &[callee]).await;
        let uuid = room.accept().await;
        room.deleted(&uuid).await;
        no_channels(INSTANCE).await;
        assert!(room.observer.members("one").await["Local/221@agents/n"], "he is free again");
        assert_eq!(room.bench.lead(&room.leads[0]).await.text("TryCnt1"), "1");
        assert_eq!(room.outcomes().await, [outcome], "{callee}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_whose_agent_hangs_up_rings_no_longer() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let mut room = Room::start(&plan("one", &[("DialTimeout", "30000")]), &["3000001"]).await;
    let uuid = room.accept().await;
    until("the customer's phone rings", || room.observer.is_up(&uuid).then_some(())).await;
    let rang = std::time::Instant::now();
    let agent = script(&["cli", "--instance", INSTANCE, "core", "show", "channels", "concise"]);
    let agent = agent
        .lines()
        .find(|line| line.contains("agents"))
        .and_then(|line| line.split('!').next())
        .unwrap()
        .to_owned();
    script(&["cli", "--instance", INSTANCE, "channel", "request", "hangup", &agent]);
    room.deleted(&uuid).await;
    assert!(rang.elapsed() < Duration::from_secs(10), "long before the DialTimeout");
    let outcomes = room.outcomes().await;
    assert_ne!(outcomes, ["answered"]);
    assert_eq!(outcomes.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_withdrawn_when_its_agent_pauses_and_comes_back_with_him() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let mut room = Room::start(&plan("one", &[("PreviewSeconds", "60")]), &["1200001"]).await;
    let uuid = room.offer(0).await.text("Uuid").to_owned();
    let from = room.bench.events.len();
    script(&["cli", "--instance", INSTANCE, "queue", "pause", "member", "Local/221@agents/n"]);
    room.end(&uuid, "withdrawn").await;
    assert_eq!(room.bench.lead(&room.leads[0]).await.text("Status"), "0");
    script(&["cli", "--instance", INSTANCE, "queue", "unpause", "member", "Local/221@agents/n"]);
    let again = room.offer(from).await;
    assert_eq!(again.text("DlListUuid"), room.leads[0]);
    assert_eq!(room.outcomes().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_gives_open_offers_back_and_keeps_who_talks() {
    let _guard = ONE_AT_A_TIME.lock().await;
    let pbx = asterisk(INSTANCE);
    no_channels(INSTANCE).await;
    let bench = Bench::start_process(&pbx, "").await;
    let observer = Observer::start(&pbx).await;
    let mut room = Room { bench, observer, campaign: String::new(), leads: Vec::new() };
    let callees = numbers("160", 30);
    let leads: Vec<[&str; 1]> = callees.iter().map(|number| [number.as_str()]).collect();
    let leads: Vec<&[&str]> = leads.iter().map(|lead| &lead[..]).collect();
    let plan = plan("sales", &[("PreviewSeconds", "120")]);
    (room.campaign, _, room.leads) = campaign(&mut room.bench, &plan, &leads).await;
    room.bench.set_status(&room.campaign, "1").await;
    let uuid = room.accept().await;
    room.talk(&uuid).await;
    room.bench.kill().await;
    let from = room.bench.events.len();
    room.bench.restart_process().await;
    room.deleted(&uuid).await;
    room.offer(from).await;
    let status = room.bench.lead(&room.leads[0]).await;
    assert_eq!((status.text("Status"), status.text("ResDial")), ("0", "4"));
    for lead in &room.leads[1..] {
        assert_eq!(room.bench.lead(lead).await.text("TryCnt1"), "0", "an offer is no try");
    }
    assert_eq!(room.outcomes().await, ["answered"]);
}
