//! Passwords: kept so that neither `Debug` nor a log shows them, and the MD5 login of AMI (challenge and key).
//!
//! A server need not know a password: with a [`SecretDigest`] it can check the one that a client sends.

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
        hexadecimal(Md5::new().chain_update(challenge).chain_update(&self.0))
    }
}

/// The MD5 of `user:realm:password`, with which a password that a client sends can be checked. It cannot be turned back
/// into the password, and cannot check the key of an MD5 challenge, which is made of the password itself.
#[derive(Clone)]
pub struct SecretDigest {
    realm: String,
    digest: String,
}

/// A text that is no MD5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("32 hexadecimal digits expected")]
pub struct InvalidDigest;

impl SecretDigest {
    /// Takes the digest as 32 hexadecimal digits.
    ///
    /// # Errors
    /// [`InvalidDigest`] for anything else.
    pub fn new(realm: impl Into<String>, digest: &str) -> Result<Self, InvalidDigest> {
        if digest.len() != 32 || !digest.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(InvalidDigest);
        }
        Ok(Self { realm: realm.into(), digest: digest.to_ascii_lowercase() })
    }

    /// Whether the digest was made of this user and password.
    pub fn matches(&self, user: &str, given: &str) -> bool {
        let md5 = Md5::new().chain_update(format!("{user}:{}:", self.realm)).chain_update(given);
        same(hexadecimal(md5).as_bytes(), self.digest.as_bytes())
    }
}

/// What a server knows of an account's password.
#[derive(Debug, Clone)]
pub enum Credential {
    /// The password.
    Secret(Secret),
    /// Its digest: plain logins only.
    Digest(SecretDigest),
}

impl<S: Into<Secret>> From<S> for Credential {
    fn from(secret: S) -> Self {
        Self::Secret(secret.into())
    }
}

impl From<SecretDigest> for Credential {
    fn from(digest: SecretDigest) -> Self {
        Self::Digest(digest)
    }
}

fn hexadecimal(md5: Md5) -> String {
    md5.finalize().iter().fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(...)")
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(...)")
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
        let digest = SecretDigest::new("outbound", &"0".repeat(32)).unwrap();
        assert_eq!(format!("{digest:?}"), "SecretDigest(...)");
    }

    /// The digest is that of `printf 'admin:outbound:change-me' | md5sum`.
    #[test]
    fn a_digest_knows_its_user_and_password() {
        let digest = SecretDigest::new("outbound", "631405D09D0D9423148E1F99F5F942A2").unwrap();
        assert!(digest.matches("admin", "change-me"));
        for (user, given) in [("admin", "change-m"), ("admi", "change-me"), ("admin", "")] {
            assert!(!digest.matches(user, given), "{user} {given}");
        }
        assert!(SecretDigest::new("outbound", "abc").is_err());
        assert!(SecretDigest::new("outbound", &"g".repeat(32)).is_err());
    }
}
