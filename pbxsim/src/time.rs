//! Virtual time and the timers that wait for it.
//!
//! The model reads no clock: callers pass `now`, and ask for the next time at which something is due.
//! Timers of the same time fire in the order in which they were set, so that a run can be repeated exactly.

use std::collections::BTreeMap;
use std::time::Duration;

/// Virtual time since the start of the simulation.
pub type Time = Duration;

/// Names a timer that is set, so that it can be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerId(Time, u64);

/// The timers that are set; a timer that is cancelled leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Timers<T> {
    due: BTreeMap<TimerId, T>,
    serial: u64,
}

impl<T> Timers<T> {
    pub(crate) fn new() -> Self {
        Self { due: BTreeMap::new(), serial: 0 }
    }

    pub(crate) fn set(&mut self, at: Time, what: T) -> TimerId {
        self.serial += 1;
        let id = TimerId(at, self.serial);
        self.due.insert(id, what);
        id
    }

    pub(crate) fn cancel(&mut self, id: TimerId) {
        self.due.remove(&id);
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.due.first_key_value().map(|(id, _)| id.0)
    }

    /// Takes the first timer that is due at `now`, with its time.
    pub(crate) fn pop(&mut self, now: Time) -> Option<(Time, T)> {
        let entry = self.due.first_entry().filter(|entry| entry.key().0 <= now)?;
        let (id, what) = entry.remove_entry();
        Some((id.0, what))
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }
}

/// Seconds, which may be broken, as a duration; negative and infinite ones count as none.
pub(crate) fn seconds(value: f64) -> Time {
    Duration::try_from_secs_f64(value.max(0.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_the_order_of_their_times_and_then_in_the_order_in_which_they_were_set() {
        let mut timers = Timers::new();
        timers.set(seconds(2.0), 'c');
        timers.set(seconds(1.0), 'a');
        timers.set(seconds(1.0), 'b');
        let gone = timers.set(seconds(0.5), 'x');
        timers.cancel(gone);
        assert_eq!(timers.next(), Some(seconds(1.0)));
        assert_eq!(timers.pop(seconds(0.9)), None);
        let order: Vec<_> = std::iter::from_fn(|| timers.pop(seconds(3.0))).map(|(_, c)| c).collect();
        assert_eq!(order, ['a', 'b', 'c']);
        assert_eq!(timers.len(), 0);
    }
}
