//! Calls of each kind: names, order, headers and key values of the events are those of the recordings.

use crate::capture::{headers, load, sequences};
use crate::driver::{always, replay, world, world_of};
use ami::Message;
use pbxsim::scenario::Mix;
use pbxsim::{Scenario, Sim};

/// The agent's channels are Local there and SIP here; only the caller's channels are compared.
const AGENT_EVENTS: [&str; 7] =
    ["BridgeEnter", "BridgeLeave", "AgentCalled", "DialBegin", "DialState", "Newchannel", "LocalBridge"];

fn run(name: &str, scenario: Scenario) -> (Vec<Message>, Vec<Message>) {
    let capture = load(name);
    let mut sent = capture.sent;
    for (_, action) in &mut sent {
        // Hangup by name: ours are counted from 0.
        if action.text("Action") == "Hangup" && action.text("Channel").starts_with("PJSIP/") {
            *action = with_channel(action, "PJSIP/carrier-00000000");
        } else if action.text("Action") == "Hangup" && action.text("Channel").starts_with("Local/") {
            let base = action.text("Channel").split_once("-0000").unwrap().0.to_owned();
            *action = with_channel(action, &format!("{base}-00000000;1"));
        }
    }
    let mut sim = Sim::new(scenario, 7);
    (capture.received, replay(&mut sim, &sent, 120_000))
}

fn with_channel(action: &Message, channel: &str) -> Message {
    let mut changed = Message::new();
    for (name, value) in action.iter() {
        changed.push(name, if name == "Channel" { channel } else { value }).unwrap();
    }
    changed
}

fn compare(name: &str, (real, ours): (&[Message], &[Message]), skip: &[&str], channels: usize) {
    let (expected, found) = (sequences(real, skip), sequences(ours, skip));
    for index in (0..channels).chain(100..100 + channels) {
        assert_eq!(found.get(&index), expected.get(&index), "{name}: channel {index}");
    }
    let (expected, found) = (headers(real), headers(ours));
    for (event, list) in &found {
        if let Some(real) = expected.get(event) {
            assert_eq!(list, real, "{name}: headers of {event}");
        }
    }
    let responses = |run: &[Message]| -> Vec<(String, String)> {
        let all = run.iter().filter(|message| message.event_name() == Some("OriginateResponse"));
        all.map(|m| (m.text("Response").to_owned(), m.text("Reason").to_owned())).collect()
    };
    assert_eq!(responses(ours), responses(real), "{name}: OriginateResponse");
}

fn same(name: &str, scenario: Scenario) {
    let (real, ours) = run(name, scenario);
    compare(name, (&real, &ours), &[], 2);
}

#[test]
fn local_calls_that_are_answered() {
    for name in [
        "A01_local_answer_exten",
        "A02_local_n_answer_exten",
        "A03_local_answer_callee_hangs_up",
        "A04_local_answer_dialplan_hangs_up",
        "A05_local_answer_at_once",
        "A08_local_app_wait",
        "A42_local_hangup_talking_cause21",
    ] {
        same(name, world());
    }
}

#[test]
fn local_calls_that_fail() {
    for name in [
        "A20_local_busy_app",
        "A21_local_busy_cause17",
        "A22_local_congestion_app",
        "A23_local_hangup_cause27",
        "A23_local_hangup_cause34",
        "A23_local_hangup_cause38",
        "A23_local_hangup_cause41",
        "A24_local_timeout_ringing",
        "A25_local_timeout_silent",
        "A26_local_hangup_cause1",
        "A26_local_hangup_cause28",
        "A26_local_hangup_cause3",
        "A27_local_callee_declines_ringing",
        "A28_local_noanswer_cause19",
        "A29_local_rejected_cause21",
        "A30_local_no_such_exten",
        "A31_local_no_such_context",
        "A32_unknown_tech",
        "A33_no_slash",
        "A35_dest_exten_unknown",
        "A36_dest_context_unknown",
        "A37_app_unknown",
        "A40_local_hangup_ringing",
        "A41_local_hangup_ringing_by_id",
    ] {
        same(name, world());
    }
}

#[test]
fn machine_detection() {
    for name in [
        "A50_local_amd_human",
        "A50_local_amd_machine",
        "A50_local_amd_nomedia",
        "A51_local_amd_notsure",
        "A52_local_amd_hangup",
    ] {
        same(name, world());
    }
    let mut answered = world_of(Mix { answer: 1.0, ..Mix::NONE });
    answered.customers.ring_s = always(0.5);
    same("B40_sip_amd_human", answered);
}

