//! When the engine wants to be called again, and why: one time for each reason, however often it is set.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::input::PbxId;
use crate::limits::TrunkId;
use crate::time::Mono;

/// Why the engine wants to be called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A call's grace is over, or its hang-up must be asked for again.
    Call(Uuid),
    /// A campaign may go on.
    Campaign(Uuid),
    /// A campaign's schedule opens or closes.
    Schedule(Uuid),
    /// Channels are to be compared.
    Compare(PbxId),
    /// An Asterisk may be given a call again.
    Rate(PbxId),
    /// An Asterisk has been away for so long that its calls are given up.
    GivenUp(PbxId),
    /// A wrap-up is over.
    Wrapup(PbxId),
    /// A trunk may be given a call again.
    Trunk(PbxId, TrunkId),
    /// A campaign may place a call again by its own rate.
    CampaignRate(Uuid),
    /// A preview has run out, or its calls go on.
    Preview(Uuid),
    /// Agents who were left alone may be offered leads again.
    Habits(PbxId),
}

/// All that is waited for.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    at: BTreeMap<Timer, Mono>,
    order: BTreeSet<(Mono, Timer)>,
}

impl Timers {
    /// Sets a timer, whatever it was set to before.
    pub(crate) fn set(&mut self, timer: Timer, at: Mono) {
        if let Some(before) = self.at.insert(timer, at) {
            self.order.remove(&(before, timer));
        }
        self.order.insert((at, timer));
    }

    /// Sets a timer where it is not set, or later.
    pub(crate) fn set_earlier(&mut self, timer: Timer, at: Option<Mono>) {
        let Some(at) = at else { return };
        if self.at.get(&timer).is_none_or(|before| at < *before) {
            self.set(timer, at);
        }
    }

    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.at.contains_key(&timer)
    }

    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        if let Some(at) = self.at.remove(&timer) {
            self.order.remove(&(at, timer));
        }
    }

    pub(crate) fn next(&self) -> Option<Mono> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes the next timer that is due.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<Timer> {
        let &(at, timer) = self.order.first()?;
        if at > now {
            return None;
        }
        self.order.pop_first();
        self.at.remove(&timer);
        Some(timer)
    }
}
