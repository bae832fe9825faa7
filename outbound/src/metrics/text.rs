//! The text format of Prometheus, version 0.0.4: families, each with what it means, what it is, and its samples.

use std::fmt::Write as _;

use super::histogram::Snapshot;

/// What a family is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
}

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Page(String);

/// The samples of one family go here.
pub(super) struct Family<'a> {
    page: &'a mut String,
    name: &'static str,
}

/// Label names with their values.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

impl Page {
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        self.head(name, kind, help)
    }

    pub(super) fn histograms(&mut self, name: &'static str, help: &str) -> Histograms<'_> {
        Histograms(self.head(name, "histogram", help))
    }

    fn head(&mut self, name: &'static str, kind: &str, help: &str) -> Family<'_> {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family { page: &mut self.0, name }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

impl Family<'_> {
    pub(super) fn sample(&mut self, labels: Labels<'_>, value: impl std::fmt::Display) {
        self.line("", labels, None, value);
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, le: Option<f64>, value: impl std::fmt::Display) {
        let _ = write!(self.page, "{}{suffix}", self.name);
        let mut opened = false;
        for (name, text) in labels {
            let _ = write!(self.page, "{}{name}=\"{}\"", if opened { "," } else { "{" }, escaped(text));
            opened = true;
        }
        if let Some(le) = le {
            let le = if le.is_infinite() { "+Inf".to_owned() } else { rounded(le) };
            let _ = write!(self.page, "{}le=\"{le}\"", if opened { "," } else { "{" });
            opened = true;
        }
        let _ = writeln!(self.page, "{} {value}", if opened { "}" } else { "" });
    }
}

/// The samples of a histogram's family.
pub(super) struct Histograms<'a>(Family<'a>);

impl Histograms<'_> {
    pub(super) fn sample(&mut self, labels: Labels<'_>, histogram: &Snapshot) {
        for (le, count) in &histogram.buckets {
            self.0.line("_bucket", labels, Some(*le), count);
        }
        self.0.line("_sum", labels, None, histogram.sum);
        let count = histogram.buckets.last().map_or(0, |(_, count)| *count);
        self.0.line("_count", labels, None, count);
    }
}

/// 0.0005, not 0.0004999999999999999.
fn rounded(bound: f64) -> String {
    let text = format!("{bound:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_prometheus_reads() {
        let mut page = Page::default();
        let mut calls = page.family("calls_total", Kind::Counter, "Calls.");
        calls.sample(&[], 1);
        calls.sample(&[("queue", "a\"b\\c\nd"), ("state", "idle")], 2.5);
        let snapshot = Snapshot { buckets: vec![(0.0005, 1), (1.0, 1), (f64::INFINITY, 3)], sum: 4.5 };
        page.histograms("wait_seconds", "Waits.").sample(&[("asterisk", "pbx1")], &snapshot);
        let expected = "# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total 1\n\
            calls_total{queue=\"a\\\"b\\\\c\\nd\",state=\"idle\"} 2.5\n\
            # HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\n\
            wait_seconds_bucket{asterisk=\"pbx1\",le=\"0.0005\"} 1\nwait_seconds_bucket{asterisk=\"pbx1\",le=\"1\"} 1\n\
            wait_seconds_bucket{asterisk=\"pbx1\",le=\"+Inf\"} 3\nwait_seconds_sum{asterisk=\"pbx1\"} 4.5\n\
            wait_seconds_count{asterisk=\"pbx1\"} 3\n";
        assert_eq!(page.into_text(), expected);
    }
}
