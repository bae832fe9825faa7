//! What names and passwords look like.

use super::AccessError;

/// Characters of a password at least.
const PASSWORD_MIN: usize = 10;
/// At most.
const PASSWORD_MAX: usize = 256;
/// Characters of a name at most.
const NAME_MAX: usize = 64;

/// A name of a user or token: letters are made small.
///
/// # Errors
/// It is none.
pub(crate) fn name(text: &str) -> Result<String, AccessError> {
    let name = text.to_ascii_lowercase();
    let first = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    let all = name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_@".contains(c));
    if first && all && name.len() <= NAME_MAX {
        return Ok(name);
    }
    let expected = "1 to 64 letters, digits or . - _ @, beginning with a letter or digit,";
    Err(AccessError::Invalid { field: "name", expected })
}

/// Whether a password may be set.
///
/// # Errors
/// It is too short, too long or the user's name.
pub(crate) fn check_password(user: &str, password: &str) -> Result<(), AccessError> {
    if (PASSWORD_MIN..=PASSWORD_MAX).contains(&password.chars().count())
        && !password.eq_ignore_ascii_case(user)
    {
        return Ok(());
    }
    let expected = "10 to 256 characters, and not the name,";
    Err(AccessError::Invalid { field: "password", expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_small_and_stand_in_a_path_as_they_are() {
        assert_eq!(name("Anna.B-1_x@example.com").as_deref(), Ok("anna.b-1_x@example.com"));
        for bad in ["", ".anna", "an na", "an/na", "änna", "a\n", &"a".repeat(65)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn passwords_are_long_and_not_the_name() {
        assert_eq!(check_password("anna", "ten chars!"), Ok(()));
        for bad in ["", "nine char", &"x".repeat(257)] {
            assert!(check_password("anna", bad).is_err(), "{bad:?}");
        }
        assert!(check_password("annabella1", "AnnaBella1").is_err());
    }
}
