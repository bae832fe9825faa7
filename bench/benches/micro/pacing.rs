//! The decision.

use bench::room::Size;
use divan::Bencher;
use engine::model::DialMode;
use engine::pacing::{PacingInput, decide};
use engine::queues::Staff;
use engine::value::PacingRule;

use crate::engine::measure;

const MODES: [DialMode; 5] =
    [DialMode::Predictive, DialMode::Power, DialMode::Progressive, DialMode::Robo, DialMode::Redirect];
const WITH_AGENTS: [DialMode; 3] = [DialMode::Predictive, DialMode::Power, DialMode::Progressive];

/// The function alone; what predictive pacing feeds it with is in the next ones.
#[divan::bench(args = MODES)]
fn decision(bencher: Bencher<'_, '_>, mode: DialMode) {
    let input = PacingInput {
        mode,
        rule: PacingRule::Level,
        service_level: 0,
        power_ratio: 1.5,
        staff: Some(Staff { idle: 5, logged_in: 50, ringing: 1 }),
        unanswered: 3,
        waiting: 1,
        dialings: 45,
        prediction: None,
        used_up: None,
        free_channels: 100,
        free_rate: 30,
    };
    bencher.bench_local(|| decide(divan::black_box(&input)));
}

/// A campaign decides, with all that belongs to it; 50 agents, all of whom talk.
#[divan::bench(args = MODES, sample_size = 1, sample_count = 2000)]
fn campaign_decides(bencher: Bencher<'_, '_>, mode: DialMode) {
    let agents = if WITH_AGENTS.contains(&mode) { 50 } else { 0 };
    measure(bencher, Size { in_flight: 50, agents, ..Size::of(mode) }, |room| room.before_decision());
}

/// An agent becomes free, and a call is asked for: 1 of so many.
#[divan::bench(args = [10, 100, 1_000], sample_size = 1, sample_count = 500)]
fn agent_is_free_by_agents(bencher: Bencher<'_, '_>, agents: usize) {
    let size = Size { in_flight: agents - 1, agents, ..Size::of(DialMode::Progressive) };
    measure(bencher, size, |room| room.before_agent_is_free());
}

#[divan::bench(args = [10, 100, 1_000], sample_size = 1, sample_count = 500)]
fn agent_is_free_by_agents_predictive(bencher: Bencher<'_, '_>, agents: usize) {
    let size = Size { in_flight: agents - 1, agents, ..Size::of(DialMode::Predictive) };
    measure(bencher, size, |room| room.before_agent_is_free());
}
