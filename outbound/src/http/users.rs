//! `/api/v1/users`: who may sign in. For admins, but for the own password.

use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::api::page::{Parameters, listed};
use super::api::reply::shown;
use super::body::Body;
use super::caller::{Admin, too_low};
use super::guard::Peer;
use super::problem::Problem;
use super::session::signed_in_response;
use crate::access::{Access, AccessError, Known, NewUser, Role};
use crate::format::Nanos;
use crate::store::access::UserRow;

#[derive(Serialize)]
pub(super) struct View {
    name: String,
    role: Role,
    must_change_password: bool,
    created_at: String,
    updated_at: Option<String>,
}

impl From<UserRow> for View {
    fn from(row: UserRow) -> Self {
        Self {
            name: row.name,
            role: row.role,
            must_change_password: row.must_change,
            created_at: Nanos(row.created).to_string(),
            updated_at: row.updated.map(|at| Nanos(at).to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    role: Role,
    password: String,
    /// The password is good for one sign-in, as somebody else knows it.
    #[serde(default = "yes")]
    must_change_password: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPassword {
    password: String,
    /// For the own one.
    current_password: Option<String>,
    /// For that of somebody else.
    must_change_password: Option<bool>,
}

fn yes() -> bool {
    true
}

pub(super) async fn list(
    Admin(_): Admin,
    State(access): State<Access>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    listed(&request, &query, access.users().into_iter().map(View::from))
}

pub(super) async fn create(
    Admin(_): Admin,
    State(access): State<Access>,
    Body(body): Body<Create>,
) -> Result<Response, AccessError> {
    let Create { name, role, password, must_change_password: must_change } = body;
    let row = access.create_user(NewUser { name, role, password, must_change }).await?;
    let location = format!("/api/v1/users/{}", row.name);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(View::from(row))).into_response())
}

pub(super) async fn show(
    Admin(_): Admin,
    State(access): State<Access>,
    Path(name): Path<String>,
    request: HeaderMap,
) -> Result<Response, AccessError> {
    access.user(&name).map(|row| shown(&request, &json!(View::from(row)))).ok_or(AccessError::NotFound)
}

pub(super) async fn change(
    Admin(_): Admin,
    State(access): State<Access>,
    Path(name): Path<String>,
    Body(Change { role }): Body<Change>,
) -> Result<Json<View>, AccessError> {
    access.set_role(&name, role).await.map(|row| Json(row.into()))
}

pub(super) async fn delete(
    Admin(_): Admin,
    State(access): State<Access>,
    Path(name): Path<String>,
) -> Result<StatusCode, AccessError> {
    access.delete_user(&name).await.map(|()| StatusCode::NO_CONTENT)
}

/// The own password by the current one, that of others by admins.
pub(super) async fn set_password(
    State(access): State<Access>,
    known: Option<Extension<Known>>,
    Extension(peer): Extension<Peer>,
    Path(name): Path<String>,
    Body(body): Body<SetPassword>,
) -> Result<Response, Response> {
    let Extension(known) = known.ok_or_else(|| Problem::unknown_caller().into_response())?;
    if known.session.is_some() && known.name == name {
        let Some(current) = body.current_password else {
            return Err(Problem::field("current_password", "your current password").into_response());
        };
        let changed = access.change_password(&name, current, body.password, peer.ip()).await;
        return match changed {
            Ok(signed_in) => Ok(signed_in_response(&signed_in, peer)),
            // Not 401: who asks is known.
            Err(AccessError::WrongPassword) => {
                Err(Problem::field("current_password", "your current password").into_response())
            }
            Err(error) => Err(error.into_response()),
        };
    }
    if known.role < Role::Admin {
        return Err(too_low(known.role, Role::Admin).into_response());
    }
    let must_change = body.must_change_password.unwrap_or(true);
    let set = access.set_password(&name, body.password, must_change).await;
    set.map(|()| StatusCode::NO_CONTENT.into_response()).map_err(IntoResponse::into_response)
}
