//! Mode 2: offers to agents, and the calls of those that are accepted.

use engine::dialing::Outcome;
use engine::input::{CallEvent, Member};
use engine::limits::Limits;
use engine::model::{CampaignStatus, DialMode, LeadStatus, ListEnd, Plan, Rules};
use engine::notify::Notify;
use engine::pacing::Limit;
use engine::preview::{Declined, OfferEnd, agent_channel};
use engine::{Input, PbxId, PbxInput};
use uuid::Uuid;

use crate::support::*;

const ANN: &str = "PJSIP/ann";
const BOB: &str = "PJSIP/bob";

fn plan() -> Plan {
    let mut plan = Plan { list_end: ListEnd::KeepRunning, ..queue_plan(DialMode::Desktop) };
    plan.rules.set("PreviewSeconds", "20").unwrap();
    plan
}

fn customer_first() -> Plan {
    let mut plan = plan();
    plan.rules.set("PreviewFirst", "customer").unwrap();
    plan
}

fn idle(agents: &[&str]) -> Vec<Member> {
    agents.iter().map(|agent| member(agent, 1)).collect()
}

/// A room with these agents, whose campaign runs.
fn staffed(plan: Plan, agents: &[&str], leads: u128) -> Room {
    let mut room = Room::ready(plan, leads);
    room.queue("sales", &idle(agents));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

fn offers(room: &Room) -> Vec<(String, u128)> {
    room.engine.offers().map(|o| (o.interface.to_string(), o.lead.uuid.as_u128() & 0xff)).collect()
}

fn offer(room: &Room) -> Uuid {
    room.engine.offers().next().expect("an offer").dialing
}

fn accept(room: &mut Room) -> Uuid {
    let dialing = offer(room);
    room.input(Input::PreviewAccept { dialing });
    dialing
}

fn refuse(room: &mut Room, delay_ms: Option<u64>) -> Uuid {
    let dialing = offer(room);
    room.input(Input::PreviewRefuse { dialing, delay_ms });
    dialing
}

fn ends(room: &Room) -> Vec<OfferEnd> {
    let end = |note: &Notify| match note {
        Notify::PreviewEnded { end, .. } => Some(*end),
        _ => None,
    };
    room.notes.iter().filter_map(end).collect()
}

fn lead_status(room: &Room) -> LeadStatus {
    room.store.rows[0].lead.status
}

/// Events of the agent's channel of a dialing.
fn agent(room: &mut Room, dialing: Uuid, event: CallEvent) {
    room.call(agent_channel(dialing), event);
}

#[test]
fn each_idle_agent_is_offered_one_lead_of_his_own() {
    let mut room = staffed(plan(), &[ANN, BOB], 5);
    assert_eq!(offers(&room), [(ANN.to_owned(), 1), (BOB.to_owned(), 2)]);
    assert_eq!(room.store.rows[0].lead.status, LeadStatus::Reserved);
    assert_eq!((room.originated.len(), room.agents_called.len()), (0, 0), "nobody is called");
    assert_eq!(room.engine.dialings().count(), 0, "an offer is no dialing");
    room.member("sales", Member { paused: true, ..member("PJSIP/cid", 1) });
    assert_eq!(offers(&room).len(), 2);
    room.member("sales", member("PJSIP/cid", 1));
    assert_eq!(offers(&room).len(), 3);
    let limit = Limit::Offers { open: 3, idle: 3, logged_in: 3 };
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&limit));
    assert_eq!(limit.to_string(), "3 offers are open, waiting for agents (3 logged in, 3 idle)");
}

#[test]
fn an_accepted_offer_calls_the_agent_and_then_the_customer_and_connects_them() {
    let mut room = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut room);
    assert_eq!((ends(&room), lead_status(&room)), (vec![OfferEnd::Accepted], LeadStatus::Dialing));
    let (_, call) = room.agents_called[0].clone();
    assert_eq!((call.channel, call.interface.as_str(), call.bridge_to), (agent_channel(dialing), ANN, None));
    assert_eq!(room.originated.len(), 0, "the customer's phone is quiet until the agent is there");
    assert_eq!(room.engine.dialing(dialing).unwrap().progress.status.code(), 0);
    room.member("sales", member(ANN, 6));
    for event in [ACCEPTED, channel(), CallEvent::DialBegin, SUCCESS, dial_end("ANSWER")] {
        agent(&mut room, dialing, event);
    }
    room.member("sales", member(ANN, 2));
    let setup = room.originated[0].1.clone();
    assert_eq!(setup.uuid, dialing);
    let engine::dialing::DialRoute::Application { application, data } = &setup.route else {
        panic!("{setup:?}")
    };
    assert_eq!(
        (application.as_str(), data.clone()),
        ("Bridge", Some(format!("{},x", agent_channel(dialing))))
    );
    room.answer(dialing);
    agent(&mut room, dialing, CallEvent::Bridged);
    let progress = &room.engine.dialing(dialing).unwrap().progress;
    assert_eq!((progress.queue.as_deref(), progress.agent.as_deref()), (Some("sales"), Some(ANN)));
    room.call(dialing, hangup(16));
    agent(&mut room, dialing, hangup(16));
    room.member("sales", member(ANN, 1));
    assert_eq!((room.outcomes(), room.store.rows[0].lead.tries[0]), (vec![Outcome::Answered], 1));
    assert_eq!(room.engine.in_flight(PBX), 0);
    assert_eq!(ends(&room).len(), 1);
}

