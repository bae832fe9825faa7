//! Why something that a user asked for is not done. The text tells the user what to do otherwise; what else a front
//! door says with it (an AMI message, an HTTP status) is its own part.

use std::borrow::Cow;
use std::fmt;

use engine::catalog::NotStartable;
use engine::preview::Declined;
use uuid::Uuid;

/// A kind of thing that users name by its uuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// A campaign.
    Campaign,
    /// A plan.
    Plan,
    /// A dial list (contract: dlma).
    DialList,
    /// A lead (contract: dl list entry).
    Lead,
    /// A destination.
    Destination,
    /// A queue.
    Queue,
    /// A dialing.
    Dialing,
}

/// Why something is not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A field's value cannot be what it is.
    #[error("{field}: {expected} expected")]
    Invalid {
        /// The field, by the name that the user gave it.
        field: &'static str,
        /// What would have been right.
        expected: Cow<'static, str>,
    },
    /// What is named is not there, or is deleted.
    #[error("no such {0}")]
    Unknown(Resource),
    /// What is to be deleted is used by a campaign at work.
    #[error("in use by campaign {campaign}, which is not in status 0")]
    InUse {
        /// The campaign.
        campaign: Uuid,
    },
    /// A campaign is deleted only at rest.
    #[error("the campaign has status {status}; status 0 expected")]
    NotStopped {
        /// Its status now, as the contract's number.
        status: u8,
    },
    /// The campaign cannot start, or could not go on with these fields.
    #[error(transparent)]
    NotStartable(#[from] NotStartable),
    /// The offer cannot be accepted or refused.
    #[error(transparent)]
    Preview(#[from] Declined),
    /// The store did not take it.
    #[error("not stored: {0}")]
    NotStored(String),
    /// The store could not be read.
    #[error("not read: {0}")]
    NotRead(String),
    /// The daemon is ending.
    #[error("the dialer is shutting down")]
    ShuttingDown,
}

impl Refusal {
    /// A field's value is not what was expected.
    pub fn invalid(field: &'static str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { field, expected: expected.into() }
    }
}

/// The contract's word.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Campaign => "campaign",
            Self::Plan => "plan",
            Self::DialList => "dlma",
            Self::Lead => "dl list",
            Self::Destination => "destination",
            Self::Queue => "queue",
            Self::Dialing => "dialing",
        })
    }
}
