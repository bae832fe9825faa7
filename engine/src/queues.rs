//! The queues of one Asterisk and who is free in them, followed by events: nothing here is polled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::input::{Member, QueueEvent, QueueState};
use crate::time::{Mono, Now, Wall};

/// Asterisk's device states in which an agent can be called.
const NOT_IN_USE: u8 = 1;
/// Device states of a phone that is not there.
const INVALID: u8 = 4;
const UNAVAILABLE: u8 = 5;

/// All queues of one Asterisk.
#[derive(Debug, Default)]
pub struct Queues {
    queues: BTreeMap<String, Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    members: BTreeMap<String, Member>,
    idle: BTreeSet<String>,
    logged_in: u32,
    /// Members in wrap-up, and until when.
    wrapup: BTreeMap<String, Mono>,
}

/// What a queue offers now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Staff {
    /// Agents who could take a call at once.
    pub idle: u32,
    /// Agents whose phone is there and who are not paused.
    pub logged_in: u32,
}

impl Queues {
    /// What a queue offers; `None` for a queue that this Asterisk does not have.
    pub fn staff(&self, queue: &str) -> Option<Staff> {
        let queue = self.queues.get(queue)?;
        let idle = u32::try_from(queue.idle.len()).unwrap_or(u32::MAX);
        Some(Staff { idle, logged_in: queue.logged_in })
    }

    /// Names of the queues.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.queues.keys().map(String::as_str)
    }

    /// The members of a queue, by interface.
    pub fn members(&self, queue: &str) -> impl Iterator<Item = &Member> {
        self.queues.get(queue).into_iter().flat_map(|q| q.members.values())
    }

    /// Forgets everything: the connection is gone.
    pub fn clear(&mut self) {
        self.queues.clear();
    }

    /// Takes a snapshot of all queues in place of what was known.
    pub fn replace(&mut self, queues: Vec<QueueState>, now: Now) {
        self.queues.clear();
        for state in queues {
            let queue = self.queues.entry(state.name).or_default();
            for member in state.members {
                queue.put(member, now);
            }
        }
    }

    /// Takes an event in. Returns the queue that it touched.
    pub fn on(&mut self, event: QueueEvent, now: Now) -> String {
        match event {
            QueueEvent::Member { queue, member } => {
                self.queues.entry(queue.clone()).or_default().put(member, now);
                queue
            }
            QueueEvent::MemberGone { queue, interface } => {
                if let Some(known) = self.queues.get_mut(&queue) {
                    known.members.remove(&interface);
                    known.count(&interface, now);
                }
                queue
            }
        }
    }

    /// Ends the wrap-ups that are over; returns the queues in which somebody became free.
    pub fn end_wrapups(&mut self, now: Now) -> Vec<String> {
        let mut freed = Vec::new();
        for (name, queue) in &mut self.queues {
            let over: Vec<String> = queue
                .wrapup
                .iter()
                .filter(|(_, until)| **until <= now.mono)
                .map(|(i, _)| i.clone())
                .collect();
            if !over.is_empty() {
                freed.push(name.clone());
            }
            for interface in over {
                queue.wrapup.remove(&interface);
                queue.count(&interface, now);
            }
        }
        freed
    }

    /// When the next wrap-up is over.
    pub fn next_wrapup(&self) -> Option<Mono> {
        self.queues.values().flat_map(|queue| queue.wrapup.values().copied()).min()
    }
}

impl Queue {
    fn put(&mut self, member: Member, now: Now) {
        let interface = member.interface.clone();
        self.wrapup.remove(&interface);
        if let Some(left) = wrapup_left(&member, now) {
            self.wrapup.insert(interface.clone(), now.mono.after(left));
        }
        self.members.insert(interface.clone(), member);
        self.count(&interface, now);
    }

    fn count(&mut self, interface: &str, _now: Now) {
        let idle = self.members.get(interface).is_some_and(is_idle) && !self.wrapup.contains_key(interface);
        if idle {
            self.idle.insert(interface.to_owned());
        } else {
            self.idle.remove(interface);
        }
        let there = |m: &&Member| !m.paused && !matches!(m.status, INVALID | UNAVAILABLE);
        self.logged_in = u32::try_from(self.members.values().filter(there).count()).unwrap_or(u32::MAX);
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
        assert_eq!(queues.staff("q"), Some(Staff { idle: 1, logged_in: 3 }));
        queues.on(event("q", member("a", 6)), now);
        assert_eq!(queues.staff("q").unwrap().idle, 0);
        queues.on(QueueEvent::MemberGone { queue: "q".into(), interface: "b".into() }, now);
        assert_eq!(queues.staff("q"), Some(Staff { idle: 0, logged_in: 2 }));
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
        assert_eq!(queues.end_wrapups(at(105)), ["q"]);
        assert_eq!(queues.staff("q").unwrap().idle, 1);
    }
}
