//! What users change, whichever way they come (AMI, HTTP): typed patches, commands, and the checks against the rows
//! that are there.
//!
//! Pure: reading text is each front door's part, and carrying a change out is the driver's.

pub mod bounds;
mod lead;
mod patch;
mod prepare;
mod refusal;
pub mod schedule;
mod variable;

pub use lead::{LeadText, expands};
pub use patch::{
    CampaignPatch, DestinationPatch, DialListPatch, LeadPatch, PlanPatch, QueuePatch, SchedulePatch,
};
pub use prepare::{Prepared, prepare};
pub use refusal::{Refusal, Resource};
pub use variable::variable;

use engine::model::CampaignStatus;
use uuid::Uuid;

/// What an agent says to an offer (mode 2, preview).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewCommand {
    /// He wants the call. The offer is named by the dialing that it becomes.
    Accept(Uuid),
    /// He does not want it.
    Refuse {
        /// The offer.
        dialing: Uuid,
        /// When the lead may be had again, in milliseconds; the plan's retry delay where nothing is said.
        delay_ms: Option<u64>,
    },
}

/// A change of the catalog that somebody asks for. Leads are not in the catalog: their patches go to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Makes a plan.
    CreatePlan(PlanPatch),
    /// Changes a plan.
    UpdatePlan {
        /// Which.
        uuid: Uuid,
        /// How.
        patch: PlanPatch,
    },
    /// Deletes a plan.
    DeletePlan(Uuid),
    /// Makes a dial list.
    CreateDialList(DialListPatch),
    /// Changes a dial list.
    UpdateDialList {
        /// Which.
        uuid: Uuid,
        /// How.
        patch: DialListPatch,
    },
    /// Deletes a dial list.
    DeleteDialList(Uuid),
    /// Makes a destination.
    CreateDestination(DestinationPatch),
    /// Changes a destination.
    UpdateDestination {
        /// Which.
        uuid: Uuid,
        /// How.
        patch: DestinationPatch,
    },
    /// Deletes a destination.
    DeleteDestination(Uuid),
    /// Notes a queue down.
    CreateQueue(QueuePatch),
    /// Changes a queue.
    UpdateQueue {
        /// Which.
        uuid: Uuid,
        /// How.
        patch: QueuePatch,
    },
    /// Deletes a queue.
    DeleteQueue(Uuid),
    /// Makes a campaign, in status 0.
    CreateCampaign(CampaignPatch),
    /// Changes a campaign, then asks for a status.
    UpdateCampaign {
        /// Which.
        uuid: Uuid,
        /// How; this comes first, so a campaign can be given its plan and be started by one command.
        patch: CampaignPatch,
        /// The status that is asked for, any of the contract's codes.
        status: Option<CampaignStatus>,
    },
    /// Deletes a campaign.
    DeleteCampaign(Uuid),
}
