//! The store, in steps: what is to be written is gathered, then handed over at once, and waited for.
//!
//! The store's own thread takes into one transaction what has come while it wrote the last one, which is a matter of time. Here it is
//! held back between two steps, so that each step is one transaction, and every run has the same ones.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};

use engine::dialing::{ClaimRequest, Claimed, Record};
use engine::model::NUMBERS;
use outbound::store::{Store, StoreError};
use uuid::Uuid;

/// Something to write.
#[derive(Debug)]
pub enum Job {
    /// Claim leads for this request of the engine.
    Claim(u64, ClaimRequest),
    /// Write a record.
    Record(Box<Record>),
    /// Bring leads back.
    SetLimits(Uuid, [u32; NUMBERS]),
}

/// What was written.
#[derive(Debug)]
pub enum Done {
    /// These leads, for this request.
    Claimed(u64, Result<Claimed, StoreError>),
    /// A record.
    Recorded,
    /// Limits.
    LimitsSet,
}

/// The store, and the place where its thread waits.
#[derive(Debug)]
pub struct Written {
    store: Store,
    gate: Arc<Barrier>,
    /// True while the thread waits, or is on its way to.
    held: bool,
    sender: Sender<Done>,
    done: Receiver<Done>,
}

impl Written {
    /// Around an open store.
    pub fn new(store: Store) -> Self {
        let (sender, done) = channel();
        Self { store, gate: Arc::new(Barrier::new(2)), held: false, sender, done }
    }

    /// Lets the thread go on, for those who need it outside of a step.
    pub fn release(&mut self) {
        if std::mem::take(&mut self.held) {
            self.gate.wait();
        }
    }

    /// Writes all of this; gives what came of it, in the order of the store.
    pub fn step(&mut self, jobs: Vec<Job>) -> Vec<Done> {
        let count = jobs.len();
        let left = Arc::new(AtomicUsize::new(count));
        for job in jobs {
            self.hand_over(job, &left);
        }
        self.release();
        self.held = true;
        self.done.iter().take(count).collect()
    }

    fn hand_over(&self, job: Job, left: &Arc<AtomicUsize>) {
        let (left, gate, sender) = (Arc::clone(left), Arc::clone(&self.gate), self.sender.clone());
        let tell = move |done: Done| {
            let _ = sender.send(done);
            if left.fetch_sub(1, Ordering::Relaxed) == 1 {
                gate.wait();
            }
        };
        match job {
            Job::Claim(request, claim) => {
                self.store.claim(claim, move |claimed| tell(Done::Claimed(request, claimed)));
            }
            Job::Record(record) => self.store.record(*record, move || tell(Done::Recorded)),
            Job::SetLimits(list, widest) => {
                self.store.set_limits(list, widest, move |_| tell(Done::LimitsSet));
            }
        }
    }
}
