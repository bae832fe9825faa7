//! One client: its octets become actions, one after the other; each is refused, answered here, or handed on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::broadcast::Membership;
use super::builtin::Builtin;
use super::gate::Ticket;
use super::listeners::Connection;
use super::outbound::{End, Outbound};
use super::replier::with_text;
use super::{Account, Handler, Replier, Server};
use crate::codec::{DecodeError, Decoder, LineEnd};
use crate::message::Message;

/// Octets of one read.
const READ_OCTETS: usize = 16 << 10;
/// How long a client has to take the last octets of a session that ended in order.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client has to shake hands by TLS, within its time to log in.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Session<H> {
    pub(super) server: Arc<Server<H>>,
    pub(super) outbound: Arc<Outbound>,
    pub(super) ticket: Ticket,
    pub(super) peer: SocketAddr,
    pub(super) login_by: Instant,
    pub(super) account: Option<Arc<Account>>,
    pub(super) challenge: Option<String>,
    pub(super) membership: Option<Membership>,
}

/// Serves one client until it leaves, is cut, or the server ends.
pub(super) async fn run<H: Handler>(
    server: Arc<Server<H>>,
    connection: Connection,
    ticket: Ticket,
    closed: watch::Receiver<()>,
) {
    let Connection { stream, peer, tls } = connection;
    let evicted = ticket.evicted();
    let handshake = HANDSHAKE_TIMEOUT.min(server.config.login_timeout);
    let session = Session::new(server, ticket, peer);
    let serving = async {
        match tls {
            None => serve(session, stream, closed).await,
            Some(tls) => match timeout(handshake, tls.accept(stream)).await {
                Ok(Ok(stream)) => serve(session, stream, closed).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "AMI client: no TLS"),
                Err(_) => tracing::debug!(%peer, "AMI client: no TLS handshake in time"),
            },
        }
    };
    // The gate has said so in the log.
    tokio::select! {
        () = serving => {}
        () = evicted.notified() => {}
    }
}

impl<H: Handler> Session<H> {
    pub(super) fn new(server: Arc<Server<H>>, ticket: Ticket, peer: SocketAddr) -> Self {
        let outbound = Arc::new(Outbound::new());
        outbound.push(format!("{}\r\n", server.config.banner).into_bytes().into());
        let login_by = Instant::now() + server.config.login_timeout;
        let (account, challenge, membership) = (None, None, None);
        Self { server, outbound, ticket, peer, login_by, account, challenge, membership }
    }
}

/// Serves a session over a stream of any kind.
pub(super) async fn serve<H: Handler>(
    session: Session<H>,
    stream: impl AsyncRead + AsyncWrite,
    mut closed: watch::Receiver<()>,
) {
    let (peer, outbound) = (session.peer, Arc::clone(&session.outbound));
    let patience = session.server.config.write_timeout;
    let (reader, writer) = tokio::io::split(stream);
    let mut name = String::new();
    let actions = session.run(reader, &mut name);
    let writing = outbound.write_to(writer, patience);
    tokio::pin!(writing);
    let ended = tokio::select! {
        () = actions => None,
        end = &mut writing => Some(end),
        () = outbound.unread() => Some(Ok(End::Unread)),
        _ = closed.changed() => None,
    };
    outbound.finish();
    let end = match ended {
        Some(end) => end,
        None => timeout(FLUSH_TIMEOUT, writing).await.unwrap_or(Ok(End::Finished)),
    };
    if matches!(end, Ok(End::Unread)) {
        tracing::warn!(%peer, account = name, "AMI client cut: it does not read what it is sent");
    }
}

impl<H: Handler> Session<H> {
    async fn run(mut self, mut reader: impl AsyncRead + Unpin, name: &mut String) {
        let mut decoder = Decoder::with_limits(LineEnd::Any, self.server.config.limits);
        let mut chunk = vec![0; READ_OCTETS];
        loop {
            let read = reader.read(&mut chunk);
            let got = match &self.account {
                Some(_) => read.await,
                None => timeout_at(self.login_by, read).await.unwrap_or(Ok(0)),
            };
            let Ok(octets @ 1..) = got else { return };
            decoder.feed(&chunk[..octets]);
            while let Some(next) = decoder.next_message().transpose() {
                match next {
                    Ok(action) => self.act(action).await,
                    Err(error) => self.refuse(error, &decoder.take_rejected()),
                }
                if let Some(account) = &self.account {
                    name.clone_from(&account.name);
                }
                if self.outbound.is_ended() {
                    return;
                }
            }
        }
    }

    /// The order of these checks is Asterisk's.
    async fn act(&mut self, action: Message) {
        let name = action.text("Action");
        if name.is_empty() {
            return self.reply(&action, with_text("Error", "Missing action in request"));
        }
        let builtin = Builtin::named(name);
        if builtin.is_some_and(Builtin::before_login) {
            return self.act_builtin(builtin, &action).await;
        }
        let Some(account) = &self.account else {
            return self.reply(&action, with_text("Error", "Permission denied"));
        };
        let class = builtin.map(Builtin::write_class).or_else(|| self.server.handler.write_class(name));
        let Some(class) = class else {
            let text = format!(
                "Invalid/unknown command: {name}. Use Action: ListCommands to show available commands."
            );
            return self.reply(&action, with_text("Error", &text));
        };
        if !account.write.permits(class) {
            return self.reply(&action, with_text("Error", "Permission denied"));
        }
        if builtin.is_some() {
            return self.act_builtin(builtin, &action).await;
        }
        let replier = Replier {
            outbound: Arc::clone(&self.outbound),
            account: Arc::clone(account),
            action_id: action.action_id().map(str::to_owned),
        };
        self.server.handler.handle(action, replier).await;
    }

    async fn act_builtin(&mut self, builtin: Option<Builtin>, action: &Message) {
        match builtin {
            Some(Builtin::Challenge) => self.challenge(action),
            Some(Builtin::Events) => self.events(action),
            Some(Builtin::Filter) => self.filter(action),
            Some(Builtin::ListCommands) => {
                if let Some(account) = &self.account {
                    self.list_commands(action, account);
                }
            }
            Some(Builtin::Login) => self.login(action).await,
            Some(Builtin::Logoff) => self.logoff(action),
            Some(Builtin::Ping) => self.ping(action),
            None => {}
        }
    }

    /// Answers what could not be read. The first two texts are Asterisk's.
    fn refuse(&self, error: DecodeError, rejected: &Message) {
        let text = match error {
            DecodeError::LineTooLong { .. } => "Failed to parse message: line too long".to_owned(),
            DecodeError::TooManyHeaders { .. } => {
                "Too many lines in message or allocation failure".to_owned()
            }
            DecodeError::MessageTooLong { .. } | DecodeError::Nul => {
                format!("Failed to parse message: {error}")
            }
        };
        self.reply(rejected, with_text("Error", &text));
    }

    /// Queues a response to `action`, with its `ActionID`.
    pub(super) fn reply(&self, action: &Message, mut response: Message) {
        if let Some(id) = action.action_id() {
            response.push_second("ActionID", id);
        }
        self.outbound.push_message(&response);
    }
}
