//! How much comes from an Asterisk, and how long what comes may wait to be taken together: being woken costs several times what
//! a message does. But who waits for a call's end holds up the next call, so the rest is short beside what a call takes.

use std::time::Duration;

use tokio::time::Instant;

/// How often it is looked how much comes.
const WINDOW: Duration = Duration::from_millis(50);
/// Fewer messages in a second are not much, and each is read as it comes: they are those of some 1,500 calls.
const MUCH: f64 = 9_000.0;
/// Messages of a call that is answered, or busy, at once. Others have more, and are taken for shorter than they are.
const OF_A_CALL: f64 = 6.0;
/// Where calls take less, there is no rest. Measured: a simulated Asterisk with 20 in flight, which needs 2 ms for a call, takes 1.6
/// times as many when there is none; a real one with 10, which needs 5, a fifth more when there is.
const CALL_MIN: Duration = Duration::from_millis(4);
/// What a rest is of the time that a call takes.
const SHARE: f64 = 0.125;
/// Timers know nothing shorter.
const REST_MIN: Duration = Duration::from_millis(1);
/// A longer rest saves little more.
const REST_MAX: Duration = Duration::from_millis(2);

/// How much has come lately.
#[derive(Debug)]
pub(super) struct Flow {
    since: Instant,
    messages: u32,
    rest: Option<Duration>,
}

impl Flow {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, messages: 0, rest: None }
    }

    /// Counts messages, while so many calls are in flight; says how long what comes may wait.
    pub(super) fn rest(&mut self, messages: u32, calls: u32, now: Instant) -> Option<Duration> {
        self.messages = self.messages.saturating_add(messages);
        let lasted = now.duration_since(self.since);
        if lasted >= WINDOW {
            self.rest = rest(f64::from(self.messages) / lasted.as_secs_f64(), calls);
            (self.since, self.messages) = (now, 0);
        }
        self.rest
    }
}

/// `messages`: in a second.
fn rest(messages: f64, calls: u32) -> Option<Duration> {
    if messages < MUCH {
        return None;
    }
    let call = Duration::from_secs_f64(f64::from(calls) * OF_A_CALL / messages);
    (call >= CALL_MIN).then(|| call.mul_f64(SHARE).clamp(REST_MIN, REST_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_short_beside_what_a_call_takes() {
        // Calls in flight, calls a second, as they were measured; on an Asterisk, then on a simulated one.
        assert_eq!(rest(6.0 * 2_200.0, 10), Some(REST_MIN));
        assert_eq!(rest(6.0 * 2_400.0, 20).map(|rest| rest.as_micros()), Some(1_041));
        assert_eq!(rest(6.0 * 2_900.0, 50), Some(REST_MAX));
        assert_eq!(rest(6.0 * 4_300.0, 10), None);
        assert_eq!(rest(6.0 * 7_100.0, 20), None);
        assert_eq!(rest(6.0 * 16_000.0, 100), Some(REST_MIN));
        assert_eq!(rest(6.0 * 20_000.0, 500), Some(REST_MAX));
        assert_eq!(rest(8_999.0, 10_000), None, "not much");
        assert_eq!(rest(9_001.0, 10_000), Some(REST_MAX));
        assert_eq!(rest(f64::MAX, u32::MAX), None);
    }

    #[test]
    fn much_comes_only_while_it_does() {
        let begun = Instant::now();
        let mut flow = Flow::new(begun);
        let at = |ms: u64| begun + Duration::from_millis(ms);
        assert!(!(0..50).any(|ms| flow.rest(1, 1_000, at(ms)).is_some()), "too soon to tell");
        assert_eq!(flow.rest(1, 1_000, at(50)), None, "51 in 50 ms");
        assert_eq!(flow.rest(500, 1_000, at(75)), None);
        assert_eq!(flow.rest(1, 1_000, at(100)), Some(REST_MAX), "501 in 50 ms");
        assert_eq!(flow.rest(400, 1_000, at(125)), Some(REST_MAX));
        assert_eq!(flow.rest(1, 1_000, at(1_000)), None, "401 in 0.9 s");
    }
}