#[test]
fn an_agent_who_does_not_answer_leaves_the_customer_in_peace() {
    for failure in [failure(3), failure(0), refused("Permission denied"), hangup(21)] {
        let mut room = staffed(plan(), &[ANN], 1);
        let dialing = accept(&mut room);
        agent(&mut room, dialing, ACCEPTED);
        agent(&mut room, dialing, failure);
        assert_eq!((room.outcomes(), room.originated.len()), (vec![Outcome::NoAgent], 0));
        assert_eq!((room.store.rows[0].lead.tries[0], lead_status(&room)), (0, LeadStatus::Idle));
        assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::RetryDelay), "not at once again");
        assert_eq!(room.engine.in_flight(PBX), 0);
        room.wait_ms(50_000);
        assert_eq!(offers(&room).len(), 1);
    }
}

#[test]
fn the_agent_is_hung_up_when_the_customer_is_not_reached() {
    for (cause, outcome) in [(17, Outcome::Busy), (19, Outcome::NoAnswer)] {
        let mut room = staffed(plan(), &[ANN], 1);
        let dialing = accept(&mut room);
        agent(&mut room, dialing, SUCCESS);
        room.fail(dialing, cause);
        assert_eq!((room.outcomes(), room.store.rows[0].lead.tries[0]), (vec![outcome], 1));
        assert_eq!(room.hangups, [(PBX, agent_channel(dialing).to_string())]);
        assert_eq!(room.engine.in_flight(PBX), 1, "the agent's channel is still there");
        room.wait_ms(2_000);
        assert_eq!(room.hangups.len(), 2, "asked for again");
        agent(&mut room, dialing, hangup(16));
        room.wait_ms(10_000);
        assert_eq!((room.hangups.len(), room.engine.in_flight(PBX)), (2, 0));
    }
}

#[test]
fn a_customer_whose_agent_has_gone_is_hung_up_and_one_who_answered_to_nobody_is_abandoned() {
    for (answers, outcome) in [(false, Outcome::NoAnswer), (true, Outcome::Abandoned)] {
        let mut room = staffed(plan(), &[ANN], 1);
        let dialing = accept(&mut room);
        agent(&mut room, dialing, SUCCESS);
        room.call(dialing, channel());
        agent(&mut room, dialing, hangup(16));
        assert_eq!(room.hangups, [(PBX, dialing.to_string())]);
        if answers {
            room.call(dialing, SUCCESS);
            room.call(dialing, hangup(0));
        } else {
            room.call(dialing, CallEvent::Originated { success: false, reason: 3 });
            room.call(dialing, hangup(16));
        }
        assert_eq!((room.outcomes(), room.engine.in_flight(PBX)), (vec![outcome], 0));
    }
}

#[test]
fn an_agent_who_ends_the_talk_ends_the_call() {
    let mut room = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut room);
    agent(&mut room, dialing, SUCCESS);
    room.answer(dialing);
    agent(&mut room, dialing, CallEvent::Bridged);
    agent(&mut room, dialing, hangup(16));
    assert_eq!(room.hangups.len(), 0, "Asterisk ends both");
    room.wait_ms(3_000);
    assert_eq!(room.hangups, [(PBX, dialing.to_string())], "and if it does not, we do");
    room.call(dialing, hangup(16));
    assert_eq!(room.outcomes(), [Outcome::Answered]);
}

