//! Why a campaign does not dial: each reason, from the decision, in words and numbers. Each kind of reason has a file.

mod agents;
mod lines;
mod lists;
mod places;
mod several;
mod statuses;

use std::sync::Arc;
use std::time::Duration;

use engine::abandon::{Counts, Day, Tally};
use engine::dialing::Claimed;
use engine::input::{Member, QueueEvent};
use engine::limits::{Limits, TrunkLimits};
use engine::model::{Campaign, CampaignStatus, Change, DialMode, ListEnd, Plan, PlanRules, Schedule};
use engine::time::Wall;
use engine::value::{PacingRule, Text, Trunks};
use engine::why::{Code, Figure, Leads, Why};
use engine::{Input, ListImport, PbxId, PbxInput};
use uuid::Uuid;

use crate::support::*;

fn keeps_running(plan: Plan) -> Plan {
    Plan { list_end: ListEnd::KeepRunning, ..plan }
}

/// A room with agents of these device states.
fn staffed(plan: Plan, states: &[u8], leads: u128) -> Room {
    let mut room = Room::ready(keeps_running(plan), leads);
    let members: Vec<Member> =
        states.iter().enumerate().map(|(n, state)| member(&format!("PJSIP/a{n}"), *state)).collect();
    room.queue("sales", &members);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

/// One campaign on an Asterisk with these limits.
fn limited(limits: Limits, settings: &[(&str, &str)], trunks: &[TrunkLimits], plan: Plan) -> Room {
    let mut catalog = catalog(keeps_running(plan));
    let row = Campaign { rules: rules(settings), ..campaign(CAMPAIGN) };
    catalog.campaigns.insert(CAMPAIGN, Arc::new(row));
    let mut room = Room::with_trunks(limits, catalog, trunks);
    (1..=90).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

const WIDE: Limits = Limits { max_channels: 100, max_cps: 1000.0 };

#[track_caller]
fn assert_why(why: &Why, code: Code, text: &str) {
    assert_eq!((why.reason.code, why.reason.text.as_str()), (code, text));
    assert!(!why.reason.text.contains('_'), "names of settings are in what to do: {why:?}");
}

fn count(why: &Why, name: &str) -> u64 {
    match why.reason.figure(name) {
        Some(Figure::Count(count)) => *count,
        other => panic!("{name}: {other:?} in {why:?}"),
    }
}

#[test]
fn who_asks_changes_nothing() {
    let run = |asks: bool| {
        let mut room = staffed(queue_plan(DialMode::Predictive), &[1, 1, 1, 2], 60);
        for _ in 0..200 {
            room.wait_ms(130);
            if let Some(dialing) = room.live().first().copied() {
                room.fail(dialing, 17);
            }
            if asks {
                (0..3).for_each(|_| drop(room.why()));
            }
        }
        room.originated.iter().map(|(at, setup)| (*at, setup.lead)).collect::<Vec<_>>()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn all_campaigns_at_once_say_what_each_alone_says() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[2, 2], 5);
    room.change(Change::CampaignCreated(Arc::new(Campaign::new(Uuid::from_u128(0xcb), Wall(0)))));
    let all: Vec<(Uuid, Code)> =
        room.engine.reasons(None, room.now).map(|short| (short.campaign, short.reason.code)).collect();
    assert_eq!(all, [(CAMPAIGN, Code::NoIdleAgent), (Uuid::from_u128(0xcb), Code::NoPlan)]);
    assert_eq!(room.engine.reasons(Some(CAMPAIGN), room.now).count(), 1);
    assert!(room.engine.why(Uuid::from_u128(0xcc), room.now).is_none());
}
