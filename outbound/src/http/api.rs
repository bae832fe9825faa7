//! REST under `/api/v1`: what AMI can do, in JSON.
//!
//! - `operations`: every operation once, with its handler and its documentation: the router and the OpenAPI document are both made
//!   of that table, so neither has what the other has not;
//! - `fields`: the fields of each kind of thing; `body`: a JSON object becomes the action that AMI clients send, and is checked as
//!   that; `rows`: rows become JSON;
//! - `abandon`, `catalog`, `leads`, `live`, `results`, `why`: the handlers;
//! - `people`: operations of the handlers for users, tokens, sessions and the audit log, which are beside this module;
//! - `events`: what happens, as server-sent events;
//! - `webhooks`: who is told by HTTP, and what became of that: operations and handlers;
//! - `imports`: leads out of CSV; `exports`: leads and results as files;
//! - `page`: lists and cursors; `reply`: ETags and refusals; `keys`: creates that are sent twice;
//! - `openapi`, `docs`: the document, and the page that shows it; `patterns`: what it says of texts.

mod abandon;
mod body;
mod catalog;
mod docs;
mod events;
mod exports;
pub(crate) mod fields;
mod imports;
mod keys;
mod leads;
mod live;
mod openapi;
mod operations;
pub(super) mod page;
mod patterns;
mod people;
pub(super) mod reply;
mod results;
mod rows;
mod webhooks;
mod why;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::sync::{Mutex, Semaphore};

pub(crate) use events::follow;
pub(crate) use live::AGENT_STATES;
pub(crate) use results::OUTCOMES;

use super::problem::Problem;
use crate::access::Access;
use crate::core::Daemon;
use crate::webhooks::Webhooks;
use keys::Keys;

/// What handlers work with.
#[derive(Clone)]
pub(crate) struct Api {
    daemon: Daemon,
    access: Access,
    keys: Arc<Keys>,
    /// Changes of what is there come one after the other, so that between `If-Match` and the change no other client of this API
    /// comes in.
    changes: Arc<Mutex<()>>,
    /// Exports have places.
    exports: Arc<Semaphore>,
}

impl FromRef<Api> for Webhooks {
    fn from_ref(api: &Api) -> Self {
        api.daemon.webhooks.clone()
    }
}

impl FromRef<Api> for Access {
    fn from_ref(api: &Api) -> Self {
        api.access.clone()
    }
}

/// The OpenAPI document and the page that shows it, made when somebody first asks: a start, and a restart with calls up, does not wait
/// for them.
static DOCUMENT: LazyLock<(String, String)> = LazyLock::new(|| {
    let document = openapi::document(&operations::all());
    let page = docs::page(&document);
    (document.to_string(), page)
});

/// Everything under `/api`.
pub(crate) fn router(daemon: Daemon, access: Access) -> Router {
    let mut router = Router::new();
    for operation in operations::all() {
        router = router.route(&operation.path, operation.handler);
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    router
        .route(openapi::PATH, get(move || std::future::ready((json, DOCUMENT.0.as_str()))))
        .route("/api/docs", get(|| std::future::ready((docs::HEADERS, Html(DOCUMENT.1.as_str())))))
        .route("/api", axum::routing::any(nothing))
        .route("/api/{*rest}", axum::routing::any(nothing))
        .layer(middleware::from_fn(methods))
        .with_state(Api {
            daemon,
            access,
            keys: Arc::default(),
            changes: Arc::default(),
            exports: Arc::new(Semaphore::new(exports::AT_ONCE)),
        })
}

async fn nothing() -> Problem {
    Problem::not_found("resource; see /api/docs")
}

/// OPTIONS is answered with the methods that there are, a method that is not there with problem details.
async fn methods(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let allow = response.headers().get(header::ALLOW).cloned();
    let mut response = if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let detail = format!("{method} is not among this resource's methods; the header Allow names them");
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).into_response()
    };
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
