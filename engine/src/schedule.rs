//! When a campaign may call (contract: `Sc*`), in its time zone: which window is open, and when the next one opens.
//!
//! A list of dates or days names the only ones that are allowed; the exceptions are taken out of all. On each allowed day a
//! window opens at `ScTimeStart` and closes behind the second `ScTimeEnd`; one whose start is later than its end runs over
//! midnight and belongs to the day on which it opened. Windows that touch, as those of whole days do, are one.
//!
//! Daylight saving: a time that exists twice is its first occurrence; one that does not exist is the moment at which the
//! clock is put forward over it.

mod local;

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use self::local::{DAY_S, instant, local_date, second_of_day};
use crate::model::Schedule;
use crate::time::Wall;
use crate::value::Text;

pub use self::local::local_text;

/// How far it is looked for the start of a window, its end, or the next one, in days: more than a year with its holidays.
pub(crate) const LOOK_DAYS: i32 = 400;

/// A time in which calls may be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From then on; [`Window::EVER`] where it has been open for longer than is looked back.
    pub opens: Wall,
    /// Until then, that moment excluded; `None` where it does not close within the time that is looked ahead.
    pub closes: Option<Wall>,
}

impl Window {
    /// Before anything that happens.
    pub const EVER: Wall = Wall(0);
}

/// What a schedule says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Calls may be placed.
    Open(Window),
    /// They may not; a window opens at that time, if one does within the time that is looked ahead.
    Closed(Option<Wall>),
}

/// What a schedule that is in force says of a moment. Fields were checked at the edge; one that is empty does not limit.
pub fn gate(schedule: &Schedule, zone: &TimeZone, now: Wall) -> Gate {
    let days = AllowedDays::new(schedule);
    let today = local_date(zone, now);
    let covers = |window: &(Wall, Wall)| window.0 <= now && now < window.1;
    // One that opened yesterday may run over midnight.
    let open = [-1, 0].into_iter().find_map(|ahead| {
        let day = ahead_of(today, ahead)?;
        days.window(day, zone).filter(covers).map(|window| (day, window))
    });
    let Some((day, (opens, closes))) = open else {
        let next = (0..=LOOK_DAYS).filter_map(|ahead| days.window(ahead_of(today, ahead)?, zone));
        return Gate::Closed(next.map(|(opens, _)| opens).find(|opens| *opens > now));
    };
    Gate::Open(Window { opens: days.first(day, opens, zone), closes: days.last(day, closes, zone) })
}

/// When a window opens or closes next, as far as it is looked ahead.
pub fn next_change(schedule: &Schedule, zone: &TimeZone, now: Wall) -> Option<Wall> {
    match gate(schedule, zone, now) {
        Gate::Open(window) => window.closes,
        Gate::Closed(opens) => opens,
    }
}

/// A schedule as it is read.
struct AllowedDays {
    /// Second of the day at which a window opens.
    from_s: i64,
    /// Second of the day, or of the next, at which it closes.
    until_s: i64,
    first: Option<Date>,
    last: Option<Date>,
    only: Option<BTreeSet<Date>>,
    except: BTreeSet<Date>,
    weekdays: Option<Vec<Weekday>>,
}

impl AllowedDays {
    fn new(schedule: &Schedule) -> Self {
        let time = |field: &Option<Text>| field.as_ref().and_then(|text| second_of_day(text.as_str()));
        let date = |field: &Option<Text>| field.as_ref().and_then(|text| text.as_str().parse().ok());
        let dates =
            |text: &Text| text.as_str().split(',').filter_map(|date| date.trim().parse().ok()).collect();
        let weekday = |day: &str| Weekday::from_sunday_zero_offset(day.trim().parse().ok()?).ok();
        let from_s = time(&schedule.time_start).unwrap_or(0);
        // The last second is open still.
        let until_s = time(&schedule.time_end).map_or(DAY_S, |end| end + 1);
        Self {
            from_s,
            until_s: if until_s <= from_s { until_s + DAY_S } else { until_s },
            first: date(&schedule.date_start),
            last: date(&schedule.date_end),
            only: schedule.date_list.as_ref().map(dates),
            except: schedule.date_list_except.as_ref().map(dates).unwrap_or_default(),
            weekdays: schedule
                .day_list
                .as_ref()
                .map(|list| list.as_str().split(',').filter_map(weekday).collect()),
        }
    }

    fn allows(&self, day: Date) -> bool {
        self.first.is_none_or(|first| first <= day)
            && self.last.is_none_or(|last| day <= last)
            && self.only.as_ref().is_none_or(|only| only.contains(&day))
            && !self.except.contains(&day)
            && self.weekdays.as_ref().is_none_or(|weekdays| weekdays.contains(&day.weekday()))
    }

    /// The window of a day: from, until.
    fn window(&self, day: Date, zone: &TimeZone) -> Option<(Wall, Wall)> {
        if !self.allows(day) {
            return None;
        }
        let window = (instant(zone, day, self.from_s)?, instant(zone, day, self.until_s)?);
        (window.0 < window.1).then_some(window)
    }

    /// Where the window of a day that opens then begins, with those before it that touch it.
    fn first(&self, day: Date, mut opens: Wall, zone: &TimeZone) -> Wall {
        for back in 1..=LOOK_DAYS {
            match ahead_of(day, -back).and_then(|day| self.window(day, zone)) {
                Some((from, until)) if until >= opens => opens = from,
                Some(_) | None => return opens,
            }
        }
        Window::EVER
    }

    /// Where it ends, with those behind it.
    fn last(&self, day: Date, mut closes: Wall, zone: &TimeZone) -> Option<Wall> {
        for ahead in 1..=LOOK_DAYS {
            match ahead_of(day, ahead).and_then(|day| self.window(day, zone)) {
                Some((from, until)) if from <= closes => closes = until,
                Some(_) | None => return Some(closes),
            }
        }
        None
    }
}

fn ahead_of(day: Date, days: i32) -> Option<Date> {
    day.checked_add(days.days()).ok()
}

#[cfg(test)]
mod tests;
