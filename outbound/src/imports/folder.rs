//! The folder beside the database in which files wait for their import, and reports on refused rows for who reads them.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;
use uuid::Uuid;

use super::NotTaken;
use super::temporary::Temporary;

/// Octets of a file.
pub const OCTETS_MAX: u64 = 4 << 30;
/// A client that sends nothing for so long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long reports are kept.
const REPORTS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

const FILE: &str = "csv";
const PART: &str = "part";
const REPORT: &str = "rejected.csv";

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// Where it goes with the daemon.
    temporary: Option<Arc<Temporary>>,
}

/// A file that has come, and goes again unless it is kept.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    folder: Folder,
    kept: bool,
    pub(super) octets: u64,
}

impl Folder {
    /// That of a database; of one in memory it is in the system's place for temporary files.
    pub(super) fn beside(database: Option<&Path>) -> Self {
        let Some(database) = database else {
            let temporary = Temporary::new(&std::env::temp_dir());
            return Self { path: temporary.path().to_owned(), temporary: Some(Arc::new(temporary)) };
        };
        let mut path = database.as_os_str().to_owned();
        path.push(".imports");
        Self { path: path.into(), temporary: None }
    }

    fn make(&self) -> io::Result<()> {
        match &self.temporary {
            Some(temporary) => temporary.make(),
            None => fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path),
        }
    }

    /// The daemon ends; nothing is made in it any more.
    pub(super) fn end(&self) {
        if let Some(temporary) = &self.temporary {
            temporary.remove();
        }
    }

    pub(super) fn file(&self, id: Uuid) -> PathBuf {
        self.path.join(format!("{id}.{FILE}"))
    }

    pub(super) fn report(&self, id: Uuid) -> PathBuf {
        self.path.join(format!("{id}.{REPORT}"))
    }

    /// Removes what belongs to no import that is open, and old reports.
    pub(super) fn tidy(&self, open: &[Uuid]) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let (id, kind) = name.to_str().and_then(|name| name.split_once('.')).unwrap_or_default();
            let Ok(id) = id.parse::<Uuid>() else { continue };
            let age = entry.metadata().and_then(|metadata| metadata.modified());
            let age = age.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
            let goes = match kind {
                PART => true,
                FILE => !open.contains(&id),
                REPORT => age.is_some_and(|age| age > REPORTS_KEPT),
                _ => false,
            };
            if goes && let Err(error) = fs::remove_file(entry.path()) {
                tracing::warn!(%error, file = %entry.path().display(), "what an import has left behind stays");
            }
        }
    }

    /// Removes the file of an import.
    pub(super) fn remove(&self, id: Uuid) {
        if let Err(error) = fs::remove_file(self.file(id))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, import = %id, "the file of an import stays until the next start");
        }
    }

    /// Writes down what comes; it is on the disk when this returns.
    pub(super) async fn receive<E>(
        &self,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Part, NotTaken> {
        self.make()?;
        let path = self.path.join(format!("{}.{PART}", Uuid::new_v4()));
        let mut part = Part { path, folder: self.clone(), kept: false, octets: 0 };
        // Phone numbers are nobody else's.
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part.path)?;
        let mut file = tokio::fs::File::from_std(file);
        let mut body = pin!(body);
        while let Some(octets) = timeout(SILENCE_MAX, body.next()).await.map_err(|_| NotTaken::CutOff)? {
            let octets = octets.map_err(|_| NotTaken::CutOff)?;
            part.octets += octets.len() as u64;
            if part.octets > OCTETS_MAX {
                return Err(NotTaken::TooLong);
            }
            file.write_all(&octets).await?;
        }
        file.flush().await?;
        file.sync_all().await?;
        Ok(part)
    }
}

impl Part {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// It is the file of this import from now on.
    pub(super) fn keep(mut self, id: Uuid) -> io::Result<()> {
        fs::rename(&self.path, self.folder.file(id))?;
        self.kept = true;
        fs::File::open(&self.folder.path)?.sync_all()
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}
