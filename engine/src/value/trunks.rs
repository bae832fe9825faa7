//! The trunks of a plan: one name, or several with weights.

use std::fmt;

use serde::Serialize;

use super::{InvalidValue, Name};

/// The most trunks of a plan.
const TRUNKS_MAX: usize = 8;
/// The largest weight.
const WEIGHT_MAX: u32 = 100;

/// The trunks of a plan as they were given: `carrier`, or `carrier1:3,carrier2:1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Trunks {
    text: String,
    all: Vec<WeightedTrunk>,
}

/// One trunk of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightedTrunk {
    /// Its name; with tech `Local`, a dialplan context.
    pub name: Name,
    /// Its share of the calls against the plan's other trunks, 1 to 100.
    pub weight: u32,
}

impl Trunks {
    /// Reads a name, or at most eight with commas between them, each with or without a weight behind a colon.
    ///
    /// # Errors
    /// [`InvalidValue`] for anything else, and where a name is there twice.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let expected = || {
            InvalidValue::new(
                "a trunk, or at most 8 different ones with weights from 1 to 100 (carrier1:3,carrier2:1),",
            )
        };
        if !text.contains([',', ':']) {
            // One name: what is wrong with it says the name.
            let name = Name::parse(text)?;
            return Ok(Self { text: text.to_owned(), all: vec![WeightedTrunk { name, weight: 1 }] });
        }
        let mut all: Vec<WeightedTrunk> = Vec::new();
        for part in text.split(',') {
            let (name, weight) = part.split_once(':').unwrap_or((part, "1"));
            let name = Name::parse(name).map_err(|_| expected())?;
            let weight = weight_of(weight).ok_or_else(expected)?;
            if all.len() == TRUNKS_MAX || all.iter().any(|other| other.name == name) {
                return Err(expected());
            }
            all.push(WeightedTrunk { name, weight });
        }
        Ok(Self { text: text.to_owned(), all })
    }

    /// The trunks, in the order in which they were given.
    pub fn all(&self) -> &[WeightedTrunk] {
        &self.all
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<Trunks> for String {
    fn from(trunks: Trunks) -> Self {
        trunks.text
    }
}

impl fmt::Display for Trunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn weight_of(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    let weight = if digits { text.parse().ok() } else { None };
    weight.filter(|weight| (1..=WEIGHT_MAX).contains(weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_as_before_and_a_list_has_weights() {
        let table: [(&str, &[(&str, u32)]); 4] = [
            ("carrier", &[("carrier", 1)]),
            ("carrier1:3,carrier2:1", &[("carrier1", 3), ("carrier2", 1)]),
            ("a,b:100,c", &[("a", 1), ("b", 100), ("c", 1)]),
            ("a:7", &[("a", 7)]),
        ];
        for (text, expected) in table {
            let trunks = Trunks::parse(text).unwrap();
            let all: Vec<_> = trunks.all().iter().map(|t| (t.name.as_str(), t.weight)).collect();
            assert_eq!(all, expected);
            assert_eq!(trunks.to_string(), text, "it is shown as it was given");
        }
    }

    #[test]
    fn what_is_no_list_of_trunks_is_refused() {
        let nine = "a,b,c,d,e,f,g,h,i";
        for bad in [
            "", ",", "a,", "a,a", "a:1,a:2", "a:0", "a:101", "a:+1", "a:", ":1", "a b", "a, b", "a/b,c", nine,
        ] {
            assert!(Trunks::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Trunks::parse("a,b,c,d,e,f,g,h").unwrap().all().len(), 8);
        assert_eq!(Trunks::parse("a b").unwrap_err(), Name::parse("a b").unwrap_err());
    }
}
