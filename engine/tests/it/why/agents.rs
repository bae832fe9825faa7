//! Reasons that lie with the agents of the queue: busy, paused, not there, spoken for; and with who was abandoned.

use super::*;

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
    let text = "with 1 idle agent, the service level of -1 allows 0 calls at once; 0 are not over";
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
fn preview_waits_for_agents_or_leaves_them_alone() {
    let mut plan = queue_plan(DialMode::Desktop);
    engine::model::Rules::set(&mut plan.rules, "PreviewSeconds", "20").unwrap();
    let mut room = staffed(plan, &[1], 5);
    let text = "1 offer waits for the answer of an agent in sales (1 logged in, 1 idle)";
    assert_why(&room.why(), Code::OffersOpen, text);
    room.wait_ms(20_000);
    let text = "1 idle agent in sales is left alone for now (the next for 60 s)";
    assert_why(&room.why(), Code::AgentsLeftAlone, text);
    assert_eq!(room.why().reason.until, Some(room.now.wall.after_ms(60_000)));
}

#[test]
fn callers_of_others_are_told_apart_from_our_own() {
    let mut room = staffed(queue_plan(DialMode::Progressive), &[], 20);
    let joined = |caller: &str| QueueEvent::CallerJoined { queue: "sales".into(), caller: caller.into() };
    for caller in ["1732612345.1", "1732612345.2"] {
        room.pbx(PBX, PbxInput::Queue(joined(caller)));
    }
    room.member("sales", member("PJSIP/a0", 1));
    let why = room.why();
    let text = "the idle agents in sales are spoken for: 2 callers of others wait in the queue (1 logged in, 1 idle)";
    assert_why(&why, Code::AgentsSpokenFor, text);
    assert_eq!((count(&why, "other_callers"), count(&why, "agents_idle")), (2, 1));
    assert!(room.live().is_empty());
}

#[test]
fn an_offer_needs_two_channels_and_that_is_said() {
    let mut catalog = catalog(keeps_running(queue_plan(DialMode::Desktop)));
    catalog.campaigns.insert(CAMPAIGN, Arc::new(campaign(CAMPAIGN)));
    let mut room = Room::new(Limits { max_channels: 3, ..WIDE }, catalog);
    (1..=5).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.queue("sales", &[member("PJSIP/a0", 1), member("PJSIP/a1", 1)]);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    let text = "channel limit of Asterisk pbx1: 2 of 3 calls at once; an offer takes two";
    assert_why(&room.why(), Code::AsteriskChannels, text);
}
