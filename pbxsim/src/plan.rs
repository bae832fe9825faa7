//! What the called party of one call will do, drawn when the call starts.
//!
//! A plan is a small dialplan of the other side. On a Local channel its steps are seen as the extensions that the
//! `;2` half runs; on a SIP trunk they are ringing, answers and refusals.

use crate::draw::Chance;
use crate::scenario::{Customers, Mix};
use crate::time::{Time, seconds};
use std::collections::VecDeque;

/// One step of the other side.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Ring,
    Progress,
    Wait(Time),
    Answer,
    /// Busy() and Congestion() of a Local leg; on a trunk they refuse.
    Busy,
    Congestion,
    Playback(&'static str, Time),
    Hangup(u16),
}

/// What machine detection will say, and how long after its start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) status: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) after: Time,
}

const HUMAN: Verdict = Verdict { status: "HUMAN", cause: "HUMAN-800-800", after: Time::from_millis(1_600) };
const MACHINE: Verdict =
    Verdict { status: "MACHINE", cause: "LONGGREETING-1500-1500", after: Time::from_millis(2_400) };
const SILENT: Verdict =
    Verdict { status: "MACHINE", cause: "INITIALSILENCE-2500-2500", after: Time::from_millis(2_500) };
const NOT_SURE: Verdict =
    Verdict { status: "NOTSURE", cause: "TOOLONG-4900", after: Time::from_millis(5_000) };

/// What the called party will do.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) setup: Time,
    pub(crate) steps: VecDeque<Step>,
    pub(crate) verdict: Verdict,
    /// The first step is done.
    pub(crate) begun: bool,
    /// How long he talks once an agent is there; none: the steps go on as they are.
    pub(crate) talk: Option<Time>,
}

/// How long a SIP trunk waits for a carrier that says nothing (32 s: 64 times T1).
const SIP_SILENCE: Time = Time::from_secs(32);

impl Plan {
    fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            setup: Time::ZERO,
            steps: steps.into_iter().collect(),
            verdict: HUMAN,
            begun: false,
            talk: None,
        }
    }

    /// A plan drawn from the mix; `sip`: the call goes to a trunk.
    pub(crate) fn drawn(customers: &Customers, sip: bool, chance: &mut Chance) -> Self {
        let setup = chance.spread(customers.setup_s);
        let ring = Step::Wait(chance.spread(customers.ring_s));
        let mut plan = match outcome(&customers.mix, chance) {
            Outcome::Answer => answered(customers, ring, chance),
            Outcome::Busy if chance.hits(customers.busy_after_ringing) => {
                Self::of([Step::Ring, ring, Step::Hangup(17)])
            }
            Outcome::Busy => Self::of([Step::Hangup(17)]),
            Outcome::NoAnswer => Self::of([Step::Ring, Step::Wait(seconds(120.0)), Step::Hangup(19)]),
            Outcome::Unallocated => Self::of([Step::Hangup(1)]),
            Outcome::Congested => Self::of([Step::Hangup(34)]),
            Outcome::Declined => Self::of([Step::Ring, ring, Step::Hangup(21)]),
            Outcome::Silent => return Self::silent(sip),
        };
        plan.setup = setup;
        plan
    }

    fn silent(sip: bool) -> Self {
        if sip {
            Self::of([Step::Wait(SIP_SILENCE), Step::Hangup(18)])
        } else {
            Self::of([Step::Wait(seconds(120.0))])
        }
    }

    /// The plan that the first two digits of a number stand for; none: such a number does not exist.
    pub(crate) fn by_number(number: &str, sip: bool) -> Option<Self> {
        let second = Step::Wait(Time::from_secs(1));
        let stay = |s: u64| [Step::Answer, Step::Wait(Time::from_secs(s)), Step::Hangup(16)];
        let rings = |end: u16| Self::of([Step::Ring, Step::Wait(Time::from_secs(1)), Step::Hangup(end)]);
        let plan = match number.get(..2).filter(|_| number.len() > 2)? {
            "10" => Self::of([Step::Ring, second].into_iter().chain(stay(60))),
            "11" => Self::of([Step::Ring, second].into_iter().chain(stay(3))),
            "12" => Self::of(stay(60)),
            "13" => Self::of([Step::Progress, second].into_iter().chain(stay(3))),
            "14" => Self::of([Step::Answer, Step::Hangup(16)]),
            "15" => Self::of(stay(1)),
            "16" => Self::of(stay(10)),
            "20" => Self::of([Step::Busy]),
            "21" => Self::of([Step::Wait(Time::from_millis(300)), Step::Hangup(17)]),
            "30" => Self::of([Step::Ring, Step::Wait(Time::from_secs(120))]),
            "31" => rings(16),
            "32" => rings(19),
            "33" => Self::silent(sip),
            "34" => rings(21),
            "40" => Self::of([Step::Hangup(1)]),
            "41" => Self::of([Step::Hangup(3)]),
            "42" => Self::of([Step::Hangup(28)]),
            "50" => Self::of([Step::Congestion]),
            "51" => Self::of([Step::Hangup(34)]),
            "52" => Self::of([Step::Hangup(38)]),
            "53" => Self::of([Step::Hangup(27)]),
            "54" => Self::of([Step::Hangup(41)]),
            other => Self::spoken(other)?,
        };
        Some(plan)
    }

    /// The numbers 70 to 74, which are there for machine detection.
    fn spoken(prefix: &str) -> Option<Self> {
        let says = |sound, length: u64| {
            let before = Step::Wait(Time::from_millis(400));
            [
                Step::Answer,
                before,
                Step::Playback(sound, Time::from_millis(length)),
                Step::Wait(seconds(20.0)),
            ]
        };
        let (steps, verdict) = match prefix {
            "70" | "72" => (says("custom/hello", 5_400).to_vec(), HUMAN),
            "71" => (says("custom/greeting", 9_000).to_vec(), MACHINE),
            "73" => (says("custom/quiet", 6_000).to_vec(), SILENT),
            "74" => (vec![Step::Answer, Step::Wait(seconds(20.0))], NOT_SURE),
            _ => return None,
        };
        Some(Self { verdict, ..Self::of(steps) })
    }
}

