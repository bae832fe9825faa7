//! What can go wrong with the store, in words that say what to do next.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::trouble::Trouble;

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
    #[error("{} is in use by {holder}: stop that one first, or give this one another store url", path.display())]
    Held {
        /// The database.
        path: PathBuf,
        /// Who has it, as its lock file says.
        holder: Holder,
    },
    /// The file cannot be opened or locked.
    #[error("cannot open {}: {trouble}", path.display())]
    Unopenable {
        /// The database.
        path: PathBuf,
        /// Why not.
        trouble: Trouble,
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
    /// A chunk of an import is not the next one: that before it is missing, or the import is carried on by somebody else.
    #[error(
        "rows of the import before these are missing, or somebody else carries it on: start it again, and it goes on"
    )]
    NotNext,
    /// Nothing can be written at present. What has happened is kept in memory and written when it works again.
    #[error("the store cannot write: {0}")]
    Unwritable(Trouble),
    /// Nothing can be read at present.
    #[error("the store cannot read: {0}")]
    Unreadable(Trouble),
    /// The store was closed while these many records could not be written.
    #[error(
        "{0} records could not be written and are lost: the next start asks Asterisk what became of their calls"
    )]
    Lost(usize),
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

/// Who works with a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process; empty where the lock file does not say it.
    pub pid: String,
    /// Where it runs, as the machine calls itself; daemons of earlier versions do not say it.
    pub host: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.pid.as_str(), &self.host) {
            ("", _) => f.write_str("another process"),
            (pid, Some(host)) => write!(f, "process {pid} on host {host}"),
            (pid, None) => write!(f, "process {pid}"),
        }
    }
}

impl StoreError {
    /// What keeps the whole store from working; `None` where this is about one request, or no matter of waiting.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Unopenable { trouble, .. } | Self::Unwritable(trouble) | Self::Unreadable(trouble) => {
                Some(trouble)
            }
            Self::UnknownUrl(_)
            | Self::PostgresUnavailable
            | Self::Held { .. }
            | Self::Newer { .. }
            | Self::UnknownDialList
            | Self::NotFound
            | Self::NotNext
            | Self::Lost(_)
            | Self::Busy
            | Self::Closed
            | Self::Database(_) => None,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match Trouble::of(&error) {
            Some(trouble) => Self::Unwritable(trouble),
            None => Self::Database(error.to_string().into()),
        }
    }
}
