//! What stands before every route under `/api/v1`, whatever its handler asks for: who is it, may the request come from that page, may that
//! role change anything; and the audit log behind it.
//!
//! `/metrics` is open to this machine; who asks from elsewhere has to be known there too.
//!
//! A route that somebody adds is closed by itself: only [`SIGN_IN`] is open to all, and only what is one's own to viewers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::caller::too_low;
use super::problem::Problem;
use super::session;
use crate::access::origin::{Origin, origin};
use crate::access::{Access, Credentials, Known, Role};
use crate::driver::wall;
use crate::store::access::AuditRow;

/// Where sessions begin and end.
pub(super) const SIGN_IN: &str = "/api/v1/session";
/// Open to this machine; others need to be known.
pub(super) const METRICS: &str = "/metrics";
/// Said by proxies: whoever asks is not here.
const BY_PROXY: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
/// What is guarded.
const API: &str = "/api/v1";
/// Octets of a path in the audit log.
const PATH_MAX: usize = 256;

/// Where a request came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) address: SocketAddr,
    /// By TLS.
    pub(super) secure: bool,
}

impl Peer {
    /// Of a request. Without one there is no connection; that is nobody's.
    pub(super) fn of(request: &Request) -> Self {
        let nobody = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        request.extensions().get().copied().unwrap_or(Self { address: nobody, secure: false })
    }

    pub(super) fn ip(&self) -> IpAddr {
        self.address.ip().to_canonical()
    }
}

/// Said by a handler of whom an entry of the audit log is about, where that is not the caller.
#[derive(Debug, Clone)]
pub(super) struct About {
    pub(super) kind: crate::access::Kind,
    pub(super) name: String,
    pub(super) role: Option<Role>,
}

/// See the module.
pub(super) async fn guard(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let peer = Peer::of(&request);
    let is_api = path == API || path.strip_prefix(API).is_some_and(|rest| rest.starts_with('/'));
    let is_metrics = path == METRICS && !is_local(peer, request.headers());
    if !is_api && !is_metrics {
        return next.run(request).await;
    }
    let method = request.method().clone();
    let credentials = credentials(request.headers());
    let known = access.identify(&credentials);
    let checked = check(&method, &path, request.headers(), &credentials, known.as_ref());
    if let Some(known) = &known {
        request.extensions_mut().insert(known.clone());
    }
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if let (Credentials::Session(text), Some(Known { renewed: true, .. })) = (&credentials, &known)
        && !response.headers().contains_key(SET_COOKIE)
    {
        response.headers_mut().insert(SET_COOKIE, session::cookie(text, peer.secure));
    }
    if !is_safe(&method) {
        let refused = response.status() == StatusCode::FORBIDDEN;
        let about = response.extensions_mut().remove::<About>();
        let about = about.or_else(|| {
            known.map(|known| About { kind: known.kind, name: known.name, role: Some(known.role) })
        });
        if let Some(about) = about
            && (!refused || access.notes_refusal(&about.name))
        {
            access.note(entry(about, peer, &method, &path, &response)).await;
        }
    }
    response
}

/// Comes from this machine, and from nobody behind it.
fn is_local(peer: Peer, headers: &HeaderMap) -> bool {
    peer.ip().is_loopback() && !BY_PROXY.iter().any(|header| headers.contains_key(*header))
}

/// Methods that change nothing.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// A token goes before a cookie; one that is bad is not made good by the other.
pub(super) fn credentials(headers: &HeaderMap) -> Credentials {
    if let Some(value) = headers.get(AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|text| text.split_once(' '));
        let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return Credentials::Token(token.map_or("", |(_, token)| token.trim()).to_owned());
    }
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    match pairs.find(|(name, _)| *name == session::COOKIE_NAME) {
        Some((_, text)) => Credentials::Session(text.to_owned()),
        None => Credentials::None,
    }
}

