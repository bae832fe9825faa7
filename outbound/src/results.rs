//! Ended dialings as JSON lines: what a line holds, and the file that gets each result exactly once.
//!
//! The database is the truth. The file follows it, and finds out after a crash how far it had come.

mod lines;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::dialing::{DialRoute, Ended, Outcome};
use engine::model::{Campaign, Destination, DialList, Lead, Plan};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::faults;
use crate::format::Nanos;
use crate::store::{Store, StoreError};
use lines::Lines;

/// Where the store keeps the seq up to which results are surely in the file.
const MARK: &str = "results_exported";
/// Results written at a time.
const PAGE: usize = 512;
/// Results in the file beyond the mark; after a crash so many are compared with its end.
const UNMARKED_MAX: usize = 2 * PAGE;
/// A file at rest is marked after this.
const MARK_AFTER: Duration = Duration::from_secs(1);
/// Results gather for so long before they are written together: a write costs as much for one as for hundreds.
const GATHER: Duration = Duration::from_millis(10);
/// The waits between two tries double from this ...
const RETRY_MIN: Duration = Duration::from_millis(100);
/// ... to this.
const RETRY_MAX: Duration = Duration::from_secs(1);

/// Room for a line without rows.
const LINE_OCTETS: usize = 1_280;

/// One line, with the contract's keys in its order.
#[derive(Serialize)]
struct Line<'a> {
    dialing_uuid: Uuid,
    camp_uuid: Uuid,
    plan_uuid: Uuid,
    dlma_uuid: Uuid,
    dest_uuid: Option<Uuid>,
    dl_list_uuid: Uuid,
    dial_channel: &'a str,
    dial_addr: &'a str,
    dial_index: u8,
    dial_trycnt: u32,
    dial_timeout: u32,
    dial_type: u8,
    dial_exten: Option<&'a str>,
    dial_context: Option<&'a str>,
    dial_application: Option<&'a str>,
    dial_data: Option<&'a str>,
    channel_name: Option<&'a str>,
    res_dial: u16,
    res_hangup: u16,
    res_hangup_detail: Option<&'a str>,
    res_amd: Option<&'a str>,
    res_amd_detail: Option<&'a str>,
    #[serde(serialize_with = "as_text")]
    tm_dialing: Nanos,
    #[serde(serialize_with = "as_text_or_null")]
    tm_dial_begin: Option<Nanos>,
    #[serde(serialize_with = "as_text_or_null")]
    tm_dial_end: Option<Nanos>,
    #[serde(serialize_with = "as_text_or_null")]
    tm_hangup: Option<Nanos>,
    variables: BTreeMap<&'a str, &'a str>,
    // The rows as they were, where results are to hold them. Not flattened: that takes every field a detour.
    #[serde(skip_serializing_if = "Option::is_none")]
    camp: Option<&'a Campaign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a Plan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dlma: Option<&'a DialList>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dest: Option<Option<&'a Destination>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dl_list: Option<&'a Lead>,
    outcome: Outcome,
}

