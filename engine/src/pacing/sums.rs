//! Sums of independent yes-or-no chances: exactly (Poisson-binomial, by convolution) and by a normal law that is corrected for
//! steps and skew. What the sums mean stands in `room`.

/// The law of a sum of chances, by counts; counts from the last one on are thrown together there.
#[derive(Debug, Clone, Default)]
pub(super) struct Exact {
    law: Vec<f64>,
    highest: usize,
}

impl Exact {
    /// Begins anew with a sum of nothing; counts of `top` and more are not told apart.
    pub(super) fn clear(&mut self, top: usize) {
        self.law.clear();
        self.law.resize(top + 1, 0.0);
        self.law[0] = 1.0;
        self.highest = 0;
    }

    /// Adds one chance.
    pub(super) fn add(&mut self, chance: f64) {
        let top = self.law.len() - 1;
        if top == 0 || chance <= 0.0 {
            return;
        }
        self.law[top] += self.law[top - 1] * chance;
        let rest = 1.0 - chance;
        for count in (1..=(self.highest + 1).min(top - 1)).rev() {
            self.law[count] = self.law[count] * rest + self.law[count - 1] * chance;
        }
        self.law[0] *= rest;
        self.highest = (self.highest + 1).min(top);
    }

    /// The chances of 0, 1, 2, ...
    pub(super) fn law(&self) -> &[f64] {
        &self.law
    }
}

/// The first three cumulants of a sum of chances.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    /// Mean.
    pub(super) mean: f64,
    variance: f64,
    third: f64,
}

impl Moments {
    /// Adds one chance.
    pub(super) fn add(&mut self, chance: f64) {
        let variance = chance * (1.0 - chance);
        self.mean += chance;
        self.variance += variance;
        self.third += variance * (1.0 - 2.0 * chance);
    }

    /// The chance that this sum is at least `start` more than `other`: normal law, continuity correction, first Edgeworth term.
    pub(super) fn exceeds(&self, other: &Self, start: i64) -> f64 {
        let mean = self.mean - other.mean - start as f64;
        let variance = self.variance + other.variance;
        if variance < 1e-9 {
            return if mean > -0.5 { 1.0 } else { 0.0 };
        }
        let deviation = variance.sqrt();
        let skew = (self.third - other.third) / (variance * deviation);
        let z = (-0.5 - mean) / deviation;
        let density = (-0.5 * z * z).exp() * 0.398_942_280_401_432_7;
        (above(z) + skew / 6.0 * (z * z - 1.0) * density).clamp(0.0, 1.0)
    }
}

/// The chance that a standard normal variable is above `z`; off by less than 1e-7 of itself (Numerical Recipes, erfcc).
fn above(z: f64) -> f64 {
    const SERIES: [f64; 10] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let x = z.abs() * std::f64::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x);
    let sum = SERIES.iter().fold(0.0, |sum, term| sum * t + term);
    let tail = 0.5 * t * (sum - x * x).exp();
    if z >= 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By going through all outcomes.
    fn brute(chances: &[f64]) -> Vec<f64> {
        let mut law = vec![0.0; chances.len() + 1];
        for outcome in 0..1_usize << chances.len() {
            let chance: f64 = (0..chances.len())
                .map(|one| if outcome >> one & 1 == 1 { chances[one] } else { 1.0 - chances[one] })
                .product();
            law[outcome.count_ones() as usize] += chance;
        }
        law
    }

    #[test]
    fn the_exact_law_is_that_of_all_outcomes() {
        let chances = [0.1, 0.35, 0.8, 0.02, 0.5, 0.99, 0.4];
        let wanted = brute(&chances);
        for top in 1..10 {
            let mut sum = Exact::default();
            sum.clear(top);
            chances.iter().for_each(|chance| sum.add(*chance));
            for (count, chance) in sum.law().iter().enumerate() {
                let known = if count < top {
                    wanted.get(count).copied().unwrap_or(0.0)
                } else {
                    wanted.iter().skip(top).sum()
                };
                assert!((chance - known).abs() < 1e-12, "top {top}, {count}: {chance} {known}");
            }
        }
    }

    #[test]
    fn the_normal_law_is_near_the_exact_one_for_many_chances() {
        let demand: Vec<f64> = (0..120).map(|call| 0.1 + 0.2 * f64::from(call % 7) / 7.0).collect();
        let supply: Vec<f64> = (0..40).map(|agent| 0.05 + f64::from(agent % 5) / 8.0).collect();
        let (mut calls, mut agents) = (Exact::default(), Exact::default());
        let (mut many, mut few) = (Moments::default(), Moments::default());
        calls.clear(160);
        agents.clear(160);
        demand.iter().for_each(|chance| {
            calls.add(*chance);
            many.add(*chance);
        });
        supply.iter().for_each(|chance| {
            agents.add(*chance);
            few.add(*chance);
        });
        for start in [0_i64, 5, 10, 15, 20] {
            let mut exact = 0.0;
            for (count, chance) in calls.law().iter().enumerate() {
                for (free, other) in agents.law().iter().enumerate() {
                    if count as i64 - free as i64 >= start {
                        exact += chance * other;
                    }
                }
            }
            let near = many.exceeds(&few, start);
            assert!((near - exact).abs() < 0.001 + 0.03 * exact, "{start}: {near} {exact}");
        }
    }

    #[test]
    fn the_normal_tail_is_that_of_the_tables() {
        for (z, tail) in [(0.0, 0.5), (1.0, 0.158_655_25), (1.96, 0.024_997_9), (-2.0, 0.977_249_87)] {
            assert!((above(z) - tail).abs() < 1e-6, "{z}");
        }
    }
}
