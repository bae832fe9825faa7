//! What is going on now: dialings, offers to agents, queues and their agents, Asterisks. All of it is read from the engine.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::input::Member;
use engine::preview::Offer;
use engine::queues::AgentState;
use engine::view::{PbxState, PbxView, QueueView};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Api;
use super::body::Body;
use super::catalog::{action_of, answer, uuid};
use super::fields::REFUSAL;
use super::page::{Parameters, page, paged};
use super::reply::{refused, shown};
use super::rows;
use crate::admin::{PreviewCommand, Refusal};
use crate::ami_server::{Core, parse};
use crate::http::caller::{Supervisor, Viewer};
use crate::http::problem::Problem;
use crate::spans;

/// `GET /dialings`
pub(super) async fn dialings(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&["campaign", "asterisk"])?;
    let (limit, after) = (query.limit()?, query.cursor::<Uuid>()?);
    let (campaign, asterisk) = (query.uuid("campaign")?, query.get("asterisk").map(str::to_owned));
    let read = move |engine: &engine::Engine| {
        let behind = engine.dialings_after(after);
        let wanted = behind.filter(|dialing| {
            campaign.is_none_or(|campaign| dialing.setup.campaign == campaign)
                && asterisk.as_ref().is_none_or(|asterisk| **asterisk == *dialing.setup.asterisk)
        });
        wanted.take(limit + 1).cloned().collect::<Vec<_>>()
    };
    let found = api.daemon.inbox.read(read).await.ok_or_else(Problem::shutting_down)?;
    let next = (found.len() > limit).then(|| found[limit - 1].setup.uuid);
    Ok(shown(&request, &page(found.iter().take(limit).map(rows::dialing).collect(), next)))
}

/// `GET /dialings/{id}`
pub(super) async fn dialing(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let uuid = uuid(&id, "dialing")?;
    let found = api.daemon.inbox.read(move |engine| engine.dialing(uuid).cloned()).await;
    let found = found.ok_or_else(Problem::shutting_down)?.ok_or_else(|| Problem::not_found("dialing"))?;
    Ok(shown(&request, &rows::dialing(&found)))
}

/// `GET /dialings/summary`
pub(super) async fn summary(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let count = api.daemon.inbox.read(|engine| engine.dialings().count()).await;
    Ok(shown(&request, &json!({ "count": count.ok_or_else(Problem::shutting_down)? })))
}

/// `POST /dialings/{id}/hangup`
pub(super) async fn hang_up(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let uuid = uuid(&id, "dialing")?;
    if !api.daemon.inbox.hang_up(uuid).await.ok_or_else(Problem::shutting_down)? {
        return Err(Problem::not_found("dialing that is alive"));
    }
    let _said_in = spans::of_uuid(uuid).entered();
    tracing::info!(dialing = %uuid, user = caller.name, "a user hangs up");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /previews`
pub(super) async fn previews(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&["campaign", "queue", "agent"])?;
    let (limit, after) = (query.limit()?, query.cursor::<Uuid>()?);
    let campaign = query.uuid("campaign")?;
    let mut offers = api.daemon.offers(None).await;
    offers.sort_by_key(|offer| offer.dialing);
    offers.retain(|offer| {
        after.is_none_or(|after| offer.dialing > after)
            && campaign.is_none_or(|campaign| offer.campaign == campaign)
            && is(&query, "queue", &offer.queue)
            && is(&query, "agent", &offer.agent)
    });
    let next = (offers.len() > limit).then(|| offers[limit - 1].dialing);
    let items = offers.iter().take(limit).map(|offer| rows::preview(offer));
    Ok(shown(&request, &page(items.collect(), next)))
}

/// `GET /previews/{id}`
pub(super) async fn preview(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let offer = offer(&api, uuid(&id, "preview")?).await?;
    Ok(shown(&request, &rows::preview(&offer)))
}

/// `POST /previews/{id}/accept`
pub(super) async fn accept(
    _: Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let uuid = uuid(&id, "preview")?;
    offer(&api, uuid).await?;
    answer_offer(&api, PreviewCommand::Accept(uuid)).await
}

/// `POST /previews/{id}/refuse`
pub(super) async fn refuse(
    Supervisor(caller): Supervisor,
    State(api): State<Api>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, Problem> {
    let uuid = uuid(&id, "preview")?;
    offer(&api, uuid).await?;
    let action = action_of(&body.object, REFUSAL, Some(uuid), &caller)?;
    let command = parse::refuse_preview(&action).map_err(|refusal| refused(&refusal, REFUSAL))?;
    answer_offer(&api, command).await
}

async fn offer(api: &Api, uuid: Uuid) -> Result<Arc<Offer>, Problem> {
    api.daemon.offers(Some(uuid)).await.pop().ok_or_else(|| Problem::not_found("preview"))
}

async fn answer_offer(api: &Api, command: PreviewCommand) -> Result<Response, Problem> {
    let (answer, answered) = answer();
    api.daemon.preview(command, answer).await;
    let result = answered.await.unwrap_or(Err(Refusal::ShuttingDown));
    result.map_err(|refusal| refused(&refusal, REFUSAL))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /asterisks`
pub(super) async fn asterisks(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let away = api.daemon.inbox.away().await.ok_or_else(Problem::shutting_down)?;
    let items = views(&api).await?.iter().map(|pbx| asterisk(pbx, &away)).collect();
    Ok(shown(&request, &paged(&query, items)?))
}

/// `GET /queues/live`
pub(super) async fn queues(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&["asterisk", "queue"])?;
    let views = views(&api).await?;
    let items = wanted(&views, &query).map(|(pbx, queue)| {
        let [idle, busy, wrap_up, away] = queue.by_state();
        json!({ "asterisk": &*pbx.name, "queue": queue.name, "logged_in": queue.staff.logged_in,
            "idle": idle, "ringing": queue.staff.ringing, "busy": busy, "wrap_up": wrap_up, "away": away,
            "members": queue.agents.len(), "other_callers": queue.other_callers })
    });
    Ok(shown(&request, &paged(&query, items.collect())?))
}

