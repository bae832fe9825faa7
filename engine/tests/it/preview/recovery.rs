//! Previews over restarts, lost connections and lost events.

use super::*;

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
fn a_customer_who_was_to_be_called_when_the_process_died_was_not_and_has_a_result() {
    let mut before = staffed(plan(), &[ANN], 1);
    let dialing = accept(&mut before);
    let mut room = restarted(&before);
    room.pbx(PBX, PbxInput::Up);
    room.channels_reached(PBX, &[(agent_channel(dialing), up(true, false))], Some(0));
    agent(&mut room, dialing, hangup(16));
    room.wait_ms(7_000);
    assert_eq!(room.outcomes(), [Outcome::NoAgent]);
    assert_eq!((room.store.rows[0].lead.tries[0], room.released), (0, 0));
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
