//! What keeps a whole database from being read or written, in words that say what to do: one cause, one piece of advice.
//! What only one request did wrong is no trouble.

use std::fmt;
use std::io;
use std::sync::Arc;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// Where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No room on the disk.
    Full,
    /// The file or its disk may not be written to.
    ReadOnly,
    /// Another program has locked the database.
    Locked,
    /// What is in the file cannot be a database's.
    Damaged,
    /// The path no longer leads to the file that was opened.
    Gone,
    /// There is no such place, or it is not ours.
    NoPlace,
    /// The disk fails.
    Disk,
    /// Anything else; the system's words must do.
    Other,
}

/// A cause, and what the system said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where it lies.
    pub cause: Cause,
    /// What the system said.
    pub said: Arc<str>,
}

impl Trouble {
    pub(super) fn new(cause: Cause, said: impl Into<Arc<str>>) -> Self {
        Self { cause, said: said.into() }
    }

    /// What an error means for the database as a whole; `None` where no other request would fare worse for it.
    pub(super) fn of(error: &rusqlite::Error) -> Option<Self> {
        let extended = error.sqlite_error().map(|error| error.extended_code).unwrap_or_default();
        let cause = match error.sqlite_error_code()? {
            ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig => return None,
            ErrorCode::DiskFull => Cause::Full,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Cause::ReadOnly,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                Cause::Locked
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Cause::Damaged,
            ErrorCode::CannotOpen => Cause::NoPlace,
            // The index of the log, which is as long as the log needs.
            ErrorCode::SystemIoFailure if extended == SQLITE_IOERR_SHMSIZE => Cause::Full,
            ErrorCode::SystemIoFailure => {
                return Some(Self::new(Cause::Disk, format!("{error}, SQLite's code {extended}")));
            }
            _ => Cause::Other,
        };
        Some(Self::new(cause, error.to_string()))
    }

    /// The same of what the system says.
    pub(crate) fn of_io(error: &io::Error) -> Self {
        let cause = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Cause::Full,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Cause::ReadOnly,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Cause::NoPlace,
            _ => Cause::Disk,
        };
        Self::new(cause, error.to_string())
    }
}

/// What ended a transaction is the whole database's trouble.
impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::of(&error).unwrap_or_else(|| Self::new(Cause::Other, error.to_string()))
    }
}

impl Cause {
    fn words(self) -> &'static str {
        match self {
            Self::Full => "its disk is full",
            Self::ReadOnly => "it may not be written to",
            Self::Locked => "another program has it locked",
            Self::Damaged => "the database is damaged",
            Self::Gone => "its path no longer leads to the file that was opened",
            Self::NoPlace => "it cannot be opened there",
            Self::Disk => "its disk fails",
            Self::Other => "the database failed",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Full => "make room on it",
            Self::ReadOnly => "mount it writable, and mend its permissions and attributes",
            Self::Locked => "end what that program does (`fuser` on the file says which it is)",
            Self::Damaged => {
                "stop the daemon, look at a copy with `PRAGMA integrity_check`, and restore a backup (see the manual)"
            }
            Self::Gone => "put the file back, or restart the daemon to work with what is there now",
            Self::NoPlace => "check that its directory exists and may be written to",
            Self::Disk => "see the kernel's log, and that the disk may be written to, has room and works",
            Self::Other => "see that its disk has room and works",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.cause.words(), self.said, self.cause.advice())
    }
}
