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
