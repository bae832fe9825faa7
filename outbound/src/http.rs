//! The HTTP front door: probes, `/healthz` (the daemon runs) and `/readyz` (it could dial now), `/metrics` for Prometheus, and the API under `/api`.
//!
//! - `door`: the connections, each within bounds; `headers`: what browsers are told with each answer;
//! - `guard`: what stands before all of `/api/v1`; [`caller`]: who asks, and what he may do; [`problem`]: what is wrong with a request;
//! - [`api`]: REST under `/api/v1`, and its OpenAPI document; `session`, `users`, `tokens`, `audit`: its handlers for people and programs;
//! - `ui`: the web page.

pub mod api;
mod audit;
mod body;
pub mod caller;
mod door;
mod guard;
mod headers;
pub mod problem;
mod session;
mod tokens;
mod ui;
mod users;

use std::net::SocketAddr;
use std::time::Duration;

use ami::server::Tls;
use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::access::Access;
use crate::config::HttpConfig;
use crate::core::Daemon;
use crate::faults;
use crate::metrics;
use crate::vital::Vital;
use door::Bounds;

/// A driver that does not answer a probe by then is not ready.
const DRIVER_MAX: Duration = Duration::from_secs(3);

/// A listener that nobody serves yet: so a daemon that cannot have its port fails before it does anything.
pub struct HttpListener {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
}

impl HttpListener {
    /// Takes the port.
    ///
    /// # Errors
    /// It is taken, or not ours to take; others could listen in on it; a certificate that cannot be used.
    pub async fn bind(config: &HttpConfig) -> anyhow::Result<Self> {
        config.check_exposure()?;
        let (listen, tls) = (config.listen, config.tls()?);
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("cannot listen on {listen} for HTTP clients (http.listen); is another daemon running?")
        })?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, tls })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the sender is told, or dropped.
    pub fn serve(
        self,
        daemon: Daemon,
        access: Access,
        vital: &Vital,
    ) -> (oneshot::Sender<()>, JoinHandle<()>) {
        let (stop, stopped) = oneshot::channel::<()>();
        let router = router(daemon, access);
        let stopped = async {
            let _ = stopped.await;
        };
        let serve = door::serve(self.listener, self.tls, router, Bounds::default(), stopped);
        let task = vital.spawn("HTTP front door", serve);
        (stop, task)
    }
}

/// Every route there is, with what stands before it.
fn router(daemon: Daemon, access: Access) -> Router {
    Router::new()
        .route("/healthz", get("ok\n"))
        .route("/readyz", get(ready))
        .route(guard::METRICS, get(metrics))
        .with_state(daemon.clone())
        .merge(api::router(daemon, access.clone()))
        .fallback(ui::show)
        .layer(from_fn_with_state(access, guard::guard))
        .layer(from_fn(headers::protect))
}

/// 200 when an Asterisk is connected and compared and the store can claim leads; 503 with all that is missing otherwise, each on a
/// line.
async fn ready(State(daemon): State<Daemon>) -> (StatusCode, String) {
    let _ = faults::ends("http");
    let mut missing: Vec<String> = Vec::new();
    if let Some(trouble) = daemon.store.trouble() {
        missing.push(format!("the store cannot claim leads: {trouble}"));
    }
    match timeout(DRIVER_MAX, daemon.inbox.absences()).await {
        Ok(Some(absences)) if absences.is_empty() => {}
        Ok(Some(absences)) => missing.push(format!("no Asterisk is connected: {}", absences.join("; "))),
        Ok(None) => missing.push("shutting down".to_owned()),
        Err(_) => missing.push("the daemon does not answer".to_owned()),
    }
    if missing.is_empty() {
        return (StatusCode::OK, "ready\n".to_owned());
    }
    (StatusCode::SERVICE_UNAVAILABLE, missing.join("\n") + "\n")
}

/// All figures, for Prometheus. Who may read them: `guard`.
async fn metrics(State(daemon): State<Daemon>) -> Response {
    match timeout(DRIVER_MAX, metrics::page(&daemon)).await {
        Ok(Some(page)) => {
            ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response()
        }
        Ok(None) => (StatusCode::SERVICE_UNAVAILABLE, "shutting down\n").into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the daemon does not answer\n").into_response(),
    }
}
