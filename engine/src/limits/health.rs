//! Back-off: a line (a trunk, or an Asterisk) that refuses many calls is given fewer, in proportion, and is given more
//! again when calls get through.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::CallRate;
use crate::time::Mono;

/// So many results are looked at.
const WINDOW: usize = 20;
/// Fewer refusals than this say nothing: a busy network refuses a call now and then.
const REFUSED_MIN: u32 = 5;
/// A line that refuses at least this share of its calls is slowed down.
const REFUSED_SHARE: f64 = 0.4;
/// The most that is left of the rate at one step down, and the least.
const STEP_DOWN: std::ops::RangeInclusive<f64> = 0.1..=0.6;
/// The slowest: one call each four seconds, to see whether the line works again.
const PROBING_CPS: f64 = 0.25;
/// The rate doubles at most once in this time.
const STEP_UP: Duration = Duration::from_secs(2);

/// What is known of a line by the results of its calls.
#[derive(Debug)]
pub(crate) struct Health {
    /// The rate that is never gone above: a line that gets there is healthy.
    ceiling_cps: f64,
    /// The results since the rate was last changed, the newest last: true where the call was refused.
    refused: VecDeque<bool>,
    slowed: Option<Slowed>,
}

#[derive(Debug)]
struct Slowed {
    rate: CallRate,
    cps: f64,
    since: Mono,
    changed: Mono,
    evidence: (u32, u32),
}

/// That a line is slowed down, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slowdown {
    /// Calls that were refused,
    pub refused: u32,
    /// of so many, when the rate was last lowered.
    pub of: u32,
    /// The time between two calls, in milliseconds.
    pub every_ms: u32,
    /// For how long, in seconds.
    pub since_s: u32,
}

impl fmt::Display for Slowdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { refused, of, every_ms, since_s } = *self;
        write!(f, "({refused} of the last {of} calls refused); ")?;
        if every_ms >= 1000 {
            write!(f, "probing one call each {} s, since {since_s} s", f64::from(every_ms / 100) / 10.0)
        } else {
            write!(
                f,
                "slowed to {} calls a second, since {since_s} s",
                f64::from(10_000 / every_ms.max(1)) / 10.0
            )
        }
    }
}

impl Health {
    pub(crate) fn new(ceiling_cps: f64) -> Self {
        Self { ceiling_cps, refused: VecDeque::new(), slowed: None }
    }

    pub(crate) fn is_slowed(&self) -> bool {
        self.slowed.is_some()
    }

    /// For how many calls leads may be asked now.
    pub(crate) fn available(&self, now: Mono) -> u32 {
        self.slowed.as_ref().map_or(u32::MAX, |slowed| slowed.rate.available(now))
    }

    /// When it may be given a call again; as [`CallRate::next`].
    pub(crate) fn next(&self, now: Mono) -> Option<Mono> {
        self.slowed.as_ref().map_or(Some(now), |slowed| slowed.rate.next(now))
    }

    /// The rate that counts its calls, while it is slowed down.
    pub(crate) fn rate(&mut self) -> Option<&mut CallRate> {
        self.slowed.as_mut().map(|slowed| &mut slowed.rate)
    }

