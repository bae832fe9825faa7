//! Predictive dialing through the whole engine: a room of agents in virtual time, in which every call has its fate.

use std::collections::BTreeMap;

use engine::abandon::{Counts, Day, Tally};
use engine::input::{CallEvent, Member};
use engine::limits::Limits;
use engine::model::{CampaignStatus, DialMode, Plan, PlanRules};
use engine::pacing::Limit;
use engine::time::Mono;
use engine::value::{AbandonPreset, PacingRule};
use uuid::Uuid;

use crate::dice::Dice;
use crate::support::*;

/// What will happen, in the order of time.
#[derive(Debug, Clone, Copy)]
enum Next {
    Answer(Uuid),
    NoAnswer(Uuid),
    /// The caller waits no longer.
    GivesUp(Uuid),
    TalkEnds(Uuid, usize),
}

/// A queue whose agents take calls in the order in which they come.
struct Floor {
    room: Room,
    dice: Dice,
    agents: usize,
    answer_share: f64,
    next: BTreeMap<(Mono, u64), Next>,
    seen: usize,
    idle: Vec<usize>,
    waiting: Vec<Uuid>,
    talked_s: f64,
    persons: u32,
    abandoned: u32,
}

impl Floor {
    fn new(plan: Plan, agents: usize, answer_share: f64) -> Self {
        let mut room = Room::new(Limits { max_channels: 500, max_cps: 1000.0 }, catalog(plan));
        (1..=3_000).for_each(|n| room.store.add(lead(n, &["100"])));
        room.connect(PBX);
        let members: Vec<Member> = (0..agents).map(|n| member(&agent(n), 1)).collect();
        room.queue("sales", &members);
        let mut floor = Self {
            room,
            dice: Dice(0x5EED),
            agents,
            answer_share,
            next: BTreeMap::new(),
            seen: 0,
            idle: (0..agents).collect(),
            waiting: Vec::new(),
            talked_s: 0.0,
            persons: 0,
            abandoned: 0,
        };
        floor.room.ask(CAMPAIGN, CampaignStatus::Start);
        floor
    }

    fn run(&mut self, seconds: u64) {
        let end = Mono(self.room.now.mono.0 + seconds * 1_000_000);
        loop {
            self.dial();
            let at = self.next.first_key_value().map(|((at, _), _)| *at);
            let timer = self.room.engine.poll_timeout();
            let Some(at) = at.into_iter().chain(timer).min().filter(|at| *at <= end) else { break };
            let due = self.next.first_key_value().filter(|((when, _), _)| *when <= at).map(|(key, _)| *key);
            self.room.wait_ms(at.since(self.room.now.mono).as_micros().div_ceil(1000) as u64);
            if let Some(next) = due.and_then(|key| self.next.remove(&key)) {
                self.happens(next);
            }
        }
    }

    /// Every call that was placed gets its fate.
    fn dial(&mut self) {
        while let Some((at, setup)) = self.room.originated.get(self.seen).cloned() {
            self.seen += 1;
            for event in [ACCEPTED, channel()] {
                self.room.call(setup.uuid, event);
            }
            let ring = 4.0 + 10.0 * self.dice.part() + 6.0 * self.dice.part();
            if self.dice.part() < self.answer_share {
                self.later(at, ring, Next::Answer(setup.uuid));
            } else {
                self.later(at, 25.0, Next::NoAnswer(setup.uuid));
            }
        }
    }

    fn later(&mut self, from: Mono, seconds: f64, next: Next) {
        let order = self.dice.below(usize::MAX) as u64;
        self.next.insert((Mono(from.0 + (seconds * 1e6) as u64), order), next);
    }

    fn happens(&mut self, next: Next) {
        let now = self.room.now.mono;
        match next {
            Next::NoAnswer(call) => self.room.fail(call, 19),
            Next::Answer(call) => {
                self.persons += 1;
                self.room.answer(call);
                self.room.call(call, joined());
                self.waiting.push(call);
                self.later(now, 2.0, Next::GivesUp(call));
                self.hand_over();
            }
            Next::GivesUp(call) => {
                if let Some(at) = self.waiting.iter().position(|waits| *waits == call) {
                    self.waiting.remove(at);
                    self.abandoned += 1;
                    self.room.call(call, CallEvent::QueueAbandoned);
                    self.room.call(call, hangup(16));
                }
            }
            Next::TalkEnds(call, who) => {
                self.room.call(call, hangup(16));
                self.room.member("sales", member(&agent(who), 1));
                self.idle.push(who);
                self.hand_over();
            }
        }
    }

