//! Where clients come in, and what their connections are before a session reads from them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use super::gate::{Gate, Ticket};
use super::tls::Tls;

/// Rest after a failed accept (usually: no file descriptor is free).
const ACCEPT_REST: Duration = Duration::from_millis(100);
/// A client that says nothing for so long is asked by its kernel whether it is still there,
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
/// and then so often,
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// so many times before it is given up.
const KEEPALIVE_TRIES: u32 = 4;
/// What a client's kernel has not acknowledged for so long ends the connection; where nothing is sent, keepalive does.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(120);

/// The sockets that clients come to.
#[derive(Debug)]
pub struct Listeners {
    plain: TcpListener,
    tls: Option<(TcpListener, Tls)>,
}

/// A client that came in.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// Where set, the client has to shake hands first.
    pub(super) tls: Option<TlsAcceptor>,
}

impl From<TcpListener> for Listeners {
    fn from(plain: TcpListener) -> Self {
        Self { plain, tls: None }
    }
}

impl Listeners {
    /// Adds a socket at which TLS is spoken.
    #[must_use]
    pub fn with_tls(self, listener: TcpListener, tls: Tls) -> Self {
        Self { tls: Some((listener, tls)), ..self }
    }

    pub(super) fn check(&self) -> io::Result<()> {
        self.plain.local_addr()?;
        self.tls.as_ref().map_or(Ok(()), |(listener, _)| listener.local_addr().map(drop))
    }

    /// The next client that has a place inside.
    pub(super) async fn admit(&self, gate: &Arc<Gate>) -> (Connection, Ticket) {
        loop {
            match self.accept().await {
                Ok(connection) => {
                    if let Some(ticket) = gate.admit(connection.peer).await {
                        connection.set_options();
                        return (connection, ticket);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot take an AMI client");
                    sleep(ACCEPT_REST).await;
                }
            }
        }
    }

    async fn accept(&self) -> io::Result<Connection> {
        let Some((listener, tls)) = &self.tls else {
            return self.plain.accept().await.map(|(stream, peer)| Connection { stream, peer, tls: None });
        };
        tokio::select! {
            plain = self.plain.accept() => plain.map(|(stream, peer)| Connection { stream, peer, tls: None }),
            secure = listener.accept() => secure.map(|(stream, peer)| {
                Connection { stream, peer, tls: Some(tls.acceptor.clone()) }
            }),
        }
    }
}

impl Connection {
    /// A connection that refuses an option works all the same.
    fn set_options(&self) {
        // Without this an answer may wait for the acknowledgement of the one before.
        let _ = self.stream.set_nodelay(true);
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL);
        let keepalive = keepalive.with_retries(KEEPALIVE_TRIES);
        let socket = SockRef::from(&self.stream);
        let _ = socket.set_tcp_keepalive(&keepalive);
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    }
}
