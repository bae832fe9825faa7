//! What predictive pacing sees and learns from: for each queue of an Asterisk its agents, and the calls of each campaign
//! that are on their way to them. Here the engine's events become those of [`crate::pacing`].

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::abandon::{AbandonRule, UsedUp};
use crate::calls::{Call, Stage};
use crate::catalog::Equipment;
use crate::dialing::Outcome;
use crate::engine::Engine;
use crate::input::PbxId;
use crate::model::{Campaign, DialMode, Plan};
use crate::pacing::{Crew, Decision, Failure, Limit, Line, Prediction, Rules, predict};
use crate::queues::{AgentChange, AgentState};
use crate::time::{Mono, Now};
use crate::value::PacingRule;

/// The share of a rule without a cap: all may be abandoned.
const NO_CAP: f64 = 1.0;

/// A queue with its agents, and the campaigns that call for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    crew: Crew,
    /// What the crew calls each agent who is there, by interface.
    seats: BTreeMap<String, u64>,
    next_seat: u64,
    lines: BTreeMap<Uuid, Line>,
}

/// What a campaign asks of a room.
struct Question {
    campaign: Uuid,
    room: (PbxId, String),
    /// Idle agents who are as good as taken.
    spoken_for: u32,
    weight: f64,
    rules: Rules,
    /// The budget, where it is used up: then only idle agents are called for.
    used_up: Option<UsedUp>,
    /// Calls that all other bounds leave.
    most: u32,
    /// Leads that are on their way.
    coming: u32,
}

/// What it answers, and the budget where that is used up.
pub(crate) type Predicted = (Prediction, Option<UsedUp>);

/// All of them.
pub(crate) type Rooms = BTreeMap<(PbxId, String), Room>;

impl Room {
    /// An agent has another state.
    pub(crate) fn agent(&mut self, interface: &str, state: AgentState, now: Now) {
        let now = seconds(now.mono);
        if state == AgentState::Away {
            return self.seats.remove(interface).into_iter().for_each(|seat| self.crew.away(seat, now));
        }
        let seat = match self.seats.get(interface) {
            Some(seat) => *seat,
            None => {
                self.next_seat += 1;
                *self.seats.entry(interface.to_owned()).or_insert(self.next_seat)
            }
        };
        match state {
            AgentState::Idle => self.crew.ready(seat, now),
            AgentState::Busy => self.crew.talk(seat, now),
            AgentState::WrapUp => self.crew.wrap(seat, now),
            AgentState::Away => {}
        }
    }

    /// Calls that no agent's phone has rung for.
    fn calls(&self) -> u32 {
        self.lines.values().map(|line| line.in_flight() + line.waiting()).sum()
    }

    /// Lets go of the lines of campaigns, where they have no calls.
    pub(crate) fn forget_lines(&mut self, gone: impl Fn(&Uuid) -> bool) {
        self.lines.retain(|campaign, line| !gone(campaign) || line.in_flight() + line.waiting() > 0);
    }

    /// True where nobody is there and nobody calls.
    pub(crate) fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.lines.is_empty()
    }

    /// Agents and campaigns that it keeps.
    pub(crate) fn len(&self) -> usize {
        self.seats.len() + self.lines.len()
    }

    fn answer(&mut self, asked: &Question, now: Now) -> Option<Prediction> {
        self.crew.set_spoken_for(asked.spoken_for);
        let line = self.lines.entry(asked.campaign).or_insert_with(|| Line::new(asked.rules));
        if *line.rules() != asked.rules {
            line.set_rules(asked.rules);
        }
        line.set_weight(asked.weight);
        line.set_progressive_only(asked.used_up.is_some());
        // Who may place none has no claim to agents either.
        let most = if asked.most == 0 { 0 } else { asked.most.saturating_add(asked.coming) };
        let prediction = self.predict(asked.campaign, now, most)?;
        Some(Prediction { calls: prediction.calls.saturating_sub(asked.coming), ..prediction })
    }

    fn predict(&mut self, campaign: Uuid, now: Now, most: u32) -> Option<Prediction> {
        let asking = self.lines.keys().position(|uuid| *uuid == campaign)?;
        let mut lines: Vec<&mut Line> = self.lines.values_mut().collect();
        Some(predict(&mut self.crew, &mut lines, asking, seconds(now.mono), most))
    }
}

