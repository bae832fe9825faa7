//! How far claims have got, as Asterisk itself knows it: a global variable there holds the highest serial of a claim whose
//! Originate may have come in. It is set on the way to the Originates, in the same session and before them, so a claim with a
//! higher serial has never reached this Asterisk: whoever finds it later knows that no phone has rung.

use std::sync::{Mutex, PoisonError};

use ami::client::{ActionError, Client, Session};
use ami::{InvalidHeader, Message};
use engine::store_id::StoreId;

/// What the variable's ActionIDs begin with.
pub(super) const ACTION_ID: &str = "reached-";

pub(super) struct Reached {
    client: Client,
    variable: String,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// The session that was told, and the serial.
    session: Option<Session>,
    serial: u64,
    /// The highest serial that may be sent soon: one word serves all claims up to it.
    expected: u64,
}

impl Reached {
    pub(super) fn new(client: Client, store: StoreId) -> Self {
        Self { client, variable: format!("OUTBOUND_REACHED_{store}"), told: Mutex::default() }
    }

    /// Claims up to this serial may be sent from now on.
    pub(super) fn expect(&self, serial: u64) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.expected = told.expected.max(serial);
    }

    /// Sends the Originate of a claim, where this session was not told of its serial behind the word for it.
    pub(super) fn submit(&self, serial: u64, originate: &Message) -> Result<(), ActionError> {
        let session = self.client.session().ok_or(ActionError::NotConnected)?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.session != Some(session) || told.serial < serial {
            let upto = told.expected.max(serial);
            let word = Message::action("Setvar")
                .with("ActionID", format_args!("{ACTION_ID}{upto}"))?
                .with("Variable", &self.variable)?
                .with("Value", upto)?;
            self.client.submit_in(session, &word)?;
            (told.session, told.serial) = (Some(session), upto);
        }
        self.client.submit_in(session, originate)
    }

    /// What this session was told may not have been taken: the next Originate goes behind a word of its own.
    pub(super) fn forget(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).session = None;
    }

    /// What Asterisk says; `None` where it does not know or may not be asked. Where it may no longer be told, what it says is
    /// from a time when it could be, and older than the calls that have reached it since.
    pub(super) async fn ask(&self) -> Option<u64> {
        self.call(may_be_told().ok()?).await?;
        let response = self.call(Message::action("Getvar").with("Variable", &self.variable).ok()?).await?;
        response.text("Value").parse().ok()
    }

    async fn call(&self, action: Message) -> Option<Message> {
        self.client.call(action).await.ok().filter(Message::is_success)
    }
}

/// Sets nothing: an empty value is no variable. Asterisk refuses it to a user who may not set variables.
///
/// # Errors
/// Never: the name is ours.
pub fn may_be_told() -> Result<Message, InvalidHeader> {
    Message::action("Setvar").with("Variable", "OUTBOUND_CHECK").and_then(|action| action.with("Value", ""))
}
