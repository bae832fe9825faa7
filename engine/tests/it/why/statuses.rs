//! Reasons that lie with the campaign itself: its status, its schedule, what it lacks.

use super::*;

pub(super) fn scheduled(weekday: &str) -> Schedule {
    Schedule {
        enabled: true,
        time_start: Text::parse("09:00:00").ok(),
        time_end: Text::parse("17:00:00").ok(),
        day_list: Text::parse(weekday).ok(),
        ..Schedule::default()
    }
}

#[test]
fn outside_of_its_schedule_until_then() {
    // It is Monday, 12:36.
    let mut room = limited(WIDE, &[], &[], robo());
    room.change_campaign(CAMPAIGN, |row| row.schedule = scheduled("4"));
    let text = "outside its schedule until Thursday 09:00";
    assert_why(&room.why(), Code::OutsideSchedule, text);
    assert_eq!(room.why().reason.until, Some(Wall(1_795_683_600 * 1_000_000_000)));
    room.ask(CAMPAIGN, CampaignStatus::Stop);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    assert_eq!(room.status(CAMPAIGN), 0);
    assert_why(&room.why(), Code::OutsideSchedule, text);
    room.change_campaign(CAMPAIGN, |row| row.rules = rules(&[("ScTimeZone", "Europe/Berlin")]));
    assert_eq!(room.why().reason.text, "outside its schedule until Thursday 09:00 Europe/Berlin");
    room.change_campaign(CAMPAIGN, |row| row.schedule.date_end = Text::parse("2026-01-01").ok());
    assert_eq!(room.why().reason.text, "outside its schedule, which does not open in the next 400 days");
}

#[test]
fn what_is_missing_is_said_before_and_after_the_start() {
    type Spoil = fn(&mut Room);
    let cases: [(Code, &str, Spoil); 4] = [
        (Code::NoDialMode, "the plan has no dial mode", |room| {
            room.change_plan(|plan| plan.dial_mode = DialMode::None);
        }),
        (Code::NoQueue, "the plan has no queue, which its dial mode needs", |room| {
            room.change_plan(|plan| plan.dial_mode = DialMode::Power);
        }),
        (Code::NoDialList, "no dial list is set", |room| {
            room.change_campaign(CAMPAIGN, |row| row.dial_list = None);
        }),
        (Code::NoPlan, "no plan is set", |room| room.change_campaign(CAMPAIGN, |row| row.plan = None)),
    ];
    for (code, text, spoil) in cases {
        let mut room = limited(Limits { max_channels: 1, ..WIDE }, &[], &[], robo());
        spoil(&mut room);
        assert_why(&room.why(), code, text);
        let mut room = Room::ready(robo(), 5);
        spoil(&mut room);
        assert_why(&room.why(), code, &format!("stopped, and cannot be started: {text}"));
    }
}

#[test]
fn each_status_says_what_it_waits_for() {
    let mut room = limited(Limits { max_channels: 2, ..WIDE }, &[], &[], robo());
    room.ask(CAMPAIGN, CampaignStatus::Pause);
    let text = "the campaign is being paused: no new calls, 2 calls in flight";
    assert_why(&room.why(), Code::Pausing, text);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    assert_why(&room.why(), Code::Paused, "the campaign is paused");
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(CAMPAIGN, CampaignStatus::Stop);
    assert_eq!(room.why().reason.code, Code::Stopping);
    room.ask(CAMPAIGN, CampaignStatus::ForceStopping);
    let text = "the campaign is being stopped by force, 2 calls in flight";
    assert_why(&room.why(), Code::ForceStopping, text);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    assert_why(&room.why(), Code::Stopped, "the campaign is stopped");
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.input(Input::ShutDown);
    assert_why(&room.why(), Code::ShuttingDown, "the daemon is shutting down: no new calls");
}
