//! How long things last, learned online: competing hazards by age. One end is wanted (an answer, an agent who is ready
//! again), every other is not. Exposure of what still lasts counts too (Nelson-Aalen; a product limit with censoring), so the
//! first hour does not see short talks only. Old observations fade.

/// The ages at which one bin ends and the next begins: even steps first, then steps that grow with the age.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    step: f64,
    even: usize,
    per_log: f64,
    edges: Vec<f64>,
    /// The bin at each multiple of `step`, for the ages that are looked up most.
    near: Vec<u16>,
}

/// Multiples of a grid's step whose bins are looked up, not computed.
const NEAR: usize = 1_200;

impl Grid {
    /// Bins of `step` seconds up to `limit` seconds; from where a bin would be narrower than `growth` x its age, of that width.
    pub(super) fn new(step: f64, growth: f64, limit: f64) -> Self {
        let mut edges = vec![0.0];
        let mut at = 0.0_f64;
        let mut even = 0;
        while at < limit {
            if growth * at > step {
                at *= 1.0 + growth;
            } else {
                even += 1;
                at = even as f64 * step;
            }
            edges.push(at);
        }
        let per_log = if growth > 0.0 { 1.0 / growth.ln_1p() } else { 0.0 };
        let mut grid = Self { step, even, per_log, edges, near: Vec::new() };
        grid.near = (0..NEAR).map(|multiple| grid.bin(multiple as f64 * step) as u16).collect();
        grid
    }

    /// Number of bins. The last one also takes whatever is older.
    pub(super) fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// Ages at the ends of the bins, seconds; one more than bins.
    pub(super) fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// The bin of an age in seconds.
    pub(super) fn bin(&self, age: f64) -> usize {
        let mut bin = match self.near.get((age / self.step) as usize) {
            Some(bin) => usize::from(*bin),
            None => self.bin_by_log(age).min(self.bins() - 1),
        };
        // what rounding did at an edge, and edges between two multiples
        while bin > 0 && age < self.edges[bin] {
            bin -= 1;
        }
        while bin + 1 < self.bins() && age >= self.edges[bin + 1] {
            bin += 1;
        }
        bin
    }

    /// The bin of an age, and how far into it the age is, 0 to 1.
    pub(super) fn place(&self, age: f64) -> (usize, f64) {
        let bin = self.bin(age);
        (bin, ((age - self.edges[bin]) / self.width(bin)).min(1.0))
    }

    fn bin_by_log(&self, age: f64) -> usize {
        let even_until = self.edges[self.even];
        if age < even_until {
            (age / self.step) as usize
        } else {
            self.even + ((age / even_until).ln() * self.per_log) as usize
        }
    }

    fn width(&self, bin: usize) -> f64 {
        self.edges[bin + 1] - self.edges[bin]
    }
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As hoped for.
    Wanted,
    /// In any other way.
    Other,
}

/// Hazards of the two ends by age, and the curves that follow from them.
#[derive(Debug, Clone)]
pub(super) struct Ages {
    grid: Grid,
    /// What is believed without data, as `chance`.
    prior: Vec<(f64, f64)>,
    /// Weighted bins lived through at risk of the wanted end, and of the other.
    risk_wanted: Vec<f64>,
    risk_other: Vec<f64>,
    /// Weighted ends.
    wanted: Vec<f64>,
    other: Vec<f64>,
    /// Weight of the newest observation; it grows, which is the same as letting the older ones fade.
    weight: f64,
    growth: f64,
    /// Ends that are not among the sums yet: those before the last `refresh`, and those since.
    settled: usize,
    pending: Vec<(usize, End)>,
    // as of the last `refresh`
    /// By bin: the share of those that come to it that end there (wanted, other).
    chance: Vec<(f64, f64)>,
    alive: Vec<f64>,
    reached: Vec<f64>,
}

/// The believed rates never fade below this many observations a bin.
const FLOOR: f64 = 0.02;
/// No bin is believed to end more than this share of what comes to it.
const STEEPEST: f64 = 0.998;
/// Ends that are remembered when nobody refreshes.
const MOST_PENDING: usize = 4_096;
/// Fewer than this share alive: nothing is known about such ages but the hazard.
const UNKNOWN: f64 = 1e-6;

impl Ages {
    /// `prior`: rates per second (wanted, other) for an age; it counts as `calls` observations, and all fade with the number of
    /// ends in `memory`.
    pub(super) fn new(grid: Grid, memory: f64, calls: f64, prior: impl Fn(f64) -> (f64, f64)) -> Self {
        let bins = grid.bins();
        let believed = |bin: usize| {
            let (wanted, other) = prior(f64::midpoint(grid.edges[bin], grid.edges[bin + 1]));
            let all = wanted + other;
            let gone = if all > 0.0 { -(-all * grid.width(bin)).exp_m1() / all } else { 0.0 };
            (wanted * gone, other * gone)
        };
        let prior: Vec<_> = (0..bins).map(believed).collect();
        let mut ages = Self {
            prior,
            risk_wanted: vec![0.0; bins],
            risk_other: vec![0.0; bins],
            wanted: vec![0.0; bins],
            other: vec![0.0; bins],
            weight: 1.0,
            growth: 1.0 + 1.0 / memory,
            settled: 0,
            pending: Vec::new(),
            chance: vec![(0.0, 0.0); bins],
            alive: vec![1.0; bins + 1],
            reached: vec![0.0; bins + 1],
            grid,
        };
        ages.refresh(1.0);
        for bin in 0..bins {
            let risk = calls * ages.alive[bin];
            ages.risk_wanted[bin] = risk;
            ages.risk_other[bin] = risk;
            ages.wanted[bin] = risk * ages.prior[bin].0;
            ages.other[bin] = risk * ages.prior[bin].1;
        }
        ages.refresh(1.0);
        ages
    }

