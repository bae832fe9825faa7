//! Actions about queues and their members.

use super::{Asked, is_yes};
use crate::channel::or_unknown;
use crate::kind::Kind;
use crate::queue::{Member, Queue};
use crate::sim::Sim;
use ami::Message;

impl Sim {
    pub(super) fn queue_status(&mut self, asked: &Asked) {
        self.list_start(asked, "Queue status will follow");
        let mut items = Vec::new();
        let member = asked.text("Member");
        for (name, queue) in self.queues.iter().filter(|(name, _)| asked.names_queue(name)) {
            items.push(params(asked, name, queue));
            let wanted = |m: &&Member| {
                let interface = self.devices.get(m.device).map_or("", |phone| &phone.interface);
                member.is_empty() || member == interface || member == m.name
            };
            items.extend(queue.members.iter().filter(wanted).map(|m| self.member_item(asked, name, m)));
            items.extend(self.entries(asked, name, queue));
        }
        let count = items.len();
        for item in items {
            self.reply(asked, item);
        }
        self.list_end(asked, "QueueStatusComplete", count);
    }

    fn member_item(&self, asked: &Asked, queue: &str, member: &Member) -> Message {
        let mut message = Message::event("QueueMember");
        let Some(phone) = self.devices.get(member.device) else { return message };
        let time = |at: Option<crate::time::Time>| at.map_or(0, |at| self.unix(at)).to_string();
        let talks = phone.status == crate::agent::DeviceStatus::InUse;
        for (name, value) in [
            ("Queue", queue),
            ("Name", &member.name),
            ("Location", &phone.interface),
            ("StateInterface", &phone.state_interface),
            ("Membership", if member.dynamic { "dynamic" } else { "static" }),
            ("Penalty", &member.penalty.to_string()),
            ("CallsTaken", &member.calls.to_string()),
            ("LastCall", &time(member.last_call)),
            ("LastPause", &time(member.last_pause)),
            ("LoginTime", &time(Some(member.since))),
            ("InCall", if talks && self.talks_for(phone.leg, queue) { "1" } else { "0" }),
            ("Status", phone.status.code()),
            ("Paused", if member.paused { "1" } else { "0" }),
            ("PausedReason", &member.reason),
            ("Wrapuptime", "0"),
        ] {
            message.push_lossy(name, value);
        }
        asked.tag(&mut message);
        message
    }

    fn talks_for(&self, leg: Option<crate::channel::Key>, queue: &str) -> bool {
        let role = leg.and_then(|leg| self.channels.get(leg)).map(|channel| &channel.role);
        matches!(role, Some(crate::channel::Role::AgentLeg { queue: of, .. }) if of == queue)
    }

    fn entries(&self, asked: &Asked, name: &str, queue: &Queue) -> Vec<Message> {
        let mut found = Vec::new();
        for (position, key) in (1..).zip(&queue.callers) {
            let Some(channel) = self.channels.get(*key) else { continue };
            let Some(place) = &channel.queued else { continue };
            let wait = self.now.saturating_sub(place.joined).as_secs();
            let mut message = Message::event("QueueEntry");
            for (name, value) in [
                ("Queue", name),
                ("Position", &position.to_string()),
                ("Channel", &channel.name),
                ("Uniqueid", &channel.uniqueid),
                ("CallerIDNum", or_unknown(&channel.cid.number)),
                ("CallerIDName", or_unknown(&channel.cid.name)),
                ("ConnectedLineNum", or_unknown(&channel.line.number)),
                ("ConnectedLineName", or_unknown(&channel.line.name)),
                ("Wait", &wait.to_string()),
                ("Priority", "0"),
            ] {
                message.push_lossy(name, value);
            }
            asked.tag(&mut message);
            found.push(message);
        }
        found
    }

    pub(super) fn queue_summary(&mut self, asked: &Asked) {
        self.list_start(asked, "Queue summary will follow");
        let mut items = Vec::new();
        for (name, queue) in self.queues.iter().filter(|(name, _)| asked.names_queue(name)) {
            let available = queue.members.iter().filter(|member| self.available(queue, member)).count();
            let longest = queue
                .callers
                .iter()
                .filter_map(|key| self.channels.get(*key)?.queued.as_ref())
                .map(|place| self.now.saturating_sub(place.joined).as_secs())
                .max();
            let mut message = Message::event("QueueSummary");
            message.push_lossy("Queue", name);
            for (name, value) in [
                ("LoggedIn", queue.members.len() as u64),
                ("Available", available as u64),
                ("Callers", queue.callers.len() as u64),
                ("HoldTime", queue.hold_s),
                ("TalkTime", queue.talk_s),
                ("LongestHoldTime", longest.unwrap_or(0)),
            ] {
                message.push_lossy(name, &value.to_string());
            }
            asked.tag(&mut message);
            items.push(message);
        }
        let count = items.len();
        for item in items {
            self.reply(asked, item);
        }
        self.list_end(asked, "QueueSummaryComplete", count);
    }

