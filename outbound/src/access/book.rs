//! Who is known: the rows in memory, so that no request waits for a disk to be let in. Changes are made here as in the database, after
//! they are committed there.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use engine::time::Wall;
use uuid::Uuid;

use super::{AccessError, Role};
use crate::store::access::{AccessChange, AccessRows, Hash, SessionRow, TokenRow, UserRow};

/// A session ends when it was not used for so long.
pub(super) const SESSION_MAX: Duration = Duration::from_secs(12 * 3600);
/// The last use of tokens and sessions is noted as often.
const NOTED_EACH: Duration = Duration::from_secs(60);
/// Sessions of one user; the one that was not used for longest goes.
const SESSIONS_EACH: usize = 20;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) users: BTreeMap<String, UserRow>,
    pub(super) tokens: BTreeMap<Uuid, TokenRow>,
    sessions: HashMap<Hash, SessionRow>,
    by_hash: HashMap<Hash, Uuid>,
}

impl Book {
    pub(super) fn new(rows: AccessRows) -> Self {
        let mut book = Self::default();
        rows.users.into_iter().for_each(|row| book.apply(&AccessChange::PutUser(row)));
        rows.tokens.into_iter().for_each(|row| book.apply(&AccessChange::PutToken(row)));
        rows.sessions.into_iter().for_each(|row| book.apply(&AccessChange::PutSession(row)));
        book
    }

    /// Does what the database has done.
    pub(super) fn apply(&mut self, change: &AccessChange) {
        match change {
            AccessChange::PutUser(row) => drop(self.users.insert(row.name.clone(), row.clone())),
            AccessChange::DeleteUser(name) => {
                self.users.remove(name);
                self.sessions.retain(|_, session| session.user != *name);
            }
            AccessChange::PutToken(row) => {
                self.by_hash.insert(row.hash, row.id);
                self.tokens.insert(row.id, row.clone());
            }
            AccessChange::DeleteToken(id) => {
                if let Some(row) = self.tokens.remove(id) {
                    self.by_hash.remove(&row.hash);
                }
            }
            AccessChange::TokenUsed(id, at) => {
                if let Some(row) = self.tokens.get_mut(id) {
                    row.used = Some(*at);
                }
            }
            AccessChange::PutSession(row) => drop(self.sessions.insert(row.hash, row.clone())),
            AccessChange::SessionUsed(hash, at) => {
                if let Some(row) = self.sessions.get_mut(hash) {
                    row.used = *at;
                }
            }
            AccessChange::DeleteSession(hash) => drop(self.sessions.remove(hash)),
            AccessChange::DeleteSessionsOf(user) => self.sessions.retain(|_, row| row.user != *user),
            AccessChange::DeleteSessionsBefore(at) => self.sessions.retain(|_, row| row.used >= *at),
            AccessChange::Audit(_) => {}
        }
    }

    /// Whose session it is, and what is to be noted of this use.
    pub(super) fn session(&self, hash: &Hash, now: Wall) -> Option<(&UserRow, Option<AccessChange>)> {
        let session = self.sessions.get(hash)?;
        if now.since(session.used) > SESSION_MAX {
            return None;
        }
        let noted = is_noted(session.used, now).then_some(AccessChange::SessionUsed(*hash, now));
        Some((self.users.get(&session.user)?, noted))
    }

    /// Which token it is, and what is to be noted of this use.
    pub(super) fn token(&self, hash: &Hash, now: Wall) -> Option<(&TokenRow, Option<AccessChange>)> {
        let token = self.tokens.get(self.by_hash.get(hash)?)?;
        if token.expires.is_some_and(|expires| expires <= now) {
            return None;
        }
        let due = token.used.is_none_or(|used| is_noted(used, now));
        Some((token, due.then_some(AccessChange::TokenUsed(token.id, now))))
    }

    /// What begins a session of a user.
    pub(super) fn begin(&self, user: &str, hash: Hash, now: Wall) -> Vec<AccessChange> {
        let expired = Wall(now.0.saturating_sub(i64::try_from(SESSION_MAX.as_nanos()).unwrap_or(i64::MAX)));
        let mut own: Vec<_> = self.sessions.values().filter(|row| row.user == user).collect();
        own.sort_by_key(|row| row.used);
        let surplus = (own.len() + 1).saturating_sub(SESSIONS_EACH);
        let mut changes = vec![AccessChange::DeleteSessionsBefore(expired)];
        changes.extend(own.iter().take(surplus).map(|row| AccessChange::DeleteSession(row.hash)));
        let session = SessionRow { hash, user: user.to_owned(), created: now, used: now };
        changes.push(AccessChange::PutSession(session));
        changes
    }

