//! A copy of the database while a daemon works with it: as it was at one moment, checked, and at its place only when it is
//! complete. The copy is one file, without a log beside it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::error::{Holder, StoreError};
use super::sqlite::Location;
use super::sqlite::files::{BESIDE, Identity, real_path, with_ending};
use super::sqlite::{lock, schema};
use super::trouble::{Cause, Trouble};

/// How long a look at the database waits for a program that has it locked. The daemon's writing locks out no reader.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages copied between two looks at the progress.
const STEP_PAGES: i32 = 1_000;
/// How many of its findings a check of the copy may name.
const FINDINGS_MAX: usize = 3;

/// Why there is no copy. Nothing is left behind where it was to be.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store lives in memory.
    #[error("the store url {0:?} names no file: there is nothing to copy")]
    NoFile(String),
    /// There is no database.
    #[error("there is no database at {}: is store.url of this config right?", .0.display())]
    NoDatabase(PathBuf),
    /// The file is something else.
    #[error("{} is no database of this program: is store.url of this config right?", .0.display())]
    NotAStore(PathBuf),
    /// The copy would take the place of the database, or of what belongs to it.
    #[error("{} belongs to the store itself: give the copy another name", .0.display())]
    IsTheStore(PathBuf),
    /// There is something already.
    #[error("{} is there already: give another name, or --force to replace it", .0.display())]
    Exists(PathBuf),
    /// What an earlier database of that name has left would be taken for the copy's.
    #[error("{} is left of another database: whoever opened the copy would mix the two; remove it first", .0.display())]
    Leftover(PathBuf),
    /// A daemon on another machine works with the database; its log cannot be read from here.
    #[error("{} is in use by {holder}: make the backup there", path.display())]
    Elsewhere {
        /// The database.
        path: PathBuf,
        /// The daemon.
        holder: Holder,
    },
    /// The database cannot be opened or read.
    #[error("cannot read {}: {trouble}", path.display())]
    Unreadable {
        /// The database.
        path: PathBuf,
        /// Why not.
        trouble: Trouble,
    },
    /// The copy cannot be written.
    #[error("cannot write the copy {}: {trouble}, or choose another place", path.display())]
    Unwritable {
        /// Where it was to be.
        path: PathBuf,
        /// Why not.
        trouble: Trouble,
    },
    /// The copy was checked, and so the database is found out.
    #[error("{} is damaged, and so is a copy of it ({findings}): restore an older backup (see the manual)", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What the check says.
        findings: String,
    },
    /// Somebody wanted it to end.
    #[error("given up; there is no copy")]
    GivenUp,
    /// A store that this program does not know.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many octets of so many are copied.
    Copied(u64, u64),
    /// All is copied, and is checked now.
    Checks,
}

/// Copies the database of a store url to a file; returns its size in octets. `go_on` is told of the progress, and says
/// whether to go on.
///
/// # Errors
/// [`BackupError`], with what to do.
pub fn backup(
    url: &str,
    to: &Path,
    replace: bool,
    mut go_on: impl FnMut(Progress) -> bool,
) -> Result<u64, BackupError> {
    let Location::File(from) = Location::parse(url)? else {
        return Err(BackupError::NoFile(url.to_owned()));
    };
    let place = check_place(&from, to, replace)?;
    if let Some(holder) = lock::held_elsewhere(&from) {
        return Err(BackupError::Elsewhere { path: from, holder });
    }
    let unwritable = |trouble: Trouble| BackupError::Unwritable { path: to.to_owned(), trouble };
    let no_file = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(to.to_owned()),
        _ => unwritable(Trouble::of_io(&error)),
    };
    let source = open_source(&from)?;
    let unfinished = new_file_in(&place, to, &from).map_err(no_file)?;
    let path = unfinished.path().to_owned();
    let _beside = Beside(path.clone());
    let mut copy = open_copy(&path).map_err(|error| unwritable(error.into()))?;
    copy_pages(&source, &mut copy, &mut go_on).map_err(|failure| match failure {
        Failure::GivenUp => BackupError::GivenUp,
        // SQLite does not say on which side it failed; but reading needs no room.
        Failure::Database(error) => match Trouble::from(error) {
            trouble if trouble.cause == Cause::Damaged => {
                BackupError::Unreadable { path: from.clone(), trouble }
            }
            trouble => unwritable(trouble),
        },
    })?;
    drop((copy, source));
    if !go_on(Progress::Checks) {
        return Err(BackupError::GivenUp);
    }
    if let Some(findings) = check(&path).map_err(|error| unwritable(error.into()))? {
        return Err(BackupError::Damaged { path: from, findings });
    }
    finish(unfinished, &place, to, replace).map_err(no_file)
}

