//! What handles and the session's task share: octets to write and answers that are waited for.
//!
//! Handles encode straight into the octets, so the order of the calls is the order on the wire, and many small
//! actions go in one write.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use super::ActionError;
use super::pending::{List, Pending, Verdict};
use crate::message::Message;

/// Octets that may wait to be written.
const MAX_UNWRITTEN: usize = 1 << 20;

/// What comes before the number in the `ActionID`s of this process. They must be unique for ever, because
/// OriginateResponse goes to every session, also to those of an earlier life of this process.
static PREFIX: LazyLock<String> = LazyLock::new(|| format!("{:016x}-", rand::random::<u64>()));
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A fresh `ActionID`: its number and its text.
pub(super) fn new_action_id() -> (u64, String) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    (number, format!("{}{number}", *PREFIX))
}

/// The number in an `ActionID` of ours.
pub(super) fn number_of(action_id: &str) -> Option<u64> {
    action_id.strip_prefix(PREFIX.as_str())?.parse().ok()
}

/// One session of a client, from its login to its end: no other is equal to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session(u64);

pub(super) struct Link {
    state: Mutex<State>,
    sessions: AtomicU64,
    calls: AtomicU32,
    unwritten: Notify,
    action_timeout: Duration,
    on_pong: OnceLock<OnPong>,
}

/// Told how long a Ping took.
type OnPong = Box<dyn Fn(Duration) + Send + Sync>;

#[derive(Default)]
struct State {
    up: Option<Session>,
    octets: Vec<u8>,
    pending: Pending,
    /// The Ping whose answer is awaited.
    ping: Option<u64>,
    /// When the last Ping was queued.
    pinged: Option<Instant>,
}

impl Link {
    pub(super) fn new(action_timeout: Duration) -> Self {
        Self {
            state: Mutex::default(),
            sessions: AtomicU64::new(0),
            calls: AtomicU32::new(0),
            unwritten: Notify::new(),
            action_timeout,
            on_pong: OnceLock::new(),
        }
    }

    /// The first one that is set counts.
    pub(super) fn set_on_pong(&self, told: OnPong) {
        let _ = self.on_pong.set(told);
    }

    pub(super) fn set_calls(&self, calls: u32) {
        self.calls.store(calls, Ordering::Relaxed);
    }

    pub(super) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(super) fn action_timeout(&self) -> Duration {
        self.action_timeout
    }

    pub(super) fn session(&self) -> Option<Session> {
        self.lock().up
    }

    pub(super) fn submit(&self, action: &Message) -> Result<(), ActionError> {
        self.send(None, action, |_| Ok(()))
    }

    pub(super) fn submit_in(&self, session: Session, action: &Message) -> Result<(), ActionError> {
        self.send(Some(session), action, |_| Ok(()))
    }

    pub(super) fn call(&self, id: u64, action: &Message) -> Result<oneshot::Receiver<Message>, ActionError> {
        self.send(None, action, |pending| pending.call(id))
    }

    pub(super) fn list(
        &self,
        id: u64,
        action: &Message,
    ) -> Result<oneshot::Receiver<Result<List, ActionError>>, ActionError> {
        self.send(None, action, |pending| pending.list(id))
    }

    /// The session's own Ping. It goes however much waits to be written: all of that is answered before it.
    pub(super) fn ping(&self) {
        let (id, text) = new_action_id();
        let mut action = Message::action("Ping");
        action.push_lossy("ActionID", &text);
        let mut state = self.lock();
        state.ping = Some(id);
        state.pinged = Some(Instant::now());
        action.encode(&mut state.octets);
        drop(state);
        self.unwritten.notify_one();
    }

    /// Whether the last Ping waits for its answer.
    pub(super) fn awaits_pong(&self) -> bool {
        self.lock().ping.is_some()
    }

    /// `session`: the only one in which it may be sent.
    fn send<T>(
        &self,
        session: Option<Session>,
        action: &Message,
        register: impl FnOnce(&mut Pending) -> Result<T, ActionError>,
    ) -> Result<T, ActionError> {
        let mut state = self.lock();
        if state.up.is_none() || session.is_some() && state.up != session {
            return Err(ActionError::NotConnected);
        }
        if state.octets.len() >= MAX_UNWRITTEN {
            return Err(ActionError::Busy);
        }
        let registered = register(&mut state.pending)?;
        action.encode(&mut state.octets);
        drop(state);
        self.unwritten.notify_one();
        Ok(registered)
    }

    /// Hands a message to whoever waits for it.
    pub(super) fn dispatch(&self, message: Message) -> Verdict {
        let Some(id) = message.action_id().and_then(number_of) else { return Verdict::Foreign(message) };
        let mut state = self.lock();
        if state.ping == Some(id) {
            state.ping = None;
            if let (Some(pinged), Some(told)) = (state.pinged.take(), self.on_pong.get()) {
                told(pinged.elapsed());
            }
            // One that is refused is news: Asterisk waits for its last calls to stop, and refuses everything.
            return if message.is_success() { Verdict::Taken } else { Verdict::Foreign(message) };
        }
        state.pending.dispatch(id, message)
    }

