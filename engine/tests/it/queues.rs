//! Agents: who is idle, as events tell it.

use engine::input::{Member, QueueEvent, QueueState};
use engine::queues::Staff;
use engine::{Input, PbxInput};

use engine::model::{Campaign, CampaignStatus, Change, DialMode, Plan};
use engine::value::Name;
use std::sync::Arc;
use uuid::Uuid;

use crate::support::*;

fn room() -> Room {
    Room::ready(robo(), 0)
}

fn idle(room: &Room, queue: &str) -> u32 {
    room.engine.staff(queue).idle
}

#[test]
fn agents_are_followed_in_each_of_their_queues() {
    let mut room = room();
    for queue in ["sales", "support"] {
        room.member(queue, member("PJSIP/ann", 1));
    }
    room.member("sales", member("PJSIP/bob", 1));
    assert_eq!((idle(&room, "sales"), idle(&room, "support")), (2, 1));
    for queue in ["sales", "support"] {
        room.member(queue, member("PJSIP/ann", 2));
    }
    assert_eq!((idle(&room, "sales"), idle(&room, "support")), (1, 0));
    room.member("sales", Member { paused: true, ..member("PJSIP/bob", 1) });
    assert_eq!(room.engine.staff("sales"), Staff { idle: 0, logged_in: 1, ringing: 0 });
    let gone = QueueEvent::MemberGone { queue: "sales".into(), interface: "PJSIP/ann".into() };
    room.pbx(PBX, PbxInput::Queue(gone));
    assert_eq!(room.engine.staff("sales"), Staff::default());
}

#[test]
fn a_snapshot_takes_the_place_of_what_was_known_and_a_lost_connection_forgets_it() {
    let mut room = room();
    room.member("sales", member("PJSIP/ann", 1));
    room.member("old", member("PJSIP/ann", 1));
    room.queue("sales", &[member("PJSIP/bob", 1), member("PJSIP/cid", 5)]);
    assert_eq!(room.engine.staff("sales"), Staff { idle: 1, logged_in: 1, ringing: 0 });
    assert_eq!(idle(&room, "old"), 0);
    room.pbx(PBX, PbxInput::Down);
    assert_eq!(room.engine.staff("sales"), Staff::default());
}

#[test]
fn queues_of_all_asterisks_are_shown_together() {
    let mut room = room();
    room.connect(engine::PbxId(1));
    let state =
        QueueState { name: "sales".into(), members: vec![member("PJSIP/bob", 1)], ..QueueState::default() };
    room.pbx(engine::PbxId(1), PbxInput::Queues(vec![state]));
    room.member("sales", member("PJSIP/ann", 1));
    assert_eq!(idle(&room, "sales"), 2);
}

#[test]
fn wrap_up_ends_by_itself() {
    let mut room = room();
    let now_s = NOON_NS / 1_000_000_000;
    room.member("sales", Member { last_call_s: now_s, wrapup_s: 10, ..member("PJSIP/ann", 1) });
    assert_eq!(idle(&room, "sales"), 0);
    room.wait_ms(9_999);
    assert_eq!(idle(&room, "sales"), 0);
    room.wait_ms(1);
    assert_eq!(idle(&room, "sales"), 1);
    assert_eq!(room.engine.poll_timeout(), None);
}

/// Two progressive campaigns, on the queues `sales` and `support`, which have these members.
fn two_queues(sales: &[&str], support: &[&str]) -> Room {
    const OTHER: Uuid = Uuid::from_u128(0xcb);
    const OTHER_PLAN: Uuid = Uuid::from_u128(0x92);
    let mut room = Room::ready(queue_plan(DialMode::Progressive), 50);
    let plan = Plan {
        uuid: OTHER_PLAN,
        queue_name: Name::parse("support").ok(),
        ..queue_plan(DialMode::Progressive)
    };
    room.change(Change::PlanCreated(Arc::new(plan)));
    room.change(Change::CampaignCreated(Arc::new(Campaign { plan: Some(OTHER_PLAN), ..campaign(OTHER) })));
    let state = |name: &str, members: &[&str]| QueueState {
        name: name.into(),
        members: members.iter().map(|name| member(name, 1)).collect(),
        ..QueueState::default()
    };
    room.pbx(PBX, PbxInput::Queues(vec![state("sales", sales), state("support", support)]));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(OTHER, CampaignStatus::Start);
    room
}

