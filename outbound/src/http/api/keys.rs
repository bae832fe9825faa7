//! `Idempotency-Key`: who sends a create again, because he has not heard the answer, gets the answer and makes nothing new. Kept in
//! memory for a day, and no more than so many.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use tokio::time::Instant;
use twox_hash::XxHash3_128;

use crate::http::problem::Problem;

/// The header.
pub(super) const HEADER: &str = "Idempotency-Key";
const KEPT: Duration = Duration::from_secs(24 * 3_600);
const KEYS_MAX: usize = 10_000;
const KEY_OCTETS: usize = 255;
/// Larger than what a create answers: a row, which came in a body of at most 1 MB.
const ANSWER_OCTETS: usize = 4 << 20;

/// Answers that may be asked for again.
#[derive(Default)]
pub(super) struct Keys(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    answers: HashMap<String, Entry>,
    order: VecDeque<(Instant, String)>,
}

struct Entry {
    request: u128,
    /// None while the first request is under way.
    answer: Option<(StatusCode, HeaderMap, axum::body::Bytes)>,
}

/// Takes the mark of a request away that was dropped without an answer.
struct UnderWay<'a> {
    keys: &'a Keys,
    key: Option<String>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.keys.lock().answers.remove(&key);
        }
    }
}

impl Keys {
    /// Carries a create out, or answers as it was answered before. Refusals are not kept: nothing was made.
    ///
    /// # Errors
    /// What `create` says; 422 for a key that was another request's, 409 while that is under way.
    pub(super) async fn once(
        &self,
        whose: &str,
        headers: &HeaderMap,
        body: &[u8],
        create: impl Future<Output = Result<Response, Problem>>,
    ) -> Result<Response, Problem> {
        let Some(key) = headers.get(HEADER) else { return create.await };
        let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_OCTETS);
        let key = key.ok_or_else(|| Problem::field(HEADER, "1 to 255 ASCII characters"))?;
        let (key, request) = (format!("{whose} {key}"), XxHash3_128::oneshot(body));
        if let Some(answer) = self.begin(&key, request)? {
            return Ok(answer);
        }
        let mut under_way = UnderWay { keys: self, key: Some(key.clone()) };
        let (parts, body) = create.await?.into_parts();
        let octets = to_bytes(body, ANSWER_OCTETS).await.map_err(|_| {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer is too large to be kept")
        })?;
        under_way.key = None;
        if let Some(entry) = self.lock().answers.get_mut(&key) {
            entry.answer = Some((parts.status, parts.headers.clone(), octets.clone()));
        }
        Ok(Response::from_parts(parts, Body::from(octets)))
    }

    fn begin(&self, key: &str, request: u128) -> Result<Option<Response>, Problem> {
        let (now, mut kept) = (Instant::now(), self.lock());
        kept.forget(now);
        match kept.answers.get(key) {
            Some(entry) if entry.request != request => Err(Problem {
                field: Some(HEADER.to_owned()),
                ..Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "this Idempotency-Key was sent with another body",
                )
            }),
            Some(Entry { answer: None, .. }) => {
                Err(Problem::new(StatusCode::CONFLICT, "a request with this Idempotency-Key is under way"))
            }
            Some(Entry { answer: Some((status, headers, octets)), .. }) => {
                let mut response = Response::new(Body::from(octets.clone()));
                *response.status_mut() = *status;
                response.headers_mut().clone_from(headers);
                Ok(Some(response))
            }
            None => {
                kept.answers.insert(key.to_owned(), Entry { request, answer: None });
                kept.order.push_back((now, key.to_owned()));
                Ok(None)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget(&mut self, now: Instant) {
        let old = |at: &Instant| now.duration_since(*at) >= KEPT;
        while self.order.len() >= KEYS_MAX || self.order.front().is_some_and(|(at, _)| old(at)) {
            let Some((_, key)) = self.order.pop_front() else { return };
            self.answers.remove(&key);
        }
    }
}
