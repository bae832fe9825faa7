//! `GET /campaigns/{id}/abandon`: the share of abandoned calls of a campaign against its cap, as pacing counts it.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use engine::abandon::{AbandonView, BudgetState};
use engine::model::Campaign;
use engine::value::AnswersCounted;
use serde_json::{Value, json};

use super::Api;
use super::catalog::uuid;
use super::openapi::plain;
use super::operations::{Answer, Operation};
use super::page::Parameters;
use super::reply::shown;
use super::rows::Row;
use crate::driver::Clock;
use crate::http::caller::Viewer;
use crate::http::problem::Problem;

pub(super) fn operation() -> Operation {
    let path = "/api/v1/campaigns/{id}/abandon".to_owned();
    Operation::new("get", path, "campaigns", "Show the abandoned calls of a campaign".to_owned(), get(show))
        .doc("Against the cap of its plan, in each window of days, of all campaigns of its abandon_group. Without a plan there are no windows.")
        .answers(Answer::One("Abandon"))
}

pub(super) fn schema() -> Value {
    let mut schema = plain("campaign:uuid cap:number? used_up:switch left:count?");
    let of_window = plain("days:count answered:count abandoned:count late:count share:number?");
    let said = [
        ("cap", "The most of the answered calls that may be abandoned, in percent. Null: no cap."),
        ("used_up", "No more may be abandoned now: each call waits for an agent who is idle."),
        ("left", "So many of the next calls may be abandoned one after the other. Null: no cap."),
    ];
    for (name, doc) in said {
        schema["properties"][name]["description"] = json!(doc);
    }
    schema["properties"]["count"] = json!({ "type": "string", "enum": ["persons", "all"],
        "description": "What the share is one of: calls that persons answered, or all answered calls." });
    schema["properties"]["windows"] = json!({ "type": "array", "items": of_window,
        "description": "By days, today included: answered calls; persons for whom nobody came, or too late; their share in percent." });
    schema["required"] = json!(["campaign", "cap", "used_up", "left", "count", "windows"]);
    schema
}

async fn show(
    _: Viewer,
    State(api): State<Api>,
    Path(id): Path<String>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&[])?;
    let campaign = uuid(&id, Campaign::ONE)?;
    // Days are told by wall time alone.
    let now = Clock::start().now();
    let read = move |engine: &engine::Engine| {
        engine.catalog().campaigns.contains_key(&campaign).then(|| engine.abandon_view(campaign, now))
    };
    let found = api.daemon.inbox.read(read).await.ok_or_else(Problem::shutting_down)?;
    let view = found.ok_or_else(|| Problem::not_found(Campaign::ONE))?;
    let mut shape = view.as_ref().map_or_else(none, of_view);
    shape["campaign"] = json!(campaign);
    Ok(shown(&request, &shape))
}

fn none() -> Value {
    json!({ "cap": null, "used_up": false, "left": null, "count": "persons", "windows": [] })
}

fn of_view(view: &AbandonView) -> Value {
    let AbandonView { rule, windows, state } = view;
    let left = match state {
        BudgetState::NoCap => None,
        BudgetState::Free { left } => Some(*left),
        BudgetState::UsedUp(_) => Some(0),
    };
    let windows = windows.iter().map(|(days, counts)| {
        let (answered, broken) = (counts.answered(rule.count), counts.broken());
        let share = (answered > 0).then(|| hundredths(broken * 10_000 / answered));
        json!({ "days": days, "answered": answered, "abandoned": counts.abandoned, "late": counts.late, "share": share })
    });
    json!({
        "cap": rule.cap.map(|cap| hundredths(u64::from(cap))),
        "used_up": left == Some(0),
        "left": left,
        "count": match rule.count { AnswersCounted::Persons => "persons", AnswersCounted::All => "all" },
        "windows": windows.collect::<Vec<_>>(),
    })
}

/// Of a percent.
fn hundredths(value: u64) -> f64 {
    value as f64 / 100.0
}
