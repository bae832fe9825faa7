//! Who asks, and what he may do. There is one token so far, an administrator's: it is made at each start and written beside the
//! store, readable by the daemon's own user only.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use uuid::Uuid;

use super::problem::Problem;

/// What somebody may do; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Viewer,
    /// Change what is dialed, and how.
    Supervisor,
    /// Everything.
    Admin,
}

/// Somebody who is known.
#[derive(Debug, Clone)]
pub struct Caller {
    /// His name.
    pub name: String,
    /// What he may do.
    pub role: Role,
}

/// Somebody who may look. As an extractor it refuses others: 401 without credentials, 403 with too small a role.
pub struct Viewer(pub Caller);
/// Somebody who may change what is dialed.
pub struct Supervisor(pub Caller);
/// Somebody who may do everything.
pub struct Admin(pub Caller);

/// The token that lets in.
#[derive(Clone)]
pub struct Token(Arc<str>);

impl Token {
    /// Makes a token and writes it to a file with mode 0600, whatever was there.
    ///
    /// # Errors
    /// What the system says.
    pub fn create(path: Option<&Path>) -> io::Result<Self> {
        let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        if let Some(path) = path {
            let new: PathBuf = format!("{}.new", path.display()).into();
            let _ = fs::remove_file(&new);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            writeln!(file, "{token}")?;
            fs::rename(new, path)?;
        }
        Ok(Self(token.into()))
    }

    /// Compares in a time that says nothing about where the two differ.
    fn is(&self, given: &str) -> bool {
        let (own, given) = (self.0.as_bytes(), given.as_bytes());
        let differ = own.iter().zip(given).fold(0, |differ, (a, b)| differ | (a ^ b));
        own.len() == given.len() && std::hint::black_box(differ) == 0
    }
}

fn caller(parts: &Parts, token: &Token, least: Role) -> Result<Caller, Problem> {
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.split_once(' '));
    let bearer =
        given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    if !bearer.is_some_and(|given| token.is(given)) {
        let detail =
            "a header \"Authorization: Bearer TOKEN\" expected; the token is in the file beside the store";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
    }
    let caller = Caller { name: "admin".to_owned(), role: Role::Admin };
    if caller.role < least {
        return Err(Problem::new(StatusCode::FORBIDDEN, "your role may not do this"));
    }
    Ok(caller)
}

macro_rules! extractor {
    ($($extractor:ident = $least:expr),*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $extractor
        where
            Token: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                caller(parts, &Token::from_ref(state), $least).map(Self)
            }
        }
    )*};
}

extractor!(Viewer = Role::Viewer, Supervisor = Role::Supervisor, Admin = Role::Admin);
