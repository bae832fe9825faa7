//! One daemon for each database: an advisory lock on a file beside it, which the system drops with the process. The file
//! says who has it, also to machines that share the disk: `1234 on host pbx-a`.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::files::{Identity, real_path, with_ending};
use crate::store::trouble::{Cause, Trouble};
use crate::store::{Holder, StoreError};

pub(in crate::store) const ENDING: &str = ".lock";
/// Between process and host, in the file as in messages.
const ON_HOST: &str = " on host ";
/// More is not read: a holder's line is short.
const LINE_MAX: u64 = 1_024;

/// Held while the store is open.
#[derive(Debug)]
pub(in crate::store) struct Lock {
    database: PathBuf,
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Takes the lock of a database, or says who has it.
    pub(in crate::store) fn take(database: &Path) -> Result<Self, StoreError> {
        let database = real_path(database);
        let unopenable = |error: std::io::Error| {
            let Trouble { cause, said } = Trouble::of_io(&error);
            let trouble = Trouble::new(cause, format!("its lock file: {said}"));
            StoreError::Unopenable { path: database.clone(), trouble }
        };
        let path = with_ending(&database, ENDING);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).to_owned();
        let mut file = options.open(&path).map_err(unopenable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = read_holder(&mut file);
                return Err(StoreError::Held { path: database, holder });
            }
            Err(TryLockError::Error(error)) => return Err(unopenable(error)),
        }
        let ourselves = format!("{}{ON_HOST}{}", std::process::id(), host_name());
        file.set_len(0).and_then(|()| writeln!(file, "{ourselves}")).map_err(unopenable)?;
        Ok(Self { database, path, file })
    }

    /// Takes it again where somebody has removed its file: the next daemon would make a new one.
    pub(super) fn hold(&mut self) -> Result<(), Trouble> {
        let in_place =
            Identity::of(&self.path).ok() == self.file.metadata().ok().as_ref().map(Identity::from);
        if in_place {
            return Ok(());
        }
        *self = Self::take(&self.database).map_err(|error| match error.trouble() {
            Some(trouble) => trouble.clone(),
            None => Trouble::new(Cause::Gone, format!("its lock file was removed, and {error}")),
        })?;
        tracing::warn!(lock = %self.path.display(), "the lock file was moved or removed; it is there again");
        Ok(())
    }
}

/// Who works with a database on another machine, where it is on a shared disk; `None` where nobody does there.
pub(in crate::store) fn held_elsewhere(database: &Path) -> Option<Holder> {
    let mut file = File::open(with_ending(&real_path(database), ENDING)).ok()?;
    let holder = read_holder(&mut file);
    // Asked only then, and never of a daemon that is about to start here: a look takes the lock for a moment.
    let elsewhere = holder.host.as_ref().is_some_and(|host| *host != host_name());
    (elsewhere && matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))).then_some(holder)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn read_holder(file: &mut File) -> Holder {
    let mut line = String::new();
    let _ = Read::by_ref(file).take(LINE_MAX).read_to_string(&mut line);
    match line.trim().split_once(ON_HOST) {
        Some((pid, host)) => Holder { pid: pid.to_owned(), host: Some(host.to_owned()) },
        None => Holder { pid: line.trim().to_owned(), host: None },
    }
}
