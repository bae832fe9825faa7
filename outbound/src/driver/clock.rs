//! The clocks: read here and nowhere else.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::time::{Mono, Now, Wall};
use jiff::tz::TimeZone;
use tokio::time::Instant;

/// Monotonic time from its start, and wall time.
#[derive(Debug, Clone)]
pub struct Clock {
    started: Instant,
    zone: TimeZone,
}

impl Clock {
    /// A clock that starts now, in the system's time zone.
    pub fn start() -> Self {
        Self { started: Instant::now(), zone: TimeZone::system() }
    }

    /// The system's time zone, as it was when the clock was started.
    pub fn zone(&self) -> TimeZone {
        self.zone.clone()
    }

    /// What the clocks say.
    pub fn now(&self) -> Now {
        let wall = wall();
        let timestamp = jiff::Timestamp::from_nanosecond(i128::from(wall.0)).unwrap_or_default();
        let offset_s = self.zone.to_offset(timestamp).seconds();
        Now { mono: super::mono(self.started.elapsed()), wall, offset_s }
    }

    /// When the engine's time will be.
    pub fn instant(&self, at: Mono) -> Instant {
        self.started + Duration::from_micros(at.0)
    }
}

/// Wall time.
pub fn wall() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
