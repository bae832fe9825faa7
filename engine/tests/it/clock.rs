//! Schedules, and a wall clock that is set.

use engine::model::{CampaignStatus, Plan, Schedule};
use engine::pacing::Limit;
use engine::value::Text;

use crate::support::*;

const HOUR_NS: i64 = 3_600_000_000_000;

#[test]
fn a_campaign_calls_only_while_its_schedule_is_open() {
    let mut room = Room::ready(robo(), 1);
    let text = |value: &str| Text::parse(value).ok();
    let schedule = Schedule {
        enabled: true,
        time_start: text("12:37:00"),
        time_end: text("12:38:00"),
        ..Schedule::default()
    };
    room.change_campaign(CAMPAIGN, |row| row.schedule = schedule);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let opens = Some("2026-11-23 12:37:00 UTC".to_owned());
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::Schedule { opens }));
    room.wait_ms(59_999);
    assert_eq!(room.live().len(), 0);
    room.wait_ms(1);
    assert_eq!(room.live().len(), 1);
    room.wait_ms(70_000);
    room.add_leads([lead(2, &["100"])]);
    assert_eq!(room.live().len(), 1, "closed again; the call that is up stays up");
}

#[test]
fn a_clock_that_is_set_forward_does_not_hurry_a_retry() {
    let mut room = Room::running(Plan { retry_delay_ms: 100_000, ..robo() }, 1);
    room.fail(room.live()[0], 17);
    room.wait_ms(50_000);
    room.now.wall.0 += HOUR_NS;
    room.add_leads([]);
    room.wait_ms(49_999);
    assert_eq!(room.live().len(), 0);
    room.wait_ms(1);
    assert_eq!(room.live().len(), 1);
    room.fail(room.live()[0], 17);
    room.wait_ms(99_999);
    assert_eq!(room.live().len(), 0);
    room.wait_ms(1);
    assert_eq!(room.live().len(), 1);
}

#[test]
fn a_clock_that_is_set_back_does_not_lose_a_retry() {
    let mut room = Room::running(Plan { retry_delay_ms: 100_000, ..robo() }, 1);
    room.fail(room.live()[0], 17);
    room.wait_ms(50_000);
    room.now.wall.0 -= HOUR_NS;
    room.wait_ms(50_000);
    assert_eq!(room.live().len(), 0);
    room.wait_ms(3_600_000);
    assert_eq!(room.live().len(), 1);
}
