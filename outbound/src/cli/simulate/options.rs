//! The room on the command line. Defaults are those of [`Room`]; shares are 0 to 1, times are seconds.

use std::str::FromStr;

use anyhow::ensure;
use clap::Args;
use roomsim::Room;
use roomsim::chance::Spread;
use roomsim::room::{AnswerShare, Breaks, Detection, Drift, Machines, Shift};

/// The most agents of a room or a shift.
const AGENTS_MAX: i64 = 10_000;

/// A room, by options. What is not given is as in the published figures.
#[derive(Debug, Args)]
pub(super) struct RoomOptions {
    /// Agents, all day
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(..=AGENTS_MAX))]
    agents: u32,
    /// Agents who log in and out together, instead of --agents; may be given several times: 10@0-14400
    #[arg(long = "shift", value_name = "N@FROM-TO", value_parser = shift, conflicts_with = "agents")]
    shifts: Vec<Shift>,
    /// The share of calls that are answered
    #[arg(long, value_name = "SHARE", default_value_t = 0.3, value_parser = share)]
    answer: f64,
    /// Other answer shares from these times on: 3600=0.1,7200=0.4
    #[arg(long, value_name = "TIME=SHARE", value_delimiter = ',', value_parser = step)]
    answer_steps: Vec<(f64, f64)>,
    /// The answer share at the end of the day; in between a straight line
    #[arg(long, value_name = "SHARE", value_parser = share, conflicts_with = "answer_steps")]
    answer_end: Option<f64>,
    /// The answer share swings by so much around its base, with this period: 0.1:7200
    #[arg(long, value_name = "SHARE:SECONDS", value_parser = wave, conflicts_with_all = ["answer_steps", "answer_end"])]
    answer_wave: Option<(f64, f64)>,
    /// The variation of the answer share from day to day (standard deviation over mean)
    #[arg(long, value_name = "CV", default_value_t = 0.0, value_parser = at_least_zero)]
    answer_day_cv: f64,
    /// The share of calls that meet a busy line
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    busy: f64,
    /// The share of calls that fail otherwise
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    other_failures: f64,
    /// Time from dialing to ringing
    #[arg(long, value_name = "MEAN[:CV]", default_value = "2")]
    setup: Time,
    /// Time from ringing to the answer [CV: 0.5]
    #[arg(long, value_name = "MEAN[:CV]", default_value = "12")]
    ring: Time,
    /// A call rings so long at most
    #[arg(long, value_name = "SECONDS", default_value_t = 25.0, value_parser = above_zero)]
    ring_timeout: f64,
    /// Time of talk with a person [CV: 1]
    #[arg(long, value_name = "MEAN[:CV]", default_value = "180")]
    talk: Time,
    /// Time of wrap-up [CV: 0]
    #[arg(long, value_name = "MEAN[:CV]", default_value = "15")]
    wrap: Time,
    /// The share of answers that are machines
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    machines: f64,
    /// Time of an agent with a machine that reached him [CV: 0.5]
    #[arg(long, value_name = "MEAN[:CV]", default_value = "8")]
    machine_talk: Time,
    /// Detect machines before a call is offered
    #[arg(long)]
    amd: bool,
    /// Time of detection [CV: 0.4]
    #[arg(long, value_name = "MEAN[:CV]", default_value = "2.5")]
    amd_delay: Time,
    /// The share of machines that are detected
    #[arg(long, value_name = "SHARE", default_value_t = 0.85, value_parser = share)]
    amd_detected: f64,
    /// The share of persons who are taken for machines
    #[arg(long, value_name = "SHARE", default_value_t = 0.03, value_parser = share)]
    amd_mistaken: f64,
    /// Breaks of an agent in an hour of work
    #[arg(long, value_name = "RATE", default_value_t = 0.0, value_parser = at_least_zero)]
    breaks: f64,
    /// Time of a break [CV: 0.5]
    #[arg(long, value_name = "MEAN[:CV]", default_value = "600")]
    break_length: Time,
    /// An offered call that finds no agent in this time is abandoned
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = at_least_zero)]
    patience: f64,
    /// The share of persons who answered that may be abandoned
    #[arg(long, value_name = "SHARE", default_value_t = 0.03, value_parser = share)]
    cap: f64,
    /// Calls at once; 0: no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    trunks: u32,
    /// Calls a second; 0: no limit
    #[arg(long, value_name = "RATE", default_value_t = 0.0, value_parser = at_least_zero)]
    cps: f64,
    /// Time between decisions when nothing happens
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5, value_parser = above_zero)]
    tick: f64,
    /// The length of a day
    #[arg(long, value_name = "SECONDS", default_value_t = 28_800.0, value_parser = above_zero)]
    day: f64,
    /// Its beginning that is not measured
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800.0, value_parser = at_least_zero)]
    warm_up: f64,
    /// Days
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    days: u32,
    /// The seed of all chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl RoomOptions {
    /// The room.
    pub(super) fn room(&self) -> anyhow::Result<Room> {
        ensure!(self.warm_up < self.day, "--warm-up must be shorter than --day");
        ensure!(
            self.busy + self.other_failures <= 1.0,
            "--busy and --other-failures are more than all calls"
        );
        let usual = Room::default();
        Ok(Room {
            seats: self.agents,
            shifts: self.shifts.clone(),
            answer: AnswerShare { base: self.answer, drift: self.drift(), day_cv: self.answer_day_cv },
            busy: self.busy,
            other_failures: self.other_failures,
            setup_s: self.setup.like(usual.setup_s),
            ring_s: self.ring.like(usual.ring_s),
            ring_timeout_s: self.ring_timeout,
            talk_s: self.talk.like(usual.talk_s),
            wrap_s: self.wrap.like(usual.wrap_s),
            machines: self.machines(),
            breaks: Breaks { per_hour: self.breaks, length_s: self.break_length.like(usual.breaks.length_s) },
            patience_s: self.patience,
            abandon_cap: self.cap,
            trunks: self.trunks,
            cps: self.cps,
            tick_s: self.tick,
            day_s: self.day,
            warm_up_s: self.warm_up,
            days: self.days,
            seed: self.seed,
        })
    }

    fn drift(&self) -> Drift {
        match (self.answer_end, self.answer_wave) {
            (Some(end), _) => Drift::Linear(end),
            (None, Some((amplitude, period_s))) => Drift::Sine { amplitude, period_s },
            (None, None) if self.answer_steps.is_empty() => Drift::None,
            (None, None) => {
                let mut steps = self.answer_steps.clone();
                steps.sort_by(|a, b| a.0.total_cmp(&b.0));
                Drift::Steps(steps)
            }
        }
    }

    fn machines(&self) -> Machines {
        let detection = Detection {
            delay_s: self.amd_delay.like(Detection::default().delay_s),
            detected: self.amd_detected,
            mistaken: self.amd_mistaken,
        };
        Machines {
            share: self.machines,
            talk_s: self.machine_talk.like(Machines::default().talk_s),
            detection: self.amd.then_some(detection),
        }
    }
}

