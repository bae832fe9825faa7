//! The daemon's side of a session with one Asterisk: which dialplans are written, which lists were asked for and what has come of
//! them. It does what `asterisk/link.rs` and `asterisk/dialplan.rs` do over a connection; what is said there goes through the same
//! [`actions`] and [`translate`].

use std::collections::BTreeMap;

use ami::Message;
use ami::client::ActionError;
use engine::PbxInput;
use engine::input::QueueEvent;
use engine::model::{DialMode, Plan};
use engine::preview::HOLDING;
use engine::time::Mono;
use uuid::Uuid;

use super::rows::STORE;
use crate::asterisk::actions::{self, Step};
use crate::asterisk::reached::may_be_told;
use crate::asterisk::translate::{self, QueueConfig};

/// The session with one Asterisk.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Its number, where it is up.
    pub(super) session: Option<u64>,
    /// Connections tried since the last that stood.
    pub(super) tries: u32,
    /// When it came up, and whether its channels were listed since.
    since: Mono,
    pub(super) compared: bool,
    /// A list of channels that has not reached the driver yet: it does when the next session stands, or after a while.
    pub(super) held: Option<PbxInput>,
    written: BTreeMap<Uuid, Vec<Step>>,
    /// The highest serial that any session was told, and whether this one was told (`asterisk/reached.rs`).
    told: u64,
    is_told: bool,
    asked: BTreeMap<u64, Asked>,
    next: u64,
    /// Queue events since a list of queues was asked for; `None`: none is under way.
    meanwhile: Option<Vec<QueueEvent>>,
    /// Originates that wait for a session; only where that rule is broken.
    pub(super) kept: Vec<Message>,
}

#[derive(Debug)]
enum Asked {
    MayBeTold { at: Mono },
    Reached { at: Mono },
    Channels { at: Mono, reached: Option<u64>, entries: Vec<Message> },
    Config,
    Queues { config: QueueConfig, entries: Vec<Message> },
}

/// What an answer came to.
#[derive(Debug)]
pub(super) enum Answer {
    Nothing,
    /// Inputs for the engine, in order.
    Inputs(Vec<PbxInput>),
    /// The next action of what is under way, and its number.
    Next(u64, Message),
    /// The channels are to be asked for again, after a while.
    ChannelsAgain,
    /// The same with the queues.
    QueuesAgain,
}

type Sent = Result<Vec<Message>, ActionError>;

impl Link {
    /// A session stands.
    pub(super) fn up(&mut self, session: u64, now: Mono) {
        (self.session, self.tries) = (Some(session), 0);
        (self.since, self.compared) = (now, false);
        self.written.clear();
        self.is_told = false;
        self.meanwhile = None;
    }

    pub(super) fn down(&mut self) {
        self.session = None;
        self.meanwhile = None;
        self.asked.clear();
    }

    pub(super) fn is_up(&self) -> bool {
        self.session.is_some()
    }

    /// What writes the dialplan of a plan, unless just this is written.
    pub(super) fn ensure(&mut self, plan: &Plan) -> Sent {
        let mut sent = Vec::new();
        if plan.dial_mode == DialMode::Desktop {
            self.ensure_steps(HOLDING, actions::holding(), &mut sent)?;
        }
        self.ensure_steps(plan.uuid, actions::dialplan(plan), &mut sent)?;
        Ok(sent)
    }

    fn ensure_steps(
        &mut self,
        extension: Uuid,
        steps: Vec<Step>,
        sent: &mut Vec<Message>,
    ) -> Result<(), ActionError> {
        if self.written.get(&extension) == Some(&steps) {
            return Ok(());
        }
        if self.session.is_none() {
            return Err(ActionError::NotConnected);
        }
        write(extension, &steps, sent)?;
        self.written.insert(extension, steps);
        Ok(())
    }

    /// Nothing counts as written any more.
    pub(super) fn forget(&mut self) {
        self.written.clear();
    }

    /// Everything once more that was written.
    pub(super) fn restore(&mut self) -> Vec<Message> {
        let mut sent = Vec::new();
        let written = self.written.iter().try_for_each(|(plan, steps)| write(*plan, steps, &mut sent));
        if written.is_err() {
            self.written.clear();
        }
        sent
    }

    pub(super) fn remove(&mut self, plan: Uuid) -> Option<Message> {
        self.written.remove(&plan);
        actions::dialplan_remove(plan).ok().filter(|_| self.is_up())
    }

    /// Asks for all channels.
    pub(super) fn ask_channels(&mut self, at: Mono) -> (u64, Message) {
        match may_be_told() {
            Ok(action) => self.ask(action, Asked::MayBeTold { at }),
            Err(_) => self.ask(list(), Asked::Channels { at, reached: None, entries: Vec::new() }),
        }
    }

    /// Asks how far claims may have got.
    fn ask_reached(&mut self, at: Mono) -> Answer {
        let mut action = Message::action("Getvar");
        action.push_lossy("Variable", &variable());
        let (number, action) = self.ask(action, Asked::Reached { at });
        Answer::Next(number, action)
    }

