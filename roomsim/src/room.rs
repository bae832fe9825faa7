//! What a room is like: agents, answers, times, lines. All of it can be written as JSON.

use serde::{Deserialize, Serialize};

use crate::chance::Spread;
use crate::protocol::{NO_LIMIT, Start, VERSION};

/// A room and a day in it. The default is the room of the published figures, with 20 agents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Room {
    /// Agents, when no `shifts` are given: all day.
    pub seats: u32,
    /// Who logs in when; empty: all seats all day.
    pub shifts: Vec<Shift>,
    /// How often calls are answered.
    pub answer: AnswerShare,
    /// The share of all calls that meet a busy line, 0 to 1.
    pub busy: f64,
    /// The share of all calls that fail in another way, as fast as busy ones.
    pub other_failures: f64,
    /// Seconds from the dialing of a call until it rings (or fails).
    pub setup_s: Spread,
    /// Seconds from ringing to the answer, of calls that are answered; below `ring_timeout_s`.
    pub ring_s: Spread,
    /// Seconds of ringing after which a call is given up.
    pub ring_timeout_s: f64,
    /// Seconds of talk with a person.
    pub talk_s: Spread,
    /// Seconds of wrap-up.
    pub wrap_s: Spread,
    /// Answering machines.
    pub machines: Machines,
    /// Breaks of agents.
    pub breaks: Breaks,
    /// Seconds within which a call that is offered has to find an agent; then it is abandoned.
    pub patience_s: f64,
    /// The share of persons who answered that may find no agent, 0 to 1.
    pub abandon_cap: f64,
    /// Calls that may be up at once; 0 is no limit.
    pub trunks: u32,
    /// Calls that may be placed in a second; 0 is no limit.
    pub cps: f64,
    /// Seconds between decisions when nothing happens.
    pub tick_s: f64,
    /// Seconds of a day.
    pub day_s: f64,
    /// Seconds at the beginning of a day that are not measured.
    pub warm_up_s: f64,
    /// Days.
    pub days: u32,
    /// The seed of all chance.
    pub seed: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            seats: 20,
            shifts: Vec::new(),
            answer: AnswerShare::default(),
            busy: 0.1,
            other_failures: 0.0,
            setup_s: Spread::constant(2.0),
            ring_s: Spread::lognormal(12.0, 0.5),
            ring_timeout_s: 25.0,
            talk_s: Spread::lognormal(180.0, 1.0),
            wrap_s: Spread::constant(15.0),
            machines: Machines::default(),
            breaks: Breaks::default(),
            patience_s: 2.0,
            abandon_cap: 0.03,
            trunks: 0,
            cps: 0.0,
            tick_s: 0.5,
            day_s: 28_800.0,
            warm_up_s: 1_800.0,
            days: 20,
            seed: 1,
        }
    }
}

impl Room {
    /// Agents that ever log in.
    pub fn all_seats(&self) -> u32 {
        if self.shifts.is_empty() { self.seats } else { self.shifts.iter().map(|shift| shift.agents).sum() }
    }

    /// What a dialer is told at the start of a day.
    pub fn start(&self, rep: u32) -> Start {
        Start {
            protocol: VERSION,
            rep,
            seats: self.all_seats(),
            abandon_cap: self.abandon_cap,
            patience: self.patience_s,
            ring_timeout: self.ring_timeout_s,
            trunks: self.trunks,
            cps: self.cps,
            amd: self.machines.detection.is_some(),
            tick: self.tick_s,
        }
    }

    /// Lines for new calls while `up` calls are up.
    pub(crate) fn lines_free(&self, up: u32) -> u32 {
        if self.trunks == 0 { NO_LIMIT } else { self.trunks.saturating_sub(up) }
    }
}

/// Agents who log in and out together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// How many.
    pub agents: u32,
    /// Seconds into the day when they log in.
    pub from_s: f64,
    /// Seconds into the day when they log out; who has a call does so after its wrap-up.
    pub to_s: f64,
}

/// The share of calls that are answered, 0 to 1, by the time they are dialed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerShare {
    /// The share at the start of the day.
    pub base: f64,
    /// How it moves during the day.
    pub drift: Drift,
    /// The coefficient of variation of a factor that each day has, with mean 1.
    pub day_cv: f64,
}

impl Default for AnswerShare {
    fn default() -> Self {
        Self { base: 0.3, drift: Drift::None, day_cv: 0.0 }
    }
}

/// How the answer share moves during a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    /// Not at all.
    None,
    /// It is another share from a time (seconds) on; in order of time.
    Steps(Vec<(f64, f64)>),
    /// In a straight line to this share at the end of the day.
    Linear(f64),
    /// As a sine around the base.
    Sine {
        /// The greatest distance from the base.
        amplitude: f64,
        /// Seconds.
        period_s: f64,
    },
}

impl AnswerShare {
    /// The share at `t` seconds of a day of `day_s` seconds with the factor `day_factor`.
    pub fn at(&self, t: f64, day_s: f64, day_factor: f64) -> f64 {
        let share = match &self.drift {
            Drift::None => self.base,
            Drift::Steps(steps) => {
                steps.iter().take_while(|(from, _)| *from <= t).last().map_or(self.base, |(_, share)| *share)
            }
            Drift::Linear(end) => self.base + (end - self.base) * t / day_s,
            Drift::Sine { amplitude, period_s } => {
                self.base + amplitude * (std::f64::consts::TAU * t / period_s).sin()
            }
        };
        (share * day_factor).clamp(0.0, 1.0)
    }
}

/// Answering machines, and what is done about them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Machines {
    /// The share of answers that are machines, 0 to 1.
    pub share: f64,
    /// Seconds that an agent stays with a machine that reached him.
    pub talk_s: Spread,
    /// Detection before a call is offered, where it is on.
    pub detection: Option<Detection>,
}

impl Default for Machines {
    fn default() -> Self {
        Self { share: 0.0, talk_s: Spread::lognormal(8.0, 0.5), detection: None }
    }
}

/// Machine detection. What it takes for a machine is hung up on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Seconds from the answer to the verdict.
    pub delay_s: Spread,
    /// The share of machines that are detected.
    pub detected: f64,
    /// The share of persons who are taken for machines.
    pub mistaken: f64,
}

impl Default for Detection {
    fn default() -> Self {
        Self { delay_s: Spread::lognormal(2.5, 0.4), detected: 0.85, mistaken: 0.03 }
    }
}

/// Breaks: agents go away after a wrap-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Breaks {
    /// Breaks in an hour of work, on the average.
    pub per_hour: f64,
    /// Seconds of a break.
    pub length_s: Spread,
}

impl Default for Breaks {
    fn default() -> Self {
        Self { per_hour: 0.0, length_s: Spread::lognormal(600.0, 0.5) }
    }
}
