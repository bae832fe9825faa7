//! The phone of an agent, from ringing to the end of the talk.

use crate::agent::{AgentState, DeviceStatus};
use crate::channel::{Channel, Digits, Key, Party, Role, Slot, State};
use crate::hangup::{By, End};
use crate::kind::Kind;
use crate::queue::Place;
use crate::sim::Sim;
use crate::time::seconds;

impl Sim {
    /// Lets the phone of a member ring for a caller.
    pub(crate) fn ring(&mut self, caller: Key, queue: &str, member: usize) {
        let Some((device, timeout)) = self.queues.get(queue).and_then(|queue| {
            queue.members.get(member).map(|member| (member.device, seconds(queue.setup.timeout_s)))
        }) else {
            return;
        };
        let Some(leg) = self.new_leg(caller, device, queue) else { return };
        self.present_leg(caller, leg);
        self.leg_rings(caller, leg, device);
        if !self.chance.hits(self.scenario.agents.deaf_share) {
            let delay = self.chance.spread(self.scenario.agents.answer_s);
            self.set_timer(leg, Slot::Agent, delay);
        }
        self.set_timer(caller, Slot::Poll, timeout);
    }

    fn new_leg(&mut self, caller: Key, device: usize, queue: &str) -> Option<Key> {
        let from = self.channels.get(caller)?;
        let (linkedid, cid) = (from.linkedid.clone(), from.cid.clone());
        let interface = self.devices.get(device)?.interface.clone();
        let local = interface.starts_with("Local/");
        let base = interface.strip_suffix("/n").unwrap_or(&interface);
        let name = if local {
            self.serial.local += 1;
            format!("{base}-{:08x};1", self.serial.local - 1)
        } else {
            self.serial.sip += 1;
            format!("{base}-{:08x}", self.serial.sip - 1)
        };
        let id = self.new_uniqueid();
        let role = Role::AgentLeg { caller, device, queue: queue.to_owned() };
        let mut leg = Channel::new(name, id, linkedid, role, self.now);
        leg.device = base.to_owned();
        let place = base.split_once('/').map_or("", |(_, place)| place);
        let (exten, context) = place.split_once('@').unwrap_or(("s", "from-agents"));
        (leg.exten, leg.context) = (exten.to_owned(), context.to_owned());
        let leg = self.channels.add(leg);
        self.channel_event(Kind::Newchannel, leg, &[]);
        if let Some(channel) = self.channels.get_mut(leg) {
            channel.cid = cid;
        }
        if let Some(device) = self.devices.get_mut(device) {
            device.leg = Some(leg);
        }
        let now = self.now;
        if let Some(place) = self.channels.get_mut(caller).and_then(|channel| channel.queued.as_mut()) {
            place.leg = Some(leg);
            place.ringing_since = now;
        }
        Some(leg)
    }

    fn present_leg(&mut self, caller: Key, leg: Key) {
        self.new_exten(leg, "AppQueue", "(Outgoing Line)");
        let Some(channel) = self.channels.get(leg) else { return };
        let cid = channel.cid.clone();
        self.set_caller(leg, &cid);
        let Some((queue, interface, member)) = self.leg_names(leg) else { return };
        let peer = interface.split_once('/').map_or("", |(_, peer)| peer);
        self.var_set(leg, "DIALEDPEERNUMBER", peer);
        self.line_of_leg(leg, &cid);
        self.dial_event(
            Kind::AgentCalled,
            Some(caller),
            leg,
            &[("Queue", &queue), ("Interface", &interface), ("MemberName", &member)],
        );
        self.line_of_leg(leg, &Party::default());
        self.dial_event(Kind::DialBegin, Some(caller), leg, &[("DialString", &interface)]);
        self.line_of_leg(leg, &cid);
    }

    /// AgentCalled shows the connected line already, DialBegin does not yet.
    fn line_of_leg(&mut self, leg: Key, line: &Party) {
        if let Some(channel) = self.channels.get_mut(leg) {
            channel.line = line.clone();
        }
    }

