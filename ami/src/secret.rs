//! Passwords: kept so that neither `Debug` nor a log shows them, and the MD5 login of AMI (challenge and key).

use std::fmt::{self, Write as _};

use md5::{Digest, Md5};

/// A password. `Debug` shows only that there is one.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the one place that sends or checks it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is the password; the time taken tells nothing of where the two differ.
    pub fn matches(&self, given: &str) -> bool {
        same(self.0.as_bytes(), given.as_bytes())
    }

    /// Whether `key` is what a client answers to `challenge` who knows the password.
    pub fn matches_key(&self, challenge: &str, key: &str) -> bool {
        same(self.key(challenge).as_bytes(), key.as_bytes())
    }

    /// The `Key` of a login with `AuthType: MD5`: the hexadecimal MD5 of challenge and password.
    pub fn key(&self, challenge: &str) -> String {
        let digest = Md5::new().chain_update(challenge).chain_update(&self.0).finalize();
        digest.iter().fold(String::with_capacity(32), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key that a real Asterisk accepted in the transcript D05.
    #[test]
    fn the_key_is_the_one_that_asterisk_accepts() {
        let secret = Secret::new("dialerpw");
        assert_eq!(secret.key("117783519"), "33ca30e846ca39463013af3df966ef7b");
        assert!(secret.matches_key("117783519", "33ca30e846ca39463013af3df966ef7b"));
        assert!(!secret.matches_key("117783510", "33ca30e846ca39463013af3df966ef7b"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        assert_eq!(format!("{:?}", Secret::new("dialerpw")), "Secret(...)");
        assert!(Secret::new("a").matches("a"));
        assert!(!Secret::new("a").matches("ab"));
    }
}