#[test]
fn customer_first_brings_the_agent_to_the_customer_who_has_answered() {
    let mut room = staffed(customer_first(), &[ANN], 1);
    let dialing = accept(&mut room);
    assert_eq!((room.originated.len(), room.agents_called.len()), (1, 0));
    room.answer(dialing);
    assert_eq!(room.agents_called[0].1.bridge_to, Some(dialing));
    agent(&mut room, dialing, SUCCESS);
    room.call(dialing, CallEvent::Bridged);
    let progress = &room.engine.dialing(dialing).unwrap().progress;
    assert_eq!((progress.queue.as_deref(), progress.agent.as_deref()), (Some("sales"), Some(ANN)));
    room.call(dialing, hangup(16));
    agent(&mut room, dialing, hangup(16));
    assert_eq!((room.outcomes(), room.engine.in_flight(PBX)), (vec![Outcome::Answered], 0));
}

#[test]
fn customer_first_without_the_agent_is_abandoned_and_a_busy_customer_calls_no_agent() {
    let mut room = staffed(customer_first(), &[ANN], 1);
    let dialing = accept(&mut room);
    room.answer(dialing);
    agent(&mut room, dialing, failure(3));
    assert_eq!(room.hangups, [(PBX, dialing.to_string())]);
    room.call(dialing, hangup(16));
    assert_eq!(room.outcomes(), [Outcome::Abandoned]);
    let mut room = staffed(customer_first(), &[ANN], 1);
    let dialing = accept(&mut room);
    room.fail(dialing, 17);
    assert_eq!((room.outcomes(), room.agents_called.len()), (vec![Outcome::Busy], 0));
    assert_eq!(room.engine.in_flight(PBX), 0);
}

#[test]
fn a_refused_lead_waits_and_the_agent_gets_the_next_one() {
    let mut room = staffed(Plan { retry_delay_ms: 60_000, ..plan() }, &[ANN], 2);
    refuse(&mut room, None);
    assert_eq!((ends(&room), offers(&room)), (vec![OfferEnd::Refused], vec![(ANN.to_owned(), 2)]));
    assert_eq!((room.store.rows[0].lead.tries[0], lead_status(&room)), (0, LeadStatus::Idle));
    refuse(&mut room, Some(5_000));
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::RetryDelay));
    room.wait_ms(4_999);
    assert_eq!(offers(&room), []);
    room.wait_ms(1);
    assert_eq!(offers(&room), [(ANN.to_owned(), 2)], "so long as he said");
}

#[test]
fn who_refuses_one_after_the_other_has_a_rest() {
    let mut room = staffed(plan(), &[ANN], 20);
    for _ in 0..5 {
        refuse(&mut room, None);
    }
    assert_eq!(offers(&room), []);
    room.wait_ms(20_000);
    assert_eq!(offers(&room), [(ANN.to_owned(), 6)]);
}

#[test]
fn an_offer_that_runs_out_is_not_followed_by_another_before_the_agent_shows_life() {
    let room = || {
        let mut room = staffed(plan(), &[ANN], 9);
        let dialing = offer(&room);
        room.wait_ms(19_999);
        assert_eq!(offers(&room).len(), 1);
        room.wait_ms(1);
        assert_eq!((ends(&room), offers(&room)), (vec![OfferEnd::Timeout], vec![]));
        room.wait_ms(30_000);
        assert_eq!(offers(&room), []);
        (room, dialing)
    };
    let (mut late, dialing) = room();
    assert_eq!(late.engine.may_answer(dialing), Err(Declined::Unknown));
    late.input(Input::PreviewAccept { dialing });
    assert_eq!((late.originated.len(), late.agents_called.len()), (0, 0));
    assert_eq!(offers(&late), [(ANN.to_owned(), 2)], "too late, but he is there");
    let (mut seen, _) = room();
    seen.member("sales", member(ANN, 1));
    assert_eq!(offers(&seen), [], "no change is no life");
    seen.member("sales", Member { paused: true, ..member(ANN, 1) });
    seen.member("sales", member(ANN, 1));
    assert_eq!(offers(&seen).len(), 1);
    let (mut waited, _) = room();
    waited.wait_ms(30_000);
    assert_eq!(offers(&waited).len(), 1);
}

