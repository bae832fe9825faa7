//! What holds in every room, and what is known of some.
#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

use std::collections::BTreeMap;
use std::io;

use roomsim::chance::Spread;
use roomsim::protocol::{Answer, Class, End, Event, Start, Step, Why};
use roomsim::room::{AnswerShare, Breaks, Detection, Drift, Machines, Shift};
use roomsim::{Policy, Room, Rule, Summary, Tally, simulate};

/// Listens in on a policy.
struct Overheard<'a> {
    inner: Box<dyn Policy>,
    step: &'a mut dyn FnMut(&Step, &Answer),
}

impl Policy for Overheard<'_> {
    fn start(&mut self, start: &Start) -> io::Result<()> {
        self.inner.start(start)
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        let answer = self.inner.step(step)?;
        (self.step)(step, &answer);
        Ok(answer)
    }

    fn end(&mut self, end: &End) -> io::Result<()> {
        self.inner.end(end)
    }
}

fn overhear(room: &Room, rule: Rule, step: &mut dyn FnMut(&Step, &Answer)) -> Tally {
    simulate(room, 0, &mut Overheard { inner: rule.policy(false), step }).unwrap()
}

fn days(room: &Room, rule: Rule) -> Vec<Tally> {
    (0..room.days).map(|day| simulate(room, day, &mut *rule.policy(false)).unwrap()).collect()
}

/// Everything that a room can have.
fn lively() -> Room {
    let shift = |agents, from_s, to_s| Shift { agents, from_s, to_s };
    let drift = Drift::Sine { amplitude: 0.1, period_s: 3_600.0 };
    Room {
        shifts: vec![shift(8, 0.0, 9_000.0), shift(6, 1_800.0, 14_400.0)],
        answer: AnswerShare { drift, day_cv: 0.2, ..AnswerShare::default() },
        other_failures: 0.05,
        wrap_s: Spread::lognormal(15.0, 0.5),
        machines: Machines { share: 0.3, detection: Some(Detection::default()), ..Machines::default() },
        breaks: Breaks { per_hour: 1.0, ..Breaks::default() },
        trunks: 30,
        cps: 2.0,
        day_s: 14_400.0,
        ..Room::default()
    }
}

#[test]
fn the_same_seed_gives_the_same_day_and_another_seed_another() {
    let room = Room { days: 1, day_s: 1_800.0, warm_up_s: 300.0, ..lively() };
    let json = |room: &Room| serde_json::to_string(&days(room, Rule::Predictive)).unwrap();
    assert_eq!(json(&room), json(&room));
    assert_ne!(json(&room), json(&Room { seed: 2, ..room.clone() }));
}

/// What a call awaits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Answer,
    Offer,
    Agent,
    EndOfTalk,
    Nothing,
}

#[test]
fn every_dialed_call_ends_exactly_once() {
    use Awaits::{Agent, EndOfTalk, Nothing, Offer};
    for rule in [Rule::Power(3.0), Rule::Predictive] {
        let mut calls = BTreeMap::new();
        let mut up_at_the_end = 0;
        let room = Room { day_s: 7_200.0, ..lively() };
        overhear(&room, rule, &mut |step, _| {
            up_at_the_end = step.inflight + step.waiting + step.talk;
            for event in &step.events {
                let (call, from, to) = match *event {
                    Event::Dialed { call, .. } => {
                        assert_eq!(calls.insert(call, Awaits::Answer), None, "{call} is dialed once");
                        continue;
                    }
                    Event::Answered { call, .. } => (call, Awaits::Answer, Offer),
                    Event::Offered { call, .. } => (call, Offer, Agent),
                    Event::Failed { call, why: Why::Machine, .. } => (call, Offer, Nothing),
                    Event::Failed { call, .. } => (call, Awaits::Answer, Nothing),
                    Event::Connected { call, .. } => (call, Agent, EndOfTalk),
                    Event::Abandoned { call, .. } => (call, Agent, Nothing),
                    Event::Wrap { call, .. } => (call, EndOfTalk, Nothing),
                    Event::Ready { .. } | Event::Talk { .. } | Event::Away { .. } | Event::Unknown => {
                        continue;
                    }
                };
                assert_eq!(calls.insert(call, to), Some(from), "{call}: {event:?}");
            }
            // counting at each step would take most of the time
            if !(step.t as u64).is_multiple_of(30) {
                return;
            }
            let count = |of: Awaits| calls.values().filter(|awaits| **awaits == of).count() as u32;
            assert_eq!(step.inflight, count(Awaits::Answer) + count(Offer));
            assert_eq!((step.waiting, step.talk), (count(Agent), count(EndOfTalk)));
            assert_eq!(step.idle + step.talk + step.wrap + step.away, room.all_seats());
            assert_eq!(step.next_call, calls.len() as u64 + 1);
        });
        let ended = calls.values().filter(|awaits| **awaits == Nothing).count();
        assert!(ended > 300, "{rule}: {ended}");
        assert_eq!(calls.len(), ended + up_at_the_end as usize, "{rule}");
    }
}

#[test]
fn trunks_and_rate_are_never_exceeded_whatever_a_policy_asks_for() {
    let room = lively();
    let mut dialed = Vec::new();
    overhear(&room, Rule::Power(1_000.0), &mut |step, _| {
        assert!(step.inflight + step.waiting + step.talk <= room.trunks, "{step:?}");
        dialed.extend(step.events.iter().filter_map(|event| match event {
            Event::Dialed { t, .. } => Some(*t),
            _ => None,
        }));
    });
    assert!(dialed.len() > 1_000, "{}", dialed.len());
    // what was saved up in a quiet second may go out at once
    assert!(dialed.windows(5).all(|times| times[4] - times[0] > 0.99), "2 a second");
}

