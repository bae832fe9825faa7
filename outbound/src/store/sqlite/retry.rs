//! After a failure: records are kept in memory and tried again until the database takes them; where none is kept, a
//! small write finds out when it works again. So nobody has to restart anything.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use engine::dialing::Record;
use rusqlite::Connection;
use uuid::Uuid;

use super::job::{Job, Kept};
use super::record;
use super::writer::{BATCH_MAX, Batch, Writer, note};
use crate::spans;
use crate::store::trouble::{Cause, Trouble};

/// The waits between two tries double from this ...
const RETRY_MIN: Duration = Duration::from_millis(50);
/// ... to this. Who waits for the end of a cause waits so long after it, and as long as a lock is waited for.
const RETRY_MAX: Duration = Duration::from_secs(1);
/// Records that the database refuses for themselves are tried again after this.
const REFUSED_AGAIN: Duration = Duration::from_secs(5);

impl Writer {
    pub(super) fn retry_wait(&self) -> Duration {
        self.state.retry_at.map_or(RETRY_MIN, |at| at.saturating_duration_since(Instant::now()))
    }

    /// Tries what is kept; without any, whether anything can be written.
    pub(super) fn try_again_if_due(&mut self) {
        if self.state.retry_at.is_none_or(|at| at <= Instant::now()) {
            if !self.state.kept.is_empty() {
                self.retry();
            } else if self.watch.is_unsettled() {
                self.probe();
            }
        }
        if self.state.failing.is_none() && !self.state.limits.is_empty() {
            let limits = std::mem::take(&mut self.state.limits).into_iter();
            let job = |(dial_list, (widest_tries, done))| Job::SetLimits { dial_list, widest_tries, done };
            self.transact(limits.map(job).collect());
        }
    }

    /// Tries every kept record once, each by itself, so that one that the database refuses spoils no other.
    pub(super) fn retry(&mut self) {
        let mut left = self.state.kept.len();
        while left > 0 {
            let count = left.min(BATCH_MAX);
            left -= count;
            let mut records: VecDeque<Kept> = self.state.kept.drain(..count).collect();
            match self.write_each(&mut records) {
                Ok((written, last_result)) => {
                    self.meter.batch.observe_size(written.len());
                    self.committed(Batch::of_records(written, last_result));
                    self.state.kept.extend(records);
                }
                Err(trouble) => {
                    records.extend(std::mem::take(&mut self.state.kept));
                    self.state.kept = records;
                    self.failed(&trouble);
                    return;
                }
            }
        }
        let again = if self.state.kept.is_empty() { RETRY_MAX } else { REFUSED_AGAIN };
        self.state.retry_at = Some(Instant::now() + again);
    }

    /// Takes out of `records` what was written; on an error nothing was.
    fn write_each(&mut self, records: &mut VecDeque<Kept>) -> Result<(Vec<Kept>, Option<i64>), Trouble> {
        self.begin()?;
        let connection = &self.connection;
        let mut refused = Vec::new();
        let mut last_result = None;
        for (place, kept) in records.iter_mut().enumerate() {
            connection.execute_batch("SAVEPOINT record")?;
            match record::write(connection, &mut self.state.widest, &kept.record) {
                Ok(effect) => note(&mut self.state.cursors, &mut last_result, effect),
                Err(error) => {
                    match Trouble::of(&error) {
                        // Another record's pages may be whole.
                        Some(trouble) if trouble.cause == Cause::Damaged => {
                            self.watch.health().found_damage(&trouble);
                        }
                        Some(trouble) => return Err(trouble),
                        None => {}
                    }
                    connection.execute_batch("ROLLBACK TO record")?;
                    if !std::mem::replace(&mut kept.reported, true) {
                        let _said_in = spans::of_record(&kept.record).entered();
                        tracing::error!(%error, record = %kept, "the database refuses a record; it is kept");
                    }
                    refused.push(place);
                }
            }
            connection.execute_batch("RELEASE record")?;
        }
        self.commit(&[])?;
        let (mut left, mut written) = (VecDeque::new(), Vec::new());
        for (place, kept) in records.drain(..).enumerate() {
            if refused.contains(&place) { left.push_back(kept) } else { written.push(kept) }
        }
        *records = left;
        Ok((written, last_result))
    }

    /// Writes what is there already.
    fn probe(&mut self) {
        let version = |connection: &Connection| {
            let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
            connection.pragma_update(None, "user_version", version)
        };
        let begun = self.begin();
        let written = begun.and_then(|()| Ok(version(&self.connection)?)).and_then(|()| self.commit(&[]));
        match written {
            Ok(()) => {
                self.committed(Batch::default());
                self.state.retry_at = Some(Instant::now() + RETRY_MAX);
            }
            Err(trouble) => self.failed(&trouble),
        }
    }

    /// Gives up a transaction.
    pub(super) fn failed(&mut self, trouble: &Trouble) {
        self.meter.failed();
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.watch.failed(trouble);
        let state = &mut self.state;
        // A commit that SQLite takes back in memory is taken back for good with the next one, which is written over it: what
        // is not there now will not come.
        let connection = &self.connection;
        state.doubtful.retain(|dialing| !matches!(is_open(connection, *dialing), Ok(false)));
        state.cursors.clear();
        state.widest.clear();
        if state.failing.replace(trouble.clone()).is_none() {
            state.backoff = RETRY_MIN;
        }
        state.retry_at = Some(Instant::now() + state.backoff);
        state.backoff = (state.backoff * 2).min(RETRY_MAX);
    }

    /// A transaction was committed.
    pub(super) fn well(&mut self) {
        self.watch.well();
        if self.state.failing.take().is_some() {
            // Also of a commit that was taken for failed.
            let last = self.connection.query_row("SELECT max(seq) FROM result", [], |row| row.get(0));
            if let Ok(Some(last)) = last {
                self.results.send_if_modified(|seen| std::mem::replace(seen, last) != last);
            }
        }
    }

    /// Gives back claims whose commit came through after all: nobody has them. Part of a transaction.
    pub(super) fn release_doubtful(&mut self) -> rusqlite::Result<()> {
        for &dialing in &self.state.doubtful {
            if is_open(&self.connection, dialing)? {
                let _said_in = spans::of_uuid(dialing).entered();
                tracing::warn!(%dialing, "a claim that was answered as failed is in the database: it is given back");
                let released = Record::Released { dialing, lead: Uuid::nil() };
                record::write(&self.connection, &mut self.state.widest, &released)?;
                self.state.cursors.clear();
            }
        }
        Ok(())
    }
}

fn is_open(connection: &Connection, dialing: Uuid) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM dialing WHERE uuid = ?1")?;
    statement.exists([dialing.as_bytes()])
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
