//! How much the engine keeps: bounded by the rows that there are and by what is in flight, never by what has been.

use crate::engine::Engine;

/// How much there is of what the engine keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Calls in flight, and claims of an earlier run that are not resolved.
    pub calls: usize,
    /// Leads that are offered to agents.
    pub offers: usize,
    /// Campaigns that are not stopped.
    pub campaigns: usize,
    /// Entries kept for calls, campaigns, lists and queues beside the rows: requests, loads, counts, timers.
    pub kept: usize,
    /// Entries of what was learned or is counted by campaign, list, group, queue and trunk.
    pub learned: usize,
}

impl Engine {
    /// Counts what is kept now.
    pub fn census(&self) -> Census {
        Census {
            calls: self.calls.len(),
            offers: self.offers().count(),
            campaigns: self.runs.len(),
            kept: self.requests.len()
                + self.loads.len()
                + self.lists.len()
                + self.unsent.len()
                + self.timers.len()
                + self.outputs.len(),
            learned: self.budgets.len()
                + self.gates.len()
                + self.used_up_lists.len()
                + self.rooms.values().map(|room| 1 + room.len()).sum::<usize>()
                + self.pbxs.iter().map(|pbx| pbx.trunks.len()).sum::<usize>()
                + self.sharing.len()
                + self.attentive.values().map(std::collections::BTreeSet::len).sum::<usize>()
                + self.previews.habits.len(),
        }
    }
}
