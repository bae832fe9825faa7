//! The rows on disk. Everything that is written passes one thread, in transactions that many requests share, and is
//! answered when it is committed; reads have a thread of their own.
//!
//! Leads are only here: a campaign claims a few at a time. Which of them is next is an index lookup, so a claim costs
//! the same in a list of any length. No code outside of this module knows SQL.

pub mod access;
mod arrivals;
pub mod backup;
mod error;
pub mod import;
pub mod known;
mod leads;
mod sqlite;
mod trouble;
pub mod webhooks;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use engine::abandon::Tally;
use engine::dialing::{ClaimRequest, Claimed, OpenClaim, Record};
use engine::model::{Campaign, Change, Destination, DialList, NUMBERS, Plan, Queue};
use engine::store_id::StoreId;
use rusqlite::OptionalExtension;
use tokio::sync::{Semaphore, oneshot, watch};
use uuid::Uuid;

pub use arrivals::Arrivals;
pub use error::{Holder, StoreError};
pub use sqlite::counts::LeadCounts;
pub use sqlite::fill::fill;
pub use sqlite::import_file::Listed as ListedImport;
pub use sqlite::lead_search::{LeadPage, LeadSearch};
pub use sqlite::results::{ResultPage, ResultSearch};
pub use trouble::{Cause, Trouble};

use crate::metrics::StoreMeter;
use crate::spans;
use access::{AccessChange, AccessRows, AuditRow};
use arrivals::Followers;
use import::ImportFile;
use sqlite::files::Files;
use sqlite::health::{Access, Health, Watch};
use sqlite::identity::Identity;
use sqlite::job::{Done, Job, Kept};
use sqlite::lock::Lock;
use sqlite::reader::Reader;
use sqlite::writer::{State, Writer};
use sqlite::{Location, abandon, catalog, claim, import_file, schema};

/// Changes and claims that may wait for the writer; more are refused. Records are never refused: there is at most
/// one for each open claim, and claims stop when nothing can be written.
const WAITING_MAX: usize = 65_536;
/// Requests about leads that are with the writer at a time; more wait with those who ask.
const LEAD_REQUESTS_MAX: usize = 1_024;

/// What the page cache of the connection that writes usually is, in MiB.
pub const CACHE_MIB: u16 = 64;

/// When a commit counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// When the disk has it: nothing is lost when the power fails.
    #[default]
    Full,
    /// When the system has it: a power failure may take the last seconds, a crash of the daemon nothing.
    Normal,
}

/// Which database, and how careful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOptions {
    /// `sqlite:PATH`; `sqlite::memory:` for tests.
    pub url: String,
    /// When a commit counts as written.
    pub synchronous: Synchronous,
    /// MiB of memory in which the connection that writes keeps pages of the database, usually [`CACHE_MIB`]; the one that reads
    /// keeps as many, at most 4.
    pub cache_mib: u16,
}

impl StoreOptions {
    /// The database's file; `None` where it is in memory, or the url names none.
    pub fn file(&self) -> Option<PathBuf> {
        match Location::parse(&self.url) {
            Ok(Location::File(path)) => Some(path),
            Ok(Location::Memory(_)) | Err(_) => None,
        }
    }
}

/// What was in the store when it was opened: rows that are not deleted, and every claim without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Plans.
    pub plans: Vec<Plan>,
    /// Dial lists.
    pub dial_lists: Vec<DialList>,
    /// Destinations.
    pub destinations: Vec<Destination>,
    /// Queues that clients have noted down.
    pub queues: Vec<Queue>,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
    /// Answered and abandoned calls by day.
    pub tallies: Vec<Tally>,
    /// Imports of files that are not over, in their order.
    pub imports: Vec<ImportFile>,
    /// Claims whose dialings may still be up.
    pub open_claims: Vec<OpenClaim>,
    /// The number in the uuids of its dialings.
    pub store_id: StoreId,
    /// The highest serial that a claim may have.
    pub last_serial: u64,
}

/// The open store; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    waiting: Arc<AtomicUsize>,
    turns: Arc<AtomicU64>,
    wal: Option<Arc<Path>>,
    lead_requests: Arc<Semaphore>,
    reader: Reader,
    results: watch::Receiver<i64>,
    /// Closed when the writing thread has ended.
    writes: watch::Receiver<()>,
    on_leads: OnLeads,
    followers: Followers,
    around_answers: AroundAnswers,
    health: Arc<Health>,
    meter: Arc<StoreMeter>,
}

impl Store {
    /// Opens a database, or makes it; brings an older one up to date.
    ///
    /// # Errors
    /// [`StoreError`] with what is in the way: another daemon, a newer version, a path that cannot be written to.
    pub fn open(options: &StoreOptions) -> Result<(Self, Loaded), StoreError> {
        let location = Location::parse(&options.url)?;
        let lock = match &location {
            Location::File(path) => Some(Lock::take(path)?),
            Location::Memory(_) => None,
        };
        Self::open_locked(&location, options, lock).map_err(|error| location.unopenable(error))
    }