    pub(crate) fn slowdown(&self, now: Mono) -> Option<Slowdown> {
        let slowed = self.slowed.as_ref()?;
        let whole = |value: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "rounded and clamped"
            )]
            let number = value.round().clamp(0.0, f64::from(u32::MAX)) as u32;
            number
        };
        Some(Slowdown {
            refused: slowed.evidence.0,
            of: slowed.evidence.1,
            every_ms: whole(1000.0 / slowed.cps),
            since_s: whole(now.since(slowed.since).as_secs_f64()),
        })
    }

    /// Takes in how a call went that was placed at `placed`. Calls from before the last change of the rate say nothing
    /// about the rate that is now.
    pub(crate) fn result(&mut self, refused: bool, placed: Mono, now: Mono) {
        if self.slowed.as_ref().is_some_and(|slowed| placed < slowed.changed) {
            return;
        }
        self.refused.push_back(refused);
        if self.refused.len() > WINDOW {
            self.refused.pop_front();
        }
        let of = u32::try_from(self.refused.len()).unwrap_or(u32::MAX);
        let bad = u32::try_from(self.refused.iter().filter(|refused| **refused).count()).unwrap_or(u32::MAX);
        let share = f64::from(bad) / f64::from(of);
        let probing = self.slowed.as_ref().is_some_and(|slowed| slowed.cps <= PROBING_CPS);
        if refused && probing {
            // Nothing is new. The first call that gets through counts.
            self.refused.clear();
        } else if refused && bad >= REFUSED_MIN && share >= REFUSED_SHARE {
            self.slow_down((bad, of), share, now);
        } else if !refused && share < REFUSED_SHARE {
            self.speed_up(now);
        }
    }

    /// What is left is about what the line took.
    fn slow_down(&mut self, evidence: (u32, u32), share: f64, now: Mono) {
        let (since, before) = self.slowed.as_ref().map_or((now, self.ceiling_cps), |s| (s.since, s.cps));
        let left = (1.0 - share).clamp(*STEP_DOWN.start(), *STEP_DOWN.end());
        let cps = (before * left).max(PROBING_CPS).min(self.ceiling_cps);
        let rate = self.slowed.take().map_or_else(|| CallRate::empty(cps, now), |s| s.rate.changed(cps, now));
        self.slowed = Some(Slowed { rate, cps, since, changed: now, evidence });
        self.refused.clear();
    }

    fn speed_up(&mut self, now: Mono) {
        let Some(slowed) = self.slowed.as_mut().filter(|s| now.since(s.changed) >= STEP_UP) else { return };
        slowed.cps *= 2.0;
        slowed.rate = slowed.rate.changed(slowed.cps, now);
        slowed.changed = now;
        self.refused.clear();
        if slowed.cps >= self.ceiling_cps {
            self.slowed = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places calls as fast as the line is given them, up to 50 a second, each with its result at once.
    fn place(
        health: &mut Health,
        from_s: u64,
        to_s: u64,
        mut refuses: impl FnMut(usize) -> bool,
    ) -> Vec<Mono> {
        let mut placed = Vec::new();
        for now in (from_s * 50..to_s * 50).map(|tick| Mono(tick * 20_000)) {
            if health.available(now) > 0 {
                if let Some(rate) = health.rate() {
                    rate.reserve(1);
                    rate.take(now);
                }
                placed.push(now);
                health.result(refuses(placed.len()), now, now);
            }
        }
        placed
    }

    #[test]
    fn single_refusals_in_a_healthy_stream_do_not_slow_it_down() {
        let mut health = Health::new(50.0);
        assert_eq!(place(&mut health, 0, 60, |n| n % 5 == 0).len(), 60 * 50);
        assert_eq!(health.slowdown(Mono(0)), None);
    }

    #[test]
    fn a_slowdown_says_how_slow_to_a_tenth_of_a_call_or_second() {
        let said = |every_ms| Slowdown { refused: 5, of: 12, every_ms, since_s: 9 }.to_string();
        assert_eq!(said(400), "(5 of the last 12 calls refused); slowed to 2.5 calls a second, since 9 s");
        assert_eq!(said(1_500), "(5 of the last 12 calls refused); probing one call each 1.5 s, since 9 s");
    }

    #[test]
    fn a_dead_line_is_probed_each_four_seconds_and_comes_back_within_half_a_minute() {
        let mut health = Health::new(50.0);
        let first = place(&mut health, 0, 10, |_| true);
        assert!(first.len() < 30, "{}", first.len());
        let later = place(&mut health, 30, 130, |_| true);
        assert!((20..=27).contains(&later.len()), "{}", later.len());
        let slowdown = health.slowdown(Mono(130_000_000)).unwrap();
        assert_eq!((slowdown.refused, slowdown.of, slowdown.every_ms), (5, 5, 4_000));
        assert!((125..=130).contains(&slowdown.since_s), "{slowdown:?}");
        place(&mut health, 130, 160, |_| false);
        assert_eq!(health.slowdown(Mono(160_000_000)), None);
        assert_eq!(place(&mut health, 160, 170, |_| false).len(), 500);
    }

    #[test]
    fn a_line_that_takes_ten_calls_a_second_gets_about_ten() {
        let mut health = Health::new(50.0);
        let (mut taken, mut second) = (Vec::<u64>::new(), 0);
        let placed = place(&mut health, 0, 1, |_| false);
        assert_eq!(placed.len(), 50);
        for s in 1..61 {
            taken.clear();
            let all = place(&mut health, s, s + 1, |_| {
                taken.push(s);
                taken.len() > 10
            });
            second += all.len();
        }
        assert!((8 * 60..18 * 60).contains(&second), "{second}");
    }

    #[test]
    fn what_was_placed_before_the_last_step_says_nothing() {
        let mut health = Health::new(50.0);
        (0..5).for_each(|_| health.result(true, Mono(0), Mono(100)));
        let cps = health.slowdown(Mono(100)).unwrap().every_ms;
        (0..50).for_each(|_| health.result(true, Mono(0), Mono(200)));
        assert_eq!(health.slowdown(Mono(200)).unwrap().every_ms, cps, "they were on their way");
    }
}
