//! What somebody may do, and who somebody is.

use serde::{Deserialize, Serialize};

/// What somebody may do. Each may what the ones before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look at everything but users, tokens and the audit log; change nothing.
    Viewer,
    /// Run campaigns: change everything but users and tokens.
    Supervisor,
    /// Everything.
    Admin,
}

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person, by password and cookie.
    User,
    /// A program, by a token.
    Token,
}

impl Role {
    /// The number in the database.
    pub fn code(self) -> i64 {
        match self {
            Self::Viewer => 1,
            Self::Supervisor => 2,
            Self::Admin => 3,
        }
    }

    /// The role of a number.
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Viewer, Self::Supervisor, Self::Admin].into_iter().find(|role| role.code() == code)
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }
}

impl Kind {
    /// The number in the database.
    pub fn code(self) -> i64 {
        match self {
            Self::User => 1,
            Self::Token => 2,
        }
    }

    /// The kind of a number.
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::User, Self::Token].into_iter().find(|kind| kind.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_ones_before_may() {
        assert!(Role::Viewer < Role::Supervisor && Role::Supervisor < Role::Admin);
        for role in [Role::Viewer, Role::Supervisor, Role::Admin] {
            assert_eq!(Role::from_code(role.code()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!(Role::from_code(0), None);
    }
}
