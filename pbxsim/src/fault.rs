//! What happens to a PBX from outside: restarts, reloads, agents who come and go.

use crate::agent::{AgentState, DeviceStatus};
use crate::channel::Role;
use crate::hangup::{By, End};
use crate::kind::Kind;
use crate::sim::{Out, Sim};
use crate::time::Time;

impl Sim {
    /// The PBX stops and starts again. All calls hang up with Cause 0 and the event Shutdown comes, then
    /// [`Out::Down`]. With `keep_calls` it is only the AMI that goes down: calls, dialplan and start time stay.
    pub fn restart(&mut self, now: Time, keep_calls: bool) {
        self.handle_timeout(now);
        if !keep_calls {
            self.end_all_calls();
            self.plain_event(Kind::Shutdown, &[("Shutdown", "Cleanly"), ("Restart", "True")]);
            self.dialplan.reload();
            self.globals.clear();
            (self.booted, self.reloaded) = (self.now, self.now);
            self.forget_dynamic_members();
        }
        self.out.push_back(Out::Down);
    }

    /// The process is killed: all calls are gone without a word; then [`Out::Down`].
    pub fn kill(&mut self, now: Time) {
        self.handle_timeout(now);
        let wanted = std::mem::replace(&mut self.wanted, crate::kind::Wanted::NONE);
        self.restart(now, false);
        self.wanted = wanted;
    }

    fn end_all_calls(&mut self) {
        for key in self.channels.keys() {
            let near = self
                .channels
                .get(key)
                .is_some_and(|channel| !matches!(channel.role, Role::FarHalf | Role::AgentLeg { .. }));
            if near {
                self.end_call(key, End { cause: 0, by: By::Shutdown });
            }
        }
    }

    fn forget_dynamic_members(&mut self) {
        let mut gone = Vec::new();
        for (name, queue) in &mut self.queues {
            queue.callers.clear();
            (queue.completed, queue.abandoned, queue.hold_s, queue.talk_s) = (0, 0, 0, 0);
            gone.extend(queue.members.iter().filter(|m| m.dynamic).map(|m| (m.device, name.clone())));
            queue.members.retain(|member| !member.dynamic);
            for member in &mut queue.members {
                (member.paused, member.calls, member.last_call) = (false, 0, None);
                member.reason.clear();
            }
        }
        for (device, queue) in gone {
            if let Some(phone) = self.devices.get_mut(device) {
                phone.queues.retain(|name| *name != queue);
            }
        }
        for device in 0..self.devices.len() {
            self.agent_rests(device);
        }
    }

    /// Somebody reloads the dialplan on the command line: what `DialplanExtensionAdd` added is gone.
    pub fn reload_dialplan(&mut self, now: Time) {
        self.handle_timeout(now);
        self.reload_all("pbx_config.so");
    }

    pub(crate) fn reload_all(&mut self, module: &str) {
        self.dialplan.reload();
        self.reloaded = self.now;
        self.plain_event(Kind::Reload, &[("Module", module), ("Status", "0")]);
    }

    /// An agent comes to work. Agents count from 1 in the order of the scenario.
    pub fn log_agent_in(&mut self, number: usize) {
        self.agent_reachable(number, true);
    }

    /// An agent goes home; a talk that he is in goes on to its end.
    pub fn log_agent_out(&mut self, number: usize) {
        self.agent_reachable(number, false);
    }

    fn agent_reachable(&mut self, number: usize, reachable: bool) {
        let Some(device) = number.checked_sub(1) else { return };
        let Some(phone) = self.devices.get_mut(device) else { return };
        phone.reachable = reachable;
        if phone.leg.is_some() {
            return;
        }
        let (state, status) = if reachable {
            (AgentState::Idle, DeviceStatus::NotInUse)
        } else {
            (AgentState::LoggedOut, DeviceStatus::Unavailable)
        };
        self.agent_state(device, state);
        self.device_status(device, status);
    }

    /// Pauses or unpauses an agent in all his queues, as his own telephone would.
    pub fn pause_agent(&mut self, number: usize, paused: bool, reason: &str) {
        let Some(device) = number.checked_sub(1).filter(|index| *index < self.devices.len()) else { return };
        for queue in self.devices[device].queues.clone() {
            self.pause_member(&queue, device, paused, reason);
        }
        if self.devices[device].leg.is_none() {
            self.agent_rests(device);
        }
    }
}
