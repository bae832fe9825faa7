//! The types of settings that are our own (see [`crate::model::PlanRules`]): words, whole numbers, decimals, and a few
//! shapes. Each reads text and shows itself as the text that it was read from.

use std::fmt;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Serialize, Serializer};

use super::InvalidValue;

macro_rules! words {
    ($(#[$doc:meta])* $type:ident, $expected:literal, $($(#[$word_doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type {
            $($(#[$word_doc])* $variant),+
        }

        impl $type {
            /// Reads a word.
            ///
            /// # Errors
            /// [`InvalidValue`] with the words there are.
            pub fn parse(text: &str) -> Result<Self, InvalidValue> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(InvalidValue::new($expected)),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word),+ })
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

words!(
    /// How predictive dialing finds its number of calls.
    PacingRule, "adaptive or level",
    /// By what it has learned about this room, at the cap on abandoned calls.
    Adaptive = "adaptive",
    /// The first implementation's rule: `(available agents + ServiceLevel) - calls being dialed`.
    Level = "level",
);

words!(
    /// Where the rules about abandoned calls come from.
    AbandonPreset, "ftc, ofcom or none",
    /// No cap.
    None = "none",
    /// US: 16 CFR 310.4(b)(4).
    Ftc = "ftc",
    /// UK: Ofcom's statement of policy on persistent misuse, as it was until 2017.
    Ofcom = "ofcom",
);

words!(
    /// From when the seconds until an agent must be there are counted.
    AbandonFrom, "answer or greeting",
    /// From the answer.
    Answer = "answer",
    /// From the end of the person's greeting, which machine detection waits for; without detection from the answer.
    Greeting = "greeting",
);

words!(
    /// What the abandoned share is a share of.
    AnswersCounted, "persons or all",
    /// Calls that a person answered.
    Persons = "persons",
    /// All answered calls, machines too.
    All = "all",
);

words!(
    /// Whose phone a preview call rings first.
    PreviewFirst, "agent or customer",
    /// The agent's, then the customer's: no customer waits for an agent.
    Agent = "agent",
    /// The customer's, then the agent's.
    Customer = "customer",
);

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// Reads digits.
    ///
    /// # Errors
    /// [`InvalidValue`] for anything else, and outside the range.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let number = digits(text).filter(|number| (MIN..=MAX).contains(number));
        number.map(Self).ok_or_else(|| InvalidValue::new(format!("a whole number from {MIN} to {MAX}")))
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> fmt::Display for Whole<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A decimal number of at most two places, from `MIN` to `MAX` hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hundredths<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Hundredths<MIN, MAX> {
    /// Reads `12`, `1.5` or `0.75`.
    ///
    /// # Errors
    /// [`InvalidValue`] for anything else, and outside the range.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let hundredths = match places.len() {
            1 => digits(places).map(|tenths| tenths * 10),
            2 => digits(places),
            _ => None,
        };
        let number =
            digits(whole).zip(hundredths).and_then(|(whole, rest)| whole.checked_mul(100)?.checked_add(rest));
        let number = number.filter(|number| (MIN..=MAX).contains(number));
        number.map(Self).ok_or_else(|| {
            let (min, max) = (f64::from(MIN) / 100.0, f64::from(MAX) / 100.0);
            InvalidValue::new(format!("a number from {min} to {max} with at most two decimal places"))
        })
    }

    /// The number in hundredths, exactly.
    pub fn hundredths(self) -> u32 {
        self.0
    }

    /// The number.
    pub fn get(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl<const MIN: u32, const MAX: u32> fmt::Display for Hundredths<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl<const MIN: u32, const MAX: u32> Serialize for Hundredths<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.get())
    }
}

/// Lengths of windows in days, for instance `1,30`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Days(Vec<u32>);

impl Days {
    /// The longest window.
    pub const MAX: u32 = 366;
    /// The most windows.
    const WINDOWS: usize = 4;

    /// Reads numbers with commas between them.
    ///
    /// # Errors
    /// [`InvalidValue`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let days: Option<Vec<u32>> =
            text.split(',').map(|days| digits(days).filter(|days| (1..=Self::MAX).contains(days))).collect();
        let days = days.filter(|days| days.len() <= Self::WINDOWS);
        days.map(Self)
            .ok_or(InvalidValue::new("at most 4 numbers of days (1 to 366) with commas between them"))
    }

    /// The windows' lengths.
    pub fn get(&self) -> &[u32] {
        &self.0
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, days) in self.0.iter().enumerate() {
            write!(f, "{}{days}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

super::value!(
    /// A sound file as `Playback` takes it: without its ending.
    Sound,
    "the name of a sound file: letters, digits and _ - . /, at most 200 characters,",
    |text| super::fits(text, 200)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'))
);

super::value!(
    /// A time zone of the IANA database: `Europe/Berlin`.
    Zone,
    "a time zone of the IANA database such as Europe/Berlin",
    |text| super::fits(text, 64) && ZONES.get(text).is_ok()
);

impl Zone {
    /// The zone itself.
    pub fn time_zone(&self) -> TimeZone {
        // The name was checked when it was read.
        ZONES.get(self.as_str()).unwrap_or(TimeZone::UTC)
    }

    /// How far this zone's time is ahead of UTC, in seconds, at a moment in seconds since 1970.
    pub fn offset_s(&self, at_s: i64) -> i32 {
        let zone = ZONES.get(self.as_str());
        match (zone, jiff::Timestamp::from_second(at_s)) {
            (Ok(zone), Ok(at)) => zone.to_offset(at).seconds(),
            // The name was checked when it was read, and time does not run so far.
            _ => 0,
        }
    }
}

/// The time zones that are built in: the same on every machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Digits alone, at most nine.
fn digits(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}
