//! Schedules start and stop campaigns, once for each window, across restarts.

use std::sync::Arc;

use engine::limits::Limits;
use engine::model::{Campaign, CampaignStatus, Change, ListEnd, Plan, Schedule};
use engine::pacing::Limit;
use engine::time::{Mono, Now, Wall};
use engine::value::{Text, Zone};

use crate::support::*;

/// From 13:00:00 to 14:00:00 each day; a room starts at 12:36.
fn afternoon() -> Schedule {
    let text = |value: &str| Text::parse(value).ok();
    Schedule {
        enabled: true,
        time_start: text("13:00:00"),
        time_end: text("13:59:59"),
        ..Schedule::default()
    }
}

fn minutes(minutes: i64) -> u64 {
    u64::try_from(minutes * 60_000).unwrap()
}

/// A room with a campaign by this schedule, stopped, and this plan.
fn scheduled(plan: Plan, schedule: Schedule) -> Room {
    let mut catalog = catalog(plan);
    catalog.campaigns.insert(CAMPAIGN, Arc::new(Campaign { schedule, ..campaign(CAMPAIGN) }));
    let mut room = Room::new(Limits { max_channels: 1, max_cps: 1000.0 }, catalog);
    (1..=50).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room
}

/// The process ends and starts again so much later, on what its rows and store hold.
fn restart(room: Room, minutes_later: i64) -> Room {
    let wall = Wall(room.now.wall.0 + minutes_later * 60_000_000_000);
    let catalog = room.engine.catalog().clone();
    let mut room =
        Room::over(room.limits, catalog, room.store, Now { mono: Mono(0), wall, ..Now::default() });
    room.connect(PBX);
    room
}

#[test]
fn a_window_starts_the_campaign_and_its_close_stops_it_when_its_calls_have_ended() {
    let mut room = scheduled(robo(), afternoon());
    room.wait_ms(minutes(24) - 1);
    assert_eq!(room.statuses_of(CAMPAIGN), []);
    room.wait_ms(1);
    assert_eq!((room.statuses_of(CAMPAIGN), room.live().len()), (vec![11, 1], 1));
    room.wait_ms(minutes(60) - 1);
    assert_eq!(room.status(CAMPAIGN), 1);
    room.wait_ms(1);
    assert_eq!(room.status(CAMPAIGN), 10, "its call is up");
    room.fail(room.live()[0], 17);
    assert_eq!(room.statuses_of(CAMPAIGN), [11, 1, 10, 0]);
    room.wait_ms(minutes(23 * 60));
    assert_eq!(room.statuses_of(CAMPAIGN), [11, 1, 10, 0, 11, 1], "and so the next day");
}

#[test]
fn what_a_client_stops_or_pauses_in_a_window_stays_until_the_next_one_opens() {
    for (wanted, status) in [(CampaignStatus::Stop, 0), (CampaignStatus::Pause, 2)] {
        let mut room = scheduled(robo(), afternoon());
        room.wait_ms(minutes(30));
        room.ask(CAMPAIGN, wanted);
        room.fail(room.live()[0], 17);
        assert_eq!(room.status(CAMPAIGN), status);
        room.wait_ms(minutes(50));
        room.change_plan(|plan| plan.dial_timeout_ms = 1000);
        let mut room = restart(room, 1);
        assert_eq!(room.status(CAMPAIGN), status);
        room.wait_ms(minutes(22 * 60));
        assert_eq!(room.status(CAMPAIGN), status);
        room.wait_ms(minutes(2 * 60));
        assert_eq!(room.status(CAMPAIGN), 1);
    }
}

#[test]
fn a_start_outside_of_a_window_waits_for_it_and_stops_with_it() {
    let mut room = scheduled(robo(), afternoon());
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let opens = Some("2026-11-23 13:00:00 UTC".to_owned());
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::Schedule { opens }));
    let mut room = restart(room, 1);
    room.wait_ms(minutes(23) - 1);
    assert_eq!((room.status(CAMPAIGN), room.live().len()), (1, 0));
    room.wait_ms(1);
    assert_eq!(room.live().len(), 1);
    room.fail(room.live()[0], 17);
    room.wait_ms(minutes(60));
    room.fail(room.live()[0], 17);
    assert_eq!(room.status(CAMPAIGN), 0);
}

#[test]
fn a_start_that_was_missed_is_caught_up_and_a_stop_too_but_no_whole_window() {
    let room = restart(scheduled(robo(), afternoon()), 40);
    assert_eq!(room.statuses_of(CAMPAIGN), [11, 1], "it opened while nobody looked");
    let mut room = restart(room, 60);
    assert_eq!(room.statuses_of(CAMPAIGN), [10], "it closed while nobody looked");
    let call = room.engine.dialings().next().unwrap().setup.uuid;
    room.wait_ms(5000);
    assert!(room.engine.dialing(call).is_none(), "Asterisk has it no more");
    assert_eq!(room.status(CAMPAIGN), 0);

    let room = restart(scheduled(robo(), afternoon()), 120);
    assert_eq!((room.statuses_of(CAMPAIGN), room.status(CAMPAIGN)), (vec![], 0));
    let mut room = scheduled(robo(), afternoon());
    room.wait_ms(minutes(30));
    let room = restart(room, 24 * 60);
    assert_eq!((room.statuses_of(CAMPAIGN), room.status(CAMPAIGN)), (vec![], 1), "it is open again");
}

