//! Several limits at once: the first binds, and the others are told with it; campaigns that share what they need.

use super::*;

/// Who holds it back where, in the order in which they are told.
fn all(why: &Why) -> Vec<(Option<&str>, Code)> {
    why.limits.iter().map(|held| (held.asterisk.as_deref(), held.reason.code)).collect()
}

#[test]
fn agents_channels_and_rates_that_bind_at_once_are_all_told() {
    let limits = Limits { max_channels: 2, max_cps: 0.5 };
    let plan = Plan { trunk_name: Trunks::parse("carrier").ok(), ..queue_plan(DialMode::Progressive) };
    let mut room = limited(limits, &[("MaxChannels", "2")], &[trunk("carrier", Some(2), None)], plan);
    room.queue("sales", &[member("PJSIP/a0", 1), member("PJSIP/a1", 1)]);
    room.wait_ms(10_000);
    assert_eq!(room.live().len(), 2);
    room.queue("sales", &[member("PJSIP/a0", 2), member("PJSIP/a1", 2)]);
    let why = room.why();
    let text = "no idle agent in sales: 2 logged in, 2 talking";
    assert_why(&why, Code::NoIdleAgent, text);
    let pbx1 = Some("pbx1");
    let held = [Code::NoIdleAgent, Code::AsteriskChannels, Code::CampaignChannels, Code::TrunkChannels];
    assert_eq!(all(&why)[..4], held.map(|code| (pbx1, code)), "{why:?}");
    assert_eq!(all(&why)[4..], [(Some("pbx2"), Code::NotConnected)]);
}

#[test]
fn in_predictive_mode_the_trunk_binds_and_what_agents_say_is_told_with_it() {
    let plan = Plan { trunk_name: Trunks::parse("carrier").ok(), ..queue_plan(DialMode::Predictive) };
    let mut room = limited(WIDE, &[], &[trunk("carrier", Some(2), None)], plan);
    room.queue("sales", &[member("PJSIP/a0", 1), member("PJSIP/a1", 1)]);
    assert_eq!(room.live().len(), 2);
    room.live().into_iter().for_each(|dialing| room.answer(dialing));
    room.queue("sales", &[member("PJSIP/a0", 2), member("PJSIP/a1", 2)]);
    let why = room.why();
    assert_why(&why, Code::TrunkChannels, "channel limit of trunk carrier on pbx1: 2 of 2 calls at once");
    assert!(all(&why).contains(&(Some("pbx1"), Code::NoIdleAgent)), "{why:?}");
}

#[test]
fn what_holds_the_whole_campaign_back_is_told_with_what_would_hold_it_back_after_that() {
    let mut room = limited(WIDE, &[], &[], Plan { max_tries: [2; 8], retry_delay_ms: 600_000, ..robo() });
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    room.change_campaign(CAMPAIGN, |row| row.schedule = super::statuses::scheduled("4"));
    // It is Monday: a client starts it all the same.
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let why = room.why();
    assert_why(&why, Code::OutsideSchedule, "outside its schedule until Thursday 09:00");
    let expected =
        [(None, Code::OutsideSchedule), (None, Code::RetryDelay), (Some("pbx2"), Code::NotConnected)];
    assert_eq!(all(&why), expected, "{why:?}");
    room.input(Input::ListImport { dial_list: LIST, import: Some(ListImport::Held) });
    let codes: Vec<Code> = all(&room.why()).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes[..2], [Code::OutsideSchedule, Code::ListImport], "{codes:?}");
}

#[test]
fn of_two_campaigns_on_one_trunk_each_says_that_both_fill_it() {
    let plan = Plan { trunk_name: Trunks::parse("carrier").ok(), ..robo() };
    let mut room = limited(WIDE, &[("MaxChannels", "3")], &[trunk("carrier", Some(4), None)], plan);
    let other = Uuid::from_u128(0xcb);
    room.change(Change::CampaignCreated(Arc::new(campaign(other))));
    room.ask(other, CampaignStatus::Start);
    assert_eq!(room.live().len(), 4);
    let why = room.why();
    assert_why(&why, Code::CampaignChannels, "the campaign's channel limit: 3 of 3 calls at once");
    assert!(all(&why).contains(&(Some("pbx1"), Code::TrunkChannels)), "{why:?}");
    let second = room.engine.why(other, room.now).unwrap();
    let text = "channel limit of trunk carrier on pbx1: 4 of 4 calls at once";
    assert_why(&second, Code::TrunkChannels, text);
    assert_eq!(second.pulse.in_flight, 1);
}

#[test]
fn of_two_campaigns_on_one_list_the_second_says_whose_calls_it_waits_for() {
    let mut room = Room::ready(keeps_running(Plan { max_tries: [1; 8], ..robo() }), 3);
    let other = Uuid::from_u128(0xcb);
    room.change(Change::CampaignCreated(Arc::new(campaign(other))));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(other, CampaignStatus::Start);
    let second = room.engine.why(other, room.now).unwrap();
    assert_why(&second, Code::LastCalls, "the list is used up but for 3 calls in flight");
    assert!(!second.dialing, "they are calls of the first");
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    let second = room.engine.why(other, room.now).unwrap();
    assert_why(&second, Code::ListUsedUp, "the list is used up: no lead has tries left");
}

#[test]
fn of_two_campaigns_on_one_list_who_has_fewer_tries_does_not_wait_for_the_leads_of_the_other() {
    let plan = Plan { max_tries: [1; 8], retry_delay_ms: 60_000, ..robo() };
    let mut room = Room::ready(keeps_running(plan), 3);
    let (other, wider) = (Uuid::from_u128(0xcb), Uuid::from_u128(0xbb));
    let plan = Plan { uuid: wider, max_tries: [3; 8], ..keeps_running(robo()) };
    room.change(Change::PlanCreated(Arc::new(plan)));
    room.change(Change::CampaignCreated(Arc::new(Campaign { plan: Some(wider), ..campaign(other) })));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(other, CampaignStatus::Start);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    assert_why(&room.why(), Code::ListUsedUp, "the list is used up: no lead has tries left");
    assert_eq!(room.why().narrow_tries, Some([1; 8]));
    let second = room.engine.why(other, room.now).unwrap();
    assert_eq!((second.reason.code, second.narrow_tries), (Code::RetryDelay, None), "{second:?}");
}
