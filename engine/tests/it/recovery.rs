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

/// A call on its way to the one agent of a queue, and its dialing.
fn called_for(agent: &str) -> (Room, uuid::Uuid) {
    let mut room = Room::ready(queue_plan(engine::model::DialMode::Progressive), 1);
    room.queue("sales", &[member(agent, 1)]);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let dialing = room.live()[0];
    (room, dialing)
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
    let (mut before, dialing) = called_for("PJSIP/ann");
    before.add_leads([lead(2, &["100"])]);
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
    room.wait_ms(10_000);
    assert_eq!(room.lists_asked.len(), 2, "at the start, and after ten seconds with a call");
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
    room.pbx(PBX, PbxInput::Channels { asked, up: Default::default(), unreached: Default::default() });
    assert!(!room.engine.is_ready(PBX));
    room.wait_ms(10_000);
    assert_eq!(room.ended.len(), 0);
}

#[test]
fn a_list_that_never_comes_is_asked_for_again() {
    let mut room = Room::new(Limits::default(), catalog(robo()));
    room.pbx(PBX, PbxInput::Up);
    room.wait_ms(10_000);
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

#[test]
fn a_claim_that_never_reached_its_asterisk_goes_back_and_is_dialed_at_once() {
    let before = Room::running(Plan { retry_delay_ms: 60_000, ..robo() }, 3);
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    let live = before.live();
    // Asterisk was told of the first two; of these one is up.
    room.channels_reached(PBX, &[(live[0], up(false, false))], Some(2));
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    assert_eq!(room.compared, [[1, 1, 1]]);
    room.wait_ms(3_000);
    assert_eq!((room.outcomes(), room.released), (vec![Outcome::Unknown], 0));
    room.wait_ms(3_999);
    assert_eq!(
        (room.originated.len(), room.released),
        (0, 0),
        "it may still come from a session that was given up"
    );
    room.wait_ms(1);
    assert_eq!((room.originated.len(), room.released, room.ended.len()), (1, 1, 1));
    assert_eq!(room.store.rows[2].lead.tries[0], 0, "nobody's phone has rung");
    assert_eq!(room.originated[0].1.lead, room.store.rows[2].lead.uuid);
    assert!(room.originated[0].1.serial > 3, "serials only grow");
}

#[test]
fn a_claim_of_which_something_is_heard_late_was_not_unreached() {
    let before = Room::running(robo(), 1);
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels_reached(PBX, &[], Some(0));
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    let dialing = before.live()[0];
    room.wait_ms(5_000);
    room.call(dialing, channel());
    room.wait_ms(60_000);
    assert_eq!((room.released, room.originated.len(), room.ended.len()), (0, 0, 0));
    room.call(dialing, failure(0));
    room.call(dialing, hangup(17));
    assert_eq!(room.outcomes(), [Outcome::Busy]);
}

#[test]
fn a_call_that_was_lost_on_the_way_to_its_asterisk_has_a_result_and_is_no_try() {
    let mut room = Room::running(robo(), 1);
    room.pbx(PBX, PbxInput::Down);
    room.wait_ms(4_000);
    room.pbx(PBX, PbxInput::Up);
    room.channels_reached(PBX, &[], Some(0));
    // The session was reset: nothing of it is on the way for long.
    room.wait_ms(2_999);
    assert!(room.ended.is_empty());
    room.wait_ms(1);
    assert_eq!(room.outcomes(), [Outcome::Refused]);
    assert_eq!(room.store.rows[0].lead.tries[0], 0);
    let detail = room.ended[0].dialing.progress.res_dial_detail.clone();
    assert_eq!(detail.as_deref(), Some("The call never reached Asterisk: it was not connected"));
}

#[test]
fn a_call_that_was_lost_a_moment_before_the_connection_is_missed_by_the_first_comparison() {
    let mut room = Room::running(robo(), 1);
    room.wait_ms(100);
    room.pbx(PBX, PbxInput::Down);
    room.wait_ms(200);
    room.pbx(PBX, PbxInput::Up);
    room.channels_reached(PBX, &[], Some(0));
    room.wait_ms(3_000);
    assert_eq!(room.outcomes(), [Outcome::Refused]);
    // One of this session may only not have its channel yet.
    let mut room = Room::running(robo(), 1);
    room.wait_ms(100);
    room.channels_reached(PBX, &[], Some(0));
    room.wait_ms(3_000);
    assert!(room.ended.is_empty());
}

#[test]
fn where_asterisk_does_not_know_what_reached_it_a_missing_claim_is_a_try() {
    let before = Room::running(robo(), 1);
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels_reached(PBX, &[], None);
    room.wait_ms(3_000);
    assert_eq!(room.outcomes(), [Outcome::Unknown]);
    assert_eq!(room.store.rows[0].lead.tries[0], 1);
}

/// What became of a call that was answered, and ended while the daemon was down.
fn ended_meanwhile(events: &[engine::input::CallEvent]) -> (Outcome, u16, Option<String>, Option<String>) {
    let (mut before, dialing) = called_for("Ann");
    before.answer(dialing);
    events.iter().for_each(|event| before.call(dialing, event.clone()));
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels_reached(PBX, &[], Some(1));
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    room.wait_ms(3_000);
    let ended = room.ended.pop().unwrap();
    assert!(ended.done && ended.counts, "who has answered is not called again");
    assert_eq!(room.store.rows[0].lead.tries[0], 1);
    let progress = ended.dialing.progress;
    (ended.outcome, progress.res_dial, progress.res_dial_detail, progress.agent)
}

#[test]
fn what_was_heard_of_an_answer_outlives_the_daemon() {
    let (ann, text) = (Some("Ann".to_owned()), Some("Answered".to_owned()));
    assert_eq!(ended_meanwhile(&[joined(), connected()]), (Outcome::Answered, 4, text.clone(), ann));
    let unseen = Some("Answered; what became of it was not seen".to_owned());
    assert_eq!(ended_meanwhile(&[joined()]), (Outcome::Unknown, 4, unseen, None));
    let given_up = engine::input::CallEvent::QueueGaveUp { status: "TIMEOUT".into() };
    assert_eq!(ended_meanwhile(&[joined(), given_up]), (Outcome::Abandoned, 4, text, None));
}

#[test]
fn an_agent_who_took_a_call_while_the_daemon_was_down_is_named_by_his_bridge() {
    let (before, dialing) = called_for("PJSIP/ann");
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    let (queue, partner) = (Some("sales".to_owned()), Some("PJSIP/ann-00000001".to_owned()));
    room.channels(PBX, &[(dialing, engine::input::ChannelUp { queue, partner, ..up(true, true) })]);
    let shown = |room: &Room| {
        let progress = &room.engine.dialing(dialing).unwrap().progress;
        (progress.queue.clone(), progress.agent.clone())
    };
    assert_eq!(shown(&room), (Some("sales".to_owned()), None), "the members are not known yet");
    room.queue("sales", &[member("PJSIP/ann", 2)]);
    assert_eq!(shown(&room), (Some("sales".to_owned()), Some("PJSIP/ann".to_owned())));
    room.call(dialing, hangup(16));
    assert_eq!(room.outcomes(), [Outcome::Answered]);
}

#[test]
fn a_tally_that_was_written_with_an_answer_counts_once() {
    let (mut before, dialing) = called_for("Ann");
    before.answer(dialing);
    before.call(dialing, joined());
    before.call(dialing, connected());
    let mut room = restarted(&before);
    room.connect(PBX);
    room.wait_ms(3_000);
    assert_eq!(room.ended.len(), 1);
    assert_eq!(room.ended[0].tally.as_ref().map(|tally| tally.counts.answered_persons), Some(1));
}

#[test]
fn a_channel_of_no_dialing_is_hung_up_and_said_once() {
    let mut room = Room::running(robo(), 1);
    let dialing = room.live()[0];
    room.wait_ms(10_000);
    room.channels(PBX, &[]);
    room.wait_ms(3_000);
    assert_eq!(room.outcomes(), [Outcome::Unknown]);
    let hangups = room.hangups.len();
    room.channels(PBX, &[(dialing, up(true, false))]);
    assert_eq!((room.hangups.len(), room.orphans.len()), (hangups, 0), "its Hangup may be on the way");
    let lists = room.lists_asked.len();
    room.wait_ms(5_000);
    assert_eq!(room.lists_asked.len(), lists + 1, "it is looked for again");
    room.channels(PBX, &[(dialing, up(true, false))]);
    assert_eq!(room.hangups[hangups..], [(PBX, dialing.to_string())]);
    room.wait_ms(10_000);
    room.channels(PBX, &[(dialing, up(true, false))]);
    assert_eq!((room.hangups.len(), room.orphans.as_slice()), (hangups + 2, &[dialing][..]));
    room.channels(PBX, &[]);
    room.wait_ms(60_000);
    assert_eq!(room.hangups.len(), hangups + 2);
}

#[test]
fn channels_of_others_and_those_that_talk_are_left_alone() {
    let mut room = Room::running(robo(), 0);
    let ours = STORE.dialing(uuid::Uuid::from_u128(9 << 64));
    let channels = [(uuid::Uuid::from_u128(7), up(false, false)), (ours, up(true, true))];
    for _ in 0..3 {
        room.channels(PBX, &channels);
        room.wait_ms(10_000);
    }
    assert_eq!((room.hangups.len(), room.orphans.as_slice()), (0, &[ours][..]));
}

#[test]
fn a_list_that_is_older_than_what_was_heard_of_a_call_says_nothing_about_it() {
    let mut room = Room::running(robo(), 1);
    let dialing = room.live()[0];
    // Its Originate was stuck on the way; its channel comes up behind the list and is told before it.
    room.wait_ms(4_000);
    let asked = room.now.mono;
    room.wait_ms(5);
    room.call(dialing, channel());
    room.pbx(PBX, PbxInput::Channels { asked, up: Default::default(), unreached: Default::default() });
    room.wait_ms(4_000);
    assert_eq!(room.live(), [dialing]);
    room.channels(PBX, &[]);
    room.wait_ms(3_000);
    assert_eq!(room.outcomes(), [Outcome::Unknown], "a later list is believed");
}
