//! The messages between a room and a dialer: one JSON object a line, in virtual time.
//!
//! Times are seconds since the start of the day. Unknown members and unknown kinds of events are ignored on both sides.

use serde::{Deserialize, Serialize};

/// The version of the protocol that is spoken here.
pub const VERSION: u32 = 1;

/// What a room says, one a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Message {
    /// A day begins; what was known of another day is forgotten. No answer.
    Start(Start),
    /// Something happened, or a tick has passed. Exactly one [`Answer`].
    Step(Step),
    /// The day is over. No answer.
    End(End),
}

/// What a dialer may know of the room beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`VERSION`].
    pub protocol: u32,
    /// The number of the day, from 0.
    #[serde(default)]
    pub rep: u32,
    /// Agents that may ever log in; who is there is told by events.
    #[serde(default)]
    pub seats: u32,
    /// The share of persons who answered that may find no agent, 0 to 1.
    #[serde(default = "defaults::abandon_cap")]
    pub abandon_cap: f64,
    /// Seconds for finding an agent, from the moment a call is offered.
    #[serde(default = "defaults::patience")]
    pub patience: f64,
    /// Seconds of ringing after which a call is given up.
    #[serde(default = "defaults::ring_timeout")]
    pub ring_timeout: f64,
    /// Calls that may be up at once; 0 is no limit.
    #[serde(default)]
    pub trunks: u32,
    /// Calls that may be placed in a second; 0 is no limit.
    #[serde(default)]
    pub cps: f64,
    /// Whether machines are detected before a call is offered.
    #[serde(default)]
    pub amd: bool,
    /// Seconds between steps when nothing happens.
    #[serde(default = "defaults::tick")]
    pub tick: f64,
}

/// The state of the room, and what changed since the last step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Step {
    /// Now.
    pub t: f64,
    /// In order of time, none later than `t`.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Agents who are free.
    #[serde(default)]
    pub idle: u32,
    /// Agents in talk.
    #[serde(default)]
    pub talk: u32,
    /// Agents in wrap-up.
    #[serde(default)]
    pub wrap: u32,
    /// Agents who are logged out or on a break.
    #[serde(default)]
    pub away: u32,
    /// Calls that were dialed and have neither ended nor been offered.
    #[serde(default)]
    pub inflight: u32,
    /// Calls that were offered and have found no agent yet.
    #[serde(default)]
    pub waiting: u32,
    /// Calls that may be placed now by the trunks; [`NO_LIMIT`] or any large number where they are not limited.
    #[serde(default = "defaults::lines_free")]
    pub lines_free: u32,
    /// The id that the next placed call gets; ids go up by one.
    #[serde(default)]
    pub next_call: u64,
}

/// `lines_free` in a room without a limit on trunks.
pub const NO_LIMIT: u32 = 1_000_000;

/// Something that happened at `t`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "e", rename_all = "lowercase")]
#[expect(missing_docs, reason = "t, agent and call are the same in all kinds: when, who, which call")]
pub enum Event {
    /// The agent is free from now on.
    Ready { t: f64, agent: u64 },
    /// The agent talks to the call.
    Talk { t: f64, agent: u64, call: u64 },
    /// The agent's call is over (after `talk` seconds); he writes up what it came to.
    Wrap { t: f64, agent: u64, call: u64, talk: f64, class: Class },
    /// The agent is on a break or logged out.
    Away { t: f64, agent: u64 },
    /// A call that was asked for has been placed.
    Dialed { t: f64, call: u64 },
    /// Somebody or something took the call.
    Answered { t: f64, call: u64 },
    /// The call was handed to the agents; with detection this is later than the answer.
    Offered { t: f64, call: u64 },
    /// The call found an agent, `waited` seconds after it was offered.
    Connected { t: f64, call: u64, agent: u64, waited: f64 },
    /// The call found no agent in time and is over.
    Abandoned { t: f64, call: u64 },
    /// The call is over without having been offered.
    Failed { t: f64, call: u64, why: Why },
    /// A kind that is not known here.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Whom the agent found on the line; without detection nobody knows it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// A person.
    Person,
    /// An answering machine.
    Machine,
}

/// Why a call was never offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// The line was busy.
    Busy,
    /// Nobody took it in time.
    NoAnswer,
    /// The detection took what answered for a machine.
    Machine,
    /// Anything else.
    #[serde(other)]
    Other,
}

/// The end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// Now.
    pub t: f64,
}

/// What a dialer answers to a step.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Calls to place now; fewer are placed where lines or rate run out.
    pub dial: u32,
    /// Why, in words, for whoever reads along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

mod defaults {
    pub(super) fn abandon_cap() -> f64 {
        0.03
    }
    pub(super) fn patience() -> f64 {
        2.0
    }
    pub(super) fn ring_timeout() -> f64 {
        25.0
    }
    pub(super) fn tick() -> f64 {
        0.5
    }
    pub(super) fn lines_free() -> u32 {
        super::NO_LIMIT
    }
}