    fn leg_rings(&mut self, caller: Key, leg: Key, device: usize) {
        self.set_state(leg, State::Ringing);
        self.channel_event(Kind::Newstate, leg, &[]);
        self.channel_event(Kind::NewConnectedLine, leg, &[]);
        self.dial_event(Kind::DialState, Some(caller), leg, &[("DialStatus", "RINGING")]);
        self.agent_state(device, AgentState::Ringing);
        self.device_status(device, DeviceStatus::Ringing);
    }

    /// Queue, interface and member name of the phone of an agent.
    fn leg_names(&self, leg: Key) -> Option<(String, String, String)> {
        let Role::AgentLeg { device, queue, .. } = &self.channels.get(leg)?.role else { return None };
        let phone = self.devices.get(*device)?;
        let members = self.queues.get(queue).map(|queue| &queue.members);
        let member = members.and_then(|members| members.iter().find(|member| member.device == *device));
        let name = member.map_or(&phone.name, |member| &member.name);
        Some((queue.clone(), phone.interface.clone(), name.clone()))
    }

    /// The agent answers; or, once he talks, he hangs up.
    pub(crate) fn agent_leg_timer(&mut self, leg: Key) {
        let Some(channel) = self.channels.get(leg) else { return };
        let Role::AgentLeg { caller, device, .. } = channel.role else { return };
        if channel.state == State::Up {
            self.sound_reports(leg);
            self.channel_event(Kind::HangupRequest, leg, &[]);
            self.end_call(caller, End { cause: 16, by: By::Agent });
        } else {
            self.connect(caller, leg, device);
        }
    }

    fn connect(&mut self, caller: Key, leg: Key, device: usize) {
        self.set_state(leg, State::Up);
        self.channel_event(Kind::Newstate, leg, &[]);
        self.dial_event(Kind::DialEnd, Some(caller), leg, &[("DialStatus", "ANSWER")]);
        let now = self.now;
        let Some(place) = self.channels.get_mut(caller).and_then(|channel| channel.queued.as_mut()) else {
            return;
        };
        place.talking_since = Some(now);
        let place = place.clone();
        self.caller_leaves(caller, &place);
        self.cancel(caller, Slot::Poll);
        self.cancel(caller, Slot::Expire);
        self.agent_state(device, AgentState::Talking);
        self.device_status(device, DeviceStatus::InUse);
        let hold = now.saturating_sub(place.joined).as_secs();
        self.var_set_number(caller, "QUEUEWAIT", hold);
        self.var_set_number(caller, "QUEUEWAIT_MS", hold * 1_000);
        let (hold, rang) = (Digits::of(hold), Digits::of(now.saturating_sub(place.ringing_since).as_secs()));
        self.agent_event(
            Kind::AgentConnect,
            caller,
            leg,
            &[("HoldTime", hold.text()), ("RingTime", rang.text())],
        );
        self.build_bridge(caller, leg);
        self.counts.connected += 1;
        if let Some(device) = self.devices.get_mut(device) {
            device.calls += 1;
        }
        self.talk(caller, leg);
    }

