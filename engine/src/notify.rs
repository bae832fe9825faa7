//! What everybody may hear: one item for each event of the contract.

use std::sync::Arc;

use uuid::Uuid;

use crate::dialing::Dialing;
use crate::model::{Campaign, Change, Destination, DialList, Lead, Plan, Queue};
use crate::preview::{Offer, OfferEnd};

/// A change that clients are told about, as it was right after it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notify {
    /// OutCampaignCreate.
    CampaignCreated(Arc<Campaign>),
    /// OutCampaignUpdate.
    CampaignUpdated(Arc<Campaign>),
    /// OutCampaignDelete.
    CampaignDeleted(Uuid),
    /// OutPlanCreate.
    PlanCreated(Arc<Plan>),
    /// OutPlanUpdate.
    PlanUpdated(Arc<Plan>),
    /// OutPlanDelete.
    PlanDeleted(Uuid),
    /// OutDlmaCreate.
    DialListCreated(Arc<DialList>),
    /// OutDlmaUpdate.
    DialListUpdated(Arc<DialList>),
    /// OutDlmaDelete.
    DialListDeleted(Uuid),
    /// OutDestinationCreate.
    DestinationCreated(Arc<Destination>),
    /// OutDestinationUpdate.
    DestinationUpdated(Arc<Destination>),
    /// OutDestinationDelete.
    DestinationDeleted(Uuid),
    /// OutQueueCreate.
    QueueCreated(Arc<Queue>),
    /// OutQueueUpdate.
    QueueUpdated(Arc<Queue>),
    /// OutQueueDelete.
    QueueDeleted(Uuid),
    /// OutDlListCreate.
    LeadCreated(Arc<Lead>),
    /// OutDlListUpdate.
    LeadUpdated(Arc<Lead>),
    /// OutDlListDelete.
    LeadDeleted(Uuid),
    /// OutDialingCreate.
    DialingCreated(Dialing),
    /// OutDialingUpdate.
    DialingUpdated(Dialing),
    /// OutDialingDelete.
    DialingDeleted(Uuid),
    /// OutPreviewOffer.
    PreviewOffered(Arc<Offer>),
    /// OutPreviewEnd: of every offer exactly one.
    PreviewEnded {
        /// The dialing that it became or would have become.
        dialing: Uuid,
        /// How it ended.
        end: OfferEnd,
    },
}

/// What is told of a committed change of the catalog.
impl From<Change> for Notify {
    fn from(change: Change) -> Self {
        match change {
            Change::PlanCreated(row) => Self::PlanCreated(row),
            Change::PlanUpdated(row) => Self::PlanUpdated(row),
            Change::PlanDeleted(row) => Self::PlanDeleted(row.uuid),
            Change::DialListCreated(row) => Self::DialListCreated(row),
            Change::DialListUpdated(row) => Self::DialListUpdated(row),
            Change::DialListDeleted(row) => Self::DialListDeleted(row.uuid),
            Change::DestinationCreated(row) => Self::DestinationCreated(row),
            Change::DestinationUpdated(row) => Self::DestinationUpdated(row),
            Change::DestinationDeleted(row) => Self::DestinationDeleted(row.uuid),
            Change::QueueCreated(row) => Self::QueueCreated(row),
            Change::QueueUpdated(row) => Self::QueueUpdated(row),
            Change::QueueDeleted(row) => Self::QueueDeleted(row.uuid),
            Change::CampaignCreated(row) => Self::CampaignCreated(row),
            Change::CampaignUpdated(row) => Self::CampaignUpdated(row),
            Change::CampaignDeleted(row) => Self::CampaignDeleted(row.uuid),
        }
    }
}
