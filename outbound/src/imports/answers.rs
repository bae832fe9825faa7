//! What who asks is told: an import as it is now, why a file was not taken, why an import was not cancelled.

use std::io;

use super::{Asked, OCTETS_MAX};
use crate::import::ImportError;
use crate::store::StoreError;
use crate::store::import::{ImportFile, ImportProgress, ImportState};

/// An import as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its place: newer ones have higher ones.
    pub seq: i64,
    /// Its row.
    pub file: ImportFile,
    /// What was asked for.
    pub asked: Asked,
    /// What became of the rows so far.
    pub progress: ImportProgress,
    /// Octets of the file that were read, where that is known.
    pub octets_read: u64,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It does not come.
    #[error("the file was cut off: send it again")]
    CutOff,
    /// It is longer than it may be.
    #[error("the file is longer than {} GiB: send it in parts, each with the line of headers", OCTETS_MAX >> 30)]
    TooLong,
    /// It has no rows that can be taken in.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// It cannot be kept.
    #[error("the file cannot be kept: {0}")]
    Io(#[from] io::Error),
}

/// Why an import was not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum NotCancelled {
    /// There is none with that id.
    #[error("no such import")]
    NotFound,
    /// It is over.
    #[error("the import is {} already", .0.as_str())]
    Over(ImportState),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Import(error.into())
    }
}
