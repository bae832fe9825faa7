//! A daemon on a database of its own, and requests to it.

use std::net::SocketAddr;

use outbound::config::{self, SecretText};
use outbound::serve::{self, Running};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The first admin's password.
pub(crate) const PASSWORD: &str = "the first password";

/// A daemon without an Asterisk.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    running: Option<Running>,
    pub(crate) address: SocketAddr,
}

/// What a request got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

/// Headers of a request.
pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

/// What a page of the daemon's own sends along.
pub(crate) const OURS: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::start_in(TempDir::new().unwrap()).await
    }

    pub(crate) async fn start_in(dir: TempDir) -> Self {
        let mut config = config::parse(&config(&dir)).unwrap();
        config.http.first_password = Some(SecretText::new(PASSWORD));
        let running = serve::start(&config).await.unwrap();
        Self { dir, address: running.http_address, running: Some(running) }
    }

    /// Ends the daemon and starts it again on its database.
    pub(crate) async fn restart(self) -> Self {
        Self::start_in(self.end().await).await
    }

    pub(crate) async fn stop(self) {
        self.end().await;
    }

    /// Ends the daemon, and leaves its files.
    pub(crate) async fn end(mut self) -> TempDir {
        self.running.take().unwrap().stop().await;
        self.dir
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: Headers<'_>,
        body: Option<&Value>,
    ) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        ask(stream, method, path, headers, body).await
    }

    /// With a token.
    pub(crate) async fn by_token(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        self.ask(method, path, &[("Authorization", &format!("Bearer {token}"))], body).await
    }

    /// With the command line's token, which is an admin's.
    pub(crate) async fn as_admin(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.by_token(&self.token_file(), method, path, body).await
    }

    /// With a cookie, from a page of the daemon's own.
    pub(crate) async fn by_cookie(
        &self,
        cookie: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        self.ask(method, path, &[("Cookie", cookie), OURS], body).await
    }

    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Answer {
        let body = json!({"name": name, "password": password});
        self.ask("POST", "/api/v1/session", &[], Some(&body)).await
    }

    pub(crate) fn token_file(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("outbound.db.token")).unwrap().trim().to_owned()
    }

    /// Makes a user who need not change the password.
    pub(crate) async fn user(&self, name: &str, role: &str) -> Answer {
        let body = json!({"name": name, "role": role, "password": format!("{name}'s password"), "must_change_password": false});
        let created = self.as_admin("POST", "/api/v1/users", Some(&body)).await;
        assert_eq!(created.status, 201, "{created:?}");
        created
    }

    /// Makes a token; gives its text.
    pub(crate) async fn token(&self, name: &str, role: &str) -> String {
        let body = json!({"name": name, "role": role});
        let created = self.as_admin("POST", "/api/v1/tokens", Some(&body)).await;
        assert_eq!(created.status, 201, "{created:?}");
        created.json()["token"].as_str().unwrap().to_owned()
    }
}

/// A config with free ports, and files in this folder.
pub(crate) fn config(dir: &TempDir) -> String {
    format!(
        "[store]\nurl = \"sqlite:{}/outbound.db\"\n[ami]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        dir.path().display()
    )
}

/// One request on this connection.
pub(crate) async fn ask(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    method: &str,
    path: &str,
    headers: Headers<'_>,
    body: Option<&Value>,
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    let body = body.map(Value::to_string);
    if let Some(body) = &body {
        request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    request += "\r\n";
    request += body.as_deref().unwrap_or_default();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).await.unwrap();
    let text = String::from_utf8(octets).unwrap();
    let (head, text) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), text: text.to_owned() }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// A header's value; names are small here.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The cookie that was set, as it is sent.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    /// That it is a problem with this status.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }
}
