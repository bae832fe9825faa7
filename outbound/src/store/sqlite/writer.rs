//! The thread that writes. What gathers while one transaction is committed is the next one: group commit by itself.
//!
//! Nothing is answered before its transaction is committed. When a transaction fails, its jobs are told so, but
//! records are kept and tried again, in order, until they are written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use engine::dialing::Record;
use engine::model::{Lead, NUMBERS};
use engine::time::Wall;
use rusqlite::Connection;
use tokio::sync::watch;
use uuid::Uuid;

use super::access;
use super::catalog;
use super::claim::{self, Cursors};
use super::files::Files;
use super::health::Watch;
use super::identity::Identity;
use super::job::{Done, Job, Kept};
use super::list::{self, NewLimits, Walk, WidestTries};
use super::lock::Lock;
use super::precedence::OthersAtOnce;
use super::record::{self, Effect};
use super::webhooks;
use super::{import, import_file};
use crate::faults;
use crate::metrics::StoreMeter;
use crate::spans;
use crate::store::arrivals::Followers;
use crate::store::trouble::{Cause, Trouble};
use crate::store::{AroundAnswers, OnLeads, StoreError};

/// Jobs in one transaction.
pub(super) const BATCH_MAX: usize = 512;

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// Everything that the writing thread owns.
pub(in crate::store) struct Writer {
    pub(in crate::store) connection: Connection,
    /// Where it is one in files: these, and that they are ours.
    pub(in crate::store) files: Option<(Files, Lock)>,
    pub(in crate::store) watch: Watch,
    pub(in crate::store) jobs: Receiver<Job>,
    /// Jobs on their way here.
    pub(in crate::store) waiting: Arc<AtomicUsize>,
    /// Grows with each job that is done.
    pub(in crate::store) turns: Arc<AtomicU64>,
    /// The seq of the last committed result.
    pub(in crate::store) results: watch::Sender<i64>,
    /// Dropped when this thread ends. Nothing is ever sent.
    pub(in crate::store) _lives: watch::Sender<()>,
    pub(in crate::store) on_leads: OnLeads,
    pub(in crate::store) followers: Followers,
    pub(in crate::store) around_answers: AroundAnswers,
    pub(in crate::store) meter: Arc<StoreMeter>,
    pub(in crate::store) identity: Identity,
    pub(in crate::store) state: State,
}

/// What the writer remembers between transactions.
#[derive(Default)]
pub(in crate::store) struct State {
    pub(super) cursors: Cursors,
    pub(super) widest: WidestTries,
    revivals: VecDeque<(Walk, Uuid, Done<()>)>,
    pub(super) kept: VecDeque<Kept>,
    /// What waits while claims go before it, in order.
    pub(super) others: VecDeque<Job>,
    pub(super) others_at_once: OthersAtOnce,
    /// How long the last commit took.
    pub(super) commit_took: Duration,
    /// A chunk of an import that has let others go first.
    held: Option<Job>,
    /// Limits of lists that could not be set, for later: nobody asks for them again. The newest of a list count.
    pub(super) limits: BTreeMap<Uuid, ([u32; NUMBERS], Done<()>)>,
    /// Set from a transaction that failed to the next one that is committed.
    pub(super) failing: Option<Trouble>,
    /// Claims that were answered with an error, though their commit may have come through.
    pub(super) doubtful: Vec<Uuid>,
    pub(super) backoff: Duration,
    pub(super) retry_at: Option<Instant>,
}

/// What waits for the commit of a transaction.
#[derive(Default)]
pub(super) struct Batch {
    answers: Vec<Answer>,
    records: Vec<Kept>,
    /// Dialings of the leads that are claimed.
    claimed: Vec<Uuid>,
    /// Lists that imports have added to.
    lists: BTreeSet<Uuid>,
    /// Leads that users made or changed.
    arrived: Vec<Lead>,
    /// Leads that they deleted or moved to another list, with the list that these were on.
    gone: Vec<(Uuid, Uuid)>,
    last_result: Option<i64>,
    revived: Option<Result<Option<Walk>, StoreError>>,
}