#[test]
fn two_campaigns_never_call_for_the_same_agent() {
    let mut room = two_queues(&["a"], &["a"]);
    for _ in 0..10 {
        assert_eq!(room.live().len(), 1);
        room.fail(room.live()[0], 17);
        room.wait_ms(100);
    }
    let room = two_queues(&["a", "b", "c"], &["c", "d"]);
    assert_eq!(room.live().len(), 4, "each agent has one call");
    let mut room = two_queues(&["a", "b"], &["b"]);
    assert_eq!(room.live().len(), 2);
    room.member("support", member("d", 1));
    assert_eq!(room.live().len(), 3, "who comes to the other queue frees nobody, and is called for");
}

#[test]
fn an_agent_who_logs_out_leaves_the_others_theirs() {
    let mut room = two_queues(&["a", "b"], &["b", "c"]);
    assert_eq!(room.live().len(), 3);
    // Asterisk tells of all queues at once, and decisions are made when all that came is taken in.
    let gone = |queue: &str| QueueEvent::Member { queue: queue.into(), member: member("b", 5) };
    for event in ["sales", "support"].map(gone) {
        room.engine.handle(Input::Pbx(PBX, PbxInput::Queue(event)), room.now);
    }
    room.pump();
    room.fail(room.live()[0], 17);
    assert_eq!(room.live().len(), 2, "nobody is there for a third one");
}

#[test]
fn callers_of_others_who_wait_are_served_first() {
    let mut room = Room::ready(queue_plan(DialMode::Progressive), 50);
    let waits = QueueState {
        name: "sales".into(),
        members: vec![member("a", 1), member("b", 1), member("c", 1)],
        callers: vec!["1795397552.1".into()],
        ..QueueState::default()
    };
    room.pbx(PBX, PbxInput::Queues(vec![waits]));
    let joined = |caller: &str| QueueEvent::CallerJoined { queue: "sales".into(), caller: caller.into() };
    let left = |caller: &str| QueueEvent::CallerLeft { queue: "sales".into(), caller: caller.into() };
    room.pbx(PBX, PbxInput::Queue(joined("1795397552.2")));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.live().len(), 1, "two of the three agents are for the callers who wait");
    room.pbx(PBX, PbxInput::Queue(joined(&room.live()[0].to_string())));
    room.member("sales", member("a", 6));
    assert_eq!(room.live().len(), 1, "a phone rings for one of them");
    let connected = QueueEvent::MemberConnected { queue: "sales".into(), interface: "a".into() };
    for event in [left("1795397552.1"), connected] {
        room.engine.handle(Input::Pbx(PBX, PbxInput::Queue(event)), room.now);
    }
    room.pump();
    assert_eq!(room.live().len(), 1, "his phone is still seen to ring");
    room.member("sales", member("a", 2));
    assert_eq!(room.live().len(), 1);
    room.pbx(PBX, PbxInput::Queue(left("1795397552.2")));
    assert_eq!(room.live().len(), 2, "the other one has hung up");
}

#[test]
fn a_queue_that_disappears_holds_its_campaign_back_until_it_is_there_again() {
    let mut room = Room::ready(queue_plan(DialMode::Progressive), 50);
    room.queue("sales", &[member("a", 1), member("b", 1)]);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.live().len(), 2);
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    room.fail(room.live()[0], 17);
    assert_eq!(room.live().len(), 1);
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&engine::pacing::Limit::NoSuchQueue));
    room.queue("sales", &[member("a", 1), member("b", 1)]);
    assert_eq!(room.live().len(), 2);
}
