//! An AMI message becomes what the engine understands. Pure; tested against transcripts of a real Asterisk.

use std::collections::BTreeMap;

use ami::Message;
use ami::client::List;
use engine::input::{CallEvent, ChannelUp, Member, QueueEvent, QueueState};
use engine::preview::HOLDING;
use uuid::Uuid;

/// The name of the UserEvent by which our dialplan tells the result of machine detection. VarSet tells it too, but only to
/// users that may read the class `dialplan`.
pub const AMD_EVENT: &str = "OutboundAMD";

/// The name of the UserEvent by which our dialplan tells that a queue has not kept a caller. VarSet tells it too, with the same
/// condition, but nothing of a queue that does not exist.
pub const QUEUE_EVENT: &str = "OutboundQueue";

/// Something that an Asterisk said and the daemon needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// About one of our calls.
    Call(Uuid, CallEvent),
    /// About a queue.
    Queue(QueueEvent),
    /// Queues may have changed altogether: ask again.
    QueuesReloaded,
    /// The dialplan that we wrote may be gone: write again.
    DialplanReloaded,
    /// Asterisk is going down.
    ShuttingDown,
}

/// Says what an event means, through `tell`: nothing, one thing, or two.
pub fn event(message: &Message, mut tell: impl FnMut(Heard)) {
    let Some(name) = message.event_name() else { return };
    match name {
        "Newchannel" => {
            tell_call(message, "Uniqueid", tell, |m| CallEvent::Channel { name: text(m, "Channel") })
        }
        "DialBegin" => tell_call(message, "DestUniqueid", tell, |_| CallEvent::DialBegin),
        "DialEnd" => {
            tell_call(message, "DestUniqueid", tell, |m| CallEvent::DialEnd { status: text(m, "DialStatus") })
        }
        "OriginateResponse" => tell_call(message, "ActionID", tell, originated),
        "Hangup" => tell_call(message, "Uniqueid", tell, |m| CallEvent::Hangup {
            cause: number(m, "Cause"),
            text: text(m, "Cause-txt"),
        }),
        "VarSet" => var_set(message, tell),
        "UserEvent" if message.text("UserEvent") == AMD_EVENT => amd_event(message, tell),
        "UserEvent" if message.text("UserEvent") == QUEUE_EVENT => {
            tell_call(message, "Uniqueid", tell, |m| CallEvent::QueueGaveUp { status: text(m, "Status") });
        }
        "QueueCallerJoin" => {
            tell(Heard::Queue(QueueEvent::CallerJoined {
                queue: text(message, "Queue"),
                caller: text(message, "Uniqueid"),
            }));
            tell_call(message, "Uniqueid", tell, |m| CallEvent::QueueJoined { queue: text(m, "Queue") });
        }
        "QueueCallerLeave" => tell(Heard::Queue(QueueEvent::CallerLeft {
            queue: text(message, "Queue"),
            caller: text(message, "Uniqueid"),
        })),
        "QueueCallerAbandon" => tell_call(message, "Uniqueid", tell, |_| CallEvent::QueueAbandoned),
        "AgentCalled" => tell_call(message, "Uniqueid", tell, |_| CallEvent::AgentCalled),
        "AgentRingNoAnswer" => tell_call(message, "Uniqueid", tell, |_| CallEvent::AgentNoAnswer),
        "AgentConnect" => {
            tell(Heard::Queue(QueueEvent::MemberConnected {
                queue: text(message, "Queue"),
                interface: text(message, "Interface"),
            }));
            tell_call(message, "Uniqueid", tell, |m| CallEvent::AgentConnected {
                queue: text(m, "Queue"),
                agent: text(m, "MemberName"),
            });
        }
        "BridgeEnter" if message.text("Exten") == HOLDING.to_string() => {
            tell_call(message, "Uniqueid", tell, |_| CallEvent::Bridged);
        }
        "QueueMemberStatus" | "QueueMemberPause" | "QueueMemberAdded" => {
            tell(Heard::Queue(QueueEvent::Member { queue: text(message, "Queue"), member: member(message) }));
        }
        "QueueMemberRemoved" => tell(Heard::Queue(QueueEvent::MemberGone {
            queue: text(message, "Queue"),
            interface: text(message, "Interface"),
        })),
        "Reload" => reloaded(message, tell),
        "Shutdown" => tell(Heard::ShuttingDown),
        _ => {}
    }
}

