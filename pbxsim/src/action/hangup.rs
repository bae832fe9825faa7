//! `Action: Hangup`, by name, by ChannelId or by pattern.

use super::Asked;
use crate::channel::{Key, Role};
use crate::hangup::{By, End};
use crate::sim::Sim;
use ami::Message;

impl Sim {
    pub(super) fn action_hangup(&mut self, asked: &Asked) {
        let name = asked.text("Channel");
        let cause = asked.text("Cause").parse().ok().filter(|cause| (1..=127).contains(cause)).unwrap_or(0);
        if name.is_empty() {
            return self.refuse(asked, "No channel specified");
        }
        if let Some(pattern) = name.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
            return self.hangup_matching(asked, name, pattern, cause);
        }
        let Some(key) = self.channels.find(name) else { return self.refuse(asked, "No such channel") };
        self.accept(asked, "Channel Hungup");
        self.hang_up_one(key, cause);
    }

    fn hangup_matching(&mut self, asked: &Asked, given: &str, pattern: &str, cause: u16) {
        let Ok(pattern) = regex::Regex::new(pattern) else {
            return self.refuse(asked, &format!("Regex compile failed on: {given}"));
        };
        self.list_start(asked, "Channels hung up will follow");
        let hit: Vec<(Key, String)> = self
            .channels
            .iter()
            .filter(|(_, channel)| pattern.is_match(&channel.name))
            .map(|(key, channel)| (key, channel.name.clone()))
            .collect();
        for (_, name) in &hit {
            let mut message = Message::event("ChannelHungup");
            message.push_lossy("Channel", name);
            asked.tag(&mut message);
            self.reply(asked, message);
        }
        self.list_end(asked, "ChannelsHungupListComplete", hit.len());
        for (key, _) in hit {
            self.hang_up_one(key, cause);
        }
    }

    /// The `;2` half ends a call as the called party would; a phone of an agent as the agent would.
    fn hang_up_one(&mut self, key: Key, cause: u16) {
        let Some(channel) = self.channels.get(key) else { return };
        match (&channel.role, channel.half) {
            (Role::FarHalf, Some(near)) => self.end_call(near, End { cause, by: By::FarSide }),
            (Role::AgentLeg { caller, .. }, _) => {
                let caller = *caller;
                let talks = self.channels.get(caller).and_then(|channel| channel.queued.as_ref());
                if talks.is_some_and(|place| place.talking_since.is_some()) {
                    self.end_call(caller, End { cause: 16, by: By::Agent });
                } else {
                    self.ring_no_answer(caller);
                }
            }
            _ => self.end_call(key, End { cause, by: By::Dialer }),
        }
    }
}
