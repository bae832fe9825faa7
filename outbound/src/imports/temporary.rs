//! The folder of a daemon whose database is in memory: nothing in it is of use when that daemon is gone, so it goes with it. Where a daemon
//! dies, the next one removes what it has left; that a daemon lives is seen by a lock, which the system drops with the process.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

const PREFIX: &str = "outbound-imports-";
const LOCK: &str = "lock";

/// See the module.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Nobody has needed it yet.
    Unmade,
    /// With its lock.
    Made(File),
    Removed,
}

impl Temporary {
    /// One in this place, which is made when it is needed. Those of daemons that are gone are removed.
    pub(super) fn new(place: &Path) -> Self {
        tidy(place);
        Self { path: place.join(format!("{PREFIX}{}", Uuid::new_v4())), state: Mutex::new(State::Unmade) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it, unless it is there.
    pub(super) fn make(&self) -> io::Result<()> {
        let mut state = self.lock();
        match &*state {
            State::Made(_) => {}
            State::Unmade => *state = State::Made(make(&self.path)?),
            State::Removed => return Err(io::Error::other("the daemon ends")),
        }
        Ok(())
    }

    /// Removes it with all that is in it, for good.
    pub(super) fn remove(&self) {
        let before = std::mem::replace(&mut *self.lock(), State::Removed);
        if let State::Made(_lock) = before {
            remove(&self.path);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make(path: &Path) -> io::Result<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // It has its name when it is locked: where others find it, they find it so as long as this daemon lives.
    let unnamed = path.join("lock.new");
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unnamed)?;
    file.lock()?;
    fs::rename(&unnamed, path.join(LOCK))?;
    Ok(file)
}

/// Removes folders that daemons of this user have left behind.
fn tidy(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let path = entry.path();
        if id.is_some_and(|id| id.parse::<Uuid>().is_ok())
            && let Some(_lock) = left_behind(&path)
        {
            remove(&path);
        }
    }
}

/// The lock of a folder that is ours and whose daemon is gone. One without a lock may be that of a daemon that just makes it.
fn left_behind(folder: &Path) -> Option<File> {
    let (folder_is, we_are) = (fs::symlink_metadata(folder).ok()?, fs::metadata("/proc/self").ok()?);
    if !folder_is.is_dir() || folder_is.uid() != we_are.uid() {
        return None;
    }
    let lock = File::open(folder.join(LOCK)).ok()?;
    lock.try_lock().ok().map(|()| lock)
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path) {
        tracing::warn!(%error, folder = %path.display(), "a folder of imports stays; it can be removed");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_folder_goes_with_its_daemon_and_is_not_made_again() {
        let place = tempfile::tempdir().unwrap();
        let folder = Temporary::new(place.path());
        assert!(!folder.path().exists(), "nobody needs it yet");
        folder.make().unwrap();
        folder.make().unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(folder.path().join("file"), "phone\n1\n").unwrap();
        folder.remove();
        assert!(!folder.path().exists() && folder.make().is_err());
        let unmade = Temporary::new(place.path());
        unmade.remove();
        assert!(unmade.make().is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_dead_daemon_has_left_goes_and_what_a_living_one_or_somebody_else_has_stays() {
        let place = tempfile::tempdir().unwrap();
        let [dead, living] = [Temporary::new(place.path()), Temporary::new(place.path())];
        for folder in [&dead, &living] {
            folder.make().unwrap();
            fs::write(folder.path().join("file"), "phone\n1\n").unwrap();
        }
        let named = |name: &str| place.path().join(name);
        let begun = named(&format!("{PREFIX}{}", Uuid::new_v4()));
        let other = named(&format!("{PREFIX}of-somebody"));
        for folder in [&begun, &other] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(other.join(LOCK), "").unwrap();
        let link = named(&format!("{PREFIX}{}", Uuid::new_v4()));
        symlink(&other, &link).unwrap();
        let was = dead.path().to_owned();
        // As where a process dies: the lock goes, the folder stays.
        drop(dead);
        assert!(was.exists());
        drop(Temporary::new(place.path()));
        assert!(!was.exists());
        for stays in [living.path(), &living.path().join("file"), &begun, &other.join(LOCK), &link] {
            assert!(stays.exists(), "{}", stays.display());
        }
    }
}
