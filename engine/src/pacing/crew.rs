//! The agents of one queue, and what was learned about their talks and wrap-ups: who will be free by when.

use std::collections::BTreeMap;

use super::ages::{Ages, End, Grid};
use super::predict::{HORIZONS, Horizons};

/// The agents of one queue; campaigns on that queue may share them.
#[derive(Debug, Clone)]
pub struct Crew {
    agents: BTreeMap<u64, Agent>,
    idle: u32,
    spoken_for: u32,
    talk: Ages,
    wrap: Ages,
    /// For each edge of the talk's bins, where it was needed: chances to be ready by each of the horizons.
    table: Vec<Option<[f64; HORIZONS]>>,
    /// The wrap-up's law, in parts.
    parts: [f64; WRAP_PARTS],
    table_of: Option<Horizons>,
    refreshed: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Agent {
    state: State,
    since: f64,
    counted: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Talk,
    Wrap,
}

/// More agents than this are not looked at.
const MOST_AGENTS: usize = 20_000;
/// The curves are made anew so often, seconds.
const REFRESH_S: f64 = 5.0;
/// A table serves horizons that are no further from its own than this, seconds.
const SAME_S: f64 = 0.1;
const TALK_MEMORY: f64 = 2_000.0;
const WRAP_MEMORY: f64 = 1_000.0;
/// Parts of the wrap-up's law in the sum of talk and wrap-up.
const WRAP_PARTS: usize = 8;

impl Default for Crew {
    fn default() -> Self {
        Self::new()
    }
}

impl Crew {
    /// Nobody, and nothing known.
    pub fn new() -> Self {
        Self {
            agents: BTreeMap::new(),
            idle: 0,
            spoken_for: 0,
            talk: Ages::new(Grid::new(0.5, 0.05, 7_200.0), TALK_MEMORY, 3.0, |_| (1.0 / 120.0, 0.0)),
            wrap: Ages::new(Grid::new(0.25, 0.03, 3_600.0), WRAP_MEMORY, 2.0, |_| (1.0 / 20.0, 0.0)),
            table: Vec::new(),
            parts: [0.0; WRAP_PARTS],
            table_of: None,
            refreshed: None,
        }
    }

    /// The agent is idle from `now` on.
    pub fn ready(&mut self, agent: u64, now: f64) {
        self.turn(agent, Some(State::Idle), now);
    }

    /// The agent talks from `now` on, whoever made the call.
    pub fn talk(&mut self, agent: u64, now: f64) {
        self.turn(agent, Some(State::Talk), now);
    }

    /// The agent's talk is over; he will be ready later.
    pub fn wrap(&mut self, agent: u64, now: f64) {
        self.turn(agent, Some(State::Wrap), now);
    }

    /// The agent takes a break or has logged out.
    pub fn away(&mut self, agent: u64, now: f64) {
        self.turn(agent, None, now);
    }

    /// So many of the idle are as good as taken: by calls of other queues or callers who came by themselves, or because a
    /// phone is about to ring. May be more than are idle.
    pub fn set_spoken_for(&mut self, agents: u32) {
        self.spoken_for = agents;
    }

    /// Idle agents for whom nobody else has come; below 0 where more have come than are idle.
    pub(super) fn left(&self) -> i64 {
        i64::from(self.idle) - i64::from(self.spoken_for)
    }

    /// Agents who wait for a call.
    pub fn idle(&self) -> u32 {
        self.idle
    }

    /// Agents who are there: idle, in talk or in wrap-up.
    pub fn present(&self) -> usize {
        self.agents.len()
    }

    fn turn(&mut self, id: u64, next: Option<State>, now: f64) {
        let before = self.agents.get(&id).copied();
        if before.map(|agent| agent.state) == next {
            return;
        }
        if let Some(agent) = before {
            self.leave(agent, next, now);
        } else if self.agents.len() >= MOST_AGENTS {
            return;
        }
        let Some(state) = next else {
            self.agents.remove(&id);
            return;
        };
        let since = before.map_or(now, |agent| agent.since.max(now));
        self.idle += u32::from(state == State::Idle);
        self.agents.insert(id, Agent { state, since, counted: since });
    }

    /// What the end of a state teaches.
    fn leave(&mut self, agent: Agent, next: Option<State>, now: f64) {
        let age = (now - agent.since).max(0.0);
        let counted = agent.counted - agent.since;
        match agent.state {
            State::Idle => self.idle -= 1,
            State::Talk => {
                let end = if next.is_some() { End::Wanted } else { End::Other };
                self.talk.ended(counted, age, 1.0, end);
                if next == Some(State::Idle) {
                    self.wrap.ended(0.0, 0.0, 1.0, End::Wanted);
                }
            }
            State::Wrap => {
                let end = if next == Some(State::Idle) { End::Wanted } else { End::Other };
                self.wrap.ended(counted, age, 1.0, end);
            }
        }
    }

    /// Counts what lasts as having lasted until `now`, and makes the curves anew where they are old.
    pub(super) fn advance(&mut self, now: f64) {
        if self.refreshed.is_some_and(|at| now - at < REFRESH_S && now >= at) {
            return;
        }
        self.refreshed = Some(now);
        self.table_of = None;
        for agent in self.agents.values_mut() {
            let lasted = match agent.state {
                State::Idle => continue,
                State::Talk => &mut self.talk,
                State::Wrap => &mut self.wrap,
            };
            if now > agent.counted {
                lasted.expose(agent.counted - agent.since, now - agent.since, 1.0);
                agent.counted = now;
            }
        }
        self.talk.refresh(1.0);
        self.wrap.refresh(1.0);
    }

    /// Calls `each` with the chances of every agent at work to be ready by each of the horizons (seconds from `now`).
    pub(super) fn freed(&mut self, horizons: &Horizons, now: f64, mut each: impl FnMut(&[f64; HORIZONS])) {
        let same = |of: &Horizons| of.iter().zip(horizons).all(|(one, other)| (one - other).abs() < SAME_S);
        if !self.table_of.as_ref().is_some_and(same) {
            self.table_of = Some(*horizons);
            self.table.clear();
            self.table.resize(self.talk.grid().edges().len(), None);
            self.parts = self.wrap.quantiles();
        }
        let Self { agents, table, talk, wrap, parts, .. } = self;
        let share = wrap.share() / WRAP_PARTS as f64;
        for agent in agents.values() {
            let age = (now - agent.since).max(0.0);
            match agent.state {
                State::Idle => {}
                State::Talk => {
                    let (bin, part) = talk.grid().place(age);
                    let mut at = |edge: usize| {
                        *table[edge].get_or_insert_with(|| {
                            from_talk(talk, parts, talk.grid().edges()[edge], horizons).map(|sum| sum * share)
                        })
                    };
                    let (low, high) = (at(bin), at(bin + 1));
                    each(&std::array::from_fn(|horizon| {
                        low[horizon] + (high[horizon] - low[horizon]) * part
                    }));
                }
                State::Wrap => each(&wrap.reaches_each(age, |reaches| horizons.map(reaches))),
            }
        }
    }
}

/// Chances that talk and wrap-up of one who has talked for `age` seconds are over by each of the horizons, summed over the parts
/// of the wrap-up's law.
fn from_talk(talk: &Ages, parts: &[f64], age: f64, horizons: &Horizons) -> [f64; HORIZONS] {
    talk.reaches_each(age, |reaches| {
        horizons.map(|horizon| parts.iter().map(|wrap| reaches(horizon - wrap)).sum::<f64>())
    })
}
