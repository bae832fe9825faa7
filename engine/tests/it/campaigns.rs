//! The campaign status machine.

use std::sync::Arc;

use engine::Input;
use engine::limits::Limits;
use engine::model::{Campaign, CampaignStatus as Status, Change, DialList, ListEnd};
use engine::pacing::Limit;
use engine::time::Wall;
use uuid::Uuid;

use crate::support::*;

const NEXT: Uuid = Uuid::from_u128(0xcb);

#[test]
fn every_request_from_every_status_comes_to_what_the_contract_says() {
    let requests = [Status::Start, Status::Stop, Status::Pause, Status::ForceStopping];
    // From a status with one call up: what each request leads to.
    let table = [
        (Status::Stop, [Some(1), Some(0), Some(0), Some(0)]),
        (Status::Start, [Some(1), Some(10), Some(12), Some(30)]),
        (Status::Pause, [Some(1), Some(0), Some(2), Some(0)]),
        (Status::Stopping, [Some(1), Some(10), Some(10), Some(30)]),
        (Status::Pausing, [Some(1), Some(10), Some(12), Some(30)]),
        (Status::ForceStopping, [None, Some(30), Some(30), Some(30)]),
    ];
    for (from, results) in table {
        for (wanted, result) in requests.into_iter().zip(results) {
            let mut room = Room::ready(robo(), 1);
            bring_to(&mut room, from);
            let row = &room.engine.catalog().campaigns[&CAMPAIGN];
            match result {
                None => assert!(room.engine.catalog().requested_status(row, wanted).is_err()),
                Some(code) => {
                    room.ask(CAMPAIGN, wanted);
                    assert_eq!(room.status(CAMPAIGN), code, "{from:?} asked for {wanted:?}");
                }
            }
        }
    }
}

fn bring_to(room: &mut Room, status: Status) {
    if status != Status::Stop {
        room.ask(CAMPAIGN, Status::Start);
    }
    if status == Status::Pause {
        room.fail(room.live()[0], 17);
    }
    if status != Status::Start {
        room.ask(CAMPAIGN, status);
    }
    assert_eq!(room.status(CAMPAIGN), status.code());
}

#[test]
fn a_campaign_works_through_its_list_and_stops() {
    let mut room = Room::running(robo(), 3);
    assert_eq!(room.live().len(), 3);
    for dialing in room.live() {
        assert_eq!(room.status(CAMPAIGN), 1);
        room.answer(dialing);
        room.call(dialing, hangup(16));
    }
    assert_eq!(room.statuses_of(CAMPAIGN), [1, 10, 0]);
    assert_eq!(room.ended.len(), 3);
    assert_eq!(room.engine.poll_timeout(), None);
}

#[test]
fn an_empty_list_ends_at_once_and_starts_the_next_campaign() {
    let mut room = Room::ready(robo(), 0);
    room.change(Change::CampaignCreated(Arc::new(campaign(NEXT))));
    room.change_campaign(CAMPAIGN, |row| row.next_campaign = Some(NEXT));
    room.ask(CAMPAIGN, Status::Start);
    assert_eq!(room.statuses_of(CAMPAIGN), [1, 10, 0]);
    assert_eq!(room.statuses_of(NEXT), [11, 1, 10, 0]);
}

#[test]
fn a_ring_of_empty_campaigns_comes_to_rest() {
    let mut room = Room::ready(robo(), 0);
    room.change(Change::CampaignCreated(Arc::new(Campaign {
        next_campaign: Some(CAMPAIGN),
        ..campaign(NEXT)
    })));
    room.change_campaign(CAMPAIGN, |row| row.next_campaign = Some(NEXT));
    room.ask(CAMPAIGN, Status::Start);
    assert_eq!((room.status(CAMPAIGN), room.status(NEXT)), (0, 0));
}

#[test]
fn with_dl_end_handle_0_it_waits_and_wakes_when_leads_are_added() {
    let mut room = Room::running(engine::model::Plan { list_end: ListEnd::KeepRunning, ..robo() }, 0);
    assert_eq!(room.status(CAMPAIGN), 1);
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::ListUsedUp));
    assert_eq!(room.engine.poll_timeout(), None, "nothing polls");
    room.add_leads([lead(1, &["100"])]);
    assert_eq!(room.live().len(), 1);
}

#[test]
fn a_pause_waits_for_the_last_call_and_can_be_resumed() {
    let mut room = Room::running(robo(), 1);
    room.add_leads([]);
    room.ask(CAMPAIGN, Status::Pause);
    room.add_leads([lead(2, &["100"])]);
    assert_eq!((room.status(CAMPAIGN), room.live().len()), (12, 1));
    let first = room.live()[0];
    room.fail(first, 17);
    assert_eq!(room.status(CAMPAIGN), 2);
    room.ask(CAMPAIGN, Status::Start);
    assert_eq!(room.live().len(), 1, "the lead that waits for its retry is left alone");
    assert_eq!(room.statuses_of(CAMPAIGN), [1, 2, 1]);
}

