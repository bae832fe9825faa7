//! What a campaign that runs has going: its calls, its requests for leads, and what it knows of its list.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::input::PbxId;
use crate::limits::{CallRate, TrunkId};
use crate::pacing::Limit;
use crate::time::{Mono, Now, Wall};

/// A campaign that runs or still has calls.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) calls: BTreeSet<Uuid>,
    /// Leads asked for and not there yet.
    pub(crate) requested: u32,
    /// Of these, leads that are to be offered: no rate is kept for them before an agent accepts.
    pub(crate) for_offers: u32,
    /// Leads that are offered to agents, by the dialings that they may become.
    pub(crate) offers: BTreeSet<Uuid>,
    pub(crate) list: ListState,
    /// The list has changed since this many requests; answers to older ones say nothing about its end.
    pub(crate) list_changed: u64,
    /// Leads that came back while requests were on their way.
    pub(crate) returned: Option<Returned>,
    /// The store could not claim leads at this time.
    pub(crate) store_failed: Option<Mono>,
    /// Claims have failed since, without one that went well.
    pub(crate) store_fails_since: Option<Wall>,
    pub(crate) limit: Option<Limit>,
    /// It has been of that kind since.
    pub(crate) limit_since: Wall,
    /// The queue whose agents held it back when it decided last: what happens there is news for it.
    pub(crate) attends: Option<String>,
    /// What its row allows it in a second, and the calls that this leaves it.
    pub(crate) rate_cps: Option<f64>,
    pub(crate) rate: Option<CallRate>,
    /// How far each trunk is behind its share of the calls.
    pub(crate) trunk_turns: BTreeMap<(PbxId, TrunkId), i64>,
    /// It has made a call since it was started.
    pub(crate) worked: bool,
    /// How many campaigns one after the other ended their lists without a call before it was started as the next.
    pub(crate) idle_chain: usize,
}

impl Run {
    /// Claims were answered.
    pub(crate) fn note_claims(&mut self, failed: bool, now: Now) {
        if failed {
            self.store_failed = Some(now.mono);
            self.store_fails_since.get_or_insert(now.wall);
        } else {
            self.store_fails_since = None;
        }
    }

    /// Calls that are not over, those asked for or offered included.
    pub(crate) fn dialings(&self) -> u32 {
        let begun = u32::try_from(self.calls.len() + self.offers.len()).unwrap_or(u32::MAX);
        begun.saturating_add(self.requested)
    }
}

/// Leads that came back to a list behind requests that were on their way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returned {
    /// The earliest next try among them.
    pub(crate) due: Wall,
    /// Requests from this number on were made after them, and have seen them.
    pub(crate) seen_from: u64,
}

/// What is known of a campaign's list.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListState {
    /// There may be leads to dial.
    #[default]
    Open,
    /// No lead is due before this time.
    Due(Wall),
    /// No lead waits for a later try.
    UsedUp,
}

/// Leads that were asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) campaign: Uuid,
    pub(crate) plan: Uuid,
    pub(crate) dial_list: Uuid,
    pub(crate) destination: Option<Uuid>,
    pub(crate) pbx: PbxId,
    pub(crate) trunk: TrunkId,
    pub(crate) queue: Option<String>,
    pub(crate) count: u32,
    /// Leads that are due at this time may be claimed.
    pub(crate) due: Wall,
    /// They were asked for at this time.
    pub(crate) asked: Mono,
}

/// Calls on the way to a queue.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) unanswered: u32,
    pub(crate) answered: u32,
    pub(crate) offered: u32,
}
