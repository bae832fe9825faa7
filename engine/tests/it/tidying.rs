//! What the engine keeps of rows that are gone.

use std::sync::Arc;

use engine::abandon::BudgetState;
use engine::census::Census;
use engine::limits::Limits;
use engine::model::{Campaign, CampaignStatus, Change, Plan};
use engine::value::{Name, Trunks};
use uuid::Uuid;

use crate::support::*;

/// A plan with a trunk and a queue of its own, a campaign of it whose one call is answered and abandoned, and all of it deleted.
fn come_and_go(room: &mut Room, n: u128, settings: &[(&str, &str)]) {
    let name = format!("only{n}");
    let plan = Arc::new(Plan {
        uuid: Uuid::from_u128(0x91_0000 + n),
        trunk_name: Trunks::parse(&name).ok(),
        queue_name: Name::parse(&name).ok(),
        ..robo()
    });
    let uuid = Uuid::from_u128(0xca_0000 + n);
    let row = Campaign { plan: Some(plan.uuid), rules: rules(settings), ..campaign(uuid) };
    room.change(Change::PlanCreated(Arc::clone(&plan)));
    room.change(Change::CampaignCreated(Arc::new(row)));
    room.add_leads([lead(n, &["100"])]);
    room.ask(uuid, CampaignStatus::Start);
    room.answer_claims();
    let calls = room.live();
    assert_eq!(calls.len(), 1, "round {n}");
    room.answer(calls[0]);
    room.call(calls[0], engine::input::CallEvent::QueueJoined { queue: name.as_str().into() });
    room.wait_ms(5_000);
    room.call(calls[0], hangup(16));
    room.ask(uuid, CampaignStatus::Stop);
    assert_eq!(room.status(uuid), 0);
    let row = Arc::clone(&room.engine.catalog().campaigns[&uuid]);
    room.change(Change::CampaignDeleted(row));
    room.change(Change::PlanDeleted(plan));
    assert_eq!(room.engine.audit(), Vec::<String>::new());
}

fn empty_room() -> Room {
    let mut room = Room::new(Limits { max_channels: 100, max_cps: 1000.0 }, catalog(robo()));
    room.connect(PBX);
    room
}

#[test]
fn rows_that_came_and_went_leave_nothing_behind() {
    let mut room = empty_room();
    let mut kept: Vec<Census> = Vec::new();
    for n in 1..=200 {
        come_and_go(&mut room, n, &[]);
        kept.push(room.engine.census());
    }
    assert_eq!(room.outcomes().len(), 200);
    assert_eq!(kept[199], kept[1], "after 200 rounds as after 2");
    assert!(kept[199].learned < 10, "{:?}", kept[199]);
}

#[test]
fn what_a_group_has_abandoned_counts_for_a_campaign_that_comes_after_all_others_are_deleted() {
    let mut room = empty_room();
    for n in 1..=2 {
        come_and_go(&mut room, n, &[("AbandonGroup", "spring")]);
    }
    let plan = room.engine.catalog().plans[&PLAN].uuid;
    let row = Campaign {
        plan: Some(plan),
        rules: rules(&[("AbandonGroup", "spring")]),
        ..campaign(Uuid::from_u128(0xca_ffff))
    };
    let uuid = row.uuid;
    room.change_plan(|plan| plan.queue_name = Name::parse("sales").ok());
    room.change(Change::CampaignCreated(Arc::new(row)));
    let BudgetState::UsedUp(used) = room.engine.budget_state(uuid, room.now) else {
        panic!("{:?}", room.engine.budget_state(uuid, room.now))
    };
    assert_eq!((used.abandoned, used.answered), (2, 2));
    // Four hundred days later no window holds them any more, and any change of rows lets go of them.
    let before = room.engine.census().learned;
    room.now.wall.0 += 400 * 86_400 * 1_000_000_000;
    room.change_plan(|_| {});
    assert_eq!(room.engine.census().learned, before - 1);
}
