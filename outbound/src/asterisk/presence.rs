//! Whether an Asterisk is there, since when it is not, and why: said in the log once for each change, and to whoever asks why
//! nothing is dialed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How often it is said again of an Asterisk that stays away.
const REMIND: Duration = Duration::from_secs(60);

/// What is known of one Asterisk.
#[derive(Debug)]
pub(super) struct Presence {
    name: Arc<str>,
    state: Mutex<State>,
    refusal: Notify,
}

#[derive(Debug)]
struct State {
    standing: Standing,
    /// Away since, and why; of one that is ready, of the last time.
    since: Instant,
    cause: String,
    /// What was said of it last, and when.
    reason: String,
    told: Instant,
    found: Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Away,
    /// Connected; its channels and queues are not known yet.
    Comparing,
    Ready,
}

/// What became of the calls on an Asterisk that was away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Those that are up go on.
    pub up: usize,
    /// Those that are gone end.
    pub gone: usize,
    /// Those that never reached it go back.
    pub unreached: usize,
}

impl Presence {
    pub(super) fn new(name: Arc<str>) -> Self {
        let now = Instant::now();
        let reason = "not connected yet".to_owned();
        let state = State {
            standing: Standing::Away,
            since: now,
            cause: reason.clone(),
            reason,
            told: now,
            found: Found::default(),
        };
        Self { name, state: Mutex::new(state), refusal: Notify::new() }
    }

    /// It is gone, or still away. `calls` are in flight there.
    pub(super) fn lost(&self, reason: &str, calls: u32) {
        let mut state = self.lock();
        let now = Instant::now();
        if state.standing != Standing::Away {
            (state.standing, state.since, state.cause) = (Standing::Away, now, reason.to_owned());
            tracing::warn!(asterisk = %self.name, reason, calls,
                "connection lost; no calls are placed there until it is back");
        } else if state.reason != reason {
            let away_ms = ms(now.duration_since(state.since));
            tracing::info!(asterisk = %self.name, reason, calls, away_ms, "still no connection, for another reason");
        } else if state.news(reason, now) {
            let away_ms = ms(now.duration_since(state.since));
            tracing::warn!(asterisk = %self.name, reason, calls, away_ms,
                "still no connection; no calls are placed there until it is back");
        } else {
            return;
        }
        (state.reason, state.told) = (reason.to_owned(), now);
    }

    /// It does not let us in.
    pub(super) fn refused_login(&self, message: &str) {
        let mut state = self.lock();
        let now = Instant::now();
        let reason = format!("login refused: {message}");
        if state.news(&reason, now) {
            tracing::error!(asterisk = %self.name, answer = message, away_ms = ms(now.duration_since(state.since)),
                "login refused; check username and secret here and in Asterisk's manager.conf");
            (state.reason, state.told) = (reason, now);
        }
    }

    /// It is there; what it has is not known yet.
    pub(super) fn connected(&self) {
        let mut state = self.lock();
        (state.standing, state.found) = (Standing::Comparing, Found::default());
    }

    /// What its list of channels says.
    pub(super) fn found(&self, found: Found) {
        self.lock().found = found;
    }

    /// It has been compared: it is given calls.
    pub(super) fn ready(&self) {
        let mut state = self.lock();
        if state.standing != Standing::Comparing {
            return;
        }
        state.standing = Standing::Ready;
        let Found { up, gone, unreached } = state.found;
        tracing::info!(asterisk = %self.name, reason = %state.cause, away_ms = ms(state.since.elapsed()), up, gone, unreached,
            "back and compared, calls are placed there again; of those in flight those that are up go on, those that are gone \
             end, those that never reached it go back");
    }

    /// Why no calls are placed there; `None` where they are.
    pub(super) fn absence(&self) -> Option<String> {
        let state = self.lock();
        let (name, seconds) = (&self.name, state.since.elapsed().as_secs());
        match state.standing {
            Standing::Ready => None,
            Standing::Comparing => Some(format!("{name} is back, its channels and queues are being read")),
            Standing::Away if state.cause == state.reason => {
                Some(format!("{name} has been away for {seconds} s ({})", state.cause))
            }
            Standing::Away => {
                Some(format!("{name} has been away for {seconds} s ({}; now: {})", state.cause, state.reason))
            }
        }
    }

    /// What keeps it from being connected, as it was found last; `None` where it is.
    pub(super) fn cause_of_absence(&self) -> Option<String> {
        let state = self.lock();
        (state.standing == Standing::Away).then(|| state.reason.clone())
    }

    /// It says that it is shutting down and takes no actions: whoever listens to it has to know.
    pub(super) fn refuses(&self) {
        self.refusal.notify_one();
    }

    pub(super) async fn refused(&self) {
        self.refusal.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Worth a line of the log: something else than what was said last, or that was long ago.
    fn news(&self, reason: &str, now: Instant) -> bool {
        self.reason != reason || now.duration_since(self.told) >= REMIND
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_asks_hears_why_nothing_is_dialed_and_since_when() {
        let presence = Presence::new("pbx1".into());
        assert_eq!(presence.absence().unwrap(), "pbx1 has been away for 0 s (not connected yet)");
        assert_eq!(presence.cause_of_absence().unwrap(), "not connected yet");
        presence.connected();
        assert_eq!(presence.absence().unwrap(), "pbx1 is back, its channels and queues are being read");
        presence.ready();
        assert_eq!((presence.absence(), presence.cause_of_absence()), (None, None));
        presence.lost("no answer to a Ping within 3s", 4);
        tokio::time::advance(Duration::from_secs(5)).await;
        presence.lost("Connection refused", 4);
        assert_eq!(
            presence.absence().unwrap(),
            "pbx1 has been away for 5 s (no answer to a Ping within 3s; now: Connection refused)"
        );
        assert_eq!(presence.cause_of_absence().unwrap(), "Connection refused");
        presence.ready();
        assert!(presence.absence().is_some(), "what was read of an earlier session says nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_reason_is_said_again_after_a_minute_only() {
        let presence = Presence::new("pbx1".into());
        let news = |reason: &str| presence.lock().news(reason, Instant::now());
        presence.lost("Connection refused", 0);
        assert!(!news("Connection refused") && news("login refused: no"));
        tokio::time::advance(REMIND).await;
        assert!(news("Connection refused"));
    }
}
