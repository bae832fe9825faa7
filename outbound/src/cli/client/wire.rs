//! Requests over TCP or TLS, a connection for each: commands ask little.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::body::{Body, BodyDataStream, Bytes, to_bytes};
use axum::http::uri::{Authority, Scheme, Uri};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use futures_util::StreamExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::{Failure, code};

/// From the first packet to the last octet of an answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// To the head of an answer that goes on.
const OPEN_MAX: Duration = Duration::from_secs(10);
/// Octets of an answer: a page of 1,000 leads has less than 10 MB.
const BODY_MAX: usize = 64 << 20;

/// Where requests go.
pub(super) struct Wire {
    authority: Authority,
    tls: Option<TlsConnector>,
}

/// An answer.
#[derive(Debug)]
pub(in crate::cli) struct Reply {
    pub(in crate::cli) status: u16,
    pub(in crate::cli) headers: HeaderMap,
    pub(in crate::cli) body: Value,
}

impl Reply {
    /// The ETag of what is shown.
    pub(in crate::cli) fn etag(&self) -> Option<&str> {
        self.headers.get("etag").and_then(|value| value.to_str().ok())
    }
}

impl Wire {
    pub(super) fn new(url: &str, cacert: Option<&Path>) -> anyhow::Result<Self> {
        let expected = || {
            let text = format!("--url: {url:?}: http://HOST:PORT or https://HOST:PORT expected");
            anyhow::Error::from(Failure::new(code::USAGE, text))
        };
        let parts = url.parse::<Uri>().ok().map(Uri::into_parts).ok_or_else(expected)?;
        let authority = parts.authority.ok_or_else(expected)?;
        let tls = match parts.scheme {
            Some(scheme) if scheme == Scheme::HTTP => None,
            Some(scheme) if scheme == Scheme::HTTPS => Some(connector(cacert)?),
            _ => return Err(expected()),
        };
        Ok(Self { authority, tls })
    }

    pub(super) fn place(&self) -> &str {
        self.authority.as_str()
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> anyhow::Result<Reply> {
        let request = self.request(method, path, headers, body)?;
        timeout(ANSWER_MAX, self.told(request)).await.map_err(|_| self.silent(ANSWER_MAX))?
    }

    /// A GET of something that goes on: its answer has begun.
    pub(super) async fn open(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Response<Incoming>> {
        let request = self.request("GET", path, headers, Body::empty())?;
        timeout(OPEN_MAX, self.exchange(request)).await.map_err(|_| self.silent(OPEN_MAX))?
    }

    fn silent(&self, within: Duration) -> Failure {
        let text = format!("the daemon at {} does not answer within {} s", self.place(), within.as_secs());
        Failure::new(code::AWAY, text)
    }

    /// A POST of a body that may take as long as it takes.
    pub(super) async fn upload(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> anyhow::Result<Reply> {
        self.told(self.request("POST", path, headers, body)?).await
    }

    /// GET; the body is taken as it comes.
    pub(super) async fn download(&self, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<Download> {
        let answer = self.open(path, headers).await?;
        if answer.status() == StatusCode::OK {
            return Ok(Download(Body::new(answer.into_body()).into_data_stream()));
        }
        let reply = timeout(ANSWER_MAX, read(answer)).await.map_err(|_| self.silent(ANSWER_MAX))??;
        Err(Failure::of(reply.status, &reply.body).into())
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> anyhow::Result<Request<Body>> {
        let mut request = Request::builder().method(method).uri(path).header("host", self.authority.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body).context("a name, a token or a value cannot stand in a request")
    }

    async fn told(&self, request: Request<Body>) -> anyhow::Result<Reply> {
        read(self.exchange(request).await?).await
    }

    async fn exchange(&self, request: Request<Body>) -> anyhow::Result<Response<Incoming>> {
        let port = self.authority.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let host = self.authority.host().trim_matches(['[', ']']);
        let away = |error: std::io::Error| {
            let text = format!(
                "no daemon at {}: {error}; start one with `outbound serve`, or say where it is with --url",
                self.place()
            );
            Failure::new(code::AWAY, text)
        };
        let stream = TcpStream::connect((host, port)).await.map_err(away)?;
        match &self.tls {
            None => talk(stream, request).await,
            Some(connector) => {
                let name = ServerName::try_from(host.to_owned()).context("--url: a host expected")?;
                let stream = connector.connect(name, stream).await.map_err(|error| {
                    let text = format!(
                        "the certificate of {} is not trusted ({error}); give who signed it with --cacert",
                        self.place()
                    );
                    Failure::new(code::AWAY, text)
                })?;
                talk(stream, request).await
            }
        }
    }
}

/// An answer that is taken as it comes.
pub(in crate::cli) struct Download(BodyDataStream);

impl Download {
    /// The next octets; none at the end.
    ///
    /// # Errors
    /// A [`Failure`]: it has not come to its end.
    pub(in crate::cli) async fn next(&mut self) -> anyhow::Result<Option<Bytes>> {
        let broken = |what: String| Failure::new(code::AWAY, format!("the daemon broke off: {what}"));
        match timeout(ANSWER_MAX, self.0.next()).await {
            Ok(Some(Ok(octets))) => Ok(Some(octets)),
            Ok(Some(Err(error))) => Err(broken(error.to_string()).into()),
            Ok(None) => Ok(None),
            Err(_) => Err(broken(format!("nothing came for {} s", ANSWER_MAX.as_secs())).into()),
        }
    }
}

async fn talk<S>(stream: S, request: Request<Body>) -> anyhow::Result<Response<Incoming>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| Failure::new(code::AWAY, format!("the daemon broke off: {error}"));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    tokio::spawn(connection);
    Ok(sender.send_request(request).await.map_err(broken)?)
}

/// The whole answer.
pub(super) async fn read(answer: Response<Incoming>) -> anyhow::Result<Reply> {
    let (parts, body) = answer.into_parts();
    let octets = to_bytes(Body::new(body), BODY_MAX).await.context("the daemon broke off its answer")?;
    let json = if octets.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&octets) };
    // What is no JSON is no answer of ours.
    let body = json.map_err(|_| anyhow!("the answer is not of an outbound daemon; look at --url"))?;
    Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
}

fn connector(cacert: Option<&Path>) -> anyhow::Result<TlsConnector> {
    let path = cacert.context("--cacert: who signed the daemon's certificate has to be given for https")?;
    let unusable = || format!("--cacert: {} is no PEM file of certificates", path.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).with_context(unusable)? {
        roots.add(certificate.with_context(unusable)?).with_context(unusable)?;
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
