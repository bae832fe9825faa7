//! Who may what, on each route there is.

use serde_json::json;

use super::client::{Bench, OURS};

/// Each route under `/api/v1`, with an id where it has one; and one that there is not.
const ROUTES: [&str; 10] = [
    "/api/v1/session",
    "/api/v1/users",
    "/api/v1/users/admin",
    "/api/v1/users/admin/password",
    "/api/v1/tokens",
    "/api/v1/tokens/00000000-0000-0000-0000-000000000000",
    "/api/v1/audit",
    "/api/v1/campaigns/7/start",
    "/api/v1/no-such-thing",
    "/api/v1/",
];
const CHANGING: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_or_with_bad_ones_nothing_is_seen_or_changed() {
    let bench = Bench::start().await;
    let body = json!({"name": "eve", "role": "admin", "password": "password of eve"});
    let long = format!("outbound_session={}", "0".repeat(64));
    let credentials: [&[(&str, &str)]; 5] = [
        &[],
        &[("Authorization", "Bearer obt_0000")],
        &[("Authorization", "Basic YWRtaW46YWRtaW4=")],
        &[("Cookie", &long), OURS],
        &[("Cookie", "outbound_session="), OURS],
    ];
    for headers in credentials {
        for path in ROUTES {
            for method in ["GET", "HEAD"].iter().chain(&CHANGING) {
                if (*method, path) == ("POST", "/api/v1/session") {
                    continue;
                }
                let answer = bench.ask(method, path, headers, Some(&body)).await;
                assert_eq!(answer.status, 401, "{method} {path} {headers:?}: {answer:?}");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
        }
    }
    let users = bench.as_admin("GET", "/api/v1/users", None).await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
    let audit = bench.as_admin("GET", "/api/v1/audit", None).await.json();
    assert_eq!(audit["items"], json!([]), "who is nobody writes no log full");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_can_change_nothing() {
    let bench = Bench::start().await;
    let token = bench.token("screen", "viewer").await;
    bench.user("vera", "viewer").await;
    let cookie = bench.sign_in("vera", "vera's password").await.cookie();
    let body = json!({"name": "eve", "role": "admin", "password": "password of eve"});
    for path in ROUTES {
        for method in CHANGING {
            if path == "/api/v1/session" {
                continue;
            }
            bench.by_token(&token, method, path, Some(&body)).await.is_problem(403);
            bench.by_cookie(&cookie, method, path, Some(&body)).await.is_problem(403);
        }
    }
    for path in ["/api/v1/users", "/api/v1/users/admin", "/api/v1/tokens", "/api/v1/audit"] {
        let problem = bench.by_token(&token, "GET", path, None).await.is_problem(403);
        assert!(problem["detail"].as_str().unwrap().contains("needs the role admin"), "{problem}");
    }
    let users = bench.as_admin("GET", "/api/v1/users", None).await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 2);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_changes_neither_users_nor_tokens() {
    let bench = Bench::start().await;
    let token = bench.token("desk", "supervisor").await;
    let body = json!({"name": "eve", "role": "admin", "password": "password of eve"});
    let changes = [
        ("POST", "/api/v1/users"),
        ("PATCH", "/api/v1/users/admin"),
        ("DELETE", "/api/v1/users/admin"),
        ("POST", "/api/v1/users/admin/password"),
        ("POST", "/api/v1/tokens"),
        ("DELETE", "/api/v1/tokens/00000000-0000-0000-0000-000000000000"),
    ];
    for (method, path) in changes {
        let body =
            if path.ends_with("password") { json!({"password": "another password"}) } else { body.clone() };
        bench.by_token(&token, method, path, Some(&body)).await.is_problem(403);
    }
    let me = bench.by_token(&token, "GET", "/api/v1/session", None).await.json();
    assert_eq!(
        me,
        json!({"kind": "token", "name": "desk", "role": "supervisor", "must_change_password": false})
    );
    bench.stop().await;
}
