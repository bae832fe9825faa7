//! Reasons that lie with Asterisks: away, just back, without the queue; and which of them counts.

use super::*;

#[test]
fn an_asterisk_that_is_away_or_compares_is_told_with_the_time() {
    let mut room = limited(Limits { max_channels: 1, ..WIDE }, &[], &[], robo());
    room.wait_ms(90_000);
    room.pbx(PBX, PbxInput::Down);
    room.wait_ms(1_000);
    let why = room.why();
    let text = "Asterisk pbx1 is not connected since 12:37:30; Asterisk pbx2 is not connected since 12:36";
    assert_why(&why, Code::NotConnected, text);
    assert_eq!(why.reason.since, Some(Wall(NOON_NS).after_ms(90_000)));
    assert_eq!(why.limits.len(), 2);
    room.pbx(PBX, PbxInput::Up);
    let why = room.why();
    assert_eq!(why.reason.code, Code::Comparing, "{why:?}");
    assert!(why.reason.text.starts_with("Asterisk pbx1 has just connected; its channels"), "{why:?}");
}

#[test]
fn no_such_queue_names_the_asterisk_and_those_that_are_away() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[1], 5);
    room.pbx(PBX, PbxInput::Queues(Vec::new()));
    let text = "no queue sales on pbx1; Asterisk pbx2 is not connected since 12:36";
    assert_why(&room.why(), Code::NoSuchQueue, text);
    room.connect(PbxId(1));
    assert_why(&room.why(), Code::NoSuchQueue, "no queue sales on pbx1, pbx2");
}

#[test]
fn of_two_asterisks_the_one_that_is_nearest_to_dialing_counts() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[2, 2], 5);
    room.connect(PbxId(1));
    let why = room.why();
    assert_why(&why, Code::NoIdleAgent, "no idle agent in sales: 2 logged in, 2 talking");
    let second = &why.limits[1];
    assert_eq!((second.asterisk.as_deref(), second.reason.code), (Some("pbx2"), Code::NoSuchQueue));
}