/// A mean, and how it is spread where that was said.
#[derive(Debug, Clone, Copy)]
struct Time {
    mean: f64,
    cv: Option<f64>,
}

impl Time {
    fn like(self, usual: Spread) -> Spread {
        Spread { mean: self.mean, cv: self.cv.unwrap_or(usual.cv) }
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mean, cv) = text.split_once(':').map_or((text, None), |(mean, cv)| (mean, Some(cv)));
        Ok(Self { mean: at_least_zero(mean)?, cv: cv.map(at_least_zero).transpose()? })
    }
}

fn number(text: &str, fits: impl Fn(f64) -> bool, what: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && fits(*number))
        .ok_or_else(|| what.to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    number(text, |share| (0.0..=1.0).contains(&share), "a share is a number from 0 to 1")
}

fn at_least_zero(text: &str) -> Result<f64, String> {
    number(text, |number| number >= 0.0, "this is a number from 0 on")
}

fn above_zero(text: &str) -> Result<f64, String> {
    number(text, |number| number > 0.0, "this is a number above 0")
}

fn wave(text: &str) -> Result<(f64, f64), String> {
    let (amplitude, period) = text.split_once(':').ok_or("a wave is SHARE:SECONDS")?;
    Ok((share(amplitude)?, above_zero(period)?))
}

fn step(text: &str) -> Result<(f64, f64), String> {
    let (from, to) = text.split_once('=').ok_or("a step is TIME=SHARE")?;
    Ok((at_least_zero(from)?, share(to)?))
}

fn shift(text: &str) -> Result<Shift, String> {
    const SHAPE: &str = "a shift is N@FROM-TO, with seconds of the day";
    let (agents, times) = text.split_once('@').ok_or(SHAPE)?;
    let (from, to) = times.split_once('-').ok_or(SHAPE)?;
    let shift = Shift {
        agents: agents.parse().map_err(|_| SHAPE)?,
        from_s: at_least_zero(from)?,
        to_s: at_least_zero(to)?,
    };
    if i64::from(shift.agents) > AGENTS_MAX {
        return Err(format!("a shift has at most {AGENTS_MAX} agents"));
    }
    if shift.from_s < shift.to_s { Ok(shift) } else { Err("a shift ends after it begins".to_owned()) }
}
