//! Restarts, lost connections, and comparisons with what Asterisk has.

use engine::PbxInput;
use engine::dialing::Outcome;
use engine::limits::Limits;
use engine::model::{CampaignStatus, Plan};

use crate::support::*;

/// The room after the process was killed and started again, a second later.
fn restarted(room: &Room) -> Room {
    let now = engine::time::Now {
        mono: engine::time::Mono(0),
        wall: engine::time::Wall(room.now.wall.0 + 1_000_000_000),
        offset_s: 0,
    };
    Room::over(room.limits, room.engine.catalog().clone(), room.store.clone(), now)
}

#[test]
fn open_claims_that_are_up_are_taken_over_and_the_missing_end_as_unknown() {
    let mut before = Room::running(Plan { retry_delay_ms: 60_000, ..robo() }, 3);
    let live = before.live();
    before.answer(live[1]);
    let mut room = restarted(&before);
    assert_eq!(room.engine.dialings().count(), 3);
    room.pbx(PBX, PbxInput::Up);
    room.channels(PBX, &[(live[0], up(false, false)), (live[1], up(true, true))]);
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    assert_eq!((room.ended.len(), room.originated.len()), (0, 0));
    room.wait_ms(2_999);
    assert_eq!(room.ended.len(), 0);
    room.wait_ms(1);
    assert_eq!(room.outcomes(), [Outcome::Unknown]);
    assert_eq!(room.store.rows[2].lead.tries[0], 1, "it counts as a try");
    room.call(live[1], hangup(16));
    room.call(live[0], failure(3));
    room.call(live[0], hangup(19));
    assert_eq!(room.outcomes(), [Outcome::Unknown, Outcome::Answered, Outcome::NoAnswer]);
    room.wait_ms(56_000);
    assert_eq!(room.originated.len(), 0, "the retry delay is kept");
    room.wait_ms(10_000);
    assert_eq!(room.originated.len(), 2);
}

#[test]
fn an_open_claim_is_not_dialed_again_while_its_asterisk_is_away() {
    let before = Room::running(Plan { retry_delay_ms: 0, ..robo() }, 1);
    let mut room = restarted(&before);
    room.connect(engine::PbxId(1));
    room.wait_ms(600_000);
    assert_eq!((room.ended.len(), room.originated.len()), (0, 0));
}

#[test]
fn a_recovered_call_with_an_agent_does_not_take_another_agent() {
    let plan = queue_plan(engine::model::DialMode::Progressive);
    let mut before = Room::ready(plan, 2);
    before.queue("sales", &[member("PJSIP/ann", 1)]);
    before.ask(CAMPAIGN, CampaignStatus::Start);
    let dialing = before.live()[0];
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels(PBX, &[(dialing, up(true, true))]);
    room.queue("sales", &[member("PJSIP/ann", 2), member("PJSIP/bob", 1)]);
    assert_eq!(room.originated.len(), 1, "Bob is free, and only he");
}

#[test]
fn a_comparison_finds_a_lost_hangup() {
    let mut room = Room::running(robo(), 1);
    let dialing = room.live()[0];
    room.answer(dialing);
    room.wait_ms(30_000);
    assert_eq!(room.lists_asked.len(), 2, "at the start, and after half a minute with a call");
    room.channels(PBX, &[]);
    room.wait_ms(3_000);
    assert_eq!(room.outcomes(), [Outcome::Answered]);
    room.wait_ms(120_000);
    assert_eq!(room.engine.poll_timeout(), None, "no call, no comparison");
}

#[test]
fn a_call_that_is_younger_than_the_list_is_not_lost() {
    let mut room = Room::running(robo(), 1);
    room.wait_ms(2_000);
    room.channels(PBX, &[]);
    room.wait_ms(10_000);
    assert_eq!(room.ended.len(), 0);
}

#[test]
fn a_call_that_shows_a_sign_of_life_after_the_list_is_not_lost() {
    let mut room = Room::running(robo(), 1);
    let dialing = room.live()[0];
    room.wait_ms(10_000);
    room.channels(PBX, &[]);
    room.call(dialing, channel());
    room.wait_ms(10_000);
    assert_eq!(room.ended.len(), 0);
    room.channels(PBX, &[]);
    room.channels(PBX, &[(dialing, up(false, false))]);
    room.wait_ms(10_000);
    assert_eq!(room.ended.len(), 0, "the later list has it");
}

#[test]
fn a_list_from_before_asterisk_was_away_says_nothing() {
    let mut room = Room::running(robo(), 1);
    room.wait_ms(10_000);
    let asked = room.now.mono;
    room.wait_ms(10);
    room.pbx(PBX, PbxInput::Down);
    room.pbx(PBX, PbxInput::Up);
    room.pbx(PBX, PbxInput::Channels { asked, up: Default::default() });
    assert!(!room.engine.is_ready(PBX));
    room.wait_ms(10_000);
    assert_eq!(room.ended.len(), 0);
}

#[test]
fn a_list_that_never_comes_is_asked_for_again() {
    let mut room = Room::new(Limits::default(), catalog(robo()));
    room.pbx(PBX, PbxInput::Up);
    room.wait_ms(30_000);
    assert_eq!(room.lists_asked.len(), 2);
}

#[test]
fn a_campaign_whose_asterisk_never_comes_back_stops_after_an_hour() {
    for status in [CampaignStatus::Stop, CampaignStatus::ForceStopping] {
        let mut room = Room::running(robo(), 2);
        room.answer(room.live()[0]);
        room.pbx(PBX, PbxInput::Down);
        room.ask(CAMPAIGN, status);
        room.wait_ms(3_599_000);
        assert_ne!(room.status(CAMPAIGN), 0);
        room.wait_ms(1_000);
        assert_eq!(room.status(CAMPAIGN), 0);
        assert_eq!(room.outcomes(), [Outcome::Answered, Outcome::Unknown]);
        assert_eq!(room.hangups.len(), 0, "nobody could be asked");
    }
}

#[test]
fn hang_ups_are_asked_for_when_asterisk_is_back() {
    let mut room = Room::running(robo(), 1);
    room.pbx(PBX, PbxInput::Down);
    room.ask(CAMPAIGN, CampaignStatus::ForceStopping);
    room.wait_ms(60_000);
    room.pbx(PBX, PbxInput::Up);
    assert_eq!(room.hangups.len(), 1);
}

#[test]
fn a_shut_down_places_no_more_calls_and_keeps_those_that_are_up() {
    let mut room = Room::running(robo(), 1);
    room.input(engine::Input::ShutDown);
    room.add_leads([lead(2, &["100"])]);
    assert_eq!((room.live().len(), room.status(CAMPAIGN)), (1, 1));
}
