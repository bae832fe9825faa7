//! The thread that reads, so that no look at the rows ever holds up the writer.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::health::Watch;
use crate::store::StoreError;
use crate::store::trouble::Trouble;

/// Reads that may wait; more wait with those who ask.
const WAITING_MAX: usize = 64;

enum Job {
    /// Reads, answers, and says what was in the way.
    Read(Box<dyn FnOnce(&Connection) -> Option<Trouble> + Send>),
    Close(oneshot::Sender<()>),
}

/// The way to the reading thread.
#[derive(Debug, Clone)]
pub(in crate::store) struct Reader {
    jobs: mpsc::Sender<Job>,
}

impl Reader {
    /// Starts the thread; it ends with [`Reader::close`] or when nobody can ask any more.
    pub(in crate::store) fn start(connection: Connection, mut watch: Watch) -> std::io::Result<Self> {
        let (jobs, mut waiting) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new().name("store-reader".to_owned()).spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                match job {
                    Job::Read(read) => match read(&connection) {
                        Some(trouble) => watch.failed(&trouble),
                        None => watch.well(),
                    },
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
            let read = read(connection);
            let trouble = read.as_ref().err().and_then(Trouble::of);
            let _ = answer.send(read.map_err(|error| match Trouble::of(&error) {
                Some(trouble) => StoreError::Unreadable(trouble),
                None => error.into(),
            }));
            trouble
        }));
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends the thread when what waits is read.
    pub(in crate::store) async fn close(&self) {
        let (closed, ended) = oneshot::channel();
        if self.jobs.send(Job::Close(closed)).await.is_ok() {
            let _ = ended.await;
        }
    }
}
