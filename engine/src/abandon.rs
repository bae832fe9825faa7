//! Abandoned calls: what the rule is ([`AbandonRule`]), how often it was broken ([`Budget`]), and what each call adds
//! to that (`counting`).
//!
//! Days are calendar days of the campaign's time zone, because counts are kept by day: a window of 1 is today, one of 30
//! is today and the 29 days before. At its end each window is just the period that the regulators name ("24 hours" from
//! midnight to midnight, each "30-day period").
//!
//! What a single call is, abandoned or not, is said in [`crate::outcome`]; the line itself is cut by the dialplan.

mod budget;
mod counting;
mod day;
mod rule;

pub use budget::{Budget, BudgetState, Counts, Tally, UsedUp};
pub use counting::AbandonView;
pub use day::Day;
pub use rule::{AbandonRule, SECONDS, queue_timeout_s};
