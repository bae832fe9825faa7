//! The one decision: how many calls to place now, and why not more. One input, one number out with its reason.

mod ages;
pub mod crew;
mod level;
pub mod line;
pub mod predict;
mod price;
mod sums;

use std::fmt;

use crate::abandon::UsedUp;
use crate::limits::Slowdown;
use crate::model::DialMode;
use crate::value::PacingRule;

pub use crew::Crew;
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

/// What holds a campaign back now.
#[derive(Debug, Clone, PartialEq)]
pub enum Limit {
    /// No Asterisk is connected.
    NotConnected,
    /// The plan's queue is not there.
    NoSuchQueue,
    /// Nobody is logged in to the queue.
    NobodyLoggedIn,
    /// All agents are busy, or calls for those who are free are on their way.
    Agents {
        /// Idle agents.
        idle: u32,
        /// Agents logged in.
        logged_in: u32,
        /// Calls not answered yet.
        unanswered: u32,
        /// Answered calls that wait for an agent.
        waiting: u32,
    },
    /// The Asterisk has as many calls as it may have.
    Channels,
    /// The Asterisk was given as many calls as it may be given in this time.
    Rate,
    /// Outside the campaign's schedule.
    Schedule {
        /// When a window opens, in the campaign's local time, with the zone; none within the next 400 days where this is none.
        opens: Option<String>,
    },
    /// No lead is due: all others wait for their next try.
    RetryDelay,
    /// The list is used up.
    ListUsedUp,
    /// The list is used up but for calls that are still in flight.
    LastCalls,
    /// The store cannot claim leads.
    Store,
    /// The plan, list or destination cannot be used.
    NotUsable(crate::catalog::NotStartable),
    /// The daemon is shutting down.
    ShuttingDown,
    /// The first implementation's rule: idle agents and service level less the calls that are not over.
    Level {
        /// Idle agents.
        idle: u32,
        /// The plan's service level.
        level: i32,
        /// This campaign's calls that are not over.
        dialings: u32,
    },
    /// One more call would too likely find no agent.
    Predicted(Prediction),
    /// More calls would be abandoned than may be: one call for each idle agent.
    AbandonBudget(crate::abandon::UsedUp),
    /// The campaign has as many calls as its MaxChannels allows.
    CampaignChannels(u32),
    /// The campaign was given as many calls as its MaxCps allows in this time.
    CampaignRate(String),
    /// The trunk has as many calls as it may have.
    TrunkChannels {
        /// Its name; empty for plans without a trunk.
        trunk: String,
        /// Its limit in the config.
        max: u32,
    },
    /// The trunk was given as many calls as it may be given in this time.
    TrunkRate {
        /// Its name.
        trunk: String,
        /// Its limit in the config.
        max_cps: String,
    },
    /// The trunk refuses calls: it is given few.
    TrunkCongested {
        /// Its name.
        trunk: String,
        /// How few, and why.
        slowdown: Slowdown,
    },
    /// None of the plan's trunks takes a call, each for its own reason.
    Trunks(Vec<Limit>),
    /// The Asterisk refuses whatever is asked of it: it is asked rarely.
    AsteriskRefuses {
        /// Its name.
        asterisk: String,
        /// How rarely, and why.
        slowdown: Slowdown,
    },
    /// Preview: all agents who are free have an offer.
    Offers {
        /// Offers that are open or on their way.
        open: u32,
        /// Idle agents.
        idle: u32,
        /// Agents logged in.
        logged_in: u32,
    },
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
    /// The same, or fewer calls where another limit is narrower.
    #[must_use]
    pub(crate) fn at_most(self, calls: u32, limit: impl FnOnce() -> Limit) -> Self {
        if calls < self.calls { Self { calls, limit: limit() } } else { self }
    }
}

