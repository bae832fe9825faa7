//! Webhooks: who is told by HTTP of ended dialings and of campaigns' statuses.
//!
//! What is told comes out of the store: results and statuses are there before anybody is told, and each webhook has a committed place among
//! them. `worker` makes deliveries of what is behind that place and carries them out, one task for each webhook; [`sign`] is what
//! receivers check; `post` is the HTTP client.

mod post;
mod sign;
mod worker;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use uuid::Uuid;

pub use sign::signature;

use crate::driver::wall;
use crate::store::webhooks::{WebhookChange, WebhookRow};
use crate::store::{Store, StoreError};
use post::Poster;

/// Webhooks at a time.
pub const WEBHOOKS_MAX: usize = 32;
/// Tries that are under way at the end have so long.
const END_MAX: Duration = Duration::from_secs(2);

/// The webhooks of a daemon; clones share them.
#[derive(Debug, Clone)]
pub struct Webhooks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    rows: Mutex<BTreeMap<Uuid, WebhookRow>>,
    /// Changes are serial: each is checked against what the one before it has left.
    changing: tokio::sync::Mutex<()>,
    /// Tells workers, and who starts them, that something may be different.
    changed: watch::Sender<()>,
    /// Nothing more is to be tried.
    ends: AtomicBool,
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is none with that id.
    #[error("no such webhook")]
    NotFound,
    /// There are as many as may be.
    #[error("there are {WEBHOOKS_MAX} webhooks already")]
    Full,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// The webhooks of a store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(store: Store) -> Result<Self, StoreError> {
        let rows = store.webhooks().await?.into_iter().map(|row| (row.id, row)).collect();
        let changed = watch::Sender::new(());
        let changing = tokio::sync::Mutex::default();
        Ok(Self(Arc::new(Inner {
            store,
            rows: Mutex::new(rows),
            changing,
            changed,
            ends: AtomicBool::new(false),
        })))
    }

    /// All of them, in the order of their ids.
    pub fn all(&self) -> Vec<WebhookRow> {
        self.rows().values().cloned().collect()
    }

    /// One of them.
    pub fn get(&self, id: Uuid) -> Option<WebhookRow> {
        self.rows().get(&id).cloned()
    }

    /// Makes one.
    ///
    /// # Errors
    /// [`WebhookError::Full`], or what the store says.
    pub async fn create(&self, row: WebhookRow) -> Result<(), WebhookError> {
        let _changing = self.0.changing.lock().await;
        if self.rows().len() >= WEBHOOKS_MAX {
            return Err(WebhookError::Full);
        }
        self.put(row, Vec::new()).await
    }

    /// Changes one. Where it is enabled again, it is told of what happens from then on.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], or what the store says.
    pub async fn change(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut WebhookRow),
    ) -> Result<WebhookRow, WebhookError> {
        let _changing = self.0.changing.lock().await;
        let before = self.get(id).ok_or(WebhookError::NotFound)?;
        let mut row = before.clone();
        change(&mut row);
        row.updated = Some(wall());
        let skip = (row.enabled && !before.enabled).then_some(WebhookChange::Skip(id));
        self.put(row.clone(), skip.into_iter().collect()).await?;
        Ok(row)
    }

    /// Deletes one, with its deliveries.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], or what the store says.
    pub async fn delete(&self, id: Uuid) -> Result<(), WebhookError> {
        let _changing = self.0.changing.lock().await;
        self.get(id).ok_or(WebhookError::NotFound)?;
        self.0.store.change_webhooks(vec![WebhookChange::Delete(id)]).await?;
        self.rows().remove(&id);
        self.0.changed.send_replace(());
        Ok(())
    }

    /// Tries a delivery again from now on, for as long as a new one.
    ///
    /// # Errors
    /// What the store says.
    pub async fn retry(&self, id: Uuid, delivery: Uuid) -> Result<(), StoreError> {
        self.0.store.change_webhooks(vec![WebhookChange::Retry(id, delivery, wall())]).await?;
        self.0.changed.send_replace(());
        Ok(())
    }

    /// Tells all of them until `stop` is done. What is under way then and takes long is told again after the next start.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut changed = self.0.changed.subscribe();
        let poster = Poster::new();
        let mut workers = JoinSet::new();
        let mut at_work = BTreeMap::new();
        loop {
            changed.borrow_and_update();
            while let Some(ended) = workers.try_join_next_with_id() {
                let id = ended.map_or_else(|error| error.id(), |(id, ())| id);
                at_work.retain(|_, worker| *worker != id);
            }
            for row in self.all().into_iter().filter(|row| row.enabled) {
                at_work.entry(row.id).or_insert_with(|| {
                    workers.spawn(worker::work(self.clone(), row.id, poster.clone())).id()
                });
            }
            tokio::select! {
                () = &mut stop => break,
                _ = changed.changed() => {}
                ended = workers.join_next_with_id(), if !workers.is_empty() => {
                    let id = match ended {
                        Some(Ok((id, ()))) => id,
                        Some(Err(error)) => {
                            tracing::error!(%error, "a webhook's task has failed; it is started again");
                            error.id()
                        }
                        None => continue,
                    };
                    at_work.retain(|_, worker| *worker != id);
                }
            }
        }
        self.0.ends.store(true, Ordering::Release);
        self.0.changed.send_replace(());
        let _ = timeout(END_MAX, async { while workers.join_next().await.is_some() {} }).await;
        workers.shutdown().await;
    }

    async fn put(&self, row: WebhookRow, mut more: Vec<WebhookChange>) -> Result<(), WebhookError> {
        more.insert(0, WebhookChange::Put(row.clone()));
        self.0.store.change_webhooks(more).await?;
        self.rows().insert(row.id, row);
        self.0.changed.send_replace(());
        Ok(())
    }

    /// The store that they are in.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    fn ends(&self) -> bool {
        self.0.ends.load(Ordering::Acquire)
    }

    fn changed(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    fn rows(&self) -> MutexGuard<'_, BTreeMap<Uuid, WebhookRow>> {
        self.0.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