/// The directory of the copy, where nothing is in the way of it.
fn check_place(from: &Path, to: &Path, replace: bool) -> Result<PathBuf, BackupError> {
    if !from.exists() {
        return Err(BackupError::NoDatabase(from.to_owned()));
    }
    let real = real_path(from);
    let beside = BESIDE.iter().chain([&lock::ENDING]).map(|ending| with_ending(&real, ending));
    let same = |a: &Path, b: &Path| {
        real_path(a) == real_path(b) || matches!((Identity::of(a), Identity::of(b)), (Ok(a), Ok(b)) if a == b)
    };
    if same(from, to) || beside.into_iter().any(|file| same(&file, to)) {
        return Err(BackupError::IsTheStore(to.to_owned()));
    }
    if to.symlink_metadata().is_ok() && !(replace && to.is_file()) {
        return Err(BackupError::Exists(to.to_owned()));
    }
    for ending in BESIDE {
        let left = with_ending(to, ending);
        if left.exists() {
            return Err(BackupError::Leftover(left));
        }
    }
    Ok(match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    })
}

/// The database as it is at this moment: what is committed from now on is not seen, and waits for nothing.
fn open_source(from: &Path) -> Result<Connection, BackupError> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags(from, flags)?;
        source.busy_timeout(BUSY_TIMEOUT)?;
        source.pragma_update(None, "query_only", true)?;
        // To take the log in is for the daemon alone.
        source.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        source.execute_batch("BEGIN")?;
        source.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(source)
    };
    let source =
        open().map_err(|error| BackupError::Unreadable { path: from.to_owned(), trouble: error.into() })?;
    match schema::known_version(&source)? {
        0 => Err(BackupError::NotAStore(from.to_owned())),
        _ => Ok(source),
    }
}

fn new_file_in(place: &Path, to: &Path, like: &Path) -> io::Result<NamedTempFile> {
    let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = tempfile::Builder::new().prefix(&format!(".{name}.")).suffix(".part").tempfile_in(place)?;
    file.as_file().set_permissions(like.metadata()?.permissions())?;
    Ok(file)
}

/// No care is taken of an unfinished copy: it is synced as a whole.
fn open_copy(path: &Path) -> rusqlite::Result<Connection> {
    let copy = Connection::open(path)?;
    copy.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    Ok(copy)
}

enum Failure {
    GivenUp,
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

fn copy_pages(
    source: &Connection,
    copy: &mut Connection,
    go_on: &mut impl FnMut(Progress) -> bool,
) -> Result<(), Failure> {
    let page_size: u32 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let backup = Backup::new(source, copy)?;
    loop {
        let step = backup.step(STEP_PAGES)?;
        let progress = backup.progress();
        let [left, all] = [progress.remaining, progress.pagecount]
            .map(|pages| u64::try_from(pages).unwrap_or_default() * u64::from(page_size));
        if !go_on(Progress::Copied(all.saturating_sub(left), all)) {
            return Err(Failure::GivenUp);
        }
        // Nobody else knows the copy, and of the source a moment is held that nobody changes: neither is ever locked.
        if step == StepResult::Done {
            return Ok(());
        }
    }
}

/// Makes the copy a file that needs no log, and looks whether all that it says hangs together.
fn check(path: &Path) -> rusqlite::Result<Option<String>> {
    let copy = Connection::open(path)?;
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let mut statement = copy.prepare(&format!("PRAGMA integrity_check({FINDINGS_MAX})"))?;
    let findings: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok((findings != ["ok"]).then(|| findings.join("; ")))
}

/// Has the disk write the copy, then gives it its name.
fn finish(unfinished: NamedTempFile, place: &Path, to: &Path, replace: bool) -> io::Result<u64> {
    let file = unfinished.as_file();
    file.sync_all()?;
    let size = file.metadata()?.len();
    if replace {
        unfinished.persist(to)?
    } else {
        unfinished.persist_noclobber(to)?
    };
    File::open(place)?.sync_all()?;
    Ok(size)
}

/// What SQLite makes beside an unfinished copy goes with it.
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        for ending in BESIDE.iter().chain(&["-journal"]) {
            let _ = std::fs::remove_file(with_ending(&self.0, ending));
        }
    }
}