/// Decides.
pub fn decide(input: &PacingInput) -> Decision {
    let (by_agents, limit) = match input.mode {
        DialMode::Robo | DialMode::Redirect => (u32::MAX, Limit::Channels),
        DialMode::Predictive | DialMode::Progressive | DialMode::Power => with_agents(input),
        DialMode::None => (0, Limit::NotUsable(crate::catalog::NotStartable::NoDialMode)),
        DialMode::Desktop => {
            let reason = crate::catalog::NotStartable::ModeUnavailable(input.mode.code());
            (0, Limit::NotUsable(reason))
        }
    };
    [(by_agents, limit), (input.free_channels, Limit::Channels), (input.free_rate, Limit::Rate)]
        .into_iter()
        .min_by_key(|(calls, _)| *calls)
        .map_or(Decision { calls: 0, limit: Limit::Rate }, |(calls, limit)| Decision { calls, limit })
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

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("no Asterisk is connected"),
            Self::NoSuchQueue => f.write_str("the plan's queue does not exist on any connected Asterisk"),
            Self::NobodyLoggedIn => f.write_str("nobody is logged in to the plan's queue"),
            Self::Agents { idle, logged_in, unanswered, waiting } => write!(
                f,
                "no agent is free for one more call ({logged_in} logged in, {idle} idle, {unanswered} calls not answered yet, \
                 {waiting} callers waiting)"
            ),
            Self::Channels => f.write_str("the Asterisk has as many calls as max_channels allows"),
            Self::Rate => f.write_str("calls are placed as fast as max_cps allows"),
            Self::Schedule { opens: Some(opens) } => {
                write!(f, "outside the campaign's schedule; opens {opens}")
            }
            Self::Schedule { opens: None } => {
                f.write_str("outside the campaign's schedule, which does not open again")
            }
            Self::RetryDelay => f.write_str("all leads that are left wait for their retry delay"),
            Self::ListUsedUp => f.write_str("the list is used up"),
            Self::LastCalls => f.write_str("the list is used up but for the calls in flight"),
            Self::Store => f.write_str("the store cannot claim leads"),
            Self::NotUsable(reason) => reason.fmt(f),
            Self::ShuttingDown => f.write_str("the daemon is shutting down"),
            Self::Level { idle, level, dialings } => write!(
                f,
                "the rule level allows {idle} idle agents and ServiceLevel {level} less {dialings} calls that are not over"
            ),
            Self::Predicted(prediction) => prediction.fmt(f),
            Self::AbandonBudget(used_up) => used_up.fmt(f),
            Self::CampaignChannels(max) => {
                write!(f, "the campaign has as many calls as its MaxChannels ({max}) allows")
            }
            Self::CampaignRate(max_cps) => {
                write!(f, "the campaign places calls as fast as its MaxCps ({max_cps}) allows")
            }
            Self::TrunkChannels { trunk, max } => {
                write!(f, "{} has as many calls as its max_channels ({max}) allows", TrunkNamed(trunk))
            }
            Self::TrunkRate { trunk, max_cps } => {
                write!(f, "{} is given calls as fast as its max_cps ({max_cps}) allows", TrunkNamed(trunk))
            }
            Self::TrunkCongested { trunk, slowdown } => {
                write!(f, "{} is congested {slowdown}", TrunkNamed(trunk))
            }
            Self::Trunks(limits) => {
                f.write_str("no trunk of the plan takes a call: ")?;
                limits
                    .iter()
                    .enumerate()
                    .try_for_each(|(at, limit)| write!(f, "{}{limit}", if at == 0 { "" } else { "; " }))
            }
            Self::AsteriskRefuses { asterisk, slowdown } => {
                write!(f, "Asterisk {asterisk} refuses calls {slowdown}")
            }
            Self::Offers { open, idle, logged_in } => {
                write!(f, "{open} offers are open, waiting for agents ({logged_in} logged in, {idle} idle)")
            }
        }
    }
}

struct TrunkNamed<'a>(&'a str);

impl fmt::Display for TrunkNamed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("dialing without a trunk") } else { write!(f, "trunk {}", self.0) }
    }
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
