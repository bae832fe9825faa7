//! When a campaign may call (contract: `Sc*`), in local time.

use crate::model::Schedule;
use crate::time::{Now, Wall};

/// True where the schedule is off, or lets calls out now.
///
/// A list of dates or days names the only ones that are allowed; the exceptions are taken out of all. A time window
/// whose start is later than its end runs over midnight. Fields were checked at the edge; one that is empty does not limit.
pub fn is_open(schedule: &Schedule, now: Now) -> bool {
    if !schedule.enabled {
        return true;
    }
    let local = LocalTime::at(now.wall, now.offset_s);
    let date = local.date.as_str();
    let listed = |list: &Option<crate::value::Text>, what: &str| {
        list.as_ref().map(|list| list.as_str().split(',').any(|item| item.trim() == what))
    };
    let text = |field: &Option<crate::value::Text>| field.as_ref().map(|t| t.as_str().to_owned());
    in_window(&local.time, text(&schedule.time_start), text(&schedule.time_end))
        && text(&schedule.date_start).is_none_or(|start| start.as_str() <= date)
        && text(&schedule.date_end).is_none_or(|end| date <= end.as_str())
        && listed(&schedule.date_list, date).unwrap_or(true)
        && !listed(&schedule.date_list_except, date).unwrap_or(false)
        && listed(&schedule.day_list, &local.weekday.to_string()).unwrap_or(true)
}

fn in_window(time: &str, start: Option<String>, end: Option<String>) -> bool {
    match (start.as_deref(), end.as_deref()) {
        (Some(start), Some(end)) if start > end => time >= start || time <= end,
        (start, end) => start.is_none_or(|start| start <= time) && end.is_none_or(|end| time <= end),
    }
}

struct LocalTime {
    /// `YYYY-MM-DD`.
    date: String,
    /// `hh:mm:ss`.
    time: String,
    /// 0 = Sunday.
    weekday: i64,
}

impl LocalTime {
    fn at(wall: Wall, offset_s: i32) -> Self {
        let seconds = wall.0.div_euclid(1_000_000_000) + i64::from(offset_s);
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        Self {
            date: format!("{year:04}-{month:02}-{day:02}"),
            time: format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60),
            // 1970-01-01 was a Thursday.
            weekday: (days + 4).rem_euclid(7),
        }
    }
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Text;

    /// Monday 2026-11-23 12:36:00 UTC.
    const NOON: i64 = 1_795_437_360;

    fn at(schedule: &Schedule, hours_later: i64) -> bool {
        let wall = Wall((NOON + hours_later * 3600) * 1_000_000_000);
        is_open(schedule, Now { wall, ..Now::default() })
    }

    fn text(value: &str) -> Option<Text> {
        Text::parse(value).ok()
    }

    #[test]
    fn a_schedule_that_is_off_never_closes() {
        let off = Schedule { time_end: text("00:00:01"), ..Schedule::default() };
        assert!(at(&off, 0));
    }

    #[test]
    fn each_field_limits_by_itself() {
        let on = Schedule { enabled: true, ..Schedule::default() };
        let table = [
            (on.clone(), true),
            (Schedule { time_start: text("09:00:00"), time_end: text("18:00:00"), ..on.clone() }, true),
            (Schedule { time_start: text("13:00:00"), ..on.clone() }, false),
            (Schedule { time_end: text("12:00:00"), ..on.clone() }, false),
            (Schedule { time_start: text("22:00:00"), time_end: text("13:00:00"), ..on.clone() }, true),
            (Schedule { time_start: text("22:00:00"), time_end: text("06:00:00"), ..on.clone() }, false),
            (Schedule { date_start: text("2026-11-24"), ..on.clone() }, false),
            (Schedule { date_start: text("2026-11-23"), date_end: text("2026-11-23"), ..on.clone() }, true),
            (Schedule { date_end: text("2026-11-22"), ..on.clone() }, false),
            (Schedule { date_list: text("2026-11-20, 2026-11-23"), ..on.clone() }, true),
            (Schedule { date_list: text("2026-11-20"), ..on.clone() }, false),
            (Schedule { date_list_except: text("2026-11-23"), ..on.clone() }, false),
            (Schedule { day_list: text("1,2,3"), ..on.clone() }, true),
            (Schedule { day_list: text("0,6"), ..on.clone() }, false),
        ];
        for (schedule, open) in table {
            assert_eq!(at(&schedule, 0), open, "{schedule:?}");
        }
    }

    #[test]
    fn the_day_is_the_local_one() {
        let monday = Schedule { enabled: true, day_list: text("1"), ..Schedule::default() };
        let wall = Wall(NOON * 1_000_000_000);
        assert!(is_open(&monday, Now { wall, offset_s: 3600, ..Now::default() }));
        assert!(!is_open(&monday, Now { wall, offset_s: 12 * 3600, ..Now::default() }));
    }
}