    /// Of all files there is queues.conf, and of that what changes who is called.
    pub(super) fn get_config(&mut self, asked: &Asked) {
        if asked.text("Filename") != "queues.conf" {
            return self.refuse(asked, "Config file not found");
        }
        let mut message = asked.response("Success");
        for (at, (name, queue)) in self.queues.iter().enumerate() {
            let setup = &queue.setup;
            let settings =
                [("timeout", setup.timeout_s), ("retry", setup.retry_s), ("wrapuptime", setup.wrapuptime_s)];
            push(&mut message, format!("Category-{at:06}"), name);
            for (line, (key, value)) in settings.into_iter().enumerate() {
                push(&mut message, format!("Line-{at:06}-{line:06}"), &format!("{key}={}", value.round()));
            }
        }
        self.reply(asked, message);
    }

    pub(super) fn queue_add(&mut self, asked: &Asked) {
        let (queue, interface) = (asked.text("Queue"), asked.text("Interface"));
        if queue.is_empty() {
            return self.refuse(asked, "'Queue' not specified.");
        }
        if interface.is_empty() {
            return self.refuse(asked, "'Interface' not specified.");
        }
        if !self.queues.contains_key(queue) {
            return self.refuse(asked, "Unable to add interface to queue: No such queue");
        }
        let or = |name, other| Some(asked.text(name)).filter(|text| !text.is_empty()).unwrap_or(other);
        let name = or("MemberName", interface);
        let device = self.device(interface, or("StateInterface", interface), name);
        if !self.add_member(queue, device, name, true) {
            return self.refuse(asked, "Unable to add interface: Already there");
        }
        let penalty = asked.text("Penalty").parse().unwrap_or(0);
        let paused = is_yes(asked.text("Paused"));
        let members = self.queues.get_mut(queue).map(|entry| &mut entry.members);
        if let Some(member) = members.and_then(|m| m.iter_mut().find(|member| member.device == device)) {
            (member.penalty, member.paused) = (penalty, paused);
        }
        self.accept(asked, "Added interface to queue");
        let state = if paused { "INUSE" } else { "NOT_INUSE" };
        self.device_state(&format!("Queue:{queue}_pause_{interface}"), state);
        self.member_event(Kind::QueueMemberAdded, queue, device);
        self.available_device(queue);
    }

    pub(super) fn queue_remove(&mut self, asked: &Asked) {
        let (name, interface) = (asked.text("Queue"), asked.text("Interface"));
        if name.is_empty() || interface.is_empty() {
            return self.refuse(asked, "Need 'Queue' and 'Interface' parameters.");
        }
        let device = self.device_at.get(interface).copied();
        let Some(queue) = self.queues.get_mut(name) else {
            return self.refuse(asked, "Unable to remove interface from queue: No such queue");
        };
        let at = queue.members.iter().position(|member| Some(member.device) == device);
        let Some(at) = at else { return self.refuse(asked, "Unable to remove interface: Not there") };
        if !queue.members[at].dynamic {
            return self.refuse(asked, "Unable to remove interface: Member is not dynamic");
        }
        let member = queue.members.remove(at);
        self.accept(asked, "Removed interface from queue");
        self.describe_member(Kind::QueueMemberRemoved, name, &member);
        self.available_device(name);
        if let Some(phone) = self.devices.get_mut(member.device) {
            phone.queues.retain(|queue| queue != name);
        }
    }

    pub(super) fn queue_pause(&mut self, asked: &Asked) {
        let (interface, paused) = (asked.text("Interface"), asked.text("Paused"));
        if interface.is_empty() || paused.is_empty() {
            return self.refuse(asked, "Need 'Interface' and 'Paused' parameters.");
        }
        let paused = is_yes(paused);
        let device = self.device_at.get(interface).copied();
        let queues: Vec<String> = device
            .and_then(|device| self.devices.get(device))
            .map(|phone| phone.queues.iter().filter(|name| asked.names_queue(name)).cloned().collect())
            .unwrap_or_default();
        let Some(device) = device.filter(|_| !queues.is_empty()) else {
            return self.refuse(asked, "Interface not found");
        };
        let text = if paused { "Interface paused successfully" } else { "Interface unpaused successfully" };
        self.accept(asked, text);
        let reason = if paused { asked.text("Reason") } else { "" };
        for queue in queues {
            self.pause_member(&queue, device, paused, reason);
        }
        if self.devices.get(device).is_some_and(|phone| phone.leg.is_none()) {
            self.agent_rests(device);
        }
    }
}

impl Asked<'_> {
    /// Whether the action is about this queue: it names it, or none.
    fn names_queue(&self, name: &str) -> bool {
        let asked = self.text("Queue");
        asked.is_empty() || asked == name
    }
}

fn push(message: &mut Message, name: String, value: &str) {
    // Neither can hold what would end the line.
    let _ = message.push(&name, value);
}

fn params(asked: &Asked, name: &str, queue: &Queue) -> Message {
    let mut message = Message::event("QueueParams");
    let waiting = queue.callers.len().to_string();
    for (header, value) in [
        ("Queue", name),
        ("Max", &queue.setup.max_callers.to_string()),
        ("Strategy", "rrmemory"),
        ("Calls", &waiting),
        ("Holdtime", &queue.hold_s.to_string()),
        ("TalkTime", &queue.talk_s.to_string()),
        ("Completed", &queue.completed.to_string()),
        ("Abandoned", &queue.abandoned.to_string()),
        ("ServiceLevel", "0"),
        ("ServicelevelPerf", "0.0"),
        ("ServicelevelPerf2", "0.0"),
        ("Weight", "0"),
    ] {
        message.push_lossy(header, value);
    }
    asked.tag(&mut message);
    message
}