#[test]
fn a_campaign_that_has_ended_its_list_is_not_started_again_in_that_window() {
    let plan = Plan { max_tries: [1; 8], list_end: ListEnd::Stop, ..robo() };
    let mut room = scheduled(plan, afternoon());
    room.wait_ms(minutes(30));
    while let Some(call) = room.live().first() {
        room.fail(*call, 17);
    }
    room.wait_ms(minutes(1));
    assert_eq!(room.statuses_of(CAMPAIGN), [11, 1, 10, 0]);
    room.add_leads([lead(90, &["100"])]);
    room.wait_ms(minutes(5));
    let mut room = restart(room, 1);
    assert_eq!(room.status(CAMPAIGN), 0);
    room.wait_ms(minutes(24 * 60));
    assert_eq!(room.status(CAMPAIGN), 1);
}

#[test]
fn what_cannot_be_started_is_said_once_and_starts_when_it_can_be() {
    let mut room = scheduled(robo(), afternoon());
    room.change_campaign(CAMPAIGN, |row| row.dial_list = None);
    room.wait_ms(minutes(30));
    let not_usable =
        |room: &Room| room.limited.iter().filter(|(_, l)| matches!(l, Limit::NotUsable(_))).count();
    assert_eq!((room.status(CAMPAIGN), not_usable(&room)), (0, 1));
    room.change_plan(|plan| plan.dial_timeout_ms = 1000);
    room.wait_ms(minutes(10));
    assert_eq!((room.status(CAMPAIGN), not_usable(&room)), (0, 1));
    room.change_campaign(CAMPAIGN, |row| row.dial_list = Some(LIST));
    assert_eq!(room.status(CAMPAIGN), 1);
}

#[test]
fn a_schedule_that_is_put_in_force_in_an_open_window_starts_the_campaign() {
    let mut room = scheduled(robo(), Schedule { enabled: false, ..afternoon() });
    room.wait_ms(minutes(30));
    assert_eq!((room.status(CAMPAIGN), room.engine.poll_timeout()), (0, None));
    room.change_campaign(CAMPAIGN, |row| row.schedule.enabled = true);
    assert_eq!(room.statuses_of(CAMPAIGN), [11, 1]);
    room.change_campaign(CAMPAIGN, |row| row.schedule.enabled = false);
    room.wait_ms(minutes(120));
    assert_eq!(room.status(CAMPAIGN), 1, "nothing stops it");

    let mut made = scheduled(robo(), Schedule::default());
    made.wait_ms(minutes(30));
    let other = uuid::Uuid::from_u128(0xcb);
    made.change(Change::CampaignCreated(Arc::new(Campaign { schedule: afternoon(), ..campaign(other) })));
    assert_eq!(made.statuses_of(other), [11, 1]);
}

#[test]
fn the_hours_are_those_of_the_campaigns_zone() {
    let mut room = scheduled(robo(), afternoon());
    room.change_campaign(CAMPAIGN, |row| row.rules.time_zone = Zone::parse("Europe/Berlin").ok());
    assert_eq!(room.status(CAMPAIGN), 1, "13:36 in Berlin");
    room.wait_ms(minutes(24));
    assert_eq!(room.status(CAMPAIGN), 10);
}

#[test]
fn a_clock_that_is_set_is_seen_within_a_minute() {
    let mut room = scheduled(robo(), afternoon());
    room.now.wall.0 += 30 * 60_000_000_000;
    room.wait_ms(minutes(1));
    assert_eq!(room.status(CAMPAIGN), 1);
    room.now.wall.0 -= 30 * 60_000_000_000;
    room.wait_ms(minutes(1));
    assert_eq!(room.status(CAMPAIGN), 10);
}

#[test]
fn a_forced_stop_that_lasts_into_a_window_does_not_cost_it() {
    let mut room = scheduled(robo(), afternoon());
    room.change_campaign(CAMPAIGN, |row| row.schedule.enabled = false);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(CAMPAIGN, CampaignStatus::ForceStopping);
    room.change_campaign(CAMPAIGN, |row| row.schedule.enabled = true);
    room.wait_ms(minutes(30));
    assert_eq!(room.status(CAMPAIGN), 30);
    room.fail(room.live()[0], 17);
    assert_eq!(room.statuses_of(CAMPAIGN), [1, 0, 11, 1], "what a client asks for is in no record");
}

#[test]
fn a_change_that_was_prepared_before_the_window_opened_does_not_forget_it() {
    let mut room = scheduled(robo(), afternoon());
    let mut prepared = Campaign::clone(&room.engine.catalog().campaigns[&CAMPAIGN]);
    room.wait_ms(minutes(30));
    prepared.name = Text::parse("other").ok();
    room.change(Change::CampaignUpdated(Arc::new(prepared)));
    assert_eq!(room.status(CAMPAIGN), 1, "the row that was prepared says 0");
    room.ask(CAMPAIGN, CampaignStatus::Stop);
    room.fail(room.live()[0], 17);
    room.wait_ms(minutes(10));
    assert_eq!(restart(room, 1).status(CAMPAIGN), 0);
}

#[test]
fn a_schedule_whose_last_date_is_over_does_not_open_again() {
    let last = Schedule { date_end: Text::parse("2026-11-22").ok(), ..afternoon() };
    let mut room = scheduled(robo(), last);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.wait_ms(minutes(3 * 24 * 60));
    assert_eq!((room.status(CAMPAIGN), room.live().len()), (1, 0));
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::Schedule { opens: None }));
}
