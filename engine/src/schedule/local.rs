//! Between local time and moments.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

use crate::time::Wall;

/// Seconds of a day on the clock.
pub(super) const DAY_S: i64 = 86_400;

const NS: i64 = 1_000_000_000;

/// The second of the day that `hh:mm:ss` is.
pub(super) fn second_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    Some(hours * 3600 + minutes * 60 + seconds)
}

pub(super) fn local_date(zone: &TimeZone, at: Wall) -> Date {
    zone.to_datetime(timestamp(at)).date()
}

/// When the clock of a zone shows this second of a day (one beyond 86,399 is of the next day). A time that exists twice is
/// its first occurrence; one that does not exist is the moment at which the clock is put forward over it.
pub(super) fn instant(zone: &TimeZone, day: Date, second: i64) -> Option<Wall> {
    let day = day.checked_add(jiff::Span::new().days(second.div_euclid(DAY_S))).ok()?;
    let second = second.rem_euclid(DAY_S);
    let part = |seconds: i64| i8::try_from(seconds).unwrap_or_default();
    let local = day.at(part(second / 3600), part(second / 60 % 60), part(second % 60), 0);
    let at = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok()?,
        AmbiguousOffset::Gap { before, .. } => {
            // By the offset before it this lies behind the gap, by less than the gap is long.
            let behind = before.to_timestamp(local).ok()?;
            let transition = zone.preceding(behind.checked_add(jiff::Span::new().seconds(1)).ok()?).next();
            transition.map_or(behind, |transition| transition.timestamp())
        }
    };
    Some(Wall(at.as_second().saturating_mul(NS)))
}

/// A moment for people: `2026-11-24 09:00:00 Europe/Berlin`.
pub fn local_text(zone: &TimeZone, at: Wall) -> String {
    let local = zone.to_datetime(timestamp(at)).strftime("%Y-%m-%d %H:%M:%S").to_string();
    match zone.iana_name() {
        Some(name) => format!("{local} {name}"),
        None => local,
    }
}

fn timestamp(at: Wall) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default()
}
