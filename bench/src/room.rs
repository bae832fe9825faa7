//! The engine alone: campaigns, calls in flight, agents, and somebody who answers for the store. One call after the other is brought to
//! the input that is to be measured.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use engine::catalog::Catalog;
use engine::dialing::{ClaimRequest, Claimed};
use engine::input::{CallEvent, Member, QueueEvent, QueueState};
use engine::limits::Limits;
use engine::model::{Campaign, CampaignStatus, DialList, DialMode, ListEnd};
use engine::time::{Mono, Now, Wall};
use engine::{Engine, Input, Output, PbxConfig, PbxId, PbxInput, Settings};
use uuid::Uuid;

use crate::rows;

const PBX: PbxId = PbxId(0);
/// Time that passes with each input.
const STEP: Duration = Duration::from_millis(1);

/// What there is of everything.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The mode of the one plan.
    pub mode: DialMode,
    /// Campaigns that run; each has its own list.
    pub campaigns: usize,
    /// Whether all lists have leads, or that of the first campaign alone.
    pub all_have_leads: bool,
    /// Calls that have been answered and go on.
    pub in_flight: usize,
    /// Agents; each of these calls has one of them.
    pub agents: usize,
}

/// The inputs of one call, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Its lead is claimed.
    Leads,
    /// The response to its Originate.
    Accepted,
    /// Newchannel.
    Channel,
    /// DialBegin.
    DialBegin,
    /// DialEnd, answered.
    DialEnd,
    /// OriginateResponse.
    Originated,
    /// Hangup: its result, and the decision about the next call.
    Hangup,
}

/// See the module.
pub struct Room {
    engine: Engine,
    now: Now,
    size: Size,
    /// What came out and was not looked at yet.
    outputs: Vec<Output>,
    claims: VecDeque<(u64, ClaimRequest)>,
    originated: VecDeque<Uuid>,
    /// The call that goes from stage to stage, and its next one.
    call: Option<(Uuid, Stage)>,
    serial: u64,
}

impl Size {
    /// One campaign in this mode, without agents.
    pub fn of(mode: DialMode) -> Self {
        Self { mode, campaigns: 1, all_have_leads: true, in_flight: 10, agents: 0 }
    }
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Leads,
        Self::Accepted,
        Self::Channel,
        Self::DialBegin,
        Self::DialEnd,
        Self::Originated,
        Self::Hangup,
    ];

    fn event(self) -> Option<CallEvent> {
        Some(match self {
            Self::Leads => return None,
            Self::Accepted => CallEvent::Accepted,
            Self::Channel => CallEvent::Channel { name: "PJSIP/carrier-0000001f".to_owned() },
            Self::DialBegin => CallEvent::DialBegin,
            Self::DialEnd => CallEvent::DialEnd { status: "ANSWER".to_owned() },
            Self::Originated => CallEvent::Originated { success: true, reason: 4 },
            Self::Hangup => CallEvent::Hangup { cause: 16, text: "Normal Clearing".to_owned() },
        })
    }

    fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| *stage > self)
    }
}

fn list(number: usize) -> Uuid {
    Uuid::from_u128(rows::LIST.as_u128() + number as u128)
}

fn interface(agent: usize) -> String {
    format!("PJSIP/agent{agent:04}")
}

fn member(agent: usize, status: u8) -> Member {
    let (interface, name) = (interface(agent), format!("Agent {agent}"));
    Member { interface, name, status, paused: false, in_call: false, last_call_s: 0, wrapup_s: 0 }
}

