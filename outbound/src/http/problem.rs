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
    /// A problem that is about no field.
    pub fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        Self { status, title: title.to_owned(), detail: detail.into(), field: None, expected: None }
    }

    /// No credentials, or bad ones.
    pub fn unknown_caller() -> Self {
        let detail = "sign in by POST /api/v1/session, or send a token: Authorization: Bearer TOKEN";
        Self::new(StatusCode::UNAUTHORIZED, "not signed in", detail)
    }

    /// The role is too low.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not allowed", detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not found", detail)
    }

    /// A value that cannot be taken.
    pub fn invalid(field: &str, expected: &str) -> Self {
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "invalid value");
        let detail = format!("{field}: {expected} expected");
        let (field, expected) = (Some(field.to_owned()), Some(expected.to_owned()));
        Self { status, title: title.to_owned(), detail, field, expected }
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
        let words = error.to_string();
        match error {
            AccessError::Invalid { field, expected } => Self::invalid(field, expected),
            AccessError::Taken => {
                let problem = Self::new(StatusCode::CONFLICT, "name taken", words);
                Self { field: Some("name".to_owned()), ..problem }
            }
            AccessError::Full(_) => Self::new(StatusCode::CONFLICT, "too many", words),
            AccessError::NotFound => Self::not_found(words),
            AccessError::LastAdmin => Self::new(StatusCode::CONFLICT, "last admin", words),
            AccessError::WrongPassword => Self::new(StatusCode::UNAUTHORIZED, "not signed in", words),
            AccessError::TooMany(_) => Self::new(StatusCode::TOO_MANY_REQUESTS, "too many tries", words),
            AccessError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", words),
            AccessError::Internal(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error", words),
            AccessError::Store(error) => error.into(),
        }
    }
}

impl From<&StoreError> for Problem {
    fn from(error: &StoreError) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store not available", error.to_string())
    }
}

impl IntoResponse for AccessError {
    fn into_response(self) -> Response {
        let mut response = Problem::from(&self).into_response();
        let headers = response.headers_mut();
        match self {
            // Each of them is refused as long as another is wrong: no browser asks for a name and a password of its own.
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
            | Self::Internal(_)
            | Self::Store(_) => {}
        }
        response
    }
}
