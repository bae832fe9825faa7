//! Days put together: means with their 95 % confidence intervals over days.

use serde::Serialize;

use crate::tally::Tally;

/// A figure and half the width of its 95 % confidence interval (Student's t over days; 0 for a single day).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// It is within `value` ± this.
    pub within: f64,
}

/// What a policy made of some days of a room. Shares are 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Days.
    pub days: u32,
    /// The share of logged-in time in talk or wrap-up.
    pub utilisation: Estimate,
    /// Persons who found no agent in time, over all persons who answered.
    pub abandoned: Estimate,
    /// The highest share in a half hour with at least 20 persons.
    pub worst_half_hour: f64,
    /// Days on which the share was above the cap.
    pub days_over_cap: u32,
    /// Days on which it was above the cap and 0.1 of a hundredth (3.1 % for 3 %).
    pub days_clearly_over_cap: u32,
    /// Calls dialed in a day.
    pub calls_a_day: f64,
    /// Persons who answered in a day.
    pub persons_a_day: f64,
    /// Persons whom the detection took for machines, over all persons who answered.
    pub mistaken: f64,
}

impl Summary {
    /// Puts days together. `abandon_cap`: 0 to 1.
    pub fn of(days: &[Tally], abandon_cap: f64) -> Self {
        let over = |cap: f64| days.iter().filter(|day| day.abandoned_share() > cap).count() as u32;
        let persons = total(days, |day| day.persons as f64);
        let mistaken = total(days, |day| day.mistaken as f64);
        let count = days.len().max(1) as f64;
        Self {
            days: days.len() as u32,
            utilisation: ratio(days, |day| day.busy_s, |day| day.logged_in_s),
            abandoned: ratio(days, |day| day.abandoned as f64, |day| day.persons as f64),
            worst_half_hour: days.iter().map(Tally::worst_window).fold(0.0, f64::max),
            days_over_cap: over(abandon_cap),
            days_clearly_over_cap: over(abandon_cap + 0.001),
            calls_a_day: total(days, |day| day.calls as f64) / count,
            persons_a_day: persons / count,
            mistaken: if persons > 0.0 { mistaken / persons } else { 0.0 },
        }
    }
}

fn total(days: &[Tally], part: impl Fn(&Tally) -> f64) -> f64 {
    days.iter().map(part).sum()
}

/// A ratio of sums over days, and its interval by the usual linearisation of the ratio estimator (Cochran 1977, ch. 6).
fn ratio(days: &[Tally], part: impl Fn(&Tally) -> f64, whole: impl Fn(&Tally) -> f64) -> Estimate {
    let sum = total(days, &whole);
    if sum <= 0.0 {
        return Estimate::default();
    }
    let value = total(days, &part) / sum;
    let count = days.len();
    if count < 2 {
        return Estimate { value, within: 0.0 };
    }
    let squares = total(days, |day| (part(day) - value * whole(day)).powi(2));
    let n = count as f64;
    let error = (squares * n / (n - 1.0)).sqrt() / sum;
    Estimate { value, within: student(count - 1) * error }
}

/// The 97.5 % quantile of Student's t.
fn student(freedom: usize) -> f64 {
    const FEW: [f64; 5] = [12.706, 4.303, 3.182, 2.776, 2.571];
    if let Some(quantile) = freedom.checked_sub(1).and_then(|index| FEW.get(index)) {
        return *quantile;
    }
    // Abramowitz and Stegun 26.7.5, three terms.
    let (z, n) = (1.959_964_f64, freedom as f64);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / n + second / n.powi(2) + third / n.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, quantile) in [(1, 12.706), (5, 2.571), (6, 2.447), (19, 2.093), (100, 1.984)] {
            assert!((student(freedom) - quantile).abs() < 0.003, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn days_of_equal_size_have_the_interval_of_their_mean() {
        let day = |abandoned| Tally { persons: 100, abandoned, logged_in_s: 1.0, ..Tally::default() };
        let summary = Summary::of(&[day(1), day(2), day(3), day(6)], 0.03);
        assert!((summary.abandoned.value - 0.03).abs() < 1e-12);
        let expected = 3.182 * (14.0_f64 / 3.0).sqrt() / 100.0 / 2.0;
        assert!((summary.abandoned.within - expected).abs() < 1e-9, "{summary:?}");
        assert_eq!((summary.days_over_cap, summary.days_clearly_over_cap), (1, 1));
    }
}
