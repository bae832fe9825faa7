//! What is kept of rows that are gone: let go when rows change, so that years of campaigns that are made and deleted cost no
//! more than those that there are.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::abandon::Day;
use crate::engine::Engine;
use crate::input::PbxId;
use crate::limits::TrunkId;
use crate::run::Load;
use crate::sharing::Place;
use crate::time::Now;
use crate::timers::Timer;
use crate::value::Name;

/// One look at all rows for at least one change to so many rows.
const CHANGES_FOR_ROWS: usize = 100;

impl Engine {
    /// Lets go of what no row and no call has to do with any more. That is a look at all rows, so with many of them it waits for
    /// more changes: for each change it costs the same.
    pub(crate) fn tidy_now_and_then(&mut self, now: Now) {
        self.untidied += 1;
        let rows = self.catalog.plans.len() + self.catalog.campaigns.len();
        if self.untidied * CHANGES_FOR_ROWS >= rows {
            self.untidied = 0;
            self.tidy(now);
        }
    }

    fn tidy(&mut self, now: Now) {
        self.tidy_trunks();
        self.tidy_queues();
        self.tidy_budgets(now);
    }

    /// A trunk that no plan names and no call uses gives its place to the next new one.
    fn tidy_trunks(&mut self) {
        let plans = self.catalog.plans.values().filter_map(|plan| plan.trunk_name.as_ref());
        let named: BTreeSet<&Name> = plans.flat_map(|trunks| trunks.all()).map(|trunk| &trunk.name).collect();
        let mut vacated = Vec::new();
        for (at, pbx) in self.pbxs.iter_mut().enumerate() {
            for (place, trunk) in pbx.trunks.iter_mut().enumerate() {
                let unused = trunk.name.as_ref().is_some_and(|name| !named.contains(name));
                // One with limits of its own stays: what it was given in the last second counts.
                let limited = trunk.max_channels.is_some() || trunk.max_cps.is_some();
                if unused && !limited && trunk.in_flight == 0 && !trunk.vacant {
                    trunk.vacant = true;
                    vacated.push((PbxId(at), TrunkId(place)));
                }
            }
        }
        for (pbx, trunk) in vacated {
            self.timers.clear(Timer::Trunk(pbx, trunk));
            self.sharing.vacate(&Place::Trunk(pbx, trunk));
            for run in self.runs.values_mut() {
                run.trunk_turns.remove(&(pbx, trunk));
            }
        }
    }

    /// Rooms without agents for which nobody calls, and lines of campaigns that are gone.
    fn tidy_queues(&mut self) {
        let plans = self.catalog.plans.values().filter_map(|plan| plan.queue_name.as_ref());
        let named: BTreeSet<&str> = plans.map(Name::as_str).collect();
        let campaigns = &self.catalog.campaigns;
        self.loads.retain(|_, load| *load != Load::default());
        self.rooms.retain(|(_, queue), room| {
            room.forget_lines(|campaign| !campaigns.contains_key(campaign));
            named.contains(queue.as_str()) || !room.is_empty()
        });
    }

    /// Budgets of campaigns that are gone, and those of groups whose calls no window holds any more: a group may be given a new
    /// campaign at any time, and what it has abandoned counts then too.
    fn tidy_budgets(&mut self, now: Now) {
        let campaigns = &self.catalog.campaigns;
        let groups: BTreeSet<&str> = campaigns
            .values()
            .filter_map(|row| row.rules.abandon_group.as_ref())
            .map(|g| g.as_str())
            .collect();
        let calls = &self.calls;
        let today = Day::at(now.wall, now.offset_s);
        self.budgets.retain(|key, budget| {
            let gone = Uuid::try_parse(key).is_ok_and(|campaign| {
                !campaigns.contains_key(&campaign)
                    && !groups.contains(key.as_str())
                    && !calls.values().any(|call| call.dialing.setup.campaign == campaign)
            });
            !gone && !budget.is_past(today)
        });
    }
}
