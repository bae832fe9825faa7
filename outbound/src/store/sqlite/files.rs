//! The files of an open database, held against what their paths lead to now. What is committed into a file that was
//! moved away, removed or replaced is found by nobody after a restart, so nothing is written then.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::trouble::{Cause, Trouble};

/// What SQLite keeps beside a database: its log, and the index of that, over which programs agree who may write.
pub(in crate::store) const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// Which file it is, whatever its name: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(in crate::store) fn of(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|found| Self::from(&found))
    }
}

impl From<&Metadata> for Identity {
    fn from(found: &Metadata) -> Self {
        Self { device: found.dev(), inode: found.ino() }
    }
}

/// The files as they were opened.
#[derive(Debug)]
pub(in crate::store) struct Files(Vec<(PathBuf, Identity)>);

impl Files {
    /// Those of a database that is open and was written to: its log is there.
    pub(in crate::store) fn of(database: &Path) -> io::Result<Self> {
        let real = real_path(database);
        let mut paths = vec![std::path::absolute(database)?];
        paths.extend(BESIDE.map(|ending| with_ending(&real, ending)));
        let known = paths.into_iter().map(|path| Identity::of(&path).map(|identity| (path, identity)));
        known.collect::<io::Result<_>>().map(Self)
    }

    /// Says which path leads somewhere else.
    pub(in crate::store) fn check(&self) -> Result<(), Trouble> {
        for (path, opened) in &self.0 {
            let said = match Identity::of(path) {
                Ok(found) if found == *opened => continue,
                Ok(_) => format!("{} was replaced by another file", path.display()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    format!("{} was moved or removed", path.display())
                }
                Err(error) => format!("{}: {error}", path.display()),
            };
            return Err(Trouble::new(Cause::Gone, said));
        }
        Ok(())
    }
}

/// A path with something behind its last name.
pub(in crate::store) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.to_owned().into_os_string();
    path.push(ending);
    path.into()
}

/// The path without links, so that two names of one database are one.
pub(in crate::store) fn real_path(database: &Path) -> PathBuf {
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
