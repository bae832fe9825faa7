//! What waits to be written to one client: whole blocks, bounded in octets.
//!
//! Pushing never waits. A client that lets more than the bound pile up is cut: the queue empties and ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;

use crate::class::ClassSet;
use crate::filter::Filters;
use crate::message::Message;

/// Octets that go into one write.
const WRITE_OCTETS: usize = 64 << 10;

/// The queue of one session, and what decides which events come into it.
pub(super) struct Outbound {
    state: Mutex<State>,
    changed: Notify,
    cut: Notify,
    limit: usize,
}

struct State {
    blocks: VecDeque<Arc<[u8]>>,
    octets: usize,
    end: Option<End>,
    wanted: Wanted,
}

/// Why nothing more is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What is queued is still written.
    Finished,
    /// The client did not read; the queue was dropped.
    Overflow,
}

/// Which events a session gets.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) read: ClassSet,
    pub(super) mask: ClassSet,
    pub(super) filters: Filters,
}

impl Outbound {
    pub(super) fn new(limit: usize) -> Self {
        let wanted = Wanted::default();
        let state = State { blocks: VecDeque::new(), octets: 0, end: None, wanted };
        Self { state: Mutex::new(state), changed: Notify::new(), cut: Notify::new(), limit }
    }

    /// Queues a block.
    pub(super) fn push(&self, block: Arc<[u8]>) {
        self.push_locked(self.lock(), block);
    }

    pub(super) fn push_message(&self, message: &Message) {
        let mut block = Vec::new();
        message.encode(&mut block);
        self.push(block.into());
    }

    /// Queues an event if the session wants it.
    pub(super) fn push_event(&self, classes: ClassSet, event: &Message, block: &Arc<[u8]>) {
        let state = self.lock();
        let wanted = &state.wanted;
        let seen = wanted.read.contains(classes) && wanted.mask.contains(classes);
        if seen && wanted.filters.pass(event, block) {
            self.push_locked(state, Arc::clone(block));
        }
    }

    fn push_locked(&self, mut state: MutexGuard<'_, State>, block: Arc<[u8]>) {
        if state.end.is_some() {
            return;
        }
        state.octets += block.len();
        if state.octets > self.limit {
            state.end = Some(End::Overflow);
            state.blocks = VecDeque::new();
            self.cut.notify_one();
        } else {
            state.blocks.push_back(block);
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Nothing more is taken; what is queued is still written.
    pub(super) fn finish(&self) {
        self.lock().end.get_or_insert(End::Finished);
        self.changed.notify_one();
    }

    pub(super) fn is_ended(&self) -> bool {
        self.lock().end.is_some()
    }

    /// Changes which events come.
    pub(super) fn set_wanted<T>(&self, change: impl FnOnce(&mut Wanted) -> T) -> T {
        change(&mut self.lock().wanted)
    }

    /// Writes what is queued until the queue ends or the client is gone.
    pub(super) async fn write_to(&self, mut writer: impl AsyncWrite + Unpin) -> std::io::Result<End> {
        let mut batch = Vec::new();
        loop {
            let end = self.take_batch(&mut batch);
            if !batch.is_empty() {
                writer.write_all(&batch).await?;
                writer.flush().await?;
                continue;
            }
            match end {
                Some(End::Finished) => {
                    writer.shutdown().await?;
                    return Ok(End::Finished);
                }
                Some(End::Overflow) => return Ok(End::Overflow),
                None => self.changed.notified().await,
            }
        }
    }

    /// Waits until the queue overflows, also while a write hangs.
    pub(super) async fn overflowed(&self) {
        while self.lock().end != Some(End::Overflow) {
            self.cut.notified().await;
        }
    }

    fn take_batch(&self, batch: &mut Vec<u8>) -> Option<End> {
        batch.clear();
        let mut state = self.lock();
        while let Some(block) = state.blocks.front() {
            if !batch.is_empty() && batch.len() + block.len() > WRITE_OCTETS {
                break;
            }
            batch.extend_from_slice(block);
            state.octets -= block.len();
            state.blocks.pop_front();
        }
        state.end
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
