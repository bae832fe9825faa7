//! `/api/v1/session`: sign in, who am I, sign out.

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::api::reply::shown;
use super::body::Body;
use super::guard::{About, Peer};
use super::problem::Problem;
use crate::access::{Access, AccessError, Kind, Known, Role, SESSION_HOURS, SignedIn};

/// The cookie of a session.
pub(super) const COOKIE_NAME: &str = "outbound_session";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    name: String,
    password: String,
}

#[derive(Serialize)]
pub(super) struct View {
    kind: Kind,
    name: String,
    role: Role,
    must_change_password: bool,
}

impl From<&Known> for View {
    fn from(known: &Known) -> Self {
        let Known { kind, name, role, must_change, .. } = known.clone();
        Self { kind, name, role, must_change_password: must_change }
    }
}

pub(super) async fn show(known: Option<Extension<Known>>, request: HeaderMap) -> Result<Response, Problem> {
    let Extension(known) = known.ok_or_else(Problem::unknown_caller)?;
    Ok(shown(&request, &json!(View::from(&known))))
}

pub(super) async fn begin(
    State(access): State<Access>,
    Extension(peer): Extension<Peer>,
    Body(SignIn { name, password }): Body<SignIn>,
) -> Response {
    match access.sign_in(&name, password, peer.ip()).await {
        Ok(signed_in) => {
            let (name, role) = (signed_in.known.name.clone(), Some(signed_in.known.role));
            let mut response = signed_in_response(&signed_in, peer);
            response.extensions_mut().insert(About { kind: Kind::User, name, role });
            response
        }
        Err(error) => {
            let wrong = error == AccessError::WrongPassword;
            let mut response = error.into_response();
            if wrong {
                let name = name.chars().take(64).collect();
                tracing::info!(user = name, address = %peer.ip(), "a sign-in over HTTP failed");
                response.extensions_mut().insert(About { kind: Kind::User, name, role: None });
            }
            response
        }
    }
}

/// The session with its cookie.
pub(super) fn signed_in_response(signed_in: &SignedIn, peer: Peer) -> Response {
    let cookie = cookie(&signed_in.cookie, peer.secure);
    (StatusCode::CREATED, [(SET_COOKIE, cookie)], Json(View::from(&signed_in.known))).into_response()
}

pub(super) async fn end(
    State(access): State<Access>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Result<Response, Response> {
    let session = request.extensions().get::<Known>().and_then(|known| known.session);
    let session = session
        .ok_or_else(|| Problem::new(StatusCode::CONFLICT, "a token has no session to end").into_response())?;
    access.sign_out(session).await.map_err(IntoResponse::into_response)?;
    let mut gone =
        HeaderValue::from_static("outbound_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    if peer.secure {
        gone = HeaderValue::from_static(
            "outbound_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0; Secure",
        );
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, gone)]).into_response())
}

/// The cookie of a session, for as long as that lives without use.
pub(super) fn cookie(text: &str, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let seconds = SESSION_HOURS * 3600;
    let cookie =
        format!("{COOKIE_NAME}={text}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}{secure}");
    // The text is one of ours: hexadecimal.
    HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
}
