//! How many calls are placed, through the whole engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::PbxInput;
use engine::input::CallEvent;
use engine::limits::Limits;
use engine::model::{CampaignStatus, Change, DialMode, ListEnd, Plan};
use engine::pacing::Limit;
use engine::time::Mono;
use uuid::Uuid;

use crate::support::*;

const OTHER: Uuid = Uuid::from_u128(0xcb);

fn agents(n: usize) -> Vec<engine::input::Member> {
    (0..n).map(|i| member(&format!("PJSIP/a{i}"), 1)).collect()
}

fn staffed(plan: Plan, count: usize, leads: u128) -> Room {
    let mut room = Room::ready(plan, leads);
    room.queue("sales", &agents(count));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

#[test]
fn progressive_never_has_more_calls_than_agents_for_them_while_a_call_goes_to_an_agent() {
    let mut room = staffed(queue_plan(DialMode::Progressive), 2, 50);
    assert_eq!(room.live().len(), 2);
    let dialing = room.live()[0];
    room.answer(dialing);
    room.call(dialing, joined());
    assert_eq!(room.live().len(), 2, "the answered call waits for one of the agents");
    room.call(dialing, CallEvent::AgentCalled);
    assert_eq!(room.live().len(), 2, "his phone is not seen to ring yet");
    room.member("sales", member("PJSIP/a0", 6));
    assert_eq!(room.live().len(), 2, "one rings, one is idle and has a call on its way");
    room.call(dialing, CallEvent::AgentNoAnswer);
    room.member("sales", member("PJSIP/a0", 1));
    assert_eq!(room.live().len(), 2, "it waits again");
    room.call(dialing, CallEvent::AgentCalled);
    room.member("sales", member("PJSIP/a1", 6));
    room.call(dialing, connected());
    room.member("sales", member("PJSIP/a1", 2));
    assert_eq!(room.live().len(), 2, "one talks, one call is for the idle agent");
    room.call(dialing, hangup(16));
    assert_eq!(room.live().len(), 1);
    room.member("sales", member("PJSIP/a1", 1));
    assert_eq!(room.live().len(), 2);
}

#[test]
fn who_took_a_call_is_not_idle_though_his_state_follows_late() {
    let mut room = staffed(queue_plan(DialMode::Progressive), 1, 50);
    let dialing = room.live()[0];
    room.answer(dialing);
    for event in [joined(), CallEvent::AgentCalled] {
        room.call(dialing, event);
    }
    room.call(dialing, CallEvent::AgentConnected { queue: "sales".into(), agent: "PJSIP/a0".into() });
    assert_eq!(room.live(), [dialing], "his state still says that he is free");
    room.member("sales", member("PJSIP/a0", 2));
    room.call(dialing, hangup(16));
    assert_eq!(room.live().len(), 0, "his state still says that he talks");
    room.member("sales", member("PJSIP/a0", 1));
    assert_eq!(room.live().len(), 1);
}

#[test]
fn nobody_logged_in_and_no_such_queue_are_told() {
    let mut room = staffed(queue_plan(DialMode::Progressive), 0, 5);
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::NobodyLoggedIn));
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::NoSuchQueue));
    room.pbx(PBX, PbxInput::Down);
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::NotConnected));
    assert_eq!(room.live().len(), 0);
}

#[test]
fn robo_fills_the_channels_and_no_more() {
    let mut room = Room::new(Limits { max_channels: 7, max_cps: 1000.0 }, catalog(robo()));
    (1..=20).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.live().len(), 7);
    room.fail(room.live()[3], 17);
    assert_eq!((room.live().len(), room.originated.len()), (7, 8));
}

#[test]
fn nothing_is_dialed_before_asterisk_is_compared() {
    let mut room = Room::new(Limits::default(), catalog(robo()));
    room.store.add(lead(1, &["100"]));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.pbx(PBX, PbxInput::Up);
    assert_eq!(room.originated.len(), 0);
    room.channels(PBX, &[]);
    assert_eq!(room.originated.len(), 0);
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    assert_eq!(room.originated.len(), 1);
}

/// Calls in the busiest second.
fn busiest(times: &[Mono]) -> usize {
    let window = |i: usize| times[i..].iter().take_while(|t| t.0 < times[i].0 + 1_000_000).count();
    (0..times.len()).map(window).max().unwrap_or(0)
}

fn paced(max_cps: f64, leads: u128, store_ms: u64, seconds: u64) -> Vec<Mono> {
    let plan = Plan { list_end: ListEnd::KeepRunning, ..robo() };
    let mut room = Room::new(Limits { max_channels: 10_000, max_cps }, catalog(plan));
    (1..=leads).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.hold_claims = store_ms > 0;
    room.ask(CAMPAIGN, CampaignStatus::Start);
    while room.now.mono.0 < seconds * 1_000_000 {
        room.wait_ms(store_ms.max(1));
        room.answer_claims();
    }
    room.originated.iter().map(|(at, _)| *at).collect()
}

