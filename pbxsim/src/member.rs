//! Agents as members of queues: how they come and pause, and the events that describe them.

use crate::channel::Digits;
use crate::kind::Kind;
use crate::queue::Member;
use crate::sim::Sim;
use crate::time::Time;

impl Sim {
    /// Adds a member; false when the queue does not exist or has him already.
    pub(crate) fn add_member(&mut self, queue: &str, device: usize, name: &str, dynamic: bool) -> bool {
        let since = self.now;
        let Some(entry) = self.queues.get_mut(queue) else { return false };
        if entry.members.iter().any(|member| member.device == device) {
            return false;
        }
        entry.members.push(Member {
            device,
            name: name.to_owned(),
            dynamic,
            penalty: 0,
            paused: false,
            reason: String::new(),
            calls: 0,
            last_call: None,
            last_pause: None,
            since,
        });
        if let Some(device) = self.devices.get_mut(device) {
            device.queues.push(queue.to_owned());
        }
        true
    }

    pub(crate) fn available_device(&mut self, queue: &str) {
        if !self.wants(Kind::DeviceStateChange) {
            return;
        }
        let Some(entry) = self.queues.get(queue) else { return };
        let any = entry.members.iter().any(|member| self.available(entry, member));
        self.device_state(&format!("Queue:{queue}_avail"), if any { "NOT_INUSE" } else { "INUSE" });
    }

    /// An event that describes a member of a queue.
    pub(crate) fn member_event(&mut self, kind: Kind, queue: &str, device: usize) {
        if !self.wants(kind) {
            return;
        }
        let Some(entry) = self.queues.get(queue) else { return };
        let Some(member) = entry.members.iter().find(|member| member.device == device) else { return };
        let member = member.clone();
        self.describe_member(kind, queue, &member);
    }

    pub(crate) fn describe_member(&mut self, kind: Kind, queue: &str, member: &Member) {
        let Some(phone) = self.devices.get(member.device) else { return };
        let time = |at: Option<Time>| Digits::of(at.map_or(0, |at| self.unix(at)));
        let (last_call, last_pause, since) =
            (time(member.last_call), time(member.last_pause), time(Some(member.since)));
        let (calls, penalty) = (Digits::of(member.calls), Digits::of(member.penalty.into()));
        let (interface, state_interface) = (phone.interface.clone(), phone.state_interface.clone());
        let headers = [
            ("Queue", queue),
            ("MemberName", &member.name),
            ("Interface", &interface),
            ("StateInterface", &state_interface),
            ("Membership", if member.dynamic { "dynamic" } else { "static" }),
            ("Penalty", penalty.text()),
            ("CallsTaken", calls.text()),
            ("LastCall", last_call.text()),
            ("LastPause", last_pause.text()),
            ("LoginTime", since.text()),
            ("InCall", "0"),
            ("Status", phone.status.code()),
            ("Paused", if member.paused { "1" } else { "0" }),
            ("PausedReason", &member.reason),
            ("Ringinuse", "0"),
            ("Wrapuptime", "0"),
        ];
        self.plain_event(kind, &headers);
    }

    /// Pauses or unpauses a member in one queue.
    pub(crate) fn pause_member(&mut self, queue: &str, device: usize, paused: bool, reason: &str) {
        let now = self.now;
        let Some(entry) = self.queues.get_mut(queue) else { return };
        let Some(member) = entry.members.iter_mut().find(|member| member.device == device) else { return };
        member.paused = paused;
        reason.clone_into(&mut member.reason);
        if paused {
            member.last_pause = Some(now);
        }
        if self.wants(Kind::DeviceStateChange) {
            let interface = self.devices.get(device).map_or("", |phone| &phone.interface);
            let name = format!("Queue:{queue}_pause_{interface}");
            self.device_state(&name, if paused { "INUSE" } else { "NOT_INUSE" });
        }
        self.available_device(queue);
        self.member_event(Kind::QueueMemberPause, queue, device);
    }
}
