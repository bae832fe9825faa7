//! The queues of one Asterisk and who is free in them, followed by events: nothing here is polled.
//!
//! An agent is one interface, in however many queues. A call that one of them has given him keeps him from all. Who is
//! idle in several queues is idle in each, until calls on their way to one of them claim him ([`Queues::staff_left`]).
//!
//! Members with a penalty count like others: app_queue calls them as soon as those with less are busy.

mod seat;
mod sharing;
mod wrapups;

use std::collections::{BTreeMap, BTreeSet};

pub use seat::{AgentState, Crowd, Staff};
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
    /// The wrap-up after a call of one queue counts in all queues of an agent.
    shared_last_call: bool,
    /// What was so when [`Queues::drain`] was called last, where it may be otherwise now.
    before: Before,
}

#[derive(Debug, Default)]
struct Queue {
    seats: BTreeMap<String, Seat>,
    staff: Staff,
    /// In seconds.
    wrapup_s: u32,
    /// Callers who wait and are not ours.
    callers: BTreeSet<String>,
    /// Queues that have agents in common with this one, and how many.
    neighbours: BTreeMap<String, u32>,
}

#[derive(Debug, Default)]
struct Agent {
    queues: BTreeSet<String>,
    /// Has taken a call of this queue; his state may not have followed yet.
    taken: Option<String>,
    /// The queue whose call he took last, where that was seen.
    last_queue: Option<String>,
}

#[derive(Debug, Default)]
struct Before {
    /// What they offered, and how many callers waited who are not ours.
    queues: BTreeMap<String, Option<(Staff, usize)>>,
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

    /// What the members of a queue are doing, each counted once; `None` for a queue that this Asterisk does not have.
    pub fn crowd(&self, queue: &str) -> Option<Crowd> {
        self.queues.get(queue).map(|queue| queue.seats.values().map(Seat::place).sum())
    }

    /// The members of a queue, by interface.
    pub fn members(&self, queue: &str) -> impl Iterator<Item = &Member> {
        self.queues.get(queue).into_iter().flat_map(|q| q.seats.values().map(|seat| &seat.member))
    }

    /// All queues with their members, as they can be shown.
    pub(crate) fn views(&self) -> Vec<crate::view::QueueView> {
        let view = |(name, queue): (&String, &Queue)| crate::view::QueueView {
            name: name.clone(),
            staff: queue.staff,
            other_callers: queue.callers.len(),
            agents: queue.seats.values().map(|seat| (seat.member.clone(), seat.state)).collect(),
        };
        self.queues.iter().map(view).collect()
    }

    /// What an agent is doing, as one of his queues sees it.
    pub fn state(&self, queue: &str, agent: &str) -> AgentState {
        let seat = self.queues.get(queue).and_then(|queue| queue.seats.get(agent));
        seat.map_or(AgentState::Away, |seat| seat.state)
    }

    /// What has changed since this was asked last: each agent and queue once, however often it has changed meanwhile.
    pub fn drain(&mut self) -> Changes {
        let Before { queues, agents } = std::mem::take(&mut self.before);
        let changed =
            |(name, before): (String, Option<(Staff, usize)>)| (self.offer(&name) != before).then_some(name);
        let agents = agents.into_iter().filter_map(|((queue, agent), before)| {
            let after = self.state(&queue, &agent);
            (before != after).then_some(AgentChange { queue, agent, before, after })
        });
        Changes { agents: agents.collect(), queues: queues.into_iter().filter_map(changed).collect() }
    }

    /// A member of a queue.
    pub fn member(&self, queue: &str, interface: &str) -> Option<&Member> {
        Some(&self.queues.get(queue)?.seats.get(interface)?.member)
    }

    /// The name of the member of a queue whose phone a channel is: `PJSIP/agent1-0000002a` is one of `PJSIP/agent1`, and
    /// `Local/201@agents-00000003;1` of `Local/201@agents/n`.
    pub fn name_of_channel(&self, queue: &str, channel: &str) -> Option<String> {
        let (line, _) = channel.rsplit_once('-')?;
        let is_of = |member: &&Member| {
            let interface = &member.interface;
            interface.strip_prefix(line).is_some_and(|options| options.is_empty() || options.starts_with('/'))
        };
        self.members(queue).find(is_of).map(|member| member.name.clone())
    }

    /// The members of a queue who could take a call at once, and have no call or wrap-up of another queue either.
    pub fn idle_members(&self, queue: &str) -> impl Iterator<Item = &Member> {
        self.members(queue).filter(move |member| self.is_idle(queue, &member.interface))
    }

    /// The same of one member.
    pub fn is_idle(&self, queue: &str, interface: &str) -> bool {
        let queues = self.agents.get(interface).into_iter().flat_map(|agent| &agent.queues);
        let mut states = queues.map(|queue| self.state(queue, interface));
        self.state(queue, interface) == AgentState::Idle
            && !states.any(|state| matches!(state, AgentState::Busy | AgentState::WrapUp))
    }