impl Batch {
    /// Answers when the transaction is committed. What would spoil every other request too spoils the transaction: half of
    /// what was asked for may be in it.
    fn answer<T: Send + 'static>(
        &mut self,
        done: Done<T>,
        result: Result<T, StoreError>,
    ) -> Result<(), Trouble> {
        let trouble = result.as_ref().err().and_then(StoreError::trouble).cloned();
        self.answers.push(Box::new(move |committed| done(committed.and(result))));
        trouble.map_or(Ok(()), Err)
    }

    /// Changes a lead for a user, and notes what that means for its list.
    fn update_lead(
        &mut self,
        connection: &Connection,
        uuid: Uuid,
        change: impl FnOnce(&mut Lead),
    ) -> Result<Lead, StoreError> {
        let mut from = None;
        let lead = list::update(connection, uuid, |lead| {
            from = Some(lead.dial_list);
            change(lead);
        })?;
        self.gone.extend(from.filter(|from| lead.dial_list != *from).map(|from| (from, uuid)));
        self.arrived.push(lead.clone());
        Ok(lead)
    }

    fn delete_lead(
        &mut self,
        connection: &Connection,
        (uuid, at): (Uuid, Wall),
        done: Done<()>,
    ) -> Result<(), Trouble> {
        let deleted = list::delete(connection, uuid, at);
        self.gone.extend(deleted.as_ref().map(|list| (*list, uuid)));
        self.answer(done, deleted.map(drop))
    }

    /// Records alone, already written.
    pub(super) fn of_records(records: Vec<Kept>, last_result: Option<i64>) -> Self {
        Self { records, last_result, ..Self::default() }
    }
}

enum Gathered {
    Jobs(Vec<Job>),
    Close(Vec<Job>, Done<()>),
    Nobody,
}

impl Writer {
    /// Works until the store is closed, or nobody can reach it and nothing is kept.
    pub(in crate::store) fn run(mut self) {
        loop {
            let gathered = self.gather();
            if faults::ends("store-writer") {
                return;
            }
            match gathered {
                Gathered::Jobs(jobs) => {
                    self.work(jobs);
                    self.try_again_if_due();
                }
                Gathered::Close(jobs, done) => {
                    self.work_all(jobs);
                    return self.close(done);
                }
                Gathered::Nobody if self.state.kept.is_empty() => return,
                Gathered::Nobody => {
                    std::thread::sleep(self.retry_wait());
                    self.try_again_if_due();
                }
            }
        }
    }

