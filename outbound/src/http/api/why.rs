//! Why campaigns place no (more) calls. What binds is the engine's finding; how many leads wait is counted here.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use engine::model::CampaignStatus;
use engine::value::Text;
use engine::why::{Reason, Short, Why};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Api;
use super::catalog::uuid;
use super::page::{Parameters, page};
use super::reply::shown;
use super::rows;
use crate::driver::wall;
use crate::http::caller::Viewer;
use crate::http::problem::Problem;

/// `GET /campaigns/{id}/why`
pub(super) async fn why(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let campaign = uuid(&id, "campaign")?;
    let why = api.daemon.inbox.why(campaign).await.ok_or_else(Problem::shutting_down)?;
    let mut why = why.ok_or_else(|| Problem::not_found("campaign"))?;
    if let Some(list) = why.dial_list.filter(|_| why.reason.asks_for_leads()) {
        // Without an answer of the database the reason stands, without its numbers.
        match api.daemon.store.leads_left(list, wall(), why.narrow_tries).await {
            Ok(leads) => why.tell_leads(leads),
            Err(error) => tracing::debug!(%error, "leads that wait cannot be counted"),
        }
    }
    Ok(shown(&request, &in_full(campaign, &why)))
}

/// `GET /campaigns/why`
pub(super) async fn all(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let (limit, after) = (query.limit()?, query.cursor::<Uuid>()?);
    let found = api.daemon.inbox.reasons(after, limit + 1).await.ok_or_else(Problem::shutting_down)?;
    let next = (found.len() > limit).then(|| found[limit - 1].campaign);
    Ok(shown(&request, &page(found.iter().take(limit).map(in_short).collect(), next)))
}

fn in_full(campaign: Uuid, why: &Why) -> Value {
    let mut answer = head((campaign, why.name.as_ref()), why.status, why.dialing, &why.reason);
    let limits = why.limits.iter().map(|held| {
        let mut limit = said(&held.reason);
        limit.insert("asterisk".to_owned(), json!(held.asterisk.as_deref()));
        limit.insert("figures".to_owned(), json!(held.reason.figures));
        Value::Object(limit)
    });
    answer.insert("limits".to_owned(), limits.collect());
    let pulse = why.pulse;
    let mut figures = json!({ "in_flight": pulse.in_flight, "ringing": pulse.ringing, "claiming": pulse.claiming,
        "offers": pulse.offers });
    for (name, figure) in &why.reason.figures {
        figures[*name] = json!(figure);
    }
    answer.insert("figures".to_owned(), figures);
    Value::Object(answer)
}

fn in_short(short: &Short) -> Value {
    Value::Object(head((short.campaign, short.name.as_ref()), short.status, short.dialing, &short.reason))
}

fn head(
    (campaign, name): (Uuid, Option<&Text>),
    status: CampaignStatus,
    dialing: bool,
    reason: &Reason,
) -> Map<String, Value> {
    let mut head = said(reason);
    head.insert("campaign".to_owned(), json!(campaign));
    head.insert("name".to_owned(), json!(name.map(Text::as_str)));
    head.insert("status".to_owned(), json!(status));
    head.insert("dialing".to_owned(), json!(dialing));
    head
}

fn said(reason: &Reason) -> Map<String, Value> {
    let mut said = Map::new();
    said.insert("reason".to_owned(), json!(reason.code.as_str()));
    said.insert("text".to_owned(), json!(reason.text));
    said.insert("advice".to_owned(), json!(reason.advice()));
    said.insert("since".to_owned(), reason.since.map_or(Value::Null, rows::time));
    said.insert("until".to_owned(), reason.until.map_or(Value::Null, rows::time));
    said
}
