//! What bounds other calls bounds previews: trunks, the campaign's limits, back-off, schedules; and what they count for.

use std::sync::Arc;

use engine::abandon::Counts;
use engine::model::{Campaign, Change, DialList, Schedule};
use engine::time::Wall;
use engine::value::{Text, Trunks};

use super::*;

const CID: &str = "PJSIP/cid";

/// Three agents and a campaign with these settings, whose plan has these trunks; `a` takes one call at once.
fn on_trunks(trunks: &str, settings: &[(&str, &str)]) -> Room {
    let mut catalog = catalog(Plan { trunk_name: Trunks::parse(trunks).ok(), ..plan() });
    let row = Campaign { rules: rules(settings), ..campaign(CAMPAIGN) };
    catalog.campaigns.insert(CAMPAIGN, Arc::new(row));
    let limits = Limits { max_channels: 50, max_cps: 1000.0 };
    let mut room = Room::with_trunks(limits, catalog, &[trunk("a", Some(1), None)]);
    (1..=90).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.queue("sales", &idle(&[ANN, BOB, CID]));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

fn limit(room: &Room) -> String {
    room.why().reason.text
}

/// An agent wants his lead and picks up.
fn agent_answers(room: &mut Room) -> Uuid {
    let dialing = accept(room);
    agent(room, dialing, SUCCESS);
    dialing
}

fn counts(room: &Room) -> Vec<Option<Counts>> {
    room.ended.iter().map(|ended| ended.tally.as_ref().map(|tally| tally.counts)).collect()
}

#[test]
fn an_offer_holds_its_trunk_and_gives_it_back() {
    let mut room = on_trunks("a", &[]);
    assert_eq!(offers(&room).len(), 1);
    assert_eq!(limit(&room), "channel limit of trunk a on pbx1: 1 of 1 calls at once");
    refuse(&mut room, None);
    assert_eq!(offers(&room).len(), 1, "the next agent");
    let dialing = agent_answers(&mut room);
    assert_eq!((room.originated[0].1.channel.as_str(), offers(&room).len()), ("PJSIP/100@a", 0));
    room.fail(dialing, 17);
    assert_eq!(offers(&room).len(), 1, "the trunk is the customer's alone");
}

#[test]
fn a_full_trunk_leaves_offers_to_the_others() {
    let mut room = on_trunks("a,b", &[]);
    assert_eq!(offers(&room).len(), 3);
    for _ in 0..3 {
        agent_answers(&mut room);
    }
    let channels = room.originated.iter().map(|(_, setup)| setup.channel.as_str());
    let on_a = channels.filter(|channel| *channel == "PJSIP/100@a").count();
    assert_eq!((on_a, room.originated.len()), (1, 3));
}

#[test]
fn a_campaigns_own_limits_bind_its_offers_and_its_customers_calls() {
    let mut room = on_trunks("b", &[("MaxChannels", "2"), ("MaxCps", "0.5")]);
    room.wait_ms(0);
    assert_eq!(offers(&room).len(), 2);
    assert_eq!(limit(&room), "the campaign's channel limit: 2 of 2 calls at once");
    for _ in 0..2 {
        agent_answers(&mut room);
    }
    assert_eq!(
        (room.agents_called.len(), room.originated.len()),
        (2, 1),
        "agents are no calls of the campaign"
    );
    room.wait_ms(1_999);
    assert_eq!(room.originated.len(), 1);
    room.wait_ms(1);
    assert_eq!(room.originated.len(), 2);
    assert_eq!(offers(&room).len(), 0);
}

#[test]
fn a_trunk_that_refuses_customers_is_only_probed() {
    let mut room = on_trunks("b", &[]);
    let mut called = Vec::new();
    for _ in 0..400 {
        room.wait_ms(100);
        while room.engine.offers().next().is_some() {
            let dialing = accept(&mut room);
            agent(&mut room, dialing, SUCCESS);
            called.push(dialing);
        }
        for dialing in std::mem::take(&mut called) {
            if room.originated.iter().any(|(_, setup)| setup.uuid == dialing) {
                room.fail(dialing, 34);
                agent(&mut room, dialing, hangup(16));
            } else {
                called.push(dialing);
            }
        }
    }
    let last = room.now.mono;
    let late = room.originated.iter().filter(|(at, _)| last.since(*at).as_secs() < 20).count();
    assert!((3..=7).contains(&late), "{late} of {}", room.originated.len());
}

#[test]
fn campaigns_share_the_agents_of_a_queue_by_weight() {
    let mut room = Room::ready(plan(), 20);
    room.change_campaign(CAMPAIGN, |row| row.rules = rules(&[("Weight", "3")]));
    let (list, other) = (Uuid::from_u128(0x12), Uuid::from_u128(0xcb));
    room.change(Change::DialListCreated(Arc::new(DialList::new(list, Wall(0)))));
    let row = Campaign { dial_list: Some(list), ..campaign(other) };
    room.change(Change::CampaignCreated(Arc::new(row)));
    room.add_leads((50..70).map(|n| engine::model::Lead { dial_list: list, ..lead(n, &["100"]) }));
    room.queue("sales", &[]);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(other, CampaignStatus::Start);
    let crowd: Vec<String> = (0..8).map(|n| format!("PJSIP/a{n}")).collect();
    room.queue("sales", &idle(&crowd.iter().map(String::as_str).collect::<Vec<_>>()));
    let of_other = room.engine.offers().filter(|offer| offer.campaign == other).count();
    assert_eq!((of_other, room.engine.offers().count()), (2, 8));
}

#[test]
fn a_window_that_closes_withdraws_offers_and_calls_no_customer_any_more() {
    let text = |value: &str| Text::parse(value).ok();
    let schedule = Schedule {
        enabled: true,
        time_start: text("12:00:00"),
        time_end: text("12:59:59"),
        ..Schedule::default()
    };
    let mut plan = plan();
    plan.rules.set("PreviewSeconds", "3600").unwrap();
    let mut catalog = catalog(plan);
    catalog.campaigns.insert(CAMPAIGN, Arc::new(Campaign { schedule, ..campaign(CAMPAIGN) }));
    let mut room = Room::new(Limits { max_channels: 50, max_cps: 1000.0 }, catalog);
    (1..=5).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.queue("sales", &idle(&[ANN, BOB]));
    assert_eq!(offers(&room).len(), 2, "the window is open");
    let dialing = accept(&mut room);
    room.wait_ms(24 * 60_000 - 1);
    assert_eq!(offers(&room).len(), 1);
    room.wait_ms(1);
    assert_eq!((ends(&room), room.status(CAMPAIGN)), (vec![OfferEnd::Accepted, OfferEnd::Withdrawn], 10));
    agent(&mut room, dialing, SUCCESS);
    assert_eq!((room.originated.len(), room.outcomes()), (0, vec![Outcome::NoAgent]));
    agent(&mut room, dialing, hangup(16));
    assert_eq!((room.status(CAMPAIGN), room.engine.in_flight(PBX)), (0, 0));
}

#[test]
fn previews_count_as_answered_abandoned_or_not_at_all() {
    let mut room = staffed(plan(), &[ANN], 9);
    let talk = agent_answers(&mut room);
    room.wait_ms(9_000);
    room.answer(talk);
    agent(&mut room, talk, CallEvent::Bridged);
    room.wait_ms(60_000);
    room.call(talk, hangup(16));
    agent(&mut room, talk, hangup(16));
    let alone = agent_answers(&mut room);
    agent(&mut room, alone, hangup(16));
    room.answer(alone);
    room.call(alone, hangup(16));
    let nobody = accept(&mut room);
    agent(&mut room, nobody, failure(3));
    assert_eq!(room.outcomes(), [Outcome::Answered, Outcome::Abandoned, Outcome::NoAgent]);
    let counted = |abandoned| Counts { answered_all: 1, answered_persons: 1, abandoned, late: 0 };
    assert_eq!(counts(&room), [Some(counted(0)), Some(counted(1)), None]);
}

#[test]
fn a_customer_who_waited_for_his_agents_phone_counts_as_late() {
    for (wait_ms, late) in [(1_000, 0), (5_000, 1)] {
        let mut room = staffed(customer_first(), &[ANN], 1);
        let dialing = accept(&mut room);
        room.answer(dialing);
        room.wait_ms(wait_ms);
        agent(&mut room, dialing, SUCCESS);
        room.call(dialing, CallEvent::Bridged);
        room.call(dialing, hangup(16));
        let expected = Counts { answered_all: 1, answered_persons: 1, abandoned: 0, late };
        assert_eq!((room.outcomes(), counts(&room)), (vec![Outcome::Answered], vec![Some(expected)]));
    }
}
