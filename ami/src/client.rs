//! A session with an Asterisk that reconnects by itself.
//!
//! One task owns the connection (`session`, with `login` at its start). A [`Client`] is a handle that may be
//! cloned: it writes actions and waits for their answers, which `pending` matches by `ActionID`. All else that
//! Asterisk says comes out of the channel of [`Incoming`], in the order of the wire.
//!
//! Nothing is kept for a later session: an action fails at once while there is none, because an Originate must not
//! be sent after a reconnect.

mod config;
mod flow;
mod halves;
mod link;
mod login;
mod pending;
mod session;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

pub use config::{Auth, ClientConfig, Filter};
pub use link::Session;
use link::{Link, new_action_id};
pub use pending::{List, MAX_LIST_ENTRIES};

use crate::codec::DecodeError;
use crate::message::{InvalidHeader, Message};

/// How many [`Incoming`] wait for a consumer that is late; then reading stops.
pub const INCOMING_CAPACITY: usize = 4096;

/// What the session tells, in the order in which it happened.
#[derive(Debug)]
pub enum Incoming {
    /// Logged in, filters set, Asterisk fully booted. Events follow.
    Up(Login),
    /// An event, except the entries of a [`Client::list`].
    Event(Message),
    /// The response to a submitted action, or one that nobody asked for; also the refusal of the session's own Ping.
    Response(Message),
    /// The session ended. Actions without an answer so far may or may not have been carried out.
    Down {
        /// Why, for people.
        reason: String,
    },
    /// Asterisk refused the login. It is tried again.
    LoginRefused {
        /// Asterisk's words.
        message: String,
    },
    /// Asterisk sent something that cannot be read; it was skipped.
    DecodeError(DecodeError),
}

/// What is known of a session that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The greeting line of Asterisk.
    pub banner: String,
    /// The filters that Asterisk refused, each with its words.
    pub filters_refused: Vec<String>,
    /// False where Asterisk took the filters, but does not look at names and headers of events: with a filter that has no text all
    /// events pass.
    pub filters_by_name: bool,
    /// Whether Asterisk said that it is fully booted. It does not say so to a user without read class `system`;
    /// then the session goes up after a few seconds without knowing.
    pub fully_booted: bool,
}

/// Why an action has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// There is no session; nothing was sent.
    #[error("not connected to Asterisk")]
    NotConnected,
    /// Too much waits to be written, or for an answer; nothing was sent.
    #[error("too many actions are under way")]
    Busy,
    /// No answer came in time; the action may or may not have been carried out.
    #[error("Asterisk did not answer in time")]
    TimedOut,
    /// Asterisk answered with an error.
    #[error("{0}")]
    Refused(String),
    /// The session ended first; the action may or may not have been carried out.
    #[error("the connection ended before the answer came")]
    Disconnected,
    /// A list had more entries than [`MAX_LIST_ENTRIES`].
    #[error("the list has too many entries")]
    TooManyEntries,
    /// The action cannot be sent.
    #[error(transparent)]
    Invalid(#[from] InvalidHeader),
}

/// A handle on the session. Clones lead to the same one.
#[derive(Clone)]
pub struct Client {
    link: Arc<Link>,
    /// Closed when the last handle is gone.
    _alive: mpsc::Sender<()>,
}

/// Starts a session with an Asterisk. It goes on until all handles and the receiver are dropped. Must be called in a
/// Tokio runtime.
pub fn connect(config: ClientConfig) -> (Client, mpsc::Receiver<Incoming>) {
    let (incoming, receiver) = mpsc::channel(INCOMING_CAPACITY);
    let (alive, handles) = mpsc::channel(1);
    let link = Arc::new(Link::new(config.action_timeout));
    tokio::spawn(session::run(config, Arc::clone(&link), incoming, handles));
    (Client { link, _alive: alive }, receiver)
}

impl Client {
    /// Has `told` called with how long each of the session's own Pings took, from when it was queued to when its answer was read.
    /// It must not wait. The first one that is set counts.
    pub fn set_on_pong(&self, told: impl Fn(std::time::Duration) + Send + Sync + 'static) {
        self.link.set_on_pong(Box::new(told));
    }

    /// Says how many calls are in flight there. While much comes of many, it is taken together every other millisecond; of few that would
    /// hold up the next ones.
    pub fn set_calls(&self, calls: u32) {
        self.link.set_calls(calls);
    }

    /// How many calls are in flight there, as was said last.
    pub fn calls(&self) -> u32 {
        self.link.calls()
    }

    /// Sends an action with an `ActionID` of our own and waits for its response, be it a success or an error. Do not
    /// wait in the task that empties the channel of [`Incoming`]: while that is full nothing is read.
    ///
    /// # Errors
    /// [`ActionError`]; never `Refused`.
    pub async fn call(&self, action: Message) -> Result<Message, ActionError> {
        let (id, action) = identified(action)?;
        let answer = self.link.call(id, &action)?;
        match timeout_at(self.deadline(), answer).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(ActionError::Disconnected),
            Err(_) => Err(ActionError::TimedOut),
        }
    }

    /// Sends an action that Asterisk answers with a list, and collects that.
    ///
    /// # Errors
    /// [`ActionError`]; `Refused` with Asterisk's words when the response is an error.
    pub async fn list(&self, action: Message) -> Result<List, ActionError> {
        let (id, action) = identified(action)?;
        let answer = self.link.list(id, &action)?;
        match timeout_at(self.deadline(), answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(ActionError::Disconnected),
            Err(_) => Err(ActionError::TimedOut),
        }
    }

    /// Sends an action as it is, never waiting. Its response comes as [`Incoming::Response`], before the events that
    /// the action causes.
    ///
    /// # Errors
    /// `NotConnected` or `Busy`; nothing was sent then.
    pub fn submit(&self, action: Message) -> Result<(), ActionError> {
        self.link.submit(&action)
    }

    /// The same for an action that belongs to one session: it is not sent in a later one.
    ///
    /// # Errors
    /// `NotConnected`, also where the session is another one by now, or `Busy`; nothing was sent then.
    pub fn submit_in(&self, session: Session, action: &Message) -> Result<(), ActionError> {
        self.link.submit_in(session, action)
    }

    /// The session that is up.
    pub fn session(&self) -> Option<Session> {
        self.link.session()
    }

    /// Whether a session is up.
    pub fn is_up(&self) -> bool {
        self.session().is_some()
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.link.action_timeout()
    }
}

/// Replaces any `ActionID` by one of our own.
fn identified(action: Message) -> Result<(u64, Message), ActionError> {
    let (number, id) = new_action_id();
    let mut sent = Message::new();
    for (name, value) in action.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("ActionID")) {
        sent.push(name, value)?;
    }
    sent.push_second("ActionID", &id);
    Ok((number, sent))
}
