//! Why somebody is not let in, or a change of users and tokens is not made.

use std::time::Duration;

use crate::store::StoreError;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// A value that cannot be taken.
    #[error("{field}: {expected} expected")]
    Invalid {
        /// Which one.
        field: &'static str,
        /// What would be taken.
        expected: &'static str,
    },
    /// Another one has this name.
    #[error("this name is taken")]
    Taken,
    /// There are as many as there may be.
    #[error("there are {0} already, and may not be more")]
    Full(usize),
    /// There is no such user or token.
    #[error("there is none of this name or id")]
    NotFound,
    /// Nobody could manage users any more.
    #[error("this is the last admin: make another user admin first")]
    LastAdmin,
    /// A token does not delete itself: its program would stand outside by a slip.
    #[error("this is the token that asks: delete it with another one, or as a user")]
    Own,
    /// Name or password are wrong; which of them is not said.
    #[error("name or password are wrong")]
    WrongPassword,
    /// Too many tries.
    #[error("too many failed tries: the next one is looked at in {} s", .0.as_secs() + 1)]
    TooMany(Duration),
    /// Too many passwords are being checked.
    #[error("too many passwords are being checked: try again in a moment")]
    Busy,
    /// The operating system gives no random numbers, or the like.
    #[error("{0}")]
    Internal(String),
    /// The store does not work.
    #[error(transparent)]
    Store(#[from] StoreError),
}
