//! What an Asterisk sends for one call: from captures of a real one, cut down to what the daemon's filters let through.

use ami::Message;
use ami::codec::{Decoder, LineEnd};
use anyhow::Context;
use engine::model::DialMode;
use uuid::Uuid;

use crate::rows::QUEUE;

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answered, in a campaign without agents.
    Answered,
    /// Busy, in the same campaign.
    Busy,
    /// Answered, and taken by an agent of the queue.
    Agent,
}

/// What differs between two calls, in the words of the captures.
struct Capture {
    raw: &'static [u8],
    id: &'static str,
    channel: &'static str,
}

/// The messages of one call, in their order.
#[derive(Debug)]
pub struct Script(Vec<Vec<Part>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The dialing's uuid.
    Id,
    /// The number of the customer's channel, hexadecimal.
    Channel,
    /// The number of the agent.
    Agent,
}

/// The events of our own channels, and the header with the channel's id: `filters` of `outbound/src/asterisk/actions.rs`.
const BY_ID: [(&str, &str); 4] = [
    ("Newchannel", "Uniqueid"),
    ("Hangup", "Uniqueid"),
    ("DialBegin", "DestUniqueid"),
    ("DialEnd", "DestUniqueid"),
];
const BY_NAME: [&str; 5] =
    ["OriginateResponse", "QueueCallerJoin", "QueueCallerLeave", "AgentCalled", "AgentConnect"];

impl Kind {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 3] = [Self::Answered, Self::Busy, Self::Agent];

    /// Its name on the command line and in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Busy => "busy",
            Self::Agent => "agent",
        }
    }

    /// The mode of the plan that makes such calls.
    pub fn dial_mode(self) -> DialMode {
        match self {
            Self::Answered | Self::Busy => DialMode::Robo,
            Self::Agent => DialMode::Progressive,
        }
    }

    fn capture(self) -> Capture {
        match self {
            Self::Answered => Capture {
                raw: include_bytes!("../../tests/data/captures/raw/B01_sip_answer_exten.raw"),
                id: "294ec098-041a-4eda-812e-705246af4bb9",
                channel: "0000001f",
            },
            Self::Busy => Capture {
                raw: include_bytes!("../../tests/data/captures/raw/B10_sip_486_busy.raw"),
                id: "7614ee03-32e4-438d-92ee-3db6b1688b0e",
                channel: "00000044",
            },
            Self::Agent => Capture {
                raw: include_bytes!("../../tests/data/captures/raw/B05_sip_queue_agent_answers.raw"),
                id: "bd583f5c-598d-4ddd-acb7-bb62f7eaae32",
                channel: "00000024",
            },
        }
    }
}

impl Script {
    /// The messages of a call of this kind.
    ///
    /// # Errors
    /// Never, unless the capture is another one.
    pub fn of(kind: Kind) -> anyhow::Result<Self> {
        let capture = kind.capture();
        let mut decoder = Decoder::new(LineEnd::Crlf);
        decoder.feed(capture.raw);
        let mut messages = Vec::new();
        while let Some(message) = decoder.next_message()? {
            if is_heard(&message, messages.is_empty()) {
                let mut octets = Vec::new();
                message.encode(&mut octets);
                messages.push(parts(&String::from_utf8(octets)?, &capture));
            }
        }
        let first: Vec<&Part> = messages.first().context("an empty capture")?.iter().collect();
        anyhow::ensure!(first.contains(&&Part::Id), "the response does not name its call");
        Ok(Self(messages))
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True for none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One message of a call, as it goes over the wire.
    pub fn write(&self, at: usize, call: Uuid, number: usize, agent: usize, into: &mut Vec<u8>) {
        for part in &self.0[at] {
            match part {
                Part::Text(text) => into.extend_from_slice(text.as_bytes()),
                Part::Id => into.extend_from_slice(call.to_string().as_bytes()),
                Part::Channel => into.extend_from_slice(format!("{number:08x}").as_bytes()),
                Part::Agent => into.extend_from_slice(agent.to_string().as_bytes()),
            }
        }
    }
}

/// The response to the Originate, and the events that pass the filters; of the agent's queues the one that counts.
fn is_heard(message: &Message, is_first: bool) -> bool {
    let Some(name) = message.event_name() else { return is_first };
    let ours = |header: &str| message.text(header).len() == 36;
    BY_NAME.contains(&name)
        || BY_ID.into_iter().any(|(event, header)| event == name && ours(header))
        || name == "QueueMemberStatus" && message.text("Queue") == QUEUE
}

fn parts(text: &str, capture: &Capture) -> Vec<Part> {
    let action_id = text.lines().find_map(|line| line.strip_prefix("ActionID: ")).unwrap_or("\0");
    let agent = "PJSIP/agent";
    let words = [(capture.id, Part::Id), (action_id, Part::Id), (capture.channel, Part::Channel)];
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let known =
            words.iter().filter_map(|(word, part)| Some((rest.find(word)?, word.len(), part.clone())));
        // `PJSIP/agent1`: the digit.
        let agents = rest.find(agent).map(|at| (at + agent.len(), 1, Part::Agent));
        let Some((at, length, part)) = known.chain(agents).min_by_key(|(at, ..)| *at) else { break };
        parts.extend([Part::Text(rest[..at].to_owned()), part]);
        rest = &rest[at + length..];
    }
    parts.push(Part::Text(rest.to_owned()));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: Kind) -> Vec<String> {
        let script = Script::of(kind).unwrap();
        let mut octets = Vec::new();
        (0..script.len()).for_each(|at| script.write(at, Uuid::from_u128(7), 7, 7, &mut octets));
        let mut decoder = Decoder::new(LineEnd::Crlf);
        decoder.feed(&octets);
        let mut names = Vec::new();
        while let Some(message) = decoder.next_message().unwrap() {
            names.push(message.event_name().unwrap_or("Response").to_owned());
            let text = format!("{message:?}");
            assert!(!text.contains(kind.capture().id) && !text.contains("orig-"), "{text}");
        }
        names
    }

    #[test]
    fn a_call_is_told_by_as_many_messages_as_pass_the_filters() {
        let busy = ["Response", "Newchannel", "DialBegin", "DialEnd", "OriginateResponse", "Hangup"];
        assert_eq!(names(Kind::Busy), busy);
        assert_eq!(names(Kind::Answered).len(), 6);
        let agent = names(Kind::Agent);
        assert_eq!(agent.len(), 13, "{agent:?}");
        assert_eq!(agent.iter().filter(|name| *name == "QueueMemberStatus").count(), 3);
    }
}
