//! Windows, to the second, in several zones.

use super::*;
use crate::value::Zone;

fn zone(name: &str) -> TimeZone {
    Zone::parse(name).unwrap().time_zone()
}

fn text(value: &str) -> Option<Text> {
    (!value.is_empty()).then(|| Text::parse(value).unwrap())
}

/// A schedule of hours, days of the week, dates.
fn hours(start: &str, end: &str) -> Schedule {
    Schedule { enabled: true, time_start: text(start), time_end: text(end), ..Schedule::default() }
}

fn utc(at: &str) -> Wall {
    let at: jiff::Timestamp = format!("{}Z", at.replace(' ', "T")).parse().unwrap();
    Wall(i64::try_from(at.as_nanosecond()).unwrap())
}

/// When it opens and closes (UTC) around a moment (UTC).
fn open(schedule: &Schedule, zone_name: &str, at: &str) -> Option<(String, String)> {
    let shown = |at: Wall| local_text(&TimeZone::UTC, at).trim_end_matches(" UTC").to_owned();
    match gate(schedule, &zone(zone_name), utc(at)) {
        Gate::Open(window) => Some((shown(window.opens), window.closes.map(shown).unwrap_or_default())),
        Gate::Closed(_) => None,
    }
}

fn opens_next(schedule: &Schedule, zone_name: &str, at: &str) -> Option<Wall> {
    match gate(schedule, &zone(zone_name), utc(at)) {
        Gate::Open(window) => panic!("open: {window:?}"),
        Gate::Closed(opens) => opens,
    }
}

fn window(opens: &str, closes: &str) -> Option<(String, String)> {
    Some((opens.to_owned(), closes.to_owned()))
}

#[test]
fn the_last_second_is_open_still() {
    let office = hours("09:00:00", "17:59:59");
    for (at, is_open) in [
        ("2026-11-23 08:59:59.999", false),
        ("2026-11-23 09:00:00", true),
        ("2026-11-23 17:59:59.999", true),
        ("2026-11-23 18:00:00", false),
    ] {
        assert_eq!(open(&office, "UTC", at).is_some(), is_open, "{at}");
    }
    assert_eq!(
        open(&hours("", "17:00:00"), "UTC", "2026-11-23 17:00:00"),
        window("2026-11-23 00:00:00", "2026-11-23 17:00:01")
    );
    assert_eq!(opens_next(&office, "UTC", "2026-11-23 18:00:00"), Some(utc("2026-11-24 09:00:00")));
}

