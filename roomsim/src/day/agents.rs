//! Agents: idle, in talk, in wrap-up, away.

use super::{Day, Happening, ms, s};
use crate::chance::{Chance, Stream};
use crate::protocol::{Class, Event};

/// Where an agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Idle,
    Talk { call: u64, since: u64 },
    Wrap,
    Away,
}

pub(super) struct Agent {
    place: Place,
    chance: Chance,
    /// Logged in, or logging in next.
    staying: bool,
    next_break_at: u64,
}

impl Day<'_> {
    /// The agents of the day, with the times at which they come and go.
    pub(super) fn hire(&mut self) {
        let room = self.room;
        if room.shifts.is_empty() {
            for _ in 0..room.seats {
                let agent = self.hire_one();
                self.at(0, Happening::LogIn(agent));
            }
        }
        for shift in &room.shifts {
            for _ in 0..shift.agents {
                let agent = self.hire_one();
                self.at(ms(shift.from_s), Happening::LogIn(agent));
                self.at(ms(shift.to_s), Happening::LogOut(agent));
            }
        }
    }

    fn hire_one(&mut self) -> u32 {
        let id = self.agents.len() as u32;
        let chance = Chance::new(self.room.seed, self.rep, Stream::Agent(u64::from(id)));
        self.agents.push(Agent { place: Place::Away, chance, staying: true, next_break_at: u64::MAX });
        self.counts.away += 1;
        self.plan_break(id);
        id
    }

    fn plan_break(&mut self, agent: u32) {
        let per_hour = self.room.breaks.per_hour;
        let Some(agent) = self.agents.get_mut(agent as usize) else { return };
        if per_hour > 0.0 {
            agent.next_break_at = self.now + ms(agent.chance.exponential(3_600.0 / per_hour));
        }
    }

    pub(super) fn ready_if_staying(&mut self, agent: u32) {
        let staying = self.agents.get(agent as usize).is_some_and(|agent| agent.staying);
        if staying {
            self.counts.away -= 1;
            self.ready(agent);
        }
    }

    fn ready(&mut self, agent: u32) {
        self.events.push(Event::Ready { t: s(self.now), agent: u64::from(agent) });
        self.put(agent, Place::Idle);
        match self.waiting.pop_front() {
            Some(call) => self.connect(call, agent),
            None => self.idle.push_back(agent),
        }
    }

    /// An agent who is not in `idle` any more takes a call that is not in `waiting` any more.
    pub(super) fn connect(&mut self, call: u64, agent: u32) {
        let (waited, talk) = self.served(call);
        let (t, who) = (s(self.now), u64::from(agent));
        self.events.push(Event::Connected { t, call, agent: who, waited });
        self.events.push(Event::Talk { t, agent: who, call });
        self.counts.talk += 1;
        self.put(agent, Place::Talk { call, since: self.now });
        self.at(self.now + talk, Happening::TalkOver(agent));
    }

    pub(super) fn talk_over(&mut self, agent: u32) {
        let Some(Agent { place: Place::Talk { call, since }, .. }) = self.agents.get(agent as usize) else {
            return;
        };
        let (call, talk) = (*call, s(self.now - since));
        let class = if self.was_person(call) { Class::Person } else { Class::Machine };
        self.events.push(Event::Wrap { t: s(self.now), agent: u64::from(agent), call, talk, class });
        self.counts.talk -= 1;
        self.counts.wrap += 1;
        let wrap_s = self.room.wrap_s;
        let wrap = self.agents.get_mut(agent as usize).map_or(0.0, |agent| agent.chance.draw(wrap_s));
        self.put(agent, Place::Wrap);
        self.at(self.now + ms(wrap), Happening::WrapOver(agent));
    }

    pub(super) fn wrap_over(&mut self, agent: u32) {
        self.counts.wrap -= 1;
        let Some(Agent { staying, next_break_at, .. }) = self.agents.get(agent as usize) else { return };
        if *staying && self.now < *next_break_at {
            return self.ready(agent);
        }
        let on_a_break = *staying;
        self.leave(agent);
        if on_a_break {
            let length_s = self.room.breaks.length_s;
            let length = self.agents.get_mut(agent as usize).map_or(0.0, |agent| agent.chance.draw(length_s));
            let back = self.now + ms(length);
            self.plan_break_after(agent, back);
            self.at(back, Happening::BreakOver(agent));
        }
    }

    fn plan_break_after(&mut self, agent: u32, back: u64) {
        self.plan_break(agent);
        if let Some(agent) = self.agents.get_mut(agent as usize) {
            agent.next_break_at += back - self.now;
        }
    }

    /// At once when idle, else after the wrap-up.
    pub(super) fn log_out(&mut self, agent: u32) {
        let Some(gone) = self.agents.get_mut(agent as usize) else { return };
        gone.staying = false;
        if gone.place == Place::Idle {
            self.idle.retain(|idle| *idle != agent);
            self.leave(agent);
        }
    }

    fn leave(&mut self, agent: u32) {
        self.put(agent, Place::Away);
        self.counts.away += 1;
        self.events.push(Event::Away { t: s(self.now), agent: u64::from(agent) });
    }

    fn put(&mut self, agent: u32, place: Place) {
        if let Some(agent) = self.agents.get_mut(agent as usize) {
            agent.place = place;
        }
    }
}
