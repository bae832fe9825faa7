//! The queues of one Asterisk and who is free in them, followed by events: nothing here is polled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::input::{Member, QueueEvent, QueueState};
use crate::time::{Mono, Now, Wall};

/// Asterisk's device states in which an agent can be called.
const NOT_IN_USE: u8 = 1;
const RINGING: u8 = 6;
/// Device states of a phone that is not there.
const INVALID: u8 = 4;
const UNAVAILABLE: u8 = 5;

/// All queues of one Asterisk.
#[derive(Debug, Default)]
pub struct Queues {
    queues: BTreeMap<String, Queue>,
    /// Ends of wrap-ups: when, in which queue, whose.
    wrapups: BTreeSet<(Mono, String, String)>,
}

#[derive(Debug, Default)]
struct Queue {
    members: BTreeMap<String, Seat>,
    staff: Staff,
}

#[derive(Debug)]
struct Seat {
    member: Member,
    /// In wrap-up until then.
    wrapup: Option<Mono>,
    /// Has taken a call; his state may not have followed yet.
    taken: bool,
}

/// What a queue offers now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Staff {
    /// Agents who could take a call at once.
    pub idle: u32,
    /// Agents whose phone is there and who are not paused.
    pub logged_in: u32,
    /// Agents whose phone rings.
    pub ringing: u32,
}

impl Queues {
    /// What a queue offers; `None` for a queue that this Asterisk does not have.
    pub fn staff(&self, queue: &str) -> Option<Staff> {
        self.queues.get(queue).map(|queue| queue.staff)
    }

    /// The members of a queue, by interface.
    pub fn members(&self, queue: &str) -> impl Iterator<Item = &Member> {
        self.queues.get(queue).into_iter().flat_map(|q| q.members.values().map(|seat| &seat.member))
    }

    /// A member of a queue.
    pub fn member(&self, queue: &str, interface: &str) -> Option<&Member> {
        Some(&self.queues.get(queue)?.members.get(interface)?.member)
    }

    /// The members of a queue who could take a call at once, and have no call or wrap-up of another queue either.
    pub fn idle_members(&self, queue: &str) -> impl Iterator<Item = &Member> {
        self.members(queue).filter(move |member| self.is_idle(queue, &member.interface))
    }

    /// The same of one member.
    pub fn is_idle(&self, queue: &str, interface: &str) -> bool {
        let seat = |name: &str| self.queues.get(name)?.members.get(interface);
        let busy = |seat: &Seat| seat.wrapup.is_some() || seat.taken || seat.member.in_call;
        seat(queue).is_some_and(|seat| seat.staff().idle > 0)
            && !self.queues.values().filter_map(|queue| queue.members.get(interface)).any(busy)
    }

    /// Forgets everything: the connection is gone.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a snapshot of all queues in place of what was known.
    pub fn replace(&mut self, queues: Vec<QueueState>, now: Now) {
        self.clear();
        for state in queues {
            self.queues.entry(state.name.clone()).or_default();
            for member in state.members {
                self.put(&state.name, member, now);
            }
        }
    }

    /// Takes an event in. Returns the queue whose staff it changed.
    pub fn on(&mut self, event: QueueEvent, now: Now) -> Option<String> {
        let (QueueEvent::Member { queue, .. } | QueueEvent::MemberGone { queue, .. }) = &event;
        let queue = queue.clone();
        let before = self.staff(&queue);
        match event {
            QueueEvent::Member { member, .. } => self.put(&queue, member, now),
            QueueEvent::MemberGone { interface, .. } => self.take(&queue, &interface),
        }
        (self.staff(&queue) != before).then_some(queue)
    }

    /// A member, by his name, has taken a call (or that call is over). On a busy Asterisk his state follows the connection by up
    /// to some hundred milliseconds; until then he is no more idle. Whatever is heard of him next counts.
    pub fn set_taken(&mut self, queue: &str, name: &str, taken: bool) {
        let Some(queue) = self.queues.get_mut(queue) else { return };
        let Some(seat) = queue.members.values_mut().find(|seat| seat.member.name == name) else { return };
        let before = seat.staff();
        seat.taken = taken;
        queue.staff = queue.staff.less(before).and(seat.staff());
    }

    /// Ends the wrap-ups that are over; returns the queues in which somebody became free.
    pub fn end_wrapups(&mut self, now: Now) -> BTreeSet<String> {
        let mut freed = BTreeSet::new();
        while self.next_wrapup().is_some_and(|at| at <= now.mono) {
            let Some((_, name, interface)) = self.wrapups.pop_first() else { break };
            let Some(queue) = self.queues.get_mut(&name) else { continue };
            if let Some(seat) = queue.members.get_mut(&interface) {
                let before = seat.staff();
                seat.wrapup = None;
                queue.staff = queue.staff.less(before).and(seat.staff());
                freed.insert(name);
            }
        }
        freed
    }