    fn hand_over(&mut self) {
        while !self.waiting.is_empty() && !self.idle.is_empty() {
            let (call, who) = (self.waiting.remove(0), self.idle.remove(0));
            self.room.call(call, CallEvent::AgentCalled);
            self.room.member("sales", member(&agent(who), 6));
            let taken = CallEvent::AgentConnected { queue: "sales".into(), agent: agent(who) };
            self.room.call(call, taken);
            self.room.member("sales", member(&agent(who), 2));
            // Talks of 20 to 100 s.
            let talk = 20.0 + 80.0 * self.dice.part();
            self.talked_s += talk;
            self.later(self.room.now.mono, talk, Next::TalkEnds(call, who));
        }
    }

    fn busy(&self) -> f64 {
        self.talked_s / (self.room.now.mono.0 as f64 / 1e6) / self.agents as f64
    }

    fn abandoned_share(&self) -> f64 {
        f64::from(self.abandoned) / f64::from(self.persons)
    }
}

fn agent(n: usize) -> String {
    format!("PJSIP/a{n}")
}

#[test]
fn predictive_keeps_agents_busier_than_progressive_and_abandons_less_than_its_cap() {
    let run = |mode| {
        let mut floor = Floor::new(queue_plan(mode), 12, 0.3);
        floor.run(2400);
        (floor.busy(), floor.abandoned_share())
    };
    let (progressive, predictive) = (run(DialMode::Progressive), run(DialMode::Predictive));
    println!("progressive {progressive:?}, predictive {predictive:?}");
    assert!(progressive.1 == 0.0, "one call for each idle agent abandons nobody");
    assert!(predictive.0 > progressive.0 + 0.12, "{predictive:?} against {progressive:?}");
    assert!(predictive.1 <= 0.031, "{predictive:?}");
}

#[test]
fn predictive_says_what_it_expects() {
    let rules = PlanRules { abandon_rule: Some(AbandonPreset::None), ..PlanRules::default() };
    let mut floor = Floor::new(Plan { rules, ..queue_plan(DialMode::Predictive) }, 5, 0.3);
    floor.run(300);
    let Some(Limit::Predicted(prediction)) = floor.room.engine.limit(CAMPAIGN) else {
        panic!("{:?}", floor.room.engine.limit(CAMPAIGN));
    };
    assert!(prediction.theta > 0.0 && prediction.chance > prediction.theta, "{prediction:?}");
}

#[test]
fn a_budget_that_is_used_up_leaves_one_call_for_each_idle_agent_and_says_so() {
    let mut floor = Floor::new(queue_plan(DialMode::Predictive), 5, 0.3);
    floor.run(120);
    let room = &mut floor.room;
    let counts = Counts { answered_all: 100, answered_persons: 100, abandoned: 10, late: 0 };
    let day = Day::at(room.now.wall, 0);
    room.engine.load_tallies([Tally { budget: CAMPAIGN.to_string(), day, counts }]);
    floor.run(240);
    let room = &floor.room;
    let idle = room.engine.staff("sales").idle as usize;
    let unanswered = room.live().iter().filter(|call| !floor_answered(room, **call)).count();
    assert!(unanswered <= idle, "{unanswered} for {idle}");
    let Some(Limit::AbandonBudget(used_up)) = room.engine.limit(CAMPAIGN) else {
        panic!("{:?}", room.engine.limit(CAMPAIGN));
    };
    assert!(used_up.to_string().contains("one call for each idle agent"), "{used_up}");
}

fn floor_answered(room: &Room, call: Uuid) -> bool {
    room.engine.dialing(call).is_some_and(|dialing| dialing.progress.res_dial == 4)
}

#[test]
fn the_rule_level_counts_calls_until_they_are_over() {
    let rules = PlanRules { pacing: Some(PacingRule::Level), ..PlanRules::default() };
    let plan = Plan { service_level: 2, rules, ..queue_plan(DialMode::Predictive) };
    let mut floor = Floor::new(plan, 3, 0.3);
    let room = &mut floor.room;
    assert_eq!(room.live().len(), 5, "three idle agents and two more");
    let talks = room.live()[0];
    room.answer(talks);
    for event in [joined(), CallEvent::AgentCalled, connected()] {
        room.call(talks, event);
    }
    room.member("sales", member("PJSIP/a0", 2));
    room.fail(room.live()[1], 17);
    assert_eq!(room.live().len(), 4, "two idle agents and two more: the talk counts as well");
    room.call(talks, hangup(16));
    assert_eq!(room.live().len(), 4, "its agent is not seen to be free yet");
    room.member("sales", member("PJSIP/a0", 1));
    assert_eq!(room.live().len(), 5);
}
