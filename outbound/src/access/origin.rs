//! Where a browser says that a request comes from. A cookie is sent along whatever page makes the request, and `SameSite=Strict` does not
//! look at ports: a page of another program on this host is the same site. So a request with a cookie that could change something
//! has to come from a page of ours.
//!
//! `Sec-Fetch-Site` is asked first: no page can set it, and it is right behind a proxy that changes `Host`. Browsers send it over TLS and
//! to this host. Without it, `Origin` has to name the host of `Host`. With neither it is no browser of these years; then `X-Requested-With` has
//! to be there, which no form can send, and a script of another origin only after a preflight, which is never granted.

use axum::http::HeaderMap;
use axum::http::header::{HOST, HeaderName, ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// What the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A page of ours, or a script that says so in a way that pages cannot.
    Ours,
    /// Another page.
    Foreign,
    /// Nothing: not a browser, or an old one.
    Unsaid,
}

/// Where a request comes from.
pub(crate) fn origin(headers: &HeaderMap) -> Origin {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(&SEC_FETCH_SITE) {
        return if site == "same-origin" { Origin::Ours } else { Origin::Foreign };
    }
    if let Some(origin) = text(&ORIGIN) {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let ours = authority.is_some_and(|authority| text(&HOST) == Some(authority));
        return if ours { Origin::Ours } else { Origin::Foreign };
    }
    if headers.contains_key(X_REQUESTED_WITH) { Origin::Ours } else { Origin::Unsaid }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_ours_only_where_the_browser_says_so() {
        let cases: &[(&[(&str, &str)], Origin)] = &[
            (&[("sec-fetch-site", "same-origin")], Origin::Ours),
            (&[("sec-fetch-site", "same-site")], Origin::Foreign),
            (&[("sec-fetch-site", "cross-site"), ("x-requested-with", "x")], Origin::Foreign),
            (&[("sec-fetch-site", "none")], Origin::Foreign),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://other")], Origin::Ours),
            (&[("origin", "http://box:8080")], Origin::Ours),
            (&[("origin", "http://box:9090")], Origin::Foreign),
            (&[("origin", "http://evil"), ("x-requested-with", "x")], Origin::Foreign),
            (&[("origin", "null")], Origin::Foreign),
            (&[("x-requested-with", "fetch")], Origin::Ours),
            (&[], Origin::Unsaid),
        ];
        for (headers, expected) in cases {
            let mut map = HeaderMap::new();
            map.insert(HOST, "box:8080".parse().unwrap());
            headers.iter().for_each(|(name, value)| {
                map.insert(HeaderName::from_static(name), value.parse().unwrap());
            });
            assert_eq!(origin(&map), *expected, "{headers:?}");
        }
    }
}
