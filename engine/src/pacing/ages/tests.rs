//! Known data, and the curves that follow from it.

use super::*;

fn empty(grid: Grid) -> Ages {
    Ages::new(grid, 1e9, 1e-9, |_| (1e-9, 0.0))
}

/// Two refreshes: what ended just now counts only with the second.
fn refreshed(mut ages: Ages) -> Ages {
    ages.refresh(1.0);
    ages.refresh(1.0);
    ages
}

fn near(a: f64, b: f64, within: f64) -> bool {
    (a - b).abs() <= within
}

#[test]
fn hazards_are_ends_over_those_at_risk() {
    // four calls: answered at 2.2 s and 5.7 s, failed at 2.4 s, and one that rings still, after 4.5 s
    let mut ages = empty(Grid::new(1.0, 0.0, 10.0));
    ages.ended(0.0, 2.2, 1.0, End::Wanted);
    ages.ended(0.0, 5.7, 1.0, End::Wanted);
    ages.ended(0.0, 2.4, 1.0, End::Other);
    ages.expose(0.0, 4.5, 1.0);
    let ages = refreshed(ages);
    let (wanted, other) = ages.chance[2];
    assert!(near(wanted, 0.25, 0.01) && near(other, 0.25, 0.01), "{wanted} {other}");
    assert!(near(ages.chance[5].0, 1.0, 0.03), "{:?}", ages.chance[5]);
    assert!(ages.chance[3].0 < 1e-6);
    assert!(near(ages.risk_wanted[4], 1.5, 0.01), "the one that rings counts as half");
    assert!(near(ages.at(10.0).1, 0.75, 0.02), "a quarter at once, then all that was left");
}

#[test]
fn talks_that_still_last_count_as_long_talks() {
    // half of a hundred last 10 s; the others were seen for 20 s, and last
    let mut ages = empty(Grid::new(0.5, 0.05, 600.0));
    for _ in 0..50 {
        ages.ended(0.0, 10.0, 1.0, End::Wanted);
        ages.expose(0.0, 20.0, 1.0);
    }
    let ages = refreshed(ages);
    assert!(near(ages.at(12.0).0, 0.5, 0.03), "{:?}", ages.at(12.0));
    assert!(near(ages.reaches(5.0, 10.0), 0.5, 0.03));
    assert!(near(ages.reaches(12.0, 7.0), 0.0, 0.01), "the long ones do not end before what was seen");
}

#[test]
fn many_that_end_at_once_do_not_look_like_all() {
    // fifty of the same age; five of them end at 2 s, the others are looked at a moment later
    let mut ages = empty(Grid::new(0.5, 0.0, 10.0));
    for _ in 0..5 {
        ages.ended(0.0, 2.0, 1.0, End::Other);
    }
    for _ in 0..45 {
        ages.expose(0.0, 2.0, 1.0);
    }
    ages.refresh(1.0);
    assert!(ages.at(2.5).0 > 0.99);
    for _ in 0..45 {
        ages.expose(2.0, 3.0, 1.0);
    }
    ages.refresh(1.0);
    assert!(near(ages.at(3.0).0, 0.9, 0.01), "{:?}", ages.at(3.0));
}

#[test]
fn curves_of_a_constant_hazard_are_exponential() {
    let ages = Ages::new(Grid::new(0.5, 0.05, 7_200.0), 1e9, 10.0, |_| (0.01, 0.005));
    for (age, within) in [(0.0, 30.0), (100.0, 30.0), (400.0, 5.0)] {
        let known = 2.0 / 3.0 * -(-0.015_f64 * within).exp_m1();
        assert!(near(ages.reaches(age, within), known, 0.09 * known), "{age}: {}", ages.reaches(age, within));
    }
    assert!(near(ages.share(), 2.0 / 3.0, 0.001));
    let quarters: [f64; 4] = ages.quantiles();
    for (part, quantile) in quarters.iter().enumerate() {
        let known = -(1.0 - (part as f64 + 0.5) / 4.0).ln() / 0.015;
        assert!(near(*quantile, known, 0.03 * known), "{quantile} {known}");
    }
}

#[test]
fn a_level_makes_the_wanted_end_more_likely_and_is_not_learned_as_usual() {
    let mut ages = empty(Grid::new(1.0, 0.0, 10.0));
    for one in 0..100 {
        if one < 20 {
            ages.ended(0.0, 4.5, 2.0, End::Wanted);
        } else {
            ages.expose(0.0, 5.0, 2.0);
        }
    }
    let mut ages = refreshed(ages);
    let usual = ages.chance[4].0;
    assert!(near(usual, 0.1, 0.005), "20 of 100 at twice the usual: {usual}");
    let before = ages.share();
    ages.refresh(3.0);
    assert!(ages.share() > before && near(ages.chance[4].0, usual, 1e-9));
}

#[test]
fn old_observations_fade() {
    let mut ages = Ages::new(Grid::new(1.0, 0.0, 10.0), 100.0, 1.0, |_| (0.1, 0.1));
    let mut live = |end, many| {
        for one in 0..many {
            ages.ended(0.0, 3.5, 1.0, end);
            if one % 10 == 0 {
                ages.refresh(1.0);
            }
        }
        ages.share()
    };
    assert!(live(End::Wanted, 1_000) > 0.95);
    assert!(live(End::Other, 700) < 0.05);
    assert!(live(End::Wanted, 100_000) > 0.95, "and weights do not overflow");
}
