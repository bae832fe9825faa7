//! What may stand in the fields of a lead, whichever way it comes: an action or a file.

use engine::value::{InvalidValue, Text};

/// What begins an expansion in a dialplan.
const EXPANSIONS: [&str; 2] = ["${", "$["];

/// A field of a lead that holds a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadText {
    /// Its name.
    Name,
    /// Longer text for people.
    Detail,
    /// The user's own key.
    UKey,
    /// The user's own data.
    UData,
    /// E-mail address.
    Email,
}

impl LeadText {
    /// Checks a text. Calls carry name, key and data, and none of them is ever meant to be expanded by a dialplan.
    ///
    /// # Errors
    /// [`InvalidValue`] with what was expected.
    pub fn parse(self, text: &str) -> Result<Text, InvalidValue> {
        match self {
            Self::Name | Self::UKey | Self::UData if expands(text) => {
                Err(InvalidValue::new("text without ${ and $["))
            }
            Self::Name | Self::UKey | Self::UData | Self::Detail | Self::Email => Text::parse(text),
        }
    }
}

/// True where a dialplan that puts the text through `EVAL` would expand it.
pub fn expands(text: &str) -> bool {
    text.contains('$') && EXPANSIONS.iter().any(|expansion| text.contains(expansion))
}
