//! What a process uses, as Linux counts it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

/// Processor time that a process has used so far, thread by thread, in its own code and in the kernel, to the nanosecond where the
/// kernel counts so. Threads that have ended are missing.
pub(super) fn cpu(pid: u32) -> anyhow::Result<BTreeMap<OsString, Duration>> {
    let tasks = format!("/proc/{pid}/task");
    let mut threads = BTreeMap::new();
    for task in std::fs::read_dir(&tasks).with_context(|| format!("cannot read {tasks}"))? {
        let task = task?;
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let nanos = text.split(' ').next().and_then(|number| number.parse().ok());
        threads.insert(task.file_name(), Duration::from_nanos(nanos.unwrap_or(0)));
    }
    Ok(threads)
}

/// Processor time since then of the threads that there are.
pub(super) fn cpu_since(pid: u32, before: &BTreeMap<OsString, Duration>) -> anyhow::Result<Duration> {
    let since =
        |(thread, used): (OsString, Duration)| used - before.get(&thread).copied().unwrap_or_default();
    Ok(cpu(pid)?.into_iter().map(since).sum())
}

/// The same of the thread that asks.
pub(super) fn cpu_of_thread() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")
        .context("cannot read what this thread uses")?;
    let nanos = text.split(' ').next().and_then(|number| number.parse().ok());
    nanos.map(Duration::from_nanos).ok_or_else(|| anyhow!("no processor time in {text:?}"))
}

/// The same of a process whose threads come and go, to the hundredth of a second.
pub(super) fn cpu_with_ended_threads(pid: u32) -> anyhow::Result<Duration> {
    // Ticks of the clock that Linux counts by for programs: always so many a second.
    const TICKS: u64 = 100;
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    // The name of the program stands in brackets, and may hold anything.
    let fields = text.rsplit_once(')').map(|(_, rest)| rest.split_ascii_whitespace()).into_iter().flatten();
    let used: Vec<u64> = fields.skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    let [user, system] = used[..] else { return Err(anyhow!("no processor time in {path}")) };
    Ok(Duration::from_millis((user + system) * 1000 / TICKS))
}

/// Memory of a process that is in use, and the most that it was, in MB (1,000,000 octets).
pub(super) fn memory_mb(pid: u32) -> anyhow::Result<(f64, f64)> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.map(|kib| kib * 1024.0 / 1e6).ok_or_else(|| anyhow!("{path} has no {name}"))
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}
