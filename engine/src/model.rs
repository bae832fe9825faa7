//! The rows that users make: plans, dial lists, leads, destinations, queues, campaigns.
//!
//! Field names are the field's words; the contract's AMI names are given in the docs where they differ.

mod campaign;
mod destination;
mod lead;
mod plan;
mod queue;
mod rules;

use std::sync::Arc;

use serde::Serialize;

pub use campaign::{Campaign, CampaignStatus, Schedule};
pub use destination::{Destination, DestinationKind, Route};
pub use lead::{DialList, Lead, LeadClaim, LeadStatus, LeadTexts};
pub use plan::{AmdMode, AnswerHandle, DialMode, ListEnd, Plan, RETRY_DELAY_MS};
pub use queue::Queue;
pub use rules::{CampaignRules, PerSecond, Percent, PlanRules, Ratio, Rules, RulesPatch};

use crate::time::Wall;
use crate::value::VariableName;

/// How many numbers a lead may have.
pub const NUMBERS: usize = 8;

/// A channel variable that a call is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: VariableName,
    /// Its value.
    pub value: String,
}

/// When a row was made, changed and (softly) deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Stamps {
    /// Made at.
    pub created: Wall,
    /// Last changed at.
    pub updated: Option<Wall>,
    /// Deleted at: the row is kept, but neither shown nor usable.
    pub deleted: Option<Wall>,
}

/// A committed change of the catalog: everything but leads and dialings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A plan is new.
    PlanCreated(Arc<Plan>),
    /// A plan has changed.
    PlanUpdated(Arc<Plan>),
    /// A plan is gone; the row is as it was, with `stamps.deleted` set.
    PlanDeleted(Arc<Plan>),
    /// A dial list is new.
    DialListCreated(Arc<DialList>),
    /// A dial list has changed.
    DialListUpdated(Arc<DialList>),
    /// A dial list is gone.
    DialListDeleted(Arc<DialList>),
    /// A destination is new.
    DestinationCreated(Arc<Destination>),
    /// A destination has changed.
    DestinationUpdated(Arc<Destination>),
    /// A destination is gone.
    DestinationDeleted(Arc<Destination>),
    /// A queue is new.
    QueueCreated(Arc<Queue>),
    /// A queue has changed.
    QueueUpdated(Arc<Queue>),
    /// A queue is gone.
    QueueDeleted(Arc<Queue>),
    /// A campaign is new.
    CampaignCreated(Arc<Campaign>),
    /// A campaign has changed.
    CampaignUpdated(Arc<Campaign>),
    /// A campaign is gone.
    CampaignDeleted(Arc<Campaign>),
}

/// Gives an enum the contract's numbers.
macro_rules! codes {
    ($type:ident: $($variant:ident = $code:literal),+ $(,)?) => {
        impl $type {
            /// The contract's number.
            pub fn code(self) -> u8 {
                match self { $(Self::$variant => $code),+ }
            }

            /// From the contract's number.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

use codes;
