//! Channels: what one is, the store of those that are up, and the headers that describe one in an event.

use crate::plan::Plan;
use crate::time::{Time, TimerId};
use ami::Message;
use std::collections::{BTreeMap, HashMap};

/// Names a channel for the model; never used again, so that what is late finds nothing.
pub(crate) type Key = u64;

/// `ChannelState`: 0 down, 4 ring, 5 ringing, 6 up, 7 busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Down,
    Ring,
    Ringing,
    Up,
    Busy,
}

impl State {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Down => "0",
            Self::Ring => "4",
            Self::Ringing => "5",
            Self::Up => "6",
            Self::Busy => "7",
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Down => "Down",
            Self::Ring => "Ring",
            Self::Ringing => "Ringing",
            Self::Up => "Up",
            Self::Busy => "Busy",
        }
    }
}

/// What an Originate asked for, until its OriginateResponse is out.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) action_id: Option<String>,
    pub(crate) requested: String,
    pub(crate) target: Target,
    pub(crate) answered_response_due: bool,
}

/// Where an answered call goes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    Exten { context: String, exten: String, priority: u32 },
    App { app: String, data: String },
}

/// What a channel is there for.
#[derive(Debug)]
pub(crate) enum Role {
    /// The channel of an Originate that is not answered yet.
    Dialing,
    /// The same, answered: it runs the dialplan.
    InDialplan,
    /// The same, answered: it runs one application.
    InApplication,
    /// The `;2` half of a Local channel.
    FarHalf,
    /// The phone of an agent; `caller` is who called it.
    AgentLeg { caller: Key, device: usize, queue: String },
}

/// What the application of a channel waits for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Waits {
    Nothing,
    Time,
    Amd,
    Queue,
}

/// The timers that a channel can have, one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The next step of the other side.
    Far,
    /// The end of what the dialplan waits for.
    Near,
    /// The Timeout of the Originate.
    Timeout,
    /// An OriginateResponse that is late.
    Response,
    /// The next look for a member of the queue.
    Poll,
    /// The end of the time in the queue.
    Expire,
    /// An agent's phone: the answer, or the end of the talk.
    Agent,
}

const SLOTS: usize = 7;

/// A channel that is up.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) name: String,
    pub(crate) uniqueid: String,
    pub(crate) linkedid: String,
    pub(crate) device: String,
    pub(crate) state: State,
    pub(crate) cid: Party,
    pub(crate) line: Party,
    pub(crate) account: String,
    pub(crate) context: String,
    pub(crate) exten: String,
    pub(crate) priority: u32,
    pub(crate) app: String,
    pub(crate) data: String,
    pub(crate) vars: Vec<(String, String)>,
    pub(crate) since: Time,
    pub(crate) answered: Option<Time>,
    pub(crate) role: Role,
    pub(crate) waits: Waits,
    pub(crate) origin: Option<Box<Origin>>,
    pub(crate) plan: Option<Box<Plan>>,
    /// The other half of a Local channel.
    pub(crate) half: Option<Key>,
    /// The queue it waits in, and the leg that rings for it or talks to it.
    pub(crate) queued: Option<crate::queue::Place>,
    pub(crate) bridge: Option<String>,
    pub(crate) timers: [Option<TimerId>; SLOTS],
}

/// A number and a name; empty ones are shown as `<unknown>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) number: String,
    pub(crate) name: String,
}

/// `<unknown>` for what is empty, as in all events.
pub(crate) fn or_unknown(text: &str) -> &str {
    if text.is_empty() { "<unknown>" } else { text }
}