fn answered(customers: &Customers, ring: Step, chance: &mut Chance) -> Plan {
    let machine = chance.hits(customers.machine_share);
    let stay = chance.spread(if machine { customers.machine_s } else { customers.patience_s });
    let verdict = verdict(customers, machine, chance);
    let talk = (!machine).then(|| chance.spread(customers.talk_s));
    let steps = [Step::Ring, ring, Step::Answer, Step::Wait(stay), Step::Hangup(16)];
    Plan { verdict, talk, ..Plan::of(steps) }
}

fn verdict(customers: &Customers, machine: bool, chance: &mut Chance) -> Verdict {
    let amd = &customers.amd;
    if chance.hits(amd.not_sure) {
        return NOT_SURE;
    }
    let wrong = chance.hits(if machine { amd.machine_as_person } else { amd.person_as_machine });
    let pause = seconds(chance.unit());
    let verdict = if machine != wrong { MACHINE } else { HUMAN };
    Verdict { after: verdict.after + pause, ..verdict }
}

enum Outcome {
    Answer,
    Busy,
    NoAnswer,
    Unallocated,
    Congested,
    Declined,
    Silent,
}

fn outcome(mix: &Mix, chance: &mut Chance) -> Outcome {
    let weights = [
        (mix.answer, Outcome::Answer),
        (mix.busy, Outcome::Busy),
        (mix.unallocated, Outcome::Unallocated),
        (mix.congested, Outcome::Congested),
        (mix.declined, Outcome::Declined),
        (mix.silent, Outcome::Silent),
        (mix.no_answer, Outcome::NoAnswer),
    ];
    let all: f64 = weights.iter().map(|(weight, _)| weight.max(0.0)).sum();
    let mut rest = chance.unit() * all;
    for (weight, outcome) in weights {
        rest -= weight.max(0.0);
        if rest < 0.0 {
            return outcome;
        }
    }
    Outcome::NoAnswer
}
