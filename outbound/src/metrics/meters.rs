//! The counters, each with whoever counts: the driver, an Asterisk's link, the store's writer. All are read at any time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use engine::dialing::{Ended, Outcome};
use uuid::Uuid;

use super::Histogram;

/// Each outcome with its word, as in results.
const OUTCOMES: [(Outcome, &str); 10] = [
    (Outcome::Answered, "answered"),
    (Outcome::Machine, "machine"),
    (Outcome::Abandoned, "abandoned"),
    (Outcome::Busy, "busy"),
    (Outcome::NoAnswer, "no_answer"),
    (Outcome::Congestion, "congestion"),
    (Outcome::Failed, "failed"),
    (Outcome::Refused, "refused"),
    (Outcome::Unknown, "unknown"),
    (Outcome::NoAgent, "no_agent"),
];

/// What the driver counts.
#[derive(Debug)]
pub struct Meters {
    outcomes: [AtomicU64; OUTCOMES.len()],
    /// From the answer to the agent.
    pub answer_to_agent: Histogram,
}

impl Default for Meters {
    fn default() -> Self {
        Self { outcomes: Default::default(), answer_to_agent: Histogram::of_waits() }
    }
}

impl Meters {
    /// Counts a dialing that has ended.
    pub fn ended(&self, ended: &Ended) {
        if let Some(at) = OUTCOMES.iter().position(|(outcome, _)| *outcome == ended.outcome) {
            self.outcomes[at].fetch_add(1, Ordering::Relaxed);
        }
        let progress = &ended.dialing.progress;
        if let (Some(answered), Some(connected)) = (progress.dial_end, progress.connected) {
            self.answer_to_agent.observe(connected.since(answered));
        }
    }

    /// Each outcome with its calls.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        OUTCOMES.iter().zip(&self.outcomes).map(|((_, word), count)| (*word, count.load(Ordering::Relaxed)))
    }
}

/// What is counted of one Asterisk.
#[derive(Debug)]
pub struct AsteriskMeter {
    attempts: AtomicU64,
    connections: AtomicU64,
    /// The session's Pings, one a second.
    pub ping: Histogram,
    /// From an Originate to Asterisk's response; of one at a time.
    pub originate: Histogram,
    /// The Originate whose response is waited for.
    asked: Mutex<Option<(Uuid, Instant)>>,
}

/// An Originate that has no response by then has lost it.
const RESPONSE_MAX: Duration = Duration::from_secs(60);

impl Default for AsteriskMeter {
    fn default() -> Self {
        Self {
            attempts: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            ping: Histogram::of_latencies(),
            originate: Histogram::of_latencies(),
            asked: Mutex::default(),
        }
    }
}

impl AsteriskMeter {
    /// An Originate is about to be sent.
    pub fn asks(&self, dialing: Uuid) {
        let mut asked = self.asked();
        if asked.is_none_or(|(_, since)| since.elapsed() > RESPONSE_MAX) {
            *asked = Some((dialing, Instant::now()));
        }
    }

    /// It was sent.
    pub fn sent(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    /// It could not be sent.
    pub fn unsent(&self, dialing: Uuid) {
        self.asked().take_if(|(asked, _)| *asked == dialing);
    }

    /// Asterisk has responded to it.
    pub fn responded(&self, dialing: Uuid) {
        if let Some((_, since)) = self.asked().take_if(|(asked, _)| *asked == dialing) {
            self.originate.observe(since.elapsed());
        }
    }

    /// There is a session.
    pub fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        *self.asked() = None;
    }

    /// Originates that were sent to call customers.
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// Sessions after the first.
    pub fn reconnects(&self) -> u64 {
        self.connections.load(Ordering::Relaxed).saturating_sub(1)
    }

    fn asked(&self) -> MutexGuard<'_, Option<(Uuid, Instant)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the store's writer counts.
#[derive(Debug)]
pub struct StoreMeter {
    /// Requests in one transaction.
    pub batch: Histogram,
    /// Commits that came through.
    pub commit: Histogram,
    failures: AtomicU64,
}

impl Default for StoreMeter {
    fn default() -> Self {
        let failures = AtomicU64::new(0);
        Self { batch: Histogram::of_sizes(), commit: Histogram::of_latencies(), failures }
    }
}

impl StoreMeter {
    /// A transaction is lost.
    pub fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Transactions that were lost.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_originate_at_a_time_is_measured_and_all_that_were_sent_are_counted() {
        let (meter, [one, two]) = (AsteriskMeter::default(), [Uuid::from_u128(1), Uuid::from_u128(2)]);
        let measured = || meter.originate.snapshot().buckets.last().map(|(_, count)| *count);
        for dialing in [one, two] {
            meter.asks(dialing);
            meter.sent();
        }
        meter.responded(two);
        assert_eq!((meter.attempts(), measured()), (2, Some(0)));
        meter.responded(one);
        assert_eq!(measured(), Some(1));
        meter.asks(two);
        meter.unsent(two);
        meter.asks(one);
        meter.connected();
        meter.responded(one);
        assert_eq!((measured(), meter.reconnects()), (Some(1), 0), "what was lost has no time");
        meter.connected();
        assert_eq!(meter.reconnects(), 1);
    }

    #[test]
    fn the_words_are_those_of_results() {
        for (outcome, word) in OUTCOMES {
            assert_eq!(serde_json::to_value(outcome).unwrap(), word);
        }
    }
}