#[test]
fn an_offer_is_withdrawn_when_its_agent_is_gone_and_the_next_agent_has_its_lead_at_once() {
    let changes: [fn(&mut Room); 4] = [
        |room| room.member("sales", member(ANN, 2)),
        |room| room.member("sales", Member { paused: true, ..member(ANN, 1) }),
        |room| {
            let (queue, interface) = ("sales".into(), ANN.into());
            room.pbx(PBX, PbxInput::Queue(engine::input::QueueEvent::MemberGone { queue, interface }));
        },
        |room| room.queue("sales", &[]),
    ];
    for change in changes {
        let mut room = staffed(plan(), &[ANN], 1);
        change(&mut room);
        assert_eq!((ends(&room), offers(&room), room.released), (vec![OfferEnd::Withdrawn], vec![], 1));
        room.member("sales", member(BOB, 1));
        assert_eq!(offers(&room), [(BOB.to_owned(), 1)]);
    }
}

#[test]
fn whatever_ends_the_campaigns_work_withdraws_its_offers() {
    for status in [CampaignStatus::Stop, CampaignStatus::Pause, CampaignStatus::ForceStopping] {
        let mut room = staffed(plan(), &[ANN], 1);
        room.ask(CAMPAIGN, status);
        assert_eq!((ends(&room), offers(&room), room.released), (vec![OfferEnd::Withdrawn], vec![], 1));
        assert_eq!(room.status(CAMPAIGN), if status == CampaignStatus::Pause { 2 } else { 0 });
    }
    let mut room = staffed(plan(), &[ANN], 1);
    room.input(Input::ShutDown);
    assert_eq!((ends(&room), offers(&room)), (vec![OfferEnd::Withdrawn], vec![]));
    let mut room = staffed(plan(), &[ANN], 1);
    room.pbx(PBX, PbxInput::Down);
    assert_eq!((ends(&room), offers(&room)), (vec![OfferEnd::Withdrawn], vec![]));
    let mut room = staffed(plan(), &[ANN], 1);
    room.change_plan(|plan| plan.dial_timeout_ms = 5_000);
    assert_eq!(
        (ends(&room), offers(&room).len()),
        (vec![OfferEnd::Withdrawn], 1),
        "offered anew by the new plan"
    );
    room.change_plan(|plan| plan.dial_mode = DialMode::Robo);
    assert_eq!((offers(&room).len(), room.originated.len()), (0, 1));
}

#[test]
fn stopping_by_force_while_the_agents_phone_rings_never_calls_the_customer() {
    let mut room = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut room);
    room.ask(CAMPAIGN, CampaignStatus::ForceStopping);
    assert_eq!((room.outcomes(), room.status(CAMPAIGN)), (vec![Outcome::NoAgent], 0));
    assert_eq!(room.hangups, [(PBX, agent_channel(dialing).to_string())]);
    agent(&mut room, dialing, SUCCESS);
    assert_eq!(room.originated.len(), 0, "he answered at the last moment");
    agent(&mut room, dialing, hangup(16));
    assert_eq!((room.engine.in_flight(PBX), room.engine.poll_timeout()), (0, None));
}

#[test]
fn a_stop_lets_an_accepted_call_go_on() {
    let mut room = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut room);
    room.ask(CAMPAIGN, CampaignStatus::Stop);
    agent(&mut room, dialing, SUCCESS);
    assert_eq!((room.originated.len(), room.status(CAMPAIGN)), (1, 10));
    room.fail(dialing, 17);
    assert_eq!(room.status(CAMPAIGN), 0);
}

#[test]
fn the_second_answer_to_an_offer_does_nothing() {
    let mut room = staffed(plan(), &[ANN], 1);
    room.hold_acceptances = true;
    let dialing = accept(&mut room);
    assert_eq!(room.engine.may_answer(dialing), Err(Declined::Accepting));
    room.input(Input::PreviewAccept { dialing });
    room.input(Input::PreviewRefuse { dialing, delay_ms: None });
    room.wait_ms(30_000);
    assert_eq!((ends(&room), room.acceptances.len()), (vec![], 1), "it is being committed");
    room.commit(true);
    assert_eq!((ends(&room), room.agents_called.len()), (vec![OfferEnd::Accepted], 1));
    assert_eq!(room.engine.may_answer(dialing), Err(Declined::Unknown));
}

#[test]
fn an_acceptance_that_cannot_be_written_calls_nobody_and_may_be_tried_again() {
    let mut room = staffed(plan(), &[ANN], 1);
    room.hold_acceptances = true;
    accept(&mut room);
    room.commit(false);
    assert_eq!((room.agents_called.len(), offers(&room).len()), (0, 1));
    accept(&mut room);
    room.commit(true);
    assert_eq!((room.agents_called.len(), ends(&room)), (1, vec![OfferEnd::Accepted]));
}