impl Room {
    /// Everything runs, and so many calls have been answered. There is room for one more.
    ///
    /// # Errors
    /// The engine does not place the calls.
    pub fn new(size: Size) -> anyhow::Result<Self> {
        let mut plan = rows::plan(size.mode)?;
        plan.list_end = ListEnd::KeepRunning;
        let mut catalog = Catalog::default();
        catalog.plans.insert(plan.uuid, Arc::new(plan));
        for number in 0..size.campaigns {
            let uuid = Uuid::from_u128(rows::CAMPAIGN.as_u128() + number as u128);
            let row = Campaign {
                status: CampaignStatus::Start,
                plan: Some(rows::PLAN),
                dial_list: Some(list(number)),
                ..Campaign::new(uuid, rows::EPOCH)
            };
            catalog.dial_lists.insert(list(number), Arc::new(DialList::new(list(number), rows::EPOCH)));
            catalog.campaigns.insert(uuid, Arc::new(row));
        }
        let max_channels = u32::try_from(size.in_flight + 1)?;
        let pbx = PbxConfig {
            name: "pbx1".into(),
            limits: Limits { max_channels, max_cps: 1e6 },
            trunks: Vec::new(),
        };
        let now = Now { mono: Mono(0), wall: rows::EPOCH, offset_s: 0 };
        let engine = Engine::new(Settings::default(), vec![pbx], catalog, Vec::new(), now);
        let mut room = Self {
            engine,
            now,
            size,
            outputs: Vec::new(),
            claims: VecDeque::new(),
            originated: VecDeque::new(),
            call: None,
            serial: 0,
        };
        room.pbx(PbxInput::Up);
        room.pbx(PbxInput::Channels { asked: now.mono, up: BTreeMap::new(), unreached: [].into() });
        let members = (0..size.agents).map(|agent| member(agent, 1)).collect();
        room.pbx(PbxInput::Queues(vec![QueueState {
            name: rows::QUEUE.to_owned(),
            members,
            ..QueueState::default()
        }]));
        room.fill()?;
        Ok(room)
    }

    /// Brings calls up, and idle campaigns to rest.
    fn fill(&mut self) -> anyhow::Result<()> {
        for up in 0..self.size.in_flight {
            while self.originated.is_empty() {
                let claim = self
                    .claims
                    .pop_front()
                    .with_context(|| format!("only {up} calls: {:?}", self.engine.limit(rows::CAMPAIGN)))?;
                self.answer(claim)?;
            }
            let call = self.originated.pop_front().context("a call")?;
            self.bring_up(call, up);
        }
        Ok(())
    }

    /// A call is answered, and taken by an agent where there are any.
    fn bring_up(&mut self, call: Uuid, agent: usize) {
        for event in Stage::ALL.into_iter().filter(|stage| *stage < Stage::Hangup).filter_map(Stage::event) {
            self.pbx(PbxInput::Call(call, event));
        }
        if agent < self.size.agents {
            let (queue, name) = (rows::QUEUE.to_owned(), format!("Agent {agent}"));
            self.pbx(PbxInput::Call(call, CallEvent::QueueJoined { queue: queue.clone() }));
            self.pbx(PbxInput::Queue(QueueEvent::MemberConnected {
                queue: queue.clone(),
                interface: interface(agent),
            }));
            self.pbx(PbxInput::Call(call, CallEvent::AgentConnected { queue, agent: name }));
            self.pbx(agent_is(agent, 2));
        }
    }

    fn pbx(&mut self, input: PbxInput) {
        self.step(Input::Pbx(PBX, input));
        self.look();
    }

    /// What the driver does with an input: this is what is measured.
    pub fn step(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        self.engine.handle_timeout(self.now);
        while let Some(output) = self.engine.poll_output(self.now) {
            self.outputs.push(output);
        }
    }

    /// Looks at what came out, and lets a moment pass.
    fn look(&mut self) {
        for output in self.outputs.drain(..) {
            match output {
                Output::NeedLeads { request, claim } => self.claims.push_back((request, claim)),
                Output::Originate { setup, .. } => self.originated.push_back(setup.uuid),
                _ => {}
            }
        }
        self.now.mono = self.now.mono.after(STEP);
        self.now.wall = Wall(self.now.wall.0.saturating_add(1_000_000));
    }

    fn answer(&mut self, (request, claim): (u64, ClaimRequest)) -> anyhow::Result<()> {
        let input = self.leads(request, &claim)?;
        self.step(input);
        self.look();
        Ok(())
    }

