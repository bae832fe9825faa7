//! Retry delays are kept in wall time, because they outlive the process, but wall time may be set. This is the time by
//! which leads are due: it goes with wall time, except that a step forward does not hurry anybody.

use std::time::Duration;

use crate::broken::{Rule, is_broken};
use crate::time::{Mono, Now, Wall};

/// Wall time that is ahead by more than this was set.
const STEP: Duration = Duration::from_secs(1);

/// Follows wall time. After a step forward it goes on as before for `hold`, the longest retry delay: then all leads that
/// were tried before the step are due anyway; another step forward in between begins the hold anew. A step back is followed at once:
/// retries only wait longer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryClock {
    mono: Mono,
    wall: Wall,
    stepped: Option<Step>,
}

/// A step forward that is not followed yet.
#[derive(Debug, Clone, Copy)]
struct Step {
    at: Mono,
    /// By how much wall time has been ahead since then, at the least.
    ahead: Duration,
}

impl RetryClock {
    pub(crate) fn new(now: Now) -> Self {
        Self { mono: now.mono, wall: now.wall, stepped: None }
    }

    pub(crate) fn time(&mut self, now: Now, hold: Duration) -> Wall {
        let since_us = i64::try_from(now.mono.since(self.mono).as_micros()).unwrap_or(i64::MAX);
        let steady = Wall(self.wall.0.saturating_add(since_us.saturating_mul(1000)));
        let ahead = now.wall.since(steady);
        let stepped = ahead > STEP && !is_broken(Rule::ClockStepHurries);
        if stepped && now.mono.since(self.step(ahead, now.mono)) < hold {
            return steady;
        }
        *self = Self::new(now);
        now.wall
    }

    /// When the last step was made, of those that have brought wall time so far ahead.
    fn step(&mut self, ahead: Duration, now: Mono) -> Mono {
        let before = self.stepped.filter(|step| ahead <= step.ahead + STEP);
        let step = before.unwrap_or(Step { at: now, ahead });
        self.stepped = Some(Step { ahead: step.ahead.min(ahead), ..step });
        step.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, wall: i64) -> Now {
        Now { mono: Mono(seconds * 1_000_000), wall: Wall(wall * 1_000_000_000), ..Now::default() }
    }

    #[test]
    fn a_step_forward_is_followed_when_the_longest_delay_is_over() {
        let hold = Duration::from_secs(60);
        let mut clock = RetryClock::new(at(0, 1000));
        let mut time = |now| clock.time(now, hold).0 / 1_000_000_000;
        assert_eq!(time(at(10, 1010)), 1010);
        assert_eq!(time(at(20, 4620)), 1020);
        assert_eq!(time(at(79, 4679)), 1079);
        assert_eq!(time(at(80, 4680)), 4680);
        assert_eq!(time(at(90, 3000)), 3000, "a step back is followed at once");
    }

    #[test]
    fn another_step_forward_begins_the_hold_anew() {
        let hold = Duration::from_secs(60);
        let mut clock = RetryClock::new(at(0, 1000));
        let mut time = |now| clock.time(now, hold).0 / 1_000_000_000;
        assert_eq!(time(at(10, 4610)), 1010);
        assert_eq!(time(at(60, 8260)), 1060, "another hour");
        assert_eq!(time(at(70, 8270)), 1070, "who was tried after the first step waits for a minute");
        assert_eq!(time(at(90, 8190)), 1090, "a part of it is taken back ...");
        assert_eq!(time(at(100, 8300)), 1100, "... and comes again");
        assert_eq!(time(at(159, 8359)), 1159);
        assert_eq!(time(at(160, 8360)), 8360);
    }
}
