//! The transcripts of a real Asterisk under `tests/data/captures` of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What one session of a transcript received.
pub(crate) struct Capture {
    /// File name, for messages.
    pub(crate) name: String,
    /// The octets.
    pub(crate) octets: Vec<u8>,
    /// `Event` name or `Response: kind` of each block.
    pub(crate) blocks: Vec<String>,
    /// Whether the peer closed the connection.
    pub(crate) closed: bool,
    /// Actions sent on this connection.
    pub(crate) sent: Vec<String>,
}

impl Capture {
    /// The greeting line, where the file starts with it, and the rest.
    pub(crate) fn without_greeting(&self) -> &[u8] {
        let greeting = b"Asterisk Call Manager/11.0.0\r\n";
        self.octets.strip_prefix(greeting).unwrap_or(&self.octets)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures/raw")
}

/// All sessions of all transcripts.
pub(crate) fn all() -> Vec<Capture> {
    let mut files: Vec<_> = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "json"));
    files.sort();
    let captures: Vec<_> = files.iter().flat_map(|path| read(path)).collect();
    assert!(captures.len() > 150, "only {} transcripts", captures.len());
    captures
}

/// The main session of one transcript.
pub(crate) fn main_session(name: &str) -> Capture {
    let captures = read(&folder().join(name).with_extension("json"));
    captures.into_iter().find(|capture| capture.name == format!("{name}.raw")).unwrap()
}

fn read(path: &Path) -> Vec<Capture> {
    let json: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let sent = |name: &str| {
        let sent = json["sent"].as_array().unwrap().iter().filter(|one| one["conn"] == name);
        sent.map(|one| text(&one["data"])).collect()
    };
    let connections = json["connections"].as_object().unwrap();
    let captures = connections.iter().map(|(name, connection)| {
        let file = text(&connection["file"]);
        Capture {
            octets: fs::read(folder().join(&file)).unwrap(),
            name: file,
            blocks: connection["timeline"].as_array().unwrap().iter().map(|row| text(&row[3])).collect(),
            closed: !connection["closed_at_ms"].is_null(),
            sent: sent(name),
        }
    });
    captures.collect()
}