    /// Whether a user may be deleted or lose the role of admin.
    pub(super) fn check_not_last_admin(&self, name: &str) -> Result<(), AccessError> {
        let is_admin = |user: &&UserRow| user.role == Role::Admin;
        let other = self.users.values().filter(is_admin).any(|user| user.name != name);
        let this = self.users.get(name).filter(is_admin).is_some();
        if this && !other { Err(AccessError::LastAdmin) } else { Ok(()) }
    }
}

/// A clock that was set back is noted too: else nothing would be, until it has caught up.
fn is_noted(used: Wall, now: Wall) -> bool {
    now.since(used) >= NOTED_EACH || now < used
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;

    fn user(name: &str, role: Role) -> UserRow {
        UserRow {
            name: name.to_owned(),
            role,
            password: String::new(),
            must_change: false,
            created: Wall(0),
            updated: None,
        }
    }

    fn book(users: &[UserRow]) -> Book {
        Book::new(AccessRows { users: users.to_vec(), ..AccessRows::default() })
    }

    #[test]
    fn a_session_slides_and_ends_when_it_is_not_used_for_twelve_hours() {
        let mut book = book(&[user("anna", Role::Viewer)]);
        book.begin("anna", [1; 32], Wall(0)).iter().for_each(|change| book.apply(change));
        assert_eq!(book.session(&[1; 32], Wall(MINUTE - 1)).unwrap().1, None, "noted once a minute");
        let (_, noted) = book.session(&[1; 32], Wall(700 * MINUTE)).unwrap();
        book.apply(&noted.unwrap());
        assert!(book.session(&[1; 32], Wall(1_400 * MINUTE)).is_some());
        assert!(book.session(&[1; 32], Wall(1_421 * MINUTE)).is_none());
        assert!(book.session(&[2; 32], Wall(0)).is_none());
    }

    #[test]
    fn a_token_is_refused_from_its_expiry_on() {
        let mut book = book(&[]);
        let (id, expires) = (Uuid::new_v4(), Some(Wall(10)));
        let row = TokenRow {
            id,
            name: "ci".to_owned(),
            role: Role::Viewer,
            hash: [1; 32],
            created: Wall(0),
            expires,
            used: None,
        };
        book.apply(&AccessChange::PutToken(row));
        let (_, noted) = book.token(&[1; 32], Wall(9)).unwrap();
        assert_eq!(noted, Some(AccessChange::TokenUsed(id, Wall(9))));
        assert!(book.token(&[1; 32], Wall(10)).is_none());
        book.apply(&AccessChange::DeleteToken(id));
        assert!(book.token(&[1; 32], Wall(9)).is_none());
    }

    #[test]
    fn the_last_admin_stays() {
        let mut book = book(&[user("anna", Role::Admin), user("bert", Role::Supervisor)]);
        assert_eq!(book.check_not_last_admin("anna"), Err(AccessError::LastAdmin));
        assert_eq!(book.check_not_last_admin("bert"), Ok(()));
        book.apply(&AccessChange::PutUser(user("bert", Role::Admin)));
        assert_eq!(book.check_not_last_admin("anna"), Ok(()));
    }

    #[test]
    fn a_user_has_twenty_sessions_and_the_one_that_rests_longest_goes() {
        let mut book = book(&[user("anna", Role::Viewer)]);
        for n in 0..21 {
            book.begin("anna", [n; 32], Wall(i64::from(n))).iter().for_each(|change| book.apply(change));
        }
        assert_eq!(book.sessions.len(), SESSIONS_EACH);
        assert!(book.session(&[0; 32], Wall(30)).is_none() && book.session(&[1; 32], Wall(30)).is_some());
    }

    #[test]
    fn who_is_deleted_is_out() {
        let mut book = book(&[user("anna", Role::Viewer)]);
        book.begin("anna", [1; 32], Wall(0)).iter().for_each(|change| book.apply(change));
        book.apply(&AccessChange::DeleteUser("anna".to_owned()));
        assert!(book.session(&[1; 32], Wall(0)).is_none() && book.sessions.is_empty());
    }
}
