//! The thread on which calls go their way: what an Asterisk says, the decision, what it is asked. These hand small things to each other many
//! thousand times a second, and on one thread none of them wakes another processor for it. Clients, HTTP and files have the other threads:
//! nothing they do holds up a call.

use std::io;

use tokio::runtime::{Builder, EnterGuard, Handle};
use tokio::sync::oneshot;

/// See the module. What runs there is dropped with this.
#[derive(Debug)]
pub(super) struct CallsThread {
    handle: Handle,
    _lives: oneshot::Sender<()>,
}

impl CallsThread {
    /// Starts it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (lives, ended) = oneshot::channel::<()>();
        std::thread::Builder::new().name("calls".to_owned()).spawn(move || {
            // It comes to this end when the sender is dropped.
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _lives: lives })
    }

    /// While this is held, tasks are started there.
    pub(super) fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tasks_that_are_started_there_run_on_its_thread_and_end_with_it() {
        let calls = CallsThread::start().unwrap();
        let (told, name) = oneshot::channel();
        let (dropped, ends) = oneshot::channel::<()>();
        {
            let _there = calls.enter();
            tokio::spawn(async move {
                let _dropped = dropped;
                told.send(std::thread::current().name().map(str::to_owned)).unwrap();
                std::future::pending::<()>().await;
            });
        }
        assert_eq!(name.await.unwrap().as_deref(), Some("calls"));
        drop(calls);
        assert!(ends.await.is_err());
    }
}