    fn agent_event(&mut self, kind: Kind, caller: Key, leg: Key, more: crate::emit::Extra) {
        if !self.wants(kind) {
            return;
        }
        let Some((queue, interface, member)) = self.leg_names(leg) else { return };
        let mut headers: Vec<(&'static str, &str)> =
            vec![("Queue", &queue), ("Interface", &interface), ("MemberName", &member)];
        headers.extend_from_slice(more);
        self.dial_event(kind, Some(caller), leg, &headers);
    }

    fn build_bridge(&mut self, caller: Key, leg: Key) {
        let id = self.new_uuid();
        self.bridge_event(Kind::BridgeCreate, &id, None, "0");
        self.bridge_event(Kind::BridgeEnter, &id, Some(leg), "1");
        self.bridge_event(Kind::BridgeEnter, &id, Some(caller), "2");
        for (here, there) in [(caller, leg), (leg, caller)] {
            let peer = self.channels.get(there).map(|channel| channel.name.clone()).unwrap_or_default();
            self.var_set(here, "BRIDGEPEER", &peer);
            if let Some(channel) = self.channels.get_mut(here) {
                channel.bridge = Some(id.clone());
            }
        }
    }

    /// The agent did not answer in time.
    pub(crate) fn ring_no_answer(&mut self, caller: Key) {
        let now = self.now;
        let Some(place) = self.channels.get_mut(caller).and_then(|channel| channel.queued.as_mut()) else {
            return;
        };
        let Some(leg) = place.leg.take() else { return };
        let rang = now.saturating_sub(place.ringing_since).as_millis();
        let rang = Digits::of(u64::try_from(rang).unwrap_or(u64::MAX));
        self.agent_event(Kind::AgentRingNoAnswer, caller, leg, &[("RingTime", rang.text())]);
        self.dial_event(Kind::DialEnd, Some(caller), leg, &[("DialStatus", "NOANSWER")]);
        self.dial_event(Kind::DialEnd, Some(caller), leg, &[("DialStatus", "CANCEL")]);
        self.leg_goes(leg, 0);
    }

    /// The phone of an agent hangs up; gives back its device.
    pub(crate) fn leg_goes(&mut self, leg: Key, cause: u16) -> Option<usize> {
        let gone = self.hangup_event(leg, cause, None)?;
        let Role::AgentLeg { device, .. } = gone.role else { return None };
        let phone = self.devices.get_mut(device)?;
        phone.leg = None;
        self.agent_rests(device);
        self.device_status(device, DeviceStatus::NotInUse);
        Some(device)
    }

    /// A caller and an agent have talked. `Action: Hangup` suppresses AgentComplete.
    pub(crate) fn talk_ends(&mut self, caller: Key, place: &Place, by: By) {
        let (Some(leg), Some(since)) = (place.leg, place.talking_since) else { return };
        let talked = self.now.saturating_sub(since);
        let hold = since.saturating_sub(place.joined).as_secs();
        if !matches!(by, By::Dialer | By::Shutdown) {
            let (hold, talk) = (Digits::of(hold), Digits::of(talked.as_secs()));
            let reason = if by == By::Agent { "agent" } else { "caller" };
            let more = [("HoldTime", hold.text()), ("TalkTime", talk.text()), ("Reason", reason)];
            self.agent_event(Kind::AgentComplete, caller, leg, &more);
        }
        self.member_took_call(leg, &place.queue, (hold, talked.as_secs()));
        self.break_bridge(caller, leg, by);
        self.var_set_number(caller, "ANSWEREDTIME", talked.as_secs());
        self.var_set_number(caller, "ANSWEREDTIME_MS", u64::try_from(talked.as_millis()).unwrap_or(u64::MAX));
        self.dialed_vars(caller);
        if by != By::Agent {
            self.sound_reports(leg);
        }
        if let Some(device) = self.leg_goes(leg, 16) {
            self.after_call(device, &place.queue);
        }
    }

    fn break_bridge(&mut self, caller: Key, leg: Key, by: By) {
        let Some(id) = self.channels.get_mut(caller).and_then(|channel| channel.bridge.clone()) else {
            return;
        };
        let (first, second) = if by == By::Agent { (leg, caller) } else { (caller, leg) };
        self.var_set(first, "BRIDGEPEER", "");
        self.var_set(second, "BRIDGEPEER", "");
        self.bridge_event(Kind::BridgeLeave, &id, Some(first), "1");
        self.bridge_event(Kind::BridgeLeave, &id, Some(second), "0");
        self.bridge_event(Kind::BridgeDestroy, &id, None, "0");
    }

    fn member_took_call(&mut self, leg: Key, queue: &str, (hold, talk): (u64, u64)) {
        let Some(Role::AgentLeg { device, .. }) = self.channels.get(leg).map(|channel| &channel.role) else {
            return;
        };
        let (device, now) = (*device, self.now);
        let Some(queue) = self.queues.get_mut(queue) else { return };
        queue.completed += 1;
        queue.hold_s = (queue.hold_s * 3 + hold) / 4;
        queue.talk_s = (queue.talk_s * 3 + talk) / 4;
        if let Some(member) = queue.members.iter_mut().find(|member| member.device == device) {
            member.calls += 1;
            member.last_call = Some(now);
        }
    }
}
