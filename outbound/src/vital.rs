//! The parts that must not end while the daemon runs: one that does, by whatever cause, is told to whoever watches, who then
//! ends the process. A daemon of which half is dead dials on without writing results, or answers clients without dialing.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

tokio::task_local! {
    static PART: Arc<str>;
}

/// Starts vital parts. Clones tell the same watch.
#[derive(Debug, Clone)]
pub struct Vital {
    ended: UnboundedSender<Arc<str>>,
}

/// Hears of parts that have ended.
#[derive(Debug)]
pub struct Watch {
    ended: UnboundedReceiver<Arc<str>>,
}

/// Tells that a part has ended, also when it is dropped in a panic.
struct Guard {
    part: Arc<str>,
    ended: UnboundedSender<Arc<str>>,
}

/// A way to start parts, and the watch over them.
pub fn new() -> (Vital, Watch) {
    // Bounded by the number of parts: each ends once.
    let (sender, ended) = unbounded_channel();
    (Vital { ended: sender }, Watch { ended })
}

/// The part that the running task is, where it is one.
pub fn current() -> Option<Arc<str>> {
    PART.try_with(Arc::clone).ok()
}

impl Vital {
    /// Starts a part as a task of the Tokio runtime.
    pub fn spawn(
        &self,
        part: impl Into<Arc<str>>,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let part = part.into();
        let guard = Guard { part: Arc::clone(&part), ended: self.ended.clone() };
        tokio::spawn(PART.scope(part, async move {
            let _guard = guard;
            task.await;
        }))
    }
}

impl Watch {
    /// The next part that ends; waits for ever while none does.
    pub async fn ended(&mut self) -> Arc<str> {
        match self.ended.recv().await {
            Some(part) => part,
            // Nothing vital was ever started, or all of it has been told.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Nobody watches any more: the daemon ends.
        let _ = self.ended.send(Arc::clone(&self.part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_or_panics_is_told_by_its_name() {
        let (vital, mut watch) = new();
        let lives = vital.spawn("lives", std::future::pending());
        vital.spawn("ends", async {}).await.unwrap();
        assert_eq!(&*watch.ended().await, "ends");
        assert!(vital.spawn("panics", async { panic!("on purpose") }).await.is_err());
        assert_eq!(&*watch.ended().await, "panics");
        lives.abort();
        assert_eq!(&*watch.ended().await, "lives");
    }

    #[tokio::test]
    async fn a_task_knows_which_part_it_is() {
        let (vital, _watch) = new();
        let (name, named) = tokio::sync::oneshot::channel();
        vital.spawn("driver", async { name.send(current()).unwrap() });
        assert_eq!(named.await.unwrap().as_deref(), Some("driver"));
        assert_eq!(current(), None);
    }
}
