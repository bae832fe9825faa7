//! Sessions of AMI clients with us: the daemon's front door and the simulated Asterisk are both made of this.
//!
//! - `listeners`: where clients come in, with and without TLS; `gate`: how many may;
//! - `session`: one client: reading, and what is refused before any action is looked at;
//! - `login`: the account, by password or by MD5 challenge;
//! - `builtin`: the actions that belong to the session (Ping, Events, Filter ...);
//! - `outbound`: what waits to be written, bounded; `broadcast`: events to all sessions; `replier`: answers.
//!
//! What any other action does is the [`Handler`]'s. Texts and header orders are those of Asterisk 22.

mod broadcast;
mod builtin;
mod gate;
mod listeners;
mod login;
mod outbound;
mod replier;
mod session;
mod tls;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

pub use broadcast::Broadcast;
pub use listeners::Listeners;
pub use replier::Replier;
use session::Session;
pub use tls::{Tls, TlsError};

pub use crate::class::{Class, ClassSet, UnknownClass};
use crate::codec::Limits;
use crate::{Credential, Message, Network};
use gate::Gate;

/// How long sessions have at the end to take what is still for them.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Who may log in.
#[derive(Debug, Clone)]
pub struct Account {
    /// The user name.
    pub name: String,
    /// The password, or what it can be checked with.
    pub credential: Credential,
    /// Classes of events that the account sees.
    pub read: ClassSet,
    /// Classes of actions that the account may send.
    pub write: ClassSet,
    /// The networks that it may come from; empty: from anywhere.
    pub permit: Vec<Network>,
}

impl Account {
    /// An account that may come from anywhere.
    pub fn new(
        name: impl Into<String>,
        credential: impl Into<Credential>,
        read: ClassSet,
        write: ClassSet,
    ) -> Self {
        Self { name: name.into(), credential: credential.into(), read, write, permit: Vec::new() }
    }
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The greeting line, without its end.
    pub banner: String,
    /// Who may log in.
    pub accounts: Vec<Account>,
    /// Sessions at the same time. Where so many are logged in, further ones are closed at once.
    pub max_sessions: usize,
    /// Sessions among them that have not logged in yet. A further one takes the place of the one that waited longest, of
    /// the address with the most of them.
    pub max_unauthenticated: usize,
    /// Failed logins from one address during the last `login_delay`; further logins wait for their turn.
    pub max_failed_logins: usize,
    /// A session that has not logged in by then is closed.
    pub login_timeout: Duration,
    /// How long the answer to a wrong password takes (1 s in Asterisk).
    pub login_delay: Duration,
    /// Octets that may wait for a client that does not read; then it is cut.
    pub send_buffer: usize,
    /// A client that takes nothing of what it is sent for so long is cut.
    pub write_timeout: Duration,
    /// What an action may be at most. Asterisk itself: 1,024 octets a line, 128 headers.
    pub limits: Limits,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            banner: "Asterisk Call Manager/11.0.0".to_owned(),
            accounts: Vec::new(),
            max_sessions: 1000,
            max_unauthenticated: 50,
            max_failed_logins: 5,
            login_timeout: Duration::from_secs(30),
            login_delay: Duration::from_secs(1),
            send_buffer: 16 << 20,
            write_timeout: Duration::from_secs(60),
            limits: Limits::default(),
        }
    }
}

/// An action as `ListCommands` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The name.
    pub name: &'static str,
    /// One line about it.
    pub synopsis: &'static str,
}

/// What the actions do that do not belong to the session itself.
pub trait Handler: Send + Sync + 'static {
    /// Carries out one action. The next action of the same session waits until this is done.
    fn handle(&self, action: Message, replier: Replier) -> impl Future<Output = ()> + Send;

    /// The classes of which the account needs one (none: everybody may), or `None` for an unknown action. The name
    /// comes as the client wrote it: compare without regard to case.
    fn write_class(&self, action: &str) -> Option<ClassSet>;

    /// The actions of this handler for `ListCommands`.
    fn commands(&self) -> Vec<Command> {
        Vec::new()
    }

    /// What a session with read class `system` gets after its login; `None` while this is not ready.
    fn fully_booted(&self, uptime: Duration) -> Option<Message> {
        Some(fully_booted(uptime, uptime))
    }
}

/// `Event: FullyBooted` as Asterisk has it.
pub fn fully_booted(uptime: Duration, last_reload: Duration) -> Message {
    let mut event = Message::event("FullyBooted");
    event.push_lossy("Privilege", "system,all");
    event.push_lossy("Uptime", &uptime.as_secs().to_string());
    event.push_lossy("LastReload", &last_reload.as_secs().to_string());
    event.push_lossy("Status", "Fully Booted");
    event
}

/// What all sessions of one server share.
struct Server<H> {
    config: ServerConfig,
    broadcast: Broadcast,
    handler: Arc<H>,
    started: Instant,
}

/// Takes clients until `shutdown` is done; then every session gets what is still for it and is closed.
///
/// # Errors
/// Only when a listener cannot be used at all; a failed accept is logged and tried again.
pub async fn serve<H: Handler>(
    listeners: impl Into<Listeners>,
    config: ServerConfig,
    broadcast: Broadcast,
    handler: Arc<H>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let listeners = listeners.into();
    listeners.check()?;
    let gate = Gate::new(&config);
    let server = Arc::new(Server { config, broadcast, handler, started: Instant::now() });
    let (closing, closed) = tokio::sync::watch::channel(());
    let mut sessions = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let (connection, ticket) = tokio::select! {
            () = &mut shutdown => break,
            admitted = listeners.admit(&gate) => admitted,
        };
        while sessions.try_join_next().is_some() {}
        sessions.spawn(session::run(Arc::clone(&server), connection, ticket, closed.clone()));
    }
    drop(listeners);
    drop(closing);
    let _ = timeout(SHUTDOWN_GRACE, async { while sessions.join_next().await.is_some() {} }).await;
    Ok(())
}

/// Serves one client over a stream of any kind, until it leaves or is cut. `peer` is where it says it comes from.
pub async fn serve_stream<H: Handler>(
    stream: impl AsyncRead + AsyncWrite,
    peer: SocketAddr,
    config: ServerConfig,
    broadcast: Broadcast,
    handler: Arc<H>,
) {
    let Some(ticket) = Gate::new(&config).admit(peer).await else { return };
    let server = Arc::new(Server { config, broadcast, handler, started: Instant::now() });
    let (_closing, closed) = tokio::sync::watch::channel(());
    session::serve(Session::new(server, ticket, peer), stream, closed).await;
}
