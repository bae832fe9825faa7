//! Counts by day, and what a cap on their share leaves.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{AbandonRule, Day};
use crate::value::{AnswersCounted, Days};

/// All of a share, in hundredths of a percent.
const WHOLE: u64 = 10_000;

/// How many calls that were answered for a queue, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// All answered calls.
    pub answered_all: u64,
    /// Those that a person answered.
    pub answered_persons: u64,
    /// Persons for whom no agent came.
    pub abandoned: u64,
    /// Persons whose agent came later than the rule lets them wait.
    pub late: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.answered_all += more.answered_all;
        self.answered_persons += more.answered_persons;
        self.abandoned += more.abandoned;
        self.late += more.late;
    }
}

impl Counts {
    /// Nothing.
    pub const NONE: Self = Self { answered_all: 0, answered_persons: 0, abandoned: 0, late: 0 };

    /// Calls that broke the rule: nobody came, or too late.
    pub fn broken(&self) -> u64 {
        self.abandoned + self.late
    }

    /// What the share is a share of.
    pub fn answered(&self, counted: AnswersCounted) -> u64 {
        match counted {
            AnswersCounted::Persons => self.answered_persons,
            AnswersCounted::All => self.answered_all,
        }
    }
}

/// What was counted for a budget on one day: of one call, or a day's sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Whose: a campaign's uuid, or the name of a group of campaigns.
    pub budget: String,
    /// The day of the answer, in the campaign's time zone.
    pub day: Day,
    /// How many.
    pub counts: Counts,
}

/// The calls of a campaign, or of a group of campaigns, by day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Budget {
    days: BTreeMap<Day, Counts>,
}

/// What a budget leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetState {
    /// There is no cap.
    NoCap,
    /// So many of the next calls may be abandoned one after the other, at least 1.
    Free {
        /// Calls.
        left: u64,
    },
    /// One more abandoned call would be more than the cap allows.
    UsedUp(UsedUp),
}

/// A budget that is used up, by the window that binds longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// Its length in days, today included.
    pub window_days: u32,
    /// Calls in it that broke the rule.
    pub abandoned: u64,
    /// Answered calls in it.
    pub answered: u64,
    /// Which answered calls those are.
    pub count: AnswersCounted,
    /// The cap, in hundredths of a percent.
    pub cap: u32,
    /// On this day the budget allows more even if nobody answers until then: days have left the windows.
    pub more_on: Day,
    /// After so many more answered calls, none of them abandoned, it allows more today.
    pub more_answers: u64,
}

impl Budget {
    /// Adds what was counted on a day. Days that no window can hold any more are dropped.
    pub fn add(&mut self, day: Day, counts: Counts) {
        *self.days.entry(day).or_default() += counts;
        let newest = self.days.last_key_value().map_or(day, |(newest, _)| *newest);
        self.days.retain(|day, _| *day > newest.plus(-Days::MAX.cast_signed()));
    }

    /// True where no window that ends on this day or later holds any of it.
    pub(crate) fn is_past(&self, today: Day) -> bool {
        let first = today.plus(1 - Days::MAX.cast_signed());
        self.days.last_key_value().is_none_or(|(newest, _)| *newest < first)
    }

    /// What a window of so many days holds whose last day is this one. What stands under later days (another time
    /// zone's, or the clock was set back) has happened and counts too.
    pub fn counts(&self, window_days: u32, last: Day) -> Counts {
        self.days.range(first_day(window_days, last)..).fold(Counts::NONE, |mut sum, (_, counts)| {
            sum += *counts;
            sum
        })
    }

