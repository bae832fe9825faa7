//! Why a campaign does not dial: each reason, from the decision, in words and numbers.

use std::sync::Arc;
use std::time::Duration;

use engine::abandon::{Counts, Day, Tally};
use engine::dialing::Claimed;
use engine::input::Member;
use engine::limits::{Limits, TrunkLimits};
use engine::model::{Campaign, CampaignStatus, Change, DialMode, ListEnd, Plan, PlanRules, Schedule};
use engine::time::Wall;
use engine::value::{PacingRule, Text, Trunks};
use engine::why::{Code, Figure, Leads, Why};
use engine::{Input, ListImport, PbxId, PbxInput};
use uuid::Uuid;

use crate::support::*;

fn keeps_running(plan: Plan) -> Plan {
    Plan { list_end: ListEnd::KeepRunning, ..plan }
}

/// A room with agents of these device states.
fn staffed(plan: Plan, states: &[u8], leads: u128) -> Room {
    let mut room = Room::ready(keeps_running(plan), leads);
    let members: Vec<Member> =
        states.iter().enumerate().map(|(n, state)| member(&format!("PJSIP/a{n}"), *state)).collect();
    room.queue("sales", &members);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

/// One campaign on an Asterisk with these limits.
fn limited(limits: Limits, settings: &[(&str, &str)], trunks: &[TrunkLimits], plan: Plan) -> Room {
    let mut catalog = catalog(keeps_running(plan));
    let row = Campaign { rules: rules(settings), ..campaign(CAMPAIGN) };
    catalog.campaigns.insert(CAMPAIGN, Arc::new(row));
    let mut room = Room::with_trunks(limits, catalog, trunks);
    (1..=90).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

const WIDE: Limits = Limits { max_channels: 100, max_cps: 1000.0 };

#[track_caller]
fn assert_why(why: &Why, code: Code, text: &str) {
    assert_eq!((why.reason.code, why.reason.text.as_str()), (code, text));
}

fn count(why: &Why, name: &str) -> u64 {
    match why.reason.figure(name) {
        Some(Figure::Count(count)) => *count,
        other => panic!("{name}: {other:?} in {why:?}"),
    }
}

#[test]
fn no_agent_is_idle_and_the_words_say_what_all_of_them_do() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[2; 12], 20);
    assert_why(&room.why(), Code::NoIdleAgent, "no idle agent in sales: 12 logged in, 12 talking");
    assert_eq!((count(&room.why(), "agents_logged_in"), count(&room.why(), "agents_talking")), (12, 12));
    assert!(!room.why().dialing && room.why().reason.advice().is_some());
    room.member("sales", member("PJSIP/a0", 6));
    room.member("sales", Member { paused: true, ..member("PJSIP/a1", 1) });
    room.member("sales", member("PJSIP/a2", 5));
    let last_call_s = room.now.wall.0 / 1_000_000_000;
    room.member("sales", Member { last_call_s, wrapup_s: 30, ..member("PJSIP/a3", 1) });
    let text =
        "no idle agent in sales: 10 logged in, 1 ringing, 8 talking, 1 in wrap-up; 1 paused, 1 not reachable";
    assert_why(&room.why(), Code::NoIdleAgent, text);
}

#[test]
fn no_agent_is_idle_in_every_mode_that_counts_them() {
    for mode in [DialMode::Predictive, DialMode::Progressive, DialMode::Power, DialMode::Desktop] {
        let room = staffed(queue_plan(mode), &[2, 2, 3], 20);
        let why = room.why();
        assert_eq!(why.reason.code, Code::NoIdleAgent, "{mode:?} {why:?}");
        assert!(
            why.reason.text.starts_with("no idle agent in sales: 3 logged in, 3 talking"),
            "{mode:?} {why:?}"
        );
    }
    let level = PlanRules { pacing: Some(PacingRule::Level), ..PlanRules::default() };
    let room = staffed(Plan { rules: level, ..queue_plan(DialMode::Predictive) }, &[2, 2], 20);
    assert_eq!(room.why().reason.code, Code::NoIdleAgent);
}

