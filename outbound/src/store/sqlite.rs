//! The store in SQLite: one connection that writes, on a thread of its own, and one that reads, on another.
//!
//! What is known about rows is in [`columns`], [`catalog`] and [`lead`]; what is done with them in [`claim`],
//! [`record`] and [`list`]. [`writer`] decides when a transaction begins and ends, and nothing else does.

pub(super) mod abandon;
pub(super) mod access;
pub(super) mod catalog;
pub(super) mod claim;
pub(super) mod columns;
pub(super) mod counts;
pub(super) mod files;
pub(super) mod fill;
pub(super) mod health;
pub(super) mod identity;
pub(super) mod import;
pub(super) mod import_file;
pub(super) mod job;
pub(super) mod lead;
pub(super) mod lead_search;
pub(super) mod left;
pub(super) mod list;
pub(super) mod lock;
mod precedence;
pub(super) mod reader;
pub(super) mod record;
pub(super) mod results;
mod retry;
pub(super) mod schema;
pub(super) mod webhooks;
pub(super) mod writer;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use super::trouble::{Cause, Trouble};
use super::{StoreError, StoreOptions, Synchronous};

/// How long a statement waits for another process that holds the database (a backup, a person with a shell).
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);
/// Pages in the log after which the commit that brings them takes them into the database. Each time, who waits for that commit waits
/// longer: 4 ms with SQLite's own 1,000 pages, which held one end of a call in thirty up at a thousand calls a second (measured:
/// p99 4.9 ms; with these 3.3 to 3.9, and as many calls a second).
const CHECKPOINT_PAGES: u32 = 250;
/// A log that has grown beyond that, because somebody was reading for long, is cut back when it begins anew.
const LOG_KEPT_OCTETS: i64 = 64 << 20;
/// The most pages that the connection for reading keeps, in MiB: it looks at a row here and there, or passes by all of them once.
const READER_CACHE_MIB: u16 = 4;
/// Prepared statements kept by each connection.
const STATEMENTS_MAX: usize = 64;

/// Which database a url names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Location {
    /// A file.
    File(PathBuf),
    /// Memory that lives as long as its connections, with a name of its own.
    Memory(Uuid),
}

impl Location {
    /// Reads a store url.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Err(StoreError::PostgresUnavailable);
        }
        let unknown = || StoreError::UnknownUrl(url.to_owned());
        let path = url.strip_prefix("sqlite:").ok_or_else(unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        match path {
            "" => Err(unknown()),
            ":memory:" => Ok(Self::Memory(Uuid::new_v4())),
            path => Ok(Self::File(PathBuf::from(path))),
        }
    }

    /// Where the write-ahead log is, if in a file.
    pub(super) fn wal(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => {
                let mut wal = path.clone().into_os_string();
                wal.push("-wal");
                Some(wal.into())
            }
            Self::Memory(_) => None,
        }
    }

    /// A connection that may write.
    pub(super) fn open_writer(&self, options: &StoreOptions) -> Result<Connection, StoreError> {
        let connection = self.connect(options.cache_mib)?;
        let mode = match options.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        };
        let journal: String =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if journal != "wal" && matches!(self, Self::File(_)) {
            let said = format!("no write-ahead log can be kept there, but only journal_mode {journal}");
            return Err(StoreError::Unwritable(Trouble::new(Cause::NoPlace, said)));
        }
        connection.pragma_update(None, "synchronous", mode)?;
        connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_size_limit", LOG_KEPT_OCTETS, |_| Ok(()))?;
        Ok(connection)
    }

    /// A connection that only reads.
    pub(super) fn open_reader(&self, options: &StoreOptions) -> Result<Connection, StoreError> {
        let connection = self.connect(options.cache_mib.min(READER_CACHE_MIB))?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn connect(&self, cache_mib: u16) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let opened = match self {
            Self::File(path) => Connection::open_with_flags(path, flags),
            Self::Memory(name) => Connection::open_with_flags(format!("file:/{name}?vfs=memdb"), flags),
        };
        let connection = opened?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "cache_size", -1024 * i64::from(cache_mib))?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // Else SQLite compiles a statement anew for each other value of a parameter that may change its plan, and where the
        // database has statistics, that is each list and time: two to four times for each claim.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(connection)
    }

    /// The database, as messages name it.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Memory(_) => Path::new(":memory:"),
        }
    }

    /// What was in the way of opening it.
    pub(super) fn unopenable(&self, error: StoreError) -> StoreError {
        match error.trouble() {
            Some(trouble) => {
                StoreError::Unopenable { path: self.path().to_owned(), trouble: trouble.clone() }
            }
            None => error,
        }
    }
}
