//! Records that could not be written: kept in memory, and tried again until the database takes them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rusqlite::ErrorCode;

use super::job::Kept;
use super::record;
use super::writer::{BATCH_MAX, Batch, Writer, note};
use crate::store::StoreError;

/// The waits between two tries of kept records double from this ...
const RETRY_MIN: Duration = Duration::from_millis(50);
/// ... to this.
const RETRY_MAX: Duration = Duration::from_secs(5);

impl Writer {
    pub(super) fn retry_wait(&self) -> Duration {
        self.state.retry_at.map_or(RETRY_MIN, |at| at.saturating_duration_since(Instant::now()))
    }

    pub(super) fn retry_if_due(&mut self) {
        if !self.state.kept.is_empty() && self.state.retry_at.is_none_or(|at| at <= Instant::now()) {
            self.retry();
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
                    self.committed(Batch::of_records(written, last_result));
                    self.state.kept.extend(records);
                }
                Err(error) => {
                    records.extend(std::mem::take(&mut self.state.kept));
                    self.state.kept = records;
                    self.failed(&error);
                    return;
                }
            }
        }
        self.state.retry_at = (!self.state.kept.is_empty()).then(|| Instant::now() + RETRY_MAX);
    }

    /// Takes out of `records` what was written; on an error nothing was.
    fn write_each(&mut self, records: &mut VecDeque<Kept>) -> rusqlite::Result<(Vec<Kept>, Option<i64>)> {
        let connection = &self.connection;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut refused = Vec::new();
        let mut last_result = None;
        for (place, kept) in records.iter_mut().enumerate() {
            connection.execute_batch("SAVEPOINT record")?;
            match record::write(connection, &kept.record) {
                Ok(effect) => note(&mut self.state.cursors, &mut last_result, effect),
                Err(error) if connection.is_autocommit() || concerns_all(&error) => return Err(error),
                Err(error) => {
                    connection.execute_batch("ROLLBACK TO record")?;
                    if !std::mem::replace(&mut kept.reported, true) {
                        tracing::error!(%error, record = ?kept.record, "the database refuses a record; it is kept");
                    }
                    refused.push(place);
                }
            }
            connection.execute_batch("RELEASE record")?;
        }
        connection.execute_batch("COMMIT")?;
        let (mut left, mut written) = (VecDeque::new(), Vec::new());
        for (place, kept) in records.drain(..).enumerate() {
            if refused.contains(&place) { left.push_back(kept) } else { written.push(kept) }
        }
        *records = left;
        Ok((written, last_result))
    }

    pub(super) fn failed(&mut self, error: &rusqlite::Error) -> StoreError {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        let state = &mut self.state;
        state.cursors.clear();
        if !std::mem::replace(&mut state.failing, true) {
            tracing::error!(%error, "the store cannot write: results are kept in memory until it can");
            state.backoff = RETRY_MIN;
        }
        state.retry_at = Some(Instant::now() + state.backoff);
        state.backoff = (state.backoff * 2).min(RETRY_MAX);
        StoreError::Unwritable(error.to_string().into())
    }

    pub(super) fn recovered(&mut self) {
        if std::mem::take(&mut self.state.failing) {
            tracing::info!("the store can write again");
        }
    }
}

/// True for what no other record would fare better with: a full disk, a lock, a broken file.
fn concerns_all(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        None | Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig)
    )
}
