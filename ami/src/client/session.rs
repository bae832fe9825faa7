//! The task that owns the connection: connect, log in, carry, rest, again.
//!
//! Reading and writing go on side by side. A Ping goes each moment, also while events flow: only its answer shows that both
//! ways are open. Reading waits while the consumer of [`Incoming`] is late; the Ping counts only the time in which we
//! read, so a late consumer is not taken for a dead Asterisk.

use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::config::ClientConfig;
use super::flow::Flow;
use super::halves::{Reader, Source, Writer, split};
use super::link::Link;
use super::login::{Failure, login};
use super::pending::Verdict;
use super::{Incoming, Login};
use crate::codec::{Decoder, Limits, LineEnd};
use crate::message::Message;

/// Octets of one read.
const READ_OCTETS: usize = 64 << 10;
/// A session that lasted so long lets the next reconnect start with the shortest rest.
const STEADY: Duration = Duration::from_secs(30);
/// What was sent and is not acknowledged by Asterisk's kernel after so long ends the connection.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

struct Session {
    config: ClientConfig,
    link: Arc<Link>,
    incoming: mpsc::Sender<Incoming>,
}

/// Runs until all handles (`handles` then ends) and the receiver are gone.
pub(super) async fn run(
    config: ClientConfig,
    link: Arc<Link>,
    incoming: mpsc::Sender<Incoming>,
    mut handles: mpsc::Receiver<()>,
) {
    let consumer = incoming.clone();
    let session = Session { config, link, incoming };
    tokio::select! {
        () = session.keep_up() => {}
        () = async { handles.recv().await; consumer.closed().await } => {}
    }
    session.link.set_down();
}

impl Session {
    async fn keep_up(&self) {
        let mut rest = self.config.backoff_min;
        let mut was_up = false;
        loop {
            let lasted = match self.open().await {
                Ok((halves, decoder, login)) => Some(self.carry(halves, decoder, login).await),
                Err(failure) => {
                    self.report(failure).await;
                    None
                }
            };
            if lasted.is_some_and(|lasted| lasted >= STEADY || !was_up) {
                rest = self.config.backoff_min;
            }
            was_up |= lasted.is_some();
            // The jitter keeps several dialers from coming back in step.
            sleep(rest.mul_f64(rand::random_range(0.5..1.0))).await;
            rest = (rest * 2).min(self.config.backoff_max);
        }
    }