#[test]
fn a_pause_that_is_taken_back_goes_on_at_once() {
    let mut room = Room::running(robo(), 1);
    room.ask(CAMPAIGN, Status::Pause);
    room.add_leads([lead(2, &["100"])]);
    room.ask(CAMPAIGN, Status::Start);
    assert_eq!((room.status(CAMPAIGN), room.live().len()), (1, 2));
}

#[test]
fn a_stop_while_claims_are_on_their_way_releases_them_uncounted() {
    let mut room = Room::ready(robo(), 2);
    room.hold_claims = true;
    room.ask(CAMPAIGN, Status::Start);
    room.ask(CAMPAIGN, Status::Stop);
    assert_eq!(room.status(CAMPAIGN), 10);
    room.answer_claims();
    assert_eq!((room.status(CAMPAIGN), room.released, room.originated.len()), (0, 2, 0));
    assert!(room.store.rows.iter().all(|row| row.lead.tries == [0; 8]));
}

#[test]
fn released_leads_are_found_by_others_on_the_list() {
    let mut room = Room::new(Limits { max_channels: 1000, max_cps: 10_000.0 }, catalog(robo()));
    room.store.add(lead(1, &["100"]));
    room.connect(PBX);
    room.change(Change::CampaignCreated(Arc::new(campaign(NEXT))));
    room.hold_claims = true;
    room.ask(CAMPAIGN, Status::Start);
    let (request, claim) = room.claims.remove(0);
    let claimed = Some(room.store.claim(&claim));
    room.ask(NEXT, Status::Start);
    let second = room.claims.iter().position(|(_, claim)| claim.campaign == CAMPAIGN).unwrap();
    let second = room.claims.remove(second);
    room.answer_claims();
    assert_eq!(room.engine.limit(NEXT), Some(&Limit::LastCalls), "the only lead is taken");
    room.claims.insert(0, second);
    room.ask(CAMPAIGN, Status::Stop);
    room.input(Input::Leads { request, claimed });
    // The first campaign's second request is answered, and released, before the other's.
    room.answer_claims();
    room.answer_claims();
    assert_eq!((room.released, room.live().len()), (2, 1));
    assert_eq!(room.originated[0].1.campaign, NEXT);
}

#[test]
fn a_force_stop_hangs_up_calls_in_every_stage_until_they_are_gone() {
    let mut room = Room::running(robo(), 5);
    let live = room.live();
    room.call(live[1], ACCEPTED);
    room.call(live[2], channel());
    room.answer(live[3]);
    room.answer(live[4]);
    room.call(live[4], connected());
    room.ask(CAMPAIGN, Status::ForceStopping);
    assert_eq!(room.hangups.len(), 5);
    room.wait_ms(1999);
    assert_eq!(room.hangups.len(), 5);
    room.wait_ms(1);
    assert_eq!(room.hangups.len(), 10, "asked again");
    for dialing in live {
        assert_eq!(room.status(CAMPAIGN), 30);
        room.fail(dialing, 16);
    }
    assert_eq!(room.statuses_of(CAMPAIGN), [1, 0]);
    assert_eq!(room.engine.poll_timeout(), None);
}

#[test]
fn one_dialing_is_hung_up_and_asked_for_until_it_is_gone() {
    let mut room = Room::running(robo(), 3);
    let live = room.live();
    room.call(live[1], channel());
    let hang_up = |room: &mut Room| room.input(Input::HangUp { dialing: live[1] });
    hang_up(&mut room);
    hang_up(&mut room);
    assert_eq!(room.hangups.len(), 1, "a second wish sends nothing");
    room.wait_ms(2_000);
    assert_eq!(room.hangups.len(), 2, "asked again");
    room.fail(live[1], 16);
    hang_up(&mut room);
    room.wait_ms(10_000);
    assert_eq!(room.hangups.len(), 2);
    assert_eq!(
        (room.status(CAMPAIGN), room.live().contains(&live[0]), room.live().contains(&live[2])),
        (1, true, true)
    );
}

#[test]
fn of_a_local_channel_the_other_half_is_hung_up_first() {
    let mut plan = robo();
    plan.tech_name = engine::value::Tech::parse("Local").ok();
    let mut room = Room::running(plan, 1);
    let dialing = room.live()[0];
    room.ask(CAMPAIGN, Status::ForceStopping);
    room.call(dialing, channel());
    room.wait_ms(4000);
    let named: Vec<&str> = room.hangups.iter().map(|(_, channel)| channel.as_str()).collect();
    let (half, whole) = (format!("{dialing};2"), dialing.to_string());
    assert_eq!(named, [&half, &half, &whole, &whole], "before there was a channel, after, then twice again");
}

