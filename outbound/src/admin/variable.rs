//! Channel variables as users write them: `name=value`.

use engine::model::Variable;
use engine::value::{InvalidValue, VariableName};

use super::bounds::VARIABLE_OCTETS;

/// Reads `name=value`. The value may be empty; what comes after the first `=` belongs to it.
///
/// # Errors
/// [`InvalidValue`] where the name is none, or the whole is too long, or holds CR, LF or NUL.
pub fn variable(text: &str) -> Result<Variable, InvalidValue> {
    let read = || {
        let (name, value) = text.split_once('=')?;
        let name = VariableName::parse(name).ok()?;
        let quoted = text.len() + value.matches(['"', '\\']).count();
        let fits = quoted <= VARIABLE_OCTETS && !value.contains(['\r', '\n', '\0']);
        fits.then(|| Variable { name, value: value.to_owned() })
    };
    read().ok_or(InvalidValue::new("name=value (name: letters, digits and _; in all at most 980 octets, where a quote or backslash counts twice, without line ends or NUL)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_split_at_its_first_equals_sign() {
        let read = variable("a=b=c").unwrap();
        assert_eq!((read.name.as_str(), read.value.as_str()), ("a", "b=c"));
        assert_eq!(variable("a=").unwrap().value, "");
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        let (long, quotes) = (format!("a={}", "x".repeat(979)), format!("a={}", "\"".repeat(490)));
        for bad in ["", "a", "=b", "CHANNEL(language)=en", "a b=c", "a=1\n", "a=\0", &long, &quotes] {
            assert!(variable(bad).is_err(), "{bad:?}");
        }
    }
}
