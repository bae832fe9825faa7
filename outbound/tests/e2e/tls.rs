//! The front door by TLS, through the whole daemon: certificate and key from files that the config names.

use std::net::SocketAddr;
use std::sync::Arc;

use ami::Message;
use ami::codec::{Decoder, LineEnd};
use outbound::{config, serve};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_by_tls_logs_in_acts_and_sees_what_came_of_it() {
    let dir = TempDir::new().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.path().join("certificate.pem"), cert.pem()).unwrap();
    std::fs::write(dir.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
    let config = format!(
        "[store]\nurl = \"sqlite:{dir}/outbound.db\"\n\
         [[asterisk]]\nname = \"pbx1\"\naddress = \"127.0.0.1:9\"\nusername = \"u\"\nsecret = \"s\"\n\
         [ami]\nlisten = \"127.0.0.1:0\"\ntls_listen = \"127.0.0.1:0\"\n\
         tls_certificate = \"{dir}/certificate.pem\"\ntls_key = \"{dir}/key.pem\"\n\
         [[ami.user]]\nname = \"admin\"\nsecret = \"outbound\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        dir = dir.path().display()
    );
    let running = serve::start(&config::parse(&config).unwrap()).await.unwrap();
    let mut client = Client::connect(running.ami_tls_address.unwrap(), cert.der()).await;

    client.send("Action: Login\r\nUsername: admin\r\nSecret: outbound\r\n\r\n").await;
    assert_eq!(client.next().await.unwrap().text("Message"), "Authentication accepted");
    assert_eq!(client.next().await.unwrap().event_name(), Some("FullyBooted"));
    client.send("Action: OutQueueCreate\r\nActionID: 1\r\nName: sales\r\n\r\n").await;
    let response = client.next().await.unwrap();
    assert!(response.is_success() && response.action_id() == Some("1"), "{response:?}");
    let event = client.next().await.unwrap();
    assert_eq!((event.event_name(), event.text("Name")), (Some("OutQueueCreate"), "sales"));

    running.stop().await;
    assert_eq!(client.next().await, None, "the daemon ends its sessions");
}

struct Client {
    stream: TlsStream<TcpStream>,
    decoder: Decoder,
}

impl Client {
    /// Connected to a server with just this certificate, with the greeting read.
    async fn connect(address: SocketAddr, certificate: &CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        let stream = TcpStream::connect(address).await.unwrap();
        let stream =
            TlsConnector::from(config).connect("localhost".try_into().unwrap(), stream).await.unwrap();
        let mut client = Self { stream, decoder: Decoder::new(LineEnd::Crlf) };
        while client.decoder.next_line().unwrap().is_none() {
            assert!(client.read().await, "closed before the greeting");
        }
        client
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// `None` at the end of the connection.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.decoder.next_message().unwrap() {
                return Some(message);
            }
            if !self.read().await {
                return None;
            }
        }
    }

    async fn read(&mut self) -> bool {
        let mut chunk = [0; 4096];
        let octets = self.stream.read(&mut chunk).await.unwrap_or(0);
        self.decoder.feed(&chunk[..octets]);
        octets > 0
    }
}
