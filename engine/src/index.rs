//! Which campaigns work on a list or follow a plan, so that an event touches only those whom it concerns. It goes with
//! each change of a row and of what runs: what a change costs does not grow with the rows that it does not concern.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::catalog::Catalog;
use crate::model::{Change, NUMBERS, Plan};

/// The campaigns that run (or still have calls), by what they use.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Index {
    lists: BTreeMap<Uuid, ListUsers>,
    plans: BTreeMap<Uuid, BTreeSet<Uuid>>,
    /// Under what each campaign stands here.
    entries: BTreeMap<Uuid, Entry>,
    /// The retry delay of each plan, whether it is used or not; and how many plans have it.
    delays_ms: BTreeMap<Uuid, u64>,
    plans_by_delay: BTreeMap<u64, usize>,
}

#[derive(Debug, Default, PartialEq)]
struct ListUsers {
    campaigns: BTreeSet<Uuid>,
    widest_tries: [u32; NUMBERS],
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    plan: Option<Uuid>,
    dial_list: Option<Uuid>,
}

impl Index {
    /// That of these rows while nothing runs.
    pub(crate) fn new(catalog: &Catalog) -> Self {
        let mut index = Self::default();
        catalog.plans.values().for_each(|plan| index.set_delay(plan.uuid, Some(plan.retry_delay_ms)));
        index
    }

    /// A campaign runs from now on.
    pub(crate) fn add(&mut self, campaign: Uuid, catalog: &Catalog) {
        self.remove(campaign, catalog);
        let Some(row) = catalog.campaigns.get(&campaign) else { return };
        let entry = Entry { plan: row.plan, dial_list: row.dial_list };
        if let Some(dial_list) = entry.dial_list {
            self.lists.entry(dial_list).or_default().campaigns.insert(campaign);
        }
        if let Some(plan) = entry.plan {
            self.plans.entry(plan).or_default().insert(campaign);
        }
        let dial_list = entry.dial_list;
        self.entries.insert(campaign, entry);
        self.measure(dial_list, catalog);
    }

    /// A campaign runs no more.
    pub(crate) fn remove(&mut self, campaign: Uuid, catalog: &Catalog) {
        let Some(Entry { plan, dial_list }) = self.entries.remove(&campaign) else { return };
        if let Some(dial_list) = dial_list
            && let Some(users) = self.lists.get_mut(&dial_list)
        {
            users.campaigns.remove(&campaign);
            if users.campaigns.is_empty() {
                self.lists.remove(&dial_list);
            }
        }
        if let Some(plan) = plan {
            leave(&mut self.plans, plan, campaign);
        }
        self.measure(dial_list, catalog);
    }

    /// Rows have changed, and are in the catalog already.
    pub(crate) fn follow(&mut self, change: &Change, catalog: &Catalog) {
        match change {
            Change::PlanCreated(plan) | Change::PlanUpdated(plan) => {
                self.set_delay(plan.uuid, Some(plan.retry_delay_ms));
                self.follow_plan(plan, catalog);
            }
            Change::PlanDeleted(plan) => {
                self.set_delay(plan.uuid, None);
                self.follow_plan(plan, catalog);
            }
            Change::CampaignUpdated(row) | Change::CampaignDeleted(row) => {
                if self.entries.contains_key(&row.uuid) {
                    self.add(row.uuid, catalog);
                }
            }
            Change::DialListCreated(_)
            | Change::DialListUpdated(_)
            | Change::DialListDeleted(_)
            | Change::DestinationCreated(_)
            | Change::DestinationUpdated(_)
            | Change::DestinationDeleted(_)
            | Change::QueueCreated(_)
            | Change::QueueUpdated(_)
            | Change::QueueDeleted(_)
            | Change::CampaignCreated(_) => {}
        }
    }

    fn follow_plan(&mut self, plan: &Plan, catalog: &Catalog) {
        for campaign in self.on_plan(plan.uuid).collect::<Vec<_>>() {
            self.add(campaign, catalog);
        }
    }

    /// Finds the widest limits of a list anew.
    fn measure(&mut self, dial_list: Option<Uuid>, catalog: &Catalog) {
        let Some(users) = dial_list.and_then(|list| self.lists.get_mut(&list)) else { return };
        let rows = users.campaigns.iter().filter_map(|campaign| catalog.campaigns.get(campaign));
        let plans = rows.filter_map(|row| catalog.plans.get(&row.plan?));
        users.widest_tries = plans.fold([0; NUMBERS], |tries, plan| widest(tries, plan.max_tries));
    }

    fn set_delay(&mut self, plan: Uuid, delay_ms: Option<u64>) {
        let before = match delay_ms {
            Some(delay_ms) => {
                *self.plans_by_delay.entry(delay_ms).or_default() += 1;
                self.delays_ms.insert(plan, delay_ms)
            }
            None => self.delays_ms.remove(&plan),
        };
        let Some(before) = before else { return };
        if let Some(plans) = self.plans_by_delay.get_mut(&before) {
            *plans -= 1;
            if *plans == 0 {
                self.plans_by_delay.remove(&before);
            }
        }
    }

    pub(crate) fn on_list(&self, dial_list: Uuid) -> impl Iterator<Item = Uuid> {
        self.lists.get(&dial_list).into_iter().flat_map(|users| &users.campaigns).copied()
    }

    pub(crate) fn on_plan(&self, plan: Uuid) -> impl Iterator<Item = Uuid> {
        self.plans.get(&plan).into_iter().flatten().copied()
    }

    /// The longest retry delay of all plans.
    pub(crate) fn longest_delay_ms(&self) -> u64 {
        self.plans_by_delay.last_key_value().map_or(0, |(delay_ms, _)| *delay_ms)
    }

    /// The widest limits of the campaigns on a list.
    pub(crate) fn widest_tries(&self, dial_list: Uuid) -> [u32; NUMBERS] {
        self.lists.get(&dial_list).map_or([0; NUMBERS], |users| users.widest_tries)
    }
}

/// Takes a campaign out of those that follow a plan.
fn leave(plans: &mut BTreeMap<Uuid, BTreeSet<Uuid>>, plan: Uuid, campaign: Uuid) {
    if let Some(campaigns) = plans.get_mut(&plan) {
        campaigns.remove(&campaign);
        if campaigns.is_empty() {
            plans.remove(&plan);
        }
    }
}

/// The wider of two limits, number by number.
pub(crate) fn widest(a: [u32; NUMBERS], b: [u32; NUMBERS]) -> [u32; NUMBERS] {
    std::array::from_fn(|i| a[i].max(b[i]))
}
