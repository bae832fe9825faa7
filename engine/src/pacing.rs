//! The one decision: how many calls to place now, and why not more. One input, one number out with its reason.

use std::fmt;

use crate::model::DialMode;

/// What the decision sees, for one campaign on one Asterisk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacingInput {
    /// The plan's mode.
    pub mode: DialMode,
    /// The plan's service level: calls over the number of available agents.
    pub service_level: i32,
    /// The plan's queue there; `None` where that Asterisk has no such queue (or the mode needs none).
    pub staff: Option<crate::queues::Staff>,
    /// Calls of all campaigns on that queue that are not answered yet, those asked for included.
    pub unanswered: u32,
    /// Calls on that queue that were answered and for which no agent is taken out of `staff` yet.
    pub waiting: u32,
    /// Calls that the Asterisk may still be given at once.
    pub free_channels: u32,
    /// Calls that it may be given now by its rate.
    pub free_rate: u32,
}

/// What holds a campaign back now.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    Schedule,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Calls to place.
    pub calls: u32,
    /// The binding limit.
    pub limit: Limit,
}

/// Decides.
pub fn decide(input: &PacingInput) -> Decision {
    let (by_agents, limit) = match input.mode {
        DialMode::Robo | DialMode::Redirect => (u32::MAX, Limit::Channels),
        DialMode::Predictive => agents(input, input.service_level),
        DialMode::Progressive => agents(input, 0),
        DialMode::None | DialMode::Desktop | DialMode::Power => {
            let reason = crate::catalog::NotStartable::ModeUnavailable(input.mode.code());
            (0, Limit::NotUsable(reason))
        }
    };
    [(by_agents, limit), (input.free_channels, Limit::Channels), (input.free_rate, Limit::Rate)]
        .into_iter()
        .min_by_key(|(calls, _)| *calls)
        .map_or(Decision { calls: 0, limit: Limit::Rate }, |(calls, limit)| Decision { calls, limit })
}

/// `(idle agents + service level) - calls not answered yet`. An agent for whom an answered call waits is not idle any
/// more, even while his phone has not begun to ring.
fn agents(input: &PacingInput, service_level: i32) -> (u32, Limit) {
    let Some(staff) = input.staff else {
        return (0, Limit::NoSuchQueue);
    };
    if staff.logged_in == 0 {
        return (0, Limit::NobodyLoggedIn);
    }
    let idle = staff.idle.saturating_sub(input.waiting);
    let allowed = i64::from(idle) + i64::from(service_level) - i64::from(input.unanswered);
    let calls = u32::try_from(allowed.max(0)).unwrap_or(u32::MAX);
    let limit = Limit::Agents {
        idle: staff.idle,
        logged_in: staff.logged_in,
        unanswered: input.unanswered,
        waiting: input.waiting,
    };
    (calls, limit)
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
            Self::Schedule => f.write_str("outside the campaign's schedule"),
            Self::RetryDelay => f.write_str("all leads that are left wait for their retry delay"),
            Self::ListUsedUp => f.write_str("the list is used up"),
            Self::LastCalls => f.write_str("the list is used up but for the calls in flight"),
            Self::Store => f.write_str("the store cannot claim leads"),
            Self::NotUsable(reason) => reason.fmt(f),
            Self::ShuttingDown => f.write_str("the daemon is shutting down"),
            Self::Offers { open, idle, logged_in } => {
                write!(f, "{open} offers are open, waiting for agents ({logged_in} logged in, {idle} idle)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queues::Staff;

    fn input(mode: DialMode) -> PacingInput {
        PacingInput {
            mode,
            service_level: 0,
            staff: Some(Staff { idle: 5, logged_in: 8, ringing: 0 }),
            unanswered: 0,
            waiting: 0,
            free_channels: 100,
            free_rate: 100,
        }
    }

    #[test]
    fn predictive_allows_idle_agents_and_the_level_less_what_rings() {
        let base = input(DialMode::Predictive);
        let table = [
            (base, 5),
            (PacingInput { service_level: 3, ..base }, 8),
            (PacingInput { unanswered: 4, ..base }, 1),
            (PacingInput { unanswered: 9, ..base }, 0),
            (PacingInput { service_level: -2, ..base }, 3),
            (PacingInput { waiting: 2, ..base }, 3),
            (PacingInput { waiting: 9, service_level: 2, unanswered: 1, ..base }, 1),
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
    fn progressive_ignores_the_service_level() {
        let progressive = PacingInput { service_level: 50, ..input(DialMode::Progressive) };
        assert_eq!(decide(&progressive).calls, 5);
    }
}
