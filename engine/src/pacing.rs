//! The one decision: how many calls to place now, and why not more. One input, one number out with its reason.

mod ages;
pub mod crew;
mod level;
mod limit;
pub mod line;
pub mod predict;
mod price;
mod sums;

use crate::abandon::UsedUp;
use crate::catalog::NotStartable;
use crate::model::DialMode;
use crate::value::PacingRule;

pub use crew::Crew;
pub use limit::Limit;
pub use line::{Failure, Line, Rules};
pub use predict::{Bound, Prediction, predict};

/// What the decision sees, for one campaign on one Asterisk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PacingInput {
    /// The plan's mode.
    pub mode: DialMode,
    /// How mode 1 finds its number.
    pub rule: PacingRule,
    /// The plan's service level: calls over the number of available agents (rule `level`).
    pub service_level: i32,
    /// Calls for each available agent (mode 3).
    pub power_ratio: f64,
    /// The plan's queue there; `None` where that Asterisk has no such queue (or the mode needs none).
    pub staff: Option<crate::queues::Staff>,
    /// Calls of all campaigns on that queue that are not answered yet, those asked for included.
    pub unanswered: u32,
    /// Calls on that queue that were answered and for which no agent is taken out of `staff` yet.
    pub waiting: u32,
    /// Calls of this campaign that are not over, those asked for included: the rule `level` counts them all.
    pub dialings: u32,
    /// What predictive dialing by what was learned would do (rule `adaptive`).
    pub prediction: Option<Prediction>,
    /// Where so, the budget of abandoned calls that is used up: then `prediction` is for idle agents alone.
    pub used_up: Option<UsedUp>,
    /// Calls that the Asterisk may still be given at once.
    pub free_channels: u32,
    /// Calls that it may be given now by its rate.
    pub free_rate: u32,
}

/// How many calls to place now, and what kept it from being more.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Calls to place.
    pub calls: u32,
    /// The binding limit.
    pub limit: Limit,
}

impl Decision {
    /// As many calls as one likes.
    pub(crate) fn unbound() -> Self {
        Self { calls: u32::MAX, limit: Limit::Channels }
    }
}

/// What bounds are told to, one after the other.
pub(crate) trait Bounds {
    /// No more than so many calls, by this limit.
    #[must_use]
    fn at_most(self, calls: u32, limit: impl FnOnce() -> Limit) -> Self;
}

/// The first of those that leave the fewest calls.
impl Bounds for Decision {
    fn at_most(self, calls: u32, limit: impl FnOnce() -> Limit) -> Self {
        if calls < self.calls { Self { calls, limit: limit() } } else { self }
    }
}

/// For who asks why: each that leaves no call at all.
#[derive(Debug, Default)]
pub(crate) struct Obstacles(pub(crate) Vec<Limit>);

impl Bounds for Obstacles {
    fn at_most(mut self, calls: u32, limit: impl FnOnce() -> Limit) -> Self {
        if calls == 0 {
            self.0.push(limit());
        }
        self
    }
}

/// Decides.
pub fn decide(input: &PacingInput) -> Decision {
    bounds(input, Decision::unbound())
}

/// All that agents and the Asterisk have to say.
pub(crate) fn bounds<B: Bounds>(input: &PacingInput, told: B) -> B {
    let (by_agents, limit) = match input.mode {
        DialMode::Robo | DialMode::Redirect => (u32::MAX, Limit::Channels),
        DialMode::Predictive | DialMode::Progressive | DialMode::Power => with_agents(input),
        // No calls by itself: what is offered to agents is counted in preview.rs.
        DialMode::None | DialMode::Desktop => (0, Limit::NotUsable(NotStartable::NoDialMode)),
    };
    let told = told.at_most(by_agents, || limit);
    told.at_most(input.free_channels, || Limit::Channels).at_most(input.free_rate, || Limit::Rate)
}

/// The modes that count agents.
fn with_agents(input: &PacingInput) -> (u32, Limit) {
    let Some(staff) = input.staff else {
        return (0, Limit::NoSuchQueue);
    };
    if staff.logged_in == 0 {
        return (0, Limit::NobodyLoggedIn);
    }
    // An agent for whom an answered call waits is not idle any more, even while his phone has not begun to ring.
    let available = f64::from(staff.idle.saturating_sub(input.waiting));
    let agents = Limit::Agents {
        idle: staff.idle,
        logged_in: staff.logged_in,
        unanswered: input.unanswered,
        waiting: input.waiting,
    };
    match (input.mode, input.rule, input.prediction) {
        (DialMode::Predictive, PacingRule::Level, _) => {
            let allowed = i64::from(staff.idle) + i64::from(input.service_level) - i64::from(input.dialings);
            let (idle, level, dialings) = (staff.idle, input.service_level, input.dialings);
            (u32::try_from(allowed.max(0)).unwrap_or(u32::MAX), Limit::Level { idle, level, dialings })
        }
        (DialMode::Predictive, PacingRule::Adaptive, Some(prediction)) => {
            let limit = match (prediction.bound, input.used_up) {
                (Bound::ProgressiveOnly, Some(used_up)) => Limit::AbandonBudget(used_up),
                _ => Limit::Predicted(prediction),
            };
            // It was asked for no more than channels and rate allow: then these bind.
            let calls = if prediction.bound == Bound::Asked { u32::MAX } else { prediction.calls };
            (calls, limit)
        }
        (DialMode::Power, ..) => {
            (whole(available * input.power_ratio).saturating_sub(input.unanswered), agents)
        }
        _ => (whole(available).saturating_sub(input.unanswered), agents),
    }
}

