//! Plans, dial lists, destinations, queues and campaigns in memory: what is there and not deleted. Leads stay in the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::model::{Campaign, CampaignStatus, Change, Destination, DialList, DialMode, Plan, Queue};

/// The rows that are few, by their uuid.
#[derive(Debug, Default, Clone)]
pub struct Catalog {
    /// Plans.
    pub plans: BTreeMap<Uuid, Arc<Plan>>,
    /// Dial lists.
    pub dial_lists: BTreeMap<Uuid, Arc<DialList>>,
    /// Destinations.
    pub destinations: BTreeMap<Uuid, Arc<Destination>>,
    /// Queues that clients have noted down.
    pub queues: BTreeMap<Uuid, Arc<Queue>>,
    /// Campaigns.
    pub campaigns: BTreeMap<Uuid, Arc<Campaign>>,
}

/// Why a campaign cannot start (or its status cannot be asked for).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotStartable {
    /// No plan is set.
    #[error("no plan is set")]
    NoPlan,
    /// The plan is gone.
    #[error("no such plan")]
    UnknownPlan,
    /// Dial mode 0.
    #[error("the plan has no dial mode: set its DialMode")]
    NoDialMode,
    /// The dial mode counts agents, and the plan names no queue to count them in.
    #[error("the plan has no queue, which its dial mode needs: set its QueueName")]
    NoQueue,
    /// No dial list is set.
    #[error("no dlma is set")]
    NoDialList,
    /// The dial list is gone.
    #[error("no such dlma")]
    UnknownDialList,
    /// The destination is gone.
    #[error("no such destination")]
    UnknownDestination,
    /// The destination has no place yet.
    #[error("the destination is not usable: type 0 needs Exten and Context, type 1 needs Application")]
    UnusableDestination,
    /// It is being stopped by force.
    #[error("the campaign is being stopped by force; start it when it has status 0")]
    ForceStopping,
}

/// The rows that a running campaign works with.
#[derive(Debug, Clone)]
pub struct Equipment {
    /// How it calls.
    pub plan: Arc<Plan>,
    /// Whom it calls.
    pub dial_list: Arc<DialList>,
    /// Where answers go, where that is not the plan's queue.
    pub destination: Option<Arc<Destination>>,
}

impl Catalog {
    /// Takes a committed change in.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::PlanCreated(row) | Change::PlanUpdated(row) => {
                self.plans.insert(row.uuid, Arc::clone(row));
            }
            Change::PlanDeleted(row) => {
                self.plans.remove(&row.uuid);
            }
            Change::DialListCreated(row) | Change::DialListUpdated(row) => {
                self.dial_lists.insert(row.uuid, Arc::clone(row));
            }
            Change::DialListDeleted(row) => {
                self.dial_lists.remove(&row.uuid);
            }
            Change::DestinationCreated(row) | Change::DestinationUpdated(row) => {
                self.destinations.insert(row.uuid, Arc::clone(row));
            }
            Change::DestinationDeleted(row) => {
                self.destinations.remove(&row.uuid);
            }
            Change::QueueCreated(row) | Change::QueueUpdated(row) => {
                self.queues.insert(row.uuid, Arc::clone(row));
            }
            Change::QueueDeleted(row) => {
                self.queues.remove(&row.uuid);
            }
            Change::CampaignCreated(row) | Change::CampaignUpdated(row) => {
                self.campaigns.insert(row.uuid, Arc::clone(row));
            }
            Change::CampaignDeleted(row) => {
                self.campaigns.remove(&row.uuid);
            }
        }
    }

    /// What a campaign works with.
    ///
    /// # Errors
    /// [`NotStartable`] with what is missing.
    pub fn equipment(&self, campaign: &Campaign) -> Result<Equipment, NotStartable> {
        let plan = campaign.plan.ok_or(NotStartable::NoPlan)?;
        let plan = self.plans.get(&plan).ok_or(NotStartable::UnknownPlan)?;
        match plan.dial_mode {
            DialMode::None => return Err(NotStartable::NoDialMode),
            DialMode::Predictive | DialMode::Progressive | DialMode::Power | DialMode::Desktop
                if plan.queue_name.is_none() =>
            {
                return Err(NotStartable::NoQueue);
            }
            DialMode::Predictive
            | DialMode::Progressive
            | DialMode::Power
            | DialMode::Desktop
            | DialMode::Robo
            | DialMode::Redirect => {}
        }
        let dial_list = campaign.dial_list.ok_or(NotStartable::NoDialList)?;
        let dial_list = self.dial_lists.get(&dial_list).ok_or(NotStartable::UnknownDialList)?;
        let destination = match campaign.destination {
            None => None,
            Some(uuid) => Some(self.destinations.get(&uuid).ok_or(NotStartable::UnknownDestination)?),
        };
        if destination.is_some_and(|d| d.route().is_none()) {
            return Err(NotStartable::UnusableDestination);
        }
        Ok(Equipment {
            plan: Arc::clone(plan),
            dial_list: Arc::clone(dial_list),
            destination: destination.map(Arc::clone),
        })
    }

    /// Which status a campaign takes when a client asks for `wanted`; its present one where nothing has to happen.
    ///
    /// # Errors
    /// [`NotStartable`] where it is asked to start and cannot.
    pub fn requested_status(
        &self,
        campaign: &Campaign,
        wanted: CampaignStatus,
    ) -> Result<CampaignStatus, NotStartable> {
        use CampaignStatus::{ForceStopping, Pause, Pausing, Start, Starting, Stop, Stopping};
        Ok(match (wanted, campaign.status) {
            (Start | Starting, Start | Starting) => campaign.status,
            (Start | Starting, ForceStopping) => return Err(NotStartable::ForceStopping),
            (Start | Starting, Stop | Pause | Stopping | Pausing) => {
                self.equipment(campaign)?;
                Starting
            }
            (Stop | Stopping, Stop | Stopping | ForceStopping) => campaign.status,
            (Stop | Stopping, Start | Starting | Pause | Pausing) => Stopping,
            (Pause | Pausing, Start | Starting) => Pausing,
            (Pause | Pausing, Stop | Stopping | Pause | Pausing | ForceStopping) => campaign.status,
            (ForceStopping, Stop) => Stop,
            (ForceStopping, Start | Starting | Pause | Pausing | Stopping | ForceStopping) => ForceStopping,
        })
    }
}
