//! Which campaigns work on a list, so that an event touches only those whom it concerns. It is made anew
//! after a change of rows or of what runs: these are rare, events are not.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::catalog::Catalog;
use crate::model::NUMBERS;

/// The campaigns that run (or still have calls), by what they use.
#[derive(Debug, Default)]
pub(crate) struct Index {
    lists: BTreeMap<Uuid, ListUsers>,
    longest_delay_ms: u64,
}

#[derive(Debug, Default)]
struct ListUsers {
    campaigns: Vec<Uuid>,
    widest_tries: [u32; NUMBERS],
}

impl Index {
    pub(crate) fn new(catalog: &Catalog, running: impl Iterator<Item = Uuid>) -> Self {
        let longest_delay_ms = catalog.plans.values().map(|plan| plan.retry_delay_ms).max().unwrap_or(0);
        let mut index = Self { longest_delay_ms, ..Self::default() };
        for uuid in running {
            let Some(row) = catalog.campaigns.get(&uuid) else { continue };
            let plan = row.plan.and_then(|plan| catalog.plans.get(&plan));
            if let Some(dial_list) = row.dial_list {
                let users = index.lists.entry(dial_list).or_default();
                users.campaigns.push(uuid);
                if let Some(plan) = plan {
                    users.widest_tries = widest(users.widest_tries, plan.max_tries);
                }
            }
        }
        index
    }

    pub(crate) fn on_list(&self, dial_list: Uuid) -> &[Uuid] {
        self.lists.get(&dial_list).map_or(&[], |users| &users.campaigns)
    }

    /// The longest retry delay of all plans.
    pub(crate) fn longest_delay_ms(&self) -> u64 {
        self.longest_delay_ms
    }

    /// The widest limits of the campaigns on a list.
    pub(crate) fn widest_tries(&self, dial_list: Uuid) -> [u32; NUMBERS] {
        self.lists.get(&dial_list).map_or([0; NUMBERS], |users| users.widest_tries)
    }
}

/// The wider of two limits, number by number.
pub(crate) fn widest(a: [u32; NUMBERS], b: [u32; NUMBERS]) -> [u32; NUMBERS] {
    std::array::from_fn(|i| a[i].max(b[i]))
}
