//! Whom to offer a lead: who is idle and free of other offers, and who is left alone for a while.

use std::time::Duration;

use uuid::Uuid;

use super::{Agent, AgentKey};
use crate::engine::Engine;
use crate::input::{Member, PbxId, QueueEvent};
use crate::time::{Mono, Now};
use crate::timers::Timer;
use crate::value::Interface;

/// An agent who let an offer run out is left alone for so many times the time that he had, unless he shows life before.
const SILENCE: u32 = 3;
/// After so many refusals one after the other an agent has a rest, else he could click through a whole list.
const REFUSALS: u32 = 5;

/// What an agent did with his last offers.
#[derive(Debug, Default)]
pub(crate) struct Habit {
    /// Offered a lead last at.
    pub(super) offered: Option<Mono>,
    /// Refused so many, one after the other.
    refused: u32,
    /// Let this one run out: left alone until then, or until he shows life.
    silent: Option<(Uuid, Mono)>,
    /// In wrap-up or at rest until then.
    rests: Option<Mono>,
}

impl Habit {
    fn leaves_alone(&self, now: Mono) -> bool {
        self.ends().is_some_and(|end| now < end)
    }

    fn ends(&self) -> Option<Mono> {
        self.silent.map(|(_, until)| until).into_iter().chain(self.rests).max()
    }
}

impl Engine {
    /// Those of a queue who may be offered a lead now, who had none for longest first.
    pub(crate) fn free_agents(&self, pbx: PbxId, queue: &str, now: Now) -> Vec<Agent> {
        let idle = self.pbxs[pbx.0].queues.idle_members(queue);
        let mut free: Vec<(Option<Mono>, Agent)> = idle
            .filter_map(|member| {
                // Another kind of interface cannot be called here.
                let interface = Interface::parse(&member.interface).ok()?;
                let key = (pbx, member.interface.clone());
                let offered = self.previews.habits.get(&key).and_then(|habit| habit.offered);
                let free = !self.previews.engaged.contains(&key) && !self.is_left_alone(&key, now);
                free.then(|| (offered, Agent { name: member.name.clone(), interface }))
            })
            .collect();
        free.sort_by_key(|(offered, _)| *offered);
        free.into_iter().map(|(_, agent)| agent).collect()
    }

    pub(super) fn is_left_alone(&self, agent: &AgentKey, now: Now) -> bool {
        self.previews.habits.get(agent).is_some_and(|habit| habit.leaves_alone(now.mono))
    }

    pub(super) fn habit(&mut self, agent: &AgentKey) -> &mut Habit {
        self.previews.habits.entry(agent.clone()).or_default()
    }

    /// He let an offer run out: nobody may be there.
    pub(super) fn note_silence(&mut self, agent: &AgentKey, dialing: Uuid, seconds: u32, now: Now) {
        let wait = Duration::from_secs(u64::from(seconds) * u64::from(SILENCE));
        self.habit(agent).silent = Some((dialing, now.mono.after(wait)));
        self.watch_habits(agent.0);
    }

    pub(super) fn note_refusal(&mut self, agent: &AgentKey, seconds: u32, now: Now) {
        let habit = self.habit(agent);
        habit.refused += 1;
        if habit.refused >= REFUSALS {
            habit.refused = 0;
            self.note_rest(agent, seconds, now);
        }
    }

    pub(super) fn note_acceptance(&mut self, agent: &AgentKey) {
        self.habit(agent).refused = 0;
    }

    /// He has something else to do for so many seconds.
    pub(super) fn note_rest(&mut self, agent: &AgentKey, seconds: u32, now: Now) {
        self.habit(agent).rests = Some(now.mono.after(Duration::from_secs(u64::from(seconds))));
        self.watch_habits(agent.0);
    }

    /// An answer to an offer that has run out comes too late, but somebody is there.
    pub(super) fn note_late_answer(&mut self, dialing: Uuid) {
        let late = self
            .previews
            .habits
            .iter_mut()
            .find(|(_, habit)| habit.silent.is_some_and(|(offer, _)| offer == dialing));
        if let Some((_, habit)) = late {
            habit.silent = None;
            self.decide_all();
        }
    }

    /// A member's state comes, and is not taken in yet. A change shows that somebody is there.
    pub(crate) fn note_event(&mut self, pbx: PbxId, event: &QueueEvent) {
        let QueueEvent::Member { queue, member } = event else { return };
        let before = self.pbxs[pbx.0].queues.member(queue, &member.interface);
        let same = |before: &Member| before.status == member.status && before.paused == member.paused;
        if before.is_some_and(same) {
            return;
        }
        if let Some(habit) = self.previews.habits.get_mut(&(pbx, member.interface.clone())) {
            habit.silent = None;
        }
    }

    /// Somebody may be offered leads again.
    pub(crate) fn habits_due(&mut self, pbx: PbxId, now: Now) {
        let due = |habit: &super::Habit| habit.ends().is_some_and(|end| end <= now.mono);
        for (_, habit) in self.previews.habits.iter_mut().filter(|((at, _), habit)| *at == pbx && due(habit))
        {
            (habit.silent, habit.rests) = (None, None);
        }
        self.watch_habits(pbx);
        self.decide_all();
    }

    fn watch_habits(&mut self, pbx: PbxId) {
        match self.next_agent_back(pbx) {
            Some(at) => self.timers.set(Timer::Habits(pbx), at),
            None => self.timers.clear(Timer::Habits(pbx)),
        }
    }

    /// When the next of those who are left alone may be offered leads again.
    pub(crate) fn next_agent_back(&self, pbx: PbxId) -> Option<Mono> {
        let of_pbx = self.previews.habits.iter().filter(|((at, _), _)| *at == pbx);
        of_pbx.filter_map(|(_, habit)| habit.ends()).min()
    }

    /// An Asterisk is away: who is there is learned anew.
    pub(super) fn forget_habits(&mut self, pbx: PbxId) {
        self.previews.habits.retain(|(at, _), _| *at != pbx);
        self.timers.clear(Timer::Habits(pbx));
    }
}
