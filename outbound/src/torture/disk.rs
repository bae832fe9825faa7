//! The disk: what gathers while one transaction is committed is the next one. Nothing is answered before its commit; records
//! of a transaction that failed are kept and tried again, in order. It is the contract of `store/sqlite/writer.rs`.

use std::collections::{BTreeSet, VecDeque};

use engine::broken::{Rule, is_broken};
use engine::dialing::{ClaimRequest, Claimed, Record};
use engine::model::{Change, Lead, NUMBERS};
use uuid::Uuid;

use super::dice::Dice;
use super::rows::Rows;

/// Jobs in one transaction.
const BATCH_MAX: usize = 512;
/// The waits between two tries of kept records double from this, in microseconds ...
const RETRY_MIN: u64 = 50_000;
/// ... to this.
const RETRY_MAX: u64 = 5_000_000;

/// What is to be written.
#[derive(Debug, Clone)]
pub(super) enum Job {
    Claim { request: u64, claim: ClaimRequest },
    Accept(Uuid),
    Record(Box<Record>),
    Apply(Change),
    SetLimits { dial_list: Uuid, widest_tries: [u32; NUMBERS] },
    CreateLead(Box<Lead>),
    DeleteLead(Uuid),
}

/// What the driver hears of it.
#[derive(Debug, Clone)]
pub(super) enum Written {
    Claimed { request: u64, claimed: Option<Claimed> },
    Accepted { dialing: Uuid, committed: bool },
    Recorded,
    Applied { committed: bool },
    LeadsChanged(Uuid),
}

/// What a step of the disk came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) written: Vec<Written>,
    /// Records that were committed.
    pub(super) records: Vec<Record>,
    /// A record about a claim that is not open.
    pub(super) second_end: Option<Uuid>,
}

/// The disk and what waits for it.
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) rows: Rows,
    queue: VecDeque<Job>,
    busy: Option<Vec<Job>>,
    kept: VecDeque<Record>,
    /// It takes nothing.
    pub(super) full: bool,
    failing: bool,
    backoff: u64,
    retry_at: u64,
    /// A transaction takes from so long to so long.
    pub(super) latency: (u64, u64),
}

impl Disk {
    pub(super) fn new(rows: Rows, latency: (u64, u64)) -> Self {
        Self {
            rows,
            queue: VecDeque::new(),
            busy: None,
            kept: VecDeque::new(),
            full: false,
            failing: false,
            backoff: RETRY_MIN,
            retry_at: 0,
            latency,
        }
    }

    pub(super) fn push(&mut self, job: Job) {
        self.queue.push_back(job);
    }

    /// The process that wrote is gone, with all that was not committed; the last transaction may have been.
    pub(super) fn crash(&mut self, last_is_committed: bool) -> Done {
        self.queue.clear();
        let last = self.busy.take().filter(|_| last_is_committed && !self.full);
        self.rows.settle_unwritten(last.is_some());
        let done = last.map(|jobs| self.commit(jobs)).unwrap_or_default();
        self.kept.clear();
        (self.failing, self.backoff) = (false, RETRY_MIN);
        done
    }

    /// Begins what can be begun: says when its end is due, or what was refused at once.
    pub(super) fn begin(&mut self, now: u64, dice: &mut Dice) -> (Option<u64>, Done) {
        if self.busy.is_some() {
            return (None, Done::default());
        }
        if self.failing && !self.kept.is_empty() {
            let refused = self.refuse_all();
            if now < self.retry_at {
                return (Some(self.retry_at), refused);
            }
            self.busy = Some(Vec::new());
            return (Some(now + dice.between(self.latency.0, self.latency.1)), refused);
        }
        if self.queue.is_empty() {
            return (None, Done::default());
        }
        let count = self.queue.len().min(BATCH_MAX);
        let jobs: Vec<Job> = self.queue.drain(..count).collect();
        let mut done = Done::default();
        let jobs =
            if is_broken(Rule::DialBeforeClaim) { self.answer_claims_early(jobs, &mut done) } else { jobs };
        self.busy = Some(jobs);
        (Some(now + dice.between(self.latency.0, self.latency.1)), done)
    }