    fn open_locked(
        location: &Location,
        options: &StoreOptions,
        lock: Option<Lock>,
    ) -> Result<(Self, Loaded), StoreError> {
        let mut connection = location.open_writer(options)?;
        schema::migrate(&mut connection)?;
        let identity = Identity::load(&connection)?;
        let loaded = load(&connection, &identity)?;
        let last: Option<i64> = connection.query_row("SELECT max(seq) FROM result", [], |row| row.get(0))?;
        let files = lock.map(|lock| Ok((Files::of(location.path())?, lock))).transpose();
        let files = files.map_err(|error: std::io::Error| StoreError::Unwritable(Trouble::of_io(&error)))?;
        let health = Health::new(location.path().display().to_string());
        let (results_sender, results) = watch::channel(last.unwrap_or(0));
        let (lives, writes) = watch::channel(());
        let no_thread = |error: std::io::Error| StoreError::Database(error.to_string().into());
        let reader =
            Reader::start(location.open_reader(options)?, Watch::new(Arc::clone(&health), Access::Read));
        let reader = reader.map_err(no_thread)?;
        let (jobs, received) = mpsc::channel();
        let (waiting, turns) = (Arc::<AtomicUsize>::default(), Arc::<AtomicU64>::default());
        let (on_leads, around_answers) = (OnLeads::default(), AroundAnswers::default());
        let followers = Followers::default();
        let meter = Arc::<StoreMeter>::default();
        let writer = Writer {
            connection,
            files,
            watch: Watch::new(Arc::clone(&health), Access::Write),
            jobs: received,
            waiting: Arc::clone(&waiting),
            turns: Arc::clone(&turns),
            results: results_sender,
            _lives: lives,
            on_leads: on_leads.clone(),
            followers: followers.clone(),
            around_answers: around_answers.clone(),
            meter: Arc::clone(&meter),
            identity,
            state: State::default(),
        };
        let thread = std::thread::Builder::new().name("store-writer".to_owned());
        thread.spawn(move || writer.run()).map_err(no_thread)?;
        let lead_requests = Arc::new(Semaphore::new(LEAD_REQUESTS_MAX));
        let wal = location.wal().map(Arc::from);
        Ok((
            Self {
                jobs,
                waiting,
                turns,
                wal,
                lead_requests,
                reader,
                results,
                writes,
                on_leads,
                followers,
                around_answers,
                health,
                meter,
            },
            loaded,
        ))
    }

    /// Writes a row of the catalog.
    pub fn apply(&self, change: Change, done: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        self.request(Job::Apply(change, Box::new(done)));
    }

    /// Claims leads for a campaign. They are committed as claimed when `done` is called.
    pub fn claim(
        &self,
        request: ClaimRequest,
        done: impl FnOnce(Result<Claimed, StoreError>) + Send + 'static,
    ) {
        self.request(Job::Claim(request, Box::new(done)));
    }

    /// Writes that a reserved lead is being dialed. It is committed when `done` is called; it is not kept for later where it
    /// cannot be written.
    pub fn accept(&self, dialing: Uuid, done: impl FnOnce(Result<(), StoreError>) + Send + 'static) {
        self.request(Job::Accept(dialing, Box::new(done)));
    }

    /// Writes a record, however long that may take; `done` is called when it is committed. While the database cannot
    /// be written to, records are kept and tried again in their order.
    pub fn record(&self, record: Record, done: impl FnOnce() + Send + 'static) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let job = Job::Record(Kept::new(record, Box::new(done)));
        if let Err(mpsc::SendError(Job::Record(kept))) = self.jobs.send(job) {
            let _said_in = spans::of_record(&kept.record).entered();
            tracing::error!(record = %kept, "a record came when the store was closed: it is lost");
        }
    }

    /// Says under which limits a list is worked with from now on. Leads that were put aside under narrower ones come
    /// back; with the limits of the last time, nothing is touched. Answered when all are back.
    pub fn set_limits(
        &self,
        dial_list: Uuid,
        widest_tries: [u32; NUMBERS],
        done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) {
        self.request(Job::SetLimits { dial_list, widest_tries, done: Box::new(done) });
    }

