//! Random secrets. Of tokens and sessions only the SHA-256 is kept: with 256 random bits nothing slower is needed, and a look-up by the
//! hash tells a guesser nothing by its time.

use sha2::{Digest as _, Sha256};

use super::AccessError;
use crate::store::access::Hash;

/// What a token begins with, so that programs that look for leaked secrets find it.
const TOKEN_PREFIX: &str = "obt_";
/// Of a one-time password: no two of them look alike.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Characters of a one-time password, of 5 bits each.
const ONE_TIME_LENGTH: usize = 20;

/// The hash of a token's or a session's text.
pub(super) fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// A new token.
pub(super) fn token() -> Result<String, AccessError> {
    Ok(format!("{TOKEN_PREFIX}{}", session()?))
}

/// A new session's text: 256 random bits in hexadecimal.
pub(super) fn session() -> Result<String, AccessError> {
    Ok(random::<32>()?.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// A password that is used once.
pub(super) fn one_time_password() -> Result<String, AccessError> {
    let letters = random::<ONE_TIME_LENGTH>()?;
    Ok(letters.iter().map(|octet| char::from(ALPHABET[usize::from(octet % 32)])).collect())
}

fn random<const OCTETS: usize>() -> Result<[u8; OCTETS], AccessError> {
    let mut octets = [0; OCTETS];
    let failed = |error| AccessError::Internal(format!("no random numbers: {error}"));
    getrandom::fill(&mut octets).map_err(failed)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_comes_twice() {
        assert_ne!(session().unwrap(), session().unwrap());
        assert_ne!(one_time_password().unwrap(), one_time_password().unwrap());
        assert_eq!(session().unwrap().len(), 64);
        assert_eq!(one_time_password().unwrap().len(), 20);
        let token = token().unwrap();
        assert!(token.starts_with("obt_") && token.len() == 68, "{token}");
    }
}
