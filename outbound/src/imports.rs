//! Imports of files that the daemon was sent: each comes in as a file beside the database, and its rows are taken in behind the
//! scenes, one import after the other, while calls go on.
//!
//! [`receive`](Imports::receive) has the file and the import's row on disk before it answers; from then on the import comes to its end
//! whatever dies: with each chunk of leads it is written how far it is. [`Wish`] is what somebody wants of the rows. The file goes when
//! the import is over; the report on refused rows stays for a while.

mod answers;
mod folder;
mod telling;
mod temporary;
mod wish;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use engine::ListImport;
use futures_util::Stream;
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;
use uuid::Uuid;

pub use answers::{NotCancelled, NotTaken, View};
pub use telling::Step;
pub use wish::{Asked, COLUMNS_MAX, NAME_MAX, PARAMETERS, USABLE, Wish, Wrong};

use crate::driver::{Inbox, wall};
use crate::events::Feed;
use crate::import::{self, ImportError, Options, Seen, Source};
use crate::store::import::{ImportChunk, ImportFile, ImportState};
use crate::store::{ListedImport, Store, StoreError};
pub use folder::OCTETS_MAX;
use folder::{Folder, Part};

/// Files that come in at a time.
const UPLOADS_MAX: usize = 4;
/// How soon an import is tried again that the database does not take; doubled each time.
const RETRY: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// The imports of a daemon; clones share them.
#[derive(Clone)]
pub struct Imports(Arc<Inner>);

struct Inner {
    store: Store,
    inbox: Inbox,
    events: Feed,
    folder: Folder,
    /// Those that are not over, in their order; only the first one runs.
    open: Mutex<VecDeque<Open>>,
    /// What is open, and what campaigns know of it, change together.
    changing: tokio::sync::Mutex<()>,
    changed: watch::Sender<()>,
    uploads: Semaphore,
    /// The daemon ends: what runs stops behind its chunk.
    ends: AtomicBool,
}

#[derive(Clone)]
struct Open {
    file: ImportFile,
    seen: Seen,
    cancelled: Arc<AtomicBool>,
}

impl Imports {
    /// The imports of a database; those that are not over go on when [`run`](Self::run) is called.
    pub fn open(
        store: Store,
        (inbox, events): (Inbox, Feed),
        database: Option<&std::path::Path>,
        open: Vec<ImportFile>,
    ) -> Self {
        let folder = Folder::beside(database);
        folder.tidy(&open.iter().map(|file| file.id).collect::<Vec<_>>());
        let open = open.into_iter().map(Open::new).collect();
        Self(Arc::new(Inner {
            store,
            inbox,
            events,
            folder,
            open: Mutex::new(open),
            changing: tokio::sync::Mutex::default(),
            changed: watch::Sender::new(()),
            uploads: Semaphore::new(UPLOADS_MAX),
            ends: AtomicBool::new(false),
        }))
    }

