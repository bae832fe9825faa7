//! Device states of PJSIP endpoints that many channels share: a state is reported when it changes.

use crate::channel::{Key, State};
use crate::sim::Sim;

/// What the channels of one endpoint do.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Use {
    ringing: u32,
    up: u32,
}

impl Use {
    fn state(self) -> &'static str {
        match (self.ringing, self.up) {
            (0, 0) => "NOT_INUSE",
            (_, 0) => "RINGING",
            (0, _) => "INUSE",
            (_, _) => "RINGINUSE",
        }
    }
}

impl Sim {
    /// Reports that a channel towards customers changed from one state to another; `None`: it is gone.
    pub(crate) fn trunk_change(&mut self, device: &str, from: State, to: Option<State>) {
        let usage = self.trunk_use.entry(device.to_owned()).or_default();
        let before = usage.state();
        match from {
            State::Ringing => usage.ringing = usage.ringing.saturating_sub(1),
            State::Up => usage.up = usage.up.saturating_sub(1),
            State::Down | State::Ring | State::Busy => {}
        }
        match to {
            Some(State::Ringing) => usage.ringing += 1,
            Some(State::Up) => usage.up += 1,
            Some(State::Down | State::Ring | State::Busy) | None => {}
        }
        let after = usage.state();
        if after == "NOT_INUSE" {
            self.trunk_use.remove(device);
        }
        if before != after {
            self.device_state(device, after);
        }
    }

    /// Sets the state of a channel; the events about it are the caller's.
    pub(crate) fn set_state(&mut self, key: Key, state: State) -> Option<State> {
        let channel = self.channels.get_mut(key)?;
        Some(std::mem::replace(&mut channel.state, state))
    }
}
