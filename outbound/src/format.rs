//! How values are written for people and clients: timestamps and the contract's word for null.
//!
//! Everything here implements `Display` without allocating; what the fields are called is not here.

use std::fmt;

use engine::time::Wall;

/// What stands for null in events and lists.
pub const UNKNOWN: &str = "<unknown>";

/// UTC `YYYY-MM-DD hh:mm:ss.uuuuuu`: timestamps of the rows that users make.
#[derive(Debug, Clone, Copy)]
pub struct Micros(pub Wall);

/// UTC `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`: timestamps of dialings.
#[derive(Debug, Clone, Copy)]
pub struct Nanos(pub Wall);

/// A value, or `<unknown>` where there is none.
#[derive(Debug, Clone, Copy)]
pub struct OrUnknown<T>(pub Option<T>);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = *b"0000-00-00 00:00:00.000000";
        let nanosecond = fill(&mut digits, self.0);
        put(&mut digits[20..], nanosecond / 1_000);
        f.write_str(ascii(&digits)?)
    }
}

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = *b"0000-00-00T00:00:00.000000000Z";
        let nanosecond = fill(&mut digits, self.0);
        put(&mut digits[20..29], nanosecond);
        f.write_str(ascii(&digits)?)
    }
}

impl<T: fmt::Display> fmt::Display for OrUnknown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str(UNKNOWN),
        }
    }
}

/// Writes date and time into the first 19 places; returns the nanoseconds of the second.
fn fill(digits: &mut [u8], wall: Wall) -> u64 {
    const NS: i64 = 1_000_000_000;
    const DAY: i64 = 86_400;
    let seconds = wall.0.div_euclid(NS);
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY).unsigned_abs();
    put(&mut digits[0..4], year);
    put(&mut digits[5..7], month);
    put(&mut digits[8..10], day);
    put(&mut digits[11..13], second / 3_600);
    put(&mut digits[14..16], second / 60 % 60);
    put(&mut digits[17..19], second % 60);
    wall.0.rem_euclid(NS).unsigned_abs()
}

/// Year, month and day of a day since 1970-01-01: Howard Hinnant's `civil_from_days`. 64 bits of nanoseconds reach from
/// 1677 to 2262, so the year has always four digits.
fn civil(days: i64) -> (u64, u64, u64) {
    let shifted = (days + 719_468).unsigned_abs();
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

fn put(places: &mut [u8], mut number: u64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn ascii(digits: &[u8]) -> Result<&str, fmt::Error> {
    std::str::from_utf8(digits).map_err(|_| fmt::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_always_all_its_digits() {
        assert_eq!(Micros(Wall(0)).to_string(), "1970-01-01 00:00:00.000000");
        assert_eq!(Nanos(Wall(7)).to_string(), "1970-01-01T00:00:00.000000007Z");
        assert_eq!(Micros(Wall(1_449_667_779_483_175_999)).to_string(), "2015-12-09 13:29:39.483175");
        assert_eq!(Nanos(Wall(1_449_695_842_209_160_178)).to_string(), "2015-12-09T21:17:22.209160178Z");
        assert_eq!(Nanos(Wall(-1)).to_string(), "1969-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn every_day_from_1677_to_2262_is_the_calendars_day() {
        let day = 86_400_000_000_000_i64;
        for days in (i64::MIN / day)..=(i64::MAX / day) {
            let wall = Wall(days * day);
            let date = jiff::Timestamp::from_nanosecond(i128::from(wall.0)).unwrap();
            let expected = format!("{}T00:00:00.000000000Z", &date.to_string()[..10]);
            assert_eq!(Nanos(wall).to_string(), expected);
        }
    }

    #[test]
    fn null_is_unknown() {
        assert_eq!(OrUnknown(None::<u8>).to_string(), "<unknown>");
        assert_eq!(OrUnknown(Some("x")).to_string(), "x");
    }
}
