//! Runs the model alone: sends actions at their times, gathers what comes out.

use ami::Message;
use pbxsim::scenario::{Mix, Spread};
use pbxsim::{Out, Scenario, Sim, Time};

/// No agents, no queues but those that a test names, and nothing left to chance.
pub(crate) fn world() -> Scenario {
    let mut scenario = Scenario { by_number: true, calls_log: 1_000, ..Scenario::default() };
    scenario.agents.count = 0;
    scenario.trunks = vec!["carrier".to_owned()];
    scenario.queues = ["loose", "sales", "salessip", "wrapsip"]
        .map(|name| pbxsim::scenario::QueueSetup { name: name.to_owned(), ..Default::default() })
        .to_vec();
    scenario
}

pub(crate) fn always(seconds: f64) -> Spread {
    Spread { mean: seconds, cv: 0.0 }
}

/// A world in which every call becomes the same.
pub(crate) fn world_of(mix: Mix) -> Scenario {
    let mut scenario = world();
    scenario.by_number = false;
    let customers = &mut scenario.customers;
    customers.mix = mix;
    customers.busy_after_ringing = 1.0;
    customers.machine_share = 0.0;
    customers.amd.not_sure = 0.0;
    customers.amd.person_as_machine = 0.0;
    (customers.setup_s, customers.ring_s) = (always(0.002), always(1.0));
    (customers.patience_s, customers.talk_s) = (always(60.0), always(2.0));
    scenario
}

pub(crate) fn drain(sim: &mut Sim) -> Vec<Message> {
    std::iter::from_fn(|| sim.poll_event())
        .filter_map(|out| match out {
            Out::Reply { message, .. } | Out::Event { message, .. } => Some(message),
            Out::Down => None,
        })
        .collect()
}

pub(crate) fn run_until(sim: &mut Sim, end: Time) {
    while let Some(at) = sim.poll_timeout().filter(|at| *at <= end) {
        sim.handle_timeout(at);
    }
    sim.handle_timeout(end);
}

/// Sends the actions of a capture at their times; what comes out until `end_ms`.
pub(crate) fn replay(sim: &mut Sim, sent: &[(u64, Message)], end_ms: u64) -> Vec<Message> {
    for (ms, action) in sent {
        run_until(sim, Time::from_millis(*ms));
        sim.action(1, action, Time::from_millis(*ms));
    }
    run_until(sim, Time::from_millis(end_ms));
    drain(sim)
}