/// The header names of one channel in an event.
pub(crate) type Names = [&'static str; 14];

macro_rules! names {
    ($prefix:literal) => {
        [
            concat!($prefix, "Channel"),
            concat!($prefix, "ChannelState"),
            concat!($prefix, "ChannelStateDesc"),
            concat!($prefix, "CallerIDNum"),
            concat!($prefix, "CallerIDName"),
            concat!($prefix, "ConnectedLineNum"),
            concat!($prefix, "ConnectedLineName"),
            concat!($prefix, "Language"),
            concat!($prefix, "AccountCode"),
            concat!($prefix, "Context"),
            concat!($prefix, "Exten"),
            concat!($prefix, "Priority"),
            concat!($prefix, "Uniqueid"),
            concat!($prefix, "Linkedid"),
        ]
    };
}

pub(crate) const PLAIN: Names = names!("");
pub(crate) const DEST: Names = names!("Dest");
pub(crate) const LOCAL_ONE: Names = names!("LocalOne");
pub(crate) const LOCAL_TWO: Names = names!("LocalTwo");

impl Channel {
    /// A channel of this name and id that is down and knows nobody.
    pub(crate) fn new(name: String, uniqueid: String, linkedid: String, role: Role, since: Time) -> Self {
        Self {
            name,
            uniqueid,
            linkedid,
            device: String::new(),
            state: State::Down,
            cid: Party::default(),
            line: Party::default(),
            account: String::new(),
            context: String::new(),
            exten: "s".to_owned(),
            priority: 1,
            app: String::new(),
            data: String::new(),
            vars: Vec::new(),
            since,
            answered: None,
            role,
            waits: Waits::Nothing,
            origin: None,
            plan: None,
            half: None,
            queued: None,
            bridge: None,
            timers: [None; SLOTS],
        }
    }

    pub(crate) fn is_local(&self) -> bool {
        self.name.starts_with("Local/")
    }

    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.vars.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn set_var(&mut self, name: &str, value: &str) {
        match self.vars.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.vars.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Writes the fourteen headers that describe a channel.
    pub(crate) fn describe(&self, names: &Names, to: &mut Message) {
        let priority = Digits::of(u64::from(self.priority));
        let values: [&str; 14] = [
            &self.name,
            self.state.code(),
            self.state.text(),
            or_unknown(&self.cid.number),
            or_unknown(&self.cid.name),
            or_unknown(&self.line.number),
            or_unknown(&self.line.name),
            "en",
            &self.account,
            &self.context,
            &self.exten,
            priority.text(),
            &self.uniqueid,
            &self.linkedid,
        ];
        for (name, value) in names.iter().zip(values) {
            to.push_lossy(name, value);
        }
    }
}

/// A number as text, without an allocation.
pub(crate) struct Digits {
    bytes: [u8; 20],
    from: usize,
}

impl Digits {
    pub(crate) fn of(mut number: u64) -> Self {
        let mut digits = Self { bytes: [b'0'; 20], from: 20 };
        loop {
            digits.from -= 1;
            digits.bytes[digits.from] = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
            if number == 0 {
                return digits;
            }
        }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.from..]).unwrap_or_default()
    }
}

/// The channels that are up.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    up: BTreeMap<Key, Channel>,
    by_id: HashMap<String, Key>,
    by_name: HashMap<String, Key>,
    serial: Key,
}

impl Channels {
    pub(crate) fn add(&mut self, channel: Channel) -> Key {
        self.serial += 1;
        self.by_id.insert(channel.uniqueid.clone(), self.serial);
        self.by_name.insert(channel.name.clone(), self.serial);
        self.up.insert(self.serial, channel);
        self.serial
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<Channel> {
        let channel = self.up.remove(&key)?;
        self.by_id.remove(&channel.uniqueid);
        self.by_name.remove(&channel.name);
        Some(channel)
    }

    pub(crate) fn get(&self, key: Key) -> Option<&Channel> {
        self.up.get(&key)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Channel> {
        self.up.get_mut(&key)
    }

    /// The channel of this name or Uniqueid.
    pub(crate) fn find(&self, text: &str) -> Option<Key> {
        self.by_name.get(text).or_else(|| self.by_id.get(text)).copied()
    }

    pub(crate) fn id_in_use(&self, uniqueid: &str) -> bool {
        self.by_id.contains_key(uniqueid)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &Channel)> {
        self.up.iter().map(|(key, channel)| (*key, channel))
    }

    pub(crate) fn keys(&self) -> Vec<Key> {
        self.up.keys().copied().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.up.len()
    }
}
