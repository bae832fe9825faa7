//! An independent log of the calls that the PBX made, so that a test can prove what a dialer did.

use crate::channel::Key;
use crate::sim::Sim;
use crate::time::Time;
use std::collections::{BTreeMap, VecDeque};

/// One call that the PBX made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The number that was called.
    pub number: String,
    /// The Uniqueid of its channel: the ChannelId that the dialer gave.
    pub channel_id: String,
    /// When the Originate came.
    pub start: Time,
    /// When it was answered.
    pub answer: Option<Time>,
    /// When it ended; none while it is up.
    pub end: Option<Time>,
}

/// The last calls, as many as the scenario says.
#[derive(Debug)]
pub(crate) struct CallsLog {
    keep: usize,
    up: BTreeMap<String, Call>,
    over: VecDeque<Call>,
}

impl CallsLog {
    pub(crate) fn new(keep: usize) -> Self {
        Self { keep, up: BTreeMap::new(), over: VecDeque::new() }
    }
}

impl Sim {
    /// The calls of the log: those that are over, in the order of their ends, then those that are up.
    pub fn calls_log(&self) -> impl Iterator<Item = &Call> {
        self.log.over.iter().chain(self.log.up.values())
    }

    /// Takes the calls that are over out of the log, in the order of their ends.
    pub fn take_ended_calls(&mut self) -> Vec<Call> {
        self.log.over.drain(..).collect()
    }

    pub(crate) fn log_call(&mut self, key: Key, number: &str) {
        if self.log.keep == 0 {
            return;
        }
        let Some(channel) = self.channels.get(key) else { return };
        let call = Call {
            number: number.to_owned(),
            channel_id: channel.uniqueid.clone(),
            start: self.now,
            answer: None,
            end: None,
        };
        self.log.up.insert(channel.uniqueid.clone(), call);
    }

    pub(crate) fn log_answer(&mut self, key: Key) {
        let Some(channel) = self.channels.get(key) else { return };
        if let Some(call) = self.log.up.get_mut(&channel.uniqueid) {
            call.answer = Some(self.now);
        }
    }

    pub(crate) fn close_log(&mut self, uniqueid: &str) {
        let Some(mut call) = self.log.up.remove(uniqueid) else { return };
        call.end = Some(self.now);
        self.log.over.push_back(call);
        if self.log.over.len() > self.log.keep {
            self.log.over.pop_front();
        }
    }
}