/// The whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to u32; a hair of rounding is forgiven"
)]
fn whole(number: f64) -> u32 {
    (number + 1e-9).floor().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queues::Staff;

    fn input(mode: DialMode) -> PacingInput {
        PacingInput {
            mode,
            rule: PacingRule::Level,
            service_level: 0,
            power_ratio: 1.0,
            staff: Some(Staff { idle: 5, logged_in: 8, ringing: 0 }),
            unanswered: 0,
            waiting: 0,
            dialings: 0,
            prediction: None,
            used_up: None,
            free_channels: 100,
            free_rate: 100,
        }
    }

    #[test]
    fn level_allows_idle_agents_and_the_level_less_every_call_that_is_not_over() {
        let base = input(DialMode::Predictive);
        let table = [
            (base, 5),
            (PacingInput { service_level: 3, ..base }, 8),
            (PacingInput { dialings: 4, ..base }, 1),
            (PacingInput { dialings: 9, ..base }, 0),
            (PacingInput { service_level: -2, ..base }, 3),
            // Whether they ring, wait or talk: the first implementation counts a dialing until it is gone.
            (PacingInput { dialings: 4, unanswered: 2, waiting: 1, ..base }, 1),
            (PacingInput { service_level: 4, dialings: 4, ..base }, 5),
        ];
        for (input, calls) in table {
            assert_eq!(decide(&input).calls, calls, "{input:?}");
        }
    }

    #[test]
    fn power_places_its_ratio_of_calls_for_each_available_agent() {
        let base = PacingInput { power_ratio: 2.5, ..input(DialMode::Power) };
        let table = [
            (base, 12),
            (PacingInput { unanswered: 4, ..base }, 8),
            (PacingInput { waiting: 1, ..base }, 10),
            (PacingInput { power_ratio: 1.1, ..base }, 5),
            (PacingInput { unanswered: 13, ..base }, 0),
        ];
        for (input, calls) in table {
            assert_eq!(decide(&input).calls, calls, "{input:?}");
        }
    }

    #[test]
    fn the_smallest_limit_binds_and_is_named() {
        let robo = PacingInput { staff: None, ..input(DialMode::Robo) };
        assert_eq!(decide(&PacingInput { free_rate: 7, ..robo }), Decision { calls: 7, limit: Limit::Rate });
        assert_eq!(
            decide(&PacingInput { free_channels: 0, ..robo }),
            Decision { calls: 0, limit: Limit::Channels }
        );
        let alone = PacingInput { staff: Some(Staff::default()), ..input(DialMode::Progressive) };
        assert_eq!(decide(&alone), Decision { calls: 0, limit: Limit::NobodyLoggedIn });
        let nowhere = PacingInput { staff: None, ..input(DialMode::Progressive) };
        assert_eq!(decide(&nowhere), Decision { calls: 0, limit: Limit::NoSuchQueue });
    }

    #[test]
    fn a_prediction_that_would_have_placed_more_is_bound_by_channels_or_rate() {
        let bound = |bound, free_rate| {
            let prediction = Prediction {
                calls: 3,
                bound,
                idle: 5,
                in_flight: 0,
                waiting: 0,
                horizon_s: 20.0,
                expected_answers: 1.0,
                expected_free: 5.0,
                chance: 0.1,
                theta: 0.05,
            };
            let base = input(DialMode::Predictive);
            decide(&PacingInput {
                rule: PacingRule::Adaptive,
                prediction: Some(prediction),
                free_rate,
                ..base
            })
        };
        assert_eq!(bound(Bound::Asked, 3), Decision { calls: 3, limit: Limit::Rate });
        let by_chance = bound(Bound::Chance, 30);
        assert_eq!(by_chance.calls, 3);
        assert!(matches!(by_chance.limit, Limit::Predicted(_)));
    }

    #[test]
    fn progressive_ignores_the_service_level() {
        let progressive = PacingInput { service_level: 50, ..input(DialMode::Progressive) };
        assert_eq!(decide(&progressive).calls, 5);
        assert_eq!(decide(&PacingInput { unanswered: 3, waiting: 1, ..progressive }).calls, 1);
    }
}