/// Whether an action was refused because Asterisk waits for the end of its last calls to stop or restart (capture E03). Then it
/// refuses everything, also Hangup and Ping.
pub fn is_shutting_down(refusal: &str) -> bool {
    refusal.contains("Asterisk is shutting down")
}

/// The response to an Originate, whose ActionID is the dialing's uuid.
pub fn response(message: &Message) -> Option<(Uuid, CallEvent)> {
    let uuid = our_uuid(message.action_id()?)?;
    let event = if message.is_success() {
        CallEvent::Accepted
    } else {
        CallEvent::Refused { message: text(message, "Message").trim().to_owned() }
    };
    Some((uuid, event))
}

/// What queues.conf says and no event does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueConfig {
    /// `wrapuptime` of each queue that sets one, in seconds.
    pub wrapup_s: BTreeMap<String, u32>,
    /// `shared_lastcall` of `[general]`.
    pub shared_last_call: bool,
}

/// The response to `GetConfig` of queues.conf. Templates are worked in already; of a key that stands twice, as one that a
/// queue sets over its template's, the last counts (measured on Asterisk 22.10).
pub fn queue_config(response: &Message) -> QueueConfig {
    let mut config = QueueConfig::default();
    let mut category = "";
    for (name, value) in response.iter() {
        if name.starts_with("Category-") {
            category = value;
        }
        let Some((key, value)) = value.split_once('=').filter(|_| name.starts_with("Line-")) else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if category == "general" && key.eq_ignore_ascii_case("shared_lastcall") {
            config.shared_last_call = is_true(value);
        } else if key.eq_ignore_ascii_case("wrapuptime") {
            config.wrapup_s.insert(category.to_owned(), value.parse().unwrap_or(0));
        }
    }
    config
}

/// What Asterisk takes for true.
fn is_true(text: &str) -> bool {
    ["yes", "true", "y", "t", "1", "on"].iter().any(|yes| text.eq_ignore_ascii_case(yes))
}

/// The queues of a QueueStatus list.
pub fn queues(entries: &[Message], config: &QueueConfig) -> Vec<QueueState> {
    let mut queues: BTreeMap<String, QueueState> = BTreeMap::new();
    for entry in entries {
        let name = text(entry, "Queue");
        let queue = queues.entry(name.clone()).or_insert_with(|| QueueState {
            wrapup_s: config.wrapup_s.get(&name).copied().unwrap_or(0),
            shared_last_call: config.shared_last_call,
            name,
            ..QueueState::default()
        });
        match entry.event_name() {
            Some("QueueMember") => queue.members.push(member(entry)),
            Some("QueueEntry") => queue.callers.push(text(entry, "Uniqueid")),
            _ => {}
        }
    }
    queues.into_values().collect()
}

/// True for a list with as many entries as its end says.
pub fn is_whole(list: &List) -> bool {
    list.complete.text("ListItems").parse().is_ok_and(|items: usize| items == list.entries.len())
}

