//! Campaigns, plans, dial lists, destinations and noted queues: they are changed by the same commands as over AMI.

use std::ops::Bound;
use std::sync::Arc;

use ami::Message;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::model::{Campaign, CampaignStatus, DialList};
use serde_json::{Map, Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::Api;
use super::body::{Body, headers};
use super::fields::{Field, Kind};
use super::page::{LIMIT_MAX, Parameters, page};
use super::reply::{changed, check_match, created, refused, shown};
use super::rows::{self, Row};
use crate::admin::{CampaignPatch, Command, Refusal};
use crate::ami_server::{Answer, Core, parse};
use crate::driver::wall;
use crate::http::caller::{Caller, Role, Supervisor, Viewer};
use crate::http::problem::Problem;
use crate::store::LeadCounts;

/// Rows that one request looks at; a page may come to its end by it.
const LOOKED_AT_MAX: usize = 2 * LIMIT_MAX;

/// `GET /plans`
pub(super) async fn list<T: Row>(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let filters: Vec<_> = T::FILTERS.iter().copied().chain(["name"]).collect();
    query.only(&filters)?;
    let (limit, after) = (query.limit()?, query.cursor::<Uuid>()?);
    let wanted = filter(T::FIELDS, T::FILTERS, &query)?;
    let name = query.get("name").map(str::to_lowercase);
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let read = move |catalog: &engine::catalog::Catalog| -> Vec<(Uuid, Arc<T>)> {
        let rows = T::rows(catalog).range((from, Bound::Unbounded));
        rows.take(LOOKED_AT_MAX + 1).map(|(uuid, row)| (*uuid, Arc::clone(row))).collect()
    };
    let rows = api.daemon.catalog(read).await.ok_or_else(Problem::shutting_down)?;
    let (mut items, mut next, mut last) = (Vec::new(), None, after);
    for (at, (uuid, row)) in rows.iter().enumerate() {
        if items.len() == limit || at == LOOKED_AT_MAX {
            next = last;
            break;
        }
        last = Some(*uuid);
        let row = rows::row(&**row);
        let named = name.as_ref().is_none_or(|name| {
            row["name"].as_str().is_some_and(|own| own.to_lowercase().contains(name.as_str()))
        });
        if named && wanted.iter().all(|(field, value)| row[*field] == *value) {
            items.push(row);
        }
    }
    Ok(shown(&request, &page(items, next)))
}

/// The values that fields are to have.
fn filter(
    fields: &[Field],
    filters: &[&'static str],
    query: &Parameters,
) -> Result<Vec<(&'static str, Value)>, Problem> {
    let mut wanted = Vec::new();
    for name in filters {
        let Some(text) = query.get(name) else { continue };
        match fields.iter().find(|field| field.name == *name).map(|field| field.kind) {
            Some(Kind::Uuid) => wanted.extend(query.uuid(name)?.map(|uuid| (*name, json!(uuid)))),
            Some(Kind::Codes(codes)) if !codes.iter().any(|(word, _)| *word == text) => {
                let words: Vec<_> = codes.iter().map(|(word, _)| *word).collect();
                return Err(Problem::field(*name, format!("one of {}", words.join(", "))));
            }
            _ => wanted.push((*name, json!(text))),
        }
    }
    Ok(wanted)
}

/// `POST /plans`
pub(super) async fn create<T: Row>(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    request: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let create = async {
        let action = action::<T>(body.required()?, None, &caller)?;
        let command = (T::CHANGES.create)(&action).map_err(|refusal| refused(&refusal, T::FIELDS))?;
        let uuid = command_of::<T>(&api, command).await?;
        let row = row::<T>(&api, uuid).await?;
        Ok(created(&format!("/api/v1/{}/{uuid}", T::PATH), &rows::row(&*row)))
    };
    api.keys.once(&format!("{} {}", caller.name, T::PATH), &request, &body.octets, create).await
}

/// `GET /plans/{id}`
pub(super) async fn get<T: Row>(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let row = row::<T>(&api, uuid_of::<T>(&id)?).await?;
    Ok(shown(&request, &rows::row(&*row)))
}

/// `PATCH /plans/{id}`
pub(super) async fn patch<T: Row>(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let uuid = uuid_of::<T>(&id)?;
    let _turn = api.changes.lock().await;
    check_match(&request, &rows::row(&*row::<T>(&api, uuid).await?))?;
    let action = action::<T>(body.required()?, Some(uuid), &caller)?;
    let command = (T::CHANGES.update)(&action).map_err(|refusal| refused(&refusal, T::FIELDS))?;
    command_of::<T>(&api, command).await?;
    Ok(changed(StatusCode::OK, &rows::row(&*row::<T>(&api, uuid).await?)))
}

/// `DELETE /plans/{id}`
pub(super) async fn delete<T: Row>(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let uuid = uuid_of::<T>(&id)?;
    let _turn = api.changes.lock().await;
    check_match(&request, &rows::row(&*row::<T>(&api, uuid).await?))?;
    let action = action::<T>(&Map::new(), Some(uuid), &caller)?;
    let command = (T::CHANGES.delete)(&action).map_err(|refusal| refused(&refusal, T::FIELDS))?;
    command_of::<T>(&api, command).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /campaigns/{id}/start`, `pause`, `stop`, `force-stop`: asks for a status by its code.
pub(super) async fn ask_status<const CODE: u8>(
    _: Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let uuid = uuid_of::<Campaign>(&id)?;
    let _turn = api.changes.lock().await;
    check_match(&request, &rows::row(&*row::<Campaign>(&api, uuid).await?))?;
    let status = CampaignStatus::from_code(CODE);
    let command = Command::UpdateCampaign { uuid, patch: CampaignPatch::default(), status };
    command_of::<Campaign>(&api, command).await?;
    Ok(changed(StatusCode::OK, &rows::row(&*row::<Campaign>(&api, uuid).await?)))
}

/// `GET /campaigns/{id}/stats`
pub(super) async fn stats(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let campaign = row::<Campaign>(&api, uuid_of::<Campaign>(&id)?).await?;
    let mut stats = match campaign.dial_list {
        Some(list) => counts(&api, list).await?,
        None => shown_counts(None, LeadCounts::default(), Value::Null),
    };
    stats["campaign"] = json!(campaign.uuid);
    Ok(shown(&request, &stats))
}

/// `GET /dial-lists/{id}/stats`
pub(super) async fn list_stats(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let list = row::<DialList>(&api, uuid_of::<DialList>(&id)?).await?;
    Ok(shown(&request, &counts(&api, list.uuid).await?))
}

async fn counts(api: &Api, list: Uuid) -> Result<Value, Problem> {
    let at = wall();
    let counts = api.daemon.lead_counts(list).await.map_err(|refusal| refused(&refusal, &[]))?;
    Ok(shown_counts(Some(list), counts, rows::time(at)))
}

fn shown_counts(list: Option<Uuid>, counts: LeadCounts, counted: Value) -> Value {
    let LeadCounts { total, finished, available, dialing, called } = counts;
    json!({ "dial_list": list, "total": total, "finished": finished, "available": available, "dialing": dialing,
        "called": called, "counted": counted })
}

/// The action that a body is, with the rights of the caller.
fn action<T: Row>(
    object: &Map<String, Value>,
    uuid: Option<Uuid>,
    caller: &Caller,
) -> Result<Message, Problem> {
    action_of(object, T::FIELDS, uuid, caller)
}

pub(super) fn action_of(
    object: &Map<String, Value>,
    fields: &'static [Field],
    uuid: Option<Uuid>,
    caller: &Caller,
) -> Result<Message, Problem> {
    let mut action = Message::new();
    if let Some(uuid) = uuid {
        action.push("Uuid", uuid).map_err(|_| Problem::not_found("uuid"))?;
    }
    headers(object, fields, &mut action)?;
    parse::check_rights(&action, caller.role >= Role::Admin).map_err(|refusal| refused(&refusal, fields))?;
    Ok(action)
}

/// An answer, and what came of it.
pub(super) fn answer() -> (Answer, oneshot::Receiver<Result<Uuid, Refusal>>) {
    let (sender, receiver) = oneshot::channel();
    let answer = Box::new(move |result| {
        let _ = sender.send(result);
    });
    (answer, receiver)
}

async fn command_of<T: Row>(api: &Api, command: Command) -> Result<Uuid, Problem> {
    let (answer, answered) = answer();
    api.daemon.command(command, answer).await;
    let result = answered.await.unwrap_or(Err(Refusal::ShuttingDown));
    result.map_err(|refusal| refused(&refusal, T::FIELDS))
}

pub(super) async fn row<T: Row>(api: &Api, uuid: Uuid) -> Result<Arc<T>, Problem> {
    let row = api.daemon.catalog(move |catalog| T::rows(catalog).get(&uuid).map(Arc::clone)).await;
    row.ok_or_else(Problem::shutting_down)?.ok_or_else(|| Problem::not_found(T::ONE))
}

fn uuid_of<T: Row>(id: &str) -> Result<Uuid, Problem> {
    uuid(id, T::ONE)
}

/// The uuid in a path; what cannot be one is not there.
pub(super) fn uuid(id: &str, what: &str) -> Result<Uuid, Problem> {
    let uuid = if id.len() == 36 { Uuid::try_parse(id).ok() } else { None };
    uuid.ok_or_else(|| {
        Problem::not_found(&format!("{what}: its uuid is expected there; lists show it, and find it by name"))
    })
}
