//! How the database is doing, as its threads find it: told in the log once for each cause, and once when it is over.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::store::trouble::{Cause, Trouble};

/// A cause is over when nothing has failed for so long: on a disk that is all but full, small things can be written in
/// between.
pub(super) const SETTLED: Duration = Duration::from_secs(2);

/// What all who work with a database know of it.
#[derive(Debug)]
pub(in crate::store) struct Health {
    /// The database, for messages.
    path: String,
    /// Set once: damage does not mend itself.
    damage: OnceLock<Trouble>,
    /// Why nothing can be written at present.
    unwritable: Mutex<Option<Trouble>>,
}

impl Health {
    pub(in crate::store) fn new(path: String) -> Arc<Self> {
        Arc::new(Self { path, damage: OnceLock::new(), unwritable: Mutex::new(None) })
    }

    /// What keeps calls from being placed.
    pub(in crate::store) fn trouble(&self) -> Option<Trouble> {
        let unwritable = || self.unwritable.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.damage.get().cloned().or_else(unwritable)
    }

    /// The damage that was found, if any: from then on no lead is claimed.
    pub(super) fn damage(&self) -> Option<&Trouble> {
        self.damage.get()
    }

    pub(super) fn found_damage(&self, trouble: &Trouble) {
        if self.damage.set(trouble.clone()).is_ok() {
            tracing::error!(store = %self.path, cause = %trouble,
                "the store is damaged: no call is placed any more; what still can be read and written is");
        }
    }

    fn set_unwritable(&self, trouble: Option<Trouble>) {
        *self.unwritable.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// What is done with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Access {
    Read,
    Write,
}

/// One thread's view of it, and what it has said in the log.
#[derive(Debug)]
pub(in crate::store) struct Watch {
    health: Arc<Health>,
    access: Access,
    told: Option<Told>,
}

#[derive(Debug)]
struct Told {
    cause: Cause,
    since: Instant,
    failed_last: Instant,
}

impl Watch {
    pub(in crate::store) fn new(health: Arc<Health>, access: Access) -> Self {
        Self { health, access, told: None }
    }

    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    /// Something failed.
    pub(super) fn failed(&mut self, trouble: &Trouble) {
        if self.access == Access::Write {
            self.health.set_unwritable(Some(trouble.clone()));
        }
        if trouble.cause == Cause::Damaged {
            return self.health.found_damage(trouble);
        }
        let now = Instant::now();
        let before = self.told.take();
        if before.as_ref().is_none_or(|told| told.cause != trouble.cause) {
            self.tell(trouble);
        }
        let since = before.map_or(now, |told| told.since);
        self.told = Some(Told { cause: trouble.cause, since, failed_last: now });
    }

    /// Something went well.
    pub(super) fn well(&mut self) {
        if self.access == Access::Write {
            self.health.set_unwritable(None);
        }
        let Some(told) = self.told.take_if(|told| told.failed_last.elapsed() >= SETTLED) else { return };
        let (store, after_s) = (&self.health.path, told.since.elapsed().as_secs());
        match self.access {
            Access::Write => tracing::info!(%store, after_s, "the store can be written to again"),
            Access::Read => tracing::info!(%store, after_s, "the store can be read again"),
        }
    }

    /// True from a failure on until its end is told.
    pub(super) fn is_unsettled(&self) -> bool {
        self.told.is_some()
    }

    fn tell(&self, cause: &Trouble) {
        let store = &self.health.path;
        match self.access {
            Access::Write => tracing::error!(%store, %cause,
                "the store cannot be written to: no call is placed until it can; results are kept in memory, and it goes on by itself"),
            Access::Read => {
                tracing::error!(%store, %cause, "the store cannot be read; it is tried again by itself");
            }
        }
    }
}
