//! What the front door needs of the rest of the daemon.

use std::future::Future;
use std::sync::Arc;

use engine::catalog::Catalog;
use engine::dialing::Dialing;
use engine::model::Lead;
use engine::preview::Offer;
use uuid::Uuid;

use crate::admin::{Command, LeadPatch, PreviewCommand, Refusal};
use crate::store::LeadCounts;

/// Told once what became of a command, with the uuid of the row that it was about. It is called before the event that
/// the command causes is published: so a client has the response first. It only queues a message, so the owner of the
/// engine may call it. Where it is dropped uncalled, the client is told that the dialer is shutting down.
pub type Answer = Box<dyn FnOnce(Result<Uuid, Refusal>) + Send>;

/// The daemon as its front door sees it. A future here is done when the command is carried out or refused, so that the
/// actions of one session follow each other.
pub trait Core: Send + Sync + 'static {
    /// Carries out a change of the catalog: [`prepare`](crate::admin::prepare), store, answer, apply, publish.
    fn command(&self, command: Command, answer: Answer) -> impl Future<Output = ()> + Send;

    /// Reads the catalog where it lives; `read` should be short. `None` while the daemon ends.
    fn catalog<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Catalog) -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send;

    /// All dialings that are alive, or the one that is asked for.
    fn dialings(&self, uuid: Option<Uuid>) -> impl Future<Output = Vec<Dialing>> + Send;

    /// Brings an agent's answer to an offer.
    fn preview(&self, command: PreviewCommand, answer: Answer) -> impl Future<Output = ()> + Send;

    /// All offers that have not ended, or the one that is asked for.
    fn offers(&self, dialing: Option<Uuid>) -> impl Future<Output = Vec<Arc<Offer>>> + Send;

    /// Makes a lead: [`LeadPatch::lead`] with a new uuid and the time. The dial list was there a moment ago.
    fn create_lead(
        &self,
        dial_list: Uuid,
        patch: LeadPatch,
        answer: Answer,
    ) -> impl Future<Output = ()> + Send;

    /// Changes a lead and sets its `stamps.updated`. Where the patch names a dial list, that was there a moment ago.
    fn update_lead(&self, uuid: Uuid, patch: LeadPatch, answer: Answer) -> impl Future<Output = ()> + Send;

    /// Deletes a lead (softly).
    fn delete_lead(&self, uuid: Uuid, answer: Answer) -> impl Future<Output = ()> + Send;

    /// A lead that is not deleted.
    fn lead(&self, uuid: Uuid) -> impl Future<Output = Option<Lead>> + Send;

    /// The first leads of a dial list, or of all lists, that are not deleted.
    fn leads(&self, dial_list: Option<Uuid>, count: u32) -> impl Future<Output = Vec<Lead>> + Send;

    /// How the leads of a dial list stand.
    fn lead_counts(&self, dial_list: Uuid) -> impl Future<Output = Result<LeadCounts, Refusal>> + Send;
}
