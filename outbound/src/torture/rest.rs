//! The end of a run: no fault any more, all that was away is back, and everything comes to rest by itself.

use engine::model::CampaignStatus;
use engine::pacing::Limit;

use super::SECOND;
use super::watch::Violation;
use super::world::{Heal, World};

/// So long it may take until all is at rest.
const REST_MAX: u64 = 3 * 3_600 * SECOND;
/// So often it is looked.
const LOOK: u64 = 5 * SECOND;

impl World {
    /// Lets everything come to rest, and looks at what is left.
    pub(super) fn rest(&mut self) {
        self.calm = true;
        self.heal();
        let until = self.now + REST_MAX;
        let mut asked = false;
        while self.watch.violation.is_none() && self.now < until {
            self.run_until(self.now + LOOK);
            if self.daemon.is_some() && !asked {
                asked = true;
                self.lists_end();
            }
            if self.is_at_rest() {
                // Whatever is late is heard now.
                self.run_until(self.now + 60 * SECOND);
                if self.is_at_rest() {
                    return self.look_at_the_end();
                }
            }
        }
        let left = self.what_is_left();
        self.watch.fail("everything comes to rest", || left);
    }

    fn heal(&mut self) {
        for pbx in 0..self.sites.len() {
            let site = &mut self.sites[pbx];
            site.tampering = super::site::Tampering::default();
            site.reachable_at = site.reachable_at.min(self.now);
            site.dead_until = site.dead_until.min(self.now);
            site.stalled_until = site.stalled_until.min(self.now);
            for number in 1..=self.setup.scenarios[pbx].agents.count {
                self.heals(Heal::Agent { pbx, number });
            }
            self.heals(Heal::Deaf { pbx });
            self.heals(Heal::Trunk { pbx });
        }
        self.heals(Heal::Disk);
        self.heals(Heal::FullDisk);
        (self.dies_in, self.dies_on_call) = (None, false);
    }

    fn is_at_rest(&self) -> bool {
        let Some(daemon) = &self.daemon else { return false };
        let rows = &self.disk.rows;
        rows.open.is_empty()
            && self.disk.is_idle()
            && daemon.running.is_none()
            && daemon.commands.is_empty()
            && rows.catalog.campaigns.values().all(|row| match row.status {
                CampaignStatus::Stop | CampaignStatus::Pause => true,
                // One that was started by hand or as the next one waits for its window.
                CampaignStatus::Start => {
                    matches!(daemon.engine.limit(row.uuid), Some(Limit::Schedule { .. }))
                }
                _ => false,
            })
            && self.sites.iter().all(|site| site.sim.channels_up() == 0)
    }

    fn what_is_left(&self) -> String {
        let rows = &self.disk.rows;
        let statuses: Vec<_> = rows.catalog.campaigns.values().map(|row| row.status).collect();
        let channels: Vec<usize> = self.sites.iter().map(|site| site.sim.channels_up()).collect();
        let open: Vec<String> = rows.open.keys().take(3).map(|uuid| super::trace::short(*uuid)).collect();
        let limits = rows.catalog.campaigns.keys().filter_map(|uuid| {
            let limit = self.daemon.as_ref()?.engine.limit(*uuid)?;
            Some(format!("{}: {limit:?}", super::trace::short(*uuid)))
        });
        let limits: Vec<String> = limits.collect();
        format!("claims {open:?}, channels {channels:?}, campaigns {statuses:?}, limits {limits:?}")
    }

    fn look_at_the_end(&mut self) {
        let logs = self.sites.iter().flat_map(|site| site.sim.calls_log());
        let answered: Vec<String> =
            logs.filter(|call| call.answer.is_some()).map(|call| call.channel_id.clone()).collect();
        self.watch.at_rest(&self.disk.rows, answered.iter().map(String::as_str));
        let Some(daemon) = &self.daemon else { return };
        self.watch.budgets(&self.disk.rows, &daemon.engine);
        let left: Vec<String> =
            daemon.engine.footprint().into_iter().map(|(what, n)| format!("{n} {what}")).collect();
        if !left.is_empty() {
            self.watch.fail("memory is bounded", || format!("at rest the engine keeps {}", left.join(", ")));
        }
    }
}

impl Violation {
    /// The run itself went wrong.
    pub(super) fn panicked(text: String, at: u64) -> Self {
        Self { invariant: "no panic", text, at }
    }
}
