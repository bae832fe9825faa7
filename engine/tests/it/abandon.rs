//! Which calls count as abandoned, for whom, on which day; and what that leaves.

use std::sync::Arc;

use engine::abandon::{BudgetState, Counts, Day, Tally};
use engine::dialing::Outcome;
use engine::input::CallEvent;
use engine::model::{AmdMode, Change, DialMode, Plan, Rules};
use uuid::Uuid;

use crate::support::*;

/// The day of the rooms: 2026-11-23.
const TODAY: Day = Day(20_780);
const OTHER: Uuid = Uuid::from_u128(0xcb);

fn set<T: Rules>(rules: &mut T, settings: &[(&str, &str)]) {
    settings.iter().for_each(|(name, text)| rules.set(name, text).unwrap());
}

fn plan(settings: &[(&str, &str)]) -> Plan {
    let mut plan = queue_plan(DialMode::Robo);
    set(&mut plan.rules, settings);
    plan
}

fn timeout() -> CallEvent {
    CallEvent::QueueGaveUp { status: "TIMEOUT".into() }
}

fn amd(status: &str) -> CallEvent {
    CallEvent::Amd { status: status.into() }
}

/// One call under this plan: answered, then these events, each so many milliseconds after the one before.
fn call(plan: Plan, events: &[(u64, CallEvent)]) -> Came {
    let mut room = Room::running(plan, 1);
    let dialing = room.live()[0];
    room.answer(dialing);
    for (wait_ms, event) in events {
        room.wait_ms(*wait_ms);
        room.call(dialing, event.clone());
    }
    assert_eq!(room.ended.len(), 1, "{events:?}");
    let ended = &room.ended[0];
    (ended.outcome, ended.tally.as_ref().map(|tally| tally.counts))
}

fn counts(answered_persons: u64, abandoned: u64, late: u64) -> Option<Counts> {
    Some(Counts { answered_all: 1, answered_persons, abandoned, late })
}

type Came = (Outcome, Option<Counts>);

fn served() -> Came {
    (Outcome::Answered, counts(1, 0, 0))
}

fn abandoned() -> Came {
    (Outcome::Abandoned, counts(1, 1, 0))
}

fn late() -> Came {
    (Outcome::Answered, counts(1, 0, 1))
}

#[test]
fn a_person_who_waited_in_vain_is_abandoned_and_one_who_left_before_is_not() {
    use CallEvent::QueueAbandoned;
    let (five, default) = (plan(&[("AbandonSeconds", "5")]), plan(&[]));
    let gone = || (0, hangup(16));
    let table = [
        ("early", &five, vec![(0, joined()), (4_999, QueueAbandoned), gone()], served()),
        ("late", &five, vec![(0, joined()), (5_000, QueueAbandoned), gone()], abandoned()),
        ("early, only the end was heard", &five, vec![(0, joined()), (4_000, hangup(16))], served()),
        ("early by default", &default, vec![(0, joined()), (1_999, hangup(16))], served()),
        ("late by default", &default, vec![(0, joined()), (2_000, hangup(16))], abandoned()),
        ("never seen in the queue", &five, vec![(10, hangup(16))], abandoned()),
        ("an agent in time", &five, vec![(0, joined()), (5_000, connected()), (9_000, hangup(16))], served()),
        ("an agent too late", &five, vec![(0, joined()), (5_300, connected()), (9_000, hangup(16))], late()),
    ];
    for (name, plan, events, came) in table {
        assert_eq!(call(plan.clone(), &events), came, "{name}");
    }
}

