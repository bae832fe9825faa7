//! Where predictive dialing meets other things: agents who do not pick up, limits of single campaigns, restarts.

use std::sync::Arc;

use engine::abandon::{Counts, Day, Tally};
use engine::input::{CallEvent, Member};
use engine::limits::Limits;
use engine::model::{Campaign, CampaignStatus, DialList, DialMode};
use engine::pacing::Limit;
use engine::time::{Mono, Now, Wall};
use uuid::Uuid;

use crate::support::*;

const OTHER: Uuid = Uuid::from_u128(0xcb);

fn agents(count: usize) -> Vec<Member> {
    (0..count).map(|n| member(&format!("PJSIP/a{n}"), 1)).collect()
}

/// Its budget of abandoned calls is used up: one call for each idle agent.
fn use_up(room: &mut Room, campaign: Uuid) {
    let counts = Counts { answered_all: 100, answered_persons: 100, abandoned: 50, late: 0 };
    let day = Day::at(room.now.wall, 0);
    room.engine.load_tallies([Tally { budget: campaign.to_string(), day, counts }]);
}

#[test]
fn a_caller_whose_agent_did_not_pick_up_waits_again_and_takes_an_idle_agent() {
    let mut room = Room::ready(queue_plan(DialMode::Predictive), 50);
    use_up(&mut room, CAMPAIGN);
    room.queue("sales", &agents(2));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.live().len(), 2);
    let dialing = room.live()[0];
    room.answer(dialing);
    for event in [joined(), CallEvent::AgentCalled] {
        room.call(dialing, event);
    }
    room.member("sales", member("PJSIP/a0", 6));
    assert_eq!(room.live().len(), 2, "one rings, one is idle and has a call on its way");
    room.call(dialing, CallEvent::AgentNoAnswer);
    room.member("sales", member("PJSIP/a0", 1));
    room.wait_ms(2_000);
    assert_eq!(room.live().len(), 2, "both agents have somebody to talk to");
}

/// Two campaigns with lists of their own and used-up budgets; the other one may have one call at once.
fn with_a_small_one() -> Room {
    let mut catalog = catalog(queue_plan(DialMode::Predictive));
    let list = Uuid::from_u128(0x12);
    catalog.dial_lists.insert(list, Arc::new(DialList::new(list, Wall(0))));
    let row = Campaign { dial_list: Some(list), rules: rules(&[("MaxChannels", "1")]), ..campaign(OTHER) };
    catalog.campaigns.insert(OTHER, Arc::new(row));
    let mut room = Room::new(Limits { max_channels: 100, max_cps: 1000.0 }, catalog);
    (1..=50).for_each(|n| room.store.add(lead(n, &["100"])));
    (51..=90).for_each(|n| room.store.add(engine::model::Lead { dial_list: list, ..lead(n, &["100"]) }));
    [CAMPAIGN, OTHER].into_iter().for_each(|campaign| use_up(&mut room, campaign));
    room.connect(PBX);
    room
}

#[test]
fn who_may_not_place_a_call_himself_keeps_nobody_from_the_agents() {
    let mut room = with_a_small_one();
    room.queue("sales", &agents(4));
    room.ask(OTHER, CampaignStatus::Start);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.live().len(), 4);
    let dialing = room.live()[1];
    room.answer(dialing);
    for event in [joined(), CallEvent::AgentCalled] {
        room.call(dialing, event);
    }
    room.call(dialing, CallEvent::AgentConnected { queue: "sales".into(), agent: "PJSIP/a0".into() });
    room.member("sales", member("PJSIP/a0", 2));
    room.call(dialing, hangup(16));
    room.member("sales", member("PJSIP/a0", 1));
    room.wait_ms(4_000);
    assert_eq!(room.live().len(), 4, "the other one has its one call: {:?}", room.engine.limit(CAMPAIGN));
    assert_eq!(room.engine.limit(OTHER), Some(&Limit::CampaignChannels(1)));
}

#[test]
fn calls_that_are_taken_over_teach_nothing_about_ringing() {
    let horizon = |room: &Room| match room.engine.limit(CAMPAIGN) {
        Some(Limit::Predicted(prediction)) => prediction.horizon_s,
        other => panic!("{other:?}"),
    };
    let staffed = || {
        let mut room = Room::ready(queue_plan(DialMode::Predictive), 500);
        room.queue("sales", &agents(8));
        room.ask(CAMPAIGN, CampaignStatus::Start);
        room
    };
    let mut before = staffed();
    before.wait_ms(10_000);
    let fresh = horizon(&before);
    // They have talked for ten minutes.
    let now = Now { mono: Mono(0), wall: before.now.wall.after_ms(600_000), ..before.now };
    let mut room = Room::over(before.limits, before.engine.catalog().clone(), before.store.clone(), now);
    room.pbx(PBX, engine::PbxInput::Up);
    let talks: Vec<_> = before.live().into_iter().map(|call| (call, up(true, true))).collect();
    room.channels(PBX, &talks);
    room.queue("sales", &agents(8));
    room.wait_ms(10_000);
    let later = horizon(&room);
    assert!((later - fresh).abs() < 0.01, "{} talks: {fresh} s before, {later} s after", talks.len());
}
