//! Reasons that lie with the list: retry delays, its end, imports into it, the database behind it.

use super::*;

#[test]
fn leads_wait_for_their_retry_delay_and_the_list_ends() {
    let plan = Plan { max_tries: [2; 8], retry_delay_ms: 60_000, ..robo() };
    let mut room = limited(WIDE, &[], &[], plan);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    room.wait_ms(12_000);
    let why = room.why();
    assert_why(&why, Code::RetryDelay, "all leads that are left wait for their retry delay (next in 48 s)");
    assert_eq!(why.reason.until, Some(Wall(NOON_NS).after_ms(60_000)));
    assert_eq!(why.reason.since, Some(Wall(NOON_NS)));
    let with = |waiting, at_least| why.reason.clone().with_leads(Leads { any: true, waiting, at_least });
    assert!(why.reason.asks_for_leads());
    assert_eq!(with(3_211, false).text, "3,211 leads wait for their retry delay (next in 48 s)");
    assert_eq!(with(1, false).text, "1 lead waits for its retry delay (next in 48 s)");
    assert_eq!(with(100_000, true).text, "at least 100,000 leads wait for their retry delay (next in 48 s)");
    room.wait_ms(48_000);
    let calls = room.live();
    calls[1..].iter().for_each(|dialing| room.fail(*dialing, 17));
    let text = "the list is used up but for 1 call in flight";
    assert_why(&room.why(), Code::LastCalls, text);
    room.fail(calls[0], 17);
    assert_why(&room.why(), Code::ListUsedUp, "the list is used up: no lead has tries left");
    let empty = room.why().reason.with_leads(Leads { any: false, waiting: 0, at_least: false });
    assert_eq!(
        (empty.code, empty.text.as_str()),
        (Code::ListEmpty, "the dial list is empty: it has no leads")
    );
}

#[test]
fn a_campaign_that_has_stopped_with_its_list_says_so_until_there_is_something_to_dial() {
    let mut room = Room::running(Plan { max_tries: [1; 8], ..robo() }, 1);
    room.fail(room.live()[0], 17);
    assert_eq!(room.status(CAMPAIGN), 0);
    let text = "the list is used up; the campaign has stopped by itself at 12:36";
    assert_why(&room.why(), Code::ListUsedUp, text);
    assert_eq!(room.engine.reason(CAMPAIGN, room.now).unwrap().code, Code::ListUsedUp);
    room.add_leads([lead(2, &["100"])]);
    assert_why(&room.why(), Code::Stopped, "the campaign is stopped");
}

fn import(room: &mut Room, import: Option<ListImport>) {
    room.input(Input::ListImport { dial_list: LIST, import });
}

#[test]
fn a_list_that_is_to_be_used_when_it_is_complete_has_nobody_called_before() {
    let mut room = Room::ready(robo(), 3);
    import(&mut room, Some(ListImport::Held));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert!(room.status(CAMPAIGN) == 1 && room.live().is_empty());
    let text = "leads are being imported into the dial list, which is to be used when that is complete";
    assert_why(&room.why(), Code::ListImport, text);
    room.add_leads([lead(4, &["100"])]);
    assert!(room.live().is_empty());
    import(&mut room, None);
    assert_eq!(room.live().len(), 4);
}

#[test]
fn an_import_that_begins_in_between_ends_no_call_but_lets_out_no_other() {
    let mut room = limited(Limits { max_channels: 2, ..WIDE }, &[], &[], robo());
    let calls = room.live();
    assert_eq!(calls.len(), 2);
    import(&mut room, Some(ListImport::Held));
    assert_eq!(room.live(), calls);
    room.fail(calls[0], 17);
    assert_eq!(room.live(), calls[1..]);
}

#[test]
fn a_campaign_does_not_end_with_a_list_that_still_grows() {
    let mut room = Room::running(Plan { max_tries: [1; 8], ..robo() }, 1);
    import(&mut room, Some(ListImport::Growing));
    room.fail(room.live()[0], 17);
    assert_eq!(room.status(CAMPAIGN), 1);
    let text = "leads are being imported into the dial list, and those that are in are used up";
    assert_why(&room.why(), Code::ListImport, text);
    room.add_leads([lead(2, &["100"])]);
    room.fail(room.live()[0], 17);
    assert_eq!(room.status(CAMPAIGN), 1);
    import(&mut room, None);
    // What waits for its retry delay is looked at again only then.
    room.wait_ms(60_000);
    assert_eq!(room.status(CAMPAIGN), 0);
}

#[test]
fn a_database_that_gives_out_no_leads_is_told_since_its_first_failure() {
    let mut room = Room::ready(keeps_running(robo()), 3);
    room.hold_claims = true;
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.go_to(room.now.mono.after(Duration::from_secs(3)));
    let text = "leads for 100 calls are being claimed; the database has not answered for 3 s";
    assert_why(&room.why(), Code::Claiming, text);
    let now = room.now.wall;
    for _ in 0..3 {
        for (request, _) in std::mem::take(&mut room.claims) {
            room.input(Input::Leads { request, claimed: None });
        }
        let text = "the database gives out no leads since 12:36:03; it is tried again each second";
        assert_eq!(room.why().reason.since, Some(now));
        assert_why(&room.why(), Code::Store, text);
        room.wait_ms(1_000);
        assert_why(&room.why(), Code::Store, text);
        assert!(!room.why().dialing);
    }
    for (request, _) in std::mem::take(&mut room.claims) {
        room.input(Input::Leads { request, claimed: Some(Claimed::default()) });
    }
    assert_eq!(room.why().reason.code, Code::ListUsedUp);
}

#[test]
fn a_database_that_works_again_is_not_blamed_for_what_agents_hold_back() {
    let mut room = Room::ready(keeps_running(queue_plan(DialMode::Progressive)), 3);
    room.queue("sales", &[member("PJSIP/a0", 1)]);
    room.hold_claims = true;
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let (request, _) = room.claims.pop().unwrap();
    room.input(Input::Leads { request, claimed: None });
    room.member("sales", member("PJSIP/a0", 2));
    assert_eq!(room.why().reason.code, Code::Store);
    room.wait_ms(1_000);
    assert_why(&room.why(), Code::NoIdleAgent, "no idle agent in sales: 1 logged in, 1 talking");
}
