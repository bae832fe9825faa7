//! What everybody may hear: one item for each event of the contract.

use std::sync::Arc;

use uuid::Uuid;

use crate::dialing::Dialing;
use crate::model::{Campaign, Destination, DialList, Lead, Plan, Queue};

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
}
