//! What is done with the text of a file, with its numbers, and with rows whose lead the list has already.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::enums::{NumberLengthType, Region};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::Serialize;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// How the text is written down.
    pub encoding: Encoding,
    /// Where numbers without a country code are from: then all become E.164. `None` leaves them as they are written.
    pub country: Option<Country>,
    /// What becomes of a row whose lead the list has already.
    pub duplicates: Duplicates,
    /// What a lead is known by.
    pub duplicates_by: By,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident $($(#[$variant_doc:meta])* $variant:ident $word:literal)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// Its words, for options.
            pub const WORDS: &[&str] = &[$($word),*];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(format!("one of {}", Self::WORDS.join(", "))),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// How the text of a file is written down.
    Encoding
    /// As its beginning seems to be: UTF-8, UTF-16 or what Windows writes.
    #[default]
    Auto "auto"
    /// UTF-8; UTF-16 where its first octets say so.
    Utf8 "utf-8"
    /// What Windows writes in Western Europe and America; UTF-8 or UTF-16 where the first octets say so.
    Windows1252 "windows-1252"
}

words! {
    /// What becomes of a row whose lead the list has already.
    Duplicates
    /// It is taken in as well: the list has it twice then.
    #[default]
    Take "take"
    /// It is left out.
    Skip "skip"
    /// The lead gets what the row has; its tries stay.
    Update "update"
}

words! {
    /// What a lead is known by.
    By
    /// Its ukey or, where that finds none, any of its numbers.
    #[default]
    Any "any"
    /// Its ukey.
    UKey "ukey"
    /// Any of its numbers.
    Number "number"
}

/// A country that has telephone numbers, by its two letters (ISO 3166).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country(Region);

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = |region: &Region| region.to_string().eq_ignore_ascii_case(text);
        let found = PHONE_NUMBER_UTIL.get_supported_regions().find(named);
        found.map(Self).ok_or_else(|| "the two letters of a country, such as US or DE".to_owned())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Country {
    /// All of them with their calling codes, by their letters.
    pub fn all() -> Vec<(String, u32)> {
        let of = |region: Region| {
            let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region)?;
            Some((region.to_string(), u32::try_from(code).ok()?))
        };
        let mut all: Vec<_> = PHONE_NUMBER_UTIL.get_supported_regions().filter_map(of).collect();
        all.sort();
        all
    }

    /// A number as it is dialed from everywhere: E.164.
    ///
    /// # Errors
    /// What was expected. A number is refused by its length, not by what is given out there: numbering plans change more often than
    /// this program.
    pub fn normalise(self, text: &str) -> Result<String, &'static str> {
        const EXPECTED: &str = "a telephone number";
        let number = PHONE_NUMBER_UTIL.parse(text, Some(self.0)).map_err(|_| EXPECTED)?;
        if number.extension.is_some() {
            return Err("a number without an extension");
        }
        match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
            Ok(NumberLengthType::IsPossible) => Ok(number.format_as(PhoneNumberFormat::E164).into_owned()),
            Ok(NumberLengthType::IsPossibleLocalOnly) => Err("a number with its area code"),
            Err(_) => Err("a number that is as long as those of its country"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(country: &str, text: &str) -> Result<String, &'static str> {
        country.parse::<Country>().unwrap().normalise(text)
    }

    #[test]
    fn numbers_become_those_that_are_dialed_from_everywhere() {
        for (country, text, number) in [
            ("US", "(202) 555-0143", "+12025550143"),
            ("us", "1-202-555-0143", "+12025550143"),
            ("DE", "030 123456", "+4930123456"),
            ("AT", "0316/123 45", "+4331612345"),
            ("AT", "+49 (0)30 123456", "+4930123456"),
            ("GB", "00 49 30 123456", "+4930123456"),
            ("IT", "06 1234567", "+39061234567"),
            ("CH", "079 123 45 67", "+41791234567"),
        ] {
            assert_eq!(self::number(country, text).as_deref(), Ok(number), "{country} {text}");
        }
    }

    #[test]
    fn what_cannot_be_a_number_there_is_refused() {
        for (country, text) in [
            ("US", "555-0143"),
            ("US", "12"),
            ("DE", "n/a"),
            ("US", "+999 1234567"),
            ("US", "202555014399999999"),
        ] {
            assert!(number(country, text).is_err(), "{country} {text}: {:?}", number(country, text));
        }
        assert_eq!(number("US", "202-555-0143 ext. 7"), Err("a number without an extension"));
    }

    #[test]
    fn a_country_is_two_letters_that_have_numbers() {
        for bad in ["", "U", "USA", "ZZ", "001", "1", "\u{df}"] {
            assert!(bad.parse::<Country>().is_err(), "{bad}");
        }
        let all = Country::all();
        assert!(all.len() > 200 && all.contains(&("AT".to_owned(), 43)), "{all:?}");
    }
}
