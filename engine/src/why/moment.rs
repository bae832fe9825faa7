//! Moments and spans of time for people: `14:05`, `Monday 09:00`, `2027-01-04 09:00`; `48 s`, `12 min`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Ask;
use crate::time::{Mono, Now, Wall};

/// Days ahead or back in which a weekday says which day is meant.
const BY_WEEKDAY: i64 = 6;

/// How moments are written for a campaign.
pub(super) struct Moments {
    zone: TimeZone,
    /// Where it is not that of the daemon.
    zone_name: Option<String>,
    now: Now,
}

impl Ask<'_> {
    pub(super) fn moments(&self) -> Moments {
        let zone = self.engine.zone_of(self.row);
        let zone_name = self.row.rules.time_zone.as_ref().and_then(|_| zone.iana_name().map(str::to_owned));
        Moments { zone, zone_name, now: self.now }
    }
}

impl Moments {
    /// A moment in the campaign's local time.
    pub(super) fn at(&self, at: Wall) -> String {
        let local = |at: Wall| {
            let timestamp = Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
            self.zone.to_datetime(timestamp)
        };
        let (then, now) = (local(at), local(self.now.wall));
        let days = (then.date().duration_since(now.date()).as_hours() / 24).abs();
        let day = match days {
            0 => "",
            1..=BY_WEEKDAY => "%A ",
            _ => "%Y-%m-%d ",
        };
        let clock = if then.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        let text = then.strftime(&format!("{day}{clock}")).to_string();
        match &self.zone_name {
            Some(zone) => format!("{text} {zone}"),
            None => text,
        }
    }

    /// When a monotonic moment ahead is.
    pub(super) fn wall(&self, at: Mono) -> Wall {
        let ahead = i64::try_from(at.since(self.now.mono).as_nanos()).unwrap_or(i64::MAX);
        Wall(self.now.wall.0.saturating_add(ahead))
    }

    /// When a moment was that is so long ago.
    pub(super) fn ago(&self, ago: Duration) -> Wall {
        Wall(self.now.wall.0.saturating_sub(i64::try_from(ago.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// How long it is until then.
    pub(super) fn until(&self, at: Wall) -> String {
        span(at.since(self.now.wall))
    }
}

/// A span of time, rounded up to what is worth saying.
pub(super) fn span(span: Duration) -> String {
    let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        7_200..172_800 => format!("{} h", seconds.div_ceil(3_600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

/// `3211` is `3,211`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday 2026-11-26 13:00 UTC.
    const THURSDAY: i64 = 1_795_698_000;

    #[test]
    fn moments_are_as_short_as_they_can_be() {
        let now = Now { wall: Wall(THURSDAY * 1_000_000_000), ..Now::default() };
        let zone_name = None;
        let moments = Moments { zone: TimeZone::UTC, zone_name, now };
        let at = |seconds: i64| moments.at(Wall((THURSDAY + seconds) * 1_000_000_000));
        assert_eq!(at(65 * 60), "14:05");
        assert_eq!(at(-10), "12:59:50");
        assert_eq!(at(4 * 86_400 - 4 * 3_600), "Monday 09:00");
        assert_eq!(at(7 * 86_400), "2026-12-03 13:00");
    }

    #[test]
    fn spans_are_never_said_to_be_shorter_than_they_are() {
        let said = |ms| span(Duration::from_millis(ms));
        assert_eq!(
            [0, 1, 48_000, 119_001, 600_000, 7_200_000, 200_000_000].map(said),
            ["0 s", "1 s", "48 s", "2 min", "10 min", "2 h", "3 days"]
        );
    }

    #[test]
    fn large_numbers_are_read_by_their_thousands() {
        assert_eq!([0, 999, 3_211, 1_000_000].map(thousands), ["0", "999", "3,211", "1,000,000"]);
    }
}
