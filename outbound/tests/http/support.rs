//! A daemon with an HTTP client and an AMI client, and a simulated Asterisk where a test wants one.

use std::time::Duration;

use ami::Message;
use ami::client::{Client, ClientConfig, Incoming};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use outbound::config;
use outbound::serve::{self, Running};
use pbxsim::{Scenario, ServeOptions, SimHandle};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep, timeout};

/// The longest wait for anything that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Room {
    _dir: TempDir,
    running: Running,
    pub(crate) token: String,
    pub(crate) ami: Client,
    incoming: Receiver<Incoming>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The problem's field and what was expected there.
    pub(crate) fn problem(&self) -> (String, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        (text("field"), text("expected"))
    }
}

impl Room {
    /// A daemon whose Asterisk is not there.
    pub(crate) async fn open() -> Self {
        Self::at("127.0.0.1:1", "").await
    }

    /// A daemon with a simulated Asterisk, at ten times real time.
    pub(crate) async fn simulated(scenario: Scenario) -> Self {
        Self::limited(scenario, "").await
    }

    /// The same with these lines in the Asterisk's section of the config.
    pub(crate) async fn limited(scenario: Scenario, limits: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let options = ServeOptions { seed: 7, time_scale: 10.0, ..ServeOptions::default() };
        let handle = SimHandle::new(scenario, &options);
        tokio::spawn(async move {
            pbxsim::serve_handle(listener, &handle, options, std::future::pending()).await
        });
        Self::at(&address, limits).await
    }

    async fn at(asterisk: &str, limits: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let config = format!(
            "[store]\nurl = \"sqlite:{dir}/outbound.db\"\n[[asterisk]]\nname = \"pbx1\"\naddress = \"{asterisk}\"\n\
             username = \"outbound\"\nsecret = \"outbound\"\n{limits}\n[ami]\nlisten = \"127.0.0.1:0\"\n[[ami.user]]\n\
             name = \"admin\"\nsecret = \"outbound\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
            dir = dir.path().display(),
        );
        let running = serve::start(&config::parse(&config).unwrap()).await.unwrap();
        let token = std::fs::read_to_string(dir.path().join("outbound.db.token")).unwrap().trim().to_owned();
        let config = ClientConfig::new("test", running.ami_address.to_string(), "admin", "outbound");
        let (ami, mut incoming) = ami::client::connect(config);
        while !matches!(incoming.recv().await.unwrap(), Incoming::Up(_)) {}
        Self { _dir: dir, running, token, ami, incoming }
    }

    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.running.http_address
    }

    pub(crate) fn dir(&self) -> &std::path::Path {
        self._dir.path()
    }

    /// Ends the daemon.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// Sends a request with these headers and nothing of its own.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let stream = TcpStream::connect(self.running.http_address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = timeout(PATIENCE, sender.send_request(request)).await.unwrap().unwrap();
        let (parts, body) = response.into_parts();
        let octets = to_bytes(Body::new(body), usize::MAX).await.unwrap();
        let text = String::from_utf8(octets.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// The same by somebody who has the token, with a JSON body.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let own = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(method, &format!("/api/v1/{path}"), &[&own, headers].concat(), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.json()
    }

    /// Makes something; its representation.
    pub(crate) async fn create(&self, path: &str, body: &Value) -> Value {
        let answer = self.ask("POST", path, &[], &body.to_string()).await;
        assert_eq!(answer.status, 201, "{path}: {answer:?}");
        answer.json()
    }

    /// The next AMI event of a name.
    pub(crate) async fn event(&mut self, name: &str) -> Message {
        let heard = async {
            loop {
                match self.incoming.recv().await.unwrap() {
                    Incoming::Event(event) if event.event_name() == Some(name) => return event,
                    _ => {}
                }
            }
        };
        timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("did not come: {name}"))
    }

    /// Gets something again and again until it is as wanted.
    pub(crate) async fn until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.get(path).await;
            if wanted(&found) {
                return found;
            }
            assert!(Instant::now() < deadline, "did not come: {path}: {found}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}