#[test]
fn sip_calls_that_are_answered() {
    let answered = || world_of(Mix { answer: 1.0, ..Mix::NONE });
    same("B01_sip_answer_exten", answered());
    same("B04_sip_answer_dialplan_hangs_up", answered());
    same("B31_sip_hangup_talking_cause21", answered());
    let mut impatient = answered();
    impatient.customers.patience_s = always(3.0);
    same("B02_sip_answer_callee_bye", impatient);
}

#[test]
fn sip_calls_that_fail() {
    same("B10_sip_486_busy", world_of(Mix { busy: 1.0, ..Mix::NONE }));
    same("B11_sip_404", world_of(Mix { unallocated: 1.0, ..Mix::NONE }));
    same("B13_sip_503", world_of(Mix { congested: 1.0, ..Mix::NONE }));
    same("B15_sip_603", world_of(Mix { declined: 1.0, ..Mix::NONE }));
    same("B20_sip_ring_timeout", world_of(Mix { no_answer: 1.0, ..Mix::NONE }));
    same("B22_sip_silent_timeout", world_of(Mix { silent: 1.0, ..Mix::NONE }));
    same("B23_sip_silent_long", world_of(Mix { silent: 1.0, ..Mix::NONE }));
    same("B26_sip_unknown_endpoint", world_of(Mix { no_answer: 1.0, ..Mix::NONE }));
    same("B30_sip_hangup_ringing", world_of(Mix { no_answer: 1.0, ..Mix::NONE }));
    same("B32_sip_hangup_before_answer_101", world_of(Mix { silent: 1.0, ..Mix::NONE }));
}

/// One agent, `PJSIP/agent1`, who answers after a second.
fn with_agent(mut scenario: Scenario, customer_hangs_up: f64) -> Scenario {
    scenario.agents.count = 1;
    scenario.agents.answer_s = always(1.0);
    scenario.agents.member_name = "SIP Agent ".to_owned();
    scenario.agents.queues = vec!["salessip".to_owned(), "wrapsip".to_owned()];
    scenario.customers.customer_hangs_up = customer_hangs_up;
    scenario
}

#[test]
fn queues() {
    let answered = || world_of(Mix { answer: 1.0, ..Mix::NONE });
    for (name, share) in [("B05_sip_queue_agent_answers", 1.0), ("B06_sip_queue_agent_hangs_up", 0.0)] {
        same(name, with_agent(answered(), share));
    }
    let mut impatient = answered();
    impatient.customers.patience_s = always(3.0);
    same("B08_sip_queue_caller_abandons", impatient);
    same("A13_local_n_queue_caller_abandons", world());
    same("A17_local_n_queue_timeout", world());
}

#[test]
fn a_local_caller_in_a_queue_with_an_agent() {
    let mut scenario = with_agent(world(), 1.0);
    scenario.agents.queues = vec!["sales".to_owned()];
    let (real, ours) = run("A10_local_n_queue_agent_answers", scenario);
    compare("A10", (&real, &ours), &AGENT_EVENTS, 2);
}

#[test]
fn each_queue_of_an_agent_tells_about_him() {
    let (real, ours) =
        run("B05_sip_queue_agent_answers", with_agent(world_of(Mix { answer: 1.0, ..Mix::NONE }), 1.0));
    let told = |run: &[Message]| -> Vec<(String, String)> {
        let all = run.iter().filter(|message| message.event_name() == Some("QueueMemberStatus"));
        all.map(|m| (m.text("Queue").to_owned(), m.text("Status").to_owned())).collect()
    };
    assert_eq!(told(&ours), told(&real));
}

#[test]
fn a_channel_id_that_is_in_use() {
    let (real, ours) = run("A53_duplicate_channelid", world());
    let answers = |run: &[Message]| -> Vec<(String, String, String)> {
        let all = run.iter().filter(|message| message.event_name() == Some("OriginateResponse"));
        all.map(|m| {
            (m.text("ActionID").to_owned(), m.text("Reason").to_owned(), m.text("Uniqueid").to_owned())
        })
        .collect()
    };
    assert_eq!(answers(&ours), answers(&real));
    compare("A53", (&real, &ours), &[], 3);
}
