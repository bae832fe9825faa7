//! Errors as clients see them: problem details of RFC 9457, `application/problem+json`.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::access::AccessError;
use crate::store::StoreError;

/// What went wrong, and what would have been right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// The kind of problem in a few words; the same for all of its kind.
    pub title: String,
    /// What was wrong this time.
    pub detail: String,
    /// The field that was wrong.
    pub field: Option<String>,
    /// What would be taken there.
    pub expected: Option<String>,
}

#[derive(Serialize)]
struct Details<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
}

impl Problem {
    /// A problem with this status and these words.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { status, title, detail: detail.into(), field: None, expected: None }
    }

    /// The same of a kind that clients tell apart from others with its status.
    #[must_use]
    pub fn titled(self, title: &str) -> Self {
        Self { title: title.to_owned(), ..self }
    }

    /// 401: no credentials, or bad ones.
    pub fn unknown_caller() -> Self {
        let detail = "sign in by POST /api/v1/session, or send a token: Authorization: Bearer TOKEN";
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 403: the role is too low, or the like.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 503: the daemon ends.
    pub fn shutting_down() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the dialer is shutting down")
    }

    /// 404: nothing is there.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {what}"))
    }

    /// 422: a field is not what it should be.
    pub fn field(field: impl Into<String>, expected: impl Into<String>) -> Self {
        let (field, expected) = (field.into(), expected.into());
        let expected = expected.trim_end_matches(',').to_owned();
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {expected} expected"));
        Self { field: Some(field), expected: Some(expected), ..problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = Details {
            kind: "about:blank",
            title: &self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            field: self.field.as_deref(),
            expected: self.expected.as_deref(),
        };
        let mut response = (self.status, Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<&AccessError> for Problem {
    fn from(error: &AccessError) -> Self {
        let problem = |status| Self::new(status, error.to_string());
        match error {
            AccessError::Invalid { field, expected } => Self::field(*field, *expected),
            AccessError::Taken => {
                Self { field: Some("name".to_owned()), ..problem(StatusCode::CONFLICT) }.titled("name taken")
            }
            AccessError::Full(_) => problem(StatusCode::CONFLICT).titled("too many"),
            AccessError::NotFound => problem(StatusCode::NOT_FOUND),
            AccessError::LastAdmin => problem(StatusCode::CONFLICT).titled("last admin"),
            AccessError::Own => problem(StatusCode::CONFLICT).titled("own token"),
            AccessError::WrongPassword => problem(StatusCode::UNAUTHORIZED),
            AccessError::TooMany(_) => problem(StatusCode::TOO_MANY_REQUESTS),
            AccessError::Busy => problem(StatusCode::SERVICE_UNAVAILABLE),
            AccessError::Internal(_) => problem(StatusCode::INTERNAL_SERVER_ERROR),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl IntoResponse for AccessError {
    fn into_response(self) -> Response {
        let mut response = Problem::from(&self).into_response();
        let headers = response.headers_mut();
        match self {
            // Not for want of a token: name and password were in the body.
            Self::WrongPassword => drop(headers.remove(WWW_AUTHENTICATE)),
            Self::TooMany(wait) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
            }
            Self::Busy => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Invalid { .. }
            | Self::Taken
            | Self::Full(_)
            | Self::NotFound
            | Self::LastAdmin
            | Self::Own
            | Self::Internal(_)
            | Self::Store(_) => {}
        }
        response
    }
}
