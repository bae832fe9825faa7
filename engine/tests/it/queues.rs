//! Agents: who is idle, as events tell it.

use engine::PbxInput;
use engine::input::{Member, QueueEvent, QueueState};
use engine::queues::Staff;

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
    let state = QueueState { name: "sales".into(), members: vec![member("PJSIP/bob", 1)] };
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
