//! Queues as clients note them down.

use serde::Serialize;
use uuid::Uuid;

use super::Stamps;
use crate::time::Wall;
use crate::value::Text;

/// A queue that a client has noted down (contract: `OutQueue*`). Calls do not use it: whose agents take them is
/// [`Plan::queue_name`](super::Plan::queue_name), and what Asterisk has is in [`crate::queues`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// Identity.
    pub uuid: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

impl Queue {
    /// A queue without a name.
    pub fn new(uuid: Uuid, created: Wall) -> Self {
        Self { uuid, name: None, detail: None, stamps: Stamps { created, ..Stamps::default() } }
    }
}
