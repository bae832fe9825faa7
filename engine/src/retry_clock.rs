//! Retry delays are kept in wall time, because they outlive the process, but wall time may be set. This is the time by
//! which leads are due: it goes with wall time, except that a step forward does not hurry anybody.

use std::time::Duration;

use crate::time::{Mono, Now, Wall};

/// Wall time that is ahead by more than this was set.
const STEP: Duration = Duration::from_secs(1);

/// Follows wall time. After a step forward it goes on as before for `hold`, the longest retry delay: then all leads that
/// were tried before the step are due anyway. A step back is followed at once: retries only wait longer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryClock {
    mono: Mono,
    wall: Wall,
    stepped: Option<Mono>,
}

impl RetryClock {
    pub(crate) fn new(now: Now) -> Self {
        Self { mono: now.mono, wall: now.wall, stepped: None }
    }

    pub(crate) fn time(&mut self, now: Now, hold: Duration) -> Wall {
        let since_us = i64::try_from(now.mono.since(self.mono).as_micros()).unwrap_or(i64::MAX);
        let steady = Wall(self.wall.0.saturating_add(since_us.saturating_mul(1000)));
        let stepped = now.wall.since(steady) > STEP;
        if stepped && now.mono.since(*self.stepped.get_or_insert(now.mono)) < hold {
            return steady;
        }
        *self = Self::new(now);
        now.wall
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
}
