//! An AMI client that is logged in and sees every event, over a stream in memory.

use std::sync::Arc;

use ami::Message;
use ami::server::{Account, Broadcast, Class, ClassSet, Handler, Replier, ServerConfig, serve_stream};
use anyhow::Context;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::Runtime;

/// What a client that does not read leaves room for: more than anything here writes at a time.
const STREAM_OCTETS: usize = 8 << 20;

/// The client's end of the stream.
#[derive(Debug)]
pub struct Client {
    stream: DuplexStream,
    chunk: Vec<u8>,
}

struct NoActions;

impl Handler for NoActions {
    async fn handle(&self, _action: Message, replier: Replier) {
        replier.success("Nothing done");
    }

    fn write_class(&self, _action: &str) -> Option<ClassSet> {
        Some(Class::Message.into())
    }
}

impl Client {
    /// Logs in; the server's side of the session is a task of the runtime.
    ///
    /// # Errors
    /// The login was refused.
    pub fn log_in(runtime: &Runtime, broadcast: &Broadcast) -> anyhow::Result<Self> {
        let (near, mut stream) = tokio::io::duplex(STREAM_OCTETS);
        let message: ClassSet = Class::Message.into();
        let config = ServerConfig {
            accounts: vec![Account::new("desk", ami::Secret::new("pw"), message, message)],
            ..ServerConfig::default()
        };
        let peer = ([127, 0, 0, 1], 5038).into();
        runtime.spawn(serve_stream(near, peer, config, broadcast.clone(), Arc::new(NoActions)));
        runtime
            .block_on(async {
                stream.write_all(b"Action: Login\r\nUsername: desk\r\nSecret: pw\r\n\r\n").await?;
                let (mut said, mut chunk) = (String::new(), [0; 1024]);
                while !said.contains("Authentication accepted") {
                    let octets = stream.read(&mut chunk).await?;
                    said.push_str(&String::from_utf8_lossy(&chunk[..octets]));
                    anyhow::ensure!(octets > 0 && !said.contains("Error"), "no login: {said}");
                }
                while broadcast.sessions() == 0 {
                    tokio::task::yield_now().await;
                }
                anyhow::Ok(())
            })
            .context("an AMI client")?;
        Ok(Self { stream, chunk: vec![0; 1 << 20] })
    }

    /// Reads what has come; gives how many octets.
    #[inline(never)]
    pub fn drain(&mut self, runtime: &Runtime) -> usize {
        let mut octets = 0;
        runtime.block_on(async {
            loop {
                tokio::select! {
                    biased;
                    read = self.stream.read(&mut self.chunk) => match read {
                        Ok(read) if read > 0 => octets += read,
                        Ok(_) | Err(_) => break,
                    },
                    () = std::future::ready(()) => break,
                }
            }
        });
        octets
    }
}