    /// One was there from age `from` to age `to`, seconds, while the wanted end was `level` times as likely as usual.
    /// Returns how many wanted ends that would usually have made.
    pub(super) fn expose(&mut self, from: f64, to: f64, level: f64) -> f64 {
        let mut usual = 0.0;
        let mut at = from;
        let mut bin = self.grid.bin(from);
        while at < to {
            let until = if bin + 1 < self.grid.bins() { self.grid.edges[bin + 1].min(to) } else { to };
            let bins = (until - at) / self.grid.width(bin);
            self.risk_wanted[bin] += bins * self.weight * level;
            self.risk_other[bin] += bins * self.weight;
            usual += bins * self.chance[bin].0;
            at = until;
            bin += 1;
        }
        usual
    }

    /// One that was there from age `from` on ended at age `to`; else as `expose`. It was at risk for the whole of its last bin, as
    /// those are that end there later. It counts only when those have been there too: with the next `refresh` but one.
    pub(super) fn ended(&mut self, from: f64, to: f64, level: f64, end: End) -> f64 {
        if self.pending.len() >= MOST_PENDING {
            self.settle();
        }
        let bin = self.grid.bin(to);
        self.pending.push((bin, end));
        self.expose(from, to.max(self.grid.edges[bin + 1]), level)
    }

    fn settle(&mut self) {
        for (bin, end) in self.pending.drain(..self.settled) {
            match end {
                End::Wanted => self.wanted[bin] += self.weight,
                End::Other => self.other[bin] += self.weight,
            }
            self.weight *= self.growth;
        }
        self.settled = self.pending.len();
        if self.weight > 1e9 {
            for sums in [&mut self.risk_wanted, &mut self.risk_other, &mut self.wanted, &mut self.other] {
                sums.iter_mut().for_each(|sum| *sum /= self.weight);
            }
            self.weight = 1.0;
        }
    }

    /// Makes the curves anew, the wanted end being `level` times as likely as usual.
    pub(super) fn refresh(&mut self, level: f64) {
        self.settle();
        let floor = FLOOR * self.weight;
        let (mut alive, mut reached) = (1.0, 0.0);
        for bin in 0..self.grid.bins() {
            let (base_wanted, base_other) = self.prior[bin];
            let wanted = (self.wanted[bin] + floor * base_wanted) / (self.risk_wanted[bin] + floor);
            let other = (self.other[bin] + floor * base_other) / (self.risk_other[bin] + floor);
            self.chance[bin] = (wanted, other);
            let all = wanted * level + other;
            if all > 0.0 {
                let gone = alive * all.min(STEEPEST);
                reached += gone * wanted * level / all;
                alive -= gone;
            }
            self.alive[bin + 1] = alive;
            self.reached[bin + 1] = reached;
        }
    }

    /// The chance that what has age `age` ends as wanted within `within` seconds. By the curves of the last `refresh`.
    pub(super) fn reaches(&self, age: f64, within: f64) -> f64 {
        if within <= 0.0 {
            return 0.0;
        }
        let (alive, reached) = self.at(age);
        if alive < UNKNOWN {
            let bin = self.grid.bin(age);
            let (wanted, other) = self.chance[bin];
            let all = wanted + other;
            return if all > 0.0 {
                wanted / all * -(-all * within / self.grid.width(bin)).exp_m1()
            } else {
                0.0
            };
        }
        ((self.at(age + within).1 - reached) / alive).clamp(0.0, 1.0)
    }

    /// Share that is still there at an age, and share that has ended as wanted by then.
    pub(super) fn at(&self, age: f64) -> (f64, f64) {
        let (bin, part) = self.grid.place(age);
        let between = |curve: &[f64]| curve[bin] + (curve[bin + 1] - curve[bin]) * part;
        (between(&self.alive), between(&self.reached))
    }

    /// Share of all that ends as wanted.
    pub(super) fn share(&self) -> f64 {
        self.reached[self.grid.bins()]
    }

    /// Ages at the middle of the `N` equal parts of those that end as wanted, seconds.
    pub(super) fn quantiles<const N: usize>(&self) -> [f64; N] {
        let mut bin = 0;
        std::array::from_fn(|part| {
            let sought = self.share() * (part as f64 + 0.5) / N as f64;
            while bin + 1 < self.grid.bins() && self.reached[bin + 1] < sought {
                bin += 1;
            }
            let (low, high) = (self.reached[bin], self.reached[bin + 1]);
            let inside = if high > low { ((sought - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
            self.grid.edges[bin] + inside * self.grid.width(bin)
        })
    }

    /// The bins.
    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }
}

#[cfg(test)]
mod tests {
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
    fn every_age_is_in_the_bin_between_its_edges() {
        for grid in [Grid::new(0.5, 0.0, 40.0), Grid::new(0.5, 0.05, 7_200.0), Grid::new(0.25, 0.03, 3_600.0)]
        {
            for tenth in 0..80_000 {
                let age = f64::from(tenth) / 10.0;
                let bin = grid.bin(age);
                assert!(grid.edges()[bin] <= age, "{age}");
                assert!(bin + 1 == grid.bins() || age < grid.edges()[bin + 1], "{age}");
            }
        }
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
            assert!(
                near(ages.reaches(age, within), known, 0.09 * known),
                "{age}: {}",
                ages.reaches(age, within)
            );
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
}
