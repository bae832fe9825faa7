//! Users, as admins manage them, and the own password.

use serde_json::json;

use super::client::{Bench, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_made_shown_changed_and_deleted() {
    let bench = Bench::start().await;
    let created = bench.user("Anna", "viewer").await;
    assert_eq!(created.header("location"), Some("/api/v1/users/anna"));
    assert!(!created.text.contains("argon2"));
    let shown = bench.as_admin("GET", "/api/v1/users/anna", None).await.json();
    assert_eq!((&shown["role"], &shown["updated_at"]), (&json!("viewer"), &json!(null)));
    let cookie = bench.sign_in("anna", "Anna's password").await.cookie();
    bench.by_cookie(&cookie, "GET", "/api/v1/users", None).await.is_problem(403);
    let changed = bench.as_admin("PATCH", "/api/v1/users/anna", Some(&json!({"role": "admin"}))).await;
    assert_eq!(changed.json()["role"], "admin");
    assert_eq!(bench.by_cookie(&cookie, "GET", "/api/v1/users", None).await.status, 200, "at once");
    assert_eq!(bench.as_admin("DELETE", "/api/v1/users/anna", None).await.status, 204);
    bench.by_cookie(&cookie, "GET", "/api/v1/session", None).await.is_problem(401);
    bench.sign_in("anna", "Anna's password").await.is_problem(401);
    bench.as_admin("GET", "/api/v1/users/anna", None).await.is_problem(404);
    let bench = bench.restart().await;
    bench.as_admin("GET", "/api/v1/users/anna", None).await.is_problem(404);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_said_by_field() {
    let bench = Bench::start().await;
    let good = json!({"name": "anna", "role": "viewer", "password": "long enough"});
    for (field, value) in [("name", json!("an na")), ("name", json!("")), ("password", json!("short"))] {
        let mut body = good.clone();
        body[field] = value;
        let problem = bench.as_admin("POST", "/api/v1/users", Some(&body)).await.is_problem(422);
        assert_eq!(problem["field"], field);
        assert!(problem["expected"].is_string());
    }
    for (field, value) in [("role", json!("king")), ("roles", json!("viewer")), ("name", json!(7))] {
        let mut body = good.clone();
        body[field] = value;
        bench.as_admin("POST", "/api/v1/users", Some(&body)).await.is_problem(422);
    }
    let taken = json!({"name": "ADMIN", "role": "viewer", "password": "long enough"});
    bench.as_admin("POST", "/api/v1/users", Some(&taken)).await.is_problem(409);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_admin_can_be_neither_deleted_nor_degraded() {
    let bench = Bench::start().await;
    let degrade = json!({"role": "supervisor"});
    bench.as_admin("DELETE", "/api/v1/users/admin", None).await.is_problem(409);
    let problem = bench.as_admin("PATCH", "/api/v1/users/admin", Some(&degrade)).await.is_problem(409);
    assert_eq!(problem["title"], "last admin");
    bench.user("anna", "admin").await;
    // At once: one of them stays.
    let (one, other) = tokio::join!(
        bench.as_admin("DELETE", "/api/v1/users/admin", None),
        bench.as_admin("PATCH", "/api/v1/users/anna", Some(&degrade)),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert!(statuses == [204, 409] || statuses == [200, 409], "{statuses:?}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_sessions_but_that_which_set_it() {
    let bench = Bench::start().await;
    let (here, elsewhere) =
        (bench.sign_in("admin", PASSWORD).await.cookie(), bench.sign_in("admin", PASSWORD).await.cookie());
    let path = "/api/v1/users/admin/password";
    let set = async |current: Option<&str>, new: &str| {
        let body = json!({"current_password": current, "password": new});
        bench.by_cookie(&here, "POST", path, Some(&body)).await
    };
    for current in [None, Some("wrong password")] {
        assert_eq!(set(current, "my own password").await.is_problem(422)["field"], "current_password");
    }
    assert_eq!(set(Some(PASSWORD), "short").await.is_problem(422)["field"], "password");
    set(Some(PASSWORD), PASSWORD).await.is_problem(422);
    let changed = set(Some(PASSWORD), "my own password").await;
    assert_eq!(changed.status, 201, "{changed:?}");
    for cookie in [&here, &elsewhere] {
        bench.by_cookie(cookie, "GET", "/api/v1/session", None).await.is_problem(401);
    }
    assert_eq!(bench.by_cookie(&changed.cookie(), "GET", "/api/v1/session", None).await.status, 200);
    bench.sign_in("admin", PASSWORD).await.is_problem(401);
    let bench = bench.restart().await;
    bench.by_cookie(&here, "GET", "/api/v1/session", None).await.is_problem(401);
    assert_eq!(bench.sign_in("admin", "my own password").await.status, 201);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_an_admin_sets_is_good_for_one_sign_in() {
    let bench = Bench::start().await;
    bench.user("anna", "supervisor").await;
    let old = bench.sign_in("anna", "anna's password").await.cookie();
    let path = "/api/v1/users/anna/password";
    let set = bench.as_admin("POST", path, Some(&json!({"password": "for one sign-in"}))).await;
    assert_eq!(set.status, 204);
    bench.by_cookie(&old, "GET", "/api/v1/session", None).await.is_problem(401);
    let signed_in = bench.sign_in("anna", "for one sign-in").await;
    assert_eq!(signed_in.json()["must_change_password"], true);
    let cookie = signed_in.cookie();
    let problem = bench.by_cookie(&cookie, "GET", "/api/v1/campaigns", None).await.is_problem(403);
    assert_eq!(problem["title"], "password change required");
    let own = json!({"current_password": "for one sign-in", "password": "a password of hers"});
    let changed = bench.by_cookie(&cookie, "POST", path, Some(&own)).await;
    assert_eq!((changed.status, &changed.json()["must_change_password"]), (201, &json!(false)));
    bench.stop().await;
}
