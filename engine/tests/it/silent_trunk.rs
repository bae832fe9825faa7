//! Predictive pacing when nobody answers any more: it looks for answers, but not without end.

use std::collections::VecDeque;

use engine::pacing::predict::MOST_PER_AGENT;
use engine::pacing::{Bound, Crew, Failure, Line, Rules, predict};

#[test]
fn a_trunk_that_has_gone_silent_is_not_filled_to_its_limit() {
    let rules = Rules { cap: 0.03, patience_s: 2.0, ring_timeout_s: 25.0, detects: false };
    let (mut crew, mut line) = (Crew::new(), Line::new(rules));
    (0..5).for_each(|agent| crew.ready(agent, 0.0));
    let (mut calls, mut next, mut most, mut bound) = (VecDeque::new(), 0_u128, 0, None);
    for half_second in 0..3_600 {
        let now = f64::from(half_second) / 2.0;
        while calls.front().is_some_and(|(_, ends)| *ends <= now) {
            let (call, _) = calls.pop_front().unwrap();
            line.failed(call, now, Failure::NoAnswer);
        }
        let prediction = predict(&mut crew, &mut [&mut line], 0, now, 1_000);
        for _ in 0..prediction.calls {
            next += 1;
            line.dialed(next, now);
            calls.push_back((next, now + 27.0));
        }
        most = most.max(line.in_flight());
        bound = Some(prediction.bound);
    }
    assert_eq!(most, 5 * MOST_PER_AGENT, "it does try");
    assert_eq!(bound, Some(Bound::PerAgent));
}
