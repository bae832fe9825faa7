//! Lists: what a query may ask for, and where the next page begins.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::body::nearest;
use super::reply::shown;
use crate::http::problem::Problem;

const LIMIT_DEFAULT: usize = 100;
pub(super) const LIMIT_MAX: usize = 1_000;
/// Begins a cursor, so that one of another kind of list is seen.
const CURSOR: char = 'c';

/// The parameters of a query, each at most once.
pub(in crate::http) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(given) = query.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
        for (at, (name, _)) in given.iter().enumerate() {
            if given[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::field(name, "each parameter at most once"));
            }
        }
        Ok(Self(given))
    }
}

impl Parameters {
    /// Refuses parameters that are neither among these nor those of a page.
    pub(in crate::http) fn only(&self, filters: &[&'static str]) -> Result<(), Problem> {
        self.exactly(&[filters, &["limit", "cursor"]].concat())
    }

    /// Refuses parameters that are not among these.
    pub(super) fn exactly(&self, known: &[&'static str]) -> Result<(), Problem> {
        let known = || known.iter().copied();
        for (name, _) in &self.0 {
            if !known().any(|known| known == name) {
                let all = known().collect::<Vec<_>>().join(", ");
                let hint = match nearest(name, known()) {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None if all.is_empty() => "there are none here".to_owned(),
                    None => format!("there are {all}"),
                };
                let detail = format!("there is no parameter {name}; {hint}");
                return Err(Problem { detail, ..Problem::field(name, format!("one of {all}")) });
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A phone number. None begins with a blank: that was a plus which was not written as `%2B`.
    pub(super) fn number(&self, name: &str) -> Option<String> {
        let given = self.get(name)?;
        Some(
            given
                .strip_prefix(' ')
                .map_or_else(|| given.to_owned(), |rest| format!("+{}", rest.trim_start())),
        )
    }

    /// A parameter that is read, or refused with what was expected.
    pub(super) fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| Problem::field(name, expected))
    }

    /// A uuid that is filtered by.
    pub(super) fn uuid(&self, name: &str) -> Result<Option<uuid::Uuid>, Problem> {
        self.read(name, "a uuid", |text| text.parse().ok())
    }

    /// How many.
    pub(in crate::http) fn limit(&self) -> Result<usize, Problem> {
        let in_range = |text: &str| text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        let limit = self.read("limit", "a whole number from 1 to 1000", in_range)?;
        Ok(limit.unwrap_or(LIMIT_DEFAULT))
    }

    /// Behind which.
    pub(in crate::http) fn cursor<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let read = |text: &str| text.strip_prefix(CURSOR)?.parse().ok();
        self.read("cursor", "the next_cursor of the page before", read)
    }
}

/// A page; `next_cursor` where there is, or may be, more.
pub(in crate::http) fn page(items: Vec<Value>, next: Option<impl std::fmt::Display>) -> Value {
    json!({ "items": items, "next_cursor": next.map(|next| format!("{CURSOR}{next}")) })
}

/// A list without filters, of which all is at hand.
pub(in crate::http) fn listed<T: Serialize>(
    request: &HeaderMap,
    query: &Parameters,
    rows: impl Iterator<Item = T>,
) -> Result<Response, Problem> {
    query.only(&[])?;
    Ok(shown(request, &paged(query, rows.map(|row| json!(row)).collect())?))
}

/// A page of what has no keys: cursors count.
pub(super) fn paged(query: &Parameters, items: Vec<Value>) -> Result<Value, Problem> {
    let (limit, from) = (query.limit()?, query.cursor::<usize>()?.unwrap_or(0));
    let end = from.saturating_add(limit);
    let next = (items.len() > end).then_some(end);
    Ok(page(items.into_iter().skip(from).take(limit).collect(), next))
}