#[test]
fn whom_the_queue_gives_up_is_abandoned_whatever_our_clock_says() {
    use CallEvent::QueueAbandoned;
    let five = plan(&[("AbandonSeconds", "5")]);
    let given_up = |end| vec![(0, joined()), (4_100, QueueAbandoned), (0, timeout()), end];
    let refused = || CallEvent::QueueGaveUp { status: "JOINEMPTY".into() };
    let unknown = || CallEvent::QueueGaveUp { status: String::new() };
    let table = [
        ("the message was heard", given_up((6_000, hangup(16)))),
        ("the message was not heard to its end", given_up((100, hangup(0)))),
        ("the queue did not take it", vec![(0, refused()), (0, hangup(16))]),
        ("there is no such queue", vec![(0, unknown()), (0, hangup(16))]),
    ];
    for (name, events) in table {
        assert_eq!(call(five.clone(), &events), abandoned(), "{name}");
    }
}

#[test]
fn with_detection_the_seconds_run_from_its_end_or_from_the_answer() {
    let detecting = |from| {
        let amd_mode = AmdMode::from_code(AmdMode::HUMAN).unwrap();
        Plan { amd_mode, ..plan(&[("AbandonSeconds", "3"), ("AbandonFrom", from)]) }
    };
    let (greeting, answer) = (detecting("greeting"), detecting("answer"));
    let waits = |ms| vec![(2_000, amd("HUMAN")), (0, joined()), (ms, hangup(16))];
    let taken = |ms| vec![(2_000, amd("HUMAN")), (0, joined()), (ms, connected()), (0, hangup(16))];
    let table = [
        ("left early", &greeting, waits(2_999), served()),
        ("left late", &greeting, waits(3_000), abandoned()),
        ("left early by the answer", &answer, waits(999), served()),
        ("left late by the answer", &answer, waits(1_000), abandoned()),
        ("taken in time", &greeting, taken(3_000), served()),
        ("taken late by the answer", &answer, taken(3_000), late()),
        (
            "a machine",
            &greeting,
            vec![(2_000, amd("MACHINE")), (0, hangup(16))],
            (Outcome::Machine, counts(0, 0, 0)),
        ),
        (
            "detection was not heard of, the queue was",
            &greeting,
            vec![(2_000, timeout()), (0, hangup(16))],
            abandoned(),
        ),
        ("hung up in detection", &greeting, vec![(9_000, hangup(16))], (Outcome::Answered, counts(0, 0, 0))),
    ];
    for (name, plan, events, came) in table {
        assert_eq!(call(plan.clone(), &events), came, "{name}");
    }
}

#[test]
fn calls_that_are_for_no_queue_or_not_answered_count_nothing() {
    assert_eq!(call(robo(), &[(60_000, hangup(16))]), (Outcome::Answered, None));
    let mut room = Room::running(plan(&[]), 1);
    room.fail(room.live()[0], 17);
    assert_eq!(room.ended[0].tally, None);
}

#[test]
fn whom_we_hang_up_on_while_he_waits_is_abandoned_however_soon() {
    let mut room = Room::running(plan(&[("AbandonSeconds", "5")]), 1);
    let dialing = room.live()[0];
    room.answer(dialing);
    room.call(dialing, joined());
    room.ask(CAMPAIGN, engine::model::CampaignStatus::ForceStopping);
    room.call(dialing, hangup(16));
    assert_eq!(room.outcomes(), [Outcome::Abandoned]);
}

#[test]
fn who_hears_the_message_waits_for_no_agent_any_more() {
    let mut room = Room::ready(queue_plan(DialMode::Progressive), 2);
    room.queue("sales", &[member("PJSIP/ann", 1)]);
    room.ask(CAMPAIGN, engine::model::CampaignStatus::Start);
    let dialing = room.live()[0];
    room.answer(dialing);
    room.call(dialing, joined());
    assert_eq!(room.originated.len(), 1, "Ann is for the caller who waits");
    room.call(dialing, CallEvent::QueueAbandoned);
    room.call(dialing, timeout());
    assert_eq!(room.originated.len(), 2, "he is given up, and Ann is free for another");
}