#[test]
fn another_list_is_gone_on_with_while_calls_of_the_first_are_up() {
    let mut room = Room::running(robo(), 1);
    let other = DialList::new(Uuid::from_u128(0x12), Wall(0));
    room.change(Change::DialListCreated(Arc::new(other.clone())));
    room.store.add(engine::model::Lead { dial_list: other.uuid, ..lead(2, &["200"]) });
    room.change_campaign(CAMPAIGN, |row| row.dial_list = Some(other.uuid));
    assert_eq!(room.live().len(), 2);
    for dialing in room.live() {
        room.answer(dialing);
        room.call(dialing, hangup(16));
    }
    assert_eq!(room.statuses_of(CAMPAIGN), [1, 10, 0]);
}

#[test]
fn leads_that_come_for_another_plan_or_list_or_destination_are_released_and_not_dialed() {
    let changes: [fn(&mut Campaign); 3] = [
        |row| row.plan = Some(Uuid::from_u128(0x92)),
        |row| row.dial_list = Some(Uuid::from_u128(0x12)),
        |row| row.destination = Some(Uuid::from_u128(0xde)),
    ];
    for change in changes {
        let mut room = Room::ready(robo(), 1);
        let (plan, list) = (Uuid::from_u128(0x92), Uuid::from_u128(0x12));
        room.change(Change::PlanCreated(Arc::new(engine::model::Plan { uuid: plan, ..robo() })));
        room.change(Change::DialListCreated(Arc::new(DialList::new(list, Wall(0)))));
        room.change(Change::DestinationCreated(Arc::new(destination())));
        room.hold_claims = true;
        room.ask(CAMPAIGN, Status::Start);
        room.change_campaign(CAMPAIGN, change);
        room.answer_claims();
        assert_eq!(room.released, 1);
        room.hold_claims = false;
        room.answer_claims();
        let row = Arc::clone(&room.engine.catalog().campaigns[&CAMPAIGN]);
        for (_, setup) in &room.originated {
            assert_eq!((Some(setup.plan), Some(setup.dial_list)), (row.plan, row.dial_list));
            assert_eq!(setup.destination, row.destination);
        }
    }
}

#[test]
fn a_plan_that_becomes_unusable_holds_the_campaign_back_and_a_usable_one_lets_it_go_on() {
    let mut room = Room::running(robo(), 0);
    room.change_plan(|plan| plan.list_end = ListEnd::KeepRunning);
    room.ask(CAMPAIGN, Status::Start);
    room.change_plan(|plan| plan.dial_mode = engine::model::DialMode::None);
    room.add_leads([lead(1, &["100"])]);
    assert_eq!(room.live().len(), 0);
    assert!(matches!(room.engine.limit(CAMPAIGN), Some(Limit::NotUsable(_))));
    room.change_plan(|plan| plan.dial_mode = engine::model::DialMode::Robo);
    assert_eq!(room.live().len(), 1);
}

#[test]
fn wider_limits_bring_used_up_leads_back() {
    let mut plan = robo();
    (plan.max_tries, plan.retry_delay_ms, plan.list_end) = ([1; 8], 0, ListEnd::KeepRunning);
    let mut room = Room::running(plan, 1);
    room.fail(room.live()[0], 17);
    assert_eq!(room.live().len(), 0);
    room.change_plan(|plan| plan.max_tries = [2; 8]);
    assert_eq!(room.live().len(), 1);
    assert_eq!(room.originated[1].1.try_count, 2);
}

#[test]
fn a_store_that_fails_is_asked_again_after_a_second_and_not_sooner() {
    let mut room = Room::ready(robo(), 1);
    room.hold_claims = true;
    room.ask(CAMPAIGN, Status::Start);
    let (request, _) = room.claims.remove(0);
    room.input(Input::Leads { request, claimed: None });
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::Store));
    room.add_leads([lead(2, &["100"])]);
    room.wait_ms(999);
    assert_eq!(room.claims.len(), 0);
    room.wait_ms(1);
    room.answer_claims();
    assert_eq!((room.status(CAMPAIGN), room.live().len()), (1, 2));
}

#[test]
fn a_campaign_that_is_deleted_while_it_dials_ends_with_its_last_call() {
    let mut room = Room::running(robo(), 1);
    let (dialing, row) = (room.live()[0], Arc::clone(&room.engine.catalog().campaigns[&CAMPAIGN]));
    room.hold_claims = true;
    room.add_leads([lead(2, &["100"])]);
    assert_eq!(room.claims.len(), 1, "leads are asked for");
    // Its schedule has started it between the check of the deletion and its commit.
    room.change(Change::CampaignDeleted(row));
    room.hold_claims = false;
    room.answer_claims();
    assert_eq!((room.released, room.live().len()), (1, 1), "nobody is called for it any more");
    room.fail(dialing, 17);
    assert_eq!(room.engine.footprint(), []);
    assert_eq!(room.store.open_claims(), []);
}
