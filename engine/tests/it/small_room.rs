//! Predictive pacing in a small room of its own, and against events that make no sense. The full rooms are in the room simulator.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Instant;

use engine::pacing::{Bound, Crew, Failure, Line, Prediction, Rules, predict};

use crate::dice::Dice;

const RULES: Rules = Rules { cap: 0.03, patience_s: 2.0, ring_timeout_s: 25.0, detects: false };

/// Agents and calls in whole milliseconds; 30 % are answered, talks are exponential.
struct Room {
    crew: Crew,
    lines: Vec<Line>,
    dice: Dice,
    idle: VecDeque<u64>,
    waiting: VecDeque<u128>,
    due: BinaryHeap<Reverse<(u64, u64, What)>>,
    owner: BTreeMap<u128, usize>,
    /// By line: answers, abandoned.
    counts: Vec<(u32, u32)>,
    talk_ms: f64,
    busy_ms: u64,
    now: u64,
    calls: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Answer(u128),
    NoAnswer(u128),
    GiveUp(u128),
    TalkOver(u64),
    WrapOver(u64),
}

const WRAP_MS: u64 = 15_000;

impl Room {
    fn new(agents: u64, talk_s: f64, caps: &[f64], seed: u64) -> Self {
        let mut crew = Crew::new();
        (0..agents).for_each(|agent| crew.ready(agent, 0.0));
        Self {
            crew,
            lines: caps.iter().map(|cap| Line::new(Rules { cap: *cap, ..RULES })).collect(),
            dice: Dice(seed),
            idle: (0..agents).collect(),
            waiting: VecDeque::new(),
            due: BinaryHeap::new(),
            owner: BTreeMap::new(),
            counts: vec![(0, 0); caps.len()],
            talk_ms: talk_s * 1e3,
            busy_ms: 0,
            now: 0,
            calls: 0,
        }
    }

    fn unit(&mut self) -> f64 {
        (self.dice.below(1 << 30) as f64 + 0.5) / f64::from(1 << 30)
    }

    fn after(&mut self, ms: u64, what: What) {
        let order = self.dice.below(1 << 20) as u64;
        self.due.push(Reverse((self.now + ms, order, what)));
    }

    /// Until `seconds`, with a decision twice a second.
    fn live(&mut self, seconds: u64) {
        for half in self.now / 500 + 1..=seconds * 2 {
            while let Some(Reverse((at, _, what))) =
                self.due.peek().copied().filter(|due| due.0.0 <= half * 500)
            {
                self.due.pop();
                self.now = at;
                self.happen(what);
            }
            self.now = half * 500;
            for asking in 0..self.lines.len() {
                let calls = self.ask(asking).calls;
                (0..calls).for_each(|_| self.dial(asking));
            }
        }
    }

    fn ask(&mut self, asking: usize) -> Prediction {
        let mut lines: Vec<_> = self.lines.iter_mut().collect();
        predict(&mut self.crew, &mut lines, asking, self.now as f64 / 1e3, 100)
    }

    fn dial(&mut self, line: usize) {
        self.calls += 1;
        let call = self.calls;
        self.owner.insert(call, line);
        self.lines[line].dialed(call, self.now as f64 / 1e3);
        let ring = 6_000 + (self.unit() * 14_000.0) as u64;
        let (ms, what) =
            if self.unit() < 0.3 { (ring, What::Answer(call)) } else { (27_000, What::NoAnswer(call)) };
        self.after(ms, what);
    }

    fn happen(&mut self, what: What) {
        let t = self.now as f64 / 1e3;
        match what {
            What::Answer(call) => {
                let line = self.owner[&call];
                self.counts[line].0 += 1;
                self.lines[line].answered(call, t);
                self.lines[line].offered(call, t);
                self.waiting.push_back(call);
                self.after(2_000, What::GiveUp(call));
                self.connect();
            }
            What::NoAnswer(call) => self.lines[self.owner[&call]].failed(call, t, Failure::NoAnswer),
            What::GiveUp(call) => {
                if let Some(index) = self.waiting.iter().position(|waiting| *waiting == call) {
                    self.waiting.remove(index);
                    let line = self.owner[&call];
                    self.counts[line].1 += 1;
                    self.lines[line].abandoned(call, t);
                }
            }
            What::TalkOver(agent) => {
                self.crew.wrap(agent, t);
                self.after(WRAP_MS, What::WrapOver(agent));
            }
            What::WrapOver(agent) => {
                self.crew.ready(agent, t);
                self.idle.push_back(agent);
                self.connect();
            }
        }
    }

