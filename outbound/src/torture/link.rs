//! The daemon's side of a session with one Asterisk: which dialplans are written, which lists were asked for and what has come of
//! them. It does what `asterisk/link.rs` and `asterisk/dialplan.rs` do over a connection; what is said there goes through the same
//! [`actions`] and [`translate`].

use std::collections::{BTreeMap, BTreeSet};

use ami::Message;
use ami::client::ActionError;
use engine::PbxInput;
use engine::broken::{Rule, is_broken};
use engine::input::{ChannelUp, QueueEvent};
use engine::model::{DialMode, Plan};
use engine::preview::HOLDING;
use engine::time::Mono;
use uuid::Uuid;

use super::rows::STORE;
use crate::asterisk::actions::{self, Step};
use crate::asterisk::reached::{Marks, never_came};
use crate::asterisk::translate::{self, QueueConfig};

const MARKS: Marks = Marks(STORE);

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
    /// The highest serial of a claim that may have been sent, and whether the beginning is known to be set in this session
    /// (`asterisk/reached.rs`).
    highest: u64,
    has_beginning: bool,
    /// Calls of which nothing was heard when the channels were asked for last.
    unheard: Vec<(Uuid, u64)>,
    asked: BTreeMap<u64, Asked>,
    next: u64,
    /// Queue events since a list of queues was asked for; `None`: none is under way.
    meanwhile: Option<Vec<QueueEvent>>,
    /// Originates that wait for a session; only where that rule is broken.
    pub(super) kept: Vec<Message>,
}

#[derive(Debug)]
enum Asked {
    Channels {
        at: Mono,
        entries: Vec<Message>,
    },
    /// Behind the list of channels: from which serial on marks are left.
    Beginning(Listed),
    /// That it is set from now on.
    Begun(Listed),
    /// What the place of the call holds that is the last of these.
    Place(Listed, u64, Vec<(Uuid, u64)>),
    Config,
    Queues {
        config: QueueConfig,
        entries: Vec<Message>,
    },
}

/// What is known of the channels.
#[derive(Debug)]
struct Listed {
    at: Mono,
    up: BTreeMap<Uuid, ChannelUp>,
    unreached: BTreeSet<Uuid>,
}

impl Listed {
    fn input(self) -> Answer {
        let Self { at, up, unreached } = self;
        Answer::Inputs(vec![PbxInput::Channels { asked: at, up, unreached }])
    }
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
        self.has_beginning = false;
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

    /// Earlier processes may have given claims serials up to this one.
    pub(super) fn new(last_serial: u64) -> Self {
        Self { highest: last_serial, ..Self::default() }
    }

    /// Asks for all channels, and then whether those of these calls have come that have none; again for the same calls, where
    /// none are given.
    pub(super) fn ask_channels(&mut self, at: Mono, unheard: Option<Vec<(Uuid, u64)>>) -> (u64, Message) {
        self.unheard = unheard.unwrap_or_else(|| std::mem::take(&mut self.unheard));
        self.ask(Message::action("CoreShowChannels"), Asked::Channels { at, entries: Vec::new() })
    }

    /// Behind a list of channels: from which serial on does this life of Asterisk know?
    fn ask_beginning(&mut self, listed: Listed) -> Answer {
        self.then(getvar(MARKS.beginning()), Asked::Beginning(listed))
    }

    /// What the beginning is: calls after it are asked for, one by one. Where there is none, it is now.
    fn has_begun(&mut self, listed: Listed, beginning: Option<u64>) -> Answer {
        let Some(beginning) = beginning else {
            if std::mem::replace(&mut self.has_beginning, true) {
                return listed.input();
            }
            return match MARKS.begin(self.highest) {
                Ok(action) => self.then(action, Asked::Begun(listed)),
                Err(_) => listed.input(),
            };
        };
        self.has_beginning = true;
        let known = |(uuid, serial): &(Uuid, u64)| !listed.up.contains_key(uuid) && *serial > beginning;
        let calls = self.unheard.iter().copied().filter(known).collect();
        self.ask_place(listed, beginning, calls)
    }

    fn ask_place(&mut self, listed: Listed, beginning: u64, calls: Vec<(Uuid, u64)>) -> Answer {
        match calls.last() {
            Some((_, serial)) => {
                self.then(getvar(MARKS.place(*serial)), Asked::Place(listed, beginning, calls))
            }
            None => listed.input(),
        }
    }

    fn then(&mut self, action: Message, asked: Asked) -> Answer {
        let (number, action) = self.ask(action, asked);
        Answer::Next(number, action)
    }

    /// The Originate of a claim with its mark, and what is sent before it where this session does not know the beginning.
    pub(super) fn marked(&mut self, serial: u64, originate: &mut Message) -> Option<Message> {
        if !is_broken(Rule::MarkNotLeft) {
            originate.push_lossy("Variable", &MARKS.mark(serial));
        }
        let begin = MARKS.begin(self.highest.max(serial.saturating_sub(1))).ok();
        self.highest = self.highest.max(serial);
        begin.filter(|_| !std::mem::replace(&mut self.has_beginning, true))
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
            Asked::Beginning(_) | Asked::Begun(_) | Asked::Place(..) => {
                let asked = self.asked.remove(&number);
                return asked.map_or(Answer::Nothing, |asked| self.answered(asked, message));
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
            Some(Asked::Channels { at, entries }) => {
                let up = translate::channels(&entries);
                self.ask_beginning(Listed { at, up, unreached: BTreeSet::new() })
            }
            Some(Asked::Queues { config, entries }) => {
                let mut inputs = vec![PbxInput::Queues(translate::queues(&entries, &config))];
                inputs.extend(self.meanwhile.take().into_iter().flatten().map(PbxInput::Queue));
                Answer::Inputs(inputs)
            }
            Some(Asked::Config | Asked::Beginning(_) | Asked::Begun(_) | Asked::Place(..)) | None => {
                Answer::Nothing
            }
        }
    }

    /// An answer to what is asked behind a list of channels.
    fn answered(&mut self, asked: Asked, message: &Message) -> Answer {
        match asked {
            Asked::Beginning(listed) if message.is_success() => {
                self.has_begun(listed, message.text("Value").parse().ok())
            }
            Asked::Place(mut listed, beginning, mut calls) => {
                let place = message.text("Value");
                let call = calls.pop().filter(|_| message.is_success());
                let never = call.filter(|(_, serial)| never_came(*serial, Some(beginning), place));
                listed.unreached.extend(never.map(|(uuid, _)| uuid));
                self.ask_place(listed, beginning, calls)
            }
            Asked::Beginning(listed) | Asked::Begun(listed) => listed.input(),
            Asked::Channels { .. } | Asked::Config | Asked::Queues { .. } => Answer::Nothing,
        }
    }

    /// No answer has come in time.
    pub(super) fn unanswered(&mut self, number: u64) -> Answer {
        match self.asked.remove(&number) {
            None => Answer::Nothing,
            Some(Asked::Beginning(listed) | Asked::Begun(listed)) => listed.input(),
            Some(Asked::Place(listed, beginning, mut calls)) => {
                calls.pop();
                self.ask_place(listed, beginning, calls)
            }
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

fn getvar(variable: String) -> Message {
    let mut action = Message::action("Getvar");
    action.push_lossy("Variable", &variable);
    action
}

/// The last step first, as the daemon does it.
fn write(plan: Uuid, steps: &[Step], sent: &mut Vec<Message>) -> Result<(), ActionError> {
    for (at, step) in steps.iter().enumerate().rev() {
        sent.push(actions::dialplan_step(plan, at + 1, step)?);
    }
    Ok(())
}
