//! `/api/v1/tokens`: the right of programs. For admins.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::api::page::{Parameters, listed};
use super::api::reply::shown;
use super::body::Body;
use super::caller::Admin;
use super::problem::Problem;
use crate::access::{Access, AccessError, Kind, Known, NewToken, Role};
use crate::format::Nanos;
use crate::store::access::TokenRow;

const DAY: Duration = Duration::from_secs(86_400);
/// How long a token lives where nothing is said, in days.
pub(super) const DAYS: u32 = 365;
/// How long it may live at most.
pub(super) const DAYS_MAX: u32 = 3_650;

#[derive(Serialize)]
pub(super) struct View {
    id: Uuid,
    name: String,
    role: Role,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Created {
    #[serde(flatten)]
    view: View,
    token: String,
}

impl From<TokenRow> for View {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            role: row.role,
            created_at: Nanos(row.created).to_string(),
            expires_at: row.expires.map(|at| Nanos(at).to_string()),
            last_used_at: row.used.map(|at| Nanos(at).to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    role: Role,
    /// JSON knows no difference between 5 and 5.0.
    #[serde(default = "default_days")]
    expires_in_days: f64,
}

fn default_days() -> f64 {
    f64::from(DAYS)
}

pub(super) async fn list(
    Admin(_): Admin,
    State(access): State<Access>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    listed(&request, &query, access.tokens().into_iter().map(View::from))
}

pub(super) async fn create(
    Admin(_): Admin,
    State(access): State<Access>,
    Body(Create { name, role, expires_in_days }): Body<Create>,
) -> Result<Response, AccessError> {
    let whole = expires_in_days.fract() == 0.0;
    if !whole || !(1.0..=f64::from(DAYS_MAX)).contains(&expires_in_days) {
        let expected = "a whole number of days from 1 to 3650";
        return Err(AccessError::Invalid { field: "expires_in_days", expected });
    }
    let lives = Some(DAY.mul_f64(expires_in_days));
    let (row, token) = access.create_token(NewToken { name, role, lives }).await?;
    let location = format!("/api/v1/tokens/{}", row.id);
    let created = Created { view: row.into(), token };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(created)).into_response())
}

pub(super) async fn show(
    Admin(_): Admin,
    State(access): State<Access>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, AccessError> {
    let id = parse(&id)?;
    let token = access.tokens().into_iter().find(|token| token.id == id);
    token.map(|row| shown(&request, &json!(View::from(row)))).ok_or(AccessError::NotFound)
}

pub(super) async fn delete(
    Admin(_): Admin,
    Extension(known): Extension<Known>,
    State(access): State<Access>,
    Path(id): Path<String>,
) -> Result<StatusCode, AccessError> {
    let id = parse(&id)?;
    let asks = |token: &TokenRow| known.kind == Kind::Token && token.name == known.name;
    if access.tokens().iter().any(|token| token.id == id && asks(token)) {
        return Err(AccessError::Own);
    }
    access.delete_token(id).await.map(|()| StatusCode::NO_CONTENT)
}

/// What is no id is nobody's.
fn parse(id: &str) -> Result<Uuid, AccessError> {
    id.parse().map_err(|_| AccessError::NotFound)
}