    fn answer_claims_early(&mut self, jobs: Vec<Job>, done: &mut Done) -> Vec<Job> {
        let mut left = Vec::new();
        for job in jobs {
            match job {
                Job::Claim { request, claim } => {
                    let claimed = Some(self.rows.claim_unwritten(&claim));
                    done.written.push(Written::Claimed { request, claimed });
                }
                other => left.push(other),
            }
        }
        left
    }

    /// The transaction under way ends.
    pub(super) fn end(&mut self, now: u64) -> Done {
        let Some(jobs) = self.busy.take() else { return Done::default() };
        self.rows.settle_unwritten(!self.full);
        if self.full {
            return self.failed(jobs, now);
        }
        let kept: Vec<Record> = self.kept.drain(..).collect();
        let mut done = Done::default();
        for record in kept {
            self.write(record, &mut done);
        }
        self.failing = false;
        let more = self.commit(jobs);
        done.written.extend(more.written);
        done.records.extend(more.records);
        done.second_end = done.second_end.or(more.second_end);
        done
    }

    fn failed(&mut self, jobs: Vec<Job>, now: u64) -> Done {
        if !std::mem::replace(&mut self.failing, true) {
            self.backoff = RETRY_MIN;
        }
        self.retry_at = now + self.backoff;
        self.backoff = (self.backoff * 2).min(RETRY_MAX);
        let mut done = Done::default();
        jobs.into_iter().for_each(|job| self.refuse(job, &mut done));
        done
    }

    fn refuse_all(&mut self) -> Done {
        let mut done = Done::default();
        for job in std::mem::take(&mut self.queue) {
            self.refuse(job, &mut done);
        }
        done
    }

    fn refuse(&mut self, job: Job, done: &mut Done) {
        match job {
            Job::Claim { request, .. } => done.written.push(Written::Claimed { request, claimed: None }),
            Job::Accept(dialing) => done.written.push(Written::Accepted { dialing, committed: false }),
            Job::Record(_) if is_broken(Rule::KeptRecordsLost) => done.written.push(Written::Recorded),
            Job::Record(record) if is_broken(Rule::KeptRecordsTurned) => self.kept.push_front(*record),
            Job::Record(record) => self.kept.push_back(*record),
            Job::Apply(_) => done.written.push(Written::Applied { committed: false }),
            Job::SetLimits { .. } | Job::CreateLead(_) | Job::DeleteLead(_) => {}
        }
    }

    fn commit(&mut self, jobs: Vec<Job>) -> Done {
        let mut done = Done::default();
        let mut lists = BTreeSet::new();
        for job in jobs {
            match job {
                Job::Claim { request, claim } => {
                    let claimed = Some(self.rows.claim(&claim));
                    done.written.push(Written::Claimed { request, claimed });
                }
                Job::Accept(dialing) => {
                    let committed = self.rows.accept(dialing);
                    done.written.push(Written::Accepted { dialing, committed });
                }
                Job::Record(record) => self.write(*record, &mut done),
                Job::Apply(change) => {
                    self.rows.apply(&change);
                    done.written.push(Written::Applied { committed: true });
                }
                Job::SetLimits { dial_list, widest_tries } => {
                    if self.rows.set_limits(dial_list, widest_tries) {
                        lists.insert(dial_list);
                    }
                }
                Job::CreateLead(lead) => {
                    if self.rows.catalog.dial_lists.contains_key(&lead.dial_list) {
                        lists.insert(lead.dial_list);
                        self.rows.create_lead(*lead);
                    }
                }
                Job::DeleteLead(lead) => {
                    self.rows.delete_lead(lead);
                }
            }
        }
        done.written.extend(lists.into_iter().map(Written::LeadsChanged));
        done
    }

    fn write(&mut self, record: Record, done: &mut Done) {
        if let Err(dialing) = self.rows.record(&record) {
            done.second_end.get_or_insert(dialing);
        }
        done.records.push(record);
        done.written.push(Written::Recorded);
    }

    /// A transaction is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.is_some()
    }

    /// Nothing waits to be written.
    pub(super) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.busy.is_none() && self.kept.is_empty()
    }
}
