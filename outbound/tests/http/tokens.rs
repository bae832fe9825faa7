//! Tokens of programs, and of the command line.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::client::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_kept_as_a_hash() {
    let bench = Bench::start().await;
    let body = json!({"name": "ci", "role": "supervisor", "expires_in_days": 7});
    let created = bench.as_admin("POST", "/api/v1/tokens", Some(&body)).await;
    assert_eq!(created.status, 201, "{created:?}");
    let (location, created) = (created.header("location").unwrap().to_owned(), created.json());
    let token = created["token"].as_str().unwrap();
    assert!(token.starts_with("obt_") && token.len() == 68, "{token}");
    let shown = bench.as_admin("GET", &location, None).await;
    assert!(!shown.text.contains(token));
    assert_eq!(
        (shown.json()["id"].clone(), shown.json()["last_used_at"].clone()),
        (created["id"].clone(), json!(null))
    );
    assert_eq!(bench.by_token(token, "GET", "/api/v1/session", None).await.json()["name"], "ci");
    assert!(bench.as_admin("GET", &location, None).await.json()["last_used_at"].is_string());
    bench.as_admin("POST", "/api/v1/tokens", Some(&body)).await.is_problem(409);
    let path = bench.dir.path().join("outbound.db");
    for file in [path.clone(), path.with_extension("db-wal")] {
        let octets = std::fs::read(file).unwrap();
        assert!(!octets.windows(token.len()).any(|window| window == token.as_bytes()));
    }
    let tokens = bench.as_admin("GET", "/api/v1/tokens", None).await.json()["items"].clone();
    for token in tokens.as_array().unwrap().iter().filter(|token| token["name"] != "ci") {
        let own = format!("/api/v1/tokens/{}", token["id"].as_str().unwrap());
        assert_eq!(bench.as_admin("DELETE", &own, None).await.is_problem(409)["title"], "own token");
    }
    assert_eq!(tokens.as_array().unwrap().len(), 2);
    assert_eq!(bench.as_admin("DELETE", &location, None).await.status, 204);
    bench.by_token(token, "GET", "/api/v1/session", None).await.is_problem(401);
    bench.as_admin("GET", &location, None).await.is_problem(404);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_a_year_or_as_long_as_was_said_and_is_refused_then() {
    let bench = Bench::start().await;
    let token = bench.token("year", "viewer").await;
    for days in [0, 3_651] {
        let body = json!({"name": "odd", "role": "viewer", "expires_in_days": days});
        let problem = bench.as_admin("POST", "/api/v1/tokens", Some(&body)).await.is_problem(422);
        assert_eq!(problem["field"], "expires_in_days");
    }
    assert_eq!(bench.by_token(&token, "GET", "/api/v1/session", None).await.status, 200);
    // A year passes, as the database sees it.
    let (dir, path) = (bench.dir.path().to_owned(), bench.dir.path().join("outbound.db"));
    let year: i64 = 365 * 86_400 * 1_000_000_000;
    let bench = {
        let dir = bench.end().await;
        let database = rusqlite::Connection::open(&path).unwrap();
        let sql = "UPDATE token SET tm_create = tm_create - ?1, tm_expire = tm_expire - ?1 WHERE name = 'year' AND tm_expire - tm_create = ?1";
        assert_eq!(database.execute(sql, [year]).unwrap(), 1);
        drop(database);
        Bench::start_in(dir).await
    };
    assert_eq!(bench.dir.path(), dir);
    bench.by_token(&token, "GET", "/api/v1/session", None).await.is_problem(401);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lines_token_is_kept_over_a_restart_and_made_anew_where_it_is_no_good() {
    let bench = Bench::start().await;
    let first = bench.token_file();
    let path = bench.dir.path().join("outbound.db.token");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let bench = bench.restart().await;
    assert_eq!(bench.token_file(), first);

    let spoiled: [&dyn Fn(); 4] = [
        &|| std::fs::remove_file(&path).unwrap(),
        &|| std::fs::write(&path, "obt_of another database").unwrap(),
        &|| std::fs::write(&path, "").unwrap(),
        &|| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap(),
    ];
    let mut bench = bench;
    for spoil in spoiled {
        let before = bench.token_file();
        spoil();
        bench = bench.restart().await;
        assert_ne!(bench.token_file(), before);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        bench.by_token(&before, "GET", "/api/v1/session", None).await.is_problem(401);
        let me = bench.as_admin("GET", "/api/v1/session", None).await.json();
        assert_eq!((&me["name"], &me["role"]), (&json!("command-line"), &json!("admin")));
    }
    bench.stop().await;
}
