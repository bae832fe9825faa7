//! The web page: the files that `make ui` builds (`ui/dist`) are in this binary, each also compressed.
//!
//! Every path that is no file and no API is a place within the page, which finds its way there by itself. Files under `assets/` have
//! a hash of their content in their names, and are kept by browsers for good; all others are asked for again by ETag. The styles that
//! the page makes while it runs carry a nonce of their own for each answer, so that no others are taken.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;

#[derive(RustEmbed)]
#[folder = "../ui/dist"]
#[allow_missing = true]
struct Files;

/// The page itself.
const INDEX: &str = "index.html";
/// Stands in the page where the nonce of its styles belongs.
const NONCE: &str = "NONCE-OF-THIS-ANSWER";
/// Where the page is not in the binary.
const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Asterisk-outbound</title>\
    <h1>Asterisk-outbound runs</h1><p>This binary was built without its web page. <code>make build</code> builds it with the page \
    (<code>make ui</code> builds the page alone; it takes Node.js 18 or later).<p><a href=\"/api/docs\">The HTTP API</a> is here.";

/// Answers what no other route takes.
pub(super) async fn show(request: Request) -> Response {
    let (path, headers) = (request.uri().path().trim_start_matches('/'), request.headers());
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "here is only the web page: GET and HEAD")
            .into_response();
    }
    match Files::get(path) {
        Some(file) if path != INDEX && !is_compressed(path) => file_response(path, file, headers),
        _ if is_place(path, headers) => page(),
        _ => Problem::not_found("page").into_response(),
    }
}

/// The paths within the page: without a dot in their last part, and asked for by a browser that goes there.
fn is_place(path: &str, headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    path.is_empty()
        || path == INDEX
        || (accepts.contains("text/html") && !path.rsplit('/').next().is_some_and(|last| last.contains('.')))
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".br") || path.ends_with(".gz")
}

fn page() -> Response {
    let html = match Files::get(INDEX) {
        Some(file) => String::from_utf8_lossy(&file.data).into_owned(),
        None => {
            return ([(CACHE_CONTROL, "no-cache"), (CONTENT_TYPE, "text/html; charset=utf-8")], MISSING)
                .into_response();
        }
    };
    let mut random = [0; 16];
    if getrandom::fill(&mut random).is_err() {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no randomness").into_response();
    }
    let nonce = hex(&random);
    let policy = format!(
        "default-src 'self'; style-src 'self' 'nonce-{nonce}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    );
    let headers = [
        (CONTENT_SECURITY_POLICY, policy.as_str()),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_TYPE, "text/html; charset=utf-8"),
    ];
    (headers, html.replace(NONCE, &nonce)).into_response()
}

fn file_response(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let (file, encoding) = smallest(path, file, request);
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = if known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let bytes = match file.data {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Response::new(Body::from(bytes))
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(ETAG, etag);
    }
    if let Some(encoding) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file as the client takes it with the fewest bytes.
fn smallest(path: &str, file: EmbeddedFile, request: &HeaderMap) -> (EmbeddedFile, Option<&'static str>) {
    let accepted = request.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (encoding, end) in [("br", "br"), ("gzip", "gz")] {
        if accepts(accepted, encoding)
            && let Some(compressed) = Files::get(&format!("{path}.{end}"))
        {
            return (compressed, Some(encoding));
        }
    }
    (file, None)
}

/// Whether an Accept-Encoding names this one, and not with the weight zero.
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight.is_none_or(|weight| weight > 0.0)
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // To write into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
