//! `GET /api/v1/events`: what happens, as server-sent events. This is the listener's side: what he wants, and how he gets it out of the
//! ring; `follow` puts events into it, `shape` says what each looks like.

mod follow;
mod shape;
mod stream;

pub(crate) use follow::follow;
pub(super) use shape::TYPES;

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::time::timeout;
use uuid::Uuid;

use super::Api;
use super::page::Parameters;
use crate::events::ring::{Event, EventId};
use crate::http::caller::Viewer;
use crate::http::door::Ending;
use crate::http::guard;
use crate::http::problem::Problem;
use stream::Listener;

/// Events are taken in by then after somebody listens.
const BEGIN_MAX: Duration = Duration::from_secs(5);

/// Where a browser says which event it had last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What somebody wants to hear.
#[derive(Debug, Default)]
struct Filter {
    /// Empty: all.
    types: Vec<&'static str>,
    campaign: Option<Uuid>,
}

impl Filter {
    fn lets(&self, event: &Event) -> bool {
        (self.types.is_empty() || self.types.contains(&event.kind))
            && (self.campaign.is_none() || self.campaign == event.campaign)
    }

    /// Whether it lets events pass that have to be looked for.
    fn observes(&self) -> bool {
        let wants = |kind| self.types.is_empty() || self.types.contains(kind);
        self.campaign.is_none() && shape::OBSERVED.iter().any(wants)
    }
}

/// `GET /events`
pub(super) async fn listen(
    _: Viewer,
    State(api): State<Api>,
    query: Parameters,
    ending: Option<Extension<Ending>>,
    request: HeaderMap,
) -> Result<Response, Problem> {
    query.exactly(&["type", "campaign", "last_event_id"])?;
    let expected = format!("types with commas between them, each one of {}", TYPES.join(", "));
    let types = query.read("type", &expected, types)?.unwrap_or_default();
    let filter = Filter { types, campaign: query.uuid("campaign")? };
    // That of the header is newer: it is what the browser has heard on this address since.
    let named = request.get(&LAST_EVENT_ID).and_then(|value| value.to_str().ok());
    let last = named.or_else(|| query.get("last_event_id")).filter(|id| !id.is_empty());
    let hub = api.daemon.events.hub();
    let place = hub.enter(filter.observes()).ok_or_else(|| busy("too many listen already"))?;
    let mut head = hub.head();
    let begun = async {
        loop {
            head.borrow_and_update();
            if let Some(last) = hub.last() {
                return last;
            }
            // The sender is in the hub.
            let _ = head.changed().await;
        }
    };
    let newest = timeout(BEGIN_MAX, begun).await.map_err(|_| busy("events cannot be had now"))?;
    let from = match last {
        None => Ok(newest),
        // One that cannot be read is as good as one that is too old: a browser sends it again and again.
        Some(text) => text.parse::<EventId>().ok().filter(|id| hub.after(*id).is_some()).ok_or(newest),
    };
    let credentials = guard::credentials(&request);
    let ending = ending.map(|Extension(ending)| ending);
    let listener = Listener::new(place, filter, from, (api.access.clone(), credentials), ending);
    let mut response = Response::new(Body::from_stream(listener.frames()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy in front is to hand on each event at once.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn busy(detail: &str) -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
}

fn types(text: &str) -> Option<Vec<&'static str>> {
    let known = |name: &str| TYPES.iter().copied().find(|known| *known == name);
    text.split(',').map(|name| known(name.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_lets_pass_what_is_of_its_types_and_its_campaign() {
        let one = Uuid::from_u128(1);
        let event = |kind, campaign| Event { kind, campaign, frame: Vec::new() };
        let filter = |text: &str, campaign| Filter { types: types(text).unwrap(), campaign };
        let all = Filter::default();
        assert!(all.lets(&event("plan.created", None)) && all.observes());
        let ended = filter("dialing.ended, campaign.status", Some(one));
        assert!(ended.lets(&event("dialing.ended", Some(one))));
        assert!(!ended.lets(&event("dialing.ended", Some(Uuid::nil()))));
        assert!(!ended.lets(&event("dialing.created", Some(one))));
    }

    #[test]
    fn agents_are_looked_at_for_those_who_want_to_hear_of_them() {
        let filter = |text: &str, campaign| Filter { types: types(text).unwrap(), campaign };
        assert!(filter("plan.created,agent.changed", None).observes());
        assert!(!filter("plan.created", None).observes());
        assert!(!filter("agent.changed", Some(Uuid::nil())).observes());
        assert_eq!(types("plan.created,x"), None);
    }
}
