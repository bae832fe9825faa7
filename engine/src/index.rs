//! Which campaigns work on a list or need a queue, so that an event touches only those whom it concerns. It is made anew
//! after a change of rows or of what runs: these are rare, events are not.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::catalog::Catalog;
use crate::model::NUMBERS;

/// The campaigns that run (or still have calls), by what they use.
#[derive(Debug, Default)]
pub(crate) struct Index {
    lists: BTreeMap<Uuid, ListUsers>,
    queues: BTreeMap<String, Vec<Uuid>>,
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
            if let Some(queue) = plan.and_then(|plan| plan.queue_name.as_ref()) {
                index.queues.entry(queue.as_str().to_owned()).or_default().push(uuid);
            }
        }
        index
    }

    pub(crate) fn on_list(&self, dial_list: Uuid) -> &[Uuid] {
        self.lists.get(&dial_list).map_or(&[], |users| &users.campaigns)
    }

    pub(crate) fn on_queue(&self, queue: &str) -> &[Uuid] {
        self.queues.get(queue).map_or(&[], Vec::as_slice)
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