#[test]
fn all_agents_are_paused_or_nobody_is_there() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[], 20);
    let text = "nobody is logged in to sales: the queue has no members";
    assert_why(&room.why(), Code::NobodyLoggedIn, text);
    let paused = |n: usize| Member { paused: true, ..member(&format!("PJSIP/a{n}"), 1) };
    room.queue("sales", &[paused(1), paused(2), member("PJSIP/a3", 5)]);
    assert_why(&room.why(), Code::NoIdleAgent, "no idle agent in sales: 2 paused, 1 not reachable");
    room.queue("sales", &[member("PJSIP/a3", 5), member("PJSIP/a4", 4)]);
    let text = "nobody is logged in to sales: the phones of 2 members are not reachable";
    assert_why(&room.why(), Code::NobodyLoggedIn, text);
    assert_eq!(room.why().reason.since, Some(Wall(NOON_NS)));
}

#[test]
fn it_dials_and_its_calls_cover_the_idle_agents() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[1, 1, 2], 20);
    assert_eq!(room.live().len(), 2);
    let text =
        "dialing: 2 calls in flight, for all agents who are idle; sales: 3 logged in, 2 idle, 1 talking";
    assert_why(&room.why(), Code::Dialing, text);
    assert!(room.why().dialing);
    room.hold_claims = true;
    room.fail(room.live()[0], 17);
    room.fail(room.live()[0], 17);
    assert_why(&room.why(), Code::Claiming, "leads for 2 calls are being claimed");
    assert!(room.why().dialing);
    room.go_to(room.now.mono.after(Duration::from_secs(5)));
    let text = "leads for 2 calls are being claimed; the database has not answered for 5 s";
    assert_why(&room.why(), Code::Claiming, text);
}

#[test]
fn idle_agents_may_be_spoken_for_by_others() {
    let other = Uuid::from_u128(0xcb);
    let mut room = Room::ready(keeps_running(queue_plan(DialMode::Progressive)), 20);
    room.change(Change::CampaignCreated(Arc::new(campaign(other))));
    room.queue("sales", &[member("PJSIP/a0", 1)]);
    room.ask(other, CampaignStatus::Start);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let text = "the idle agents in sales are spoken for: 1 call on the way to them (1 logged in, 1 idle)";
    assert_why(&room.why(), Code::AgentsSpokenFor, text);
    assert_eq!(room.engine.why(other, room.now).unwrap().reason.code, Code::Dialing);
    room.answer(room.live()[0]);
    room.call(room.live()[0], joined());
    let text =
        "the idle agents in sales are spoken for: 1 answered call waits for them (1 logged in, 1 idle)";
    assert_why(&room.why(), Code::AgentsSpokenFor, text);
}

#[test]
fn predictive_says_which_chance_binds_and_the_level_what_it_counts() {
    let level = PlanRules { pacing: Some(PacingRule::Level), ..PlanRules::default() };
    let plan = Plan { rules: level, service_level: -1, ..queue_plan(DialMode::Predictive) };
    let room = staffed(plan, &[1, 2], 20);
    let text = "the rule level allows 1 idle agents and service_level -1, less 0 calls that are not over";
    assert_why(&room.why(), Code::ServiceLevel, text);
    let room = staffed(queue_plan(DialMode::Predictive), &[1, 1, 1], 50);
    let why = room.why();
    assert!(why.dialing && why.reason.code == Code::Dialing, "{why:?}");
    assert!(why.reason.text.contains("3 logged in, 3 idle"), "{why:?}");
}

#[test]
fn a_used_up_abandon_budget_is_told_with_its_numbers_and_its_end() {
    let mut room = staffed(queue_plan(DialMode::Predictive), &[2, 2], 50);
    let counts = Counts { answered_all: 100, answered_persons: 100, abandoned: 10, late: 0 };
    let day = Day::at(room.now.wall, 0);
    room.engine.load_tallies([Tally { budget: CAMPAIGN.to_string(), day, counts }]);
    room.wait_ms(1_000);
    let why = room.why();
    assert_eq!(why.reason.code, Code::AbandonBudget, "{why:?}");
    assert!(why.reason.text.starts_with("the abandon budget is used up (10 % of 100 "), "{why:?}");
    assert!(why.reason.text.ends_with("(2 logged in, 2 talking)"), "{why:?}");
    assert_eq!((count(&why, "abandoned"), count(&why, "answered")), (10, 100));
    // 30 days from midnight of the first day.
    let midnight = (room.now.wall.0 / 1_000_000_000 / 86_400 + 30) * 86_400;
    assert_eq!(why.reason.until, Some(Wall(midnight * 1_000_000_000)));
}

