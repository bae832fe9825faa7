//! `/api/v1/webhooks`: who is told by HTTP, and what became of that. For admins: whoever may set an address decides where the daemon sends
//! requests to.

use std::net::Ipv6Addr;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, patch, post};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::openapi::plain;
use super::operations::{Answer, Operation, Parameter, Sent};
use super::page::{Parameters, listed, page};
use super::patterns;
use super::reply::shown;
use crate::driver::wall;
use crate::format::Nanos;
use crate::http::body::Body;
use crate::http::caller::Admin;
use crate::http::problem::Problem;
use crate::store::webhooks::{DeliveryRow, DeliveryState, EventType, WebhookRow};
use crate::webhooks::{WebhookError, Webhooks};

/// Characters of an address.
const URL_MAX: usize = 1_000;
/// What a secret may be; [`is_secret`] says the same.
const SECRET: &str = "^[!-~]{16,256}$";

pub(super) fn operations() -> [Operation; 7] {
    let (many, one) = ("/api/v1/webhooks", "/api/v1/webhooks/{id}");
    let of = |method, path: &str, summary: &str, handler| {
        Operation::new(method, path.to_owned(), "webhooks", summary.to_owned(), handler)
    };
    let states = DeliveryState::ALL.map(DeliveryState::as_str);
    let state = json!({ "type": "string", "enum": states });
    [
        of("get", many, "List webhooks", get(list)).doc("For admins. Secrets are not shown.").answers(Answer::Page("Webhook")).counted(),
        of("post", many, "Create a webhook", post(create))
            .doc("For admins. It is told of what happens from then on, signed with its secret.")
            .sends(Sent::Body("WebhookCreate"))
            .answers(Answer::Created("Webhook"))
            .errors(&[409]),
        of("get", one, "Get a webhook", get(show)).doc("For admins.").answers(Answer::One("Webhook")),
        of("patch", one, "Change a webhook", patch(change))
            .doc("For admins. Only the fields that are there are changed. What happens while it is not enabled it is not told later.")
            .sends(Sent::Body("WebhookInput"))
            .answers(Answer::One("Webhook")),
        of("delete", one, "Delete a webhook", delete(remove)).doc("For admins. What waits for it goes with it."),
        of("get", &format!("{one}/deliveries"), "List the deliveries of a webhook", get(deliveries))
            .doc("For admins. Newest first: those that wait, the last 1,000 that are done, the last 10,000 that are dead.")
            .query(vec![Parameter { name: "state", doc: "Only those that stand so.", schema: state }])
            .answers(Answer::Page("Delivery"))
            .counted(),
        of("post", &format!("{one}/deliveries/{{delivery}}/retry"), "Try a delivery again", post(retry))
            .doc("For admins. Now, and for a day if need be; one that waits or is dead.")
            .errors(&[409]),
    ]
}

/// Adds the schemas.
pub(super) fn schemas(all: &mut Value) {
    let kinds = EventType::ALL.map(EventType::as_str);
    let types = json!({ "type": "array", "minItems": 1, "maxItems": EventType::ALL.len(), "uniqueItems": true,
        "items": { "type": "string", "enum": kinds }, "description": "What it is told of." });
    let campaign = json!({ "type": ["string", "null"], "format": "uuid", "description": "Only of this campaign; null: of all." });
    let mut webhook = plain("id:uuid url:text enabled:switch created_at:time updated_at:time?");
    webhook["properties"]["types"] = types.clone();
    webhook["properties"]["campaign"] = campaign.clone();
    webhook["required"] = json!(["id", "url", "types", "campaign", "enabled", "created_at", "updated_at"]);
    all["Webhook"] = webhook;
    let fields = json!({
        "url": { "type": "string", "pattern": patterns::url(), "maxLength": URL_MAX, "description": "Where it is told, by http or https." },
        "secret": { "type": "string", "pattern": SECRET, "minLength": 16, "maxLength": 256, "description": "What deliveries are signed with; never shown." },
        "types": types, "campaign": campaign,
        "enabled": { "type": "boolean", "description": "It is told; the default." },
    });
    let sent = |required: Value| json!({ "type": "object", "required": required, "properties": fields, "additionalProperties": false });
    all["WebhookCreate"] = sent(json!(["url", "secret", "types"]));
    all["WebhookInput"] = sent(json!([]));
    all["Delivery"] = plain(
        "uuid:uuid type:text seq:count state:text tries:count due:time? begun:time updated:time? status:count? error:text?",
    );
    all["Delivery"]["properties"]["type"] = json!({ "type": "string", "enum": kinds });
    let states = DeliveryState::ALL.map(DeliveryState::as_str);
    all["Delivery"]["properties"]["state"] = json!({ "type": "string", "enum": states });
}