#[test]
fn who_became_busy_or_was_stopped_while_it_was_written_is_not_called() {
    let changes: [fn(&mut Room); 2] =
        [|room| room.member("sales", member(ANN, 2)), |room| room.ask(CAMPAIGN, CampaignStatus::Stop)];
    for change in changes {
        let mut room = staffed(plan(), &[ANN], 1);
        room.hold_acceptances = true;
        accept(&mut room);
        change(&mut room);
        assert_eq!(ends(&room), []);
        room.commit(true);
        assert_eq!((ends(&room), room.agents_called.len()), (vec![OfferEnd::Withdrawn], 0));
        assert_eq!((lead_status(&room), room.released), (LeadStatus::Idle, 1));
    }
}

#[test]
fn an_agent_of_two_queues_or_two_campaigns_has_one_offer_at_a_time() {
    use std::sync::Arc;
    let mut room = Room::ready(plan(), 9);
    let (other_plan, other) = (Uuid::from_u128(0x92), Uuid::from_u128(0xcb));
    let support = engine::value::Name::parse("support").ok();
    let second = Plan { uuid: other_plan, queue_name: support, ..plan() };
    room.change(engine::model::Change::PlanCreated(Arc::new(second)));
    let row = engine::model::Campaign { plan: Some(other_plan), ..campaign(other) };
    room.change(engine::model::Change::CampaignCreated(Arc::new(row)));
    let state = |name: &str| engine::input::QueueState { name: name.into(), members: idle(&[ANN]) };
    room.pbx(PBX, PbxInput::Queues(vec![state("sales"), state("support")]));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(other, CampaignStatus::Start);
    assert_eq!(offers(&room).len(), 1);
    let dialing = accept(&mut room);
    assert_eq!(offers(&room), [], "and none while he is called");
    agent(&mut room, dialing, failure(0));
    assert_eq!(offers(&room).len(), 1);
}

#[test]
fn an_offer_needs_two_free_channels_and_each_originate_its_turn() {
    let mut room = Room::new(Limits { max_channels: 3, max_cps: 1.0 }, catalog(plan()));
    (1..=4).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.queue("sales", &idle(&[ANN, BOB]));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!((offers(&room).len(), room.engine.limit(CAMPAIGN)), (1, Some(&Limit::Channels)));
    let dialing = accept(&mut room);
    agent(&mut room, dialing, SUCCESS);
    assert_eq!((room.agents_called.len(), room.originated.len()), (1, 0), "one call a second");
    room.wait_ms(1_000);
    assert_eq!(room.originated.len(), 1);
    room.fail(dialing, 17);
    agent(&mut room, dialing, hangup(16));
    assert_eq!(offers(&room), [(BOB.to_owned(), 2)], "who waited for longest");
}

#[test]
fn wrap_up_follows_a_preview_call_though_the_queue_knows_nothing_of_it() {
    let mut room = Room::ready(plan(), 3);
    room.queue("sales", &[Member { wrapup_s: 7, ..member(ANN, 1) }]);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let dialing = accept(&mut room);
    agent(&mut room, dialing, SUCCESS);
    room.answer(dialing);
    agent(&mut room, dialing, CallEvent::Bridged);
    room.call(dialing, hangup(16));
    agent(&mut room, dialing, hangup(16));
    room.wait_ms(6_999);
    assert_eq!(offers(&room), []);
    room.wait_ms(1);
    assert_eq!(offers(&room).len(), 1);
}

#[test]
fn a_plan_without_a_queue_cannot_start() {
    let mut room = Room::ready(plan(), 1);
    room.change_plan(|plan| plan.queue_name = None);
    let row = &room.engine.catalog().campaigns[&CAMPAIGN];
    let refused = room.engine.catalog().requested_status(row, CampaignStatus::Start);
    assert_eq!(refused, Err(engine::catalog::NotStartable::NoQueue));
}

#[test]
fn an_agent_elsewhere_is_offered_nothing_while_his_asterisk_is_not_compared() {
    let mut room = Room::ready(plan(), 1);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::NoSuchQueue));
    let second = PbxId(1);
    room.pbx(second, PbxInput::Up);
    let state = engine::input::QueueState { name: "sales".into(), members: idle(&[ANN]) };
    room.pbx(second, PbxInput::Queues(vec![state]));
    assert_eq!(offers(&room), []);
    room.channels(second, &[]);
    assert_eq!(offers(&room).len(), 1);
    accept(&mut room);
    assert_eq!(room.agents_called.len(), 1);
}

