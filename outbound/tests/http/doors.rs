//! Where it listens, by TLS or not, and what each answer carries.

use std::process::Command;
use std::sync::Arc;

use outbound::{config, serve};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::client::{self, Bench, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn another_address_than_loopback_without_tls_is_refused_unless_told_so() {
    let dir = TempDir::new().unwrap();
    let listen = |more: &str| {
        let http = format!("listen = \"0.0.0.0:0\"\n{more}\n");
        let text =
            client::config(&dir).replace("[http]\nlisten = \"127.0.0.1:0\"\n", &format!("[http]\n{http}"));
        config::parse(&text).unwrap()
    };
    let Err(refused) = serve::start(&listen("")).await else { panic!("it was started") };
    let said = refused.to_string();
    assert!(said.contains("http.tls_certificate") && said.contains("http.insecure = true"), "{said}");
    let running = serve::start(&listen("insecure = true")).await.unwrap();
    running.stop().await;
    let file = dir.path().join("outbound.toml");
    std::fs::write(&file, client::config(&dir).replace("[http]\nlisten = \"127", "[http]\nlisten = \"126"))
        .unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_outbound"));
    let said = check.arg("check").arg("--config").arg(file).output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("http: MISSING: http.listen: 126.0.0.1:0 can be reached"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_tls_a_cookie_is_for_tls_only() {
    let dir = TempDir::new().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.path().join("certificate.pem"), cert.pem()).unwrap();
    std::fs::write(dir.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
    let files = format!(
        "tls_certificate = \"{0}/certificate.pem\"\ntls_key = \"{0}/key.pem\"\n",
        dir.path().display()
    );
    let mut config = config::parse(&(client::config(&dir) + &files)).unwrap();
    config.http.first_password = Some(config::SecretText::new(PASSWORD));
    let running = serve::start(&config).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let tls = tls.with_safe_default_protocol_versions().unwrap();
    let tls = TlsConnector::from(Arc::new(tls.with_root_certificates(roots).with_no_client_auth()));
    let stream = TcpStream::connect(running.http_address).await.unwrap();
    let stream = tls.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let body = json!({"name": "admin", "password": PASSWORD});
    let answer = client::ask(stream, "POST", "/api/v1/session", &[], Some(&body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"), "{answer:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_are_open_and_every_answer_tells_browsers_to_be_careful() {
    let bench = Bench::start().await;
    for (path, status) in
        [("/healthz", 200), ("/readyz", 503), ("/nothing", 404), ("/api/v1/session", 401), ("/api/v1", 401)]
    {
        let answer = bench.ask("GET", path, &[], None).await;
        assert_eq!(answer.status, status, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("cache-control"), path.starts_with("/api").then_some("no-store"), "{path}");
    }
    bench.stop().await;
}