#[test]
fn who_dials_without_end_is_stopped_before_the_memory_is_used_up() {
    let room = Room { trunks: u32::MAX, ..Room::default() };
    let error = simulate(&room, 0, &mut *Rule::Level(i32::MAX).policy(false)).unwrap_err();
    assert!(error.to_string().contains("more than 5000000 calls"), "{error}");
}

#[test]
fn times_without_end_are_longer_than_the_day_and_no_more() {
    let endless = Spread::constant(1e300);
    let breaks = Breaks { per_hour: 1e-300, length_s: endless };
    let room = Room { talk_s: endless, patience_s: 1e300, breaks, day_s: 3_600.0, ..Room::default() };
    let tally = simulate(&room, 0, &mut *Rule::Progressive.policy(false)).unwrap();
    assert!(tally.utilisation() > 0.9, "{tally:?}");
}

#[test]
fn agents_come_and_go_with_their_shifts_and_breaks() {
    let room = lively();
    let mut there = BTreeMap::new();
    overhear(&room, Rule::Progressive, &mut |step, _| {
        there.insert(step.t as u64, room.all_seats() - step.away);
    });
    assert_eq!(there.range(..1_799).map(|(_, agents)| *agents).max(), Some(8));
    assert!(there[&1_805] > 8, "the second shift");
    assert!(there.range(1_900..8_900).any(|(_, agents)| *agents < 14), "breaks");
    assert!(there.range(12_000..).all(|(_, agents)| *agents <= 6), "the first shift has gone");
}

#[test]
fn abandoned_calls_leave_when_their_patience_is_over_and_nobody_waits_longer() {
    let mut abandoned = 0;
    let mut offered = BTreeMap::new();
    let room = Room { patience_s: 1.5, day_s: 7_200.0, ..Room::default() };
    overhear(&room, Rule::Power(8.0), &mut |step, _| {
        for event in &step.events {
            match *event {
                Event::Offered { t, call } => {
                    offered.insert(call, t);
                }
                Event::Connected { call, t, waited, .. } => {
                    assert!(waited <= 1.5 && (t - offered[&call] - waited).abs() < 1e-9, "{event:?}");
                }
                Event::Abandoned { t, call } => {
                    abandoned += 1;
                    assert!((t - offered[&call] - 1.5).abs() < 1e-9, "{event:?}");
                }
                _ => {}
            }
        }
    });
    assert!(abandoned > 20, "{abandoned}");
}

#[test]
fn machines_reach_agents_without_detection_and_hardly_with_it() {
    let machines_for_a_person = |detection| {
        let machines = Machines { share: 0.5, detection, ..Machines::default() };
        let room = Room { machines, ..Room::default() };
        let (mut persons, mut machines) = (0_u32, 0_u32);
        overhear(&room, Rule::Progressive, &mut |step, _| {
            for event in &step.events {
                match event {
                    Event::Wrap { class: Class::Person, .. } => persons += 1,
                    Event::Wrap { class: Class::Machine, .. } => machines += 1,
                    _ => {}
                }
            }
        });
        f64::from(machines) / f64::from(persons)
    };
    assert!((machines_for_a_person(None) - 1.0).abs() < 0.1);
    assert!((machines_for_a_person(Some(Detection::default())) - 0.15 / 0.97).abs() < 0.03);
}

#[test]
fn progressive_and_the_first_rule_reach_what_an_independent_simulator_gives_them() {
    for (rule, answer, talk, published) in [
        (Rule::Progressive, 0.3, 180.0, 0.740),
        (Rule::Progressive, 0.1, 180.0, 0.454),
        (Rule::Progressive, 0.5, 180.0, 0.846),
        (Rule::Progressive, 0.3, 60.0, 0.522),
        (Rule::Level(0), 0.3, 180.0, 0.445),
        (Rule::Level(0), 0.3, 60.0, 0.374),
    ] {
        let answer = AnswerShare { base: answer, ..AnswerShare::default() };
        let room = Room { answer, talk_s: Spread::lognormal(talk, 1.0), days: 6, ..Room::default() };
        let found = Summary::of(&days(&room, rule), 0.03).utilisation.value;
        assert!((found - published).abs() < 0.01, "{rule}: {found} instead of {published}");
    }
}

#[test]
fn the_answer_share_moves_as_it_is_told() {
    let share = |drift, t| AnswerShare { base: 0.3, drift, day_cv: 0.0 }.at(t, 100.0, 1.0);
    let steps = || Drift::Steps(vec![(10.0, 0.1), (50.0, 0.4)]);
    let table = [
        (share(Drift::None, 50.0), 0.3),
        (share(steps(), 9.0), 0.3),
        (share(steps(), 10.0), 0.1),
        (share(steps(), 70.0), 0.4),
        (share(Drift::Linear(0.1), 50.0), 0.2),
        (share(Drift::Sine { amplitude: 0.2, period_s: 100.0 }, 25.0), 0.5),
        (share(Drift::Sine { amplitude: 0.5, period_s: 100.0 }, 75.0), 0.0),
    ];
    for (found, expected) in table {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }
}
