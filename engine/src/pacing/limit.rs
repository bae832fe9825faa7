//! Why a campaign does not place (more) calls: what binds, in words for those who read the log.

use std::fmt;

use super::Prediction;
use crate::abandon::UsedUp;
use crate::limits::Slowdown;

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
    AbandonBudget(UsedUp),
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

impl Limit {
    /// Whether what happens in the plan's queue can change it. The others have their own ends: a time, a channel, a lead.
    pub(crate) fn is_by_agents(&self) -> bool {
        match self {
            Self::NoSuchQueue
            | Self::NobodyLoggedIn
            | Self::Agents { .. }
            | Self::Level { .. }
            | Self::Predicted(_)
            | Self::AbandonBudget(_)
            | Self::Offers { .. } => true,
            Self::NotConnected
            | Self::Channels
            | Self::Rate
            | Self::Schedule { .. }
            | Self::RetryDelay
            | Self::ListUsedUp
            | Self::LastCalls
            | Self::Store
            | Self::NotUsable(_)
            | Self::ShuttingDown
            | Self::CampaignChannels(_)
            | Self::CampaignRate(_)
            | Self::TrunkChannels { .. }
            | Self::TrunkRate { .. }
            | Self::TrunkCongested { .. }
            | Self::Trunks(_)
            | Self::AsteriskRefuses { .. } => false,
        }
    }
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
