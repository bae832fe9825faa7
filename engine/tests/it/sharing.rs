//! Campaigns that want the same channels, rate, trunk or agents get calls in proportion to their weights.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::limits::{Limits, TrunkLimits};
use engine::model::{Campaign, CampaignStatus, DialList, DialMode, ListEnd, Plan, Rules};
use engine::time::Wall;
use engine::value::{Name, Trunks};
use uuid::Uuid;

use crate::support::*;

/// Campaigns with these weights, each with a list of its own of so many leads that are dialed again and again.
fn room(plan: Plan, limits: Limits, trunks: &[TrunkLimits], campaigns: &[(&str, u128)]) -> Room {
    let plan = Plan { max_tries: [1_000_000; 8], retry_delay_ms: 0, list_end: ListEnd::KeepRunning, ..plan };
    let mut catalog = catalog(plan);
    let mut leads = Vec::new();
    for (at, (weight, count)) in campaigns.iter().enumerate() {
        let list = Uuid::from_u128(0x10_000 + at as u128);
        catalog.dial_lists.insert(list, Arc::new(DialList::new(list, Wall(0))));
        let mut row = Campaign { dial_list: Some(list), ..campaign(named(at)) };
        row.rules.set("Weight", weight).unwrap();
        catalog.campaigns.insert(row.uuid, Arc::new(row));
        leads.extend(
            (0..*count).map(|n| engine::model::Lead {
                dial_list: list,
                ..lead((at as u128 + 1) << 32 | n, &["100"])
            }),
        );
    }
    let mut room = Room::with_trunks(limits, catalog, trunks);
    leads.into_iter().for_each(|lead| room.store.add(lead));
    room.connect(PBX);
    room
}

/// The campaigns' uuids: those with the greater weight are not the first in order.
fn named(at: usize) -> Uuid {
    Uuid::from_u128(0xcf - at as u128)
}

fn start(room: &mut Room, campaigns: std::ops::Range<usize>) {
    campaigns.for_each(|at| room.ask(named(at), CampaignStatus::Start));
}

/// Every call is busy after half a second or more, in the order of their uuids.
fn run(room: &mut Room, ms: u64) {
    for _ in 0..ms / 100 {
        room.wait_ms(100);
        let old: Vec<Uuid> = room
            .engine
            .dialings()
            .filter(|dialing| room.now.wall.since(dialing.setup.created).as_millis() >= 500)
            .map(|dialing| dialing.setup.uuid)
            .collect();
        old.into_iter().for_each(|dialing| room.fail(dialing, 17));
    }
}

/// Calls placed from the `from`-th on.
fn shares(room: &Room, from: usize) -> BTreeMap<Uuid, usize> {
    let mut shares = BTreeMap::new();
    for (_, setup) in &room.originated[from..] {
        *shares.entry(setup.campaign).or_default() += 1;
    }
    shares
}

fn assert_ratio(room: &Room, from: usize, weights: &[usize]) {
    let shares = shares(room, from);
    let (all, sum): (usize, usize) = (shares.values().sum(), weights.iter().sum());
    assert!(all >= 100, "{shares:?}");
    for (at, weight) in weights.iter().enumerate() {
        let wanted = all * weight;
        let got = shares.get(&named(at)).copied().unwrap_or_default() * sum;
        assert!(got.abs_diff(wanted) * 20 <= wanted, "{at}: {shares:?}");
    }
}

const FAST: f64 = 1000.0;

#[test]
fn three_to_one_on_the_channels_of_an_asterisk() {
    let limits = Limits { max_channels: 8, max_cps: FAST };
    let mut room = room(robo(), limits, &[], &[("3", 20), ("1", 20)]);
    start(&mut room, 0..2);
    run(&mut room, 20_000);
    assert_ratio(&room, 8, &[3, 1]);
}

#[test]
fn three_to_one_on_the_rate_of_an_asterisk() {
    for max_cps in [10.0, 60.0] {
        let mut room = room(robo(), Limits { max_channels: 200, max_cps }, &[], &[("3", 60), ("1", 60)]);
        start(&mut room, 0..2);
        run(&mut room, 20_000);
        assert_ratio(&room, 10, &[3, 1]);
    }
}

#[test]
fn three_to_one_on_a_trunk_while_the_asterisk_has_room() {
    let plan = Plan { trunk_name: Trunks::parse("t").ok(), ..robo() };
    for (max_channels, max_cps) in [(Some(8), None), (None, Some(12.0))] {
        let trunk = TrunkLimits { name: Name::parse("t").unwrap(), max_channels, max_cps };
        let limits = Limits { max_channels: 200, max_cps: FAST };
        let mut room = room(plan.clone(), limits, &[trunk], &[("3", 40), ("1", 40)]);
        start(&mut room, 0..2);
        run(&mut room, 20_000);
        assert_ratio(&room, 8, &[3, 1]);
    }
}

#[test]
fn three_campaigns_share_the_agents_of_one_queue_by_weight() {
    // Predictive dialing shares their answers, not their calls: see small_room.
    for mode in [DialMode::Progressive, DialMode::Power] {
        let limits = Limits { max_channels: 200, max_cps: FAST };
        let campaigns = [("5", 20), ("2", 20), ("1", 20)];
        let mut room = room(queue_plan(mode), limits, &[], &campaigns);
        let agents: Vec<_> = (0..6).map(|n| member(&format!("PJSIP/a{n}"), 1)).collect();
        room.queue("sales", &agents);
        start(&mut room, 0..3);
        run(&mut room, 20_000);
        assert_ratio(&room, 6, &[5, 2, 1]);
    }
}

#[test]
fn a_thousand_free_channels_are_split_at_once() {
    let limits = Limits { max_channels: 400, max_cps: 100_000.0 };
    let mut room = room(robo(), limits, &[], &[("3", 400), ("1", 400)]);
    room.pbx(PBX, engine::PbxInput::Down);
    start(&mut room, 0..2);
    room.connect(PBX);
    assert_eq!(room.originated.len(), 400);
    assert_ratio(&room, 0, &[3, 1]);
}

#[test]
fn who_has_no_leads_holds_nothing_back_and_has_no_claim_to_what_was_missed() {
    let limits = Limits { max_channels: 10, max_cps: FAST };
    let mut room = room(robo(), limits, &[], &[("1", 30), ("9", 0)]);
    start(&mut room, 0..2);
    run(&mut room, 5_000);
    assert!(room.originated.len() >= 80, "all channels are used: {}", room.originated.len());
    assert_eq!(shares(&room, 0).len(), 1);
    // Half a minute without leads does not count: from now on the two share as their weights say.
    let list = Uuid::from_u128(0x10_001);
    (0..30).for_each(|n| {
        room.store.add(engine::model::Lead { dial_list: list, ..lead(0x77_0000 + n, &["100"]) });
    });
    room.input(engine::Input::LeadsChanged { dial_list: list });
    let from = room.originated.len();
    run(&mut room, 15_000);
    assert_ratio(&room, from, &[1, 9]);
}

#[test]
fn a_campaign_that_comes_later_gets_its_share_and_no_more() {
    let limits = Limits { max_channels: 10, max_cps: FAST };
    let mut room = room(robo(), limits, &[], &[("1", 30), ("1", 30)]);
    start(&mut room, 0..1);
    run(&mut room, 10_000);
    start(&mut room, 1..2);
    let from = room.originated.len();
    run(&mut room, 10_000);
    assert_ratio(&room, from, &[1, 1]);
}
