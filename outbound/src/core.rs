//! The daemon as its front doors see it: catalog and calls through the driver, leads straight from the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ami::server::Broadcast;
use engine::catalog::Catalog;
use engine::dialing::Dialing;
use engine::model::Lead;
use engine::notify::Notify;
use engine::preview::Offer;
use uuid::Uuid;

use crate::admin::{Command, LeadPatch, PreviewCommand, Refusal, Resource};
use crate::ami_server::{Answer, Core, publish};
use crate::driver::{Inbox, wall};
use crate::events::Feed;
use crate::imports::Imports;
use crate::store::{LeadCounts, Store, StoreError};
use crate::webhooks::Webhooks;

/// See the module.
#[derive(Clone)]
pub struct Daemon {
    /// The way to the driver.
    pub inbox: Inbox,
    /// The leads.
    pub store: Store,
    /// The way to all AMI clients.
    pub broadcast: Broadcast,
    /// The way to HTTP clients who listen.
    pub events: Feed,
    /// Who is told by HTTP.
    pub webhooks: Webhooks,
    /// Files of leads that come in.
    pub imports: Imports,
    /// How many Asterisks there are.
    pub asterisks: usize,
    /// The seq of the last result in the results file, where there is one.
    pub exported: Option<Arc<AtomicI64>>,
}

impl Daemon {
    /// Results that are committed and not in the results file yet; 0 where there is no file.
    pub fn results_waiting(&self) -> i64 {
        let last = *self.store.last_result().borrow();
        self.exported.as_ref().map_or(0, |exported| (last - exported.load(Ordering::Relaxed)).max(0))
    }

    fn tell(&self, notify: Notify) {
        publish(&self.broadcast, &notify);
        self.events.tell(notify);
    }
}

impl Core for Daemon {
    async fn command(&self, command: Command, answer: Answer) {
        let (done, finished) = tokio::sync::oneshot::channel();
        let answer: Answer = Box::new(move |result| {
            answer(result);
            let _ = done.send(());
        });
        self.inbox.command(command, answer).await;
        let _ = finished.await;
    }

    async fn catalog<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Catalog) -> T + Send + 'static,
    ) -> Option<T> {
        self.inbox.read(move |engine| read(engine.catalog())).await
    }

    async fn dialings(&self, uuid: Option<Uuid>) -> Vec<Dialing> {
        let read = move |engine: &engine::Engine| match uuid {
            Some(uuid) => engine.dialing(uuid).cloned().into_iter().collect(),
            None => engine.dialings().cloned().collect(),
        };
        self.inbox.read(read).await.unwrap_or_default()
    }

    async fn preview(&self, command: PreviewCommand, answer: Answer) {
        let (done, finished) = tokio::sync::oneshot::channel();
        let answer: Answer = Box::new(move |result| {
            answer(result);
            let _ = done.send(());
        });
        self.inbox.preview(command, answer).await;
        let _ = finished.await;
    }

    async fn offers(&self, dialing: Option<Uuid>) -> Vec<Arc<Offer>> {
        let wanted = move |offer: &&Arc<Offer>| dialing.is_none_or(|dialing| offer.dialing == dialing);
        let read = move |engine: &engine::Engine| engine.offers().filter(wanted).cloned().collect();
        self.inbox.read(read).await.unwrap_or_default()
    }

    async fn create_lead(&self, dial_list: Uuid, patch: LeadPatch, answer: Answer) {
        let lead = patch.lead(Uuid::new_v4(), dial_list, wall());
        match self.store.create_lead(lead.clone()).await {
            Ok(()) => {
                answer(Ok(lead.uuid));
                self.tell(Notify::LeadCreated(Arc::new(lead)));
            }
            Err(error) => answer(Err(refusal(&error))),
        }
    }

    async fn update_lead(&self, uuid: Uuid, patch: LeadPatch, answer: Answer) {
        let change = move |lead: &mut Lead| {
            patch.apply(lead);
            lead.stamps.updated = Some(wall());
        };
        match self.store.update_lead(uuid, change).await {
            Ok(lead) => {
                answer(Ok(uuid));
                self.tell(Notify::LeadUpdated(Arc::new(lead)));
            }
            Err(error) => answer(Err(refusal(&error))),
        }
    }

    async fn delete_lead(&self, uuid: Uuid, answer: Answer) {
        match self.store.delete_lead(uuid, wall()).await {
            Ok(()) => {
                answer(Ok(uuid));
                self.tell(Notify::LeadDeleted(uuid));
            }
            Err(error) => answer(Err(refusal(&error))),
        }
    }

    async fn lead(&self, uuid: Uuid) -> Option<Lead> {
        self.store
            .lead(uuid)
            .await
            .inspect_err(|error| tracing::debug!(%error, "cannot read a lead"))
            .ok()
            .flatten()
    }

    async fn leads(&self, dial_list: Option<Uuid>, count: u32) -> Vec<Lead> {
        let leads = self.store.leads(dial_list, usize::try_from(count).unwrap_or(usize::MAX)).await;
        leads.inspect_err(|error| tracing::debug!(%error, "cannot read leads")).unwrap_or_default()
    }

    async fn lead_counts(&self, dial_list: Uuid) -> Result<LeadCounts, Refusal> {
        self.store.lead_counts(dial_list).await.map_err(|error| {
            tracing::debug!(%error, "cannot count leads");
            Refusal::NotRead(error.to_string())
        })
    }
}

fn refusal(error: &StoreError) -> Refusal {
    match error {
        StoreError::UnknownDialList => Refusal::Unknown(Resource::DialList),
        StoreError::NotFound => Refusal::Unknown(Resource::Lead),
        other => Refusal::NotStored(other.to_string()),
    }
}
