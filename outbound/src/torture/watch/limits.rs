//! Limits of channels and rates, as the Asterisks and the wires to them see them.

use std::collections::VecDeque;

use uuid::Uuid;

use super::Watch;
use crate::torture::SECOND;
use crate::torture::rows::Rows;

/// Over so long a rate is looked at.
const WINDOW: u64 = 4 * SECOND;
/// Calls that were asked for under an older limit may still come so long after a change.
pub(super) const SETTLES: u64 = 60 * SECOND;

/// When calls left.
#[derive(Debug, Default)]
pub(super) struct Pace(VecDeque<u64>);

impl Pace {
    /// Counts one; true where it is one too many for this rate, which fills a bucket of a tenth of a second, at least one call.
    fn is_too_fast(&mut self, now: u64, cps: f64) -> bool {
        self.0.push_back(now);
        while self.0.front().is_some_and(|at| at + WINDOW < now) {
            self.0.pop_front();
        }
        let seconds = WINDOW as f64 / SECOND as f64;
        self.0.len() as f64 > seconds * cps + (cps / 10.0).max(1.0) + 1e-3
    }
}

impl Watch {
    /// A call leaves for an Asterisk; a customer's has a trunk.
    pub(in crate::torture) fn pace(&mut self, pbx: usize, trunk: Option<&str>) {
        let now = self.now;
        let cps = self.max_cps[pbx];
        if self.paces.entry((pbx, String::new())).or_default().is_too_fast(now, cps) {
            self.fail("rates", || format!("more than {cps} calls a second to pbx{}", pbx + 1));
        }
        let Some(trunk) = trunk else { return };
        let limits = self.trunks[pbx].iter().find(|limits| limits.name.as_str() == trunk);
        let Some(cps) = limits.and_then(|limits| limits.max_cps) else { return };
        if self.paces.entry((pbx, trunk.to_owned())).or_default().is_too_fast(now, cps) {
            self.fail("rates", || format!("more than {cps} calls a second on {trunk} of pbx{}", pbx + 1));
        }
    }

    /// A call has come up.
    pub(in crate::torture) fn channels(&mut self, pbx: usize, uuid: Uuid, rows: &Rows) {
        let Some(dialed) = self.dialed.get(&uuid) else { return };
        let (trunk, campaign, is_agent) = (dialed.trunk.clone(), dialed.campaign, dialed.is_agent);
        let Some(up) = self.up.get(&pbx) else { return };
        let (count, most) = (up.len(), self.max_channels[pbx] as usize);
        if count > most {
            return self.fail("channels", || format!("pbx{} has {count} calls up, not {most}", pbx + 1));
        }
        let of_trunk =
            |uuid: &&Uuid| self.dialed.get(*uuid).is_some_and(|d| d.trunk.is_some() && d.trunk == trunk);
        let name = trunk.clone().unwrap_or_default();
        let limits = self.trunks[pbx].iter().find(|limits| limits.name.as_str() == name);
        if let Some(most) = limits.and_then(|limits| limits.max_channels) {
            let count = up.iter().filter(of_trunk).count();
            if count > most as usize {
                return self.fail("channels", || {
                    format!("{name} of pbx{} has {count} calls up, not {most}", pbx + 1)
                });
            }
        }
        if !is_agent {
            self.campaign_channels(campaign, rows);
        }
    }

    fn campaign_channels(&mut self, campaign: Uuid, rows: &Rows) {
        let row = rows.catalog.campaigns.get(&campaign);
        let Some(most) = row.and_then(|row| row.rules.max_channels.as_ref()).map(|most| most.get()) else {
            return;
        };
        if self.touched.get(&campaign).is_some_and(|at| at + SETTLES > self.now) {
            return;
        }
        let all = self.up.values().flatten();
        let own =
            all.filter(|uuid| self.dialed.get(*uuid).is_some_and(|d| d.campaign == campaign && !d.is_agent));
        let count = own.count();
        if count > most as usize {
            self.fail("channels", || {
                format!("{} has {count} calls up, not {most}", super::super::trace::short(campaign))
            });
        }
    }
}
