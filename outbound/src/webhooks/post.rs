//! The HTTP client of webhooks: one POST, within bounds. It follows no redirect and uses no proxy.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Deliveries of a webhook that are on their way at once.
pub(super) const ON_THEIR_WAY: usize = 8;
/// A receiver has answered by then, with the octets of its answer that are read.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Octets of an answer that are read, so that the connection can be used again; what they say is nothing to us.
const ANSWER_OCTETS: usize = 64 << 10;
/// A connection that rests is kept for so long.
const IDLE_MAX: Duration = Duration::from_secs(20);

/// See the module. Clones share connections.
#[derive(Clone)]
pub(super) struct Poster {
    client: Client<HttpsConnector<HttpConnector>, Body>,
}

/// What is posted.
pub(super) struct Post<'a> {
    pub(super) url: &'a str,
    pub(super) headers: [(&'static str, String); 4],
    pub(super) body: String,
}

impl Poster {
    /// Trusts the certificates that the system trusts.
    pub(super) fn new() -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::debug!(%error, "a certificate of the system cannot be read");
        }
        roots.add_parsable_certificates(found.certs);
        let config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            // These versions are in that provider.
            .unwrap_or_else(|_| ClientConfig::builder())
            .with_root_certificates(roots)
            .with_no_client_auth();
        let https =
            HttpsConnectorBuilder::new().with_tls_config(config).https_or_http().enable_http1().build();
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_idle_timeout(IDLE_MAX).pool_max_idle_per_host(ON_THEIR_WAY).pool_timer(TokioTimer::new());
        Self { client: client.build(https) }
    }

    /// The status of the answer, or why there was none.
    pub(super) async fn post(&self, post: Post<'_>) -> Result<u16, String> {
        let mut request = Request::post(post.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("asterisk-outbound/", env!("CARGO_PKG_VERSION")));
        for (name, value) in post.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(post.body)).map_err(|error| error.to_string())?;
        let answered = async {
            let response = self.client.request(request).await.map_err(|error| said(&error))?;
            let status = response.status().as_u16();
            // One that is longer, or breaks off, ends its connection.
            let _ = to_bytes(Body::new(response.into_body()), ANSWER_OCTETS).await;
            Ok(status)
        };
        timeout(ANSWER_MAX, answered)
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", ANSWER_MAX.as_secs())))
    }
}

/// An error with what is behind it.
fn said(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        words += &format!(": {error}");
        behind = error.source();
    }
    words.chars().take(300).collect()
}