    /// Takes a file: it, and that it is to be imported, are on disk when this returns. The same file for the same list is taken once,
    /// unless that import has failed or was cancelled: then it goes on. True where the import is new, or goes on.
    ///
    /// # Errors
    /// [`NotTaken`]; nothing is left of it.
    pub async fn receive<E>(
        &self,
        dial_list: Uuid,
        wish: Wish,
        mut asked: Asked,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(View, bool), NotTaken> {
        let _turn = self.0.uploads.acquire().await.map_err(|_| StoreError::Closed)?;
        let part = self.0.folder.receive(body).await?;
        asked.octets = part.octets;
        let (path, again, choices, rules) =
            (part.path().to_owned(), wish.again || wish.dry_run, wish.choices.clone(), wish.rules);
        let looked = tokio::task::spawn_blocking(move || {
            let open = || File::open(&path).map_err(ImportError::Read);
            import::look(open()?, &choices, rules)?;
            if again {
                return Ok(Uuid::new_v4());
            }
            import::id_of(dial_list, open()?, &choices, rules).map_err(ImportError::Read)
        });
        let id = looked.await.map_err(io::Error::other)??;
        // Whoever sends it may go now: what is begun here comes to its end.
        let taken = tokio::spawn(self.clone().take(part, id, dial_list, wish.campaigns(), asked));
        taken.await.map_err(io::Error::other)?
    }

    /// Has a file that has come imported.
    async fn take(
        self,
        part: Part,
        id: Uuid,
        dial_list: Uuid,
        campaigns: Option<ListImport>,
        asked: Asked,
    ) -> Result<(View, bool), NotTaken> {
        let _changing = self.0.changing.lock().await;
        let before = self.0.store.import_file(id).await?;
        if let Some(before) = before
            .as_ref()
            .filter(|(_, file, _)| !matches!(file.state, ImportState::Failed | ImportState::Cancelled))
        {
            return Ok((self.view(before.clone()), false));
        }
        let file = ImportFile {
            id,
            dial_list,
            state: ImportState::Waiting,
            campaigns,
            wish: serde_json::to_string(&asked).map_err(io::Error::other)?,
            error: None,
            created: before.map_or_else(wall, |(_, file, _)| file.created),
            begun: None,
            ended: None,
        };
        part.keep(id)?;
        // Campaigns know of it before the first of its leads is there.
        self.lock().push_back(Open::new(file.clone()));
        if let Err(error) = self.0.store.put_import(file).await {
            self.forget(id);
            self.0.folder.remove(id);
            return Err(error.into());
        }
        self.tell(dial_list).await;
        self.0.changed.send_replace(());
        tracing::info!(import = %id, %dial_list, octets = asked.octets, by = asked.by, "a file of leads has come");
        let view = self.get(id).await?.ok_or(StoreError::NotFound)?;
        self.0.events.import(Step::Created, view.clone());
        Ok((view, true))
    }

    /// An import.
    ///
    /// # Errors
    /// What the store says.
    pub async fn get(&self, id: Uuid) -> Result<Option<View>, StoreError> {
        Ok(self.0.store.import_file(id).await?.map(|listed| self.view(listed)))
    }

    /// Imports with a seq below `before`, newest first, into one list or into all.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(
        &self,
        dial_list: Option<Uuid>,
        before: i64,
        count: usize,
    ) -> Result<Vec<View>, StoreError> {
        let listed = self.0.store.import_files(dial_list, before, count).await?;
        Ok(listed.into_iter().map(|listed| self.view(listed)).collect())
    }

    /// Ends an import; leads that are in stay in.
    ///
    /// # Errors
    /// [`NotCancelled`].
    pub async fn cancel(&self, id: Uuid) -> Result<View, NotCancelled> {
        let mut changed = self.changes();
        let changing = self.0.changing.lock().await;
        let open = self.lock().iter().find(|open| open.file.id == id).cloned();
        let Some(Open { mut file, cancelled, .. }) = open else {
            let view = self.get(id).await?.ok_or(NotCancelled::NotFound)?;
            return Err(NotCancelled::Over(view.file.state));
        };
        if file.state == ImportState::Waiting {
            file.state = ImportState::Cancelled;
            file.ended = Some(wall());
            self.0.store.put_import(file.clone()).await?;
            self.close(&file).await;
        } else {
            drop(changing);
            cancelled.store(true, Ordering::Relaxed);
            self.0.changed.send_replace(());
            while self.is_open(id) && !self.0.ends.load(Ordering::Relaxed) && changed.changed().await.is_ok()
            {
            }
        }
        self.get(id).await?.ok_or(NotCancelled::NotFound)
    }

    /// The report on the refused rows of an import; `None` where there is none (any more).
    pub fn report(&self, id: Uuid) -> Option<File> {
        File::open(self.0.folder.report(id)).ok()
    }

