//! Who may what, on every operation of the OpenAPI document: requests of nobody, of viewers, of pages of others, in plain and in odd
//! ways. All of them name things that are there and would change them; nothing may be changed.

use serde_json::{Value, json};

use super::client::{Answer, Bench, Headers, OURS};

/// An operation of the document, with things that are there in its path.
struct Operation {
    method: String,
    path: String,
    body: Value,
}

impl Operation {
    /// It signs in, which is what nobody may.
    fn signs_in(&self) -> bool {
        (self.method.as_str(), self.path.as_str()) == ("POST", "/api/v1/session")
    }

    /// One's own session and password are changed by everybody.
    fn is_own(&self) -> bool {
        self.path == "/api/v1/session" || self.path == "/api/v1/users/vera/password"
    }

    fn is_read(&self) -> bool {
        self.method == "GET"
    }
}

const VARIABLE: [&str; 2] = ["created_at", "last_used_at"];

/// One of everything that has an id.
async fn things(bench: &Bench) -> Vec<(&'static str, String)> {
    let made = |path: &'static str, body: Value| async move {
        let answer = bench.as_admin("POST", &format!("/api/v1/{path}"), Some(&body)).await;
        assert_eq!(answer.status, 201, "{path}: {answer:?}");
        let json = answer.json();
        let id = json["uuid"].as_str().or(json["id"].as_str()).unwrap().to_owned();
        (path, id)
    };
    let plan = made("plans", json!({"name": "p", "dial_mode": "robo"})).await;
    let list = made("dial-lists", json!({"name": "l"})).await;
    let campaign = json!({"name": "c", "plan": plan.1, "dial_list": list.1});
    let lead = json!({"dial_list": list.1, "numbers": ["+43316000001"]});
    let hook =
        json!({"url": "http://127.0.0.1:9/", "secret": "0123456789abcdef", "types": ["dialing.ended"]});
    vec![
        made("campaigns", campaign).await,
        made("leads", lead).await,
        made("destinations", json!({"name": "d"})).await,
        made("queues", json!({"name": "q"})).await,
        made("webhooks", hook).await,
        made("tokens", json!({"name": "t", "role": "viewer"})).await,
        plan,
        list,
    ]
}

/// Every operation that the document has.
async fn operations(bench: &Bench, things: &[(&str, String)]) -> Vec<Operation> {
    let document = bench.ask("GET", "/api/openapi.json", &[], None).await.json();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let collection = path.trim_start_matches("/api/v1/").split('/').next().unwrap();
        let id = things.iter().find(|(of, _)| *of == collection).map(|(_, id)| id.as_str());
        let some = "11111111-1111-4111-8111-111111111111";
        let path = path.replace("{id}", id.unwrap_or(some)).replace("{name}", "admin");
        let path = path.replace("{delivery}", some);
        assert!(!path.contains('{'), "{path}: what is its parameter?");
        for method in ["get", "post", "put", "patch", "delete"].into_iter().filter(|m| item[*m].is_object()) {
            let body =
                json!({"name": "changed by nobody", "role": "admin", "password": "a password of ours"});
            all.push(Operation { method: method.to_uppercase(), path: path.clone(), body });
        }
    }
    assert!(all.len() > 70, "{}", all.len());
    all
}

/// All that there is, but for what a look itself changes.
async fn everything(bench: &Bench) -> Vec<Value> {
    let mut all = Vec::new();
    for path in [
        "campaigns",
        "plans",
        "dial-lists",
        "leads",
        "destinations",
        "queues",
        "webhooks",
        "imports",
        "users",
        "tokens",
        "results",
        "dialings",
    ] {
        let mut page = bench.as_admin("GET", &format!("/api/v1/{path}"), None).await.json();
        for item in page["items"].as_array_mut().unwrap() {
            let item = item.as_object_mut().unwrap();
            VARIABLE.iter().for_each(|name| drop(item.remove(*name)));
        }
        all.push(page);
    }
    all
}

