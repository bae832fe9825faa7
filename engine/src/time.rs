//! The two clocks that the engine is given: a monotonic one for waits, wall time for what is written down.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Monotonic time in microseconds since the process started (or since virtual time began).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Mono(pub u64);

/// Wall time (UTC) in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wall(pub i64);

/// What the clocks say while one input is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For waits and limits; never goes back.
    pub mono: Mono,
    /// For rows and events; may jump.
    pub wall: Wall,
    /// How far local time is ahead of UTC, in seconds: schedules are in local time.
    pub offset_s: i32,
}

impl Mono {
    /// This time and a wait.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(wait.as_micros()).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` to this; zero where that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Wall {
    /// This time and a wait in milliseconds.
    #[must_use]
    pub fn after_ms(self, wait_ms: u64) -> Self {
        let wait_ns = i64::try_from(wait_ms).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        Self(self.0.saturating_add(wait_ns))
    }

    /// The time from `earlier` to this; zero where that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}
