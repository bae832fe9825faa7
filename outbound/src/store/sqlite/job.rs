//! What the writer is asked to do. A job is answered when its transaction is committed, or could not be.

use std::fmt;

use engine::dialing::{ClaimRequest, Claimed, Record};
use engine::model::{Change, Lead, NUMBERS};
use engine::time::Wall;
use uuid::Uuid;

use crate::store::StoreError;
use crate::store::access::AccessChange;
use crate::store::import::{ImportChunk, ImportFile};
use crate::store::webhooks::WebhookChange;

/// Where an answer goes. Called on the writer's thread: it should only pass the answer on.
pub(in crate::store) type Done<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// One thing to write.
pub(in crate::store) enum Job {
    Apply(Change, Done<()>),
    Claim(ClaimRequest, Done<Claimed>),
    Accept(Uuid, Done<()>),
    Record(Kept),
    CreateLead(Box<Lead>, Done<()>),
    UpdateLead(Uuid, Box<dyn FnOnce(&mut Lead) + Send>, Done<Lead>),
    DeleteLead(Uuid, Wall, Done<()>),
    ImportLeads(Box<ImportChunk>, Done<()>),
    ImportFile(Box<ImportFile>, Done<()>),
    SetLimits {
        dial_list: Uuid,
        widest_tries: [u32; NUMBERS],
        done: Done<()>,
    },
    SetMeta(&'static str, String, Done<()>),
    Access(Vec<AccessChange>, Done<()>),
    Webhooks(Vec<WebhookChange>, Done<()>),
    /// An answer, nothing else.
    Probe(Done<()>),
    Close(Done<()>),
}

/// A record, which is kept until it is committed.
pub(in crate::store) struct Kept {
    pub(in crate::store) record: Record,
    pub(super) done: Box<dyn FnOnce() + Send>,
    /// True where the log has told that the database refuses it.
    pub(super) reported: bool,
}

impl Kept {
    pub(in crate::store) fn new(record: Record, done: Box<dyn FnOnce() + Send>) -> Self {
        Self { record, done, reported: false }
    }
}

/// Without what a log must not hold: numbers and names.
impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.record {
            Record::CampaignStatus { campaign, status, .. } => {
                write!(f, "status {status:?} of campaign {campaign}")
            }
            Record::CampaignWindow { campaign, .. } => write!(f, "the window of campaign {campaign}"),
            Record::Ended(ended) => {
                write!(f, "the end of dialing {}: {:?}", ended.dialing.setup.uuid, ended.outcome)
            }
            Record::Answered { dialing, .. } => write!(f, "the answer of dialing {dialing}"),
            Record::Released { dialing, .. } | Record::Returned { dialing, .. } => {
                write!(f, "the return of claim {dialing}")
            }
        }
    }
}

impl Job {
    /// Answers with an error; a record is given back instead.
    pub(in crate::store) fn refuse(self, error: StoreError) -> Option<Kept> {
        match self {
            Self::Record(kept) => return Some(kept),
            Self::Claim(_, done) => done(Err(error)),
            Self::UpdateLead(_, _, done) => done(Err(error)),
            Self::Apply(_, done)
            | Self::Accept(_, done)
            | Self::CreateLead(_, done)
            | Self::DeleteLead(_, _, done)
            | Self::ImportLeads(_, done)
            | Self::ImportFile(_, done)
            | Self::SetLimits { done, .. }
            | Self::SetMeta(_, _, done)
            | Self::Access(_, done)
            | Self::Webhooks(_, done)
            | Self::Probe(done)
            | Self::Close(done) => done(Err(error)),
        }
        None
    }
}
