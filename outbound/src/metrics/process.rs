//! What the system says of this process: figures that every program has, under the names that Prometheus' own clients give them.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::text::{Kind, Page};
use crate::health::Process;

static STARTED: OnceLock<Duration> = OnceLock::new();

/// Notes when the process began; the first time counts.
pub fn begin() {
    STARTED.get_or_init(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
}

pub(super) fn write(page: &mut Page) {
    let process = Process::read();
    let mut one = |name, kind, help, value: f64| page.family(name, kind, help).sample(&[], value);
    #[expect(clippy::cast_precision_loss, reason = "a page of figures")]
    let octets = process.resident_kb as f64 * 1024.0;
    one("process_resident_memory_bytes", Kind::Gauge, "Memory in use.", octets);
    #[expect(clippy::cast_precision_loss, reason = "a page of figures")]
    let (files, threads) = (process.files as f64, process.threads as f64);
    one("process_open_fds", Kind::Gauge, "Open file handles.", files);
    one("process_threads", Kind::Gauge, "Threads.", threads);
    one("process_cpu_seconds_total", Kind::Counter, "CPU time used, user and system.", cpu().as_secs_f64());
    let started = STARTED.get().copied().unwrap_or_default().as_secs_f64();
    one(
        "process_start_time_seconds",
        Kind::Gauge,
        "When the daemon was started, in seconds since 1970.",
        started,
    );
    if let Some(max) = open_files_max() {
        one("process_max_fds", Kind::Gauge, "The most file handles that may be open.", max);
    }
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}

/// `None` where the system does not say it, or there is no limit.
fn open_files_max() -> Option<f64> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
