//! Events to every session that is logged in.
//!
//! An event is encoded once. It is queued at all sessions before the next one, so all see one order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::outbound::Outbound;
use crate::class::ClassSet;
use crate::message::Message;

/// A client is written to at most once in this time for each client that there is: about what a write to a socket costs.
const REST_PER_SESSION: Duration = Duration::from_micros(20);
/// No event rests longer, however many clients there are.
const REST_MAX: Duration = Duration::from_millis(10);
/// A shorter rest is none: timers are no finer.
const REST_MIN: Duration = Duration::from_millis(1);

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
        let rest = rest(sessions.open.len());
        for session in sessions.open.values() {
            session.push_event(class, message, &block, rest);
        }
    }

    /// How many sessions are logged in.
    pub fn sessions(&self) -> usize {
        self.lock().open.len()
    }

    /// Octets that wait to be written to all sessions together.
    pub fn waiting_octets(&self) -> usize {
        self.lock().open.values().map(|session| session.waiting_octets()).sum()
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

fn rest(sessions: usize) -> Duration {
    let rest = REST_PER_SESSION.saturating_mul(u32::try_from(sessions).unwrap_or(u32::MAX)).min(REST_MAX);
    if rest < REST_MIN { Duration::ZERO } else { rest }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.broadcast.lock().open.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_to_few_clients_do_not_rest_and_to_many_not_for_long() {
        for (sessions, rest_ms) in [(1, 0), (49, 0), (50, 1), (250, 5), (500, 10), (1_000_000, 10)] {
            assert_eq!(rest(sessions), Duration::from_millis(rest_ms), "{sessions}");
        }
    }
}