    /// Changes with each import that begins or ends.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Takes in what comes until `stop` is done; what runs then stops behind its chunk, and goes on after the next start.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut changed = self.changes();
        let mut stop = pin!(stop);
        loop {
            changed.mark_unchanged();
            let next = self.lock().front().map(|open| open.file.id);
            let Some(next) = next else {
                tokio::select! {
                    _ = changed.changed() => continue,
                    () = &mut stop => break,
                }
            };
            let mut work = pin!(self.carry_out(next));
            tokio::select! {
                () = &mut work => {}
                () = &mut stop => {
                    self.0.ends.store(true, Ordering::Relaxed);
                    self.0.changed.send_replace(());
                    work.await;
                    break;
                }
            }
        }
        self.0.ends.store(true, Ordering::Relaxed);
        self.0.changed.send_replace(());
        self.0.folder.end();
    }

    async fn carry_out(&self, id: Uuid) {
        let Some(open) = self.begin(id).await else { return };
        let mut file = open.file.clone();
        if !self.write(&file, &open).await {
            return;
        }
        self.told(Step::Started, id).await;
        let through = tokio::select! {
            through = self.through(&open) => through,
            never = self.tell_how_far(id) => match never {},
        };
        let Some((state, error)) = through else { return };
        file.state = state;
        file.error = error;
        file.ended = Some(wall());
        if !self.write(&file, &open).await {
            return;
        }
        let error = file.error.as_deref();
        tracing::info!(import = %file.id, dial_list = %file.dial_list, state = state.as_str(), error, "the import of a file is over");
        let _changing = self.0.changing.lock().await;
        self.close(&file).await;
    }

    /// It runs from now on, unless it was cancelled or not kept: whoever is at that is waited for.
    async fn begin(&self, id: Uuid) -> Option<Open> {
        let _changing = self.0.changing.lock().await;
        let mut open = self.lock();
        let open = open.iter_mut().find(|open| open.file.id == id)?;
        open.file.state = ImportState::Running;
        open.file.begun.get_or_insert_with(wall);
        Some(open.clone())
    }

    /// It is over, and written as that.
    async fn close(&self, file: &ImportFile) {
        self.forget(file.id);
        self.0.folder.remove(file.id);
        self.tell(file.dial_list).await;
        self.0.changed.send_replace(());
        self.told(Step::Ended, file.id).await;
    }

    /// Takes the rows in, however often the database does not take them; `None` where the daemon ends before.
    async fn through(&self, open: &Open) -> Option<(ImportState, Option<String>)> {
        let mut rest = RETRY;
        loop {
            if open.is_cancelled() {
                return Some((ImportState::Cancelled, None));
            }
            match self.import(open).await {
                Ok(true) => return Some((ImportState::Done, None)),
                Ok(false) if open.is_cancelled() => return Some((ImportState::Cancelled, None)),
                Ok(false) | Err(ImportError::Store(StoreError::Closed)) => return None,
                Err(ImportError::Store(error)) if error.trouble().is_some() => {
                    tracing::warn!(import = %open.file.id, %error, "an import waits for the database, and is tried again");
                    self.rest(rest, open).await;
                    rest = (rest * 2).min(RETRY_MAX);
                }
                Err(error) => return Some((ImportState::Failed, Some(error.to_string()))),
            }
            if self.0.ends.load(Ordering::Relaxed) {
                return None;
            }
        }
    }

    /// True where it has come to its end.
    async fn import(&self, open: &Open) -> Result<bool, ImportError> {
        let ImportFile { id, dial_list, created, .. } = open.file;
        let asked = Asked::kept(&open.file.wish);
        let wish = Wish::read(|name| asked.get(name)).map_err(|wrong| {
            ImportError::Read(io::Error::other(format!("{}: {} expected", wrong.parameter, wrong.expected)))
        })?;
        let source = File::open(self.0.folder.file(id)).map_err(ImportError::Read)?;
        let dry_run = wish.dry_run;
        let options = Options {
            dial_list,
            choices: wish.choices,
            rules: wish.rules,
            dry_run,
            report: self.0.folder.report(id),
            again: false,
            id: Some(id),
        };
        let (imports, cancelled) = (self.clone(), Arc::clone(&open.cancelled));
        let watch = move |seen: Seen| {
            imports.see(id, seen);
            !cancelled.load(Ordering::Relaxed) && !imports.0.ends.load(Ordering::Relaxed)
        };
        let summary = import::run(self.0.store.clone(), Source::File(source), options, watch).await?;
        if dry_run && summary.finished {
            let progress = self.seen(id).unwrap_or_default().progress;
            let (leads, updates) = (Vec::new(), Vec::new());
            let chunk =
                ImportChunk { import: id, dial_list, created, leads, updates, behind: None, progress };
            let (done, written) = tokio::sync::oneshot::channel();
            self.0.store.import_leads(chunk, move |result| {
                let _ = done.send(result);
            });
            written.await.map_err(|_| StoreError::Closed)??;
        }
        Ok(summary.finished)
    }

    /// Writes how an import stands, however long that takes; false where the daemon ends before.
    async fn write(&self, file: &ImportFile, open: &Open) -> bool {
        let mut rest = RETRY;
        while let Err(error) = self.0.store.put_import(file.clone()).await {
            if error == StoreError::Closed || self.0.ends.load(Ordering::Relaxed) {
                return false;
            }
            tracing::warn!(import = %file.id, %error, "how an import stands cannot be written, and is tried again");
            self.rest(rest, open).await;
            rest = (rest * 2).min(RETRY_MAX);
        }
        true
    }

    /// Waits, but not for what somebody has cancelled or when the daemon ends.
    async fn rest(&self, rest: Duration, open: &Open) {
        let mut changed = self.changes();
        let stops = async {
            while !open.is_cancelled()
                && !self.0.ends.load(Ordering::Relaxed)
                && changed.changed().await.is_ok()
            {}
        };
        tokio::select! {
            () = sleep(rest) => {}
            () = stops => {}
        }
    }

    /// Says what the open imports of a list mean for its campaigns.
    async fn tell(&self, dial_list: Uuid) {
        let import = {
            let open = self.lock();
            let of_list = open.iter().filter(|open| open.file.dial_list == dial_list);
            of_list
                .filter_map(|open| open.file.campaigns)
                .max_by_key(|campaigns| *campaigns == ListImport::Held)
        };
        self.0.inbox.list_import(dial_list, import).await;
    }

    /// How far one is that is not over.
    fn seen(&self, id: Uuid) -> Option<Seen> {
        self.lock().iter().find(|open| open.file.id == id).map(|open| open.seen)
    }

    fn see(&self, id: Uuid, seen: Seen) {
        if let Some(open) = self.lock().iter_mut().find(|open| open.file.id == id) {
            open.seen = seen;
        }
    }

    fn view(&self, (seq, file, progress): ListedImport) -> View {
        let asked = Asked::kept(&file.wish);
        let seen = self.seen(file.id);
        let octets_read = match (file.state, seen) {
            (ImportState::Done, _) => asked.octets,
            (_, Some(seen)) => seen.octets,
            (_, None) => 0,
        };
        let progress = match (file.campaigns, seen) {
            // Nothing of it is written before its end.
            (None, Some(seen)) => seen.progress,
            _ => progress,
        };
        View { seq, file, asked, progress, octets_read }
    }

    fn is_open(&self, id: Uuid) -> bool {
        self.lock().iter().any(|open| open.file.id == id)
    }

    fn forget(&self, id: Uuid) {
        self.lock().retain(|open| open.file.id != id);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn new(file: ImportFile) -> Self {
        Self { file, seen: Seen::default(), cancelled: Arc::default() }
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
