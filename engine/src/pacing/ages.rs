//! How long things last, learned online: competing hazards by age. One end is wanted (an answer, an agent who is ready
//! again), every other is not. Exposure of what still lasts counts too (Nelson-Aalen; a product limit with censoring), so the
//! first hour does not see short talks only. Old observations fade.

mod grid;

pub(super) use grid::Grid;

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
            let (wanted, other) = prior(f64::midpoint(grid.edges()[bin], grid.edges()[bin + 1]));
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
            let until = if bin + 1 < self.grid.bins() { self.grid.edges()[bin + 1].min(to) } else { to };
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
        self.expose(from, to.max(self.grid.edges()[bin + 1]), level)
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
    #[cfg(test)]
    pub(super) fn reaches(&self, age: f64, within: f64) -> f64 {
        self.reaches_each(age, |reaches| reaches(within))
    }

    /// The same for several times: the age is looked up once.
    pub(super) fn reaches_each<T>(&self, age: f64, each: impl FnOnce(&dyn Fn(f64) -> f64) -> T) -> T {
        let (alive, reached) = self.at(age);
        if alive < UNKNOWN {
            return each(&|within| self.by_hazard(age, within));
        }
        each(&|within| {
            if within <= 0.0 { 0.0 } else { ((self.at(age + within).1 - reached) / alive).clamp(0.0, 1.0) }
        })
    }

    /// By the hazard at an age alone.
    fn by_hazard(&self, age: f64, within: f64) -> f64 {
        let bin = self.grid.bin(age);
        let (wanted, other) = self.chance[bin];
        let all = wanted + other;
        if within <= 0.0 || all <= 0.0 {
            return 0.0;
        }
        wanted / all * -(-all * within / self.grid.width(bin)).exp_m1()
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
            self.grid.edges()[bin] + inside * self.grid.width(bin)
        })
    }

    /// The bins.
    pub(super) fn grid(&self) -> &Grid {
        &self.grid
    }
}

#[cfg(test)]
mod tests;