    fn connect(&mut self) {
        if self.idle.is_empty() || self.waiting.is_empty() {
            return;
        }
        let t = self.now as f64 / 1e3;
        if let (Some(agent), Some(call)) = (self.idle.pop_front(), self.waiting.pop_front()) {
            self.lines[self.owner[&call]].connected(call, t);
            self.crew.talk(agent, t);
            let talk = (-self.unit().ln() * self.talk_ms) as u64;
            self.busy_ms += talk + WRAP_MS;
            self.after(talk, What::TalkOver(agent));
        }
    }
}

fn share((answers, abandoned): (u32, u32)) -> f64 {
    f64::from(abandoned) / f64::from(answers)
}

#[test]
fn agents_are_kept_busy_and_few_callers_are_lost() {
    let mut room = Room::new(10, 120.0, &[0.03], 7);
    room.live(14_400);
    let busy = room.busy_ms as f64 / (14_400_000.0 * 10.0);
    assert!(busy > 0.78, "{busy}");
    assert!(share(room.counts[0]) < 0.033, "{:?}", room.counts);
    assert!(room.counts[0].1 > 0, "some are lost, else more could be served");
}

#[test]
fn without_a_budget_nobody_is_lost() {
    for (cap, held) in [(0.0, false), (0.03, true)] {
        let mut room = Room::new(5, 60.0, &[cap], 3);
        room.lines[0].set_progressive_only(held);
        room.live(3_600);
        assert!(room.counts[0].0 > 50);
        assert_eq!(room.counts[0].1, 0);
    }
}

#[test]
fn two_campaigns_share_a_crew_by_weight_and_both_keep_their_cap() {
    let mut room = Room::new(12, 60.0, &[0.05, 0.02], 5);
    room.live(14_400);
    let [loose, strict] = [room.counts[0], room.counts[1]];
    let ratio = f64::from(loose.0) / f64::from(strict.0);
    assert!((0.8..1.25).contains(&ratio), "{loose:?} {strict:?}");
    assert!(share(loose) < 0.055 && share(strict) < 0.025, "{loose:?} {strict:?}");

    let mut room = Room::new(12, 60.0, &[0.03, 0.03], 5);
    room.lines[1].set_weight(3.0);
    room.live(14_400);
    let ratio = f64::from(room.counts[1].0) / f64::from(room.counts[0].0);
    assert!((2.3..3.7).contains(&ratio), "{:?}", room.counts);
}

#[test]
fn a_campaign_that_is_alone_again_has_the_whole_crew() {
    let mut room = Room::new(12, 60.0, &[0.03, 0.03], 5);
    room.live(1_800);
    room.lines.pop();
    let (answers, busy) = (room.counts[0].0, room.busy_ms);
    room.due.retain(|due| match due.0.2 {
        What::Answer(call) | What::NoAnswer(call) | What::GiveUp(call) => room.owner[&call] == 0,
        What::TalkOver(_) | What::WrapOver(_) => true,
    });
    room.waiting.clear();
    room.live(5_400);
    assert!(room.counts[0].0 - answers > 350, "{:?}", room.counts);
    assert!((room.busy_ms - busy) as f64 / (3_600_000.0 * 12.0) > 0.7);
}

#[test]
fn nobody_there_means_no_calls() {
    let mut crew = Crew::new();
    let mut line = Line::new(RULES);
    let seen = predict(&mut crew, &mut [&mut line], 0, 0.0, 10);
    assert_eq!((seen.calls, seen.bound), (0, Bound::NobodyThere));
    crew.ready(1, 0.0);
    assert!(predict(&mut crew, &mut [&mut line], 0, 1.0, 10).calls > 0);
    crew.away(1, 2.0);
    assert_eq!(predict(&mut crew, &mut [&mut line], 0, 2.0, 10).bound, Bound::NobodyThere);
    assert_eq!(predict(&mut crew, &mut [], 0, 2.0, 10).calls, 0, "no such campaign");
}

