//! What the events of a call come to.

use engine::Input;
use engine::dialing::{DialingStatus, Outcome};
use engine::limits::Limits;
use engine::model::{CampaignStatus, ListEnd, Plan};
use engine::notify::Notify;
use engine::pacing::Limit;
use engine::value::{Tech, Trunks};
use uuid::Uuid;

use crate::support::store::Closed;
use crate::support::*;

fn waiting_plan() -> Plan {
    Plan { list_end: ListEnd::KeepRunning, ..robo() }
}

#[test]
fn numbers_are_tried_in_order_and_only_so_often() {
    let plan = Plan { max_tries: [2, 1, 1, 1, 1, 1, 1, 1], retry_delay_ms: 1000, ..robo() };
    let mut room = Room::ready(plan, 0);
    room.store.add(lead(1, &["100", "200"]));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    for _ in 0..3 {
        room.fail(room.live()[0], 17);
        room.wait_ms(1000);
    }
    let dialed: Vec<_> =
        room.originated.iter().map(|(_, s)| (s.address.as_str(), s.index, s.try_count)).collect();
    assert_eq!(dialed, [("100", 1, 1), ("100", 1, 2), ("200", 2, 1)]);
    assert_eq!(room.status(CAMPAIGN), 0, "no number is left");
}

#[test]
fn a_sip_address_is_dialed_by_no_technology_that_has_none() {
    let plan = Plan {
        tech_name: Tech::parse("Local").ok(),
        trunk_name: Trunks::parse("pstn").ok(),
        max_tries: [2, 1, 1, 1, 1, 1, 1, 1],
        retry_delay_ms: 1_000,
        ..robo()
    };
    let mut room = Room::ready(plan, 0);
    room.store.add(lead(1, &["sip:bob@10.0.0.1", "200"]));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.wait_ms(1_000);
    room.wait_ms(1_000);
    assert_eq!(room.outcomes(), [Outcome::Refused; 2]);
    let detail = room.ended[0].dialing.progress.res_dial_detail.as_deref();
    assert_eq!(detail, Some("The plan's TechName cannot dial a sip: address"));
    let dialed: Vec<_> = room.originated.iter().map(|(_, s)| s.channel.as_str()).collect();
    assert_eq!(dialed, ["Local/200@pstn/n"], "the number behind it is dialed");
}

#[test]
fn the_retry_delay_is_kept_to_the_millisecond() {
    let mut room = Room::running(Plan { retry_delay_ms: 12_345, ..robo() }, 1);
    room.fail(room.live()[0], 17);
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::RetryDelay));
    let due = engine::time::Mono(room.now.mono.0 + 12_345_000);
    assert_eq!(room.engine.poll_timeout(), Some(due), "nothing is looked at before");
    room.wait_ms(12_344);
    assert_eq!(room.live().len(), 0);
    room.wait_ms(1);
    assert_eq!(room.live().len(), 1);
}

#[test]
fn an_answered_lead_is_done() {
    let mut room = Room::running(Plan { retry_delay_ms: 0, ..waiting_plan() }, 1);
    let dialing = room.live()[0];
    room.answer(dialing);
    room.call(dialing, hangup(16));
    room.wait_ms(100_000);
    assert_eq!((room.outcomes(), room.originated.len()), (vec![Outcome::Answered], 1));
    assert!(room.ended[0].done);
}

#[test]
fn a_refused_originate_counts_only_where_the_number_is_at_fault() {
    for (message, tries) in
        [("Permission denied", 0), ("Asterisk is shutting down", 0), ("Invalid channel", 1)]
    {
        let mut room = Room::running(waiting_plan(), 1);
        room.call(room.live()[0], refused(message));
        assert_eq!(room.outcomes(), [Outcome::Refused]);
        assert_eq!(room.ended[0].dialing.progress.status, DialingStatus::Error);
        assert_eq!(room.store.rows[0].lead.tries[0], tries, "{message}");
        assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::RetryDelay), "not at once again");
    }
}

