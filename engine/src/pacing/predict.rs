//! The predictive decision: would one more call, if a person answers it, find no agent? It is placed while the chance of that,
//! averaged over the moments at which it may be offered, is at most the price theta.

use std::fmt;

use super::crew::Crew;
use super::line::Line;
use super::sums::{Exact, Moments};

/// Moments at which a call dialed now may be offered that are looked at.
pub(super) const HORIZONS: usize = 8;
/// Those moments, seconds from now.
pub(super) type Horizons = [f64; HORIZONS];

/// How many calls to place, and what was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Calls to place now.
    pub calls: u32,
    /// Why not more.
    pub bound: Bound,
    /// Agents idle now.
    pub idle: u32,
    /// Calls of all campaigns on this crew that are in flight, before those to be placed.
    pub in_flight: u32,
    /// Calls that were offered and wait.
    pub waiting: u32,
    /// Seconds until a call dialed now would be offered at the latest (but for the last sixteenth).
    pub horizon_s: f64,
    /// Of the calls in flight and those to be placed, so many are expected to be offered within the horizon.
    pub expected_answers: f64,
    /// So many agents are expected to be free for them by then, those idle now included, less those for whom calls wait.
    pub expected_free: f64,
    /// The chance that one more call would find no agent, if it is answered.
    pub chance: f64,
    /// Up to which chance calls are placed.
    pub theta: f64,
}

/// Why not more calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// As many as were asked for.
    Asked,
    /// No agent is there.
    NobodyThere,
    /// The next call would too likely find no agent.
    Chance,
    /// There are [`MOST_PER_AGENT`] calls in flight for each agent: hardly anybody answers.
    PerAgent,
    /// Only idle agents are called for, and calls for all of them are on their way, or another campaign has a right to them.
    ProgressiveOnly,
}

impl Prediction {
    pub(crate) fn chance_in_words(&self) -> String {
        let (chance, theta) = (self.chance * 100.0, self.theta * 100.0);
        format!("one more call would find no agent with a chance of {chance:.1} %, {theta:.1} % allowed")
    }
}

impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { idle, in_flight, horizon_s, expected_answers, expected_free, .. } = self;
        match self.bound {
            Bound::Asked => write!(f, "as many calls as may be placed at once ({idle} agents idle)"),
            Bound::NobodyThere => f.write_str("no agent is there"),
            Bound::PerAgent => write!(
                f,
                "{MOST_PER_AGENT} calls are in flight for each agent ({in_flight} in all), and hardly anybody answers: no more \
                 until some have ended"
            ),
            Bound::ProgressiveOnly => {
                write!(f, "calls for idle agents only ({idle} idle, {in_flight} calls in flight)")
            }
            Bound::Chance => write!(
                f,
                "{} ({idle} idle; within {horizon_s:.0} s {expected_free:.1} agents free and {expected_answers:.1} answers \
                 expected of {in_flight} calls)",
                self.chance_in_words()
            ),
        }
    }
}

/// The most calls in flight for each agent who is there. A list of which 2 % answer needs about seven; beyond that a trunk that
/// has gone silent would be filled to its limit, and all of it be answered when it speaks again.
pub const MOST_PER_AGENT: u32 = 10;

/// How many more calls the campaign `lines[asking]` may place now, at most `most`. All lines feed on the same crew.
pub fn predict(crew: &mut Crew, lines: &mut [&mut Line], asking: usize, now: f64, most: u32) -> Prediction {
    crew.advance(now);
    lines.iter_mut().for_each(|line| line.advance(now));
    let in_flight = lines.iter().map(|line| line.in_flight()).sum();
    let waiting = lines.iter().map(|line| line.waiting()).sum();
    let mut seen = Prediction {
        calls: 0,
        bound: Bound::NobodyThere,
        idle: crew.idle(),
        in_flight,
        waiting,
        horizon_s: 0.0,
        expected_answers: 0.0,
        expected_free: 0.0,
        chance: 1.0,
        theta: 0.0,
    };
    if crew.present() == 0 || asking >= lines.len() {
        return seen;
    }
    if most > 0 {
        lines[asking].asks(now);
    }
    let present = u32::try_from(crew.present()).unwrap_or(u32::MAX);
    let ceiling = present.saturating_mul(MOST_PER_AGENT).saturating_sub(in_flight);
    let (most, enough) = if ceiling < most { (ceiling, Bound::PerAgent) } else { (most, Bound::Asked) };
    let first = goes_first(lines, asking, now);
    seen.theta =
        first.map_or_else(|| lines[asking].theta(), |first| GIVES_WAY * first.min(lines[asking].theta()));
    let sure = crew.left() - i64::from(in_flight) - i64::from(waiting);
    let sure = if first.is_none() { u32::try_from(sure.max(0)).unwrap_or(u32::MAX) } else { 0 };
    let line = &lines[asking];
    if line.progressive_only() || sure >= most {
        seen.calls = sure.min(most);
        seen.bound = if sure >= most { enough } else { Bound::ProgressiveOnly };
        return seen;
    }
    let patience = line.rules().patience_s;
    let horizons = common(lines);
    seen.horizon_s = horizons[HORIZONS - 1];
    let mut room = Room::new(crew, lines, asking, now, &horizons, patience);
    while seen.calls < most {
        seen.chance = room.one_too_many();
        if seen.calls >= sure && seen.chance > seen.theta {
            break;
        }
        room.place();
        seen.calls += 1;
    }
    seen.bound = if seen.calls < most { Bound::Chance } else { enough };
    (seen.expected_answers, seen.expected_free) = room.expected();
    seen
}

