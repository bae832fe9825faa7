//! The HTTP front door of a whole daemon, over real sockets; no Asterisk is needed.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

#[path = "http/audit.rs"]
mod audit;
#[path = "http/client.rs"]
mod client;
#[path = "http/doors.rs"]
mod doors;
#[path = "http/first_start.rs"]
mod first_start;
#[path = "http/roles.rs"]
mod roles;
#[path = "http/sessions.rs"]
mod sessions;
#[path = "http/tokens.rs"]
mod tokens;
#[path = "http/users.rs"]
mod users;