    /// When the next wrap-up is over.
    pub fn next_wrapup(&self) -> Option<Mono> {
        self.wrapups.first().map(|(at, _, _)| *at)
    }

    fn put(&mut self, queue: &str, member: Member, now: Now) {
        self.take(queue, &member.interface);
        let wrapup = wrapup_left(&member, now).map(|left| now.mono.after(left));
        let interface = member.interface.clone();
        if let Some(until) = wrapup {
            self.wrapups.insert((until, queue.to_owned(), interface.clone()));
        }
        let seat = Seat { member, wrapup, taken: false };
        let queue = self.queues.entry(queue.to_owned()).or_default();
        queue.staff = queue.staff.and(seat.staff());
        queue.members.insert(interface, seat);
    }

    fn take(&mut self, name: &str, interface: &str) {
        let Some(queue) = self.queues.get_mut(name) else { return };
        let Some(seat) = queue.members.remove(interface) else { return };
        queue.staff = queue.staff.less(seat.staff());
        if let Some(until) = seat.wrapup {
            self.wrapups.remove(&(until, name.to_owned(), interface.to_owned()));
        }
    }
}

impl Seat {
    /// What this member adds to the staff of the queue.
    fn staff(&self) -> Staff {
        let Member { status, paused, .. } = self.member;
        Staff {
            idle: u32::from(is_idle(&self.member) && self.wrapup.is_none() && !self.taken),
            logged_in: u32::from(!paused && !matches!(status, INVALID | UNAVAILABLE)),
            ringing: u32::from(status == RINGING),
        }
    }
}

impl Staff {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            idle: self.idle + other.idle,
            logged_in: self.logged_in + other.logged_in,
            ringing: self.ringing + other.ringing,
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            idle: self.idle - other.idle,
            logged_in: self.logged_in - other.logged_in,
            ringing: self.ringing - other.ringing,
        }
    }
}

fn is_idle(member: &Member) -> bool {
    member.status == NOT_IN_USE && !member.paused && !member.in_call
}

/// Wrap-up cannot be seen in AMI: app_queue keeps callers from an agent for the wrap-up time after his last call, while his
/// state is 1 already (capture B09). So it is counted from LastCall.
fn wrapup_left(member: &Member, now: Now) -> Option<Duration> {
    if member.wrapup_s == 0 || member.last_call_s == 0 {
        return None;
    }
    let last_call = Wall(member.last_call_s.saturating_mul(1_000_000_000));
    let over = last_call.after_ms(u64::from(member.wrapup_s) * 1000);
    (over > now.wall).then(|| over.since(now.wall))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(interface: &str, status: u8) -> Member {
        Member {
            interface: interface.into(),
            name: interface.into(),
            status,
            paused: false,
            in_call: false,
            last_call_s: 0,
            wrapup_s: 0,
        }
    }

    fn event(queue: &str, member: Member) -> QueueEvent {
        QueueEvent::Member { queue: queue.into(), member }
    }

    #[test]
    fn only_an_unpaused_agent_whose_phone_is_free_is_idle() {
        let mut queues = Queues::default();
        let now = Now::default();
        queues.on(event("q", member("a", 1)), now);
        queues.on(event("q", member("b", 2)), now);
        queues.on(event("q", member("c", 5)), now);
        queues.on(event("q", Member { paused: true, ..member("d", 1) }), now);
        queues.on(event("q", Member { in_call: true, ..member("e", 1) }), now);
        assert_eq!(queues.staff("q"), Some(Staff { idle: 1, logged_in: 3, ringing: 0 }));
        queues.on(event("q", member("a", 6)), now);
        assert_eq!(queues.staff("q").unwrap().idle, 0);
        queues.on(QueueEvent::MemberGone { queue: "q".into(), interface: "b".into() }, now);
        assert_eq!(queues.staff("q"), Some(Staff { idle: 0, logged_in: 2, ringing: 1 }));
        assert_eq!(queues.staff("other"), None);
    }

    #[test]
    fn wrap_up_is_counted_from_the_end_of_the_last_call() {
        let mut queues = Queues::default();
        let at = |s: u64| Now {
            mono: Mono(s * 1_000_000),
            wall: Wall(1_000_000_000 * s as i64),
            ..Now::default()
        };
        queues.on(event("q", Member { last_call_s: 100, wrapup_s: 5, ..member("a", 1) }), at(102));
        assert_eq!(queues.staff("q").unwrap().idle, 0);
        assert_eq!(queues.next_wrapup(), Some(Mono(105_000_000)));
        assert_eq!(queues.end_wrapups(at(105)), BTreeSet::from(["q".to_owned()]));
        assert_eq!(queues.staff("q").unwrap().idle, 1);
    }
}
