//! Counts of lists, kept for a while: to count a list of a million leads takes most of a second, and pages ask again and again.
//!
//! What is quickly counted is counted anew each time. Of what is not, the last count is given while it is younger than a minute, with
//! the time when it was taken, and a new one is begun behind it: so nobody waits but the first who asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use engine::time::Wall;
use uuid::Uuid;

use super::reply::refused;
use crate::ami_server::Core as _;
use crate::core::Daemon;
use crate::driver::wall;
use crate::http::problem::Problem;
use crate::store::LeadCounts;

/// What is counted faster than that is counted each time it is asked for.
const QUICK: Duration = Duration::from_millis(20);
/// An older count is given to nobody.
const AGE_MAX: Duration = Duration::from_secs(60);
/// A count is made anew behind an answer when it is older than so many times as long as it took: so counting takes a twentieth of the time
/// of the thread that reads, however many ask.
const REST: u32 = 20;
/// Lists whose counts are kept.
const LISTS_MAX: usize = 1_000;

/// Counts of a list, and when they were taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    pub(super) counts: LeadCounts,
    pub(super) at: Wall,
    begun: Instant,
    took: Duration,
    /// Somebody counts anew.
    counting: bool,
}

/// See the module.
#[derive(Clone, Default)]
pub(super) struct Tallies(Arc<Mutex<HashMap<Uuid, Tally>>>);

impl Tallies {
    /// How the leads of a list stand.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(super) async fn of(&self, daemon: &Daemon, list: Uuid) -> Result<Tally, Problem> {
        let Some(kept) = self.kept(list, Instant::now()) else { return self.count(daemon, list).await };
        if kept.counting {
            let (tallies, daemon) = (self.clone(), daemon.clone());
            tokio::spawn(async move {
                // One that fails is asked for again by the next who comes.
                if tallies.count(&daemon, list).await.is_err() {
                    tallies.change(|all| {
                        all.entry(list).and_modify(|tally| tally.counting = false);
                    });
                }
            });
        }
        Ok(kept)
    }

    /// A count that may still be given; `counting` where the caller has to count anew.
    fn kept(&self, list: Uuid, now: Instant) -> Option<Tally> {
        self.change(|all| {
            let tally = all.get_mut(&list)?;
            let age = now.saturating_duration_since(tally.begun);
            if tally.took < QUICK || age > AGE_MAX {
                return None;
            }
            let due = age > tally.took * REST && !tally.counting;
            tally.counting |= due;
            Some(Tally { counting: due, ..*tally })
        })
    }

    async fn count(&self, daemon: &Daemon, list: Uuid) -> Result<Tally, Problem> {
        let (begun, at) = (Instant::now(), wall());
        let counts = daemon.lead_counts(list).await.map_err(|refusal| refused(&refusal, &[]))?;
        let tally = Tally { counts, at, begun, took: begun.elapsed(), counting: false };
        self.change(|all| {
            if all.len() >= LISTS_MAX {
                all.retain(|_, tally| begun.saturating_duration_since(tally.begun) < AGE_MAX);
            }
            if all.len() < LISTS_MAX {
                all.insert(list, tally);
            }
        });
        Ok(tally)
    }

    fn change<T>(&self, change: impl FnOnce(&mut HashMap<Uuid, Tally>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_count_is_kept_for_a_minute_and_one_of_those_who_ask_counts_anew() {
        let tallies = Tallies::default();
        let (list, begun) = (Uuid::from_u128(1), Instant::now());
        let after = |ms: u64| begun + Duration::from_millis(ms);
        let put = |took: u64| {
            let took = Duration::from_millis(took);
            let tally = Tally { counts: LeadCounts::default(), at: wall(), begun, took, counting: false };
            tallies.change(|all| all.insert(list, tally));
        };
        let kept = |ms: u64| tallies.kept(list, after(ms)).map(|tally| tally.counting);
        assert_eq!(kept(0), None);
        put(19);
        assert_eq!(kept(1), None, "it is counted as quickly as it is looked up");
        put(100);
        assert_eq!([kept(0), kept(2_000)], [Some(false), Some(false)]);
        assert_eq!([kept(2_001), kept(2_002)], [Some(true), Some(false)], "one counts");
        assert_eq!([kept(60_000), kept(60_001)], [Some(false), None]);
    }
}
