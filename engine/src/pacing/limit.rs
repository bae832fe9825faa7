//! Why a campaign does not place (more) calls: what binds. It is put into words in [`crate::why`].

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
    /// Leads are being imported into the list: it is not to be used before that is over, or all that are in are used up.
    ListImport,
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
    /// Those that it is made of; most limits are one.
    pub(crate) fn each(self) -> Vec<Self> {
        match self {
            Self::Trunks(limits) => limits,
            one => vec![one],
        }
    }

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
            | Self::ListImport
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
