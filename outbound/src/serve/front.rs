//! The AMI front door: from the config to sockets and sessions.

use std::net::SocketAddr;
use std::sync::Arc;

use ami::server::{Account, ClassSet, Listeners, ServerConfig};
use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::ami_server::Actions;
use crate::config::{AmiConfig, Config};
use crate::core::Daemon;
use crate::vital::Vital;

/// The sockets, before anybody is let in.
pub(super) struct Front {
    pub(super) address: SocketAddr,
    pub(super) tls_address: Option<SocketAddr>,
    listeners: Listeners,
}

impl Front {
    pub(super) async fn bind(config: &AmiConfig) -> anyhow::Result<Self> {
        let tls = config.tls()?;
        let plain = listen("ami.listen", config.listen).await?;
        let address = plain.local_addr()?;
        let mut front = Self { address, tls_address: None, listeners: plain.into() };
        if let Some((address, tls)) = tls {
            let secure = listen("ami.tls_listen", address).await?;
            front.tls_address = Some(secure.local_addr()?);
            front.listeners = front.listeners.with_tls(secure, tls);
        }
        Ok(front)
    }

    /// Lets clients in until told to stop.
    pub(super) fn serve(
        self,
        config: ServerConfig,
        daemon: &Daemon,
        vital: &Vital,
    ) -> (oneshot::Sender<()>, JoinHandle<()>) {
        let (stop, stopped) = oneshot::channel::<()>();
        let (broadcast, actions) = (daemon.broadcast.clone(), Arc::new(Actions::new(daemon.clone())));
        let server = vital.spawn("AMI front door", async move {
            let stop = async {
                let _ = stopped.await;
            };
            if let Err(error) = ami::server::serve(self.listeners, config, broadcast, actions, stop).await {
                tracing::error!(%error, "the AMI front door is closed");
            }
        });
        (stop, server)
    }
}

async fn listen(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address} for AMI clients ({key}); is another daemon running?")
    })
}

/// Who may come in, and within which bounds.
pub(super) fn server_config(config: &Config) -> anyhow::Result<ServerConfig> {
    let accounts = config.ami.user.iter().map(|user| {
        let (read, write) = (ClassSet::parse(&user.read)?, ClassSet::parse(&user.write)?);
        let account = Account::new(&user.name, user.credential()?, read, write);
        Ok(Account { permit: user.networks()?, ..account })
    });
    Ok(ServerConfig {
        accounts: accounts.collect::<anyhow::Result<_>>()?,
        send_buffer: config.ami.send_buffer,
        max_sessions: config.ami.max_sessions,
        max_unauthenticated: config.ami.max_unauthenticated,
        ..ServerConfig::default()
    })
}
