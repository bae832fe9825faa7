//! Reasons that lie with channels, rates and refusals of Asterisks, trunks and campaigns.

use super::*;

#[test]
fn channel_limits_of_asterisk_trunk_and_campaign_are_told_apart() {
    let few = Limits { max_channels: 3, ..WIDE };
    let room = limited(few, &[], &[], robo());
    let text = "channel limit of Asterisk pbx1: 3 of 3 calls at once";
    assert_why(&room.why(), Code::AsteriskChannels, text);
    assert!(room.why().dialing, "its calls ring");
    let room = limited(WIDE, &[("MaxChannels", "4")], &[], robo());
    assert_why(&room.why(), Code::CampaignChannels, "the campaign's channel limit: 4 of 4 calls at once");
    let plan = Plan { trunk_name: Trunks::parse("carrier").ok(), ..robo() };
    let room = limited(WIDE, &[], &[trunk("carrier", Some(2), None)], plan);
    let text = "channel limit of trunk carrier on pbx1: 2 of 2 calls at once";
    assert_why(&room.why(), Code::TrunkChannels, text);
    assert_eq!((count(&room.why(), "calls"), count(&room.why(), "max_channels")), (2, 2));
    assert_eq!(room.why().limits[0].asterisk.as_deref(), Some("pbx1"));
}

#[test]
fn rates_are_told_with_the_time_of_the_next_call() {
    let slow = Limits { max_cps: 0.5, ..WIDE };
    let mut room = limited(slow, &[], &[], robo());
    room.wait_ms(500);
    let why = room.why();
    assert_why(
        &why,
        Code::AsteriskRate,
        "calls-per-second limit of Asterisk pbx1: at most 0.5 calls a second",
    );
    assert_eq!(why.reason.until, Some(Wall(NOON_NS).after_ms(2_000)));
    let mut room = limited(WIDE, &[("MaxCps", "0.25")], &[], robo());
    room.wait_ms(500);
    let why = room.why();
    assert_why(
        &why,
        Code::CampaignRate,
        "the campaign's calls-per-second limit: at most 0.25 calls a second",
    );
    assert_eq!(why.reason.until, Some(Wall(NOON_NS).after_ms(4_000)));
    let plan = Plan { trunk_name: Trunks::parse("carrier").ok(), ..robo() };
    let mut room = limited(WIDE, &[], &[trunk("carrier", None, Some(0.2))], plan);
    room.wait_ms(500);
    let why = room.why();
    assert_why(
        &why,
        Code::TrunkRate,
        "calls-per-second limit of trunk carrier on pbx1: at most 0.2 calls a second",
    );
    assert_eq!(why.reason.until, Some(Wall(NOON_NS).after_ms(5_000)));
}

#[test]
fn several_trunks_each_say_their_own() {
    let plan = Plan { trunk_name: Trunks::parse("a,b").ok(), ..robo() };
    let mut room = limited(WIDE, &[], &[trunk("a", Some(1), None), trunk("b", None, Some(0.1))], plan);
    room.wait_ms(100);
    let why = room.why();
    assert_eq!(why.reason.code, Code::Trunks, "{why:?}");
    let codes: Vec<Code> = why.limits.iter().map(|held| held.reason.code).collect();
    assert!(codes.contains(&Code::TrunkChannels) && codes.contains(&Code::TrunkRate), "{codes:?}");
    assert!(why.reason.text.starts_with("no trunk takes a call: "), "{why:?}");
}

#[test]
fn a_trunk_and_an_asterisk_that_refuse_say_so_with_the_next_try() {
    let plan =
        Plan { trunk_name: Trunks::parse("carrier").ok(), max_tries: [50; 8], retry_delay_ms: 0, ..robo() };
    let mut room = limited(Limits { max_channels: 100, max_cps: 10.0 }, &[], &[], plan.clone());
    for _ in 0..40 {
        room.wait_ms(100);
        room.live().into_iter().for_each(|dialing| room.fail(dialing, 34));
    }
    let why = room.why();
    assert_eq!(why.reason.code, Code::TrunkCongested, "{why:?}");
    assert!(why.reason.text.starts_with("trunk carrier on pbx1 is congested ("), "{why:?}");
    assert!(why.reason.since.is_some() && why.reason.until > Some(room.now.wall), "{why:?}");
    let mut room = limited(Limits { max_channels: 100, max_cps: 10.0 }, &[], &[], plan);
    for _ in 0..40 {
        room.wait_ms(100);
        room.live().into_iter().for_each(|dialing| room.call(dialing, refused("Permission denied")));
    }
    let why = room.why();
    assert_eq!(why.reason.code, Code::AsteriskRefuses, "{why:?}");
    assert!(why.reason.text.starts_with("Asterisk pbx1 refuses calls ("), "{why:?}");
}
