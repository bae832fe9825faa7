//! Store and results file at the start. A full disk, or a lock of another program, is waited out as it is later: a
//! machine that comes up with a full disk dials again when there is room, and nobody has to start anything.

use std::path::Path;
use std::time::Duration;

use crate::results::{ResultsError, ResultsFile};
use crate::store::{Cause, Loaded, Store, StoreError, StoreOptions, Trouble};

/// How often it is tried.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Opens the store.
///
/// # Errors
/// What does not end by itself: another daemon, a newer version, a path that leads nowhere, damage.
pub(super) async fn open_store(options: StoreOptions) -> anyhow::Result<(Store, Loaded)> {
    let mut told = None;
    loop {
        let these = options.clone();
        match tokio::task::spawn_blocking(move || Store::open(&these)).await? {
            Err(error) if error.trouble().is_some_and(is_waited_out) => {
                let cause = error.trouble().map(|trouble| trouble.cause);
                if told != cause {
                    tracing::error!(%error, "the daemon waits until the store can be opened");
                    told = cause;
                }
                tokio::time::sleep(TRY_AGAIN).await;
            }
            opened => {
                let opened = opened?;
                if told.is_some() {
                    tracing::info!(store = %options.url, "the store is open");
                }
                return Ok(opened);
            }
        }
    }
}

/// Opens the results file.
///
/// # Errors
/// As above, of its path.
pub(super) async fn open_results(store: &Store, path: &Path) -> Result<ResultsFile, ResultsError> {
    let mut told = false;
    loop {
        match ResultsFile::open(store.clone(), path).await {
            Err(ResultsError::File { path, source }) if is_waited_out(&Trouble::of_io(&source)) => {
                let error = ResultsError::File { path, source };
                if !std::mem::replace(&mut told, true) {
                    tracing::error!(%error, "the daemon waits until the results file can be opened");
                }
                tokio::time::sleep(TRY_AGAIN).await;
            }
            Err(ResultsError::Store(error @ StoreError::Unreadable(_)))
                if error.trouble().is_some_and(is_waited_out) =>
            {
                tokio::time::sleep(TRY_AGAIN).await;
            }
            opened => {
                if told {
                    tracing::info!(file = %path.display(), "the results file is open");
                }
                return opened;
            }
        }
    }
}

fn is_waited_out(trouble: &Trouble) -> bool {
    matches!(trouble.cause, Cause::Full | Cause::Locked)
}
