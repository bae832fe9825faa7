//! Mode 2, preview: an agent sees a lead before anybody is called. Here: what an offer is, and all that is kept of offers.
//!
//! Making offers is in `offering`, whom to make them in `agents`, ending them in `answering`; the calls of accepted ones are in
//! `calling` over `leg`, and what a list of channels says about these in `finding`.

mod agents;
mod answering;
mod calling;
mod finding;
mod leg;
mod offering;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::input::PbxId;
use crate::limits::TrunkId;
use crate::model::{Lead, Plan};
use crate::run::Request;
use crate::time::{Mono, Wall};
use crate::value::{Interface, PreviewFirst};

pub(crate) use agents::Habit;
pub(crate) use leg::Leg;
pub use leg::bridge_data;

/// The extension in [`crate::CONTEXT`] where the party that was called first hears ringing until the other one answers. No
/// plan has this uuid.
pub const HOLDING: Uuid = Uuid::nil();

/// How long an agent may look at a lead where the plan says nothing, in seconds.
const SECONDS: u32 = 30;
/// Calls that an offer holds of what its Asterisk may have at once: the agent's and the customer's.
const CHANNELS: u32 = 2;

/// A lead that is reserved for an agent until he answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The dialing that it becomes when it is accepted.
    pub dialing: Uuid,
    /// The serial of its claim.
    pub serial: u64,
    /// Its campaign.
    pub campaign: Uuid,
    /// Its plan.
    pub plan: Uuid,
    /// The plan's queue.
    pub queue: String,
    /// The member's name.
    pub agent: String,
    /// The member's interface.
    pub interface: Interface,
    /// How long it stands, in seconds.
    pub seconds: u32,
    /// The lead as it was claimed.
    pub lead: Lead,
    /// Which of its numbers will be dialed, from 0.
    pub index: usize,
    /// Offered at.
    pub created: Wall,
}

/// How an offer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferEnd {
    /// The agent wants the call, and it is made.
    Accepted,
    /// The agent does not want it.
    Refused,
    /// The agent did nothing in time.
    Timeout,
    /// The agent or the campaign is no longer there for it.
    Withdrawn,
}

/// Why an answer to an offer does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// It never was, or has ended.
    #[error("no such preview; it may have ended")]
    Unknown,
    /// It was accepted already.
    #[error("the preview was accepted already")]
    Accepting,
    /// The agent, the campaign or its Asterisk is not ready any more.
    #[error("the preview was withdrawn")]
    Withdrawn,
}

/// The agent's channel of a dialing. It follows from the dialing's uuid, so that it is known again after a restart; the same
/// step leads back.
pub fn agent_channel(dialing: Uuid) -> Uuid {
    // Neither version nor variant is touched.
    const OTHER: u128 = 0x0a93_71c5_2e48;
    Uuid::from_u128(dialing.as_u128() ^ OTHER)
}

/// Everything that is kept of offers and of the agents' side of their calls.
#[derive(Debug, Default)]
pub(crate) struct Previews {
    /// Leads asked for, by the number of the request.
    pub(crate) asked: BTreeMap<u64, Asked>,
    /// By the dialing-to-be.
    pub(crate) offers: BTreeMap<Uuid, OpenOffer>,
    /// By their dialing.
    pub(crate) legs: BTreeMap<Uuid, Leg>,
    /// Agents with an offer on its way, open or accepted.
    pub(crate) engaged: BTreeSet<AgentKey>,
    pub(crate) habits: BTreeMap<AgentKey, Habit>,
}

/// Who an agent is: one interface of one Asterisk, in whatever queues.
pub(crate) type AgentKey = (PbxId, String);

/// Leads that were asked for, and for whom.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) request: Request,
    pub(crate) queue: String,
    pub(crate) agents: Vec<Agent>,
}

/// A queue member who may be offered a lead.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) interface: Interface,
}

/// An offer that has not ended.
#[derive(Debug)]
pub(crate) struct OpenOffer {
    pub(crate) offer: Arc<Offer>,
    pub(crate) pbx: PbxId,
    /// The trunk that its call would take.
    pub(crate) trunk: TrunkId,
    pub(crate) until: Mono,
    /// The agent wants it; that is being committed.
    pub(crate) accepting: bool,
    /// It is to be withdrawn as soon as that is known.
    pub(crate) withdrawn: bool,
}

impl OpenOffer {
    pub(crate) fn agent(&self) -> AgentKey {
        (self.pbx, self.offer.interface.as_str().to_owned())
    }
}

impl Offer {
    /// Which try of the number it would be, from 1.
    pub fn try_count(&self) -> u32 {
        self.lead.tries[self.index] + 1
    }
}

impl fmt::Display for OfferEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Withdrawn => "withdrawn",
        })
    }
}

fn seconds(plan: &Plan) -> u32 {
    plan.rules.preview_seconds.map_or(SECONDS, |seconds| seconds.get())
}

fn is_customer_first(plan: &Plan) -> bool {
    plan.rules.preview_first == Some(PreviewFirst::Customer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialing_is_found_again_by_the_channel_of_its_agent() {
        let dialing = Uuid::from_u128(0x92da_dd08_ac3c_47dc_a41b_1004_0643_ee38);
        let channel = agent_channel(dialing);
        assert_ne!(channel, dialing);
        assert_eq!(agent_channel(channel), dialing);
        assert_eq!((channel.get_version_num(), channel.get_variant()), (4, dialing.get_variant()));
    }
}
