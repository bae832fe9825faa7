//! Who is let in, with what the store knows.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::book::{Book, SESSION_MAX};
use super::password::Passwords;
use super::rate::Attempts;
use super::{AccessError, Kind, Role, name, secret};
use crate::driver::wall;
use crate::store::access::{AccessChange, AuditRow, Hash};
use crate::store::{Store, StoreError};

/// A session ends when it was not used for so long.
pub const SESSION_HOURS: u64 = SESSION_MAX.as_secs() / 3600;

/// Users, tokens and sessions of a daemon; clones share them.
#[derive(Debug, Clone)]
pub struct Access(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    passwords: Passwords,
    book: Mutex<Book>,
    attempts: Mutex<Attempts>,
    /// Changes of users and tokens are serial: each is checked against what the one before it has left, and that is on the disk.
    changing: tokio::sync::Mutex<()>,
}

/// What a request shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    None,
    /// The text of a token.
    Token(String),
    /// The text of a session's cookie.
    Session(String),
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// A user or a token.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The session, where it came by one.
    pub session: Option<Hash>,
    /// Nothing but a change of password is let through.
    pub must_change: bool,
    /// The use of the session was noted now: its cookie lives on.
    pub renewed: bool,
}

/// A session that has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The cookie's text: nobody sees it again.
    pub cookie: String,
    /// Whose it is.
    pub known: Known,
}

impl Access {
    pub(super) fn new(store: Store, book: Book) -> Self {
        Self(Arc::new(Inner {
            store,
            passwords: Passwords::new(),
            book: Mutex::new(book),
            attempts: Mutex::new(Attempts::new()),
            changing: tokio::sync::Mutex::new(()),
        }))
    }

    /// Who shows these credentials; `None` where nobody does. Its use is noted, at most once a minute.
    pub fn identify(&self, credentials: &Credentials) -> Option<Known> {
        let now = wall();
        let mut book = self.book();
        let (known, noted) = match credentials {
            Credentials::None => return None,
            Credentials::Token(text) => {
                let (row, noted) = book.token(&secret::hash(text), now)?;
                let (name, role) = (row.name.clone(), row.role);
                let kind = Kind::Token;
                (Known { kind, name, role, session: None, must_change: false, renewed: false }, noted)
            }
            Credentials::Session(text) => {
                let hash = secret::hash(text);
                let (row, noted) = book.session(&hash, now)?;
                let known = Known {
                    kind: Kind::User,
                    name: row.name.clone(),
                    role: row.role,
                    session: Some(hash),
                    must_change: row.must_change,
                    renewed: noted.is_some(),
                };
                (known, noted)
            }
        };
        if let Some(noted) = noted {
            book.apply(&noted);
            self.0.store.note_access(noted);
        }
        Some(known)
    }

    /// Whether these credentials are still somebody's who may look: not a use of them.
    pub fn still_knows(&self, credentials: &Credentials) -> bool {
        let (now, book) = (wall(), self.book());
        match credentials {
            Credentials::None => false,
            Credentials::Token(text) => book.token(&secret::hash(text), now).is_some(),
            Credentials::Session(text) => {
                book.session(&secret::hash(text), now).is_some_and(|(user, _)| !user.must_change)
            }
        }
    }

    /// Begins a session by name and password.
    ///
    /// # Errors
    /// [`AccessError::WrongPassword`], whether there is such a user or not; [`AccessError::TooMany`]; [`AccessError::Busy`].
    pub async fn sign_in(
        &self,
        name: &str,
        password: String,
        address: IpAddr,
    ) -> Result<SignedIn, AccessError> {
        // What is no name is nobody's, and is looked at as one that is not known.
        let name = name::name(name).unwrap_or_default();
        let checked = self.check_password(&name, password, address).await?;
        self.begin_session(&name, &checked).await
    }

    /// Checks a password, within the limits on tries; gives the hash that it was held against.
    pub(super) async fn check_password(
        &self,
        name: &str,
        password: String,
        address: IpAddr,
    ) -> Result<String, AccessError> {
        self.attempts().begin(address, name, Instant::now()).map_err(AccessError::TooMany)?;
        let hash = self.book().users.get(name).map(|user| user.password.clone());
        match self.0.passwords.verify(password, hash.clone()).await {
            Ok(false) => Err(AccessError::WrongPassword),
            Ok(true) => {
                self.attempts().succeeded(address, name);
                hash.ok_or(AccessError::WrongPassword)
            }
            Err(error) => {
                self.attempts().succeeded(address, name);
                Err(error)
            }
        }
    }

    /// Begins a session of a user whose password has this hash: it may have been changed while it was looked at. Where the store cannot
    /// write, the session lives in memory: who looks why nothing is dialed must get in then.
    pub(super) async fn begin_session(&self, name: &str, password: &str) -> Result<SignedIn, AccessError> {
        let _changing = self.0.changing.lock().await;
        if self.book().users.get(name).is_none_or(|user| user.password != password) {
            return Err(AccessError::WrongPassword);
        }
        let cookie = secret::session()?;
        let hash = secret::hash(&cookie);
        let changes = self.book().begin(name, hash, wall());
        if let Err(error) = self.0.store.change_access(changes.clone()).await {
            tracing::warn!(%error, user = name, "a session is not written: it ends with the daemon");
        }
        let mut book = self.book();
        changes.iter().for_each(|change| book.apply(change));
        let user = book.users.get(name).ok_or(AccessError::WrongPassword)?;
        let known = Known {
            kind: Kind::User,
            name: user.name.clone(),
            role: user.role,
            session: Some(hash),
            must_change: user.must_change,
            renewed: false,
        };
        Ok(SignedIn { cookie, known })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// It could not be written: the session is over, but would come back with a restart.
    pub async fn sign_out(&self, session: Hash) -> Result<(), AccessError> {
        let change = AccessChange::DeleteSession(session);
        self.book().apply(&change);
        Ok(self.0.store.change_access(vec![change]).await?)
    }

    /// Adds an entry to the audit log. One that cannot be written is in the daemon's log.
    pub async fn note(&self, entry: AuditRow) {
        if let Err(error) = self.0.store.change_access(vec![AccessChange::Audit(entry.clone())]).await {
            tracing::warn!(%error, who = entry.who, method = entry.method, path = entry.path, status = entry.status, "an entry of the audit log was not written");
        }
    }

    /// Whether a refused request is noted: of one user or token, thirty and then one each two seconds, so that nobody writes the log
    /// full.
    pub fn notes_refusal(&self, who: &str) -> bool {
        self.attempts().notes_refusal(who, Instant::now())
    }

    /// Entries of the audit log with ids below `before`, newest first.
    ///
    /// # Errors
    /// What the store says.
    pub async fn audit(&self, before: i64, count: usize) -> Result<Vec<(i64, AuditRow)>, StoreError> {
        self.0.store.audit(before, count).await
    }

    /// Writes changes that the book allows, and then takes them in.
    pub(super) async fn change(
        &self,
        check: impl FnOnce(&Book) -> Result<Vec<AccessChange>, AccessError>,
    ) -> Result<(), AccessError> {
        let _changing = self.0.changing.lock().await;
        let changes = check(&self.book())?;
        self.0.store.change_access(changes.clone()).await?;
        let mut book = self.book();
        changes.iter().for_each(|change| book.apply(change));
        Ok(())
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