    async fn open(&self) -> Result<((Reader, Writer), Decoder, Login), Failure> {
        let connecting = TcpStream::connect(&self.config.address);
        let mut stream = timeout(self.config.connect_timeout, connecting)
            .await
            .map_err(|_| Failure::Lost("Asterisk did not take the connection in time".to_owned()))??;
        // Actions are gathered by us; the kernel need not hold them back.
        stream.set_nodelay(true)?;
        #[cfg(target_os = "linux")]
        SockRef::from(&stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
        let mut decoder = Decoder::with_limits(LineEnd::Crlf, Limits::OF_ASTERISK);
        let login = login(&mut stream, &mut decoder, &self.config).await?;
        Ok((split(stream)?, decoder, login))
    }

    /// Carries one session; gives how long it lasted.
    async fn carry(
        &self,
        (mut reader, writer): (Reader, Writer),
        decoder: Decoder,
        login: Login,
    ) -> Duration {
        let since = Instant::now();
        // Up comes first in the channel, and whoever reads it can already send.
        self.link.set_up();
        self.tell(Incoming::Up(login)).await;
        let reason = tokio::select! {
            reason = self.read(&mut reader, decoder) => reason,
            reason = self.write(&writer) => reason,
        };
        self.link.set_down();
        writer.forget_unsent();
        tracing::debug!(asterisk = self.config.name, reason, "AMI session ended");
        self.tell(Incoming::Down { reason }).await;
        since.elapsed()
    }

    async fn report(&self, failure: Failure) {
        tracing::debug!(asterisk = self.config.name, %failure, "no AMI session");
        self.tell(match failure {
            Failure::Refused(message) => Incoming::LoginRefused { message },
            failure @ (Failure::Lost(_) | Failure::Invalid(_) | Failure::Io(_)) => {
                Incoming::Down { reason: failure.to_string() }
            }
        })
        .await;
    }

    /// Reads until the session ends; gives why it did.
    async fn read(&self, source: &mut impl Source, mut decoder: Decoder) -> String {
        let ClientConfig { ping_interval, ping_timeout, .. } = self.config;
        let mut chunk = vec![0; READ_OCTETS];
        let mut full = false;
        let mut flow = Flow::new(Instant::now());
        // When the next Ping is due, or its answer.
        let (mut pinged, mut late, mut due) = (false, false, Instant::now() + ping_interval);
        loop {
            let begun = Instant::now();
            // The login may have read the first events already.
            let messages = self.take_messages(&mut decoder).await;
            let rest = flow.rest(messages, self.link.calls(), Instant::now());
            if let Some(rest) = rest
                && !full
            {
                sleep(rest).await;
            }
            due += begun.elapsed();
            if pinged && !self.link.awaits_pong() {
                (pinged, due) = (false, Instant::now() + ping_interval);
            }
            // What has come already is read first, however late it is.
            match timeout_at(due, source.read(&mut chunk, rest)).await {
                Ok(Ok(0)) => return "Asterisk closed the connection".to_owned(),
                Ok(Ok(octets)) => {
                    decoder.feed(&chunk[..octets]);
                    late = false;
                    full = octets == chunk.len();
                }
                Ok(Err(error)) => return error.to_string(),
                Err(_) if !pinged => {
                    self.link.ping();
                    (pinged, due) = (true, Instant::now() + ping_timeout);
                }
                // A task that has had its share of the processor is told that nothing is there.
                Err(_) if !late => {
                    late = true;
                    tokio::task::yield_now().await;
                }
                Err(_) => return format!("no answer to a Ping within {ping_timeout:?}"),
            }
        }
    }

    /// Hands on what has come; says how many messages that were.
    async fn take_messages(&self, decoder: &mut Decoder) -> u32 {
        let mut messages = 0;
        while let Some(next) = decoder.next_message().transpose() {
            messages += 1;
            let told = match next.map(|message| self.link.dispatch(message)) {
                Ok(Verdict::Taken) => continue,
                Ok(Verdict::Foreign(message)) => incoming(message),
                Err(error) => Incoming::DecodeError(error),
            };
            self.tell(told).await;
        }
        messages
    }

    async fn write(&self, writer: &Writer) -> String {
        let mut octets = Vec::new();
        loop {
            self.link.take_octets(&mut octets).await;
            if let Err(error) = writer.write_all(&octets).await {
                return error.to_string();
            }
        }
    }

    /// A consumer that is gone wants no news, but its handles may still send.
    async fn tell(&self, news: Incoming) {
        let _ = self.incoming.send(news).await;
    }
}

fn incoming(message: Message) -> Incoming {
    // OriginateResponse, an event, has a Response header too.
    if message.event_name().is_some() { Incoming::Event(message) } else { Incoming::Response(message) }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    impl Source for DuplexStream {
        async fn read(&mut self, chunk: &mut [u8], _rest: Option<Duration>) -> io::Result<usize> {
            tokio::io::AsyncReadExt::read(self, chunk).await
        }
    }

    fn session(capacity: usize) -> (Session, mpsc::Receiver<Incoming>) {
        let (incoming, receiver) = mpsc::channel(capacity);
        let config = ClientConfig::new("a", "-", "dialer", "dialerpw");
        let link = Arc::new(Link::new(config.action_timeout));
        link.set_up();
        (Session { config, link, incoming }, receiver)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_asterisk_is_asked_and_then_given_up() {
        let (session, _receiver) = session(1);
        let (mut near, _far) = duplex(64);
        let start = Instant::now();
        let reason = session.read(&mut near, Decoder::new(LineEnd::Crlf)).await;
        assert_eq!(reason, "no answer to a Ping within 3s");
        assert_eq!(start.elapsed(), session.config.ping_interval + session.config.ping_timeout);
        assert!(start.elapsed() < Duration::from_secs(5));
        let mut octets = Vec::new();
        session.link.take_octets(&mut octets).await;
        assert!(octets.starts_with(b"Action: Ping\r\nActionID: "));
    }

    #[tokio::test(start_paused = true)]
    async fn an_asterisk_that_talks_and_does_not_listen_is_given_up_as_soon() {
        let (session, mut receiver) = session(1);
        let (mut near, mut far) = duplex(4096);
        let start = Instant::now();
        let reason = tokio::select! {
            reason = session.read(&mut near, Decoder::new(LineEnd::Crlf)) => reason,
            () = async {
                loop {
                    far.write_all(b"Event: A\r\n\r\n").await.unwrap();
                    receiver.recv().await.unwrap();
                    sleep(Duration::from_millis(100)).await;
                }
            } => panic!(),
        };
        assert_eq!(reason, "no answer to a Ping within 3s");
        assert!(start.elapsed() < Duration::from_millis(4_200), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_consumer_is_not_taken_for_a_dead_asterisk() {
        let (session, mut receiver) = session(1);
        let (mut near, mut far) = duplex(4096);
        let reading = session.read(&mut near, Decoder::new(LineEnd::Crlf));
        tokio::pin!(reading);
        far.write_all(b"Event: A\r\n\r\nEvent: B\r\n\r\nEvent: C\r\n\r\n").await.unwrap();
        // An hour in which the consumer takes nothing.
        let hour = timeout(Duration::from_secs(3600), &mut reading).await;
        assert!(hour.is_err(), "{hour:?}");
        let mut names = Vec::new();
        let reason = tokio::select! {
            reason = &mut reading => reason,
            () = async {
                while let Some(Incoming::Event(event)) = receiver.recv().await {
                    names.push(event.text("Event").to_owned());
                }
            } => panic!("something else than an event"),
        };
        assert_eq!(names, ["A", "B", "C"]);
        assert_eq!(reason, "no answer to a Ping within 3s");
    }
}
