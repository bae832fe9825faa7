//! Single headers of an action as typed values. What is refused is refused with the header's name and what was
//! expected there.

use std::ops::RangeInclusive;

use ami::Message;
use engine::model::{Rules, RulesPatch, Variable};
use engine::value::InvalidValue;
use uuid::Uuid;

use crate::admin::{Refusal, bounds, variable};

/// What a uuid looks like.
const UUID: &str = "a uuid such as 92dadd08-ac3c-47dc-a41b-10040643ee38";

/// The headers of one action. Where a header that stands for one value repeats, its first value counts.
#[derive(Clone, Copy)]
pub(super) struct Headers<'a>(pub(super) &'a Message);

/// A header that is absent, or a value for a field that is never null.
type Field<T> = Result<Option<T>, Refusal>;
/// A header that is absent, null, or a value.
type Nullable<T> = Result<Option<Option<T>>, Refusal>;

impl Headers<'_> {
    /// A field that may be null: an empty header makes it so.
    pub(super) fn nullable<T>(
        self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidValue>,
    ) -> Nullable<T> {
        match self.0.get(name) {
            None => Ok(None),
            Some("") => Ok(Some(None)),
            Some(text) => {
                parse(text).map(|value| Some(Some(value))).map_err(|e| Refusal::invalid(name, e.expected))
            }
        }
    }

    /// A uuid that may be null.
    pub(super) fn nullable_uuid(self, name: &'static str) -> Nullable<Uuid> {
        self.nullable(name, |text| uuid(text).ok_or(InvalidValue::new(UUID)))
    }

    /// A number that may be null.
    pub(super) fn nullable_number<T: TryFrom<i64>>(
        self,
        name: &'static str,
        what: &str,
        range: &RangeInclusive<i64>,
    ) -> Nullable<T> {
        match self.0.get(name) {
            None => Ok(None),
            Some("") => Ok(Some(None)),
            Some(text) => {
                let value = number(text, range).ok_or_else(|| out_of(name, what, range))?;
                Ok(Some(Some(value)))
            }
        }
    }

    /// A number that is never null: an empty header sets the default.
    pub(super) fn number<T: TryFrom<i64>>(
        self,
        name: &'static str,
        what: &str,
        range: &RangeInclusive<i64>,
        default: T,
    ) -> Field<T> {
        Ok(self.nullable_number(name, what, range)?.map(|value| value.unwrap_or(default)))
    }

    /// One of the contract's codes, never null: an empty header sets the default.
    pub(super) fn code<T>(
        self,
        name: &'static str,
        expected: &'static str,
        from_code: fn(u8) -> Option<T>,
        default: T,
    ) -> Field<T> {
        let parse =
            |text: &str| number(text, &(0..=255)).and_then(from_code).ok_or(InvalidValue::new(expected));
        Ok(self.nullable(name, parse)?.map(|value| value.unwrap_or(default)))
    }

    /// A code that has no default: an empty header is refused.
    pub(super) fn request<T>(
        self,
        name: &'static str,
        expected: &'static str,
        from_code: fn(u8) -> Option<T>,
    ) -> Field<T> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let value = number(text, &(0..=255)).and_then(from_code);
        value.map(Some).ok_or_else(|| Refusal::invalid(name, expected))
    }

    /// A uuid without which nothing can be done.
    pub(super) fn required_uuid(self, name: &'static str) -> Result<Uuid, Refusal> {
        uuid(self.0.text(name)).ok_or_else(|| Refusal::invalid(name, UUID))
    }

    /// A uuid of what can not be null: absent or a uuid.
    pub(super) fn uuid(self, name: &'static str) -> Field<Uuid> {
        if self.0.get(name).is_none() { Ok(None) } else { self.required_uuid(name).map(Some) }
    }

    /// The settings beyond the contract.
    pub(super) fn rules<T: Rules>(self) -> Result<RulesPatch<T>, Refusal> {
        RulesPatch::read(|name| self.0.get(name))
            .map_err(|(name, error)| Refusal::invalid(name, error.expected))
    }

    /// All `Variable` headers; empty ones count nothing, so that an empty one alone clears the field.
    pub(super) fn variables(self) -> Field<Vec<Variable>> {
        const NAME: &str = "Variable";
        if self.0.get(NAME).is_none() {
            return Ok(None);
        }
        let given = self.0.all(NAME).filter(|text| !text.is_empty());
        let read: Result<Vec<_>, _> = given.map(variable).collect();
        let read = read.map_err(|error| Refusal::invalid(NAME, error.expected))?;
        if read.len() > bounds::VARIABLES {
            return Err(Refusal::invalid(NAME, format!("at most {} variables", bounds::VARIABLES)));
        }
        Ok(Some(read))
    }
}

/// A whole number in a range: digits, and a minus before them.
fn number<T: TryFrom<i64>>(text: &str, range: &RangeInclusive<i64>) -> Option<T> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = text.parse().ok().filter(|number| range.contains(number))?;
    T::try_from(number).ok()
}

/// A uuid with its dashes, in either case.
fn uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

fn out_of(name: &'static str, what: &str, range: &RangeInclusive<i64>) -> Refusal {
    Refusal::invalid(name, format!("{what} from {} to {}", range.start(), range.end()))
}
