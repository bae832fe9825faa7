//! The two calls of an accepted offer.

use super::*;

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
