//! Mode 2: offers to agents. The calls of those that are accepted are in `calls`, what outlives a process in `recovery`.

mod bounds;
mod calls;
mod recovery;

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
    let text = "3 offers wait for the answers of agents in sales (3 logged in, 3 idle)";
    assert_eq!(room.why().reason.text, text);
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
    let state = |name: &str| engine::input::QueueState {
        name: name.into(),
        members: idle(&[ANN]),
        ..Default::default()
    };
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
    let state =
        engine::input::QueueState { name: "sales".into(), members: idle(&[ANN]), ..Default::default() };
    room.pbx(second, PbxInput::Queues(vec![state]));
    assert_eq!(offers(&room), []);
    room.channels(second, &[]);
    assert_eq!(offers(&room).len(), 1);
    accept(&mut room);
    assert_eq!(room.agents_called.len(), 1);
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
