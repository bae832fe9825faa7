//! One day of a room: what happens when, in whole milliseconds of virtual time.

mod agents;
mod calls;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::mem::take;

use crate::chance::{Chance, Stream};
use crate::policy::Policy;
use crate::protocol::{End, Event, Step, Why};
use crate::room::Room;
use crate::tally::Tally;
use agents::Agent;
use calls::Call;

/// More calls than this in a day are a mistake, which would take all memory.
const MOST_CALLS: usize = 5_000_000;

/// Lives through day number `rep` of a room.
///
/// # Errors
/// When the policy is another process and has gone away, and when it dials without end.
pub fn simulate(room: &Room, rep: u32, policy: &mut dyn Policy) -> io::Result<Tally> {
    let mut day = Day::new(room, rep);
    policy.start(&room.start(rep))?;
    let end = ms(room.day_s);
    while let Some(at) = day.next_at()
        && at <= end
    {
        day.advance(at);
        while let Some(happening) = day.due() {
            day.happen(happening);
        }
        day.decide(policy)?;
    }
    day.advance(end);
    policy.end(&End { t: room.day_s })?;
    Ok(day.tally)
}

/// Milliseconds. What lasts longer than any day, by far, lasts no longer than that: times are added up.
fn ms(seconds: f64) -> u64 {
    const LONGEST: f64 = 1e15;
    (seconds * 1e3).round().min(LONGEST) as u64
}

/// Seconds.
fn s(ms: u64) -> f64 {
    ms as f64 / 1e3
}

/// What happens by itself, at a time that is set beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    LogIn(u32),
    LogOut(u32),
    BreakOver(u32),
    WrapOver(u32),
    TalkOver(u32),
    Answer(u64),
    Fail(u64, Reason),
    Verdict(u64),
    GiveUp(u64),
    Tick,
}

/// As [`Why`], with an order for the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    Busy,
    NoAnswer,
    Other,
}

/// How many agents and calls are in which state.
#[derive(Debug, Default)]
struct Counts {
    talk: u32,
    wrap: u32,
    away: u32,
    /// Dialed, neither over nor offered.
    inflight: u32,
}

struct Day<'a> {
    room: &'a Room,
    rep: u32,
    answer_factor: f64,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64, Happening)>>,
    queued: u64,
    agents: Vec<Agent>,
    idle: VecDeque<u32>,
    /// By id, from 1.
    calls: Vec<Call>,
    waiting: VecDeque<u64>,
    counts: Counts,
    events: Vec<Event>,
    /// Calls that the rate allows now.
    allowance: f64,
    tally: Tally,
}

impl<'a> Day<'a> {
    fn new(room: &'a Room, rep: u32) -> Self {
        let mut chance = Chance::new(room.seed, rep, Stream::Day);
        let answer_factor = chance.draw(crate::chance::Spread::lognormal(1.0, room.answer.day_cv));
        let mut day = Self {
            room,
            rep,
            answer_factor,
            now: 0,
            queue: BinaryHeap::new(),
            queued: 0,
            agents: Vec::new(),
            idle: VecDeque::new(),
            calls: Vec::new(),
            waiting: VecDeque::new(),
            counts: Counts::default(),
            events: Vec::new(),
            allowance: room.cps.max(1.0),
            tally: Tally::default(),
        };
        day.hire();
        day.at(0, Happening::Tick);
        day
    }

    fn at(&mut self, when: u64, what: Happening) {
        self.queued += 1;
        self.queue.push(Reverse((when, self.queued, what)));
    }

    fn next_at(&self) -> Option<u64> {
        self.queue.peek().map(|Reverse((at, ..))| *at)
    }

    /// The next thing that happens now.
    fn due(&mut self) -> Option<Happening> {
        if self.next_at()? > self.now {
            return None;
        }
        self.queue.pop().map(|Reverse((.., what))| what)
    }

    fn advance(&mut self, to: u64) {
        let from = self.now.max(ms(self.room.warm_up_s));
        if to > from {
            let busy = f64::from(self.counts.talk + self.counts.wrap);
            self.tally.busy_s += busy * s(to - from);
            self.tally.logged_in_s += (busy + self.idle.len() as f64) * s(to - from);
        }
        let most = self.room.cps.max(1.0);
        self.allowance = (self.allowance + self.room.cps * s(to - self.now)).min(most);
        self.now = to;
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::LogIn(agent) | Happening::BreakOver(agent) => self.ready_if_staying(agent),
            Happening::LogOut(agent) => self.log_out(agent),
            Happening::WrapOver(agent) => self.wrap_over(agent),
            Happening::TalkOver(agent) => self.talk_over(agent),
            Happening::Answer(call) => self.answer(call),
            Happening::Fail(call, reason) => self.fail(call, reason.into()),
            Happening::Verdict(call) => self.verdict(call),
            Happening::GiveUp(call) => self.give_up(call),
            Happening::Tick => self.at(self.now + ms(self.room.tick_s).max(1), Happening::Tick),
        }
    }

    fn decide(&mut self, policy: &mut dyn Policy) -> io::Result<()> {
        let up = self.counts.inflight + self.waiting.len() as u32 + self.counts.talk;
        let lines_free = self.room.lines_free(up);
        let mut step = Step {
            t: s(self.now),
            events: take(&mut self.events),
            idle: self.idle.len() as u32,
            talk: self.counts.talk,
            wrap: self.counts.wrap,
            away: self.counts.away,
            inflight: self.counts.inflight,
            waiting: self.waiting.len() as u32,
            lines_free,
            next_call: self.calls.len() as u64 + 1,
        };
        let mut calls = policy.step(&step)?.dial.min(lines_free);
        step.events.clear();
        self.events = step.events;
        if self.room.cps > 0.0 {
            calls = calls.min(self.allowance as u32);
            self.allowance -= f64::from(calls);
        }
        if self.calls.len() + calls as usize > MOST_CALLS {
            return Err(too_many_calls());
        }
        for _ in 0..calls {
            self.dial();
        }
        Ok(())
    }

    /// Whether what happens now is measured.
    fn measured(&self, when: u64) -> bool {
        when >= ms(self.room.warm_up_s)
    }

    /// Persons and abandoned persons in the window of a time that is measured.
    fn window(&mut self, when: u64) -> &mut (u64, u64) {
        self.tally.window(s(when - ms(self.room.warm_up_s)))
    }
}

fn too_many_calls() -> io::Error {
    io::Error::other(format!("more than {MOST_CALLS} calls in a day; limit calls at once or calls a second"))
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Busy => Self::Busy,
            Reason::NoAnswer => Self::NoAnswer,
            Reason::Other => Self::Other,
        }
    }
}
