//! Signing in and out, by browsers.

use serde_json::json;

use super::client::{Bench, OURS, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_is_known_by_a_cookie_until_signing_out() {
    let bench = Bench::start().await;
    let signed_in = bench.sign_in("Admin", PASSWORD).await;
    assert_eq!(signed_in.status, 201, "{signed_in:?}");
    let set = signed_in.header("set-cookie").unwrap();
    assert!(set.ends_with("; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200"), "{set}");
    let cookie = signed_in.cookie();
    let me = bench.by_cookie(&cookie, "GET", "/api/v1/session", None).await.json();
    assert_eq!(me, json!({"kind": "user", "name": "admin", "role": "admin", "must_change_password": false}));
    let end = bench.by_cookie(&cookie, "DELETE", "/api/v1/session", None).await;
    assert_eq!(end.status, 204);
    assert!(end.header("set-cookie").unwrap().contains("Max-Age=0"));
    bench.by_cookie(&cookie, "GET", "/api/v1/session", None).await.is_problem(401);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_sessions_and_their_ends() {
    let bench = Bench::start().await;
    let (stays, ends) =
        (bench.sign_in("admin", PASSWORD).await.cookie(), bench.sign_in("admin", PASSWORD).await.cookie());
    bench.by_cookie(&ends, "DELETE", "/api/v1/session", None).await;
    let bench = bench.restart().await;
    assert_eq!(bench.by_cookie(&stays, "GET", "/api/v1/users", None).await.status, 200);
    bench.by_cookie(&ends, "GET", "/api/v1/users", None).await.is_problem(401);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_passwords_wait_after_five_and_unknown_names_look_the_same() {
    let bench = Bench::start().await;
    let mut problems = Vec::new();
    for name in ["admin", "nobody", "no name!", "admin", "root"] {
        let answer = bench.sign_in(name, "wrong password").await;
        assert_eq!(answer.header("set-cookie"), None);
        problems.push(answer.is_problem(401));
    }
    assert!(problems.iter().all(|problem| *problem == problems[0]), "{problems:?}");
    let answer = bench.sign_in("admin", PASSWORD).await;
    answer.is_problem(429);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=13).contains(&wait), "{wait}");
    // Who is in stays in, and so do tokens.
    assert_eq!(bench.as_admin("GET", "/api/v1/users", None).await.status, 200);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_by_cookie_from_a_foreign_page_is_refused() {
    let bench = Bench::start().await;
    let cookie = bench.sign_in("admin", PASSWORD).await.cookie();
    let body = json!({"name": "eve", "role": "admin"});
    let post = async |headers: &[(&str, &str)]| {
        let headers: Vec<_> = [("Cookie", cookie.as_str())].iter().chain(headers).copied().collect();
        bench.ask("POST", "/api/v1/tokens", &headers, Some(&body)).await
    };
    post(&[]).await.is_problem(403);
    post(&[("Sec-Fetch-Site", "cross-site")]).await.is_problem(403);
    post(&[("Sec-Fetch-Site", "same-site"), ("X-Requested-With", "x")]).await.is_problem(403);
    post(&[("Origin", "http://box:9090")]).await.is_problem(403);
    let tokens = bench.as_admin("GET", "/api/v1/tokens", None).await.json();
    assert_eq!(tokens["items"].as_array().unwrap().len(), 1, "the command line's");
    assert_eq!(post(&[OURS]).await.status, 201);
    let foreign = ("Origin", "http://evil.example");
    let sign_in = json!({"name": "admin", "password": PASSWORD});
    bench.ask("POST", "/api/v1/session", &[foreign], Some(&sign_in)).await.is_problem(403);
    bench.stop().await;
}
