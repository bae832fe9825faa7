//! Queues as `app_queue` runs them: who waits, in which order, for how long, and how he leaves.
//!
//! Each caller looks for a member once in `retry` seconds. Ringing and talking are in `ring`.

use crate::channel::{Digits, Key, Slot, Waits};
use crate::hangup::By;
use crate::kind::Kind;
use crate::scenario::QueueSetup;
use crate::sim::Sim;
use crate::time::{Time, seconds};

/// A queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) setup: QueueSetup,
    pub(crate) members: Vec<Member>,
    /// Waiting callers in order, those included for whom a phone rings.
    pub(crate) callers: Vec<Key>,
    /// Where the round robin goes on.
    pub(crate) next_member: usize,
    pub(crate) completed: u64,
    pub(crate) abandoned: u64,
    /// Running averages, in seconds, as Asterisk keeps them.
    pub(crate) hold_s: u64,
    pub(crate) talk_s: u64,
}

/// One agent in one queue.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) device: usize,
    pub(crate) name: String,
    pub(crate) dynamic: bool,
    pub(crate) penalty: u32,
    pub(crate) paused: bool,
    pub(crate) reason: String,
    pub(crate) calls: u64,
    pub(crate) last_call: Option<Time>,
    pub(crate) last_pause: Option<Time>,
    pub(crate) since: Time,
}

/// What a caller's channel remembers of the queue it is in.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) queue: String,
    pub(crate) joined: Time,
    pub(crate) original: usize,
    /// The phone that rings, or that he talks to.
    pub(crate) leg: Option<Key>,
    pub(crate) ringing_since: Time,
    pub(crate) talking_since: Option<Time>,
}

impl Queue {
    pub(crate) fn new(setup: QueueSetup) -> Self {
        Self {
            setup,
            members: Vec::new(),
            callers: Vec::new(),
            next_member: 0,
            completed: 0,
            abandoned: 0,
            hold_s: 0,
            talk_s: 0,
        }
    }
}

impl Sim {
    /// Enters a queue; false when it does not exist or turns the caller away.
    pub(crate) fn join_queue(&mut self, key: Key, name: &str, timeout: Option<Time>) -> bool {
        for variable in
            ["ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS", "QUEUEWAIT", "QUEUEWAIT_MS"]
        {
            self.var_set(key, variable, "");
        }
        let Some(queue) = self.queues.get_mut(name) else { return false };
        let full = queue.setup.max_callers > 0 && queue.callers.len() >= queue.setup.max_callers;
        let empty = !queue.setup.joinempty && queue.members.iter().all(|member| member.paused);
        if full || empty {
            self.var_set(key, "QUEUESTATUS", if full { "FULL" } else { "JOINEMPTY" });
            return false;
        }
        queue.callers.push(key);
        let count = queue.callers.len();
        let place = Place {
            queue: name.to_owned(),
            joined: self.now,
            original: count,
            leg: None,
            ringing_since: self.now,
            talking_since: None,
        };
        if let Some(channel) = self.channels.get_mut(key) {
            channel.queued = Some(place);
            channel.waits = Waits::Queue;
        }
        self.queue_device(name);
        let count = Digits::of(count as u64);
        self.channel_event(
            Kind::QueueCallerJoin,
            key,
            &[("Queue", name), ("Position", count.text()), ("Count", count.text())],
        );
        if let Some(timeout) = timeout {
            self.set_timer(key, Slot::Expire, timeout);
        }
        self.set_timer(key, Slot::Poll, Time::ZERO);
        true
    }

    /// A caller looks for a member; or the phone that rings for him has rung long enough.
    pub(crate) fn queue_poll(&mut self, key: Key) {
        let Some(place) = self.channels.get(key).and_then(|channel| channel.queued.as_ref()) else { return };
        let queue = place.queue.clone();
        if place.leg.is_some() {
            self.ring_no_answer(key);
        } else if let Some(member) = self.member_for(&queue, key) {
            self.ring(key, &queue, member);
            return;
        }
        let retry = self.queues.get(&queue).map_or(1.0, |queue| queue.setup.retry_s.max(0.1));
        self.set_timer(key, Slot::Poll, seconds(retry));
    }

    /// The member whose phone shall ring for this caller, if it is his turn.
    fn member_for(&mut self, name: &str, key: Key) -> Option<usize> {
        let queue = self.queues.get(name)?;
        let waits = |caller: &&Key| {
            let place = self.channels.get(**caller).and_then(|channel| channel.queued.as_ref());
            place.is_some_and(|place| place.leg.is_none())
        };
        let ahead = queue.callers.iter().take_while(|caller| **caller != key).filter(waits).count();
        let free: Vec<usize> =
            (0..queue.members.len()).filter(|index| self.available(queue, &queue.members[*index])).collect();
        if ahead >= free.len() {
            return None;
        }
        let penalty = free.iter().map(|index| queue.members[*index].penalty).min()?;
        let mut best = free.into_iter().filter(|index| queue.members[*index].penalty == penalty);
        let first = best.next()?;
        let index = if first >= queue.next_member {
            first
        } else {
            best.find(|index| *index >= queue.next_member).unwrap_or(first)
        };
        self.queues.get_mut(name)?.next_member = index + 1;
        Some(index)
    }

