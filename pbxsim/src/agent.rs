//! Agents: their phones, what they do after calls, and their membership in queues.

use crate::channel::Key;
use crate::kind::Kind;
use crate::queue::Queue;
use crate::sim::{Sim, Timer};
use crate::time::{Time, TimerId, seconds};

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentState {
    /// Not at work: his phone does not ring.
    LoggedOut,
    /// Waits for a call.
    Idle,
    /// His phone rings.
    Ringing,
    /// Talks.
    Talking,
    /// Works after a call.
    WrapUp,
    /// Paused.
    Paused,
}

/// `Status` of a queue member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeviceStatus {
    NotInUse,
    InUse,
    Unavailable,
    Ringing,
}

impl DeviceStatus {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NotInUse => "1",
            Self::InUse => "2",
            Self::Unavailable => "5",
            Self::Ringing => "6",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NotInUse => "NOT_INUSE",
            Self::InUse => "INUSE",
            Self::Unavailable => "UNAVAILABLE",
            Self::Ringing => "RINGING",
        }
    }
}

/// The phone of an agent, and the person who sits there.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) interface: String,
    pub(crate) state_interface: String,
    pub(crate) name: String,
    pub(crate) status: DeviceStatus,
    pub(crate) leg: Option<Key>,
    pub(crate) reachable: bool,
    pub(crate) queues: Vec<String>,
    pub(crate) calls: u64,
    pub(crate) state: AgentState,
    pub(crate) state_since: Time,
    pub(crate) sums: [Time; 6],
    timer: Option<TimerId>,
    goes_on_break: bool,
}

const WRAP_UP: &str = "wrap-up";
const BREAK: &str = "break";

impl Sim {
    pub(crate) fn set_up_queues(&mut self) {
        for setup in self.scenario.queues.clone() {
            self.queues.insert(setup.name.clone(), Queue::new(setup));
        }
        let agents = self.scenario.agents.clone();
        let everywhere: Vec<String> = self.queues.keys().cloned().collect();
        let queues = if agents.queues.is_empty() { everywhere } else { agents.queues };
        for number in 1..=agents.count {
            let interface = format!("PJSIP/{}{number}", agents.prefix);
            let name = format!("{}{number}", agents.member_name);
            let device = self.device(&interface, &interface, &name);
            for queue in &queues {
                self.add_member(queue, device, &name, false);
            }
            if !agents.logged_in {
                self.log_agent_out(device + 1);
            }
        }
    }

    /// The device of an interface; an unknown one gets a phone with somebody who answers it.
    pub(crate) fn device(&mut self, interface: &str, state_interface: &str, name: &str) -> usize {
        if let Some(index) = self.device_at.get(interface) {
            return *index;
        }
        self.devices.push(Device {
            interface: interface.to_owned(),
            state_interface: state_interface.to_owned(),
            name: name.to_owned(),
            status: DeviceStatus::NotInUse,
            leg: None,
            reachable: true,
            queues: Vec::new(),
            calls: 0,
            state: AgentState::Idle,
            state_since: self.now,
            sums: [Time::ZERO; 6],
            timer: None,
            goes_on_break: false,
        });
        self.device_at.insert(interface.to_owned(), self.devices.len() - 1);
        self.devices.len() - 1
    }

    pub(crate) fn agent_state(&mut self, device: usize, state: AgentState) {
        let now = self.now;
        let Some(device) = self.devices.get_mut(device) else { return };
        device.sums[device.state as usize] += now.saturating_sub(device.state_since);
        (device.state, device.state_since) = (state, now);
    }