#[test]
fn what_is_told_twice_or_out_of_turn_is_counted_once() {
    let mut crew = Crew::new();
    crew.ready(1, 0.0);
    crew.ready(1, 1.0);
    assert_eq!(crew.idle(), 1);
    crew.wrap(1, 2.0);
    crew.away(9, 2.0);
    assert_eq!((crew.idle(), crew.present()), (0, 1));
    crew.talk(1, 3.0);
    crew.talk(1, 4.0);
    crew.ready(1, 5.0);
    assert_eq!(crew.idle(), 1);

    let mut line = Line::new(RULES);
    line.failed(7, 0.0, Failure::Busy);
    line.answered(7, 0.0);
    line.connected(7, 0.0);
    line.abandoned(7, 0.0);
    assert_eq!((line.in_flight(), line.waiting()), (0, 0), "never dialed");
    line.dialed(1, 1.0);
    line.dialed(1, 2.0);
    assert_eq!(line.in_flight(), 1);
    line.offered(1, 9.0);
    line.answered(1, 10.0);
    line.dialed(1, 10.0);
    assert_eq!((line.in_flight(), line.waiting()), (0, 1), "offered without a word of its answer");
    line.connected(1, 10.0);
    line.abandoned(1, 11.0);
    line.failed(1, 11.0, Failure::Other);
    assert_eq!((line.in_flight(), line.waiting()), (0, 0));
}

#[test]
fn events_without_sense_leave_a_room_that_can_be_predicted() {
    for seed in 1..20 {
        let mut dice = Dice(seed);
        let mut crew = Crew::new();
        let mut line = Line::new(Rules { detects: seed % 2 == 0, ..RULES });
        let mut t = 0.0;
        for _ in 0..5_000 {
            t += dice.below(20) as f64 / 10.0 - if dice.below(50) == 0 { 30.0 } else { 0.0 };
            let agent = dice.below(12) as u64;
            let call = dice.below(30) as u128;
            match dice.below(12) {
                0 => crew.ready(agent, t),
                1 => crew.talk(agent, t),
                2 => crew.wrap(agent, t),
                3 => crew.away(agent, t),
                4 | 5 => line.dialed(call, t),
                6 => line.answered(call, t),
                7 => line.offered(call, t),
                8 => line.connected(call, t),
                9 => line.abandoned(call, t),
                10 => line.failed(call, t, Failure::Machine),
                _ => {
                    let seen = predict(&mut crew, &mut [&mut line], 0, t, 50);
                    assert!(seen.calls <= 50 && (-1e-9..=1.0 + 1e-9).contains(&seen.chance), "{seen:?}");
                    assert!(seen.theta.is_finite() && seen.expected_answers.is_finite(), "{seen:?}");
                }
            }
            assert!(crew.idle() as usize <= crew.present() && crew.present() <= 12);
            assert!(line.in_flight() + line.waiting() <= 30);
        }
    }
}

#[test]
fn calls_of_which_nothing_is_heard_are_gone_at_last() {
    let mut crew = Crew::new();
    crew.ready(1, 0.0);
    let mut line = Line::new(RULES);
    (0..40).for_each(|call| line.dialed(call, 0.0));
    line.offered(0, 5.0);
    assert_eq!(predict(&mut crew, &mut [&mut line], 0, 60.0, 10).in_flight, 39);
    assert_eq!(predict(&mut crew, &mut [&mut line], 0, 700.0, 10).in_flight, 0);
    assert_eq!(predict(&mut crew, &mut [&mut line], 0, 4_000.0, 10).waiting, 0);
}

/// Prints what a decision costs in a room of 300 agents; run it in release.
#[test]
#[ignore = "a benchmark"]
fn a_decision_costs_microseconds() {
    for (agents, talk_s) in [(20, 180.0), (50, 180.0), (300, 30.0)] {
        let mut room = Room::new(agents, talk_s, &[0.03], 11);
        room.live(1_800);
        let in_flight = room.lines[0].in_flight();
        let warm = best(100, || room.ask(0));
        let tables = best(10, || {
            room.now += 2_000;
            room.ask(0)
        });
        println!(
            "{agents} agents, {in_flight} calls in flight: {warm:.1} us a decision, {tables:.1} us with all tables made anew"
        );
    }
}

/// Microseconds of a run, in the best of fifty batches: other programs do not count.
fn best(runs: u32, mut run: impl FnMut() -> Prediction) -> f64 {
    let batch = |_| {
        let begun = Instant::now();
        (0..runs).for_each(|_| _ = run());
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(runs)
    };
    (0..50).map(batch).fold(f64::INFINITY, f64::min)
}