    /// What the rule leaves of it on this day.
    ///
    /// A call may be abandoned while the share stays within the cap with it counted. By that alone no campaign could ever
    /// begin, so the first abandoned call of each window is let through: with fewer than `100 / cap` answers (34 at 3 %),
    /// no share but 0 is within the cap.
    pub fn state(&self, rule: &AbandonRule, today: Day) -> BudgetState {
        let Some(cap) = rule.cap else { return BudgetState::NoCap };
        let sums = Sums::of(&self.days, rule.count);
        let left = |window: u32, last: Day| {
            let (broken, answered) = sums.window(window, last);
            left(cap, broken, answered)
        };
        let leaves = |last: Day| rule.windows.iter().map(|window| left(*window, last)).min();
        let used_up = rule.windows.iter().copied().filter(|window| left(*window, today) == 0);
        // The first day that these windows allow more on, nothing happening; after its length each is empty.
        let longest = rule.windows.iter().max().map_or(0, |window| window.cast_signed());
        let free_on = |free: &dyn Fn(Day) -> bool| {
            (0..=longest + 1).map(|later| today.plus(later)).find(|day| free(*day)).unwrap_or(today)
        };
        let binding = used_up.clone().max_by_key(|window| free_on(&|day| left(*window, day) > 0));
        let Some(window_days) = binding else {
            return BudgetState::Free { left: leaves(today).unwrap_or(u64::MAX) };
        };
        let missing = used_up.map(|window| {
            let (broken, answered) = sums.window(window, today);
            answers_missing(cap, broken, answered)
        });
        let (abandoned, answered) = sums.window(window_days, today);
        BudgetState::UsedUp(UsedUp {
            window_days,
            abandoned,
            answered,
            count: rule.count,
            cap,
            more_on: free_on(&|day| leaves(day).is_none_or(|left| left > 0)),
            more_answers: missing.max().unwrap_or(0),
        })
    }
}

/// For each day what was counted on it and after it, the last day first. The state is asked for at each decision, and a
/// forecast looks at many windows.
struct Sums(Vec<(Day, u64, u64)>);

impl Sums {
    fn of(days: &BTreeMap<Day, Counts>, count: AnswersCounted) -> Self {
        let mut sum = (0, 0);
        let later = |(day, counts): (&Day, &Counts)| {
            sum = (sum.0 + counts.broken(), sum.1 + counts.answered(count));
            (*day, sum.0, sum.1)
        };
        Self(days.iter().rev().map(later).collect())
    }

    /// Calls that broke the rule, and answered calls, in a window that ends with this day; see [`Budget::counts`].
    fn window(&self, days: u32, last: Day) -> (u64, u64) {
        let first = first_day(days, last);
        let held = self.0.partition_point(|(day, ..)| *day >= first);
        held.checked_sub(1)
            .and_then(|at| self.0.get(at))
            .map_or((0, 0), |(_, broken, answered)| (*broken, *answered))
    }
}

fn first_day(window_days: u32, last: Day) -> Day {
    last.plus(1 - i32::try_from(window_days).unwrap_or(i32::MAX))
}

/// The most `k` with `abandoned + k <= cap (answered + k)`; the first abandoned call is always let through.
fn left(cap: u32, abandoned: u64, answered: u64) -> u64 {
    let cap = u64::from(cap);
    let spare = (cap * answered).saturating_sub(WHOLE * abandoned);
    let by_share = if cap >= WHOLE { u64::MAX } else { spare / (WHOLE - cap) };
    by_share.max(u64::from(abandoned == 0))
}

/// The least `n` with `abandoned + 1 <= cap (answered + n + 1)`.
fn answers_missing(cap: u32, abandoned: u64, answered: u64) -> u64 {
    (WHOLE * (abandoned + 1)).div_ceil(u64::from(cap.max(1))).saturating_sub(answered + 1)
}

impl fmt::Display for UsedUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answered = self.answered.max(1);
        let share = (WHOLE * self.abandoned + answered / 2) / answered;
        write!(f, "the abandon budget is used up ({} % of {} ", Percent(share), self.answered)?;
        f.write_str(match self.count {
            AnswersCounted::Persons => "answered by persons ",
            AnswersCounted::All => "answered calls ",
        })?;
        match self.window_days {
            1 => f.write_str("today")?,
            days => write!(f, "in {days} days")?,
        }
        write!(
            f,
            ", cap {} %): one call for each idle agent until about {} or {} more answers",
            Percent(self.cap.into()),
            self.more_on,
            self.more_answers
        )
    }
}

/// Hundredths of a percent as people write them.
struct Percent(u64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, rest) if rest % 10 == 0 => write!(f, "{whole}.{}", rest / 10),
            (whole, rest) => write!(f, "{whole}.{rest:02}"),
        }
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
