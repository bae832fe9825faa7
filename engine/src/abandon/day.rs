//! Calendar days.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::Wall;

/// A calendar day, counted from 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Day {
    /// The day of a moment, where local time is so many seconds ahead of UTC.
    pub fn at(wall: Wall, offset_s: i32) -> Self {
        let days = (wall_s(wall) + i64::from(offset_s)).div_euclid(86_400);
        Self(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// So many days later; earlier where negative.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// A moment in whole seconds since 1970.
pub(super) fn wall_s(wall: Wall) -> i64 {
    wall.0.div_euclid(1_000_000_000)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = jiff::Timestamp::from_second(i64::from(self.0) * 86_400);
        match date {
            Ok(at) => jiff::tz::TimeZone::UTC.to_datetime(at).date().fmt(f),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_local_midnight() {
        let at = Wall(1_795_435_200 * 1_000_000_000); // 2026-11-23 12:00 UTC
        assert_eq!(Day::at(at, 0).to_string(), "2026-11-23");
        assert_eq!(Day::at(at, 12 * 3600).to_string(), "2026-11-24");
        assert_eq!(Day::at(at, -12 * 3600 - 1).to_string(), "2026-11-22");
        assert_eq!(Day::at(at, 0).plus(8).to_string(), "2026-12-01");
    }
}