/// The channels of a CoreShowChannels list that may be ours.
pub fn channels(entries: &[Message]) -> BTreeMap<Uuid, ChannelUp> {
    let mut bridges: BTreeMap<&str, Vec<&Message>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !entry.text("BridgeId").is_empty()) {
        bridges.entry(entry.text("BridgeId")).or_default().push(entry);
    }
    let channel = |entry: &Message| {
        let others = bridges.get(entry.text("BridgeId")).into_iter().flatten();
        let mut others = others.filter(|other| other.text("Uniqueid") != entry.text("Uniqueid"));
        let in_queue = entry.text("Application") == "Queue";
        let queue =
            entry.text("ApplicationData").split(',').next().filter(|name| in_queue && !name.is_empty());
        let up = ChannelUp {
            name: text(entry, "Channel"),
            answered: entry.text("ChannelState") == "6",
            bridged: !entry.text("BridgeId").is_empty(),
            queue: queue.map(str::to_owned),
            partner: others.next().map(|other| text(other, "Channel")),
        };
        Some((our_uuid(entry.text("Uniqueid"))?, up))
    };
    entries.iter().filter_map(channel).collect()
}

fn tell_call(
    message: &Message,
    id: &str,
    mut tell: impl FnMut(Heard),
    event: impl FnOnce(&Message) -> CallEvent,
) {
    if let Some(uuid) = our_uuid(message.text(id)) {
        tell(Heard::Call(uuid, event(message)));
    }
}

/// Channels of others have ids like `1795397552.127`, the other halves of our Local channels `<uuid>;2`.
fn our_uuid(id: &str) -> Option<Uuid> {
    if id.len() == 36 { Uuid::try_parse(id).ok() } else { None }
}

fn originated(message: &Message) -> CallEvent {
    CallEvent::Originated {
        success: message.text("Response") == "Success",
        reason: number(message, "Reason"),
    }
}

fn var_set(message: &Message, tell: impl FnMut(Heard)) {
    match message.text("Variable") {
        "AMDSTATUS" => tell_call(message, "Uniqueid", tell, |m| CallEvent::Amd { status: text(m, "Value") }),
        "QUEUESTATUS" if !message.text("Value").is_empty() => {
            tell_call(message, "Uniqueid", tell, |m| CallEvent::QueueGaveUp { status: text(m, "Value") });
        }
        "AMDCAUSE" => {
            tell_call(message, "Uniqueid", tell, |m| CallEvent::AmdCause { cause: text(m, "Value") })
        }
        _ => {}
    }
}

fn amd_event(message: &Message, mut tell: impl FnMut(Heard)) {
    if let Some(uuid) = our_uuid(message.text("Uniqueid")) {
        tell(Heard::Call(uuid, CallEvent::Amd { status: text(message, "Status") }));
        tell(Heard::Call(uuid, CallEvent::AmdCause { cause: text(message, "Cause") }));
    }
}

/// `core reload` and `module reload` name `All`; `dialplan reload` names pbx_config (capture C34).
fn reloaded(message: &Message, mut tell: impl FnMut(Heard)) {
    let module = message.text("Module");
    if module == "All" || module.starts_with("pbx_config") {
        tell(Heard::DialplanReloaded);
    }
    if module == "All" || module.starts_with("app_queue") {
        tell(Heard::QueuesReloaded);
    }
}

fn member(message: &Message) -> Member {
    // The list calls the interface Location and the member Name; the events say Interface and MemberName.
    let either = |a: &str, b: &str| message.get(a).or_else(|| message.get(b)).unwrap_or_default().to_owned();
    Member {
        interface: either("Interface", "Location"),
        name: either("MemberName", "Name"),
        status: number(message, "Status"),
        paused: message.text("Paused") == "1",
        in_call: message.text("InCall") == "1",
        last_call_s: number(message, "LastCall"),
        wrapup_s: number(message, "Wrapuptime"),
    }
}

/// Text as it may be shown and passed on: some of Asterisk's values hold a bare line feed.
fn text(message: &Message, header: &str) -> String {
    let value = message.text(header);
    if value.contains(char::is_control) { value.replace(char::is_control, " ") } else { value.to_owned() }
}

fn number<T: std::str::FromStr + Default>(message: &Message, header: &str) -> T {
    message.text(header).parse().unwrap_or_default()
}
