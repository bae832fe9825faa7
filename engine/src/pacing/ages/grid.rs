//! Ages in bins.

/// The ages at which one bin ends and the next begins: even steps first, then steps that grow with the age.
#[derive(Debug, Clone)]
pub(in crate::pacing) struct Grid {
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
    pub(in crate::pacing) fn new(step: f64, growth: f64, limit: f64) -> Self {
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
    pub(in crate::pacing) fn bins(&self) -> usize {
        self.edges.len() - 1
    }

    /// Ages at the ends of the bins, seconds; one more than bins.
    pub(in crate::pacing) fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// The bin of an age in seconds.
    #[inline]
    pub(in crate::pacing) fn bin(&self, age: f64) -> usize {
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
    #[inline]
    pub(in crate::pacing) fn place(&self, age: f64) -> (usize, f64) {
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

    pub(in crate::pacing) fn width(&self, bin: usize) -> f64 {
        self.edges[bin + 1] - self.edges[bin]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
