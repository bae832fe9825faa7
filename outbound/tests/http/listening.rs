//! A client that listens to server-sent events.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use futures_util::StreamExt as _;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest wait for anything that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// An event as it came.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

/// Somebody who listens.
pub(crate) struct Listening {
    body: BodyDataStream,
    text: String,
}

impl Listening {
    /// Listens with these headers; the first event has come.
    pub(crate) async fn start(address: SocketAddr, query: &str, headers: &[(&str, &str)]) -> (Self, Heard) {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(TcpStream::connect(address).await.unwrap()))
                .await
                .unwrap();
        tokio::spawn(connection);
        let mut request =
            Request::builder().uri(format!("/api/v1/events{query}")).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = timeout(PATIENCE, sender.send_request(request)).await.unwrap().unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut listening =
            Self { body: Body::new(response.into_body()).into_data_stream(), text: String::new() };
        let first = listening.next().await.unwrap();
        (listening, first)
    }

    /// The next event; `None` when there are no more.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                if block.contains("\nevent: ") {
                    return Some(heard(&block));
                }
            }
            let chunk = timeout(PATIENCE, self.body.next()).await.unwrap();
            self.text += std::str::from_utf8(&chunk?.unwrap()).unwrap();
        }
    }

    /// All events up to the first that is as wanted.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Heard) -> bool) -> Vec<Heard> {
        let mut all = Vec::new();
        while all.last().is_none_or(|last| !wanted(last)) {
            all.push(self.next().await.unwrap());
        }
        all
    }
}

fn heard(block: &str) -> Heard {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| *own == name).map(|(_, value)| value.to_owned()).unwrap()
    };
    Heard { id: field("id"), kind: field("event"), data: serde_json::from_str(&field("data")).unwrap() }
}
