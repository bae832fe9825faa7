//! Who asks, as handlers see it: an argument [`Viewer`], [`Supervisor`] or [`Admin`] lets in who may as much, and says who it is.
//! Who it is was found out by the guard before the handler; where no guard has been, nobody is let in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::access::Known;
pub use crate::access::Role;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name of the user, or of the token.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

/// Anybody who is known.
#[derive(Debug, Clone)]
pub struct Viewer(pub Caller);

/// A supervisor or an admin.
#[derive(Debug, Clone)]
pub struct Supervisor(pub Caller);

/// An admin.
#[derive(Debug, Clone)]
pub struct Admin(pub Caller);

impl From<&Known> for Caller {
    fn from(known: &Known) -> Self {
        Self { name: known.name.clone(), role: known.role }
    }
}

fn caller(parts: &Parts, least: Role) -> Result<Caller, Problem> {
    let known = parts.extensions.get::<Known>().ok_or_else(Problem::unknown_caller)?;
    if known.role < least {
        return Err(too_low(known.role, least));
    }
    Ok(known.into())
}

/// The refusal of a role for something that needs a higher one.
pub(super) fn too_low(role: Role, least: Role) -> Problem {
    Problem::forbidden(format!("this needs the role {}; yours is {}", least.as_str(), role.as_str()))
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        caller(parts, Role::Viewer).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Supervisor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        caller(parts, Role::Supervisor).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        caller(parts, Role::Admin).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{Request, StatusCode};

    use super::*;
    use crate::access::Kind;

    #[tokio::test]
    async fn a_handler_without_a_guard_lets_nobody_in_and_with_one_who_may() {
        let parts = |role: Option<Role>| {
            let (mut parts, ()) = Request::new(()).into_parts();
            let known = |role| Known {
                kind: Kind::User,
                name: "anna".to_owned(),
                role,
                session: None,
                must_change: false,
                renewed: false,
            };
            role.map(|role| parts.extensions.insert(known(role)));
            parts
        };
        for (role, viewer, supervisor, admin) in [
            (None, 401, 401, 401),
            (Some(Role::Viewer), 200, 403, 403),
            (Some(Role::Supervisor), 200, 200, 403),
            (Some(Role::Admin), 200, 200, 200),
        ] {
            let status = |result: Result<Caller, Problem>| {
                result.map_or_else(|problem| problem.status, |_| StatusCode::OK).as_u16()
            };
            let mut parts = parts(role);
            let got = Viewer::from_request_parts(&mut parts, &()).await.map(|Viewer(caller)| caller);
            assert_eq!(status(got), viewer);
            let got = Supervisor::from_request_parts(&mut parts, &()).await.map(|Supervisor(caller)| caller);
            assert_eq!(status(got), supervisor);
            let got = Admin::from_request_parts(&mut parts, &()).await.map(|Admin(caller)| caller);
            assert_eq!(status(got), admin);
        }
    }
}
