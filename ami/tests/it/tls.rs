//! The listener that speaks TLS, with a client that knows its certificate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ami::server::{Listeners, ServerConfig, Tls, TlsError};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::wire::{Server, Wire, in_time};

struct Secure {
    server: Server,
    address: SocketAddr,
    client: TlsConnector,
}

impl Secure {
    async fn start(config: ServerConfig) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let tls = Tls::from_pem(cert.pem().as_bytes(), signing_key.serialize_pem().as_bytes()).unwrap();
        let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let secure = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (plain_address, address) = (plain.local_addr().unwrap(), secure.local_addr().unwrap());
        let listeners = Listeners::from(plain).with_tls(secure, tls);
        let server = Server::on_listeners(plain_address, listeners, config);
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let client = client.with_safe_default_protocol_versions().unwrap();
        let client = client.with_root_certificates(roots).with_no_client_auth();
        Self { server, address, client: TlsConnector::from(Arc::new(client)) }
    }

    async fn connect(&self) -> Wire<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        Wire::over(in_time(self.client.connect(name, stream)).await.unwrap()).await
    }
}

#[tokio::test]
async fn a_session_by_tls_is_a_session_like_any_other() {
    let secure = Secure::start(Server::config()).await;
    let mut one = secure.connect().await;
    one.log_in("dialer").await;
    let mut plain = Wire::login(secure.server.address, "dialer").await;
    let long = "x".repeat(8000);
    for number in 0..100 {
        assert_eq!(
            one.ask(&format!("Action: Say\r\nText: {number}{long}\r\n\r\n")).await.text("Message"),
            "Said"
        );
        assert_eq!(one.next().await.text("Text"), format!("{number}{long}"));
        assert_eq!(plain.next().await.text("Text"), format!("{number}{long}"));
    }
    assert_eq!(one.ask("Action: Logoff\r\n\r\n").await.text("Response"), "Goodbye");
    assert_eq!(one.next_or_end().await, None);
}

#[tokio::test]
async fn who_does_not_speak_tls_is_closed_and_disturbs_nobody() {
    let secure = Secure::start(Server::config()).await;
    let mut silent = TcpStream::connect(secure.address).await.unwrap();
    let mut plain = TcpStream::connect(secure.address).await.unwrap();
    plain.write_all(b"Action: Login\r\nUsername: dialer\r\nSecret: dialerpw\r\n\r\n").await.unwrap();
    let mut octets = Vec::new();
    let _ = in_time(plain.read_to_end(&mut octets)).await;
    assert!(!octets.starts_with(b"Asterisk"), "{octets:?}");
    secure.connect().await.log_in("dialer").await;
    silent.write_all(b"\x16").await.unwrap();
}

#[tokio::test]
async fn who_does_not_finish_the_handshake_in_time_is_closed() {
    let login_timeout = Duration::from_millis(100);
    let secure = Secure::start(ServerConfig { login_timeout, ..Server::config() }).await;
    let mut silent = TcpStream::connect(secure.address).await.unwrap();
    // The head of a record that never comes.
    silent.write_all(b"\x16\x03\x01\x02\x00").await.unwrap();
    let mut octets = Vec::new();
    let ended = in_time(silent.read_to_end(&mut octets)).await;
    assert!(ended.is_err() || octets.is_empty(), "{octets:?}");
}

#[test]
fn certificate_and_key_that_cannot_be_used_are_told_apart() {
    let pair = || generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (one, other) = (pair(), pair());
    let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let taken = |certificate: &str, key: &str| Tls::from_pem(certificate.as_bytes(), key.as_bytes());
    assert!(taken(&certificate, &key).is_ok());
    assert!(matches!(taken("", &key), Err(TlsError::NoCertificate)));
    assert!(matches!(taken(&key, &key), Err(TlsError::NoCertificate)));
    assert!(matches!(taken(&certificate, "nothing"), Err(TlsError::NoKey)));
    assert!(matches!(taken(&certificate, &other.signing_key.serialize_pem()), Err(TlsError::Unusable(_))));
}
