//! Who may do what over HTTP: users, tokens, sessions, and the log of what they changed.
//!
//! The rules are pure: [`Role`], `name` (names and passwords), `book` (who is known), `rate` (how often is tried), `origin`
//! (cross-site requests). [`Access`] keeps them with the store; `first` is the first start and the command line's token. What HTTP
//! makes of it is in `http`.

mod book;
mod error;
mod first;
mod gate;
pub(crate) mod name;
pub(crate) mod origin;
mod password;
mod rate;
mod role;
mod secret;
mod users;

pub use error::AccessError;
pub use first::FirstStart;
pub(crate) use first::token_file;
pub use gate::{Access, Credentials, Known, SESSION_HOURS, SignedIn};
pub use role::{Kind, Role};
pub use users::{NewToken, NewUser};
