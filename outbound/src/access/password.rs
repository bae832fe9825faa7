//! argon2id, on blocking threads, one after another: each takes 19 MiB and tens of milliseconds, and calls come first.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use super::AccessError;

/// Passwords in hand, those that wait for their turn among them; more are refused.
const WAITING_MAX: usize = 32;
/// Of nobody's password, with the parameters that are used for all: for users whom there is not, so that they take as long.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Ym9keXNub2JvZHlzbm8$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// See the module.
#[derive(Debug)]
pub(super) struct Passwords {
    places: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(WAITING_MAX)), turn: Arc::new(Semaphore::new(1)) }
    }

    /// The PHC string of a password.
    pub(super) async fn hash(&self, password: String) -> Result<String, AccessError> {
        let hashed = self.in_turn(move || {
            Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
        });
        hashed
            .await?
            .map_err(|error| AccessError::Internal(format!("the password cannot be hashed: {error}")))
    }

    /// Whether it is the password of this PHC string; without one it is not, and that takes as long.
    pub(super) async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, AccessError> {
        self.in_turn(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or(NOBODYS);
            Argon2::default().verify_password(password.as_bytes(), hash).is_ok() && known
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccessError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| AccessError::Busy)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| AccessError::Busy)?;
        // Both go along: who does not wait for the answer any more does not make the thread free.
        let work = move || {
            let _held = (place, turn);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| AccessError::Internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_alone() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && !hash.contains("horse"), "{hash}");
        let verify = async |text: &str, hash: Option<&String>| {
            passwords.verify(text.to_owned(), hash.cloned()).await.unwrap()
        };
        assert!(verify("correct horse", Some(&hash)).await);
        assert!(!verify("correct hors", Some(&hash)).await);
        assert!(!verify("correct horse", None).await);
        assert_ne!(passwords.hash("correct horse".to_owned()).await.unwrap(), hash, "salted");
    }

    #[tokio::test]
    async fn who_is_not_known_costs_the_work_of_one_who_is() {
        use argon2::password_hash::phc::PasswordHash;
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        let parameters = |phc: &str| {
            let parsed = PasswordHash::new(phc).unwrap();
            (parsed.algorithm.to_string(), parsed.params.to_string(), parsed.hash.map(|hash| hash.len()))
        };
        assert_eq!(parameters(NOBODYS), parameters(&hash));
    }

    #[tokio::test]
    async fn more_passwords_than_there_are_places_for_are_refused() {
        let passwords = Passwords::new();
        let _places = Arc::clone(&passwords.places).acquire_many_owned(32).await.unwrap();
        assert_eq!(passwords.hash("correct horse".to_owned()).await, Err(AccessError::Busy));
    }
}
