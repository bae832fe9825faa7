//! The queues of one Asterisk and who is free in them, followed by events: nothing here is polled.
//!
//! An agent is one interface, in however many queues. A call that one of them has given him keeps him from all.

mod seat;

use std::collections::{BTreeMap, BTreeSet};

pub use seat::{AgentState, Staff};
use seat::{Seat, Wrapup};

use crate::input::{Member, QueueEvent, QueueState};
use crate::time::{Mono, Now};

/// All queues of one Asterisk.
#[derive(Debug, Default)]
pub struct Queues {
    queues: BTreeMap<String, Queue>,
    /// By interface.
    agents: BTreeMap<String, Agent>,
    /// Ends of wrap-ups: when, in which queue, whose.
    wrapups: BTreeSet<(Mono, String, String)>,
    /// What was so when [`Queues::drain`] was called last, where it may be otherwise now.
    before: Before,
}

#[derive(Debug, Default)]
struct Queue {
    seats: BTreeMap<String, Seat>,
    staff: Staff,
}

#[derive(Debug, Default)]
struct Agent {
    queues: BTreeSet<String>,
    /// Has taken a call of this queue; his state may not have followed yet.
    taken: Option<String>,
}

#[derive(Debug, Default)]
struct Before {
    queues: BTreeMap<String, Option<Staff>>,
    /// By queue and interface.
    agents: BTreeMap<(String, String), AgentState>,
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Queues that offer something else than before, or are new or gone.
    pub queues: BTreeSet<String>,
    /// Agents who do something else than before.
    pub agents: Vec<AgentChange>,
}

/// An agent does something else than before, as one of his queues sees it. One who is in several queues changes in each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentChange {
    /// The queue.
    pub queue: String,
    /// His interface.
    pub agent: String,
    /// What he did; [`AgentState::Away`] for one who is new there.
    pub before: AgentState,
    /// What he does; [`AgentState::Away`] for one who is there no more.
    pub after: AgentState,
}

impl Queues {
    /// What a queue offers; `None` for a queue that this Asterisk does not have.
    pub fn staff(&self, queue: &str) -> Option<Staff> {
        self.queues.get(queue).map(|queue| queue.staff)
    }

    /// The members of a queue, by interface.
    pub fn members(&self, queue: &str) -> impl Iterator<Item = &Member> {
        self.queues.get(queue).into_iter().flat_map(|q| q.seats.values().map(|seat| &seat.member))
    }

    /// What an agent is doing, as one of his queues sees it.
    pub fn state(&self, queue: &str, agent: &str) -> AgentState {
        let seat = self.queues.get(queue).and_then(|queue| queue.seats.get(agent));
        seat.map_or(AgentState::Away, |seat| seat.state)
    }

    /// What has changed since this was asked last: each agent and queue once, however often it has changed meanwhile.
    pub fn drain(&mut self) -> Changes {
        let Before { queues, agents } = std::mem::take(&mut self.before);
        let changed = |(name, before): (String, Option<Staff>)| (self.staff(&name) != before).then_some(name);
        let agents = agents.into_iter().filter_map(|((queue, agent), before)| {
            let after = self.state(&queue, &agent);
            (before != after).then_some(AgentChange { queue, agent, before, after })
        });
        Changes { agents: agents.collect(), queues: queues.into_iter().filter_map(changed).collect() }
    }

    /// Forgets everything: the connection is gone.
    pub fn clear(&mut self) {
        self.note_all();
        (self.queues, self.agents) = (BTreeMap::new(), BTreeMap::new());
        self.wrapups.clear();
    }

    /// Takes a snapshot of all queues in place of what was known.
    pub fn replace(&mut self, queues: Vec<QueueState>, now: Now) {
        self.note_all();
        let known = std::mem::take(&mut self.queues);
        self.agents.clear();
        self.wrapups.clear();
        for state in queues {
            self.note_queue(&state.name);
            self.queues.entry(state.name.clone()).or_default();
            for member in state.members {
                let seat = known.get(&state.name).and_then(|queue| queue.seats.get(&member.interface));
                let wrapup = seat.map(|seat| seat.wrapup).unwrap_or_default();
                self.put(&state.name, member, wrapup, now);
            }
        }
    }

    /// Takes an event in.
    pub fn on(&mut self, event: QueueEvent, now: Now) {
        match event {
            QueueEvent::Member { queue, member } => {
                let seat = self.queues.get(&queue).and_then(|q| q.seats.get(&member.interface));
                let wrapup = seat.map(|seat| seat.wrapup).unwrap_or_default();
                self.put(&queue, member, wrapup, now);
            }
            QueueEvent::MemberGone { queue, interface } => self.remove(&queue, &interface),
        }
    }