#[test]
fn each_field_limits_by_itself() {
    // A Monday.
    let is_open = |schedule: &Schedule| open(schedule, "UTC", "2026-11-23 12:36:00").is_some();
    let on = hours("", "");
    let table = [
        (on.clone(), true),
        (hours("13:00:00", ""), false),
        (hours("", "12:00:00"), false),
        (hours("22:00:00", "13:00:00"), true),
        (hours("22:00:00", "06:00:00"), false),
        (Schedule { date_start: text("2026-11-24"), ..on.clone() }, false),
        (Schedule { date_start: text("2026-11-23"), date_end: text("2026-11-23"), ..on.clone() }, true),
        (Schedule { date_end: text("2026-11-22"), ..on.clone() }, false),
        (Schedule { date_list: text("2026-11-20, 2026-11-23"), ..on.clone() }, true),
        (Schedule { date_list: text("2026-11-20"), ..on.clone() }, false),
        (Schedule { date_list_except: text("2026-11-23"), ..on.clone() }, false),
        (Schedule { day_list: text("1,2,3"), ..on.clone() }, true),
        (Schedule { day_list: text("0,6"), ..on.clone() }, false),
    ];
    for (schedule, expected) in table {
        assert_eq!(is_open(&schedule), expected, "{schedule:?}");
    }
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_on_which_it_opens() {
    let nights = Schedule { day_list: text("1"), ..hours("22:00:00", "05:59:59") };
    let monday = window("2026-11-23 22:00:00", "2026-11-24 06:00:00");
    assert_eq!(open(&nights, "UTC", "2026-11-23 23:00:00"), monday);
    assert_eq!(open(&nights, "UTC", "2026-11-24 05:59:59"), monday, "Tuesday, but it is Monday's");
    assert_eq!(open(&nights, "UTC", "2026-11-23 05:00:00"), None, "Sunday has none that runs into Monday");
    let once = Schedule { date_end: text("2026-11-23"), ..hours("22:00:00", "05:59:59") };
    assert_eq!(open(&once, "UTC", "2026-11-24 01:00:00"), monday);
    let but = Schedule { date_list_except: text("2026-11-23"), ..hours("22:00:00", "05:59:59") };
    assert_eq!(open(&but, "UTC", "2026-11-24 01:00:00"), None);
}

#[test]
fn whole_days_that_follow_one_another_are_one_window() {
    let week = Schedule { day_list: text("1,2,3,4,5"), ..hours("", "") };
    let expected = window("2026-11-23 00:00:00", "2026-11-28 00:00:00");
    assert_eq!(open(&week, "UTC", "2026-11-25 12:00:00"), expected);
    let to_the_second = Schedule { day_list: text("1,2,3,4,5"), ..hours("00:00:00", "23:59:59") };
    assert_eq!(open(&to_the_second, "UTC", "2026-11-25 12:00:00"), expected);
    assert_eq!(open(&hours("", ""), "UTC", "2026-11-25 12:00:00"), window("1970-01-01 00:00:00", ""));
    let past = Schedule { date_list: text("2026-11-20"), ..hours("", "") };
    assert_eq!(opens_next(&past, "UTC", "2026-11-23 12:00:00"), None);
    let next_year = Schedule { date_list: text("2027-12-24"), ..hours("", "") };
    assert_eq!(opens_next(&next_year, "UTC", "2026-11-23 12:00:00"), Some(utc("2027-12-24 00:00:00")));
}

#[test]
fn hours_are_those_of_the_zone_on_both_sides_of_daylight_saving() {
    let office = hours("09:00:00", "17:59:59");
    for (zone, at, opens, closes) in [
        ("Europe/Berlin", "2026-03-28 12:00:00", "2026-03-28 08:00:00", "2026-03-28 17:00:00"),
        ("Europe/Berlin", "2026-03-29 12:00:00", "2026-03-29 07:00:00", "2026-03-29 16:00:00"),
        ("Europe/Berlin", "2026-10-24 12:00:00", "2026-10-24 07:00:00", "2026-10-24 16:00:00"),
        ("Europe/Berlin", "2026-10-25 12:00:00", "2026-10-25 08:00:00", "2026-10-25 17:00:00"),
        ("America/New_York", "2026-03-07 15:00:00", "2026-03-07 14:00:00", "2026-03-07 23:00:00"),
        ("America/New_York", "2026-03-08 15:00:00", "2026-03-08 13:00:00", "2026-03-08 22:00:00"),
        ("Asia/Kolkata", "2026-07-01 06:00:00", "2026-07-01 03:30:00", "2026-07-01 12:30:00"),
        ("Australia/Lord_Howe", "2026-07-01 01:00:00", "2026-06-30 22:30:00", "2026-07-01 07:30:00"),
        ("Australia/Lord_Howe", "2026-12-01 01:00:00", "2026-11-30 22:00:00", "2026-12-01 07:00:00"),
    ] {
        assert_eq!(open(&office, zone, at), window(opens, closes), "{zone} {at}");
    }
}

#[test]
fn a_time_that_does_not_exist_is_the_moment_of_the_change() {
    // Berlin goes from 02:00 to 03:00 at 01:00 UTC, Lord Howe from 02:00 to 02:30 at 15:30 UTC the day before.
    for (zone, schedule, at, expected) in [
        (
            "Europe/Berlin",
            hours("02:30:00", "05:59:59"),
            "2026-03-29 02:00:00",
            window("2026-03-29 01:00:00", "2026-03-29 04:00:00"),
        ),
        (
            "Europe/Berlin",
            hours("22:00:00", "02:29:59"),
            "2026-03-29 00:59:59",
            window("2026-03-28 21:00:00", "2026-03-29 01:00:00"),
        ),
        ("Europe/Berlin", hours("02:15:00", "02:44:59"), "2026-03-29 01:00:00", None),
        (
            "Australia/Lord_Howe",
            hours("02:15:00", "03:59:59"),
            "2026-10-03 16:00:00",
            window("2026-10-03 15:30:00", "2026-10-03 17:00:00"),
        ),
    ] {
        assert_eq!(open(&schedule, zone, at), expected, "{zone} {schedule:?}");
    }
}

#[test]
fn a_time_that_exists_twice_is_its_first_occurrence() {
    // Berlin goes from 03:00 back to 02:00 at 01:00 UTC.
    for (schedule, at, expected) in [
        (
            hours("02:30:00", "05:59:59"),
            "2026-10-25 00:45:00",
            window("2026-10-25 00:30:00", "2026-10-25 05:00:00"),
        ),
        (
            hours("22:00:00", "02:29:59"),
            "2026-10-25 00:00:00",
            window("2026-10-24 20:00:00", "2026-10-25 00:30:00"),
        ),
        (hours("22:00:00", "02:29:59"), "2026-10-25 01:15:00", None),
        (
            hours("02:15:00", "02:44:59"),
            "2026-10-25 00:20:00",
            window("2026-10-25 00:15:00", "2026-10-25 00:45:00"),
        ),
        (hours("02:15:00", "02:44:59"), "2026-10-25 01:20:00", None),
    ] {
        assert_eq!(open(&schedule, "Europe/Berlin", at), expected, "{schedule:?}");
    }
}

#[test]
fn a_change_is_told_to_people_in_the_zone() {
    let berlin = zone("Europe/Berlin");
    let opens = next_change(&hours("09:00:00", "17:59:59"), &berlin, utc("2026-11-23 18:00:00")).unwrap();
    assert_eq!(local_text(&berlin, opens), "2026-11-24 09:00:00 Europe/Berlin");
}