#[test]
fn a_failure_without_a_channel_ends_the_call_when_none_is_told_of_within_a_second() {
    let mut room = Room::running(waiting_plan(), 1);
    let dialing = room.live()[0];
    room.call(dialing, ACCEPTED);
    room.call(dialing, failure(0));
    room.wait_ms(999);
    assert_eq!(room.outcomes(), []);
    room.wait_ms(1);
    assert_eq!(room.outcomes(), [Outcome::Failed]);
}

#[test]
fn the_second_of_the_two_last_events_is_waited_for_only_so_long() {
    for (first, outcome) in [(hangup(17), Outcome::Busy), (failure(3), Outcome::NoAnswer)] {
        let mut room = Room::running(waiting_plan(), 1);
        let dialing = room.live()[0];
        room.call(dialing, channel());
        room.call(dialing, first);
        room.wait_ms(2999);
        assert_eq!(room.ended.len(), 0);
        room.wait_ms(1);
        assert_eq!(room.outcomes(), [outcome]);
    }
}

#[test]
fn a_call_that_was_with_an_agent_was_answered_even_if_the_answer_was_missed() {
    let mut room = Room::running(waiting_plan(), 1);
    let dialing = room.live()[0];
    for event in [channel(), connected(), hangup(16)] {
        room.call(dialing, event);
    }
    room.wait_ms(3000);
    assert_eq!(room.outcomes(), [Outcome::Answered]);
    assert!(room.ended[0].done, "this customer is not called again");
}

#[test]
fn late_doubled_and_unknown_events_do_nothing() {
    let mut room = Room::running(waiting_plan(), 1);
    let dialing = room.live()[0];
    for _ in 0..2 {
        for event in [ACCEPTED, channel(), dial_end("ANSWER"), SUCCESS, joined()] {
            room.call(dialing, event);
        }
    }
    room.call(dialing, refused("a second error"));
    room.call(dialing, hangup(16));
    let notes = room.notes.len();
    for event in [hangup(17), failure(0), channel(), connected(), refused("late")] {
        room.call(dialing, event.clone());
        room.call(Uuid::from_u128(77), event);
    }
    room.wait_ms(10_000);
    assert_eq!((room.ended.len(), room.notes.len()), (1, notes));
}

#[test]
fn clients_hear_one_create_first_and_one_delete_last() {
    let mut room = Room::running(waiting_plan(), 1);
    let dialing = room.live()[0];
    room.answer(dialing);
    room.call(dialing, hangup(16));
    room.call(dialing, hangup(16));
    let codes: Vec<i32> = room
        .notes
        .iter()
        .filter_map(|note| match note {
            Notify::DialingCreated(_) => Some(-1),
            Notify::DialingUpdated(dialing) => Some(i32::from(dialing.progress.status.code())),
            Notify::DialingDeleted(_) => Some(-2),
            _ => None,
        })
        .collect();
    assert_eq!(codes, [-1, 1, 3, 4, 5, 6, -2]);
}

#[test]
fn a_list_whose_returned_leads_others_have_taken_is_not_asked_for_them_for_ever() {
    let plan = Plan { retry_delay_ms: 1_000, ..robo() };
    let mut room = Room::new(Limits { max_channels: 5, max_cps: 1000.0 }, catalog(plan));
    (1..=5).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.hold_claims = true;
    // Two calls end while the requests for the next ones are on their way; their leads are dialed by somebody else.
    for dialing in room.live().into_iter().take(2) {
        room.fail(dialing, 17);
    }
    room.store.rows.iter_mut().for_each(|row| row.closed = Closed::Aside);
    room.wait_ms(1_500);
    let mut answered = 0;
    while !room.claims.is_empty() && answered < 20 {
        let (request, claim) = room.claims.remove(0);
        let claimed = Some(room.store.claim(&claim));
        room.input(Input::Leads { request, claimed });
        answered += 1;
    }
    assert!(answered < 10, "each answer leads to the next request");
}
