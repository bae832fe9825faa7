//! The thread that reads, so that no look at the rows ever holds up the writer.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::faults;
use crate::store::StoreError;

/// Reads that may wait; more wait with those who ask.
const WAITING_MAX: usize = 64;

enum Job {
    Read(Box<dyn FnOnce(&Connection) + Send>),
    Close(oneshot::Sender<()>),
}

/// The way to the reading thread.
#[derive(Debug, Clone)]
pub(in crate::store) struct Reader {
    jobs: mpsc::Sender<Job>,
}

impl Reader {
    /// Starts the thread; it ends with [`Reader::close`] or when nobody can ask any more.
    pub(in crate::store) fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, mut waiting) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                if faults::ends("store-reader") {
                    return;
                }
                match job {
                    Job::Read(read) => read(&connection),
                    Job::Close(closed) => {
                        drop(connection);
                        let _ = closed.send(());
                        return;
                    }
                }
            }
        })?;
        Ok(Self { jobs })
    }

    /// Reads rows as the last commit left them.
    pub(in crate::store) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Read(Box::new(move |connection| {
            let _ = answer.send(read(connection));
        }));
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        Ok(answered.await.map_err(|_| StoreError::Closed)??)
    }

    /// Returns when the thread has ended.
    pub(in crate::store) async fn ended(&self) {
        self.jobs.closed().await;
    }

    /// Ends the thread when what waits is read.
    pub(in crate::store) async fn close(&self) {
        let (closed, ended) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).await.is_ok() {
            let _ = ended.await;
        }
    }
}
