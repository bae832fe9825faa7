//! What the model promises: runs can be repeated, nothing is left behind, agents take one call at a time.

use crate::capture::parse;
use crate::driver::{always, drain, replay, run_until, world};
use ami::Message;
use pbxsim::scenario::QueueSetup;
use pbxsim::{AgentState, Out, Scenario, Sim, Time};
use std::collections::{BTreeMap, BTreeSet};

fn originate(number: u64) -> Message {
    parse(&format!(
        "Action: Originate\r\nActionID: a{number}\r\nChannel: PJSIP/{number}@carrier\r\nChannelId: id-{number}-x\r\n\
         Application: Queue\r\nData: sales,,,,60\r\nTimeout: 30000\r\nAsync: true\r\n"
    ))
}

/// Fifty agents in two queues, with wrap-up and breaks, and two calls a second.
fn busy_room() -> Scenario {
    let mut scenario = Scenario { calls_log: 100_000, ..Scenario::default() };
    scenario.queues = ["sales", "support"]
        .map(|name| QueueSetup { name: name.to_owned(), timeout_s: 6.0, ..QueueSetup::default() })
        .to_vec();
    scenario.agents.count = 50;
    scenario.agents.deaf_share = 0.02;
    scenario.agents.break_share = 0.02;
    scenario.agents.wrap_up_s = always(5.0);
    scenario
}

fn dial(sim: &mut Sim, calls: u64, each_ms: u64, mut look: impl FnMut(&Sim, Vec<Message>)) {
    for number in 0..calls {
        let at = Time::from_millis(number * each_ms);
        run_until(sim, at);
        sim.action(1, &originate(number), at);
        let out = drain(sim);
        look(sim, out);
    }
    run_until(sim, sim.now() + Time::from_secs(3 * 3_600));
    let out = drain(sim);
    look(sim, out);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_does_not() {
    let outputs = |seed| {
        let mut sim = Sim::new(busy_room(), seed);
        let mut all = Vec::new();
        dial(&mut sim, 300, 500, |_, out| all.extend(out));
        all
    };
    assert!(outputs(5) == outputs(5));
    assert!(outputs(5) != outputs(6));
}

#[test]
fn ten_thousand_calls_leave_nothing_behind() {
    let mut sim = Sim::new(busy_room(), 1);
    dial(&mut sim, 10_000, 250, |_, _| {});
    assert_eq!(sim.channels_up(), 0);
    let on_break = sim.agents().iter().filter(|agent| agent.state != AgentState::Idle).count();
    assert_eq!(sim.timers_set(), on_break);
    let counts = sim.counts();
    assert_eq!(counts.answered + counts.failed, 10_000);
    assert_eq!(counts.completed, counts.answered);
    let ids: BTreeSet<_> = sim.calls_log().map(|call| call.number.clone()).collect();
    assert_eq!(ids.len(), 10_000, "no number was called twice");
}

#[test]
fn an_agent_has_at_most_one_call() {
    let mut sim = Sim::new(busy_room(), 11);
    let mut talking: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = 0;
    dial(&mut sim, 4_000, 250, |_, out| {
        for event in out {
            let agent = event.text("Interface").to_owned();
            match event.event_name() {
                Some("AgentConnect") => {
                    taken += 1;
                    let before = talking.insert(agent, event.text("Uniqueid").to_owned());
                    assert_eq!(before, None, "two calls at once");
                }
                Some("AgentComplete") => {
                    assert_eq!(talking.remove(&agent).as_deref(), Some(event.text("Uniqueid")));
                }
                _ => {}
            }
        }
    });
    assert!(taken > 300, "{taken}");
    assert!(talking.is_empty());
}

#[test]
fn every_originate_gets_one_response_and_never_after_its_hangup_on_success() {
    let mut sim = Sim::new(busy_room(), 12);
    let (mut responses, mut gone) = (BTreeMap::new(), BTreeSet::new());
    dial(&mut sim, 2_000, 100, |_, out| {
        for event in out {
            match event.event_name() {
                Some("OriginateResponse") => {
                    let success = event.text("Response") == "Success";
                    assert!(!(success && gone.contains(event.text("Uniqueid"))));
                    *responses.entry(event.text("ActionID").to_owned()).or_insert(0) += 1;
                }
                Some("Hangup") => drop(gone.insert(event.text("Uniqueid").to_owned())),
                _ => {}
            }
        }
    });
    assert_eq!(responses.len(), 2_000);
    assert!(responses.values().all(|count| *count == 1));
}

#[test]
fn a_restart_hangs_up_all_calls_and_then_ends_the_sessions() {
    let mut sim = Sim::new(world(), 1);
    let call = "Action: Originate\r\nChannel: Local/30555@pstn/n\r\nContext: dialer\r\nExten: talk\r\nAsync: true\r\n";
    replay(&mut sim, &[(0, parse(call))], 5_000);
    sim.restart(Time::from_secs(6), false);
    let out: Vec<Out> = std::iter::from_fn(|| sim.poll_event()).collect();
    assert_eq!(out.last(), Some(&Out::Down));
    let names: Vec<_> = out
        .iter()
        .filter_map(|out| match out {
            Out::Event { message, .. } => message.event_name(),
            Out::Reply { .. } | Out::Down => None,
        })
        .collect();
    assert_eq!(names.iter().filter(|name| **name == "Hangup").count(), 2);
    assert!(names.contains(&"OriginateResponse"));
    assert_eq!(names.last(), Some(&"Shutdown"));
    assert_eq!((sim.channels_up(), sim.timers_set()), (0, 0));
}

#[test]
fn what_nobody_wants_is_not_built() {
    let mut sim = Sim::new(world(), 1);
    sim.want(pbxsim::Wanted::names(&["Hangup"]));
    let call = "Action: Originate\r\nChannel: Local/14555@pstn/n\r\nContext: dialer\r\nExten: brief\r\nAsync: true\r\n";
    let out = replay(&mut sim, &[(0, parse(call))], 5_000);
    let names: Vec<_> = out.iter().filter_map(|message| message.event_name()).collect();
    assert_eq!(names, ["Hangup", "Hangup"]);
}
