//! What the other side has written down itself of the calls that it made: a real Asterisk by its channel event log, the
//! simulated one by its log of calls. No lost event and no death of the daemon changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::instance::script;
use super::observer::is_ours;

/// A call as the other side saw it. Times are in seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rang {
    pub(crate) number: String,
    /// The ChannelId that the dialer gave.
    pub(crate) id: String,
    pub(crate) start: f64,
    pub(crate) answer: Option<f64>,
    /// None where it was never seen to end: the Asterisk was killed.
    pub(crate) end: Option<f64>,
}

/// What a [`super::simulator::Simulator`] has written whose time runs faster than ours by this factor: the calls that are over,
/// in the order of their starts.
pub(crate) fn simulated(file: &Path, speed: f64) -> Vec<Rang> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut calls: Vec<Rang> = text
        .lines()
        .map(|line| {
            let call: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| call[key].as_str().unwrap().to_owned();
            let time = |key: &str| call[key].as_f64().map(|seconds| seconds / speed);
            Rang {
                number: text("number"),
                id: text("channel_id"),
                start: time("start_s").unwrap(),
                answer: time("answer_s"),
                end: time("end_s"),
            }
        })
        .collect();
    calls.sort_by(|a, b| a.start.total_cmp(&b.start));
    let ids: BTreeSet<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    assert_eq!(ids.len(), calls.len(), "a ChannelId rang twice");
    calls
}

/// The record of an Asterisk that was started by [`super::instance::recording_asterisk`], from now on.
pub(crate) struct ChannelLog {
    file: PathBuf,
}

impl ChannelLog {
    pub(crate) fn from_now(instance: &str) -> Self {
        let file = PathBuf::from(script(&["record", "--instance", instance]).trim());
        let _ = std::fs::remove_file(&file);
        Self { file }
    }

    /// All calls of ours to customers, in the order of their starts.
    pub(crate) fn calls(&self) -> Vec<Rang> {
        // It is there with the first channel.
        let text = std::fs::read_to_string(&self.file).unwrap_or_default();
        let mut calls: Vec<Rang> = Vec::new();
        let mut places = BTreeMap::new();
        // A killed Asterisk may have left half a line.
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let [id, channel, time] =
                ["uniqueid", "channame", "eventtime"].map(|key| line[key].as_str().unwrap());
            if !is_ours(id) || !channel.contains("@pstn") {
                continue;
            }
            let time: f64 = time.parse().unwrap();
            if line["eventtype"] == "CHAN_START" {
                let (_, number) = channel.split_once('/').unwrap();
                let number = number.split('@').next().unwrap().to_owned();
                let before = places.insert(id.to_owned(), calls.len());
                assert!(before.is_none(), "a ChannelId rang twice: {id}");
                calls.push(Rang { number, id: id.to_owned(), start: time, answer: None, end: None });
            } else if let Some(&at) = places.get(id) {
                let place =
                    if line["eventtype"] == "ANSWER" { &mut calls[at].answer } else { &mut calls[at].end };
                *place = Some(time);
            }
        }
        calls
    }
}
