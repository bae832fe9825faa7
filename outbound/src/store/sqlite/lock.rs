//! One daemon for each database: an advisory lock on a file beside it, which the system drops with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// Held while the store is open.
#[derive(Debug)]
pub(in crate::store) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a database, or says who has it.
    pub(in crate::store) fn take(database: &Path) -> Result<Self, StoreError> {
        let database = real_path(database);
        let unopenable = |error: std::io::Error| StoreError::Unopenable {
            path: database.clone(),
            reason: format!("its lock file: {error}"),
        };
        let mut lock_path = database.clone().into_os_string();
        lock_path.push(".lock");
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).to_owned();
        let mut file = options.open(lock_path).map_err(unopenable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                return Err(StoreError::Held { path: database, pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(unopenable(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unopenable)?;
        Ok(Self { _file: file })
    }
}

/// The path without links, so that two names of one database share one lock.
fn real_path(database: &Path) -> PathBuf {
    if let Ok(path) = database.canonicalize() {
        return path;
    }
    let parent = match database.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    match (parent.canonicalize(), database.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        (Ok(_) | Err(_), _) => database.to_owned(),
    }
}