#[test]
fn calls_are_placed_smoothly_at_the_rate_and_never_faster() {
    for (cps, most, least) in [(400.0, 440, 1_990), (30.0, 33, 149), (5.0, 6, 25), (0.5, 1, 3)] {
        let times = paced(cps, most * 6, 0, 5);
        assert!(busiest(&times) as u128 <= most, "{cps}: {}", busiest(&times));
        assert!(times.len() >= least, "{cps}: {}", times.len());
    }
}

#[test]
fn a_slow_store_does_not_make_bursts() {
    for store_ms in [20, 90, 1500] {
        let times = paced(30.0, 300, store_ms, 6);
        assert!(busiest(&times) <= 33, "{store_ms} ms: {}", busiest(&times));
    }
    assert!(paced(30.0, 300, 90, 5).len() >= 125, "a usual store does not cost much of the rate");
}

fn two_campaigns(plan: Plan, limits: Limits, members: usize) -> Room {
    let mut room = Room::new(limits, catalog(plan));
    (1..=2000).for_each(|n| room.store.add(lead(n, &["100"])));
    room.change(Change::CampaignCreated(Arc::new(campaign(OTHER))));
    room.connect(PBX);
    room.queue("sales", &agents(members));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(OTHER, CampaignStatus::Start);
    room
}

fn shares(room: &Room) -> (usize, usize) {
    let mut placed: BTreeMap<Uuid, usize> = BTreeMap::new();
    for (_, setup) in &room.originated {
        *placed.entry(setup.campaign).or_default() += 1;
    }
    (placed.get(&CAMPAIGN).copied().unwrap_or(0), placed.get(&OTHER).copied().unwrap_or(0))
}

fn assert_fair(room: &Room) {
    let (a, b) = shares(room);
    assert!(a.abs_diff(b) * 5 < a + b && a + b > 50, "{a} and {b}");
}

#[test]
fn two_campaigns_share_the_rate() {
    for max_cps in [5.0, 30.0] {
        let mut room = two_campaigns(robo(), Limits { max_channels: 10_000, max_cps }, 0);
        room.wait_ms(20_000);
        assert_fair(&room);
    }
}

#[test]
fn two_campaigns_share_channels_and_agents() {
    let limits = Limits { max_channels: 4, max_cps: 1000.0 };
    let many = Limits { max_channels: 100, ..limits };
    for (plan, limits) in [(robo(), limits), (queue_plan(DialMode::Progressive), many)] {
        let mut room = two_campaigns(plan, limits, 4);
        for _ in 0..100 {
            room.fail(room.live()[0], 17);
            assert_eq!(room.live().len(), 4);
            room.wait_ms(10);
        }
        assert_fair(&room);
    }
}

#[test]
fn the_other_asterisk_goes_on_while_one_is_away() {
    let mut room = Room::new(Limits { max_channels: 2, max_cps: 1000.0 }, catalog(robo()));
    (1..=9).for_each(|n| room.store.add(lead(n, &["100"])));
    let second = engine::PbxId(1);
    room.connect(PBX);
    room.connect(second);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.live().len(), 4);
    room.pbx(PBX, PbxInput::Down);
    assert_eq!(room.live().len(), 4, "its calls stay");
    let there = room.originated.iter().find(|(_, s)| &*s.asterisk == "pbx2").unwrap().1.uuid;
    room.pbx(second, PbxInput::Call(there, refused("Invalid channel")));
    assert_eq!((room.live().len(), room.originated.len()), (4, 5));
    assert_eq!(&*room.originated[4].1.asterisk, "pbx2");
    room.wait_ms(5000);
    room.connect(PBX);
    assert_eq!(room.ended.len(), 1);
    room.wait_ms(3000);
    assert_eq!(room.ended.len(), 3, "what Asterisk has no more is over");
    assert_eq!(room.originated.len(), 7);
}

#[test]
fn leads_for_an_asterisk_that_went_away_are_released_and_dialed_elsewhere() {
    let mut room = Room::new(Limits { max_channels: 2, max_cps: 1000.0 }, catalog(robo()));
    room.store.add(lead(1, &["100"]));
    room.connect(PBX);
    room.hold_claims = true;
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.pbx(PBX, PbxInput::Down);
    room.answer_claims();
    assert_eq!((room.status(CAMPAIGN), room.released), (1, 1));
    room.connect(engine::PbxId(1));
    room.answer_claims();
    assert_eq!(&*room.originated[0].1.asterisk, "pbx2");
}
