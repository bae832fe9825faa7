//! Reads the recordings of a real Asterisk, and reduces a run to what can be compared.

use ami::Message;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What one session sent and received.
pub(crate) struct Capture {
    /// The actions sent over the main connection: milliseconds, message.
    pub(crate) sent: Vec<(u64, Message)>,
    /// The blocks received over it.
    pub(crate) received: Vec<Message>,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/captures/raw"))
}

pub(crate) fn parse(block: &str) -> Message {
    let mut message = Message::new();
    for line in block.split("\r\n").filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        message.push(name, value.trim_start_matches(' ').replace('\n', "")).unwrap();
    }
    message
}

pub(crate) fn load(name: &str) -> Capture {
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap())
            .unwrap();
    let main = &json["connections"]["main"];
    let raw = std::fs::read(folder().join(main["file"].as_str().unwrap())).unwrap();
    let at = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let received = main["timeline"].as_array().unwrap().iter().map(|entry| {
        let (from, length) = (at(&entry[1]), at(&entry[2]));
        parse(&String::from_utf8_lossy(&raw[from..from + length]))
    });
    let sent = json["sent"].as_array().unwrap().iter().filter(|entry| entry["conn"] == "main").map(|entry| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        let ms = entry["t_ms"].as_f64().unwrap() as u64;
        (ms, parse(entry["data"].as_str().unwrap()))
    });
    Capture { sent: sent.collect(), received: received.collect() }
}

/// Headers whose values tell something that must be the same in both runs.
const TELLING: [&str; 22] = [
    "Response",
    "Message",
    "Reason",
    "Cause",
    "Cause-txt",
    "TechCause",
    "DialStatus",
    "ChannelState",
    "DestChannelState",
    "Application",
    "AppData",
    "Position",
    "Count",
    "OriginalPosition",
    "UserEvent",
    "Status",
    "CallerIDNum",
    "ConnectedLineNum",
    "Context",
    "Exten",
    "Priority",
    "DialString",
];

/// Events that other threads of Asterisk raise at their own time, and reports about sound.
fn is_noise(message: &Message) -> bool {
    match message.event_name() {
        Some("DeviceStateChange" | "BridgeCreate" | "BridgeDestroy" | "OriginateResponse") => true,
        Some("VarSet") => {
            let name = message.text("Variable");
            ["RTPAUDIO", "BRIDGE", "ANSWEREDTIME", "DIALEDTIME", "PLAYBACKSTATUS", "QUEUEWAIT"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        }
        // After `h`, Asterisk sometimes shows the application before it once more.
        Some("Newexten") => message.text("Exten") == "h" && message.text("Application") == "AppDial2",
        _ => false,
    }
}

/// The sequences of events, one for each channel (channels named by their order), since Asterisk's threads mix them.
pub(crate) fn sequences(run: &[Message], skip: &[&str]) -> BTreeMap<usize, Vec<String>> {
    let mut channels: Vec<String> = Vec::new();
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for message in run.iter().filter(|message| message.event_name().is_some() && !is_noise(message)) {
        let name = message.event_name().unwrap();
        if skip.contains(&name) {
            continue;
        }
        let id = message.get("Uniqueid").or_else(|| message.get("DestUniqueid"));
        let Some(id) = id.or_else(|| message.get("LocalOneUniqueid")) else { continue };
        let index = channels.iter().position(|known| known == id).unwrap_or_else(|| {
            channels.push(id.to_owned());
            channels.len() - 1
        });
        // Asterisk's dialing thread races with the channel's own: its events are a sequence for themselves.
        let dialing = matches!(name, "DialBegin" | "DialState");
        let index = if dialing { index + 100 } else { index };
        let telling = TELLING.iter().filter(|header| !dialing || **header != "DestChannelState");
        let telling = telling.filter_map(|header| Some((*header, message.get(header)?)));
        let text: Vec<String> = telling.map(|(header, value)| format!("{header}={value}")).collect();
        found.entry(index).or_default().push(format!("{name} {}", text.join(" ")));
    }
    found
}

/// The header names of each event and response, in order; for the first of each kind.
pub(crate) fn headers(run: &[Message]) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for message in run {
        let mut key = message.event_name().unwrap_or("Response").to_owned();
        if key == "OriginateResponse" || key == "Response" {
            key.push_str(message.text("Response"));
            key.push_str(message.text("EventList"));
        }
        let names = message.iter().map(|(name, _)| name.to_owned()).collect();
        found.entry(key).or_insert(names);
    }
    found
}