/// The moments that are looked at: the same whichever campaign asks, so that tables serve all.
fn common(lines: &[&mut Line]) -> Horizons {
    let mut sum = [0.0; HORIZONS];
    for line in lines {
        sum.iter_mut().zip(line.offers()).for_each(|(sum, offer)| *sum += offer);
    }
    sum.map(|sum| sum / lines.len() as f64)
}

/// The part of the price at which a campaign dials that had more than its share.
const GIVES_WAY: f64 = 0.5;

/// The price of the campaign that wants calls too and had the least of the crew, if `asking` had more than its share against it.
fn goes_first(lines: &[&mut Line], asking: usize, now: f64) -> Option<f64> {
    let own = lines[asking].had(now)?;
    let others = lines.iter().enumerate().filter(|(index, _)| *index != asking);
    let (had, theta) = others
        .filter_map(|(_, line)| Some((line.had(now)?, line.theta())))
        .min_by(|one, other| one.0.total_cmp(&other.0))?;
    (own > had + lines[asking].half_more()).then_some(theta)
}

/// What is to come by each of the horizons.
struct Room {
    /// Agents that are idle and for whom no call waits; calls that wait beyond those.
    start: i64,
    placed: [f64; HORIZONS],
    demand: [Moments; HORIZONS],
    supply: [Moments; HORIZONS],
    exact: Option<Vec<Sums>>,
}

/// The exact laws of one horizon.
struct Sums {
    demand: Exact,
    /// By count of offered calls: the chance that one more finds no agent.
    lost: Vec<f64>,
}

/// Up to so many additions at each horizon the laws are added up exactly.
const EXACT: usize = 6_000;

impl Room {
    fn new(
        crew: &mut Crew,
        lines: &mut [&mut Line],
        asking: usize,
        now: f64,
        horizons: &Horizons,
        patience: f64,
    ) -> Self {
        let mut calls: Vec<[f64; HORIZONS]> = Vec::new();
        let mut placed = [0.0; HORIZONS];
        for (index, line) in lines.iter_mut().enumerate() {
            let own = line.offered_by(horizons, now, |chances| calls.push(*chances));
            if index == asking {
                placed = own;
            }
        }
        let mut agents: Vec<[f64; HORIZONS]> = Vec::new();
        crew.freed(&horizons.map(|horizon| horizon + patience), now, |chances| agents.push(*chances));
        let waiting: u32 = lines.iter().map(|line| line.waiting()).sum();
        let start = crew.left() - i64::from(waiting);
        let top = usize::try_from(start + agents.len() as i64).unwrap_or(0);
        let moments = |of: &[[f64; HORIZONS]]| {
            let mut sums = [Moments::default(); HORIZONS];
            for chances in of {
                sums.iter_mut().zip(chances).for_each(|(sum, chance)| sum.add(*chance));
            }
            sums
        };
        let exact = (top * (calls.len() + top) <= EXACT)
            .then(|| (0..HORIZONS).map(|horizon| Sums::new(horizon, &calls, &agents, start, top)).collect());
        Self { start, placed, demand: moments(&calls), supply: moments(&agents), exact }
    }

    /// The chance that one more call finds no agent.
    fn one_too_many(&self) -> f64 {
        let sum: f64 = match &self.exact {
            Some(sums) => sums.iter().map(Sums::one_too_many).sum(),
            None => self
                .demand
                .iter()
                .zip(&self.supply)
                .map(|(calls, free)| calls.exceeds(free, self.start))
                .sum(),
        };
        sum / HORIZONS as f64
    }

    /// One more call is placed.
    fn place(&mut self) {
        for (horizon, chance) in self.placed.iter().enumerate() {
            self.demand[horizon].add(*chance);
            if let Some(sums) = &mut self.exact {
                sums[horizon].demand.add(*chance);
            }
        }
    }

    /// Answers and free agents expected by the last horizon.
    fn expected(&self) -> (f64, f64) {
        let last = HORIZONS - 1;
        (self.demand[last].mean, (self.start as f64 + self.supply[last].mean).max(0.0))
    }
}

impl Sums {
    fn new(
        horizon: usize,
        calls: &[[f64; HORIZONS]],
        agents: &[[f64; HORIZONS]],
        start: i64,
        top: usize,
    ) -> Self {
        let mut demand = Exact::default();
        demand.clear(top);
        calls.iter().for_each(|chances| demand.add(chances[horizon]));
        let mut free = Exact::default();
        free.clear(agents.len());
        agents.iter().for_each(|chances| free.add(chances[horizon]));
        // an offered call too many: no more than `count - start` of those at work were freed
        let mut freed = 0.0;
        let mut next = 0;
        let lost = (0..=top)
            .map(|count| {
                while next < free.law().len() && next as i64 <= count as i64 - start {
                    freed += free.law()[next];
                    next += 1;
                }
                freed
            })
            .collect();
        Self { demand, lost }
    }

    fn one_too_many(&self) -> f64 {
        self.demand.law().iter().zip(&self.lost).map(|(chance, lost)| chance * lost).sum()
    }
}
