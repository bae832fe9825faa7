//! `/api/v1/audit`: who changed what, newest first. For admins.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::caller::Admin;
use super::page::Page;
use super::problem::Problem;
use crate::access::{Access, Kind, Role};
use crate::format::Nanos;
use crate::store::access::AuditRow;

/// Entries of a page where nothing is said.
const LIMIT: usize = 100;
/// At most.
const LIMIT_MAX: usize = 1_000;

pub(super) fn routes() -> Router<Access> {
    Router::new().route("/api/v1/audit", get(list))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    cursor: Option<String>,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct View {
    id: i64,
    time: String,
    kind: Kind,
    who: String,
    role: Option<Role>,
    address: String,
    method: String,
    path: String,
    resource: Option<String>,
    resource_id: Option<String>,
    status: u16,
}

impl From<(i64, AuditRow)> for View {
    fn from((id, row): (i64, AuditRow)) -> Self {
        Self {
            id,
            time: Nanos(row.time).to_string(),
            kind: row.kind,
            who: row.who,
            role: row.role,
            address: row.address,
            method: row.method,
            path: row.path,
            resource: row.resource,
            resource_id: row.resource_id,
            status: row.status,
        }
    }
}

async fn list(
    Admin(_): Admin,
    State(access): State<Access>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Page<View>>, Problem> {
    let Query(Wanted { cursor, limit }) =
        wanted.map_err(|rejection| Problem::new(rejection.status(), rejection.body_text()))?;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Problem::field("limit", "a number from 1 to 1000"));
    }
    let before = match cursor {
        Some(cursor) => {
            cursor.parse().map_err(|_| Problem::field("cursor", "next_cursor of a page before"))?
        }
        None => i64::MAX,
    };
    let mut rows = access.audit(before, limit + 1).await.map_err(|error| Problem::from(&error))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(id, _)| id.to_string());
    Ok(Json(Page { items: rows.into_iter().map(View::from).collect(), next_cursor }))
}