    /// The phone changes its state: told once for the device, and once for each queue of the agent.
    pub(crate) fn device_status(&mut self, device: usize, status: DeviceStatus) {
        let Some(phone) = self.devices.get_mut(device) else { return };
        phone.status = status;
        if !self.wants(Kind::DeviceStateChange) && !self.wants(Kind::QueueMemberStatus) {
            return;
        }
        let Some(phone) = self.devices.get(device) else { return };
        let (interface, queues) = (phone.interface.clone(), phone.queues.clone());
        self.device_state(interface.strip_suffix("/n").unwrap_or(&interface), status.text());
        for queue in queues {
            self.member_event(Kind::QueueMemberStatus, &queue, device);
            if status != DeviceStatus::InUse {
                self.available_device(&queue);
            }
        }
    }

    fn pause_everywhere(&mut self, device: usize, reason: &str) {
        for queue in self.devices.get(device).map(|phone| phone.queues.clone()).unwrap_or_default() {
            self.pause_member(&queue, device, true, reason);
        }
    }

    /// Ends a pause that the agent himself took; one that the dialer gave him stays.
    fn end_own_pause(&mut self, device: usize) {
        for queue in self.devices.get(device).map(|phone| phone.queues.clone()).unwrap_or_default() {
            let members = self.queues.get(&queue).map(|entry| &entry.members);
            let member = members.and_then(|members| members.iter().find(|member| member.device == device));
            if member
                .is_some_and(|member| member.paused && [WRAP_UP, BREAK].contains(&member.reason.as_str()))
            {
                self.pause_member(&queue, device, false, "");
            }
        }
    }

    /// What an agent does when his phone is at rest again: nothing, or the pause he is in.
    pub(crate) fn agent_rests(&mut self, device: usize) {
        let Some(phone) = self.devices.get(device) else { return };
        let paused = !phone.queues.is_empty()
            && phone.queues.iter().all(|queue| {
                let members = self.queues.get(queue).map(|entry| &entry.members);
                let member = members.and_then(|m| m.iter().find(|member| member.device == device));
                member.is_some_and(|member| member.paused)
            });
        let state = match (phone.reachable, paused) {
            (false, _) => AgentState::LoggedOut,
            (true, true) => AgentState::Paused,
            (true, false) => AgentState::Idle,
        };
        self.agent_state(device, state);
    }

    /// After a call: work that is left, then perhaps a break.
    pub(crate) fn after_call(&mut self, device: usize, queue: &str) {
        if !self.devices.get(device).is_some_and(|phone| phone.reachable) {
            return;
        }
        let work = self.chance.spread(self.scenario.agents.wrap_up_s);
        let goes_on_break = self.chance.hits(self.scenario.agents.break_share);
        let wrap = self.queues.get(queue).map_or(Time::ZERO, |entry| seconds(entry.setup.wrapuptime_s));
        if let Some(phone) = self.devices.get_mut(device) {
            phone.goes_on_break = goes_on_break;
        }
        if !work.is_zero() {
            self.agent_state(device, AgentState::WrapUp);
            self.pause_everywhere(device, WRAP_UP);
            self.agent_busy_for(device, work);
        } else if !wrap.is_zero() {
            self.agent_state(device, AgentState::WrapUp);
            self.agent_busy_for(device, wrap);
        } else if goes_on_break {
            self.agent_timer(device);
        }
    }

    fn agent_busy_for(&mut self, device: usize, time: Time) {
        let Some(phone) = self.devices.get_mut(device) else { return };
        if let Some(id) = phone.timer.take() {
            self.timers.cancel(id);
        }
        phone.timer = Some(self.timers.set(self.now + time, Timer::Agent(device)));
    }

    /// Work or break is over.
    pub(crate) fn agent_timer(&mut self, device: usize) {
        let Some(phone) = self.devices.get_mut(device) else { return };
        phone.timer = None;
        let on_call = phone.leg.is_some();
        if phone.goes_on_break && !on_call {
            phone.goes_on_break = false;
            self.agent_state(device, AgentState::Paused);
            self.pause_everywhere(device, BREAK);
            let length = self.chance.spread(self.scenario.agents.break_s);
            self.agent_busy_for(device, length);
            return;
        }
        self.end_own_pause(device);
        if !on_call {
            self.agent_rests(device);
        }
    }
}
