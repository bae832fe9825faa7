//! Fields of a lead, and how columns of a file are called that hold them.

use std::fmt;

use engine::model::NUMBERS;
use engine::value::VariableName;

use crate::admin::LeadText;

/// What may be mapped, for messages.
pub(super) const FIELDS: &str =
    "name, detail, ukey, udata, email, number1 to number8 (number and phone are number1), variable:NAME";

const VARIABLE: &str = "variable:";
/// Texts, in the order of [`LeadText`].
const TEXTS: [(&str, LeadText); 5] = [
    ("name", LeadText::Name),
    ("detail", LeadText::Detail),
    ("ukey", LeadText::UKey),
    ("udata", LeadText::UData),
    ("email", LeadText::Email),
];

/// What others call them, without blanks, dashes and underlines. None of them says which of several numbers it is: where a
/// file has two, both are the first, which is refused as twice the same until the user has said.
const ALIASES: [(&str, &str); 25] = [
    ("fullname", "name"),
    ("customername", "name"),
    ("contactname", "name"),
    ("id", "ukey"),
    ("customerid", "ukey"),
    ("contactid", "ukey"),
    ("customernumber", "ukey"),
    ("customerno", "ukey"),
    ("accountnumber", "ukey"),
    ("emailaddress", "email"),
    ("mail", "email"),
    ("note", "detail"),
    ("notes", "detail"),
    ("comment", "detail"),
    ("comments", "detail"),
    ("tel", "number"),
    ("telephone", "number"),
    ("mobile", "number"),
    ("cell", "number"),
    ("msisdn", "number"),
    ("phonenumber", "number"),
    ("telephonenumber", "number"),
    ("mobilenumber", "number"),
    ("mobilephone", "number"),
    ("cellphone", "number"),
];

/// A field of a lead that a column may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A text.
    Text(LeadText),
    /// One of its numbers, by index from 0.
    Number(usize),
    /// A channel variable of its calls.
    Variable(VariableName),
}

impl Field {
    /// The field that is called so, in any case, with or without blanks, dashes and underlines (`Number 1`, `E-Mail`).
    pub fn of_name(name: &str) -> Option<Self> {
        let name = name.trim();
        if name.get(..VARIABLE.len()).is_some_and(|start| start.eq_ignore_ascii_case(VARIABLE)) {
            return VariableName::parse(&name[VARIABLE.len()..]).ok().map(Self::Variable);
        }
        let plain: String = name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect();
        let plain = plain.to_ascii_lowercase();
        let alias = ALIASES.iter().find(|(called, _)| *called == plain);
        let plain = alias.map_or(plain.as_str(), |(_, field)| field);
        if let Some((_, text)) = TEXTS.iter().find(|(called, _)| *called == plain) {
            return Some(Self::Text(*text));
        }
        let place = plain.strip_prefix("number").or_else(|| plain.strip_prefix("phone"))?;
        match place {
            "" => Some(Self::Number(0)),
            _ => (0..NUMBERS).find(|index| place == (index + 1).to_string()).map(Self::Number),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(TEXTS[*text as usize].0),
            Self::Number(index) => write!(f, "number{}", index + 1),
            Self::Variable(name) => write!(f, "{VARIABLE}{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_known_in_the_spellings_that_people_use() {
        for (name, field) in [
            ("name", "name"),
            (" E-Mail ", "email"),
            ("UKey", "ukey"),
            ("u_data", "udata"),
            ("Phone", "number1"),
            ("NUMBER", "number1"),
            ("Number 8", "number8"),
            ("phone_2", "number2"),
            ("Full Name", "name"),
            ("ID", "ukey"),
            ("customer_id", "ukey"),
            ("E-Mail Address", "email"),
            ("Notes", "detail"),
            ("Tel", "number1"),
            ("Mobile", "number1"),
            ("Variable:CITY", "variable:CITY"),
        ] {
            assert_eq!(Field::of_name(name).map(|field| field.to_string()).as_deref(), Some(field), "{name}");
        }
    }

    #[test]
    fn what_is_no_field_is_none() {
        for name in [
            "",
            "city",
            "first name",
            "tel2",
            "mobile 1",
            "ids",
            "number0",
            "number9",
            "number01",
            "phone10",
            "variable:",
            "variable:a b",
            "é",
        ] {
            assert_eq!(Field::of_name(name), None, "{name}");
        }
    }
}
