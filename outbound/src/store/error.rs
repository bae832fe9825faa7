//! What can go wrong with the store, in words that say what to do next.

use std::path::PathBuf;
use std::sync::Arc;

/// Why the store could not be opened, or did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The url names no database.
    #[error("the store url {0:?} is not known: write sqlite:PATH")]
    UnknownUrl(String),
    /// A url of PostgreSQL.
    #[error("PostgreSQL is not available yet: write sqlite:PATH as the store url")]
    PostgresUnavailable,
    /// Another daemon works with this database.
    #[error("{} is in use by process {pid}: stop that one first, or give this one another store url", path.display())]
    Held {
        /// The database.
        path: PathBuf,
        /// The holder, as its lock file says.
        pid: String,
    },
    /// The file cannot be opened or locked.
    #[error("cannot open {}: {reason}; check that its directory exists and may be written to", path.display())]
    Unopenable {
        /// The database.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A newer program has worked with this database.
    #[error(
        "the database has version {found}, this program knows versions up to {known}: use the newer program"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// The dial list is missing or deleted.
    #[error("no such dlma")]
    UnknownDialList,
    /// The row is missing or deleted.
    #[error("no such dl list entry")]
    NotFound,
    /// Nothing can be written at present. What has happened is kept in memory and written when it works again.
    #[error("the store cannot write ({0}): see that its disk has space and works; it tries again by itself")]
    Unwritable(Arc<str>),
    /// Too many requests wait.
    #[error("the store has too much to do: ask again later")]
    Busy,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The database refused this one request.
    #[error("the database refused this: {0}")]
    Database(Arc<str>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string().into())
    }
}
