//! Claims go before what waits for the writer, where that is much: a phone is dialed as soon as its claim is committed, while
//! nobody waits for the record of a call that has ended. Few others go with the claims, in one transaction and in order: their
//! rows take less time than a commit of their own, which the next claims would wait for.
//!
//! A claim that finds all that it asks for is the same wherever it stands; one that does not is completed in its turn, because
//! what comes before it may bring leads back to the list.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use engine::dialing::{ClaimRequest, Claimed};

use super::job::{Done, Job};
use super::writer::{BATCH_MAX, Writer};
use crate::store::StoreError;

/// The fewest other jobs in one transaction, after which it is looked whether claims have come.
const OTHERS_MIN: usize = 64;
/// So many others go with claims: their rows take about half a millisecond.
const FEW: usize = 16;
/// Rows of one transaction may take so long beside a commit that takes no time.
const ROWS_MAX: Duration = Duration::from_millis(2);

/// How many other jobs go into one transaction: as many as take the time of its commit. So a claim waits for two commits at
/// most and the rows of one, and a disk that takes long for a commit is not asked for more of them than it can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct OthersAtOnce(usize);

impl Default for OthersAtOnce {
    fn default() -> Self {
        Self(OTHERS_MIN)
    }
}

impl OthersAtOnce {
    /// Learns from a transaction of so many jobs.
    fn learn(&mut self, jobs: usize, rows: Duration, commit: Duration) {
        let room = commit.max(ROWS_MAX);
        if rows > room {
            self.0 = (self.0 / 2).max(OTHERS_MIN);
        } else if jobs >= self.0 && rows * 2 < room {
            self.0 = (self.0 * 2).min(BATCH_MAX);
        }
    }
}

impl Writer {
    /// Works off the claims among these jobs, and then the others that wait, or some of them.
    pub(super) fn work(&mut self, jobs: Vec<Job>) {
        let (claims, others): (Vec<Job>, Vec<Job>) =
            jobs.into_iter().partition(|job| matches!(job, Job::Claim(..)));
        self.state.others.extend(others);
        // With little to go before, claims are like all else.
        if self.state.others.len() <= FEW || self.refuses().is_some() {
            self.state.others.extend(claims);
        } else if !claims.is_empty() {
            self.claim_first(claims);
        }
        if let Some(error) = self.refuses() {
            let waiting = std::mem::take(&mut self.state.others);
            return waiting.into_iter().for_each(|job| self.refuse(job, &error));
        }
        let count = self.state.others.len().min(self.state.others_at_once.0);
        let jobs: Vec<Job> = self.state.others.drain(..count).collect();
        if !jobs.is_empty() || self.revives() {
            let begun = Instant::now();
            self.transact(jobs);
            let commit = self.state.commit_took;
            self.state.others_at_once.learn(count, begun.elapsed().saturating_sub(commit), commit);
        }
    }

    /// Works off everything that waits.
    pub(super) fn work_all(&mut self, jobs: Vec<Job>) {
        self.work(jobs);
        while !self.state.others.is_empty() {
            self.work(Vec::new());
        }
    }

    /// What is kept after a failure comes first: everything else is refused until it is written.
    fn refuses(&self) -> Option<StoreError> {
        let trouble = self.state.failing.as_ref().filter(|_| !self.state.kept.is_empty())?;
        Some(StoreError::Unwritable(trouble.clone()))
    }

    fn claim_first(&mut self, claims: Vec<Job>) {
        let (sender, incomplete) = mpsc::channel();
        let claims = claims.into_iter().map(|job| match job {
            Job::Claim(request, done) => completed(request, done, sender.clone()),
            other => other,
        });
        self.transact(claims.collect());
        drop(sender);
        self.state.others.extend(incomplete);
    }
}

/// The same claim, which says what it lacks instead of being answered where it finds less than it asks for.
fn completed(request: ClaimRequest, done: Done<Claimed>, incomplete: mpsc::Sender<Job>) -> Job {
    let asked = request.clone();
    let first = move |result: Result<Claimed, StoreError>| match result {
        Ok(found) if found.claims.len() < asked.count as usize => {
            let _ = incomplete.send(the_rest(asked, found, done));
        }
        result => done(result),
    };
    Job::Claim(request, Box::new(first))
}

/// Asks for the rest of a claim. What it has is committed, and is called whatever becomes of the rest.
fn the_rest(request: ClaimRequest, mut found: Claimed, done: Done<Claimed>) -> Job {
    if found.claims.is_empty() {
        return Job::Claim(request, done);
    }
    let due = request.due;
    let count = request.count.saturating_sub(u32::try_from(found.claims.len()).unwrap_or(u32::MAX));
    let second = move |rest: Result<Claimed, StoreError>| {
        match rest {
            Ok(rest) => {
                found.claims.extend(rest.claims);
                found.next_due = rest.next_due;
            }
            // The list is looked at again at once.
            Err(_) => found.next_due = Some(due),
        }
        done(Ok(found));
    };
    Job::Claim(ClaimRequest { count, ..request }, Box::new(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_disk_is_given_more_at_a_time_and_never_more_than_a_batch() {
        let ms = Duration::from_millis;
        let mut at_once = OthersAtOnce::default();
        at_once.learn(64, ms(2), ms(3));
        assert_eq!(at_once.0, 64, "rows and commit take about as long");
        at_once.learn(64, ms(2), ms(5));
        at_once.learn(50, ms(1), ms(5));
        assert_eq!(at_once.0, 128, "only what was full can tell that there is room");
        (0..9).for_each(|_| at_once.learn(512, ms(4), ms(20)));
        assert_eq!(at_once.0, BATCH_MAX);
        (0..9).for_each(|_| at_once.learn(512, ms(4), ms(1)));
        assert_eq!(at_once.0, OTHERS_MIN);
    }
}
