//! The values of a campaign's schedule, checked when they come in. They are kept as they were given, so each has one
//! spelling only: no blanks, always all digits.

use engine::value::{InvalidValue, Text};

/// A time of day: `hh:mm:ss`.
///
/// # Errors
/// [`InvalidValue`] for anything else.
pub fn time(text: &str) -> Result<Text, InvalidValue> {
    let valid = shaped(text, "dd:dd:dd") && at(text, 0, 2) < 24 && at(text, 3, 5) < 60 && at(text, 6, 8) < 60;
    checked(text, valid, "a time hh:mm:ss")
}

/// A date of the calendar: `YYYY-MM-DD`.
///
/// # Errors
/// [`InvalidValue`] for anything else.
pub fn date(text: &str) -> Result<Text, InvalidValue> {
    checked(text, is_date(text), "a date YYYY-MM-DD")
}

/// Dates with commas between them.
///
/// # Errors
/// [`InvalidValue`] for anything else.
pub fn dates(text: &str) -> Result<Text, InvalidValue> {
    let valid = text.split(',').all(is_date);
    checked(text, valid, "dates YYYY-MM-DD with commas between them, at most 91,")
}

/// Days of the week with commas between them, 0 = Sunday.
///
/// # Errors
/// [`InvalidValue`] for anything else.
pub fn days(text: &str) -> Result<Text, InvalidValue> {
    let valid = text.split(',').all(|day| matches!(day.as_bytes(), [b'0'..=b'6']));
    checked(text, valid, "days 0 to 6 (0 = Sunday) with commas between them")
}

fn checked(text: &str, valid: bool, expected: &'static str) -> Result<Text, InvalidValue> {
    let read = if valid { Text::parse(text).ok() } else { None };
    read.ok_or(InvalidValue::new(expected))
}

fn is_date(text: &str) -> bool {
    shaped(text, "dddd-dd-dd")
        && jiff::civil::Date::new(at(text, 0, 4), at(text, 5, 7) as i8, at(text, 8, 10) as i8).is_ok()
}

/// True where the text has a digit at each `d` of the shape and the shape's own sign everywhere else.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(b, s)| if s == b'd' { b.is_ascii_digit() } else { b == s })
}

/// The number that stands between two places of a text with digits there.
fn at(text: &str, from: usize, to: usize) -> i16 {
    text[from..to].bytes().fold(0, |number, digit| number * 10 + i16::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_of_the_day_pass() {
        for good in ["00:00:00", "23:59:59", "09:30:00"] {
            assert_eq!(time(good).unwrap().as_str(), good);
        }
        for bad in
            ["", "24:00:00", "23:60:00", "23:59:60", "9:30:00", "09:30", "09-30-00", "+9:30:00", "0é:00:0"]
        {
            assert!(time(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_dates_of_the_calendar_pass() {
        for good in ["2015-12-09", "2024-02-29"] {
            assert_eq!(date(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "2023-02-29",
            "2015-13-01",
            "2015-00-01",
            "2015-04-31",
            "15-12-09",
            "2015-12-9",
            "2015/12/09",
        ] {
            assert!(date(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lists_have_single_commas_and_no_blanks() {
        assert!(dates("2015-12-09").is_ok());
        assert!(dates("2015-12-09,2015-12-24").is_ok());
        assert!(days("0,6").is_ok());
        for bad in ["", ",", "2015-12-09,", "2015-12-09, 2015-12-24", "2015-12-09;2015-12-24"] {
            assert!(dates(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "7", "0,", "0 1", "01", "-1", "Mon"] {
            assert!(days(bad).is_err(), "{bad:?}");
        }
        let many = vec!["2015-12-09"; 92].join(",");
        assert!(dates(&many).is_err(), "longer than a text may be");
        assert!(dates(&many[..many.len() - 11]).is_ok());
    }
}