/// The rules, without what only the handler knows.
fn check(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    credentials: &Credentials,
    known: Option<&Known>,
) -> Result<(), Problem> {
    if *method == Method::POST && path == SIGN_IN {
        // Nobody is signed in by a page of somebody else, as somebody else.
        return if origin(headers) == Origin::Foreign { Err(foreign()) } else { Ok(()) };
    }
    let known = known.ok_or_else(Problem::unknown_caller)?;
    let by_cookie = matches!(credentials, Credentials::Session(_));
    if by_cookie && !is_safe(method) && origin(headers) != Origin::Ours {
        return Err(foreign());
    }
    let own = is_own(path, known);
    if known.must_change && !own {
        let detail = format!(
            "your password was good for one sign-in: set one of your own by POST /api/v1/users/{}/password",
            known.name
        );
        return Err(Problem::forbidden(detail).titled("password change required"));
    }
    if !is_safe(method) && !own && known.role < Role::Supervisor {
        return Err(too_low(known.role, Role::Supervisor));
    }
    Ok(())
}

/// The own session and the own password.
fn is_own(path: &str, known: &Known) -> bool {
    let password = path.strip_prefix("/api/v1/users/").and_then(|rest| rest.strip_suffix("/password"));
    path == SIGN_IN || (known.session.is_some() && password == Some(&known.name))
}

fn foreign() -> Problem {
    Problem::forbidden(
        "a request with a cookie has to come from a page of this daemon (Sec-Fetch-Site or Origin), or say X-Requested-With",
    )
}

fn entry(about: About, peer: Peer, method: &Method, path: &str, response: &Response) -> AuditRow {
    let (resource, id) = subject(path);
    let created = response.headers().get(LOCATION).and_then(|value: &HeaderValue| value.to_str().ok());
    let created = created.and_then(|location| location.rsplit_once('/')).map(|(_, id)| id.to_owned());
    AuditRow {
        time: wall(),
        kind: about.kind,
        who: about.name,
        role: about.role,
        address: peer.ip().to_string(),
        method: method.to_string(),
        path: path.chars().take(PATH_MAX).collect(),
        resource,
        resource_id: id.or(created),
        status: response.status().as_u16(),
    }
}

