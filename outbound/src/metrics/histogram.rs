//! Observations by size, in fixed buckets: one atomic addition for the bucket and one for the sum.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// See the module. Whole units inside; `unit` is what one of them is on the page.
#[derive(Debug)]
pub struct Histogram {
    /// The highest value of each bucket but the last, rising.
    bounds: &'static [u64],
    unit: f64,
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Upper bounds as on the page, each with the observations up to it; the last is infinite and has all.
    pub buckets: Vec<(f64, u64)>,
    /// Of all observations.
    pub sum: f64,
}

/// From half a millisecond, for what goes over a network or to a disk.
const LATENCIES_US: &[u64] = &[
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000,
];
/// Around the seconds that laws give an agent.
const WAITS_US: &[u64] = &[
    100_000, 250_000, 500_000, 1_000_000, 1_500_000, 2_000_000, 3_000_000, 5_000_000, 10_000_000, 20_000_000,
    30_000_000, 60_000_000,
];
/// Up to the most of one transaction.
const SIZES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

impl Histogram {
    /// For latencies of up to 5 s.
    pub fn of_latencies() -> Self {
        Self::new(LATENCIES_US, 1e-6)
    }

    /// For people who wait, up to 60 s.
    pub fn of_waits() -> Self {
        Self::new(WAITS_US, 1e-6)
    }

    /// For sizes of up to 512.
    pub fn of_sizes() -> Self {
        Self::new(SIZES, 1.0)
    }

    fn new(bounds: &'static [u64], unit: f64) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, unit, counts, sum: AtomicU64::new(0) }
    }

    /// Adds a duration.
    pub fn observe(&self, took: Duration) {
        self.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds a size.
    pub fn observe_size(&self, size: usize) {
        self.add(u64::try_from(size).unwrap_or(u64::MAX));
    }

    fn add(&self, value: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// What it holds now.
    #[expect(clippy::cast_precision_loss, reason = "a page of figures")]
    pub fn snapshot(&self) -> Snapshot {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 * self.unit).chain([f64::INFINITY]);
        let mut sum = 0;
        let counts = self.counts.iter().map(|count| {
            sum += count.load(Ordering::Relaxed);
            sum
        });
        let buckets = bounds.zip(counts).collect();
        Snapshot { buckets, sum: self.sum.load(Ordering::Relaxed) as f64 * self.unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_in_each_bucket_from_its_own_size_on() {
        let sizes = Histogram::of_sizes();
        for size in [0, 1, 2, 3, 512, 513] {
            sizes.observe_size(size);
        }
        let Snapshot { buckets, sum } = sizes.snapshot();
        assert_eq!(buckets[..4], [(1.0, 2), (2.0, 3), (4.0, 4), (8.0, 4)]);
        assert_eq!(buckets[9..], [(512.0, 5), (f64::INFINITY, 6)]);
        assert_eq!(sum, 1031.0);
        let waits = Histogram::of_waits();
        waits.observe(Duration::from_millis(1_999));
        waits.observe(Duration::from_secs(2));
        waits.observe(Duration::from_micros(2_000_001));
        let Snapshot { buckets, sum } = waits.snapshot();
        assert_eq!(buckets[4..7], [(1.5, 0), (2.0, 2), (3.0, 3)]);
        assert!((sum - 5.999_001).abs() < 1e-9, "{sum}");
    }
}
