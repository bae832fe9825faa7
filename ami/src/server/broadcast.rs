//! Events to every session that is logged in.
//!
//! An event is encoded once. It is queued at all sessions before the next one, so all see one order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::outbound::Outbound;
use crate::class::ClassSet;
use crate::message::Message;

/// The way to all sessions of a server. Clones lead to the same sessions.
#[derive(Clone, Default)]
pub struct Broadcast {
    sessions: Arc<Mutex<Sessions>>,
}

#[derive(Default)]
struct Sessions {
    next: u64,
    open: BTreeMap<u64, Arc<Outbound>>,
}

/// A place among the sessions, given up when dropped.
pub(super) struct Membership {
    broadcast: Broadcast,
    key: u64,
}

impl Broadcast {
    /// A broadcast without sessions yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Queues an event for every session whose account, mask and filters let it pass. Never waits.
    pub fn publish(&self, class: impl Into<ClassSet>, message: &Message) {
        let sessions = self.lock();
        if sessions.open.is_empty() {
            return;
        }
        let mut block = Vec::new();
        message.encode(&mut block);
        let (class, block) = (class.into(), block.into());
        for session in sessions.open.values() {
            session.push_event(class, message, &block);
        }
    }

    /// How many sessions are logged in.
    pub fn sessions(&self) -> usize {
        self.lock().open.len()
    }

    pub(super) fn join(&self, session: Arc<Outbound>) -> Membership {
        let mut sessions = self.lock();
        let key = sessions.next;
        sessions.next += 1;
        sessions.open.insert(key, session);
        drop(sessions);
        Membership { broadcast: self.clone(), key }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.broadcast.lock().open.remove(&self.key);
    }
}
