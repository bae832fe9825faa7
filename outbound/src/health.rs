//! Whether the daemon still moves, and what it uses. Each beat goes through the driver's inbox and through the store's writer
//! and back; a line at level debug says now and then what is in hand, in memory and open.
//!
//! A slow or full disk is no reason to end the daemon: the writer counts as stuck only when it has not finished a single
//! thing for minutes.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::core::Daemon;
use crate::driver::Counts;

/// A line is not written more often than that.
const LOG_MIN: Duration = Duration::from_millis(50);
/// Nor less often.
const LOG_MAX: Duration = Duration::from_secs(3600);
/// How long the driver may take to answer; a beat of the watchdog may be shorter.
const DRIVER_MAX: Duration = Duration::from_secs(10);
/// A writer that has not finished anything for so long hangs for good. No disk that is only slow takes so long for one commit.
const WRITER_MAX: Duration = Duration::from_secs(300);

/// What a beat has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beat {
    /// The daemon moves; how it is, in words.
    Alive(String),
    /// A part of it hangs; which.
    Stuck(&'static str),
}

/// Looks after a daemon.
pub struct Pulse {
    daemon: Daemon,
    every: Duration,
    /// How long the driver may take to answer.
    patience: Duration,
    log_every: Duration,
    probe: Option<oneshot::Receiver<()>>,
    writer: Progress,
    logged: Option<Instant>,
    stuck: Option<&'static str>,
}

/// When the writer was last seen to finish something.
struct Progress {
    turns: u64,
    since: Instant,
}

impl Pulse {
    /// A pulse that writes its line each `log_seconds`, and beats at least as often as `every`.
    pub fn new(daemon: Daemon, log_seconds: f64, every: Option<Duration>) -> Self {
        let log_every = Duration::try_from_secs_f64(log_seconds).unwrap_or(LOG_MAX).clamp(LOG_MIN, LOG_MAX);
        let patience = every.unwrap_or(DRIVER_MAX).min(DRIVER_MAX);
        let writer = Progress { turns: 0, since: Instant::now() };
        Self {
            daemon,
            every: patience.min(log_every),
            patience,
            log_every,
            probe: None,
            writer,
            logged: None,
            stuck: None,
        }
    }

    /// Tells what each beat has found. Where the driver has ended there is nothing more to tell.
    pub async fn run(mut self, tell: impl Fn(&Beat)) -> Infallible {
        let mut tick = interval(self.every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let Some(beat) = self.beat().await else { break };
            self.log(&beat);
            tell(&beat);
        }
        std::future::pending().await
    }

    async fn beat(&mut self) -> Option<Beat> {
        let patience = self.patience;
        let counts = match timeout(patience, self.daemon.inbox.counts()).await {
            Ok(Some(counts)) => counts,
            Ok(None) => return None,
            Err(_) => return Some(Beat::Stuck("driver")),
        };
        let writes = self.writer_goes_on();
        if self.logged.is_none_or(|logged| logged.elapsed() + self.every / 2 >= self.log_every) {
            self.logged = Some(Instant::now());
            self.log_health(&counts);
        }
        Some(if writes { Beat::Alive(words(&counts)) } else { Beat::Stuck("store-writer") })
    }

    /// Asks the writer for an answer that writes nothing, one at a time.
    fn writer_goes_on(&mut self) -> bool {
        let answered = match &mut self.probe {
            None => false,
            Some(probe) => match probe.try_recv() {
                Ok(()) => true,
                Err(oneshot::error::TryRecvError::Empty) => false,
                // The store was closed, or its thread has ended: somebody else tells that.
                Err(oneshot::error::TryRecvError::Closed) => true,
            },
        };
        if answered || self.probe.is_none() {
            self.probe = Some(self.daemon.store.probe());
        }
        self.writer.goes_on(answered, self.daemon.store.turns(), Instant::now())
    }

    fn log(&mut self, beat: &Beat) {
        let stuck = match beat {
            Beat::Alive(_) => None,
            Beat::Stuck(part) => Some(*part),
        };
        match (self.stuck, stuck) {
            (before, Some(part)) if before != Some(part) => tracing::error!(
                part,
                "a part of the daemon does not answer; under systemd's watchdog the daemon is ended and started again"
            ),
            (Some(part), None) => {
                tracing::warn!(part, "the part of the daemon that did not answer does so again")
            }
            _ => {}
        }
        self.stuck = stuck;
    }

    fn log_health(&self, counts: &Counts) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let process = Process::read();
        let metrics = tokio::runtime::Handle::current().metrics();
        tracing::debug!(
            resident_kb = process.resident_kb,
            threads = process.threads,
            files = process.files,
            tasks = metrics.num_alive_tasks(),
            clients = self.daemon.broadcast.sessions(),
            inbox = counts.inbox,
            with_store = counts.with_store,
            untold = counts.untold,
            remembered = counts.remembered,
            store_waiting = self.daemon.store.waiting(),
            wal_octets = self.daemon.store.wal_octets(),
            calls = counts.engine.calls,
            offers = counts.engine.offers,
            campaigns = counts.engine.campaigns,
            kept = counts.engine.kept,
            learned = counts.engine.learned,
            "health"
        );
    }
}

impl Progress {
    /// False where nothing was finished for too long.
    fn goes_on(&mut self, answered: bool, turns: u64, now: Instant) -> bool {
        if answered || turns != self.turns {
            (self.turns, self.since) = (turns, now);
        }
        now - self.since < WRITER_MAX
    }
}

/// How the daemon is, in one line for `systemctl status`.
fn words(counts: &Counts) -> String {
    let Counts { engine, ready, asterisks, with_store, .. } = counts;
    let (campaigns, calls) = (engine.campaigns, engine.calls);
    format!(
        "{ready} of {asterisks} Asterisks ready, {campaigns} campaigns at work, {calls} calls, {with_store} writes under way"
    )
}

/// What the system says of this process; zeros where it has no `/proc`.
#[derive(Debug, Default)]
pub(crate) struct Process {
    pub(crate) resident_kb: u64,
    pub(crate) threads: u64,
    pub(crate) files: usize,
}

/// The most memory that this process has had so far, in KiB; 0 where the system does not say it.
pub fn peak_resident_kb() -> u64 {
    status_number(&status(), "VmHWM:")
}

fn status() -> String {
    std::fs::read_to_string("/proc/self/status").unwrap_or_default()
}

fn status_number(status: &str, key: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

impl Process {
    pub(crate) fn read() -> Self {
        let status = status();
        let number = |key: &str| status_number(&status, key);
        // The folder itself is open while it is read.
        let files = std::fs::read_dir("/proc/self/fd").map_or(0, |files| files.count().saturating_sub(1));
        Self { resident_kb: number("VmRSS:"), threads: number("Threads:"), files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_that_finishes_something_now_and_then_goes_on_however_slow_it_is() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut writer = Progress { turns: 0, since: start };
        // One commit that takes four minutes, then an answer, then steps of long work without an answer.
        for (seconds, answered, turns) in [(240, false, 0), (250, true, 1), (500, false, 2), (790, false, 3)]
        {
            assert!(writer.goes_on(answered, turns, at(seconds)), "{seconds}");
        }
        assert!(writer.goes_on(false, 3, at(790 + 299)));
        assert!(!writer.goes_on(false, 3, at(790 + 300)));
        assert!(writer.goes_on(true, 3, at(2_000)), "it was only slow after all");
    }

    #[test]
    fn what_the_system_says_of_this_process_is_read() {
        let process = Process::read();
        assert!(process.resident_kb > 1_000 && process.threads >= 1 && process.files >= 3, "{process:?}");
    }
}