    /// Has `call` called with a dial list whose leads were made, changed or brought back, on the writer's thread,
    /// after the commit. It takes the place of an earlier one.
    pub fn set_on_lead_change(&self, call: impl Fn(Uuid) + Send + 'static) {
        *self.on_leads.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(call));
    }

    /// Has `call` called with true before the writer's thread answers what one transaction has done, and with false behind it: so
    /// whoever is answered need not be woken for each answer. It takes the place of an earlier one.
    pub fn set_around_answers(&self, call: impl Fn(bool) + Send + 'static) {
        *self.around_answers.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(call));
    }

    /// A page of results, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn search_results(&self, search: ResultSearch) -> Result<ResultPage, StoreError> {
        self.reader.read(move |connection| sqlite::results::search(connection, &search)).await
    }

    /// Results behind a seq, oldest first, with their seq.
    ///
    /// # Errors
    /// What the database says.
    pub async fn results_after(&self, seq: i64, count: usize) -> Result<Vec<(i64, String)>, StoreError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let read = move |connection: &rusqlite::Connection| {
            let mut statement = connection
                .prepare_cached("SELECT seq, json FROM result WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
            statement.query_map([seq, count], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        self.reader.read(read).await
    }

    /// Those who may come in over HTTP.
    ///
    /// # Errors
    /// What the database says.
    pub async fn access(&self) -> Result<AccessRows, StoreError> {
        self.reader.read(sqlite::access::load).await
    }

    /// Changes who may come in, or adds to the audit log: all of it or, where it cannot be written, nothing.
    ///
    /// # Errors
    /// What the database says.
    pub async fn change_access(&self, changes: Vec<AccessChange>) -> Result<(), StoreError> {
        self.ask(|done| Job::Access(changes, done)).await
    }

    /// The same for what may be lost: nobody waits for it.
    pub fn note_access(&self, change: AccessChange) {
        let told = |written: Result<(), StoreError>| {
            if let Err(error) = written {
                tracing::debug!(%error, "the use of a token or session was not noted");
            }
        };
        self.request(Job::Access(vec![change], Box::new(told)));
    }

    /// Entries of the audit log with ids below `before`, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn audit(&self, before: i64, count: usize) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.reader.read(move |connection| sqlite::access::audit(connection, before, count)).await
    }

    /// What keeps the store from claiming leads, and so calls from being placed.
    pub fn trouble(&self) -> Option<Trouble> {
        self.health.trouble()
    }

    /// The seq of the last committed result; changes with each commit that has one.
    pub fn last_result(&self) -> watch::Receiver<i64> {
        self.results.clone()
    }

    /// Finishes what waits, and ends the threads. Other clones get [`StoreError::Closed`] from then on.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where records could not be written and are lost.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.close().await;
        self.ask(Job::Close).await
    }

    /// The thread that has ended, when one has: by [`close`](Self::close), or because it died.
    pub async fn ended(&self) -> &'static str {
        let mut writes = self.writes.clone();
        let writer = async { while writes.changed().await.is_ok() {} };
        tokio::select! {
            () = writer => "store-writer",
            () = self.reader.ended() => "store-reader",
        }
    }

    /// Asks the writer for an answer that writes nothing; it comes in its turn.
    pub fn probe(&self) -> oneshot::Receiver<()> {
        let (answer, answered) = oneshot::channel();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let done = move |result: Result<(), StoreError>| {
            let _ = result.map(|()| answer.send(()));
        };
        // The error gives the job back, and with it `answered` is closed.
        let _ = self.jobs.send(Job::Probe(Box::new(done)));
        answered
    }

    /// A number that grows with each thing that the writer has done.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// Sizes and times of its transactions.
    pub fn meter(&self) -> &StoreMeter {
        &self.meter
    }

    /// What is on its way to the writer.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Octets of the write-ahead log; 0 where there is none.
    pub fn wal_octets(&self) -> u64 {
        let wal = self.wal.as_ref().and_then(|path| std::fs::metadata(path).ok());
        wal.map_or(0, |metadata| metadata.len())
    }

    pub(crate) async fn meta(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        let read = move |connection: &rusqlite::Connection| {
            let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
            statement.query_row([key], |row| row.get(0)).optional()
        };
        self.reader.read(read).await
    }

    pub(crate) async fn set_meta(&self, key: &'static str, value: String) -> Result<(), StoreError> {
        self.ask(|done| Job::SetMeta(key, value, done)).await
    }

    fn request(&self, job: Job) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            let _ = job.refuse(StoreError::Busy);
        } else if let Err(mpsc::SendError(job)) = self.jobs.send(job) {
            let _ = job.refuse(StoreError::Closed);
        }
    }

    async fn ask<T: Send + 'static>(&self, job: impl FnOnce(Done<T>) -> Job) -> Result<T, StoreError> {
        let _permit = self.lead_requests.acquire().await.map_err(|_| StoreError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let job = job(Box::new(move |result| {
            let _ = answer.send(result);
        }));
        self.request(job);
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

fn load(connection: &rusqlite::Connection, identity: &Identity) -> Result<Loaded, StoreError> {
    Ok(Loaded {
        plans: catalog::load(connection)?,
        dial_lists: catalog::load(connection)?,
        destinations: catalog::load(connection)?,
        queues: catalog::load(connection)?,
        campaigns: catalog::load(connection)?,
        tallies: abandon::load(connection)?,
        imports: import_file::open(connection)?,
        open_claims: claim::load_open(connection)?,
        store_id: identity.store,
        last_serial: identity.last_serial.cast_unsigned(),
    })
}

/// Whom the writer's thread calls, once there is somebody.
struct Hook<T>(Arc<Mutex<Option<HookCall<T>>>>);

type HookCall<T> = Box<dyn Fn(T) + Send>;

/// Called with a list of which leads have changed.
type OnLeads = Hook<Uuid>;
/// Called with true before answers, and with false behind them.
type AroundAnswers = Hook<bool>;

impl<T> Hook<T> {
    fn call(&self, value: T) {
        if let Some(call) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            call(value);
        }
    }
}

impl<T> Clone for Hook<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Hook<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> fmt::Debug for Hook<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}
