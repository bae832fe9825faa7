//! `/api/v1/tokens`: the right of programs. For admins.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body::Body;
use super::caller::Admin;
use super::page::Page;
use crate::access::{Access, AccessError, NewToken, Role};
use crate::format::Nanos;
use crate::store::access::TokenRow;

const DAY: Duration = Duration::from_secs(86_400);
/// How long a token lives where nothing is said, in days.
const DAYS: u32 = 365;
/// How long it may live at most.
const DAYS_MAX: u32 = 3_650;

pub(super) fn routes() -> Router<Access> {
    Router::new()
        .route("/api/v1/tokens", get(list).post(create))
        .route("/api/v1/tokens/{id}", get(show).delete(delete))
}

#[derive(Serialize)]
struct View {
    id: Uuid,
    name: String,
    role: Role,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
}

#[derive(Serialize)]
struct Created {
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
struct Create {
    name: String,
    role: Role,
    #[serde(default = "default_days")]
    expires_in_days: u32,
}

fn default_days() -> u32 {
    DAYS
}

async fn list(Admin(_): Admin, State(access): State<Access>) -> Json<Page<View>> {
    Json(Page::whole(access.tokens().into_iter().map(View::from)))
}

async fn create(
    Admin(_): Admin,
    State(access): State<Access>,
    Body(Create { name, role, expires_in_days }): Body<Create>,
) -> Result<Response, AccessError> {
    if !(1..=DAYS_MAX).contains(&expires_in_days) {
        let expected = "a number of days from 1 to 3650";
        return Err(AccessError::Invalid { field: "expires_in_days", expected });
    }
    let lives = Some(DAY * expires_in_days);
    let (row, token) = access.create_token(NewToken { name, role, lives }).await?;
    let location = format!("/api/v1/tokens/{}", row.id);
    let created = Created { view: row.into(), token };
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(created)).into_response())
}

async fn show(
    Admin(_): Admin,
    State(access): State<Access>,
    Path(id): Path<String>,
) -> Result<Json<View>, AccessError> {
    let id = parse(&id)?;
    let token = access.tokens().into_iter().find(|token| token.id == id);
    token.map(|row| Json(row.into())).ok_or(AccessError::NotFound)
}

async fn delete(
    Admin(_): Admin,
    State(access): State<Access>,
    Path(id): Path<String>,
) -> Result<StatusCode, AccessError> {
    access.delete_token(parse(&id)?).await.map(|()| StatusCode::NO_CONTENT)
}

/// What is no id is nobody's.
fn parse(id: &str) -> Result<Uuid, AccessError> {
    id.parse().map_err(|_| AccessError::NotFound)
}
