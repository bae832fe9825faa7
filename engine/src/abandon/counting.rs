//! From the end of a call to its budget: whose it is, which day's, and what it leaves a campaign.

use uuid::Uuid;

use super::day::wall_s;
use super::{AbandonRule, BudgetState, Counts, Day, Tally};
use crate::engine::Engine;
use crate::model::Campaign;
use crate::time::{Now, Wall};

/// Abandoned calls of a campaign, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbandonView {
    /// The rule of its plan.
    pub rule: AbandonRule,
    /// For each window of the rule its length in days, and what was counted in it, today included.
    pub windows: Vec<(u32, Counts)>,
    /// What its budget leaves.
    pub state: BudgetState,
}

impl Engine {
    /// Takes in what earlier runs have counted. Days before the longest window are left out.
    pub fn load_tallies(&mut self, tallies: impl IntoIterator<Item = Tally>) {
        for tally in tallies {
            self.budgets.entry(tally.budget).or_default().add(tally.day, tally.counts);
        }
    }

    /// What the budget of a campaign leaves: by the rule of its plan, over the calls of its group or of itself alone.
    /// Calls count from the moment that an agent takes them, or from their end. Unknown campaigns have no cap.
    pub fn budget_state(&self, campaign: Uuid, now: Now) -> BudgetState {
        let row = self.catalog.campaigns.get(&campaign);
        let plan = row.and_then(|row| self.catalog.plans.get(&row.plan?));
        let (Some(row), Some(plan)) = (row, plan) else { return BudgetState::NoCap };
        let rule = AbandonRule::of(&plan.rules);
        let today = day_of(Some(row), now.wall, now);
        let budget = self.budgets.get(&budget_key(Some(row), campaign));
        budget.map_or_else(|| super::Budget::default().state(&rule, today), |b| b.state(&rule, today))
    }

    /// The rule that a campaign is under, what each of its windows holds today, and what that leaves. `None` for a campaign that
    /// is not there, or has no plan.
    pub fn abandon_view(&self, campaign: Uuid, now: Now) -> Option<AbandonView> {
        let row = self.catalog.campaigns.get(&campaign)?;
        let rule = AbandonRule::of(&self.catalog.plans.get(&row.plan?)?.rules);
        let today = day_of(Some(row), now.wall, now);
        let empty = super::Budget::default();
        let budget = self.budgets.get(&budget_key(Some(row), campaign)).unwrap_or(&empty);
        let windows = rule.windows.iter().map(|days| (*days, budget.counts(*days, today))).collect();
        Some(AbandonView { windows, state: budget.state(&rule, today), rule })
    }

    /// Counts a call that an agent has taken, or that is over, once. What it came to is written down with its result.
    pub(crate) fn count_answer(&mut self, uuid: Uuid, now: Now) {
        let Some(call) = self.calls.get_mut(&uuid).filter(|call| call.tally.is_none()) else { return };
        let counts = call.counts();
        if counts == Counts::NONE {
            return;
        }
        let campaign = call.dialing.setup.campaign;
        let row = self.catalog.campaigns.get(&campaign).map(AsRef::as_ref);
        let answered = call.dialing.progress.dial_end.unwrap_or(now.wall);
        let tally = Tally { budget: budget_key(row, campaign), day: day_of(row, answered, now), counts };
        self.budgets.entry(tally.budget.clone()).or_default().add(tally.day, counts);
        call.tally = Some(tally);
    }
}

/// Campaigns of one group share a budget.
fn budget_key(row: Option<&Campaign>, campaign: Uuid) -> String {
    let group = row.and_then(|row| row.rules.abandon_group.as_ref());
    group.map_or_else(|| campaign.to_string(), |group| group.as_str().to_owned())
}

fn day_of(row: Option<&Campaign>, at: Wall, now: Now) -> Day {
    let zone = row.and_then(|row| row.rules.time_zone.as_ref());
    Day::at(at, zone.map_or(now.offset_s, |zone| zone.offset_s(wall_s(at))))
}
