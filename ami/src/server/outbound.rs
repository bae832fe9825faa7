//! What waits to be written to one client: whole blocks, bounded in octets.
//!
//! Pushing never waits. A client that lets more than the bound pile up is cut: the queue empties and ends.
//!
//! After a write, events rest for a moment that grows with the number of clients, so that those that come close together
//! take one write and one wake-up of the client. Responses, and whatever is queued before them, do not rest.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use crate::class::ClassSet;
use crate::filter::Filters;
use crate::message::Message;

/// Octets that go into one write.
const WRITE_OCTETS: usize = 64 << 10;
/// Octets that may wait for a client that has not logged in.
const UNAUTHENTICATED_OCTETS: usize = 64 << 10;

/// The queue of one session, and what decides which events come into it.
pub(super) struct Outbound {
    state: Mutex<State>,
    changed: Notify,
    cut: Notify,
    /// Something was taken out of the queue, or it has ended.
    room: Notify,
}

struct State {
    blocks: VecDeque<Arc<[u8]>>,
    octets: usize,
    limit: usize,
    end: Option<End>,
    wanted: Wanted,
    /// How long events rest after a write.
    rest: Duration,
    /// Something is queued that must not rest.
    urgent: bool,
    /// The writer sleeps until its rest is over; events need not wake it.
    resting: bool,
}

/// What the writer does next.
enum Step {
    Write,
    Rest(Instant),
    Wait,
    Ended(End),
}

/// Why nothing more is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What is queued is still written.
    Finished,
    /// The client did not read; the queue was dropped.
    Unread,
}

/// Which events a session gets.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) read: ClassSet,
    pub(super) mask: ClassSet,
    pub(super) filters: Filters,
}

impl Outbound {
    pub(super) fn new() -> Self {
        let wanted = Wanted::default();
        let (blocks, rest) = (VecDeque::new(), Duration::ZERO);
        let state = State {
            blocks,
            octets: 0,
            limit: UNAUTHENTICATED_OCTETS,
            end: None,
            wanted,
            rest,
            urgent: false,
            resting: false,
        };
        Self { state: Mutex::new(state), changed: Notify::new(), cut: Notify::new(), room: Notify::new() }
    }

    /// Octets that are queued.
    pub(super) fn waiting_octets(&self) -> usize {
        self.lock().octets
    }

    /// Queues a block.
    pub(super) fn push(&self, block: Arc<[u8]>) {
        let mut state = self.lock();
        state.urgent = true;
        self.push_locked(state, block);
    }

    pub(super) fn push_message(&self, message: &Message) {
        let mut block = Vec::new();
        message.encode(&mut block);
        self.push(block.into());
    }

    /// Queues an event if the session wants it. `rest`: how long events may rest after a write.
    pub(super) fn push_event(&self, classes: ClassSet, event: &Message, block: &Arc<[u8]>, rest: Duration) {
        let mut state = self.lock();
        state.rest = rest;
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
        if state.octets > state.limit {
            state.end = Some(End::Unread);
            state.blocks = VecDeque::new();
            self.cut.notify_one();
            self.room.notify_waiters();
        } else {
            state.blocks.push_back(block);
        }
        let wakes = !state.resting || state.must_write();
        drop(state);
        if wakes {
            self.changed.notify_one();
        }
    }

    /// Waits until at least half of what may wait is free, or nothing more is taken.
    pub(super) async fn has_room(&self) {
        loop {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            if self.lock().has_room() {
                return;
            }
            room.await;
        }
    }

    /// Nothing more is taken; what is queued is still written.
    pub(super) fn finish(&self) {
        self.lock().end.get_or_insert(End::Finished);
        self.changed.notify_one();
        self.room.notify_waiters();
    }

    pub(super) fn is_ended(&self) -> bool {
        self.lock().end.is_some()
    }

    /// How many octets may wait from now on.
    pub(super) fn set_limit(&self, limit: usize) {
        self.lock().limit = limit;
    }

    /// Changes which events come.
    pub(super) fn set_wanted<T>(&self, change: impl FnOnce(&mut Wanted) -> T) -> T {
        change(&mut self.lock().wanted)
    }

    /// Writes what is queued until the queue ends, the client is gone, or it has taken nothing for as long as `patience`.
    pub(super) async fn write_to(
        &self,
        mut writer: impl AsyncWrite + Unpin,
        patience: Duration,
    ) -> std::io::Result<End> {
        let (mut batch, mut written) = (Vec::new(), None);
        loop {
            match self.next_step(&mut batch, written) {
                Step::Write => {
                    if !write(&mut writer, &batch, patience).await? {
                        return Ok(End::Unread);
                    }
                    written = Some(Instant::now());
                }
                Step::Rest(until) => {
                    let _ = timeout_at(until, self.changed.notified()).await;
                }
                Step::Wait => self.changed.notified().await,
                Step::Ended(End::Finished) => {
                    // A farewell that nobody takes changes nothing.
                    let _ = timeout(patience, writer.shutdown()).await;
                    return Ok(End::Finished);
                }
                Step::Ended(End::Unread) => return Ok(End::Unread),
            }
        }
    }

    /// Waits until more is queued than may be, also while a write hangs.
    pub(super) async fn unread(&self) {
        while self.lock().end != Some(End::Unread) {
            self.cut.notified().await;
        }
    }

    fn next_step(&self, batch: &mut Vec<u8>, written: Option<Instant>) -> Step {
        let mut state = self.lock();
        state.resting = false;
        if state.blocks.is_empty() {
            return state.end.map_or(Step::Wait, Step::Ended);
        }
        if !state.rest.is_zero()
            && !state.must_write()
            && let Some(until) = written.map(|written| written + state.rest)
            && until > Instant::now()
        {
            state.resting = true;
            return Step::Rest(until);
        }
        state.take_batch(batch);
        if state.has_room() {
            self.room.notify_waiters();
        }
        Step::Write
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// False where the client took nothing for too long.
async fn write(
    writer: &mut (impl AsyncWrite + Unpin),
    mut octets: &[u8],
    patience: Duration,
) -> std::io::Result<bool> {
    while !octets.is_empty() {
        match timeout(patience, writer.write(octets)).await {
            Err(_) => return Ok(false),
            Ok(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(taken) => octets = &octets[taken?..],
        }
    }
    match timeout(patience, writer.flush()).await {
        Err(_) => Ok(false),
        Ok(flushed) => flushed.map(|()| true),
    }
}

impl State {
    fn must_write(&self) -> bool {
        self.urgent || self.end.is_some() || self.octets >= WRITE_OCTETS
    }

    fn has_room(&self) -> bool {
        self.end.is_some() || self.octets <= self.limit / 2
    }

    fn take_batch(&mut self, batch: &mut Vec<u8>) {
        batch.clear();
        while let Some(block) = self.blocks.front() {
            if !batch.is_empty() && batch.len() + block.len() > WRITE_OCTETS {
                return;
            }
            batch.extend_from_slice(block);
            self.octets -= block.len();
            self.blocks.pop_front();
        }
        self.urgent = false;
    }
}
