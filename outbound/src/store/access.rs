//! Rows of those who may come in over HTTP, and of what they changed.

use engine::time::Wall;
use uuid::Uuid;

use crate::access::{Kind, Role};

/// SHA-256 of a token's or a session's random text.
pub type Hash = [u8; 32];

/// How long an entry of the audit log is kept, in days.
pub const AUDIT_DAYS: i64 = 400;
/// Entries that are kept at most; older ones go.
pub const AUDIT_MAX: i64 = 1_000_000;

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Lower case; unique.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// PHC string of argon2id.
    pub password: String,
    /// Nothing but a change of password is let through until it is done.
    pub must_change: bool,
    /// When the user was made.
    pub created: Wall,
    /// When role or password were last changed.
    pub updated: Option<Wall>,
}

/// A token for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Which one.
    pub id: Uuid,
    /// Unique among tokens.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Of its text.
    pub hash: Hash,
    /// When it was made.
    pub created: Wall,
    /// From then on it is refused; `None`: never.
    pub expires: Option<Wall>,
    /// Its last use, to the minute.
    pub used: Option<Wall>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Of the cookie's text.
    pub hash: Hash,
    /// Whose it is.
    pub user: String,
    /// When it began.
    pub created: Wall,
    /// Its last use, to the minute.
    pub used: Wall,
}

/// What somebody did, or tried to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// When it was answered.
    pub time: Wall,
    /// A user or a token.
    pub kind: Kind,
    /// Its name.
    pub who: String,
    /// Its role then; `None` for a sign-in that failed.
    pub role: Option<Role>,
    /// Where the request came from.
    pub address: String,
    /// The HTTP method.
    pub method: String,
    /// The path, without query.
    pub path: String,
    /// The kind of thing that it is about, as in the path.
    pub resource: Option<String>,
    /// Which one.
    pub resource_id: Option<String>,
    /// The HTTP status of the answer.
    pub status: u16,
}

/// One change of these rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessChange {
    /// Makes or replaces a user.
    PutUser(UserRow),
    /// Deletes a user with his sessions.
    DeleteUser(String),
    /// Makes a token.
    PutToken(TokenRow),
    /// Deletes a token.
    DeleteToken(Uuid),
    /// Notes the use of a token.
    TokenUsed(Uuid, Wall),
    /// Begins a session.
    PutSession(SessionRow),
    /// Notes the use of a session.
    SessionUsed(Hash, Wall),
    /// Ends a session.
    DeleteSession(Hash),
    /// Ends all sessions of a user.
    DeleteSessionsOf(String),
    /// Ends all sessions that were last used before.
    DeleteSessionsBefore(Wall),
    /// Adds an entry to the audit log, and drops the oldest ones where there are too many or they are too old.
    Audit(AuditRow),
}

/// All of them at the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessRows {
    /// Users.
    pub users: Vec<UserRow>,
    /// Tokens.
    pub tokens: Vec<TokenRow>,
    /// Sessions.
    pub sessions: Vec<SessionRow>,
}