async fn send(bench: &Bench, operation: &Operation, headers: Headers<'_>) -> Answer {
    let body = (!operation.is_read()).then_some(&operation.body);
    bench.ask(&operation.method, &operation.path, headers, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_and_no_page_of_others_sees_or_changes_anything_by_any_operation() {
    let bench = Bench::start().await;
    let things = things(&bench).await;
    bench.user("vera", "admin").await;
    let cookie = bench.sign_in("vera", "vera's password").await.cookie();
    let token = bench.token_file();
    let before = everything(&bench).await;
    let nobody: [Headers<'_>; 6] = [
        &[],
        &[OURS],
        &[("Authorization", "Bearer obt_00000000"), OURS],
        &[("Authorization", "Basic YWRtaW46dGhlIGZpcnN0IHBhc3N3b3Jk"), OURS],
        &[("Cookie", "outbound_session=0000"), OURS],
        // A token stands in one header, and a bad one is not made good by a cookie.
        &[("Authorization", "Bearer no"), ("Cookie", &cookie), OURS],
    ];
    let foreign: [Headers<'_>; 3] = [
        &[("Cookie", &cookie)],
        &[("Cookie", &cookie), ("Sec-Fetch-Site", "cross-site")],
        &[("Cookie", &cookie), ("Origin", "http://evil.example")],
    ];
    for operation in operations(&bench, &things).await.iter().filter(|operation| !operation.signs_in()) {
        for headers in nobody {
            let answer = send(&bench, operation, headers).await;
            assert_eq!(answer.status, 401, "{} {} {headers:?}", operation.method, operation.path);
        }
        for key in ["token", "access_token", "authorization"] {
            let path = format!("{}?{key}={token}", operation.path);
            let answer = bench.ask(&operation.method, &path, &[], None).await;
            assert_eq!(answer.status, 401, "{} {path}", operation.method);
        }
        for headers in foreign.iter().filter(|_| !operation.is_read()) {
            let answer = send(&bench, operation, headers).await;
            assert_eq!(answer.status, 403, "{} {} {headers:?}", operation.method, operation.path);
        }
    }
    assert_eq!(everything(&bench).await, before);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_changes_nothing_by_any_operation() {
    let bench = Bench::start().await;
    let things = things(&bench).await;
    bench.user("vera", "viewer").await;
    let cookie = bench.sign_in("vera", "vera's password").await.cookie();
    let token = format!("Bearer {}", bench.token("screen", "viewer").await);
    let before = everything(&bench).await;
    let viewers: [Headers<'_>; 3] = [
        &[("Authorization", &token)],
        &[("Cookie", &cookie), OURS],
        &[("Cookie", &cookie), ("X-Requested-With", "curl")],
    ];
    for operation in operations(&bench, &things).await.iter().filter(|operation| !operation.is_own()) {
        // Events go on for ever.
        if operation.is_read() && operation.path.ends_with("/events") {
            continue;
        }
        for headers in viewers {
            let answer = send(&bench, operation, headers).await;
            let place = format!("{} {} {headers:?}: {answer:?}", operation.method, operation.path);
            if operation.is_read() {
                assert!(matches!(answer.status, 200 | 403 | 404 | 422), "{place}");
            } else {
                assert_eq!(answer.status, 403, "{place}");
            }
        }
    }
    assert_eq!(everything(&bench).await, before);
    bench.stop().await;
}

/// A path in other words.
fn twisted(path: &str) -> Vec<String> {
    let rest = path.trim_start_matches("/api/v1/");
    let (first, behind) = rest.split_at(1);
    vec![
        format!("{path}/"),
        format!("{path}?"),
        format!("{path}//"),
        format!("/{path}"),
        format!("/api//v1/{rest}"),
        format!("/api/v1//{rest}"),
        format!("/api/v1/./{rest}"),
        format!("/api/v1/x/../{rest}"),
        format!("/api/v1/%{:02x}{behind}", first.as_bytes()[0]),
        format!("/api%2Fv1%2F{rest}"),
        format!("/%61pi/v1/{rest}"),
        format!("/API/V1/{rest}"),
        format!("{path};x=1"),
        format!("{path}%00"),
        format!("/api/docs/../v1/{rest}"),
        format!("/metrics/../api/v1/{rest}"),
        format!("http://box{path}"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_methods_and_paths_open_nothing() {
    let bench = Bench::start().await;
    let things = things(&bench).await;
    let viewer = format!("Bearer {}", bench.token("screen", "viewer").await);
    let before = everything(&bench).await;
    for operation in operations(&bench, &things).await.iter().filter(|operation| !operation.is_own()) {
        for path in twisted(&operation.path) {
            let body = (!operation.is_read()).then_some(&operation.body);
            let answer = bench.ask(&operation.method, &path, &[], body).await;
            assert!(
                matches!(answer.status, 400 | 401 | 404 | 405),
                "{} {path}: {answer:?}",
                operation.method
            );
            if !operation.is_read() {
                let answer = bench.ask(&operation.method, &path, &[("Authorization", &viewer)], body).await;
                assert!(
                    matches!(answer.status, 400 | 403 | 404 | 405),
                    "{} {path}: {answer:?}",
                    operation.method
                );
            }
        }
        for method in ["HEAD", "OPTIONS", "TRACE", "PURGE", "get", "post", "PROPFIND"] {
            let answer = bench.ask(method, &operation.path, &[], None).await;
            assert_eq!(answer.status, 401, "{method} {}: {answer:?}", operation.path);
        }
        for header in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Original-URL", "X-Rewrite-URL"] {
            let headers = [("Authorization", viewer.as_str()), (header, "DELETE")];
            if operation.is_read() && !operation.path.ends_with("/events") {
                bench.ask("GET", &operation.path, &headers, None).await;
            }
        }
    }
    assert_eq!(everything(&bench).await, before);
    bench.stop().await;
}