    /// How long the wrap-up of a member lasts, in seconds.
    pub fn wrapup_s(&self, queue: &str, interface: &str) -> u32 {
        let queue = self.queues.get(queue);
        let seat = queue.and_then(|queue| Some((queue, queue.seats.get(interface)?)));
        seat.map_or(0, |(queue, seat)| seat.wrapup_s(queue.wrapup_s))
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
        let agents = std::mem::take(&mut self.agents);
        self.wrapups.clear();
        self.shared_last_call = queues.iter().any(|queue| queue.shared_last_call);
        for QueueState { name, members, callers, wrapup_s, .. } in queues {
            self.note_queue(&name);
            let queue = self.queues.entry(name.clone()).or_default();
            (queue.wrapup_s, queue.callers) = (wrapup_s, callers.into_iter().collect());
            for member in members {
                let seat = known.get(&name).and_then(|queue| queue.seats.get(&member.interface));
                let wrapup = seat.map(|seat| seat.wrapup).unwrap_or_default();
                let agent = self.agents.entry(member.interface.clone()).or_default();
                agent.last_queue = agents.get(&member.interface).and_then(|agent| agent.last_queue.clone());
                self.put(&name, member, wrapup, now);
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
            QueueEvent::MemberConnected { queue, interface } => self.take(&queue, &interface),
            QueueEvent::CallerJoined { queue, caller } => {
                self.note_queue(&queue);
                self.queues.entry(queue).or_default().callers.insert(caller);
            }
            QueueEvent::CallerLeft { queue, caller } => {
                self.note_queue(&queue);
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.callers.remove(&caller);
                }
            }
        }
    }

    /// A member, by his name, has taken a call of this queue, or that call is over.
    pub fn set_taken(&mut self, queue: &str, name: &str, taken: bool) {
        let Some(members) = self.queues.get(queue).map(|queue| &queue.seats) else { return };
        let Some(seat) = members.values().find(|seat| seat.member.name == name) else { return };
        let interface = seat.member.interface.clone();
        if taken {
            return self.take(queue, &interface);
        }
        if let Some(agent) = self.agents.get_mut(&interface) {
            agent.taken.take_if(|taken| taken == queue);
        }
        self.assess(&interface);
    }

    /// A member has taken a call of this queue. On a busy Asterisk his state follows the connection by up to some hundred
    /// milliseconds; until then he is no more idle, in none of his queues. Whatever that queue says of him next counts.
    fn take(&mut self, queue: &str, interface: &str) {
        let Some(agent) = self.agents.get_mut(interface).filter(|agent| agent.queues.contains(queue)) else {
            return;
        };
        (agent.taken, agent.last_queue) = (Some(queue.to_owned()), Some(queue.to_owned()));
        self.assess(interface);
    }

    /// A member is in this state; `wrapup` is what was counted for him in this queue.
    fn put(&mut self, name: &str, member: Member, wrapup: Wrapup, now: Now) {
        self.note_queue(name);
        let interface = member.interface.clone();
        let agent = self.agents.entry(interface.clone()).or_default();
        agent.taken.take_if(|queue| queue == name);
        if member.in_call {
            agent.last_queue = Some(name.to_owned());
        }
        let joins = agent.queues.insert(name.to_owned());
        let queue = self.queues.entry(name.to_owned()).or_default();
        let known = queue.seats.get(&interface);
        let (state, on_call) = known.map_or((AgentState::Away, false), |seat| (seat.state, seat.on_call));
        let seat = Seat { member, wrapup, state, on_call };
        queue.staff = queue.staff.and(seat.staff());
        if let Some(old) = queue.seats.insert(interface.clone(), seat) {
            queue.staff = queue.staff.less(old.staff());
        }
        if joins {
            self.meet(name, &interface);
        }
        self.count_wrapup(name, &interface, now);
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
        self.part(name, interface);
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
            self.note_queue(&name);
            self.note_agent(&name, interface);
            let Some(queue) = self.queues.get_mut(&name) else { continue };
            let Some(seat) = queue.seats.get_mut(interface) else { continue };
            queue.staff = queue.staff.less(seat.staff());
            seat.on_call = on_call;
            seat.state = seat.doing();
            queue.staff = queue.staff.and(seat.staff());
        }
    }

    fn note_queue(&mut self, queue: &str) {
        if !self.before.queues.contains_key(queue) {
            self.before.queues.insert(queue.to_owned(), self.offer(queue));
        }
    }

    fn offer(&self, queue: &str) -> Option<(Staff, usize)> {
        self.queues.get(queue).map(|queue| (queue.staff, queue.callers.len()))
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
