//! What was measured, against what is promised.

use serde::Serialize;

/// Which way a figure should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better: a rate.
    Higher,
    /// Less is better: a time, memory.
    Lower,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Promise {
    /// What it counts.
    pub unit: &'static str,
    /// The least, or the most, that it may be.
    #[serde(rename = "target")]
    pub limit: f64,
    /// Which of the two.
    pub better: Better,
}

/// One measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The figure.
    pub value: f64,
    /// What else was seen, by its name with the unit.
    pub details: Vec<(&'static str, f64)>,
}

/// The same measured several times.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    name: &'static str,
    #[serde(flatten)]
    promise: Promise,
    runs: Vec<Measured>,
    other: Vec<Measured>,
}

impl Promise {
    /// How far a value is beyond what is promised: from 1 on it is kept.
    pub fn ratio(&self, value: f64) -> f64 {
        match self.better {
            Better::Higher => value / self.limit,
            Better::Lower => self.limit / value,
        }
    }
}

impl Figure {
    pub(super) fn new(name: &'static str, promise: Promise) -> Self {
        Self { name, promise, runs: Vec::new(), other: Vec::new() }
    }

    pub(super) fn add(&mut self, measured: Measured) {
        self.runs.push(measured);
    }

    pub(super) fn add_other(&mut self, measured: Measured) {
        self.other.push(measured);
    }

    /// The median of this program's runs.
    pub fn median(&self) -> f64 {
        median(self.runs.iter().map(|run| run.value))
    }

    /// The median of the other program's runs, and how many times better this one is.
    pub fn against(&self) -> Option<(f64, f64)> {
        let other = median(self.other.iter().map(|run| run.value));
        let times = match self.promise.better {
            Better::Higher => self.median() / other,
            Better::Lower => other / self.median(),
        };
        (!self.other.is_empty()).then_some((other, times))
    }

    /// Whether the median keeps the promise.
    pub fn is_kept(&self) -> bool {
        self.promise.ratio(self.median()) >= 1.0
    }

    /// One line for people.
    pub fn line(&self) -> String {
        let Promise { unit, limit, better } = self.promise;
        let bound = if better == Better::Higher { "at least" } else { "at most" };
        let values = self.runs.iter().map(|run| run.value);
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        let kept = if self.is_kept() { "kept" } else { "MISSED" };
        let median = self.median();
        let mut line = format!(
            "{:<14} {:>10} {unit} ({} to {}); {bound} {}: {:.2} of it, {kept}",
            self.name,
            short(median),
            short(low),
            short(high),
            short(limit),
            self.promise.ratio(median)
        );
        if let Some((other, times)) = self.against() {
            line += &format!("; the other binary {}: {times:.2} times better", short(other));
        }
        line
    }

    /// What else was seen, as medians.
    pub fn details(&self) -> Vec<(&'static str, f64)> {
        let names = self.runs.first().map(|run| run.details.as_slice()).unwrap_or_default();
        let of =
            |name| median(self.runs.iter().flat_map(|run| &run.details).filter(|d| d.0 == name).map(|d| d.1));
        names.iter().map(|(name, _)| (*name, of(*name))).collect()
    }

    /// One object for scripts.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "name": self.name,
            "unit": self.promise.unit,
            "better": self.promise.better,
            "target": self.promise.limit,
            "value": self.median(),
            "ratio": self.promise.ratio(self.median()),
            "kept": self.is_kept(),
            "other": self.against().map(|(other, _)| other),
            "times_better": self.against().map(|(_, times)| times),
            "details": self.details().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "runs": self.runs.iter().map(|run| run.value).collect::<Vec<_>>(),
            "other_runs": self.other.iter().map(|run| run.value).collect::<Vec<_>>(),
        })
    }
}

/// A number of people's size: three digits that matter.
pub fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

/// The value that so many of a hundred do not exceed; not a number where there is none.
pub(super) fn percentile(values: &mut [f64], percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * percent / 100.0).ceil().max(1.0);
    values.get(rank as usize - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(better: Better, limit: f64, values: &[f64], other: &[f64]) -> Figure {
        let mut figure = Figure::new("x", Promise { unit: "ms", limit, better });
        let measured = |value: &f64| Measured { value: *value, details: vec![("twice", value * 2.0)] };
        values.iter().map(measured).for_each(|measured| figure.add(measured));
        other.iter().map(measured).for_each(|measured| figure.add_other(measured));
        figure
    }

    #[test]
    fn the_median_decides_whether_a_promise_is_kept() {
        let rate = figure(Better::Higher, 10.0, &[9.0, 30.0, 11.0], &[]);
        assert!(rate.is_kept());
        assert_eq!((rate.median(), rate.details()), (11.0, vec![("twice", 22.0)]));
        assert!(!figure(Better::Higher, 10.0, &[9.0, 9.9, 11.0], &[]).is_kept());
        assert!(figure(Better::Lower, 10.0, &[9.0, 9.8, 11.0, 100.0], &[]).promise.ratio(10.4) < 1.0);
        assert!(!figure(Better::Lower, 10.0, &[9.0, 9.8, 11.0, 100.0], &[]).is_kept());
        assert!(!figure(Better::Lower, 10.0, &[], &[]).is_kept());
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let mut hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut hundred, 99.0), 99.0);
        assert_eq!(percentile(&mut hundred, 50.0), 50.0);
        assert_eq!(percentile(&mut hundred, 100.0), 100.0);
        assert_eq!(percentile(&mut [3.0, 1.0, 2.0], 99.0), 3.0);
        assert_eq!(percentile(&mut [3.0, 1.0], 0.0), 1.0);
        assert!(percentile(&mut [], 99.0).is_nan());
    }

    #[test]
    fn another_binary_is_compared_the_way_that_is_better() {
        assert_eq!(figure(Better::Higher, 1.0, &[20.0], &[10.0]).against(), Some((10.0, 2.0)));
        assert_eq!(figure(Better::Lower, 1.0, &[20.0], &[10.0]).against(), Some((10.0, 0.5)));
        assert_eq!(figure(Better::Lower, 1.0, &[20.0], &[]).against(), None);
    }
}