/// A predictive campaign whose budget holds what `tallies` say.
fn budgeted(settings: &[(&str, &str)], tallies: &[(&str, i32, u64, u64)]) -> Room {
    let mut predictive = Plan { dial_mode: DialMode::Predictive, ..plan(settings) };
    predictive.dial_mode = DialMode::Predictive;
    let mut room = Room::ready(predictive, 3);
    let tally = |(budget, ago, answered, abandoned): &(&str, i32, u64, u64)| Tally {
        budget: (*budget).to_owned(),
        day: TODAY.plus(-ago),
        counts: Counts {
            answered_all: *answered,
            answered_persons: *answered,
            abandoned: *abandoned,
            late: 0,
        },
    };
    room.engine.load_tallies(tallies.iter().map(tally));
    room
}

fn state(room: &Room) -> BudgetState {
    room.engine.budget_state(CAMPAIGN, room.now)
}

#[test]
fn a_budget_holds_what_earlier_runs_have_counted() {
    let own = CAMPAIGN.to_string();
    let mut room = budgeted(
        &[("AbandonWindow", "1,30")],
        &[(&own, 0, 100, 3), (&own, 29, 841, 28), ("other", 0, 50, 50)],
    );
    let BudgetState::UsedUp(used_up) = state(&room) else { panic!("{:?}", state(&room)) };
    let found = (used_up.window_days, used_up.abandoned, used_up.answered);
    assert_eq!(found, (30, 31, 941), "today's 3 of 100 are over too, but not for so long");
    let text = "the abandon budget is used up (3.29 % of 941 answered by persons in 30 days, cap 3 %): one call for each \
                idle agent until about 2026-12-23 or 125 more answers";
    assert_eq!(used_up.to_string(), text);
    room.change_plan(|plan| set(&mut plan.rules, &[("AbandonWindow", "1")]));
    let BudgetState::UsedUp(used_up) = state(&room) else { panic!("{:?}", state(&room)) };
    let text = "the abandon budget is used up (3 % of 100 answered by persons today, cap 3 %): one call for each idle \
                agent until about 2026-11-24 or 33 more answers";
    assert_eq!(used_up.to_string(), text);
    room.change_plan(|plan| set(&mut plan.rules, &[("AbandonWindow", "30"), ("AbandonCap", "5")]));
    assert_eq!(state(&room), BudgetState::Free { left: 16 });
    room.change_plan(|plan| set(&mut plan.rules, &[("AbandonCap", ""), ("AbandonRule", "none")]));
    assert_eq!(state(&room), BudgetState::NoCap);
    assert_eq!(room.engine.budget_state(OTHER, room.now), BudgetState::NoCap, "an unknown campaign");
}

#[test]
fn people_see_each_window_of_the_rule_with_what_it_holds() {
    let own = CAMPAIGN.to_string();
    let tallies = [(own.as_str(), 0, 100, 2), (&own, 29, 841, 28), (&own, 30, 7, 7), ("other", 0, 50, 50)];
    let room = budgeted(&[("AbandonWindow", "1,30")], &tallies);
    let Some(view) = room.engine.abandon_view(CAMPAIGN, room.now) else { panic!("no view") };
    let held: Vec<_> = view.windows.iter().map(|(days, c)| (*days, c.answered_persons, c.broken())).collect();
    assert_eq!(held, [(1, 100, 2), (30, 941, 30)]);
    assert_eq!((view.rule.cap, view.state), (Some(300), state(&room)));
    assert_eq!(room.engine.abandon_view(OTHER, room.now), None, "an unknown campaign");
}