    /// Whether a member can be called: logged in, not paused, his phone at rest, his wrap-up over.
    pub(crate) fn available(&self, queue: &Queue, member: &Member) -> bool {
        let wraps = member.last_call.is_some_and(|at| self.now < at + seconds(queue.setup.wrapuptime_s));
        let phone = self.devices.get(member.device);
        !member.paused && !wraps && phone.is_some_and(|device| device.leg.is_none() && device.reachable)
    }

    /// The time in the queue is over.
    pub(crate) fn queue_expired(&mut self, key: Key) {
        let Some(channel) = self.channels.get(key) else { return };
        let Some(place) = channel.queued.clone().filter(|place| place.talking_since.is_none()) else {
            return;
        };
        if place.leg.is_some() {
            self.ring_no_answer(key);
        }
        self.cancel(key, Slot::Poll);
        self.abandon_event(key, &place);
        self.waited_vars(key, &place);
        self.caller_leaves(key, &place);
        self.var_set(key, "QUEUESTATUS", "TIMEOUT");
        if let Some(channel) = self.channels.get_mut(key) {
            channel.queued = None;
            channel.waits = Waits::Nothing;
        }
        self.counts.queue_timeouts += 1;
        self.resume(key);
    }

    /// The call of a caller ends while he waits or talks.
    pub(crate) fn leave_queue(&mut self, key: Key, by: By) {
        let Some(place) = self.channels.get_mut(key).and_then(|channel| channel.queued.take()) else {
            return;
        };
        if place.talking_since.is_some() {
            return self.talk_ends(key, &place, by);
        }
        if let Some(leg) = place.leg {
            self.dial_event(Kind::DialEnd, Some(key), leg, &[("DialStatus", "CANCEL")]);
            self.leg_goes(leg, 0);
        }
        self.waited_vars(key, &place);
        self.abandon_event(key, &place);
        self.caller_leaves(key, &place);
        self.counts.abandoned += 1;
    }

    fn waited_vars(&mut self, key: Key, place: &Place) {
        if !self.wants(Kind::VarSet) {
            return;
        }
        let waited = self.now.saturating_sub(place.joined).as_secs();
        self.var_set_number(key, "QUEUEWAIT", waited);
        self.var_set_number(key, "QUEUEWAIT_MS", waited * 1_000);
        self.dialed_vars(key);
        self.var_set(key, "ANSWEREDTIME", "0");
        self.var_set(key, "ANSWEREDTIME_MS", "0");
    }

    pub(crate) fn dialed_vars(&mut self, key: Key) {
        let Some(channel) = self.channels.get(key) else { return };
        let up = self.now.saturating_sub(channel.since);
        self.var_set_number(key, "DIALEDTIME", up.as_secs());
        self.var_set_number(key, "DIALEDTIME_MS", u64::try_from(up.as_millis()).unwrap_or(u64::MAX));
    }

    fn abandon_event(&mut self, key: Key, place: &Place) {
        self.var_set(key, "ABANDONED", "TRUE");
        let waited = Digits::of(self.now.saturating_sub(place.joined).as_secs());
        let position = Digits::of(self.position(key, &place.queue) as u64);
        let original = Digits::of(place.original as u64);
        self.channel_event(
            Kind::QueueCallerAbandon,
            key,
            &[
                ("Queue", &place.queue),
                ("Position", position.text()),
                ("OriginalPosition", original.text()),
                ("HoldTime", waited.text()),
            ],
        );
        if let Some(queue) = self.queues.get_mut(&place.queue) {
            queue.abandoned += 1;
        }
    }

    /// The caller is no longer among those who wait.
    pub(crate) fn caller_leaves(&mut self, key: Key, place: &Place) {
        let position = self.position(key, &place.queue);
        let Some(queue) = self.queues.get_mut(&place.queue) else { return };
        queue.callers.retain(|caller| *caller != key);
        let count = Digits::of(queue.callers.len() as u64);
        let position = Digits::of(position as u64);
        self.queue_device(&place.queue);
        self.channel_event(
            Kind::QueueCallerLeave,
            key,
            &[("Queue", &place.queue), ("Position", position.text()), ("Count", count.text())],
        );
        self.var_set(key, "QUEUEPOSITION", position.text());
    }

    fn position(&self, key: Key, name: &str) -> usize {
        let callers = self.queues.get(name).map(|queue| &queue.callers);
        callers.and_then(|callers| callers.iter().position(|caller| *caller == key)).map_or(0, |at| at + 1)
    }

    fn queue_device(&mut self, name: &str) {
        if !self.wants(Kind::DeviceStateChange) {
            return;
        }
        let waiting = self.queues.get(name).is_some_and(|queue| !queue.callers.is_empty());
        self.device_state(&format!("Queue:{name}"), if waiting { "RINGING" } else { "NOT_INUSE" });
    }
}