    /// Behind the word for how far claims may have got.
    fn list_channels(&mut self, at: Mono, reached: Option<u64>) -> Answer {
        let channels = Asked::Channels { at, reached, entries: Vec::new() };
        let (number, action) = self.ask(list(), channels);
        Answer::Next(number, action)
    }

    /// What is sent before the Originate of a claim: the word that it may have reached Asterisk. No session is told less than the one
    /// before.
    pub(super) fn word_for(&mut self, serial: u64) -> Option<Message> {
        if self.is_told && self.told >= serial {
            return None;
        }
        (self.is_told, self.told) = (true, self.told.max(serial));
        let mut word = Message::action("Setvar");
        word.push_lossy("ActionID", &format!("reached-{}", self.told));
        word.push_lossy("Variable", &variable());
        word.push_lossy("Value", &self.told.to_string());
        Some(word)
    }

    /// Asks for the queues, which begins with their config; `None` where that is under way.
    pub(super) fn ask_queues(&mut self) -> Option<(u64, Message)> {
        let config = actions::queue_config().ok().filter(|_| self.meanwhile.is_none() && self.is_up())?;
        self.meanwhile = Some(Vec::new());
        Some(self.ask(config, Asked::Config))
    }

    fn ask(&mut self, mut action: Message, asked: Asked) -> (u64, Message) {
        self.next += 1;
        action.push_lossy("ActionID", &format!("asked-{}", self.next));
        self.asked.insert(self.next, asked);
        (self.next, action)
    }

    /// A list of channels that was asked for then reaches the engine.
    pub(super) fn compares(&mut self, asked: Mono) {
        self.compared |= self.is_up() && asked >= self.since;
    }

    /// A queue has changed. What a list says that is under way is older.
    pub(super) fn note(&mut self, event: &QueueEvent) {
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile.push(event.clone());
        }
    }

    /// An answer to what was asked here.
    pub(super) fn answer(&mut self, message: &Message) -> Answer {
        let number = message.action_id().and_then(|id| id.strip_prefix("asked-")?.parse().ok());
        let Some((number, asked)) = number.and_then(|n| Some((n, self.asked.get_mut(&n)?))) else {
            return Answer::Nothing;
        };
        match asked {
            Asked::MayBeTold { at } => {
                let at = *at;
                self.asked.remove(&number);
                let may = message.is_success();
                return if may { self.ask_reached(at) } else { self.list_channels(at, None) };
            }
            Asked::Reached { at } => {
                let (at, says) = (*at, message.text("Value").parse());
                let reached = says.ok().filter(|_| message.is_success());
                self.asked.remove(&number);
                return self.list_channels(at, reached);
            }
            Asked::Config => {
                let config = translate::queue_config(message);
                self.asked.remove(&number);
                let queues = Asked::Queues { config, entries: Vec::new() };
                let (number, action) = self.ask(Message::action("QueueStatus"), queues);
                return Answer::Next(number, action);
            }
            Asked::Channels { entries, .. } | Asked::Queues { entries, .. } => {
                if message.text("EventList") != "Complete" {
                    if message.event_name().is_some() {
                        entries.push(message.clone());
                    }
                    return Answer::Nothing;
                }
            }
        }
        match self.asked.remove(&number) {
            Some(Asked::Channels { at, reached, entries }) => {
                let up = translate::channels(&entries);
                Answer::Inputs(vec![PbxInput::Channels { asked: at, up, reached }])
            }
            Some(Asked::Queues { config, entries }) => {
                let mut inputs = vec![PbxInput::Queues(translate::queues(&entries, &config))];
                inputs.extend(self.meanwhile.take().into_iter().flatten().map(PbxInput::Queue));
                Answer::Inputs(inputs)
            }
            Some(Asked::Config | Asked::MayBeTold { .. } | Asked::Reached { .. }) | None => Answer::Nothing,
        }
    }

    /// No answer has come in time.
    pub(super) fn unanswered(&mut self, number: u64) -> Answer {
        match self.asked.remove(&number) {
            None => Answer::Nothing,
            Some(Asked::MayBeTold { at } | Asked::Reached { at }) => self.list_channels(at, None),
            Some(Asked::Channels { .. }) => Answer::ChannelsAgain,
            Some(Asked::Config) => {
                let queues = Asked::Queues { config: QueueConfig::default(), entries: Vec::new() };
                let (number, action) = self.ask(Message::action("QueueStatus"), queues);
                Answer::Next(number, action)
            }
            Some(Asked::Queues { .. }) => {
                self.meanwhile = None;
                Answer::QueuesAgain
            }
        }
    }
}

/// Asks for all channels.
fn list() -> Message {
    Message::action("CoreShowChannels")
}

/// The variable in which an Asterisk keeps how far claims may have got.
fn variable() -> String {
    format!("OUTBOUND_REACHED_{STORE}")
}

/// The last step first, as the daemon does it.
fn write(plan: Uuid, steps: &[Step], sent: &mut Vec<Message>) -> Result<(), ActionError> {
    for (at, step) in steps.iter().enumerate().rev() {
        sent.push(actions::dialplan_step(plan, at + 1, step)?);
    }
    Ok(())
}
