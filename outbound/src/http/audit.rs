//! `/api/v1/audit`: who changed what, newest first. For admins.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::api::page::{Parameters, page};
use super::api::reply::shown;
use super::caller::Admin;
use super::problem::Problem;
use crate::access::{Access, Kind, Role};
use crate::format::Nanos;
use crate::store::access::AuditRow;

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

pub(super) async fn list(
    Admin(_): Admin,
    State(access): State<Access>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let (limit, before) = (query.limit()?, query.cursor()?.unwrap_or(i64::MAX));
    let mut rows = access.audit(before, limit + 1).await.map_err(|error| Problem::from(&error))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|(id, _)| *id);
    let items = rows.into_iter().map(|row| json!(View::from(row)));
    Ok(shown(&request, &page(items.collect(), next)))
}