/// The result record of an ended dialing: one JSON object without line ends. Of variables with one name, the last
/// counts, as on the channel.
pub fn result_json(ended: &Ended) -> String {
    let (setup, progress) = (&ended.dialing.setup, &ended.dialing.progress);
    let rows = ended.snapshot.as_deref();
    let (dial_type, place, application) = match &setup.route {
        DialRoute::Exten { exten, context, .. } => (0, Some((exten, context)), None),
        DialRoute::Application { application, data } => (1, None, Some((application, data))),
    };
    let line = Line {
        dialing_uuid: setup.uuid,
        camp_uuid: setup.campaign,
        plan_uuid: setup.plan,
        dlma_uuid: setup.dial_list,
        dest_uuid: setup.destination,
        dl_list_uuid: setup.lead,
        dial_channel: &setup.channel,
        dial_addr: &setup.address,
        dial_index: setup.index,
        dial_trycnt: setup.try_count,
        dial_timeout: setup.timeout_ms,
        dial_type,
        dial_exten: place.map(|(exten, _)| exten.as_str()),
        dial_context: place.map(|(_, context)| context.as_str()),
        dial_application: application.map(|(application, _)| application.as_str()),
        dial_data: application.and_then(|(_, data)| data.as_deref()),
        channel_name: progress.channel_name.as_deref(),
        res_dial: progress.res_dial,
        res_hangup: progress.res_hangup,
        res_hangup_detail: progress.res_hangup_detail.as_deref(),
        res_amd: progress.res_amd.as_deref(),
        res_amd_detail: progress.res_amd_detail.as_deref(),
        tm_dialing: Nanos(setup.created),
        tm_dial_begin: progress.dial_begin.map(Nanos),
        tm_dial_end: progress.dial_end.map(Nanos),
        tm_hangup: progress.hangup.map(Nanos),
        variables: setup.variables.iter().map(|v| (v.name.as_str(), v.value.as_str())).collect(),
        camp: rows.map(|rows| &*rows.camp),
        plan: rows.map(|rows| &*rows.plan),
        dlma: rows.map(|rows| &*rows.dlma),
        dest: rows.map(|rows| rows.dest.as_deref()),
        dl_list: rows.map(|rows| &rows.dl_list),
        outcome: ended.outcome,
    };
    let mut json = Vec::with_capacity(LINE_OCTETS);
    // Strings and numbers under text keys: this cannot fail.
    match serde_json::to_writer(&mut json, &line) {
        Ok(()) => String::from_utf8(json).unwrap_or_default(),
        Err(_) => String::new(),
    }
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn as_text_or_null<S: Serializer>(value: &Option<Nanos>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// Why results cannot be written to their file.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The file.
    #[error("cannot write results to {}: {source}; see that its directory exists, may be written to and has space", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The store, where results come from.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A file of JSON lines that follows the store. It may be renamed or removed at any time: then it is made anew.
#[derive(Debug)]
pub struct ResultsFile {
    store: Store,
    path: PathBuf,
    lines: Arc<Mutex<Lines>>,
    /// How far the file has come.
    at: Point,
    /// How far the disk surely has it.
    synced: Point,
    /// The last result in the file, for those who watch.
    exported: Arc<AtomicI64>,
}

/// A place in the order of results.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// The last result in the file.
    seq: i64,
    /// Results in the file behind the mark.
    unmarked: usize,
}

impl ResultsFile {
    /// Opens the file, or makes it; drops a line that a crash cut off, and finds out which results it has.
    ///
    /// # Errors
    /// [`ResultsError`] where file or store cannot be read or written.
    pub async fn open(store: Store, path: &Path) -> Result<Self, ResultsError> {
        let lines =
            Lines::open(path).map_err(|source| ResultsError::File { path: path.to_owned(), source })?;
        let marked = store.meta(MARK).await?.and_then(|seq| seq.parse().ok()).unwrap_or(0);
        let behind = store.results_after(marked, UNMARKED_MAX).await?;
        let (lines, path) = (Arc::new(Mutex::new(lines)), path.to_owned());
        let at = Point { seq: marked, unmarked: 0 };
        let exported = Arc::new(AtomicI64::new(marked));
        let mut file = Self { store, path, lines, at, synced: at, exported };
        let found = file.on_lines(move |lines| lines.last_of(&behind)).await?;
        if let Some((seq, unmarked)) = found {
            file.at = Point { seq, unmarked };
            file.synced = file.at;
        }
        file.exported.store(file.at.seq, Ordering::Relaxed);
        Ok(file)
    }

    /// The seq of the last result that was written to the file.
    pub fn exported(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.exported)
    }

    /// Writes results as they are committed, until `stop` is done: then the rest first, where the store still works.
    /// A file that cannot be written to is tried again; nothing is lost or written twice.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let mut committed = self.store.last_result();
        let mut stop = std::pin::pin!(stop);
        let mut failing: Option<Duration> = None;
        let mut told = false;
        loop {
            committed.borrow_and_update();
            if faults::ends("results file") {
                return;
            }
            match self.export().await {
                Ok(()) => {
                    failing = None;
                    if std::mem::take(&mut told) {
                        let file = self.path.display();
                        tracing::info!(%file, "results are written to their file again");
                    }
                }
                Err(ResultsError::Store(StoreError::Closed)) => return,
                Err(error) => {
                    failing = Some(failing.map_or(RETRY_MIN, |wait| (wait * 2).min(RETRY_MAX)));
                    // What keeps the store from working is told by itself.
                    if matches!(error, ResultsError::File { .. }) && !std::mem::replace(&mut told, true) {
                        tracing::error!(%error, "results wait in the store");
                    }
                }
            }
            let rest = failing.unwrap_or(MARK_AFTER);
            tokio::select! {
                () = &mut stop => break,
                changed = committed.changed(), if failing.is_none() => {
                    if changed.is_err() {
                        // Nothing comes any more. Whose end that is, the store says: ours would hide it.
                        return stop.await;
                    }
                    tokio::select! {
                        () = &mut stop => break,
                        () = tokio::time::sleep(GATHER) => {}
                    }
                }
                () = tokio::time::sleep(rest), if failing.is_some() || self.at.unmarked > 0 => {
                    // What goes wrong here goes wrong in `export` too, and is told there.
                    let _ = self.mark().await;
                }
            }
        }
        let finished = match self.export().await {
            Ok(()) => self.mark().await,
            Err(error) => Err(error),
        };
        if let Err(error) = finished {
            tracing::error!(%error, "the last results are in the store only; the next start writes them");
        }
    }

    /// Writes everything that is committed and not in the file yet.
    ///
    /// # Errors
    /// [`ResultsError`] where file or store cannot be read or written; the next time goes on from there.
    pub async fn export(&mut self) -> Result<(), ResultsError> {
        loop {
            let page = self.store.results_after(self.at.seq, PAGE).await?;
            let Some(&(last, _)) = page.last() else {
                return Ok(());
            };
            let count = page.len();
            let replaced = self.on_lines(|lines| lines.is_replaced()).await?;
            // Nobody finds a replaced file after a crash: what is in it must be marked first. And nobody compares more
            // than UNMARKED_MAX, so without the mark nothing more is written.
            if replaced || self.at.unmarked + count > UNMARKED_MAX {
                self.mark().await?;
            }
            if replaced {
                self.on_lines(Lines::reopen).await?;
                self.synced = self.at;
            }
            self.on_lines(move |lines| lines.append(&page)).await?;
            self.at = Point { seq: last, unmarked: self.at.unmarked + count };
            self.exported.store(last, Ordering::Relaxed);
        }
    }

    /// Makes the store remember how far the file has come, once the disk has it.
    async fn mark(&mut self) -> Result<(), ResultsError> {
        if self.at.unmarked > 0 {
            if let Err(error) = self.on_lines(Lines::sync).await {
                // What the disk did not take is cut off and written again.
                self.at = self.synced;
                return Err(error);
            }
            self.synced = self.at;
            self.store.set_meta(MARK, self.at.seq.to_string()).await?;
            (self.at.unmarked, self.synced.unmarked) = (0, 0);
        }
        Ok(())
    }

    async fn on_lines<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Lines) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, ResultsError> {
        let lines = Arc::clone(&self.lines);
        let done = tokio::task::spawn_blocking(move || {
            let _ = faults::ends("blocking");
            work(&mut lines.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let result = done.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        result.map_err(|source| ResultsError::File { path: self.path.clone(), source })
    }
}
