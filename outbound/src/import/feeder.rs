//! Chunks on their way to the store's writer: while one is being committed, the next one waits there.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver};

use engine::time::Wall;
use uuid::Uuid;

use crate::store::import::{ImportChunk, ImportProgress, NewLead};
use crate::store::{Store, StoreError};

/// Chunks that are with the writer at a time.
const IN_FLIGHT_MAX: usize = 2;

/// The way of one import into the store.
pub(super) struct Feeder {
    store: Store,
    import: Uuid,
    dial_list: Uuid,
    /// Records before the next chunk; `None` where the import begins.
    behind: Option<u64>,
    in_flight: VecDeque<Receiver<Result<(), StoreError>>>,
}

impl Feeder {
    /// Of an import that has come so far.
    pub(super) fn new(store: Store, import: Uuid, dial_list: Uuid, before: Option<ImportProgress>) -> Self {
        let behind = before.map(|before| before.records);
        Self { store, import, dial_list, behind, in_flight: VecDeque::new() }
    }

    /// Hands on new leads, and what others are given; and notes how far that is.
    pub(super) fn send(
        &mut self,
        [leads, updates]: [Vec<NewLead>; 2],
        created: Wall,
        progress: ImportProgress,
    ) -> Result<(), StoreError> {
        while self.in_flight.len() >= IN_FLIGHT_MAX {
            self.wait()?;
        }
        let Self { import, dial_list, behind, .. } = *self;
        let (answer, answered) = mpsc::sync_channel(1);
        let chunk = ImportChunk { import, dial_list, created, leads, updates, behind, progress };
        self.store.import_leads(chunk, move |result| {
            let _ = answer.send(result);
        });
        self.behind = Some(progress.records);
        self.in_flight.push_back(answered);
        Ok(())
    }

    /// Waits for all that is on its way.
    pub(super) fn finish(&mut self) -> Result<(), StoreError> {
        while !self.in_flight.is_empty() {
            self.wait()?;
        }
        Ok(())
    }

    /// Waits for the oldest chunk.
    fn wait(&mut self) -> Result<(), StoreError> {
        let Some(answered) = self.in_flight.pop_front() else { return Ok(()) };
        answered.recv().map_err(|_| StoreError::Closed)?
    }
}