fn restarted(room: &Room) -> Room {
    let now = engine::time::Now {
        mono: engine::time::Mono(0),
        wall: engine::time::Wall(room.now.wall.0 + 1_000_000_000),
        offset_s: 0,
    };
    Room::over(room.limits, room.engine.catalog().clone(), room.store.clone(), now)
}

#[test]
fn an_offer_of_an_earlier_process_is_given_back_without_a_try() {
    let before = staffed(plan(), &[ANN], 1);
    let mut room = restarted(&before);
    assert_eq!((room.released, room.engine.dialings().count()), (1, 0));
    room.connect(PBX);
    room.queue("sales", &idle(&[ANN]));
    assert_eq!(offers(&room), [(ANN.to_owned(), 1)]);
    assert_eq!(room.store.rows[0].lead.tries[0], 0);
}

#[test]
fn an_agent_of_an_earlier_process_whose_customer_is_not_there_is_hung_up() {
    let mut before = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut before);
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels(PBX, &[(agent_channel(dialing), up(true, false))]);
    assert_eq!(room.hangups, [(PBX, agent_channel(dialing).to_string())]);
    agent(&mut room, dialing, hangup(16));
    room.wait_ms(3_000);
    assert_eq!(room.outcomes(), [Outcome::Unknown], "nobody can tell whether the customer was called");
}

#[test]
fn a_talk_of_an_earlier_process_goes_on_to_its_result() {
    let mut before = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut before);
    agent(&mut before, dialing, SUCCESS);
    before.answer(dialing);
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels(PBX, &[(dialing, up(true, true)), (agent_channel(dialing), up(true, true))]);
    assert_eq!((room.hangups.len(), room.engine.in_flight(PBX)), (0, 2));
    room.call(dialing, hangup(16));
    agent(&mut room, dialing, hangup(16));
    assert_eq!((room.outcomes(), room.engine.in_flight(PBX)), (vec![Outcome::Answered], 0));
}

#[test]
fn a_customer_of_an_earlier_process_who_would_answer_to_nobody_is_hung_up() {
    let mut before = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut before);
    agent(&mut before, dialing, SUCCESS);
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels(PBX, &[(dialing, up(false, false))]);
    assert_eq!(room.hangups, [(PBX, dialing.to_string())]);
}

#[test]
fn a_lost_connection_ends_what_has_not_reached_the_customer_and_finds_the_rest_again() {
    let mut room = staffed(plan(), &[ANN, BOB], 2);
    let waiting = accept(&mut room);
    let talking = accept(&mut room);
    agent(&mut room, talking, SUCCESS);
    room.pbx(PBX, PbxInput::Down);
    assert_eq!(room.outcomes(), [Outcome::NoAgent]);
    assert_eq!(room.hangups.len(), 0, "nobody can be asked");
    room.wait_ms(5_000);
    room.pbx(PBX, PbxInput::Up);
    let up_now = [
        (agent_channel(waiting), up(true, false)),
        (talking, up(true, true)),
        (agent_channel(talking), up(true, true)),
    ];
    room.channels(PBX, &up_now);
    let progress = &room.engine.dialing(talking).unwrap().progress;
    assert_eq!(progress.agent.as_deref(), Some(BOB));
    room.wait_ms(2_000);
    assert!(room.hangups.contains(&(PBX, agent_channel(waiting).to_string())));
    room.channels(PBX, &[(talking, up(true, true)), (agent_channel(talking), up(true, true))]);
    room.call(talking, hangup(16));
    agent(&mut room, talking, hangup(16));
    assert_eq!((room.outcomes()[1], room.engine.in_flight(PBX)), (Outcome::Answered, 0));
}

#[test]
fn an_agents_lost_hangup_is_found() {
    let mut room = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut room);
    agent(&mut room, dialing, SUCCESS);
    room.call(dialing, channel());
    room.wait_ms(30_000);
    room.channels(PBX, &[(dialing, up(false, false))]);
    assert_eq!(room.hangups, [(PBX, dialing.to_string())]);
}

#[test]
fn the_list_ends_when_its_last_offer_has_come_to_something() {
    let mut room = staffed(Plan { list_end: ListEnd::Stop, ..plan() }, &[ANN, BOB], 1);
    assert_eq!((offers(&room).len(), room.engine.limit(CAMPAIGN)), (1, Some(&Limit::LastCalls)));
    let dialing = accept(&mut room);
    agent(&mut room, dialing, SUCCESS);
    room.answer(dialing);
    agent(&mut room, dialing, CallEvent::Bridged);
    room.call(dialing, hangup(16));
    assert_eq!(room.status(CAMPAIGN), 0);
}