    fn gather(&mut self) -> Gathered {
        let reviving = self.revives() && self.state.failing.is_none();
        let others_wait = !self.state.others.is_empty();
        let first = if self.state.held.is_some() {
            if others_wait { None } else { self.state.held.take() }
        } else if reviving || others_wait {
            self.jobs.try_recv().ok()
        } else if self.state.kept.is_empty() && !self.watch.is_unsettled() {
            match self.jobs.recv() {
                Ok(job) => Some(job),
                Err(_) => return Gathered::Nobody,
            }
        } else {
            match self.jobs.recv_timeout(self.retry_wait()) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Gathered::Nobody,
            }
        };
        let mut jobs = Vec::new();
        let mut next = first;
        while let Some(job) = next {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            match job {
                Job::Close(done) => return Gathered::Close(jobs, done),
                Job::Probe(done) => done(Ok(())),
                // In a transaction of its own: claims do not wait for its rows, and it waits for them once only.
                chunk @ Job::ImportLeads(..) if jobs.is_empty() && !others_wait => {
                    return Gathered::Jobs(vec![chunk]);
                }
                chunk @ Job::ImportLeads(..) => {
                    self.waiting.fetch_add(1, Ordering::Relaxed);
                    self.state.held = Some(chunk);
                    return Gathered::Jobs(jobs);
                }
                job => jobs.push(job),
            }
            next = if jobs.len() + self.state.others.len() < BATCH_MAX {
                self.jobs.try_recv().ok()
            } else {
                None
            };
        }
        Gathered::Jobs(jobs)
    }

    /// Whether leads are being brought back that were put aside.
    pub(super) fn revives(&self) -> bool {
        !self.state.revivals.is_empty()
    }

    pub(super) fn transact(&mut self, jobs: Vec<Job>) {
        let mut batch = Batch::default();
        let size = jobs.len();
        let mut jobs = jobs.into_iter();
        let mut written = self.begin();
        while written.is_ok()
            && let Some(job) = jobs.next()
        {
            written = self.perform(job, &mut batch);
        }
        if written.is_ok() {
            batch.revived = self.revive();
        }
        match written.and_then(|()| self.commit(&batch.claimed)) {
            Ok(()) => {
                self.meter.batch.observe_size(size);
                self.committed(batch);
            }
            Err(trouble) => {
                self.failed(&trouble);
                let error = StoreError::Unwritable(trouble);
                self.state.kept.extend(batch.records);
                jobs.for_each(|job| self.refuse(job, &error));
                batch.answers.into_iter().for_each(|answer| answer(Err(error.clone())));
            }
        }
    }

    /// Answers a job that cannot be done now, or keeps it.
    pub(super) fn refuse(&mut self, job: Job, error: &StoreError) {
        let Job::SetLimits { dial_list, widest_tries, done } = job else {
            return self.state.kept.extend(job.refuse(error.clone()));
        };
        if let Some((_, older)) = self.state.limits.insert(dial_list, (widest_tries, done)) {
            older(Ok(()));
        }
    }

    /// Begins a transaction; what is in doubt from an earlier one is set right first.
    pub(super) fn begin(&mut self) -> Result<(), Trouble> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(self.release_doubtful()?)
    }

    /// Commits, if the files are still where the next start looks for them.
    pub(super) fn commit(&mut self, claimed: &[Uuid]) -> Result<(), Trouble> {
        if let Some((files, lock)) = &mut self.files {
            files.check()?;
            lock.hold()?;
        }
        let begun = Instant::now();
        let commit = self.connection.prepare_cached("COMMIT");
        let committed = commit.and_then(|mut commit| commit.execute([]));
        self.state.commit_took = begun.elapsed();
        if committed.is_ok() {
            self.meter.commit.observe(self.state.commit_took);
            self.state.doubtful.clear();
        } else {
            self.state.doubtful.extend(claimed);
        }
        committed?;
        Ok(())
    }

    /// Does one job. An error means that the transaction is lost; what only this job did wrong is in its answer.
    fn perform(&mut self, job: Job, batch: &mut Batch) -> Result<(), Trouble> {
        self.turns.fetch_add(1, Ordering::Relaxed);
        let connection = &self.connection;
        match job {
            Job::Record(kept) => {
                let effect = record::write(connection, &mut self.state.widest, &kept.record);
                batch.records.push(kept);
                note(&mut self.state.cursors, &mut batch.last_result, effect?);
            }
            Job::Claim(request, done) => {
                if let Some(damage) = self.watch.health().damage() {
                    done(Err(StoreError::Unwritable(damage.clone())));
                    return Ok(());
                }
                let claimed = claim::claim(connection, &mut self.state.cursors, &mut self.identity, &request);
                let leads = claimed.iter().flat_map(|claimed| &claimed.claims);
                batch.claimed.extend(leads.map(|claim| claim.dialing));
                batch.answer(done, claimed.map_err(Into::into))?;
            }
            Job::Accept(dialing, done) => {
                if let Some(damage) = self.watch.health().damage() {
                    done(Err(StoreError::Unwritable(damage.clone())));
                    return Ok(());
                }
                batch.answer(done, claim::accept(connection, dialing))?;
            }
            Job::Apply(change, done) => {
                batch.answer(done, catalog::write(connection, &change).map_err(Into::into))?;
            }
            Job::CreateLead(lead, done) => {
                let created = list::create(connection, &lead);
                self.state.cursors.clear();
                batch.arrived.extend(created.as_ref().map(|()| *lead));
                batch.answer(done, created)?;
            }
            Job::UpdateLead(uuid, change, done) => {
                let updated = batch.update_lead(connection, uuid, change);
                self.state.cursors.clear();
                batch.answer(done, updated)?;
            }
            Job::DeleteLead(uuid, at, done) => batch.delete_lead(connection, (uuid, at), done)?,
            Job::ImportLeads(chunk, done) => {
                let written = import::write(connection, &mut self.state.cursors, &chunk);
                batch.lists.extend(written.as_ref().map(|()| chunk.dial_list));
                batch.answer(done, written)?;
            }
            Job::ImportFile(file, done) => batch.answer(done, import_file::write(connection, &file))?,
            Job::SetLimits { dial_list, widest_tries, done } => {
                if let Some((_, older)) = self.state.limits.remove(&dial_list) {
                    older(Ok(()));
                }
                self.state.widest.clear();
                match list::set_limits(connection, dial_list, widest_tries) {
                    Ok(NewLimits::Revive(walk)) => self.state.revivals.push_back((walk, dial_list, done)),
                    Ok(NewLimits::Nothing) => batch.answer(done, Ok(()))?,
                    Err(error) => batch.answer(done, Err(error))?,
                }
            }
            Job::SetMeta(key, value, done) => {
                batch.answer(done, set_meta(connection, key, &value).map_err(Into::into))?;
            }
            Job::Access(changes, done) => {
                batch.answer(done, access::write(connection, &changes).map_err(Into::into))?;
            }
            Job::Webhooks(changes, done) => {
                batch.answer(done, webhooks::write(connection, &changes).map_err(Into::into))?;
            }
            Job::Probe(done) | Job::Close(done) => batch.answer(done, Ok(()))?,
        }
        // SQLite itself may have given the transaction up; what follows must not run outside of one.
        if connection.is_autocommit() { Err(given_up()) } else { Ok(()) }
    }

    /// Brings some of the leads back that were put aside.
    fn revive(&mut self) -> Option<Result<Option<Walk>, StoreError>> {
        let (walk, _, _) = self.state.revivals.front()?;
        self.state.widest.clear();
        let revived = list::revive(&self.connection, *walk).map_err(StoreError::from);
        if let Some(trouble) = revived.as_ref().err().and_then(StoreError::trouble)
            && trouble.cause == Cause::Damaged
        {
            self.watch.health().found_damage(trouble);
        }
        Some(revived)
    }

    pub(super) fn committed(&mut self, batch: Batch) {
        self.well();
        self.around_answers.call(true);
        let Batch { answers, records, mut lists, arrived, gone, last_result, revived, claimed: _ } = batch;
        // Before who has asked hears that it is done.
        self.followers.tell(&arrived, &gone);
        lists.extend(arrived.iter().map(|lead| lead.dial_list));
        if let Some(seq) = last_result {
            self.results.send_replace(seq);
        }
        let mut revival = None;
        match revived {
            Some(Ok(Some(walk))) => {
                if let Some(front) = self.state.revivals.front_mut() {
                    front.0 = walk;
                }
            }
            Some(Ok(None)) => revival = self.state.revivals.pop_front().map(|front| (front, Ok(()))),
            Some(Err(error)) => revival = self.state.revivals.pop_front().map(|front| (front, Err(error))),
            None => {}
        }
        if let Some(((_, dial_list, done), revived)) = revival {
            self.state.cursors.clear();
            lists.insert(dial_list);
            done(revived);
        }
        for kept in records {
            tell_written(&kept.record);
            (kept.done)();
        }
        answers.into_iter().for_each(|answer| answer(Ok(())));
        lists.into_iter().for_each(|list| self.on_leads.call(list));
        self.around_answers.call(false);
    }

    fn close(mut self, done: Done<()>) {
        if !self.state.kept.is_empty() {
            self.retry();
        }
        let lost = self.state.kept.len();
        if lost > 0 {
            tracing::error!(
                lost,
                "the store is closed with records that could not be written: the next start asks Asterisk what became of their calls"
            );
        }
        for job in self.jobs.try_iter() {
            let _ = job.refuse(StoreError::Closed);
        }
        if let Err(error) = self.connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)")
        {
            tracing::warn!(%error, "the write-ahead log stays; the next start takes it in");
        }
        // Whoever hears that the store is closed must find it so.
        drop((self.jobs, self.connection, self.files));
        done(if lost == 0 { Ok(()) } else { Err(StoreError::Lost(lost)) });
    }
}

pub(super) fn note(cursors: &mut Cursors, last_result: &mut Option<i64>, effect: Effect) {
    match effect {
        Effect::None => {}
        Effect::LeadBack(list) => cursors.forget(list),
        Effect::Result { list, seq } => {
            cursors.forget(list);
            *last_result = Some(seq);
        }
    }
}

/// That a call's result is committed, in the log: the last that is said of it.
fn tell_written(record: &Record) {
    if let Record::Ended(ended) = record {
        let _said_in = spans::of(&ended.dialing.setup).entered();
        tracing::debug!(dialing = %ended.dialing.setup.uuid, "the result is written");
    }
}

fn set_meta(connection: &Connection, key: &str, value: &str) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute([key, value]).map(drop)
}

fn given_up() -> Trouble {
    Trouble::new(Cause::Other, "the database gave the transaction up")
}
