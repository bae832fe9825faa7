//! Which answer belongs to which caller, by the number in the `ActionID`.
//!
//! An entry stays until its answer has come, also when the caller stopped waiting, so that a late answer is not taken
//! for something new.

use std::collections::HashMap;

use tokio::sync::oneshot;

use super::ActionError;
use crate::message::Message;

/// Entries of one list.
pub const MAX_LIST_ENTRIES: usize = 100_000;
/// Actions that wait for their answers.
const MAX_PENDING: usize = 100_000;

/// The whole answer of a list action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The response at its start.
    pub response: Message,
    /// The events between response and end.
    pub entries: Vec<Message>,
    /// The event at its end; empty where the response announced no list.
    pub complete: Message,
}

#[derive(Default)]
pub(super) struct Pending {
    entries: HashMap<u64, Waiting>,
}

enum Waiting {
    Response(oneshot::Sender<Message>),
    List(ListWaiting),
}

struct ListWaiting {
    answer: Option<oneshot::Sender<Result<List, ActionError>>>,
    response: Option<Message>,
    entries: Vec<Message>,
}

/// What became of a message.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Somebody waited for it.
    Taken,
    /// Nobody did.
    Foreign(Message),
}

impl Pending {
    pub(super) fn call(&mut self, id: u64) -> Result<oneshot::Receiver<Message>, ActionError> {
        let (sender, receiver) = oneshot::channel();
        self.insert(id, Waiting::Response(sender))?;
        Ok(receiver)
    }

    pub(super) fn list(
        &mut self,
        id: u64,
    ) -> Result<oneshot::Receiver<Result<List, ActionError>>, ActionError> {
        let (sender, receiver) = oneshot::channel();
        let waiting = ListWaiting { answer: Some(sender), response: None, entries: Vec::new() };
        self.insert(id, Waiting::List(waiting))?;
        Ok(receiver)
    }

    fn insert(&mut self, id: u64, waiting: Waiting) -> Result<(), ActionError> {
        if self.entries.len() >= MAX_PENDING {
            return Err(ActionError::Busy);
        }
        self.entries.insert(id, waiting);
        Ok(())
    }

    /// Hands on a message with that number in its `ActionID`.
    pub(super) fn dispatch(&mut self, id: u64, message: Message) -> Verdict {
        // OriginateResponse, an event, has a Response header too, so ask for Event first.
        let is_event = message.event_name().is_some();
        match self.entries.get_mut(&id) {
            Some(Waiting::List(list)) => {
                let done = if is_event { list.add(message) } else { list.begin(message) };
                if done {
                    self.entries.remove(&id);
                }
                Verdict::Taken
            }
            Some(Waiting::Response(_)) if !is_event => {
                if let Some(Waiting::Response(sender)) = self.entries.remove(&id) {
                    let _ = sender.send(message);
                }
                Verdict::Taken
            }
            Some(Waiting::Response(_)) | None => Verdict::Foreign(message),
        }
    }
}

impl ListWaiting {
    /// The response; true when no list follows.
    fn begin(&mut self, response: Message) -> bool {
        if !response.is_success() {
            self.finish(Err(ActionError::Refused(response.text("Message").to_owned())));
            return true;
        }
        if !response.text("EventList").eq_ignore_ascii_case("start") {
            let list = List { response, entries: Vec::new(), complete: Message::new() };
            self.finish(Ok(list));
            return true;
        }
        self.response = Some(response);
        false
    }

    /// An event of the list; true when it is the last.
    fn add(&mut self, event: Message) -> bool {
        let end = event.text("EventList");
        if end.eq_ignore_ascii_case("Complete") || end.eq_ignore_ascii_case("cancelled") {
            let entries = std::mem::take(&mut self.entries);
            let response = self.response.take().unwrap_or_default();
            self.finish(Ok(List { response, entries, complete: event }));
            return true;
        }
        if self.answer.as_ref().is_none_or(oneshot::Sender::is_closed) {
            self.entries = Vec::new();
        } else if self.entries.len() >= MAX_LIST_ENTRIES {
            self.finish(Err(ActionError::TooManyEntries));
            self.entries = Vec::new();
        } else {
            self.entries.push(event);
        }
        false
    }

    fn finish(&mut self, answer: Result<List, ActionError>) {
        if let Some(sender) = self.answer.take() {
            let _ = sender.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Message {
        Message::response("Success").with("EventList", "start").unwrap()
    }

    fn complete() -> Message {
        Message::event("ListComplete").with("EventList", "Complete").unwrap()
    }

    #[test]
    fn an_event_with_the_id_of_a_call_is_not_its_answer() {
        let mut pending = Pending::default();
        let mut answer = pending.call(1).unwrap();
        let event = Message::event("OriginateResponse").with("Response", "Failure").unwrap();
        assert!(matches!(pending.dispatch(1, event), Verdict::Foreign(_)));
        assert!(answer.try_recv().is_err());
        assert!(matches!(pending.dispatch(1, start()), Verdict::Taken));
        assert_eq!(answer.try_recv(), Ok(start()));
        assert!(matches!(pending.dispatch(1, start()), Verdict::Foreign(_)));
    }

    #[test]
    fn a_list_without_a_waiting_caller_is_still_swallowed() {
        let mut pending = Pending::default();
        drop(pending.list(1).unwrap());
        for message in [start(), Message::event("Entry"), complete()] {
            assert!(matches!(pending.dispatch(1, message), Verdict::Taken));
        }
        assert!(pending.entries.is_empty());
    }

    #[test]
    fn a_list_that_is_too_long_is_given_up() {
        let mut pending = Pending::default();
        let mut answer = pending.list(1).unwrap();
        pending.dispatch(1, start());
        for _ in 0..=MAX_LIST_ENTRIES {
            pending.dispatch(1, Message::event("Entry"));
        }
        assert_eq!(answer.try_recv(), Ok(Err(ActionError::TooManyEntries)));
        assert!(matches!(pending.dispatch(1, complete()), Verdict::Taken));
        assert!(matches!(pending.dispatch(1, Message::event("Entry")), Verdict::Foreign(_)));
    }

    #[test]
    fn a_success_that_announces_no_list_is_an_empty_list() {
        let mut pending = Pending::default();
        let mut answer = pending.list(1).unwrap();
        pending.dispatch(1, Message::response("Success"));
        let list = answer.try_recv().unwrap().unwrap();
        assert!(list.entries.is_empty() && list.complete.is_empty());
    }
}
