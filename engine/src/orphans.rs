//! Channels of ours that belong to no dialing: their dialing was given up, or Asterisk took its Originate when nobody waited
//! for it any more. They hold a line, and perhaps somebody's ear, for nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use crate::engine::Engine;
use crate::input::{ChannelUp, Output, PbxId};
use crate::preview::agent_channel;
use crate::time::{Mono, Now};
use crate::timers::Timer;

/// A channel of no dialing is an orphan when it is still there after so long. One whose Hangup came while the list was made
/// is gone by then.
const ORPHANED_AFTER: Duration = Duration::from_secs(5);
/// Q.850 normal clearing.
const NORMAL_CLEARING: u16 = 16;

/// Channels of ours that belong to no dialing: since when they are known, and whether that was told.
pub(crate) type Orphans = BTreeMap<Uuid, (Mono, bool)>;

impl Engine {
    /// Looks for orphans in a list of channels that was asked for at `asked`. Those that talk are left to it; the others are
    /// hung up.
    pub(crate) fn find_orphans(&mut self, pbx: PbxId, asked: Mono, up: &BTreeMap<Uuid, ChannelUp>, now: Now) {
        let Some(store) = self.settings.store else { return };
        let mut known = std::mem::take(&mut self.pbxs[pbx.0].orphans);
        known.retain(|channel, _| up.contains_key(channel));
        for (channel, found) in up.iter().filter(|(channel, _)| store.owns(**channel)) {
            if self.is_somebodys(*channel) {
                known.remove(channel);
                continue;
            }
            let (since, told) = known.entry(*channel).or_insert((asked, false));
            if asked.since(*since) < ORPHANED_AFTER {
                continue;
            }
            if !std::mem::replace(told, true) {
                let (channel, name, bridged) = (*channel, found.name.clone(), found.bridged);
                self.outputs.push_back(Output::Orphan { pbx, channel, name, bridged });
            }
            if !found.bridged {
                let channel = channel.to_string();
                self.outputs.push_back(Output::Hangup { pbx, channel, cause: NORMAL_CLEARING });
            }
        }
        if known.values().any(|(_, told)| !told) {
            self.timers.set_earlier(Timer::Compare(pbx), Some(now.mono.after(ORPHANED_AFTER)));
        }
        self.pbxs[pbx.0].orphans = known;
    }

    /// True for the channel of a dialing, or of its agent.
    fn is_somebodys(&self, channel: Uuid) -> bool {
        self.calls.contains_key(&channel) || self.previews.legs.contains_key(&agent_channel(channel))
    }
}