#[derive(Serialize)]
struct View {
    id: Uuid,
    url: String,
    types: Vec<&'static str>,
    campaign: Option<Uuid>,
    enabled: bool,
    created_at: String,
    updated_at: Option<String>,
}

impl From<WebhookRow> for View {
    fn from(row: WebhookRow) -> Self {
        Self {
            id: row.id,
            url: row.url,
            types: row.types.into_iter().map(EventType::as_str).collect(),
            campaign: row.campaign,
            enabled: row.enabled,
            created_at: Nanos(row.created).to_string(),
            updated_at: row.updated.map(|at| Nanos(at).to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    url: String,
    secret: String,
    types: Vec<String>,
    #[serde(default)]
    campaign: Option<Uuid>,
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

/// Where a field is there it is no null, but for the campaign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default, deserialize_with = "given")]
    url: Option<String>,
    #[serde(default, deserialize_with = "given")]
    secret: Option<String>,
    #[serde(default, deserialize_with = "given")]
    types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    campaign: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "given")]
    enabled: Option<bool>,
}

fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match &error {
            WebhookError::NotFound => Self::not_found("webhook"),
            WebhookError::Full => Self::new(StatusCode::CONFLICT, error.to_string()).titled("too many"),
            WebhookError::Store(error) => error.into(),
        }
    }
}

async fn list(
    _: Admin,
    State(webhooks): State<Webhooks>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    listed(&request, &query, webhooks.all().into_iter().map(View::from))
}

async fn create(
    _: Admin,
    State(webhooks): State<Webhooks>,
    Body(sent): Body<Create>,
) -> Result<Response, Problem> {
    let row = WebhookRow {
        id: Uuid::new_v4(),
        url: url(sent.url)?,
        secret: secret(sent.secret)?,
        types: types(&sent.types)?,
        campaign: sent.campaign,
        enabled: sent.enabled,
        created: wall(),
        updated: None,
    };
    webhooks.create(row.clone()).await?;
    let location = format!("/api/v1/webhooks/{}", row.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(View::from(row))).into_response())
}

async fn show(
    _: Admin,
    State(webhooks): State<Webhooks>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    let row = found(&webhooks, &id)?;
    Ok(shown(&request, &json!(View::from(row))))
}

async fn change(
    _: Admin,
    State(webhooks): State<Webhooks>,
    Path(id): Path<String>,
    Body(sent): Body<Change>,
) -> Result<Json<Value>, Problem> {
    let id = found(&webhooks, &id)?.id;
    let (url, secret) = (sent.url.map(url).transpose()?, sent.secret.map(secret).transpose()?);
    let types = sent.types.map(|names| types(&names)).transpose()?;
    let row = webhooks.change(id, |row| {
        row.url = url.unwrap_or_else(|| row.url.clone());
        row.secret = secret.unwrap_or_else(|| row.secret.clone());
        row.types = types.unwrap_or_else(|| row.types.clone());
        row.campaign = sent.campaign.unwrap_or(row.campaign);
        row.enabled = sent.enabled.unwrap_or(row.enabled);
    });
    Ok(Json(json!(View::from(row.await?))))
}