    fn leads(&mut self, request: u64, claim: &ClaimRequest) -> anyhow::Result<Input> {
        let mut claimed = Claimed::default();
        if self.size.all_have_leads || claim.dial_list == list(0) {
            for _ in 0..claim.count {
                self.serial += 1;
                claimed.claims.push(rows::claim(self.serial, claim.dial_list, claim.campaign)?);
            }
        }
        Ok(Input::Leads { request, claimed: Some(claimed) })
    }

    /// Brings a call to a stage; gives the input that is next.
    ///
    /// # Errors
    /// No call is placed.
    pub fn before(&mut self, stage: Stage) -> anyhow::Result<Input> {
        self.look();
        loop {
            let Some((call, next)) = self.call else {
                if let Some(call) = self.originated.pop_front() {
                    self.call = Some((call, Stage::Accepted));
                    continue;
                }
                let claim = self.claims.pop_front();
                let claim =
                    claim.with_context(|| format!("no call: {:?}", self.engine.limit(rows::CAMPAIGN)))?;
                let has_leads = self.size.all_have_leads || claim.1.dial_list == list(0);
                if stage == Stage::Leads && has_leads {
                    return self.leads(claim.0, &claim.1);
                }
                self.answer(claim)?;
                continue;
            };
            self.call = next.next().map(|next| (call, next));
            let event = next.event().context("a call")?;
            if next == stage {
                return Ok(Input::Pbx(PBX, PbxInput::Call(call, event)));
            }
            self.pbx(PbxInput::Call(call, event));
        }
    }

    /// The last agent has come: the engine is to place a call for him. Before that, his last call ends.
    ///
    /// # Errors
    /// No call was placed for him.
    pub fn before_agent_is_free(&mut self) -> anyhow::Result<Input> {
        self.look();
        let agent = self.size.agents - 1;
        self.pbx(agent_is(agent, 2));
        while let Some(claim) = self.claims.pop_front() {
            self.answer(claim)?;
        }
        while let Some(call) = self.originated.pop_front() {
            for event in [
                CallEvent::Accepted,
                CallEvent::Originated { success: false, reason: 5 },
                CallEvent::Hangup { cause: 17, text: "User busy".to_owned() },
            ] {
                self.pbx(PbxInput::Call(call, event));
            }
        }
        Ok(Input::Pbx(PBX, agent_is(agent, 1)))
    }

    /// Has one campaign decide, by news of its list. What was asked for since the last time is answered.
    ///
    /// # Errors
    /// Never.
    pub fn before_decision(&mut self) -> anyhow::Result<Input> {
        self.look();
        while let Some((request, _)) = self.claims.pop_front() {
            self.step(Input::Leads { request, claimed: Some(Claimed::default()) });
            self.look();
        }
        Ok(Input::LeadsChanged { dial_list: list(0) })
    }
}

fn agent_is(agent: usize, status: u8) -> PbxInput {
    PbxInput::Queue(QueueEvent::Member { queue: rows::QUEUE.to_owned(), member: member(agent, status) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_brought_to_each_stage_again_and_again() {
        for all_have_leads in [true, false] {
            let size = Size { campaigns: 3, all_have_leads, ..Size::of(DialMode::Robo) };
            let mut room = Room::new(size).unwrap();
            for stage in Stage::ALL.into_iter().chain(Stage::ALL) {
                let input = room.before(stage).unwrap();
                room.step(input);
            }
            assert_eq!(room.engine.dialings().count(), 10);
        }
    }

    #[test]
    fn an_agent_who_is_free_is_given_a_call_each_time() {
        let size = Size { in_flight: 4, agents: 5, ..Size::of(DialMode::Progressive) };
        let mut room = Room::new(size).unwrap();
        for _ in 0..3 {
            let input = room.before_agent_is_free().unwrap();
            room.step(input);
            let asked = room.outputs.iter().filter(|output| matches!(output, Output::NeedLeads { .. }));
            assert_eq!(asked.count(), 1);
        }
    }
}
