//! The thread that reads, so that no look at the rows ever holds up the writer.

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::health::Watch;
use crate::faults;
use crate::store::StoreError;
use crate::store::trouble::Trouble;

/// Reads that may wait; more wait with those who ask.
const WAITING_MAX: usize = 64;

/// Reads, notes how that went, and answers.
type Read = Box<dyn FnOnce(&Connection, &mut Watch) + Send>;

enum Job {
    Read(Read),
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
                if faults::ends("store-reader") {
                    return;
                }
                match job {
                    Job::Read(read) => read(&connection, &mut watch),
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
        let job = Job::Read(Box::new(move |connection, watch| {
            let read = read(connection).map_err(|error| match Trouble::of(&error) {
                Some(trouble) => StoreError::Unreadable(trouble),
                None => error.into(),
            });
            // Before the answer: who hears of damage finds that claims have stopped.
            match read.as_ref().err().and_then(StoreError::trouble) {
                Some(trouble) => watch.failed(trouble),
                None => watch.well(),
            }
            let _ = answer.send(read);
        }));
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
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
