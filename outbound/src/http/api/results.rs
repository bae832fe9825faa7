//! Ended dialings, as they stand in the results file: newest first, from the store.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use engine::time::Wall;
use serde_json::{Value, json};

use super::Api;
use super::page::{Parameters, page};
use super::reply::{refused, shown};
use crate::admin::Refusal;
use crate::http::caller::Viewer;
use crate::http::problem::Problem;
use crate::store::ResultSearch;

/// How a dialing may have ended.
pub(crate) const OUTCOMES: [&str; 10] = [
    "answered",
    "machine",
    "abandoned",
    "busy",
    "no_answer",
    "congestion",
    "failed",
    "refused",
    "unknown",
    "no_agent",
];

/// What results can be filtered by.
pub(super) const FILTERS: &[&str] = &["campaign", "lead", "dial_list", "number", "outcome", "since", "until"];

/// `GET /results`
pub(super) async fn list(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(FILTERS)?;
    let search = ResultSearch { before: query.cursor()?, limit: query.limit()?, ..wanted(&query)? };
    let found = api.daemon.store.search_results(search).await;
    let found = found.map_err(|error| refused(&Refusal::NotRead(error.to_string()), &[]))?;
    let items = found.results.into_iter().map(|(seq, json)| {
        let mut record: Value = serde_json::from_str(&json).unwrap_or_default();
        record["seq"] = json!(seq);
        record
    });
    Ok(shown(&request, &page(items.collect(), found.next)))
}

/// What the filters of a query leave.
pub(super) fn wanted(query: &Parameters) -> Result<ResultSearch, Problem> {
    let known = |text: &str| OUTCOMES.contains(&text).then(|| text.to_owned());
    Ok(ResultSearch {
        lead: query.uuid("lead")?,
        number: query.number("number"),
        campaign: query.uuid("campaign")?,
        dial_list: query.uuid("dial_list")?,
        outcome: query.read("outcome", &format!("one of {}", OUTCOMES.join(", ")), known)?,
        since: time(query, "since")?,
        until: time(query, "until")?,
        ..ResultSearch::default()
    })
}

fn time(query: &Parameters, name: &str) -> Result<Option<Wall>, Problem> {
    query.read(name, "a time such as 2026-03-01T09:00:00Z", |text| {
        let time: jiff::Timestamp = text.parse().ok()?;
        // What is further away than the clock of the store reaches is before or after everything.
        let furthest = i128::from(i64::MIN)..=i128::from(i64::MAX);
        let nanosecond = time.as_nanosecond().clamp(*furthest.start(), *furthest.end());
        i64::try_from(nanosecond).ok().map(Wall)
    })
}
