//! Answers: JSON with its ETag, and what is said where something is refused.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::catalog::NotStartable;
use engine::preview::Declined;
use serde_json::Value;
use twox_hash::XxHash3_128;

use super::body::json_name;
use super::fields::Field;
use crate::admin::{Refusal, Resource};
use crate::http::problem::Problem;

/// The ETag of a representation: the hash of its octets.
pub(super) fn etag(value: &Value) -> String {
    format!("\"{:032x}\"", XxHash3_128::oneshot(value.to_string().as_bytes()))
}

/// 200 with an ETag, or 304 where the client has this already.
pub(in crate::http) fn shown(request: &HeaderMap, value: &Value) -> Response {
    let tag = etag(value);
    let mut response = if is_named(request, header::IF_NONE_MATCH, &tag, true) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        json(StatusCode::OK, value)
    };
    put(&mut response, header::ETAG, &tag);
    put(&mut response, header::CACHE_CONTROL, "private, no-cache");
    response
}

/// 200 with what was done.
pub(super) fn told(value: &Value) -> Response {
    json(StatusCode::OK, value)
}

/// The representation after a change.
pub(super) fn changed(status: StatusCode, value: &Value) -> Response {
    let mut response = json(status, value);
    put(&mut response, header::ETAG, &etag(value));
    response
}

/// 201 with the place of what was made.
pub(super) fn created(place: &str, value: &Value) -> Response {
    let mut response = changed(StatusCode::CREATED, value);
    put(&mut response, header::LOCATION, place);
    response
}

/// 202 with the place of what will be done.
pub(super) fn accepted(place: &str, value: &Value) -> Response {
    let mut response = json(StatusCode::ACCEPTED, value);
    put(&mut response, header::LOCATION, place);
    response
}

/// 412 where the client wants to change something else than what is there.
pub(super) fn check_match(request: &HeaderMap, value: &Value) -> Result<(), Problem> {
    if request.contains_key(header::IF_MATCH) && !is_named(request, header::IF_MATCH, &etag(value), false) {
        let detail = "it was changed meanwhile: get it again, and change that (If-Match)";
        return Err(Problem::new(StatusCode::PRECONDITION_FAILED, detail));
    }
    Ok(())
}

fn is_named(request: &HeaderMap, name: header::HeaderName, tag: &str, weak: bool) -> bool {
    let values = request.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).any(|given| {
        given == "*" || given == tag || (weak && given.strip_prefix("W/").is_some_and(|given| given == tag))
    })
}

fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    put(&mut response, header::CONTENT_TYPE, "application/json");
    response
}

fn put(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A refusal of something whose fields these are; what itself is not there is looked for before.
pub(super) fn refused(refusal: &Refusal, fields: &[Field]) -> Problem {
    let conflict = || Problem::new(StatusCode::CONFLICT, refusal.to_string());
    let away = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, refusal.to_string());
    match refusal {
        Refusal::Preview(Declined::Unknown) => Problem::new(StatusCode::NOT_FOUND, refusal.to_string()),
        Refusal::Invalid { field, expected } => {
            let expected = expected.replace("write class system", "role admin");
            Problem::field(json_name(fields, field), expected)
        }
        Refusal::Unknown(resource) => {
            let field = match resource {
                Resource::Plan => "plan",
                Resource::DialList => "dial_list",
                Resource::Destination => "destination",
                Resource::Campaign => "next_campaign",
                Resource::Lead | Resource::Queue | Resource::Dialing => {
                    return Problem::not_found(&resource.to_string());
                }
            };
            let expected = format!(
                "the uuid of a {} that is there",
                field.trim_start_matches("next_").replace('_', " ")
            );
            // Not 422: the body is right, and may be done when that is there.
            let status = StatusCode::CONFLICT;
            let title = status.canonical_reason().unwrap_or_default().to_owned();
            Problem { status, title, ..Problem::field(field, expected) }
        }
        Refusal::InUse { campaign } => Problem::new(
            StatusCode::CONFLICT,
            format!("in use by campaign {campaign}, which is not stopped: stop it first"),
        ),
        Refusal::NotStopped { .. } => {
            Problem::new(StatusCode::CONFLICT, "the campaign is not stopped: stop it first")
        }
        Refusal::NotStartable(missing) => lacking(missing),
        Refusal::Preview(_) => conflict(),
        Refusal::NotStored(_) | Refusal::NotRead(_) | Refusal::ShuttingDown => away(),
    }
}

/// What a campaign lacks, by the names of its fields here.
fn lacking(missing: &NotStartable) -> Problem {
    let (field, detail) = match missing {
        NotStartable::NoPlan => ("plan", "no plan is set: set plan of the campaign"),
        NotStartable::UnknownPlan => ("plan", "its plan is deleted: set another plan of the campaign"),
        NotStartable::NoDialMode => {
            ("dial_mode", "the plan has no dial mode: set dial_mode of the plan (progressive, for instance)")
        }
        NotStartable::NoQueue => {
            ("queue_name", "the plan has no queue, which its dial mode needs: set queue_name of the plan")
        }
        NotStartable::NoDialList => ("dial_list", "no dial list is set: set dial_list of the campaign"),
        NotStartable::UnknownDialList => {
            ("dial_list", "its dial list is deleted: set another dial_list of the campaign")
        }
        NotStartable::UnknownDestination => {
            ("destination", "its destination is deleted: set another destination of the campaign, or none")
        }
        NotStartable::UnusableDestination => (
            "destination",
            "the destination has no place yet: one of kind extension needs exten and context, one of kind application needs application",
        ),
        NotStartable::ForceStopping => {
            let detail = "the campaign is being stopped by force: start it when it is stopped";
            return Problem::new(StatusCode::CONFLICT, detail);
        }
    };
    Problem { field: Some(field.to_owned()), ..Problem::new(StatusCode::CONFLICT, detail) }
}
