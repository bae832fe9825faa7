//! The web page is in the binary; where it was not built, its place says how to build it.

use std::path::Path;

use super::client::{Answer, Bench};

const HTML: (&str, &str) = ("accept", "text/html,*/*;q=0.8");

fn is_built() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist/index.html").exists()
}

/// The first file under assets/ that the page names.
fn script(page: &Answer) -> String {
    let from = page.text.find("/assets/").unwrap();
    page.text[from..].split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_or_how_to_build_it_is_at_each_address_that_a_browser_goes_to() {
    let bench = Bench::start().await;
    for path in ["/", "/campaigns/7", "/settings"] {
        let answer = bench.ask("GET", path, &[HTML], None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        let words = if is_built() { "id=\"root\"" } else { "make build" };
        assert!(answer.text.contains(words), "{path}: {}", answer.text);
    }
    for (method, path, headers, status) in [
        ("GET", "/campaigns/7", &[][..], 404),
        ("GET", "/assets/nothing.js", &[HTML], 404),
        ("GET", "/../Cargo.toml", &[HTML], 404),
        ("GET", "/api/nothing", &[HTML], 404),
        ("POST", "/", &[HTML], 405),
    ] {
        bench.ask(method, path, headers, None).await.is_problem(status);
    }
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn styles_that_the_page_makes_carry_a_nonce_that_each_answer_has_anew() {
    if !is_built() {
        return;
    }
    let bench = Bench::start().await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = bench.ask("GET", "/", &[HTML], None).await;
        let policy = page.header("content-security-policy").unwrap();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 32 && page.text.contains(&format!("nonce=\"{nonce}\"")), "{nonce}");
        assert!(!policy.contains("unsafe") && !page.text.contains("NONCE-OF-THIS-ANSWER"), "{policy}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_with_a_hash_in_their_names_are_kept_for_good_and_come_compressed_to_who_takes_that() {
    if !is_built() {
        return;
    }
    let bench = Bench::start().await;
    let script = script(&bench.ask("GET", "/", &[HTML], None).await);
    let plain = bench.ask("GET", &script, &[], None).await;
    assert_eq!(plain.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
    let length = |answer: &Answer| answer.header("content-length").unwrap().parse::<usize>().unwrap();
    for (accepted, encoding) in
        [("gzip, br", Some("br")), ("gzip;q=0.5", Some("gzip")), ("br;q=0, gzip;q=0", None)]
    {
        let answer = bench.ask("HEAD", &script, &[("accept-encoding", accepted)], None).await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, encoding), "{accepted}");
        assert_eq!(length(&answer) < length(&plain) / 2, encoding.is_some(), "{accepted}");
        let etag = answer.header("etag").unwrap().to_owned();
        let again = [("accept-encoding", accepted), ("if-none-match", etag.as_str())];
        assert_eq!(bench.ask("GET", &script, &again, None).await.status, 304, "{accepted}");
    }
    let icon = bench.ask("GET", "/icon.svg", &[], None).await;
    assert_eq!((icon.status, icon.header("cache-control")), (200, Some("no-cache")));
    bench.stop().await;
}
