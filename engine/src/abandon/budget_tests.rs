use super::*;
use crate::value::AbandonFrom;

const TODAY: Day = Day(20_780); // 2026-11-23

fn rule(cap: u32, windows: &[u32]) -> AbandonRule {
    AbandonRule {
        cap: Some(cap),
        windows: windows.to_vec(),
        count: AnswersCounted::Persons,
        seconds: 2,
        from: AbandonFrom::Greeting,
    }
}

/// (days ago, answered by persons, abandoned)
fn budget(days: &[(i32, u64, u64)]) -> Budget {
    let mut budget = Budget::default();
    for (ago, answered, abandoned) in days {
        let counts = Counts {
            answered_all: answered * 2,
            answered_persons: *answered,
            abandoned: *abandoned,
            late: 0,
        };
        budget.add(TODAY.plus(-ago), counts);
    }
    budget
}

fn used_up(budget: &Budget, rule: &AbandonRule) -> UsedUp {
    match budget.state(rule, TODAY) {
        BudgetState::UsedUp(used_up) => used_up,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_budget_is_free_while_one_more_abandoned_call_stays_within_the_cap() {
    // Today's (answered, abandoned) at 3 % -> how many of the next calls may be abandoned.
    let table = [
        ((0, 0), 1), // the start allowance
        ((20, 0), 1),
        ((5, 1), 0), // 20 %: nothing more before there are enough answers
        ((65, 1), 0),
        ((66, 1), 1), // 2 of 67 would be 2.985 %
        ((1000, 0), 30),
        ((1000, 28), 2), // 30 of 1002 would be 2.994 %
        ((1000, 30), 0),
        ((1000, 45), 0),
    ];
    for ((answered, abandoned), left) in table {
        let state = budget(&[(0, answered, abandoned)]).state(&rule(300, &[1]), TODAY);
        match state {
            BudgetState::Free { left: found } => assert_eq!(found, left, "{abandoned} of {answered}"),
            BudgetState::UsedUp(_) => assert_eq!(0, left, "{abandoned} of {answered}"),
            BudgetState::NoCap => panic!("there is a cap"),
        }
    }
}

#[test]
fn what_the_state_allows_never_breaks_the_cap_beyond_the_first_call_and_what_it_forbids_would() {
    for cap in [1, 50, 300, 1_234, 9_999, 10_000] {
        for answered in (0..400).chain([5_000, 123_456]) {
            for abandoned in 0..=answered.min(40) {
                let within = |n: u64, k: u64| WHOLE * k <= u64::from(cap) * n;
                let left = left(cap, abandoned, answered);
                if left > 0 && left < u64::MAX && abandoned > 0 {
                    assert!(within(answered + left, abandoned + left), "{cap} {answered} {abandoned}");
                    assert!(!within(answered + left + 1, abandoned + left + 1));
                }
                if left == 0 {
                    assert!(!within(answered + 1, abandoned + 1), "{cap} {answered} {abandoned}");
                    let missing = answers_missing(cap, abandoned, answered);
                    assert!(within(answered + missing + 1, abandoned + 1));
                    assert!(missing > 0 && !within(answered + missing, abandoned + 1));
                }
            }
        }
    }
}

#[test]
fn without_a_cap_there_is_no_budget() {
    let none = AbandonRule { cap: None, ..rule(300, &[30]) };
    assert_eq!(budget(&[(0, 10, 10)]).state(&none, TODAY), BudgetState::NoCap);
}

#[test]
fn a_late_agent_counts_as_much_as_none() {
    let mut budget = budget(&[(0, 60, 0)]);
    budget.add(TODAY, Counts { answered_all: 1, answered_persons: 1, abandoned: 0, late: 1 });
    assert_eq!(used_up(&budget, &rule(300, &[30])).abandoned, 1);
}

#[test]
fn a_window_holds_today_and_the_days_before_it() {
    let budget =
        budget(&[(0, 100, 1), (1, 200, 2), (29, 400, 4), (30, 800, 8), (365, 1600, 16), (366, 3200, 32)]);
    for (days, answered) in [(1, 100), (2, 300), (29, 300), (30, 700), (31, 1500), (366, 3100)] {
        assert_eq!(budget.counts(days, TODAY).answered_persons, answered, "{days} days");
        let sums = Sums::of(&budget.days, AnswersCounted::Persons);
        assert_eq!(sums.window(days, TODAY), (answered / 100, answered), "{days} days");
    }
    assert_eq!(budget.days.len(), 5, "the 366th day before is in no window any more");
    assert_eq!(budget.counts(1, TODAY.plus(-1)).answered_persons, 300, "days to come have happened");
}

#[test]
fn the_denominator_is_what_the_rule_counts() {
    let budget = budget(&[(0, 100, 3)]);
    let persons = rule(300, &[1]);
    let all = AbandonRule { count: AnswersCounted::All, ..persons.clone() };
    assert_eq!(used_up(&budget, &persons).answered, 100);
    assert_eq!(budget.state(&all, TODAY), BudgetState::Free { left: 3 }, "6 of 203 are 2.96 %");
}

#[test]
fn the_forecast_is_the_day_on_which_enough_bad_days_have_left_the_window() {
    // 30 days: 40 of 1000 is 4 %. In 10 days the worst day leaves it, and 10 of 500 are left.
    let budget = budget(&[(20, 500, 30), (5, 500, 10)]);
    let used_up = used_up(&budget, &rule(300, &[30]));
    assert_eq!((used_up.abandoned, used_up.answered, used_up.window_days), (40, 1000, 30));
    assert_eq!(used_up.more_on, TODAY.plus(10));
    assert_eq!(used_up.more_answers, 366, "41 of 1367 are 2.999 %");
    let text = "the abandon budget is used up (4 % of 1000 answered by persons in 30 days, cap 3 %): one call for each \
                idle agent until about 2026-12-03 or 366 more answers";
    assert_eq!(used_up.to_string(), text);
}

#[test]
fn the_window_that_binds_longest_is_the_one_that_is_named() {
    let both = rule(300, &[1, 30]);
    // Only today is over.
    let today = budget(&[(0, 100, 4), (3, 2000, 20)]);
    let found = used_up(&today, &both);
    assert_eq!((found.window_days, found.more_on, found.more_answers), (1, TODAY.plus(1), 66));
    let text = "the abandon budget is used up (4 % of 100 answered by persons today, cap 3 %): one call for each idle \
                agent until about 2026-11-24 or 66 more answers";
    assert_eq!(found.to_string(), text);
    // Only the month is over.
    let month = budget(&[(0, 100, 1), (3, 2000, 100)]);
    let found = used_up(&month, &both);
    assert_eq!((found.window_days, found.more_on), (30, TODAY.plus(27)));
    // Both are over.
    let both_over = budget(&[(0, 100, 50), (3, 2000, 60)]);
    let found = used_up(&both_over, &both);
    assert_eq!((found.window_days, found.more_on), (30, TODAY.plus(30)));
    assert_eq!(found.more_answers, 1599, "for both windows: 51 of 1700 today, 111 of 3700 in 30 days");
}

#[test]
fn by_the_forecast_day_the_budget_is_free_and_not_before() {
    let windows = rule(300, &[1, 7, 30]);
    for seed in 0..200_u64 {
        let day = |ago: u64| {
            let mix = (seed * 31 + ago) * 2_654_435_761 % 4_093;
            (i32::try_from(ago).unwrap(), mix % 90, (mix / 90) % 5)
        };
        let budget = budget(&(0..30).map(day).collect::<Vec<_>>());
        let BudgetState::UsedUp(found) = budget.state(&windows, TODAY) else { continue };
        for later in 0..found.more_on.0 - TODAY.0 {
            let state = budget.state(&windows, TODAY.plus(later));
            assert!(matches!(state, BudgetState::UsedUp(_)), "seed {seed}, {later} days later");
        }
        let state = budget.state(&windows, found.more_on);
        assert!(matches!(state, BudgetState::Free { .. }), "seed {seed}: {state:?}");
        let mut answered = budget.clone();
        let more = Counts { answered_persons: found.more_answers, ..Counts::NONE };
        answered.add(TODAY, more);
        assert!(matches!(answered.state(&windows, TODAY), BudgetState::Free { .. }), "seed {seed}");
    }
}