#[test]
fn the_first_abandoned_call_uses_a_new_budget_up_and_answers_earn_more() {
    let mut room = Room::running(plan(&[]), 80);
    assert_eq!(state(&room), BudgetState::Free { left: 1 });
    let live = room.live();
    room.answer(live[0]);
    room.call(live[0], joined());
    room.call(live[0], timeout());
    assert_eq!(state(&room), BudgetState::Free { left: 1 }, "counted when it is over");
    room.call(live[0], hangup(16));
    let BudgetState::UsedUp(used_up) = state(&room) else { panic!("{:?}", state(&room)) };
    assert_eq!((used_up.answered, used_up.more_answers, used_up.more_on), (1, 65, TODAY.plus(30)));
    for dialing in &live[1..65] {
        room.answer(*dialing);
        room.call(*dialing, connected());
    }
    assert!(matches!(state(&room), BudgetState::UsedUp(_)));
    room.answer(live[65]);
    room.call(live[65], connected());
    assert_eq!(state(&room), BudgetState::Free { left: 1 }, "counted when an agent takes it");
    room.call(live[65], hangup(16));
    assert_eq!(state(&room), BudgetState::Free { left: 1 }, "and not once more at its end");
    let sum: u64 =
        room.ended.iter().filter_map(|ended| ended.tally.as_ref()).map(|t| t.counts.answered_all).sum();
    assert_eq!(sum, 2, "each result carries its own call");
}

#[test]
fn campaigns_of_a_group_share_a_budget() {
    let mut room = budgeted(&[], &[("spring", 0, 10, 1)]);
    let mut other = campaign(OTHER);
    set(&mut other.rules, &[("AbandonGroup", "spring")]);
    room.change(Change::CampaignCreated(Arc::new(other)));
    assert_eq!(state(&room), BudgetState::Free { left: 1 }, "not in the group");
    room.change_campaign(CAMPAIGN, |row| set(&mut row.rules, &[("AbandonGroup", "spring")]));
    for campaign in [CAMPAIGN, OTHER] {
        let state = room.engine.budget_state(campaign, room.now);
        assert!(matches!(state, BudgetState::UsedUp(ref used_up) if used_up.answered == 10), "{state:?}");
    }
    room.change_plan(|plan| plan.dial_mode = DialMode::Robo);
    room.ask(OTHER, engine::model::CampaignStatus::Start);
    for dialing in room.live() {
        room.answer(dialing);
        room.call(dialing, connected());
        room.call(dialing, hangup(16));
    }
    assert!(room.ended.iter().all(|ended| ended.tally.as_ref().is_some_and(|t| t.budget == "spring")));
    let BudgetState::UsedUp(used_up) = state(&room) else { panic!("{:?}", state(&room)) };
    assert_eq!(used_up.answered, 13);
}

#[test]
fn a_day_is_the_campaigns_own() {
    // 12:36 UTC is already tomorrow in Auckland, and still today in Berlin.
    for (zone, day) in
        [("Pacific/Auckland", TODAY.plus(1)), ("Europe/Berlin", TODAY), ("Pacific/Pago_Pago", TODAY)]
    {
        let mut room = Room::ready(plan(&[]), 1);
        room.change_campaign(CAMPAIGN, |row| set(&mut row.rules, &[("ScTimeZone", zone)]));
        room.ask(CAMPAIGN, engine::model::CampaignStatus::Start);
        let dialing = room.live()[0];
        room.answer(dialing);
        room.call(dialing, timeout());
        room.wait_ms(24 * 3_600_000);
        room.call(dialing, hangup(16));
        let tally = room.ended[0].tally.clone().unwrap();
        assert_eq!((tally.day, tally.budget), (day, CAMPAIGN.to_string()), "{zone}: the day of the answer");
    }
}

#[test]
fn at_midnight_a_budget_of_one_day_begins_anew() {
    let own = CAMPAIGN.to_string();
    let mut room = budgeted(&[("AbandonRule", "ofcom")], &[(&own, 0, 10, 1)]);
    room.wait_ms(11 * 3_600_000);
    assert!(matches!(state(&room), BudgetState::UsedUp(_)), "23:36");
    room.wait_ms(24 * 60_000);
    assert_eq!(state(&room), BudgetState::Free { left: 1 }, "00:00");
}