    /// A member, by his name, has taken a call of this queue (or that call is over). On a busy Asterisk his state follows the
    /// connection by up to some hundred milliseconds; until then he is no more idle, in none of his queues. Whatever that
    /// queue says of him next counts.
    pub fn set_taken(&mut self, queue: &str, name: &str, taken: bool) {
        let Some(members) = self.queues.get(queue).map(|queue| &queue.seats) else { return };
        let Some(seat) = members.values().find(|seat| seat.member.name == name) else { return };
        let interface = seat.member.interface.clone();
        let Some(agent) = self.agents.get_mut(&interface) else { return };
        if taken {
            agent.taken = Some(queue.to_owned());
        } else if agent.taken.as_deref() == Some(queue) {
            agent.taken = None;
        }
        self.assess(&interface);
    }

    /// Ends the wrap-ups that are over.
    pub fn end_wrapups(&mut self, now: Now) {
        while self.next_wrapup().is_some_and(|at| at <= now.mono) {
            let Some((_, queue, interface)) = self.wrapups.pop_first() else { break };
            let seat = self.queues.get_mut(&queue).and_then(|queue| queue.seats.get_mut(&interface));
            if let Some(seat) = seat {
                seat.wrapup.until = None;
            }
            self.assess(&interface);
        }
    }

    /// When the next wrap-up is over.
    pub fn next_wrapup(&self) -> Option<Mono> {
        self.wrapups.first().map(|(at, _, _)| *at)
    }

    /// A member is in this state; `wrapup` is what was counted for him in this queue.
    fn put(&mut self, name: &str, member: Member, wrapup: Wrapup, now: Now) {
        self.note_queue(name);
        let interface = member.interface.clone();
        let agent = self.agents.entry(interface.clone()).or_default();
        agent.queues.insert(name.to_owned());
        agent.taken.take_if(|queue| queue == name);
        let queue = self.queues.entry(name.to_owned()).or_default();
        let state = queue.seats.get(&interface).map_or(AgentState::Away, |seat| seat.state);
        let wrapup_now = wrapup.follow(member.last_call_s, member.wrapup_s, now);
        let seat = Seat { wrapup: wrapup_now, state, ..Seat::new(member) };
        queue.staff = queue.staff.and(seat.staff());
        if let Some(old) = queue.seats.insert(interface.clone(), seat) {
            queue.staff = queue.staff.less(old.staff());
        }
        if let Some(until) = wrapup.until {
            self.wrapups.remove(&(until, name.to_owned(), interface.clone()));
        }
        if let Some(until) = wrapup_now.until {
            self.wrapups.insert((until, name.to_owned(), interface.clone()));
        }
        self.assess(&interface);
    }

    fn remove(&mut self, name: &str, interface: &str) {
        self.note_queue(name);
        self.note_agent(name, interface);
        let Some(queue) = self.queues.get_mut(name) else { return };
        let Some(seat) = queue.seats.remove(interface) else { return };
        queue.staff = queue.staff.less(seat.staff());
        if let Some(until) = seat.wrapup.until {
            self.wrapups.remove(&(until, name.to_owned(), interface.to_owned()));
        }
        if let Some(agent) = self.agents.get_mut(interface) {
            agent.queues.remove(name);
            agent.taken.take_if(|queue| queue == name);
            if agent.queues.is_empty() {
                self.agents.remove(interface);
            }
        }
        self.assess(interface);
    }

    /// Looks at what an agent is doing, in each of his queues.
    fn assess(&mut self, interface: &str) {
        let Some(agent) = self.agents.get(interface) else { return };
        let seat = |name: &String| self.queues.get(name).and_then(|queue| queue.seats.get(interface));
        let on_call =
            agent.taken.is_some() || agent.queues.iter().filter_map(seat).any(|seat| seat.member.in_call);
        for name in agent.queues.clone() {
            let Some(seat) = self.queues.get(&name).and_then(|queue| queue.seats.get(interface)) else {
                continue;
            };
            let state = seat.doing(on_call);
            if state == seat.state {
                continue;
            }
            self.note_queue(&name);
            self.note_agent(&name, interface);
            let Some(queue) = self.queues.get_mut(&name) else { continue };
            let Some(seat) = queue.seats.get_mut(interface) else { continue };
            queue.staff = queue.staff.less(seat.staff());
            seat.state = state;
            queue.staff = queue.staff.and(seat.staff());
        }
    }

    fn note_queue(&mut self, queue: &str) {
        if !self.before.queues.contains_key(queue) {
            self.before.queues.insert(queue.to_owned(), self.staff(queue));
        }
    }

    fn note_agent(&mut self, queue: &str, agent: &str) {
        let state = self.state(queue, agent);
        self.before.agents.entry((queue.to_owned(), agent.to_owned())).or_insert(state);
    }

    fn note_all(&mut self) {
        let seats = |(name, queue): (&String, &Queue)| -> Vec<(String, String)> {
            queue.seats.keys().map(|interface| (name.clone(), interface.clone())).collect()
        };
        for (queue, agent) in self.queues.iter().flat_map(seats).collect::<Vec<_>>() {
            self.note_agent(&queue, &agent);
        }
        for queue in self.queues.keys().cloned().collect::<Vec<_>>() {
            self.note_queue(&queue);
        }
    }
}

#[cfg(test)]
mod tests;