impl Engine {
    /// How many calls predictive pacing places now, at most those that what else bounds the campaign leaves, for idle agents
    /// only where the budget is used up; `None` for other rules, and where there is no such queue or nobody in it.
    pub(crate) fn predict(&mut self, row: &Campaign, plan: &Plan, pbx: PbxId, now: Now) -> Option<Predicted> {
        let asked = self.question(row, plan, pbx, now)?;
        let prediction = match self.rooms.get_mut(&asked.room) {
            Some(room) => room.answer(&asked, now)?,
            None => self.rooms.entry(asked.room.clone()).or_default().answer(&asked, now)?,
        };
        Some((prediction, asked.used_up))
    }

    /// The same, for who only wants to know: a campaign that is not going to place calls has no claim to agents. Where so many
    /// are `supposed` to be free, whatever else bounds the campaign, what agents have to say is heard all the same.
    pub(crate) fn predict_now(
        &self,
        row: &Campaign,
        plan: &Plan,
        pbx: PbxId,
        supposed: u32,
        now: Now,
    ) -> Option<Predicted> {
        let mut asked = self.question(row, plan, pbx, now)?;
        asked.most = asked.most.max(supposed);
        let mut room = self.rooms.get(&asked.room).cloned().unwrap_or_default();
        Some((room.answer(&asked, now)?, asked.used_up))
    }

    fn question(&self, row: &Campaign, plan: &Plan, pbx: PbxId, now: Now) -> Option<Question> {
        if !is_adaptive(plan) {
            return None;
        }
        let queue = plan.queue_name.as_ref()?.as_str().to_owned();
        let server = &self.pbxs[pbx.0];
        server.queues.staff(&queue).filter(|staff| staff.logged_in > 0)?;
        let free = server.free_channels().min(server.rate.available(now.mono));
        let most = Decision { calls: free, limit: Limit::Channels };
        let most = self.bound(row, plan, pbx, most, now).calls;
        // Leads that are on their way will be calls in a moment: as good as placed.
        let asked_for =
            |request: &&crate::run::Request| request.pbx == pbx && request.queue.as_ref() == Some(&queue);
        let coming: u32 = self.requests.values().filter(asked_for).map(|request| request.count).sum();
        Some(Question {
            campaign: row.uuid,
            spoken_for: self.spoken_for(pbx, &queue, coming),
            weight: self.weight(row.uuid),
            rules: rules(plan),
            used_up: self.used_up(row.uuid, now),
            most,
            coming,
            room: (pbx, queue),
        })
    }

    /// Idle agents who are as good as taken, though the crew does not know: a call was offered to them and their phone is not
    /// seen to ring yet, callers of others wait, or callers whose agent did not pick up, or calls of a queue that they share
    /// with this one will take them.
    fn spoken_for(&self, pbx: PbxId, queue: &str, coming: u32) -> u32 {
        let queues = &self.pbxs[pbx.0].queues;
        let key = (pbx, queue.to_owned());
        let load = self.loads.get(&key).copied().unwrap_or_default();
        // A line is through with a call as soon as an agent's phone rings for it.
        let known = self.rooms.get(&key).map_or(0, Room::calls);
        let back = (load.unanswered + load.answered).saturating_sub(coming + known);
        let staff = queues.staff(queue).unwrap_or_default();
        let shared = staff.idle - self.staff_left(pbx, queue).unwrap_or_default().idle.min(staff.idle);
        (load.offered + queues.other_callers(queue)).saturating_sub(staff.ringing) + back + shared
    }

    /// A call was placed.
    pub(crate) fn learn_dialed(&mut self, call: &Call, equipment: &Equipment, now: Now) {
        let Some(queue) = call.queue.clone() else { return };
        let room = self.rooms.entry((call.pbx, queue)).or_default();
        let campaign = call.dialing.setup.campaign;
        let line = room.lines.entry(campaign).or_insert_with(|| Line::new(rules(&equipment.plan)));
        // A call that is taken over was placed by an earlier process.
        let age = now.wall.since(call.dialing.setup.created).as_secs_f64();
        line.dialed(call.uuid().as_u128(), seconds(now.mono) - age);
    }