/// `GET /agents`
pub(super) async fn agents(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&["asterisk", "queue", "state"])?;
    let known = |text: &str| AGENT_STATES.contains(&text).then_some(());
    query.read("state", &format!("one of {}", AGENT_STATES.join(", ")), known)?;
    let views = views(&api).await?;
    let agents = wanted(&views, &query).flat_map(|(pbx, queue)| {
        queue.agents.iter().map(move |(member, state)| (pbx, queue, member, *state))
    });
    let items = agents.filter(|(.., state)| is(&query, "state", state_word(*state)));
    let items = items.map(|(pbx, queue, member, state)| agent(&pbx.name, &queue.name, member, state));
    Ok(shown(&request, &paged(&query, items.collect())?))
}

/// The queues that somebody asks for, by Asterisk and name.
fn wanted<'a>(
    views: &'a [PbxView],
    query: &'a Parameters,
) -> impl Iterator<Item = (&'a PbxView, &'a QueueView)> {
    let asterisks = views.iter().filter(|pbx| is(query, "asterisk", &pbx.name));
    let queues = asterisks.flat_map(|pbx| pbx.queues.iter().map(move |queue| (pbx, queue)));
    queues.filter(|(_, queue)| is(query, "queue", &queue.name))
}

/// Whether a filter lets this pass.
fn is(query: &Parameters, name: &str, own: &str) -> bool {
    query.get(name).is_none_or(|wanted| wanted == own)
}

/// An agent as a member of a queue.
pub(super) fn agent(asterisk: &str, queue: &str, member: &Member, state: AgentState) -> Value {
    json!({ "asterisk": asterisk, "queue": queue, "name": member.name, "interface": member.interface,
        "state": state_word(state), "paused": member.paused, "in_call": member.in_call })
}

/// The words for what an agent is doing.
pub(crate) const AGENT_STATES: [&str; 4] = ["idle", "busy", "wrap_up", "away"];

fn state_word(state: AgentState) -> &'static str {
    match state {
        AgentState::Idle => AGENT_STATES[0],
        AgentState::Busy => AGENT_STATES[1],
        AgentState::WrapUp => AGENT_STATES[2],
        AgentState::Away => AGENT_STATES[3],
    }
}

/// `away`: of each Asterisk that is given no calls, by name, since when and why.
pub(super) fn asterisk(pbx: &PbxView, away: &[(String, String)]) -> Value {
    let state = match pbx.state {
        PbxState::Away => "away",
        PbxState::Comparing => "comparing",
        PbxState::Ready => "ready",
    };
    let trunks = pbx.trunks.iter().map(|trunk| {
        json!({ "name": trunk.name, "calls": trunk.in_flight, "max_channels": trunk.max_channels, "max_cps": trunk.max_cps })
    });
    let why =
        away.iter().find(|(name, _)| **name == *pbx.name && pbx.state != PbxState::Ready).map(|(_, why)| why);
    json!({ "name": &*pbx.name, "state": state, "why": why, "calls": pbx.in_flight, "max_channels": pbx.max_channels,
        "max_cps": pbx.max_cps, "trunks": trunks.collect::<Vec<_>>() })
}

async fn views(api: &Api) -> Result<Vec<PbxView>, Problem> {
    api.daemon.inbox.read(engine::Engine::pbx_views).await.ok_or_else(Problem::shutting_down)
}
