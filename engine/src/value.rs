//! Values that came from outside, checked once at the edge. A value of one of these types may stand in a dial
//! string, a header or a row; nothing else may.

mod setting;
mod trunks;

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

pub use setting::{
    AbandonFrom, AbandonPreset, AnswersCounted, Days, Hundredths, PacingRule, PreviewFirst, Sound, Whole,
    Zone,
};
pub use trunks::{Trunks, WeightedTrunk};

/// Why a value was refused: what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected} expected")]
pub struct InvalidValue {
    /// What would have been right, in words.
    pub expected: Cow<'static, str>,
}

impl InvalidValue {
    /// What would have been right.
    pub fn new(expected: impl Into<Cow<'static, str>>) -> Self {
        Self { expected: expected.into() }
    }
}

/// The longest free text, in characters. AMI lines of Asterisk hold 1,024 octets, ours 8,192.
pub const TEXT_MAX: usize = 1000;
/// The longest phone number or SIP address, in characters.
pub const NUMBER_MAX: usize = 64;
/// The longest name of a trunk, queue, context, extension or application, in characters (Asterisk: 79).
pub const NAME_MAX: usize = 79;

macro_rules! value {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks a value.
            ///
            /// # Errors
            /// [`InvalidValue`] with what was expected.
            pub fn parse(text: &str) -> Result<Self, InvalidValue> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.to_owned())) } else { Err(InvalidValue::new($expected)) }
            }

            /// The value as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

use value;

value!(
    /// Free text: a name, a detail, an application's data.
    Text,
    "text without line ends or NUL, at most 1000 characters",
    |text| fits(text, TEXT_MAX) && !text.contains(['\r', '\n', '\0'])
);

value!(
    /// A customer's number as it was given: digits and `+ * # -`, blanks and dots between them, or `sip:user@host`.
    Number,
    "a number of digits, + * # -, blanks and dots (or sip:user@host), at most 64 characters,",
    |text| fits(text, NUMBER_MAX) && (is_plain_number(text) || is_sip_address(text))
);

value!(
    /// The name of a channel technology, with or without a slash behind it: `PJSIP`, `sip/`, `Local`.
    Tech,
    "a channel technology such as PJSIP, SIP or Local",
    |text| {
        let bare = text.strip_suffix('/').unwrap_or(text);
        fits(bare, NAME_MAX) && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
);

value!(
    /// The name of a trunk, a queue, a context or an extension, or of a dialplan application.
    Name,
    "a name of letters, digits and _ - . + * #, at most 79 characters,",
    |text| fits(text, NAME_MAX)
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+' | b'*' | b'#'))
);

value!(
    /// A caller id: `name <number>` or a number alone.
    CallerId,
    "a caller id such as 5551234 or \"Name\" <5551234>, at most 80 characters,",
    |text| fits(text, 80) && !text.chars().any(char::is_control) && text.matches('<').count() <= 1
);

value!(
    /// Where an agent is called: a queue member's interface, `PJSIP/agent1` or `Local/201@agents/n`.
    Interface,
    "a technology, a slash, and letters, digits and _ - . + * # : @ /, at most 79 characters,",
    |text| {
        let resource = |b: u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+' | b'*' | b'#' | b':' | b'@' | b'/')
        };
        fits(text, NAME_MAX)
            && text.split_once('/').is_some_and(|(tech, rest)| {
                !tech.is_empty()
                    && tech.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                    && !rest.is_empty()
                    && rest.bytes().all(resource)
            })
    }
);

value!(
    /// The name of a channel variable.
    VariableName,
    "a variable name of letters, digits and _, at most 79 characters,",
    |text| fits(text, NAME_MAX) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
);

impl Tech {
    /// The tech as Asterisk writes it: `PJSIP`, `SIP`, `Local`, `IAX2`, `DAHDI`; others as they were given.
    pub fn canonical(&self) -> &str {
        let bare = self.0.strip_suffix('/').unwrap_or(&self.0);
        ["PJSIP", "SIP", "Local", "IAX2", "DAHDI"]
            .into_iter()
            .find(|t| t.eq_ignore_ascii_case(bare))
            .unwrap_or(bare)
    }
}

impl Number {
    /// What is dialed: the number without the blanks and dots that people put between the digits.
    pub fn dialable(&self) -> String {
        if self.is_sip_address() {
            return self.0.clone();
        }
        self.0.chars().filter(|c| !matches!(c, ' ' | '.')).collect()
    }

    /// True for `sip:user@host`, which only SIP technologies can dial.
    pub fn is_sip_address(&self) -> bool {
        self.0.starts_with("sip:")
    }
}

fn fits(text: &str, max: usize) -> bool {
    // Characters are counted only where it may matter.
    !text.is_empty() && (text.len() <= max || text.chars().count() <= max)
}

fn is_plain_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'*' | b'#' | b'-' | b' ' | b'.'))
        && text.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'))
}

fn is_sip_address(text: &str) -> bool {
    let Some((user, host)) = text.strip_prefix("sip:").and_then(|rest| rest.split_once('@')) else {
        return false;
    };
    let user_ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+' | b'*' | b'#');
    let host_ok = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'[' | b']');
    !user.is_empty() && user.bytes().all(user_ok) && !host.is_empty() && host.bytes().all(host_ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_dashes_and_loses_blanks_and_dots() {
        assert_eq!(Number::parse("111-111-0001").unwrap().dialable(), "111-111-0001");
        assert_eq!(Number::parse("+1 (202) 5").map(|n| n.dialable()).ok(), None);
        assert_eq!(Number::parse("+1 202.555 01").unwrap().dialable(), "+120255501");
    }

    #[test]
    fn what_could_leave_the_dial_string_is_no_number() {
        let long = "1".repeat(65);
        for bad in [
            "",
            "12/34",
            "1@evil",
            "1&PJSIP/2",
            "1,2",
            "1\r\n2",
            "${X}",
            "-",
            " . ",
            "sip:a@",
            "sip:@h",
            &long,
        ] {
            assert!(Number::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Number::parse("sip:alice@10.0.0.1:5060").is_ok());
    }

    #[test]
    fn an_interface_is_one_channel_to_call_and_nothing_else() {
        for good in
            ["PJSIP/agent1", "Local/201@agents/n", "SIP/agent-1.x", "PJSIP/trunk/sip:bob@10.0.0.1:5060"]
        {
            assert!(Interface::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "agent1",
            "PJSIP/",
            "/x",
            "PJSIP/a&PJSIP/b",
            "PJSIP/a,b",
            "Local/${X}@y",
            "a b/c",
            "PJSIP/a\n",
        ] {
            assert!(Interface::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_tech_is_known_in_every_spelling() {
        for (given, canonical) in
            [("sip/", "SIP"), ("SIP", "SIP"), ("pjsip", "PJSIP"), ("local/", "Local"), ("Foo", "Foo")]
        {
            assert_eq!(Tech::parse(given).unwrap().canonical(), canonical);
        }
        assert!(Tech::parse("PJSIP/x").is_err());
        assert!(Tech::parse("/").is_err());
    }
}
