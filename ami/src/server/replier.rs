//! The way back to the client that sent an action.

use std::sync::Arc;

use super::Account;
use super::outbound::Outbound;
use crate::class::ClassSet;
use crate::message::Message;

/// Answers one action. It may be kept beyond [`Handler::handle`](super::Handler::handle); what comes after the session
/// has ended is dropped.
#[derive(Clone)]
pub struct Replier {
    pub(super) outbound: Arc<Outbound>,
    pub(super) account: Arc<Account>,
    pub(super) action_id: Option<String>,
}

impl Replier {
    /// Queues the response. The `ActionID` of the action is put behind the first header, where Asterisk has it.
    pub fn respond(&self, mut message: Message) {
        if let Some(id) = &self.action_id {
            message.push_second("ActionID", id);
        }
        self.outbound.push_message(&message);
    }

    /// Responds `Success` with a `Message`.
    pub fn success(&self, text: &str) {
        self.respond(with_text("Success", text));
    }

    /// Responds `Error` with a `Message`.
    pub fn error(&self, text: &str) {
        self.respond(with_text("Error", text));
    }

    /// Queues an event for this session alone, as it is: an entry of a list. Neither mask nor filters apply, and the
    /// caller places the `ActionID`: Asterisk has it behind `Event` in most lists, at the end of the queues'.
    pub fn event(&self, message: &Message) {
        self.outbound.push_message(message);
    }

    /// The same, when there is room for it: a list may be longer than what may wait for a client. One that does not read is cut, and
    /// what is for it then is dropped.
    pub async fn entry(&self, message: &Message) {
        self.outbound.has_room().await;
        self.outbound.push_message(message);
    }

    /// The `ActionID` of the action, if it had one.
    pub fn action_id(&self) -> Option<&str> {
        self.action_id.as_deref()
    }

    /// The name of the account.
    pub fn account(&self) -> &str {
        &self.account.name
    }

    /// Whether the account may send actions that need one of these classes.
    pub fn may_write(&self, classes: impl Into<ClassSet>) -> bool {
        self.account.write.permits(classes.into())
    }

    /// Ends the session when what is queued has been written.
    pub fn close(&self) {
        self.outbound.finish();
    }
}

pub(super) fn with_text(response: &'static str, text: &str) -> Message {
    let mut message = Message::response(response);
    message.push_lossy("Message", text);
    message
}