/// `campaigns` and the id of `/api/v1/campaigns/{id}/start`.
fn subject(path: &str) -> (Option<String>, Option<String>) {
    let mut parts = path.strip_prefix(API).unwrap_or_default().split('/').skip(1);
    let mut part = || {
        let part = parts.next().filter(|part| !part.is_empty());
        part.map(|part| part.chars().take(PATH_MAX).collect())
    };
    (part(), part())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Kind;

    fn known(role: Role, must_change: bool) -> Known {
        let (kind, name) = (Kind::User, "anna".to_owned());
        Known { kind, name, role, session: Some([0; 32]), must_change, renewed: false }
    }

    fn status(method: &str, path: &str, headers: &[(&'static str, &str)], known: Option<&Known>) -> u16 {
        let mut map = HeaderMap::new();
        headers.iter().for_each(|(name, value)| drop(map.insert(*name, value.parse().unwrap())));
        let method: Method = method.parse().unwrap();
        let checked = check(&method, path, &map, &credentials(&map), known);
        checked.map_or_else(|problem| problem.status.as_u16(), |()| 200)
    }

    const COOKIE: (&str, &str) = ("cookie", "other=1; outbound_session=abc");
    const TOKEN: (&str, &str) = ("authorization", "Bearer obt_1");
    const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

    #[test]
    fn a_token_goes_before_a_cookie() {
        let mut map = HeaderMap::new();
        assert_eq!(credentials(&map), Credentials::None);
        map.insert(axum::http::header::COOKIE, COOKIE.1.parse().unwrap());
        assert_eq!(credentials(&map), Credentials::Session("abc".to_owned()));
        map.insert(AUTHORIZATION, "bearer obt_1".parse().unwrap());
        assert_eq!(credentials(&map), Credentials::Token("obt_1".to_owned()));
        map.insert(AUTHORIZATION, "Basic YTpi".parse().unwrap());
        assert_eq!(credentials(&map), Credentials::Token(String::new()));
    }

    #[test]
    fn metrics_are_open_to_this_machine_only() {
        let local = |address: &str, header: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            header
                .iter()
                .for_each(|name| drop(headers.insert(*name, HeaderValue::from_static("198.51.100.7"))));
            is_local(Peer { address: address.parse().unwrap(), secure: true }, &headers)
        };
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(local(address, None), "{address}");
            assert!(
                !local(address, Some("x-forwarded-for")) && !local(address, Some("forwarded")),
                "{address}"
            );
        }
        for address in ["0.0.0.0:0", "192.0.2.1:1", "[2001:db8::1]:1"] {
            assert!(!local(address, None), "{address}");
        }
        assert_eq!(status("GET", METRICS, &[], None), 401);
        assert_eq!(status("GET", METRICS, &[TOKEN], Some(&known(Role::Viewer, false))), 200);
    }

    #[test]
    fn anonymous_requests_can_sign_in_and_nothing_else() {
        assert_eq!(status("POST", SIGN_IN, &[], None), 200);
        for (method, path) in [
            ("GET", SIGN_IN),
            ("DELETE", SIGN_IN),
            ("POST", "/api/v1/session/"),
            ("GET", "/api/v1/campaigns"),
            ("POST", "/api/v1/anything/new"),
            ("BREW", "/api/v1/coffee"),
        ] {
            assert_eq!(status(method, path, &[], None), 401, "{method} {path}");
            assert_eq!(status(method, path, &[COOKIE, OURS], None), 401, "{method} {path}");
        }
    }

    #[test]
    fn a_viewer_changes_nothing_but_what_is_its_own() {
        let viewer = known(Role::Viewer, false);
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
            for path in ["/api/v1/campaigns", "/api/v1/users/bert/password", "/api/v1/a/b/c"] {
                assert_eq!(status(method, path, &[TOKEN], Some(&viewer)), 403, "{method} {path}");
                assert_eq!(status(method, path, &[COOKIE, OURS], Some(&viewer)), 403, "{method} {path}");
            }
        }
        for (method, path) in
            [("GET", "/api/v1/campaigns"), ("DELETE", SIGN_IN), ("POST", "/api/v1/users/anna/password")]
        {
            assert_eq!(status(method, path, &[COOKIE, OURS], Some(&viewer)), 200, "{method} {path}");
        }
        let token = Known { session: None, kind: Kind::Token, ..viewer };
        let own_name = status("POST", "/api/v1/users/anna/password", &[TOKEN], Some(&token));
        assert_eq!(own_name, 403, "a token is not the user of its name");
    }

    #[test]
    fn a_cookie_needs_a_page_of_ours_and_a_token_does_not() {
        let admin = known(Role::Admin, false);
        let post = |headers: &[_]| status("POST", "/api/v1/campaigns", headers, Some(&admin));
        assert_eq!(post(&[COOKIE]), 403);
        assert_eq!(post(&[COOKIE, ("sec-fetch-site", "same-site")]), 403);
        assert_eq!(post(&[COOKIE, OURS]), 200);
        assert_eq!(post(&[COOKIE, ("x-requested-with", "x")]), 200);
        assert_eq!(post(&[TOKEN]), 200);
        assert_eq!(status("GET", "/api/v1/campaigns", &[COOKIE], Some(&admin)), 200);
        assert_eq!(status("POST", SIGN_IN, &[("sec-fetch-site", "cross-site")], None), 403);
    }

    #[test]
    fn with_a_one_time_password_there_is_only_one_thing_to_do() {
        let first = known(Role::Admin, true);
        for (method, path) in [("GET", "/api/v1/campaigns"), ("POST", "/api/v1/users/bert/password")] {
            assert_eq!(status(method, path, &[COOKIE, OURS], Some(&first)), 403, "{method} {path}");
        }
        for (method, path) in [("GET", SIGN_IN), ("DELETE", SIGN_IN), ("POST", "/api/v1/users/anna/password")]
        {
            assert_eq!(status(method, path, &[COOKIE, OURS], Some(&first)), 200, "{method} {path}");
        }
    }

    #[test]
    fn a_path_says_what_it_is_about() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(subject("/api/v1/campaigns/7/start"), (some("campaigns"), some("7")));
        assert_eq!(subject("/api/v1/plans"), (some("plans"), None));
        assert_eq!(subject("/api/v1"), (None, None));
    }
}