    /// A call has moved on.
    pub(crate) fn learn_moved(&mut self, uuid: Uuid, now: Now) {
        let Some(call) = self.calls.get(&uuid) else { return };
        let Some(line) = line_of(&mut self.rooms, call) else { return };
        let (id, now) = (uuid.as_u128(), seconds(now.mono));
        match call.stage() {
            Stage::Dialing => {}
            Stage::Answered if call.detects && call.dialing.progress.queue.is_none() => {
                line.answered(id, now)
            }
            Stage::Answered => line.offered(id, now),
            // From the moment an agent's phone rings the call has its agent.
            Stage::Offered | Stage::Connected => line.connected(id, now),
            Stage::Left if call.counts().broken() > 0 => line.abandoned(id, now),
            Stage::Left => line.failed(id, now, Failure::Other),
        }
    }

    /// A list of channels shows that a call has moved on, some time ago.
    pub(crate) fn learn_found(&mut self, uuid: Uuid, now: Now) {
        let Some(call) = self.calls.get(&uuid) else { return };
        let Some(line) = line_of(&mut self.rooms, call) else { return };
        match call.stage() {
            Stage::Answered => line.found_answered(uuid.as_u128(), seconds(now.mono)),
            Stage::Connected => line.found_connected(uuid.as_u128()),
            Stage::Dialing | Stage::Offered | Stage::Left => {}
        }
    }

    /// A call is over.
    pub(crate) fn learn_ended(&mut self, call: &Call, now: Now) {
        let Some(line) = line_of(&mut self.rooms, call) else { return };
        let (id, now) = (call.uuid().as_u128(), seconds(now.mono));
        match call.verdict().outcome {
            Outcome::Abandoned if call.counts().broken() > 0 => line.abandoned(id, now),
            Outcome::Busy => line.failed(id, now, Failure::Busy),
            Outcome::NoAnswer => line.failed(id, now, Failure::NoAnswer),
            Outcome::Machine => line.failed(id, now, Failure::Machine),
            Outcome::Answered
            | Outcome::Abandoned
            | Outcome::Congestion
            | Outcome::Failed
            | Outcome::Refused
            | Outcome::NoAgent
            | Outcome::Unknown => line.failed(id, now, Failure::Other),
        }
    }

    /// Agents do something else than before.
    pub(crate) fn learn_agents(&mut self, pbx: PbxId, changes: Vec<AgentChange>, now: Now) {
        for AgentChange { queue, agent, after, .. } in changes {
            self.rooms.entry((pbx, queue)).or_default().agent(&agent, after, now);
        }
    }

    /// A campaign calls no more: what was learned about its list is forgotten.
    pub(crate) fn forget_line(&mut self, campaign: Uuid) {
        self.rooms.values_mut().for_each(|room| drop(room.lines.remove(&campaign)));
    }
}

/// True for the plans whose calls are predicted.
fn is_adaptive(plan: &Plan) -> bool {
    plan.dial_mode == DialMode::Predictive && plan.rules.pacing != Some(PacingRule::Level)
}

fn line_of<'a>(rooms: &'a mut Rooms, call: &Call) -> Option<&'a mut Line> {
    let queue = call.queue.clone()?;
    rooms.get_mut(&(call.pbx, queue))?.lines.get_mut(&call.dialing.setup.campaign)
}

fn rules(plan: &Plan) -> Rules {
    let rule = AbandonRule::of(&plan.rules);
    Rules {
        cap: rule.cap.map_or(NO_CAP, |cap| f64::from(cap) / 10_000.0),
        patience_s: f64::from(rule.seconds),
        ring_timeout_s: f64::from(plan.dial_timeout_ms) / 1000.0,
        detects: plan.amd_mode.detects(),
    }
}

fn seconds(at: Mono) -> f64 {
    at.since(Mono(0)).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_who_are_gone_are_not_kept_and_nobody_gets_the_seat_of_another() {
        let (mut room, now) = (Room::default(), Now::default());
        room.agent("PJSIP/stays", AgentState::Idle, now);
        for n in 0..100 {
            let guest = format!("PJSIP/guest{n}");
            room.agent(&guest, AgentState::Idle, now);
            room.agent(&guest, AgentState::Away, now);
        }
        room.agent("PJSIP/new", AgentState::Busy, now);
        assert_eq!((room.seats.len(), room.crew.present(), room.crew.idle()), (2, 2, 1));
    }
}