async fn remove(
    _: Admin,
    State(webhooks): State<Webhooks>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = found(&webhooks, &id)?.id;
    webhooks.delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn deliveries(
    _: Admin,
    State(webhooks): State<Webhooks>,
    Path(id): Path<String>,
    query: Parameters,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.only(&["state"])?;
    let id = found(&webhooks, &id)?.id;
    let named = |text: &str| DeliveryState::ALL.into_iter().find(|state| state.as_str() == text);
    let state = query.read("state", "one of waiting, done, dead", named)?;
    let (limit, before) = (query.limit()?, query.cursor()?.unwrap_or(i64::MAX));
    let count = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let rows = webhooks.store().deliveries(id, state, before, count).await;
    let rows = rows.map_err(|error| Problem::from(&error))?;
    let next = (rows.len() > limit).then(|| rows[limit - 1].id);
    Ok(shown(&request, &page(rows.iter().take(limit).map(delivery).collect(), next)))
}

async fn retry(
    _: Admin,
    State(webhooks): State<Webhooks>,
    Path((id, uuid)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let id = found(&webhooks, &id)?.id;
    let uuid: Uuid = uuid.parse().map_err(|_| Problem::not_found("delivery"))?;
    let row = webhooks.store().delivery(id, uuid).await.map_err(|error| Problem::from(&error))?;
    let row = row.ok_or_else(|| Problem::not_found("delivery"))?;
    if row.state == DeliveryState::Done {
        return Err(Problem::new(StatusCode::CONFLICT, "the receiver has it"));
    }
    webhooks.retry(id, uuid).await.map_err(|error| Problem::from(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn delivery(row: &DeliveryRow) -> Value {
    let time = |at| Nanos(at).to_string();
    let due = (row.state == DeliveryState::Waiting).then(|| time(row.due));
    json!({ "uuid": row.uuid, "type": row.kind.as_str(), "seq": row.seq, "state": row.state.as_str(), "tries": row.tries,
        "due": due, "begun": time(row.begun), "updated": row.updated.map(time), "status": row.status, "error": row.error })
}

fn found(webhooks: &Webhooks, id: &str) -> Result<WebhookRow, Problem> {
    id.parse().ok().and_then(|id| webhooks.get(id)).ok_or_else(|| Problem::not_found("webhook"))
}

fn url(text: String) -> Result<String, Problem> {
    let expected = "an address such as https://example.org/calls, without user, password or fragment";
    if is_url(&text) { Ok(text) } else { Err(Problem::field("url", expected)) }
}

fn secret(text: String) -> Result<String, Problem> {
    let expected = "16 to 256 characters of ASCII without spaces";
    if is_secret(&text) { Ok(text) } else { Err(Problem::field("secret", expected)) }
}

fn types(names: &[String]) -> Result<Vec<EventType>, Problem> {
    let all = EventType::ALL.into_iter().filter(|kind| names.iter().any(|name| name == kind.as_str()));
    let all: Vec<_> = all.collect();
    if all.is_empty() || all.len() != names.len() {
        let known = EventType::ALL.map(EventType::as_str).join(", ");
        return Err(Problem::field("types", format!("one or more of {known}, each once")));
    }
    Ok(all)
}

fn is_secret(text: &str) -> bool {
    (16..=256).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_graphic())
}

/// What an address may be; [`patterns::url`] says the same.
pub(super) fn is_url(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else {
        return false;
    };
    let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (place, None),
    };
    let plain = |octet: u8| octet.is_ascii_alphanumeric();
    let is_name = host.len() <= 202
        && host.bytes().all(|octet| plain(octet) || matches!(octet, b'.' | b'-'))
        && [host.bytes().next(), host.bytes().last()].iter().all(|end| end.is_some_and(plain));
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_address = address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    let is_port = |port: &str| !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok();
    let is_path =
        path.len() <= 701 && path.bytes().all(|octet| plain(octet) || b"/._~?&=%+:@,;-".contains(&octet));
    text.len() <= URL_MAX && (is_name || is_address) && port.is_none_or(is_port) && is_path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_http_without_what_could_hide_in_it() {
        for right in [
            "http://a",
            "https://example.org/calls?x=1",
            "http://127.0.0.1:8080/",
            "http://[::1]:80/a",
            "http://[::1]",
        ] {
            assert!(is_url(right), "{right}");
        }
        for wrong in [
            "",
            "example.org",
            "ftp://a",
            "http://",
            "http://a:0",
            "http://a:+1",
            "http://a:65536",
            "http://u:p@a/",
            "http://a/#b",
            "http://a b",
            "http://-a",
            "http://a-",
            "http://a/\n",
            "HTTP://a",
            "http://[::1",
            "http://[g]",
            "http://[38]",
            "http:///x",
            "http://a:",
        ] {
            assert!(!is_url(wrong), "{wrong}");
        }
        assert!(!is_url(&format!("http://a/{}", "x".repeat(701))));
    }

    #[test]
    fn types_are_there_once_each() {
        let names = |all: &[&str]| types(&all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["import.ended", "campaign.status", "dialing.ended"]).unwrap(), EventType::ALL);
        for wrong in [&[][..], &["dialing.ended", "dialing.ended"], &["dialing.created"]] {
            assert!(names(wrong).is_err(), "{wrong:?}");
        }
    }
}
