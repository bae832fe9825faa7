//! Leads: straight from the store and into it, page by page; no list is read as a whole.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Map;
use uuid::Uuid;

use super::Api;
use super::body::Body;
use super::catalog::{action_of, answer, uuid};
use super::fields::{LEAD, LEAD_STATUS as STATUSES};
use super::page::{Parameters, page};
use super::reply::{changed, check_match, created, refused, shown};
use super::rows;
use crate::admin::{Refusal, Resource};
use crate::ami_server::{Core, parse};
use crate::http::caller::{Supervisor, Viewer};
use crate::http::problem::Problem;
use crate::store::LeadSearch;

/// What leads can be filtered by.
pub(super) const FILTERS: &[&str] = &["dial_list", "status", "ukey", "number", "name"];

/// `GET /leads`
pub(super) async fn list(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(FILTERS)?;
    let search = LeadSearch { after: query.cursor()?.unwrap_or(0), limit: query.limit()?, ..wanted(&query)? };
    let found = api.daemon.store.search_leads(search).await;
    let found = found.map_err(|error| refused(&Refusal::NotRead(error.to_string()), LEAD))?;
    let items = found.leads.iter().map(|(_, lead)| rows::lead(lead)).collect();
    Ok(shown(&request, &page(items, found.next)))
}

/// What the filters of a query leave.
pub(super) fn wanted(query: &Parameters) -> Result<LeadSearch, Problem> {
    let words: Vec<_> = STATUSES.iter().map(|(word, _)| *word).collect();
    let code = |text: &str| STATUSES.iter().find(|(word, _)| *word == text).map(|(_, code)| *code);
    let text = |name: &str| query.get(name).map(str::to_owned);
    Ok(LeadSearch {
        dial_list: query.uuid("dial_list")?,
        status: query.read("status", &format!("one of {}", words.join(", ")), code)?,
        ukey: text("ukey"),
        number: query.number("number"),
        name: text("name"),
        ..LeadSearch::default()
    })
}

/// `POST /leads`
pub(super) async fn create(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    request: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let create = async {
        let action = action_of(body.required()?, LEAD, None, &caller)?;
        let (dial_list, patch) = parse::create_lead(&action).map_err(|refusal| refused(&refusal, LEAD))?;
        check_dial_list(&api, Some(dial_list)).await?;
        let (answer, answered) = answer();
        api.daemon.create_lead(dial_list, patch, answer).await;
        let result = answered.await.unwrap_or(Err(Refusal::ShuttingDown));
        let uuid = result.map_err(|refusal| refused(&refusal, LEAD))?;
        Ok(created(&format!("/api/v1/leads/{uuid}"), &rows::lead(&lead(&api, uuid).await?)))
    };
    api.keys.once(&format!("{} leads", caller.name), &request, &body.octets, create).await
}

/// `GET /leads/{id}`
pub(super) async fn get(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    Ok(shown(&request, &rows::lead(&lead(&api, uuid(&id, "lead")?).await?)))
}

/// `PATCH /leads/{id}`
pub(super) async fn patch(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let uuid = uuid(&id, "lead")?;
    let _turn = api.changes.lock().await;
    check_match(&request, &rows::lead(&lead(&api, uuid).await?))?;
    let action = action_of(body.required()?, LEAD, Some(uuid), &caller)?;
    let (_, patch) = parse::update_lead(&action).map_err(|refusal| refused(&refusal, LEAD))?;
    check_dial_list(&api, patch.dial_list).await?;
    let (answer, answered) = answer();
    api.daemon.update_lead(uuid, patch, answer).await;
    let result = answered.await.unwrap_or(Err(Refusal::ShuttingDown));
    result.map_err(|refusal| refused(&refusal, LEAD))?;
    Ok(changed(StatusCode::OK, &rows::lead(&lead(&api, uuid).await?)))
}

/// `DELETE /leads/{id}`
pub(super) async fn delete(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let uuid = uuid(&id, "lead")?;
    let _turn = api.changes.lock().await;
    check_match(&request, &rows::lead(&lead(&api, uuid).await?))?;
    action_of(&Map::new(), LEAD, Some(uuid), &caller)?;
    let (answer, answered) = answer();
    api.daemon.delete_lead(uuid, answer).await;
    let result = answered.await.unwrap_or(Err(Refusal::ShuttingDown));
    result.map_err(|refusal| refused(&refusal, LEAD))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn lead(api: &Api, uuid: Uuid) -> Result<engine::model::Lead, Problem> {
    let lead = api.daemon.store.lead(uuid).await;
    let lead = lead.map_err(|error| refused(&Refusal::NotRead(error.to_string()), LEAD))?;
    lead.ok_or_else(|| Problem::not_found("lead"))
}

async fn check_dial_list(api: &Api, named: Option<Uuid>) -> Result<(), Problem> {
    let Some(uuid) = named else { return Ok(()) };
    match api.daemon.catalog(move |catalog| catalog.dial_lists.contains_key(&uuid)).await {
        Some(true) => Ok(()),
        Some(false) => Err(refused(&Refusal::Unknown(Resource::DialList), LEAD)),
        None => Err(Problem::shutting_down()),
    }
}