    /// Takes what is to be written, waiting for something. May be cancelled.
    pub(super) async fn take_octets(&self, into: &mut Vec<u8>) {
        loop {
            into.clear();
            std::mem::swap(into, &mut self.lock().octets);
            if !into.is_empty() {
                return;
            }
            self.unwritten.notified().await;
        }
    }

    /// From now on actions are taken.
    pub(super) fn set_up(&self) {
        self.lock().up = Some(Session(self.sessions.fetch_add(1, Ordering::Relaxed)));
    }

    /// From now on actions are refused; what was not written or answered is dropped, and its callers hear of it.
    pub(super) fn set_down(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(text: &str) -> Message {
        Message::action("Originate").with("ActionID", text).unwrap()
    }

    #[tokio::test]
    async fn actions_go_in_the_order_of_the_calls_in_one_piece() {
        let link = Link::new(Duration::from_secs(1));
        link.set_up();
        let mut wanted = Vec::new();
        for number in 0..100 {
            link.submit(&action(&number.to_string())).unwrap();
            action(&number.to_string()).encode(&mut wanted);
        }
        let mut octets = Vec::new();
        link.take_octets(&mut octets).await;
        assert_eq!(octets, wanted);
    }

    #[tokio::test]
    async fn nothing_is_kept_for_a_later_session() {
        let link = Link::new(Duration::from_secs(1));
        assert_eq!(link.submit(&action("1")), Err(ActionError::NotConnected));
        link.set_up();
        link.submit(&action("2")).unwrap();
        let answer = link.call(3, &action("3")).unwrap();
        link.set_down();
        assert!(answer.await.is_err());
        assert_eq!(link.submit(&action("4")), Err(ActionError::NotConnected));
        link.set_up();
        link.submit(&action("5")).unwrap();
        let (mut octets, mut wanted) = (Vec::new(), Vec::new());
        link.take_octets(&mut octets).await;
        action("5").encode(&mut wanted);
        assert_eq!(octets, wanted);
    }

    #[test]
    fn what_is_meant_for_one_session_is_not_sent_in_another() {
        let link = Link::new(Duration::from_secs(1));
        link.set_up();
        let first = link.session().unwrap();
        link.submit_in(first, &action("1")).unwrap();
        link.set_down();
        assert_eq!(link.submit_in(first, &action("2")), Err(ActionError::NotConnected));
        link.set_up();
        assert_eq!(link.submit_in(first, &action("3")), Err(ActionError::NotConnected));
        assert_ne!(link.session(), Some(first));
    }

    #[test]
    fn what_waits_to_be_written_is_bounded() {
        let link = Link::new(Duration::from_secs(1));
        link.set_up();
        let long = action(&"x".repeat(1000));
        let taken = (0..10_000).take_while(|_| link.submit(&long).is_ok()).count();
        assert!((1000..1100).contains(&taken), "{taken}");
        assert_eq!(link.submit(&long), Err(ActionError::Busy));
    }

    #[tokio::test]
    async fn a_ping_goes_also_where_nothing_else_may_and_its_answer_is_swallowed_unless_it_is_a_refusal() {
        let link = Link::new(Duration::from_secs(1));
        link.set_up();
        let long = action(&"x".repeat(1000));
        while link.submit(&long).is_ok() {}
        link.ping();
        assert!(link.awaits_pong());
        let mut octets = Vec::new();
        link.take_octets(&mut octets).await;
        let text = String::from_utf8_lossy(&octets).into_owned();
        let (_, ping) = text.split_once("Action: Ping\r\nActionID: ").unwrap();
        let pong = Message::response("Success").with("ActionID", ping.trim_end()).unwrap();
        assert!(matches!(link.dispatch(pong), Verdict::Taken));
        assert!(!link.awaits_pong());
        link.ping();
        link.take_octets(&mut octets).await;
        let text = String::from_utf8_lossy(&octets).into_owned();
        let id = text.trim_end().strip_prefix("Action: Ping\r\nActionID: ").unwrap();
        let refusal = Message::response("Error").with("ActionID", id).unwrap();
        assert!(matches!(link.dispatch(refusal), Verdict::Foreign(_)));
        assert!(!link.awaits_pong());
    }

    #[test]
    fn our_action_ids_are_known_and_all_differ() {
        let ((one, text), (other, _)) = (new_action_id(), new_action_id());
        assert_ne!(one, other);
        assert_eq!(number_of(&text), Some(one));
        assert_eq!(number_of("o-1"), None);
        assert_eq!(number_of(""), None);
    }
}
