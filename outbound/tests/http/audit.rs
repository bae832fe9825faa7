//! The audit log.

use serde_json::{Value, json};

use super::client::{Bench, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_in_the_audit_log_with_who_what_and_outcome() {
    let bench = Bench::start().await;
    bench.sign_in("admin", "wrong password").await;
    let cookie = bench.sign_in("admin", PASSWORD).await.cookie();
    bench.user("anna", "viewer").await;
    bench.by_cookie(&cookie, "DELETE", "/api/v1/users/nobody", None).await.is_problem(404);
    bench.by_cookie(&cookie, "GET", "/api/v1/users", None).await;
    let screen = bench.token("screen", "viewer").await;
    bench.by_token(&screen, "POST", "/api/v1/campaigns/7/start?why=not", None).await.is_problem(403);
    let bench = bench.restart().await;
    let items = bench.as_admin("GET", "/api/v1/audit", None).await.json()["items"].clone();
    let told: Vec<_> = items.as_array().unwrap().iter().map(told).collect();
    let token = items[1]["resource_id"].as_str().unwrap();
    assert_eq!(
        told,
        [
            "token screen viewer POST /api/v1/campaigns/7/start campaigns 7 403",
            &format!("token command-line admin POST /api/v1/tokens tokens {token} 201"),
            "user admin admin DELETE /api/v1/users/nobody users nobody 404",
            "token command-line admin POST /api/v1/users users anna 201",
            "user admin admin POST /api/v1/session session null 201",
            "user admin null POST /api/v1/session session null 401",
        ]
    );
    assert_eq!(items[0]["address"], "127.0.0.1");
    assert!(!items.to_string().contains(PASSWORD) && !items.to_string().contains("obt_"));
    bench.stop().await;
}

fn told(item: &Value) -> String {
    let keys = ["kind", "who", "role", "method", "path", "resource", "resource_id", "status"];
    let text = |key: &&str| item[*key].as_str().map_or_else(|| item[*key].to_string(), str::to_owned);
    keys.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_read_page_by_page() {
    let bench = Bench::start().await;
    for n in 0..5 {
        bench.as_admin("DELETE", &format!("/api/v1/users/nobody-{n}"), None).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        assert!(page < 3, "no end");
        let answer = bench.as_admin("GET", &format!("/api/v1/audit?limit=2{cursor}"), None).await.json();
        let ids = answer["items"].as_array().unwrap().iter().map(|item| item["resource_id"].clone());
        seen.extend(ids);
        let Some(next) = answer["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected: Vec<_> = (0..5).rev().map(|n| json!(format!("nobody-{n}"))).collect();
    assert_eq!(seen, expected);
    for query in ["limit=0", "limit=1001", "cursor=x"] {
        bench.as_admin("GET", &format!("/api/v1/audit?{query}"), None).await.is_problem(422);
    }
    bench.as_admin("GET", "/api/v1/audit?curser=1", None).await.is_problem(422);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_over_and_over_does_not_write_the_log_full() {
    let bench = Bench::start().await;
    let screen = bench.token("screen", "viewer").await;
    for _ in 0..50 {
        bench.by_token(&screen, "POST", "/api/v1/campaigns", None).await.is_problem(403);
    }
    let items = bench.as_admin("GET", "/api/v1/audit?limit=1000", None).await.json()["items"].clone();
    let refused = items.as_array().unwrap().iter().filter(|item| item["status"] == 403).count();
    assert!((30..50).contains(&refused), "{refused}");
    bench.stop().await;
}
