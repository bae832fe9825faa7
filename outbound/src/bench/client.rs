//! An AMI client that costs little: it waits for what it needs, and lets the rest pass.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ami::Message;
use ami::codec::{Decoder, Limits, LineEnd};
use anyhow::{Context as _, anyhow, bail};

/// Octets of one read.
const READ_OCTETS: usize = 256 << 10;
/// Actions that are sent before their answers are waited for.
const AT_ONCE: usize = 50;
/// The longest wait for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A client that is logged in.
pub(super) struct Client {
    stream: TcpStream,
    decoder: Decoder,
    chunk: Vec<u8>,
    /// The beginning of a block whose end has not come ([`Self::blocks`]).
    rest: Vec<u8>,
    next_id: u64,
}

impl Client {
    /// Logs in at the daemon's front door.
    pub(super) fn login(address: &str) -> anyhow::Result<Self> {
        Self::login_as(address, "bench", "bench")
    }

    /// Logs in.
    pub(super) fn login_as(address: &str, user: &str, secret: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot reach {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        let decoder = Decoder::with_limits(LineEnd::Crlf, Limits { message: 4 << 20, ..Limits::default() });
        let mut client = Self { stream, decoder, chunk: vec![0; READ_OCTETS], rest: Vec::new(), next_id: 0 };
        while client.decoder.next_line()?.is_none() {
            client.read()?;
        }
        client.act("Login", &[("Username", user), ("Secret", secret)])?;
        Ok(client)
    }

    /// Sends an action, which must succeed; events before its response are let pass.
    pub(super) fn act(&mut self, name: &str, headers: &[(&str, &str)]) -> anyhow::Result<Message> {
        self.next_id += 1;
        let id = format!("bench-{}", self.next_id);
        self.send(name, headers, &id)?;
        let response = self.wait(ANSWER_MAX, |m| m.event_name().is_none() && m.action_id() == Some(&*id))?;
        if !response.is_success() {
            bail!("{name} {headers:?}: {response:?}");
        }
        Ok(response)
    }

    /// Creates a plan, a list, a campaign ...; returns its uuid.
    pub(super) fn create(&mut self, action: &str, headers: &[(&str, &str)]) -> anyhow::Result<String> {
        self.act(action, headers)?;
        let event = self.wait(ANSWER_MAX, |m| m.event_name() == Some(action))?;
        Ok(event.text("Uuid").to_owned())
    }

    /// Creates many, without waiting for one before the next; returns their uuids in the same order.
    pub(super) fn create_all(
        &mut self,
        action: &str,
        rows: &[Vec<(&str, &str)>],
    ) -> anyhow::Result<Vec<String>> {
        let mut uuids = Vec::with_capacity(rows.len());
        for rows in rows.chunks(AT_ONCE) {
            rows.iter().try_for_each(|headers| self.send(action, headers, "bench"))?;
            let wanted = uuids.len() + rows.len();
            while uuids.len() < wanted {
                let told =
                    self.wait(ANSWER_MAX, |m| m.event_name().map_or(!m.is_success(), |name| name == action))?;
                if told.event_name().is_none() {
                    bail!("{action}: {told:?}");
                }
                uuids.push(told.text("Uuid").to_owned());
            }
        }
        Ok(uuids)
    }

    /// Sends the same action for each of these uuids, all of which must succeed.
    pub(super) fn act_on_all(
        &mut self,
        name: &str,
        uuids: &[String],
        headers: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        for uuids in uuids.chunks(AT_ONCE) {
            for uuid in uuids {
                let headers: Vec<_> = [("Uuid", &**uuid)].iter().chain(headers).copied().collect();
                self.send(name, &headers, "bench")?;
            }
            for _ in uuids {
                let answer =
                    self.wait(ANSWER_MAX, |m| m.event_name().is_none() && m.action_id() == Some("bench"))?;
                if !answer.is_success() {
                    bail!("{name}: {answer:?}");
                }
            }
        }
        Ok(())
    }

    /// No events from now on, other than those of lists that are asked for.
    pub(super) fn without_events(mut self) -> anyhow::Result<Self> {
        self.act("Events", &[("EventMask", "off")])?;
        Ok(self)
    }

    /// How many dialings there are.
    pub(super) fn dialings(&mut self) -> anyhow::Result<u64> {
        self.act("OutDialingSummary", &[])?;
        let entry = self.wait(ANSWER_MAX, |m| m.event_name() == Some("OutDialingSummary"))?;
        entry.text("Count").parse().context("OutDialingSummary")
    }

    /// Waits until there are no dialings.
    pub(super) fn wait_for_rest(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + ANSWER_MAX;
        while self.dialings()? > 0 {
            if Instant::now() > deadline {
                bail!("calls do not end");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// The socket, for who wants no more than octets.
    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The next message that fits, within a time.
    pub(super) fn wait(
        &mut self,
        patience: Duration,
        mut fits: impl FnMut(&Message) -> bool,
    ) -> anyhow::Result<Message> {
        let deadline = Instant::now() + patience;
        loop {
            while let Some(message) = self.decoder.next_message()? {
                if fits(&message) {
                    return Ok(message);
                }
            }
            if Instant::now() > deadline {
                bail!("nothing came of what was waited for in {patience:?}");
            }
            self.read()?;
        }
    }

    /// Hands over the octets of all events that come, until `take` has enough. Nothing of them is looked at here.
    pub(super) fn stream(&mut self, mut take: impl FnMut(&[u8]) -> bool) -> anyhow::Result<()> {
        loop {
            let octets = self.stream.read(&mut self.chunk).context("the daemon says nothing")?;
            if octets == 0 {
                bail!("the daemon closed the connection");
            }
            if take(&self.chunk[..octets]) {
                return Ok(());
            }
        }
    }

    /// Reads once, and hands over each whole block that has come, without its blank line. With [`Self::wait`] it shares no octets:
    /// what that one has read is not seen here.
    pub(super) fn blocks(&mut self, mut take: impl FnMut(&str)) -> anyhow::Result<()> {
        let octets = self.stream.read(&mut self.chunk).context("nothing is said any more")?;
        if octets == 0 {
            bail!("the connection was closed");
        }
        self.rest.extend_from_slice(&self.chunk[..octets]);
        let mut at = 0;
        while let Some(length) = memchr::memmem::find(&self.rest[at..], b"\r\n\r\n") {
            take(&String::from_utf8_lossy(&self.rest[at..at + length]));
            at += length + 4;
        }
        self.rest.drain(..at);
        Ok(())
    }

    /// Writes octets.
    pub(super) fn write(&mut self, octets: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(octets).context("an action cannot be sent")
    }

    fn send(&mut self, name: &str, headers: &[(&str, &str)], id: &str) -> anyhow::Result<()> {
        let mut action = Message::new().with("Action", name)?.with("ActionID", id)?;
        for (header, value) in headers {
            action.push(header, value)?;
        }
        let mut octets = Vec::new();
        action.encode(&mut octets);
        self.write(&octets)
    }

    fn read(&mut self) -> anyhow::Result<()> {
        match self.stream.read(&mut self.chunk)? {
            0 => Err(anyhow!("the connection was closed")),
            octets => {
                self.decoder.feed(&self.chunk[..octets]);
                Ok(())
            }
        }
    }
}

/// Counts how often a text comes in a stream.
pub(super) struct Counter {
    finder: memchr::memmem::Finder<'static>,
    rest: Vec<u8>,
    /// How often so far.
    pub(super) count: u64,
}

impl Counter {
    pub(super) fn of(text: &'static str) -> Self {
        Self { finder: memchr::memmem::Finder::new(text), rest: Vec::new(), count: 0 }
    }

    /// Takes the next octets of the stream.
    pub(super) fn feed(&mut self, octets: &[u8]) {
        let kept = self.finder.needle().len() - 1;
        // What lies across the border of two reads.
        let before = self.rest.len();
        self.rest.extend_from_slice(&octets[..octets.len().min(kept)]);
        self.count += self.finder.find_iter(&self.rest).filter(|at| *at < before).count() as u64;
        self.count += self.finder.find_iter(octets).count() as u64;
        if octets.len() >= kept {
            self.rest.clear();
            self.rest.extend_from_slice(&octets[octets.len() - kept..]);
        } else {
            let surplus = self.rest.len().saturating_sub(kept);
            self.rest.drain(..surplus);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_once_however_the_stream_is_cut() {
        let stream = "Event: A\r\nEvent: B\r\nEvent: A\r\n\r\nEvent: Event: A\r\n".repeat(20);
        for size in 1..stream.len() {
            let mut counter = Counter::of("Event: A\r\n");
            stream.as_bytes().chunks(size).for_each(|chunk| counter.feed(chunk));
            assert_eq!(counter.count, 60, "cut at each {size}");
        }
    }
}