#[test]
fn channel_limits_of_asterisk_trunk_and_campaign_are_told_apart() {
    let few = Limits { max_channels: 3, ..WIDE };
    let room = limited(few, &[], &[], robo());
    let text = "channel limit of Asterisk pbx1: 3 of 3 calls (max_channels)";
    assert_why(&room.why(), Code::AsteriskChannels, text);
    assert!(room.why().dialing, "its calls ring");
    let room = limited(WIDE, &[("MaxChannels", "4")], &[], robo());
    assert_why(
        &room.why(),
        Code::CampaignChannels,
        "the campaign's channel limit: 4 of 4 calls (max_channels)",
    );
    let plan = Plan { trunk_name: Trunks::parse("carrier").ok(), ..robo() };
    let room = limited(WIDE, &[], &[trunk("carrier", Some(2), None)], plan);
    let text = "channel limit of trunk carrier on pbx1: 2 of 2 calls (max_channels)";
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
    assert_why(&why, Code::AsteriskRate, "Asterisk pbx1 is given calls as fast as its max_cps (0.5) allows");
    assert_eq!(why.reason.until, Some(Wall(NOON_NS).after_ms(2_000)));
    let mut room = limited(WIDE, &[("MaxCps", "0.25")], &[], robo());
    room.wait_ms(500);
    let why = room.why();
    assert_why(&why, Code::CampaignRate, "the campaign places calls as fast as its max_cps (0.25) allows");
    assert_eq!(why.reason.until, Some(Wall(NOON_NS).after_ms(4_000)));
    let plan = Plan { trunk_name: Trunks::parse("carrier").ok(), ..robo() };
    let mut room = limited(WIDE, &[], &[trunk("carrier", None, Some(0.2))], plan);
    room.wait_ms(500);
    let why = room.why();
    assert_why(
        &why,
        Code::TrunkRate,
        "trunk carrier on pbx1 is given calls as fast as its max_cps (0.2) allows",
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

fn scheduled(weekday: &str) -> Schedule {
    Schedule {
        enabled: true,
        time_start: Text::parse("09:00:00").ok(),
        time_end: Text::parse("17:00:00").ok(),
        day_list: Text::parse(weekday).ok(),
        ..Schedule::default()
    }
}

#[test]
fn outside_of_its_schedule_until_then() {
    // It is Monday, 12:36.
    let mut room = limited(WIDE, &[], &[], robo());
    room.change_campaign(CAMPAIGN, |row| row.schedule = scheduled("4"));
    let text = "outside its schedule until Thursday 09:00";
    assert_why(&room.why(), Code::OutsideSchedule, text);
    assert_eq!(room.why().reason.until, Some(Wall(1_795_683_600 * 1_000_000_000)));
    room.ask(CAMPAIGN, CampaignStatus::Stop);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    assert_eq!(room.status(CAMPAIGN), 0);
    assert_why(&room.why(), Code::OutsideSchedule, text);
    room.change_campaign(CAMPAIGN, |row| row.rules = rules(&[("ScTimeZone", "Europe/Berlin")]));
    assert_eq!(room.why().reason.text, "outside its schedule until Thursday 09:00 Europe/Berlin");
    room.change_campaign(CAMPAIGN, |row| row.schedule.date_end = Text::parse("2026-01-01").ok());
    assert_eq!(room.why().reason.text, "outside its schedule, which does not open in the next 400 days");
}

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

#[test]
fn what_is_missing_is_said_before_and_after_the_start() {
    type Spoil = fn(&mut Room);
    let cases: [(Code, &str, Spoil); 4] = [
        (Code::NoDialMode, "the plan has no dial mode (DialMode 0)", |room| {
            room.change_plan(|plan| plan.dial_mode = DialMode::None);
        }),
        (Code::NoQueue, "the plan has no queue (QueueName), which its dial mode needs", |room| {
            room.change_plan(|plan| plan.dial_mode = DialMode::Power);
        }),
        (Code::NoDialList, "no dial list is set", |room| {
            room.change_campaign(CAMPAIGN, |row| row.dial_list = None);
        }),
        (Code::NoPlan, "no plan is set", |room| room.change_campaign(CAMPAIGN, |row| row.plan = None)),
    ];
    for (code, text, spoil) in cases {
        let mut room = limited(Limits { max_channels: 1, ..WIDE }, &[], &[], robo());
        spoil(&mut room);
        assert_why(&room.why(), code, text);
        let mut room = Room::ready(robo(), 5);
        spoil(&mut room);
        assert_why(&room.why(), code, &format!("stopped, and cannot be started: {text}"));
    }
}

#[test]
fn each_status_says_what_it_waits_for() {
    let mut room = limited(Limits { max_channels: 2, ..WIDE }, &[], &[], robo());
    room.ask(CAMPAIGN, CampaignStatus::Pause);
    let text = "the campaign is being paused: no new calls, 2 calls in flight";
    assert_why(&room.why(), Code::Pausing, text);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    assert_why(&room.why(), Code::Paused, "the campaign is paused");
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.ask(CAMPAIGN, CampaignStatus::Stop);
    assert_eq!(room.why().reason.code, Code::Stopping);
    room.ask(CAMPAIGN, CampaignStatus::ForceStopping);
    let text = "the campaign is being stopped by force, 2 calls in flight";
    assert_why(&room.why(), Code::ForceStopping, text);
    room.live().into_iter().for_each(|dialing| room.fail(dialing, 17));
    assert_why(&room.why(), Code::Stopped, "the campaign is stopped");
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room.input(Input::ShutDown);
    assert_why(&room.why(), Code::ShuttingDown, "the daemon is shutting down: no new calls");
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

#[test]
fn preview_waits_for_agents_or_leaves_them_alone() {
    let mut plan = queue_plan(DialMode::Desktop);
    engine::model::Rules::set(&mut plan.rules, "PreviewSeconds", "20").unwrap();
    let mut room = staffed(plan, &[1], 5);
    let text = "1 offers wait for the answers of agents in sales (1 logged in, 1 idle)";
    assert_why(&room.why(), Code::OffersOpen, text);
    room.wait_ms(20_000);
    let text = "1 idle agents in sales are left alone for now (the next for 60 s)";
    assert_why(&room.why(), Code::AgentsLeftAlone, text);
    assert_eq!(room.why().reason.until, Some(room.now.wall.after_ms(60_000)));
}

#[test]
fn who_asks_changes_nothing() {
    let run = |asks: bool| {
        let mut room = staffed(queue_plan(DialMode::Predictive), &[1, 1, 1, 2], 60);
        for _ in 0..200 {
            room.wait_ms(130);
            if let Some(dialing) = room.live().first().copied() {
                room.fail(dialing, 17);
            }
            if asks {
                (0..3).for_each(|_| drop(room.why()));
            }
        }
        room.originated.iter().map(|(at, setup)| (*at, setup.lead)).collect::<Vec<_>>()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn all_campaigns_at_once_say_what_each_alone_says() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[2, 2], 5);
    room.change(Change::CampaignCreated(Arc::new(Campaign::new(Uuid::from_u128(0xcb), Wall(0)))));
    let all: Vec<(Uuid, Code)> =
        room.engine.reasons(None, room.now).map(|short| (short.campaign, short.reason.code)).collect();
    assert_eq!(all, [(CAMPAIGN, Code::NoIdleAgent), (Uuid::from_u128(0xcb), Code::NoPlan)]);
    assert_eq!(room.engine.reasons(Some(CAMPAIGN), room.now).count(), 1);
    assert!(room.engine.why(Uuid::from_u128(0xcc), room.now).is_none());
}
