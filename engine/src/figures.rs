//! Figures for those who measure: how often decisions were bound by what, and how the campaigns stand that run. Words and
//! numbers only, of a bounded set.

use uuid::Uuid;

use crate::abandon::{AbandonView, BudgetState, Counts};
use crate::engine::Engine;
use crate::pacing::Limit;
use crate::time::Now;

macro_rules! reasons {
    ($($name:ident $pattern:pat => $word:literal;)*) => {
        #[derive(Clone, Copy)]
        enum Reason { $($name),* }

        /// What a decision can be bound by, each a word of its own.
        pub const REASONS: &[&str] = &[$($word),*];

        impl Reason {
            fn of(limit: &Limit) -> Self {
                match limit { $($pattern => Self::$name),* }
            }
        }
    };
}

reasons! {
    NotConnected Limit::NotConnected => "asterisk_not_connected";
    NoSuchQueue Limit::NoSuchQueue => "no_such_queue";
    NobodyLoggedIn Limit::NobodyLoggedIn => "nobody_logged_in";
    Agents Limit::Agents { .. } => "no_idle_agent";
    Channels Limit::Channels => "asterisk_channels";
    Rate Limit::Rate => "asterisk_rate";
    Schedule Limit::Schedule { .. } => "outside_schedule";
    RetryDelay Limit::RetryDelay => "retry_delay";
    ListUsedUp Limit::ListUsedUp => "list_used_up";
    LastCalls Limit::LastCalls => "last_calls";
    ListImport Limit::ListImport => "list_import";
    Store Limit::Store => "store";
    NotUsable Limit::NotUsable(_) => "not_usable";
    ShuttingDown Limit::ShuttingDown => "shutting_down";
    Level Limit::Level { .. } => "service_level";
    Predicted Limit::Predicted(_) => "predicted";
    AbandonBudget Limit::AbandonBudget(_) => "abandon_budget";
    CampaignChannels Limit::CampaignChannels(_) => "campaign_channels";
    CampaignRate Limit::CampaignRate(_) => "campaign_rate";
    TrunkChannels Limit::TrunkChannels { .. } => "trunk_channels";
    TrunkRate Limit::TrunkRate { .. } => "trunk_rate";
    TrunkCongested Limit::TrunkCongested { .. } => "trunk_congested";
    Trunks Limit::Trunks(_) => "trunks";
    AsteriskRefuses Limit::AsteriskRefuses { .. } => "asterisk_refuses";
    Offers Limit::Offers { .. } => "offers_open";
}

/// Decisions since the start, by what has bound them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decisions([u64; REASONS.len()]);

impl Default for Decisions {
    fn default() -> Self {
        Self([0; REASONS.len()])
    }
}

impl Decisions {
    pub(crate) fn count(&mut self, limit: &Limit) {
        self.0[Reason::of(limit) as usize] += 1;
    }

    /// Each reason with its decisions.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        REASONS.iter().copied().zip(self.0)
    }
}

/// How a campaign stands that is started or has calls.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignFigures {
    /// Which.
    pub campaign: Uuid,
    /// Calls in flight.
    pub calls: usize,
    /// What bound its last decision, as in [`REASONS`]; none before the first.
    pub reason: Option<&'static str>,
    /// The largest share of abandoned calls in the windows of its plan's rule, from 0 to 1; 0 where nobody answered. Of campaigns with a group, the group's.
    pub abandoned_share: f64,
    /// The cap on that share.
    pub cap: Option<f64>,
    /// With a cap: so many of the next calls may be abandoned.
    pub budget_left: Option<u64>,
}

impl Engine {
    /// Decisions since the start.
    pub fn decisions(&self) -> Decisions {
        self.decisions
    }

    /// The campaigns that are started or have calls.
    pub fn campaign_figures(&self, now: Now) -> Vec<CampaignFigures> {
        let figures = |(campaign, run): (&Uuid, &crate::run::Run)| {
            let view = self.abandon_view(*campaign, now);
            let budget_left = view.as_ref().and_then(|view| match view.state {
                BudgetState::NoCap => None,
                BudgetState::Free { left } => Some(left),
                BudgetState::UsedUp(_) => Some(0),
            });
            CampaignFigures {
                campaign: *campaign,
                calls: run.calls.len(),
                reason: run.limit.as_ref().map(|limit| REASONS[Reason::of(limit) as usize]),
                abandoned_share: view.as_ref().map_or(0.0, largest_share),
                cap: view.and_then(|view| view.rule.cap).map(|cap| f64::from(cap) / 10_000.0),
                budget_left,
            }
        };
        self.runs.iter().map(figures).collect()
    }
}

fn largest_share(view: &AbandonView) -> f64 {
    let share = |counts: &Counts| {
        let answered = counts.answered(view.rule.count);
        #[expect(clippy::cast_precision_loss, reason = "calls of some days")]
        let share = if answered == 0 { 0.0 } else { counts.broken() as f64 / answered as f64 };
        share
    };
    view.windows.iter().map(|(_, counts)| share(counts)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_reason_has_a_word_of_its_own_and_counts_under_it() {
        assert_eq!(REASONS.iter().collect::<BTreeSet<_>>().len(), REASONS.len());
        let mut decisions = Decisions::default();
        decisions.count(&Limit::NotConnected);
        decisions.count(&Limit::RetryDelay);
        decisions.count(&Limit::RetryDelay);
        decisions.count(&Limit::Offers { open: 1, idle: 1, logged_in: 1 });
        let counted: Vec<_> = decisions.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [("asterisk_not_connected", 1), ("retry_delay", 2), ("offers_open", 1)]);
    }
}
