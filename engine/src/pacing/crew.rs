//! The agents of one queue, and what was learned about their talks and wrap-ups: who will be free by when.

use std::collections::BTreeMap;

use super::ages::{Ages, End, Grid};
use super::predict::{HORIZONS, Horizons};

/// The agents of one queue; campaigns on that queue may share them.
#[derive(Debug, Clone)]
pub struct Crew {
    agents: BTreeMap<u64, Agent>,
    idle: u32,
    talk: Ages,
    wrap: Ages,
    /// For each edge of the talk's bins: chances to be ready by each of the horizons.
    table: Vec<[f64; HORIZONS]>,
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
const REFRESH_S: f64 = 2.0;
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
            talk: Ages::new(Grid::new(0.5, 0.05, 7_200.0), TALK_MEMORY, 3.0, |_| (1.0 / 120.0, 0.0)),
            wrap: Ages::new(Grid::new(0.25, 0.03, 3_600.0), WRAP_MEMORY, 2.0, |_| (1.0 / 20.0, 0.0)),
            table: Vec::new(),
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
                self.talk.expose(counted, age, 1.0);
                self.talk.ended(age, if next.is_some() { End::Wanted } else { End::Other });
                if next == Some(State::Idle) {
                    self.wrap.ended(0.0, End::Wanted);
                }
            }
            State::Wrap => {
                self.wrap.expose(counted, age, 1.0);
                self.wrap.ended(age, if next == Some(State::Idle) { End::Wanted } else { End::Other });
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
        if self.table_of != Some(*horizons) {
            self.tabulate(horizons);
            self.table_of = Some(*horizons);
        }
        for agent in self.agents.values() {
            let age = (now - agent.since).max(0.0);
            match agent.state {
                State::Idle => {}
                State::Talk => each(&self.from_talk(age)),
                State::Wrap => each(&horizons.map(|horizon| self.wrap.reaches(age, horizon))),
            }
        }
    }

    fn from_talk(&self, age: f64) -> [f64; HORIZONS] {
        let grid = self.talk.grid();
        let bin = grid.bin(age);
        let (low, high) = (grid.edges()[bin], grid.edges()[bin + 1]);
        let part = ((age - low) / (high - low)).min(1.0);
        std::array::from_fn(|horizon| {
            let (low, high) = (self.table[bin][horizon], self.table[bin + 1][horizon]);
            low + (high - low) * part
        })
    }

    fn tabulate(&mut self, horizons: &Horizons) {
        let parts: [f64; WRAP_PARTS] = self.wrap.quantiles();
        let each = self.wrap.share() / WRAP_PARTS as f64;
        let talk = &self.talk;
        let chances = |age: &f64| {
            horizons.map(|horizon| {
                each * parts.iter().map(|wrap| talk.reaches(*age, horizon - wrap)).sum::<f64>()
            })
        };
        self.table = talk.grid().edges().iter().map(chances).collect();
    }
}
