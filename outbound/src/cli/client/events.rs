//! The daemon's live events, out of the octets of their stream.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

/// A stream that is silent for longer has lost its daemon: that says something each 15 s.
const SILENCE_MAX: Duration = Duration::from_secs(35);
/// Octets of one event: the longest rows have some kB.
const EVENT_MAX: usize = 4 << 20;

/// One event; `data` is null where only its id is said.
#[derive(Debug, PartialEq)]
pub(in crate::cli) struct Event {
    pub(in crate::cli) id: String,
    pub(in crate::cli) kind: String,
    pub(in crate::cli) data: Value,
}

/// See the module.
pub(in crate::cli) struct Events {
    body: BodyDataStream,
    parser: Parser,
    ready: VecDeque<Event>,
    /// Something is heard by then.
    heard_by: Instant,
}

impl Events {
    pub(super) fn new(body: Incoming) -> Self {
        Self {
            body: Body::new(body).into_data_stream(),
            parser: Parser::default(),
            ready: VecDeque::new(),
            heard_by: Instant::now() + SILENCE_MAX,
        }
    }

    /// The next event. May be cancelled.
    ///
    /// # Errors
    /// The stream has ended, or is silent for too long.
    pub(in crate::cli) async fn next(&mut self) -> anyhow::Result<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            let read = timeout_at(self.heard_by, self.body.next()).await;
            let octets = read.context("nothing is heard of the daemon")?.context("the daemon ended it")??;
            self.heard_by = Instant::now() + SILENCE_MAX;
            self.ready.extend(self.parser.feed(&octets)?);
        }
    }
}

/// Octets become events, wherever they are cut.
#[derive(Default)]
struct Parser {
    buffer: Vec<u8>,
}

impl Parser {
    fn feed(&mut self, octets: &[u8]) -> anyhow::Result<Vec<Event>> {
        self.buffer.extend_from_slice(octets);
        let mut events = Vec::new();
        let mut from = 0;
        while let Some(end) = memchr::memmem::find(&self.buffer[from..], b"\n\n") {
            events.extend(event(&String::from_utf8_lossy(&self.buffer[from..from + end])));
            from += end + 2;
        }
        self.buffer.drain(..from);
        if self.buffer.len() > EVENT_MAX {
            bail!("an event is longer than {EVENT_MAX} octets");
        }
        Ok(events)
    }
}

/// The event of a block of lines; none of a comment.
fn event(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let mut lines = block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        lines.next().map(|value| value.strip_prefix(' ').unwrap_or(value).to_owned())
    };
    let data = field("data").and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default();
    Some(Event { id: field("id")?, kind: field("event").unwrap_or_default(), data })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_the_same_wherever_the_octets_are_cut() {
        let stream = "retry: 2000\nid: 7-0\nevent: ready\ndata: {\"type\":\"ready\"}\n\n: 7-0\n\n\
            id: 7-1\nevent: dialing.ended\ndata: {\"text\":\"Zürich\"}\n\nid: 7-2\n\nid: 7-3\nevent: half";
        let wanted =
            [("7-0", "ready", json!({"type": "ready"})), ("7-1", "dialing.ended", json!({"text": "Zürich"}))];
        let wanted = wanted.into_iter().chain([("7-2", "", Value::Null)]);
        let wanted: Vec<_> =
            wanted.map(|(id, kind, data)| Event { id: id.into(), kind: kind.into(), data }).collect();
        for size in 1..=stream.len() {
            let mut parser = Parser::default();
            let chunks = stream.as_bytes().chunks(size);
            let events: Vec<_> = chunks.flat_map(|chunk| parser.feed(chunk).unwrap()).collect();
            assert_eq!(events, wanted, "in chunks of {size}");
        }
    }

    #[test]
    fn an_event_that_never_ends_is_given_up() {
        let mut parser = Parser::default();
        assert!(parser.feed(&vec![b'x'; EVENT_MAX]).is_ok());
        assert!(parser.feed(b"x").is_err());
    }
}
