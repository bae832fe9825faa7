//! What bounds a campaign's calls beyond its agents: its own limits, the trunks of its plan, and what an Asterisk that
//! refuses is still given; and which trunk takes each call.

use std::time::Duration;

use uuid::Uuid;

use crate::broken::{Rule, is_broken};
use crate::calls::{Call, Stage};
use crate::catalog::Equipment;
use crate::engine::Engine;
use crate::input::PbxId;
use crate::limits::{CallRate, Sign, TrunkId};
use crate::model::{Campaign, Plan};
use crate::pacing::{Bounds, Limit};
use crate::pbx::Pbx;
use crate::placing::wanted_queue;
use crate::run::Run;
use crate::sharing::Place;
use crate::time::{Mono, Now};
use crate::timers::Timer;

/// Whose turn cannot be told looks again after this time.
const TURN_AGAIN: Duration = Duration::from_millis(100);

/// A trunk that a plan's calls may take on one Asterisk, with its weight.
type Choice = (TrunkId, i64);

impl Engine {
    /// The trunks of a plan on an Asterisk.
    pub(crate) fn trunks(&mut self, pbx: PbxId, plan: &Plan, now: Mono) -> Vec<Choice> {
        let server = &mut self.pbxs[pbx.0];
        match &plan.trunk_name {
            None => vec![(server.trunk(None, now), 1)],
            Some(trunks) => {
                trunks.all().iter().map(|t| (server.trunk(Some(&t.name), now), i64::from(t.weight))).collect()
            }
        }
    }

    /// All that a campaign competes for with others.
    pub(crate) fn places(&mut self, equipment: &Equipment, now: Mono) -> Vec<Place> {
        let ready: Vec<PbxId> =
            (0..self.pbxs.len()).map(PbxId).filter(|p| self.pbxs[p.0].is_ready()).collect();
        let mut places: Vec<Place> = wanted_queue(equipment).map(Place::Queue).into_iter().collect();
        for pbx in ready {
            places.push(Place::Pbx(pbx));
            let trunks = self.trunks(pbx, &equipment.plan, now);
            places.extend(trunks.into_iter().map(|(trunk, _)| Place::Trunk(pbx, trunk)));
        }
        places
    }

    /// A decision by agents and Asterisk, narrowed by everything else. The smallest number counts, and names the limit.
    pub(crate) fn bound<B: Bounds>(&self, row: &Campaign, plan: &Plan, pbx: PbxId, told: B, now: Now) -> B {
        let run = self.runs.get(&row.uuid);
        let in_flight = run.map_or(0, Run::dialings);
        let by_rate = run.and_then(|run| run.rate.as_ref()).map(|rate| rate.available(now.mono));
        let mut bound = told;
        if let Some(max) = row.rules.max_channels.map(|max| max.get()) {
            bound = bound.at_most(max.saturating_sub(in_flight), || Limit::CampaignChannels(max));
        }
        if let (Some(free), Some(cps)) = (by_rate, &row.rules.max_cps) {
            bound = bound.at_most(free, || Limit::CampaignRate(cps.to_string()));
        }
        let server = &self.pbxs[pbx.0];
        let rooms: Vec<_> = match &plan.trunk_name {
            None => vec![server.trunk_room(None, now.mono)],
            Some(trunks) => {
                trunks.all().iter().map(|trunk| server.trunk_room(Some(&trunk.name), now.mono)).collect()
            }
        };
        let room = rooms.iter().fold(0_u32, |sum, (calls, _)| sum.saturating_add(*calls));
        bound = bound.at_most(room, || {
            let mut limits: Vec<Limit> = rooms.into_iter().filter_map(|(_, limit)| limit).collect();
            if limits.len() > 1 { Limit::Trunks(limits) } else { limits.pop().unwrap_or(Limit::Channels) }
        });
        let asked = server.health.available(now.mono);
        match server.health.slowdown(now.mono) {
            Some(slowdown) => {
                let asterisk = server.name.to_string();
                bound.at_most(asked, || Limit::AsteriskRefuses { asterisk, slowdown })
            }
            None => bound,
        }
    }

    /// Takes the rate of a campaign's row over.
    pub(crate) fn set_campaign_rate(&mut self, row: &Campaign, now: Mono) {
        let cps = row.rules.max_cps.map(|cps| cps.get());
        self.run(row.uuid).set_rate(cps, now);
    }

    /// Which trunk takes how many of these calls: each call goes to the trunk that is furthest behind its share, among
    /// those that can take one (smooth weighted round robin, as nginx has it).
    pub(crate) fn choose_trunks(
        &mut self,
        campaign: Uuid,
        plan: &Plan,
        pbx: PbxId,
        calls: u32,
        now: Now,
    ) -> Vec<(TrunkId, u32)> {
        let choices = self.trunks(pbx, plan, now.mono);
        if let [(only, _)] = choices[..] {
            return vec![(only, calls)];
        }
        let server = &mut self.pbxs[pbx.0];
        let mut rooms: Vec<u32> =
            choices.iter().map(|(trunk, _)| server.trunks[trunk.0].room(now.mono).0).collect();
        let mut chosen: Vec<(TrunkId, u32)> = choices.iter().map(|(trunk, _)| (*trunk, 0)).collect();
        let turns = &mut self.run(campaign).trunk_turns;
        for _ in 0..calls {
            let open: Vec<usize> = (0..choices.len()).filter(|at| rooms[*at] > 0).collect();
            let total: i64 = open.iter().map(|at| choices[*at].1).sum();
            for &at in &open {
                *turns.entry((pbx, choices[at].0)).or_default() += choices[at].1;
            }
            let behind = |at: &usize| turns.get(&(pbx, choices[*at].0)).copied().unwrap_or_default();
            // Of equals the first.
            let Some(at) = open.into_iter().rev().max_by_key(behind) else { break };
            *turns.entry((pbx, choices[at].0)).or_default() -= total;
            rooms[at] = rooms[at].saturating_sub(1);
            chosen[at].1 += 1;
        }
        chosen.retain(|(_, calls)| *calls > 0);
        chosen
    }

    /// Makes sure that the campaign is looked at again when the limit that binds it may have gone. `spent`: it has taken all that
    /// the limit allows, also to others.
    pub(crate) fn wake_after(
        &mut self,
        pbx: PbxId,
        campaign: Uuid,
        plan: &Plan,
        (limit, spent): (&Limit, bool),
        now: Now,
    ) {
        match limit {
            Limit::Channels => self.sharing.wait(campaign, Place::Pbx(pbx), spent),
            Limit::Rate => {
                self.sharing.wait(campaign, Place::Pbx(pbx), spent);
                let next = self.pbxs[pbx.0].rate.next(now.mono);
                self.timers.set_earlier(Timer::Rate(pbx), next);
            }
            Limit::AsteriskRefuses { .. } => {
                self.sharing.wait(campaign, Place::Pbx(pbx), spent);
                let next = self.pbxs[pbx.0].health.next(now.mono);
                self.timers.set_earlier(Timer::Rate(pbx), next);
            }
            Limit::TrunkChannels { .. }
            | Limit::TrunkRate { .. }
            | Limit::TrunkCongested { .. }
            | Limit::Trunks(_) => {
                for (trunk, _) in self.trunks(pbx, plan, now.mono) {
                    self.sharing.wait(campaign, Place::Trunk(pbx, trunk), spent);
                    let next = self.pbxs[pbx.0].trunks[trunk.0].next(now.mono);
                    self.timers.set_earlier(Timer::Trunk(pbx, trunk), next);
                }
            }
            Limit::CampaignRate(_) => {
                let next = self.run(campaign).rate.as_ref().and_then(|rate| rate.next(now.mono));
                self.timers.set_earlier(Timer::CampaignRate(campaign), next);
            }
            // The end of one of its calls, or an event of what it waits for, lets it decide.
            Limit::NotConnected
            | Limit::NoSuchQueue
            | Limit::NobodyLoggedIn
            | Limit::Agents { .. }
            | Limit::Schedule { .. }
            | Limit::RetryDelay
            | Limit::ListUsedUp
            | Limit::LastCalls
            | Limit::ListImport
            | Limit::Store
            | Limit::NotUsable(_)
            | Limit::ShuttingDown
            | Limit::Level { .. }
            | Limit::Predicted(_)
            | Limit::AbandonBudget(_)
            | Limit::CampaignChannels(_)
            | Limit::Offers { .. } => {}
        }
    }

    /// Counts calls that are asked for with all who share them out.
    pub(crate) fn reserve(
        &mut self,
        campaign: Uuid,
        pbx: PbxId,
        trunk: TrunkId,
        queue: Option<&str>,
        calls: u32,
    ) {
        let server = &mut self.pbxs[pbx.0];
        if !is_broken(Rule::NotReserved) {
            server.in_flight += calls;
        }
        server.rate.reserve(calls);
        if let Some(rate) = server.health.rate() {
            rate.reserve(calls);
        }
        server.trunks[trunk.0].reserve(calls);
        let run = self.run(campaign);
        run.requested += calls;
        if let Some(rate) = &mut run.rate {
            rate.reserve(calls);
        }
        let weight = self.weight(campaign);
        for place in places_of(pbx, trunk, queue) {
            self.sharing.serve(campaign, &place, calls, weight);
        }
    }

    /// Takes calls that do not come to be out of these counts.
    pub(crate) fn unreserve(
        &mut self,
        campaign: Uuid,
        pbx: PbxId,
        trunk: TrunkId,
        queue: Option<&str>,
        calls: u32,
    ) {
        let server = &mut self.pbxs[pbx.0];
        server.in_flight = server.in_flight.saturating_sub(calls);
        server.rate.give_back(calls);
        if let Some(rate) = server.health.rate() {
            rate.give_back(calls);
        }
        server.trunks[trunk.0].give_back(calls);
        if let Some(rate) = self.runs.get_mut(&campaign).and_then(|run| run.rate.as_mut()) {
            rate.give_back(calls);
        }
        let weight = self.weight(campaign);
        for place in places_of(pbx, trunk, queue) {
            self.sharing.take_back(campaign, &place, calls, weight);
        }
    }

    /// A call that was asked for is placed now.
    pub(crate) fn take_turn(&mut self, campaign: Uuid, pbx: PbxId, trunk: TrunkId, now: Mono) {
        let server = &mut self.pbxs[pbx.0];
        server.rate.take(now);
        if let Some(rate) = server.health.rate() {
            rate.take(now);
        }
        server.trunks[trunk.0].take(now);
        if let Some(rate) = self.runs.get_mut(&campaign).and_then(|run| run.rate.as_mut()) {
            rate.take(now);
        }
    }

    /// Takes a turn for a call of a preview, for which none was kept before; else says when to try again.
    pub(crate) fn take_turn_now(
        &mut self,
        campaign: Uuid,
        pbx: PbxId,
        trunk: TrunkId,
        now: Mono,
    ) -> Result<(), Mono> {
        let Pbx { rate, health, trunks, .. } = &mut self.pbxs[pbx.0];
        let of_run = self.runs.get_mut(&campaign).and_then(|run| run.rate.as_mut());
        let of_lines = health.rate().into_iter().chain(trunks[trunk.0].rates());
        take_of_all([rate].into_iter().chain(of_lines).chain(of_run).collect(), now)
    }

    /// The same for a call to an agent, which takes no trunk and is none of the campaign's.
    pub(crate) fn take_agents_turn(&mut self, pbx: PbxId, now: Mono) -> Result<(), Mono> {
        take_of_all(vec![&mut self.pbxs[pbx.0].rate], now)
    }

    /// A place was left at an Asterisk and a trunk: those decide who wait for one.
    pub(crate) fn wake_line(&mut self, pbx: PbxId, trunk: TrunkId) {
        self.sharing.wake(&Place::Pbx(pbx));
        self.sharing.wake(&Place::Trunk(pbx, trunk));
    }

    /// An answer says at once that the line works; the end of the call may be far away.
    pub(crate) fn answered(&mut self, uuid: Uuid, from: Stage, now: Now) {
        let Some(call) = self.calls.get_mut(&uuid) else { return };
        if from == Stage::Dialing && !std::mem::replace(&mut call.line_told, true) {
            let (pbx, trunk, placed) = (call.pbx, call.trunk, call.requested);
            self.line_result(pbx, trunk, Sign::Works, placed, now.mono);
        }
    }

    /// A call that failed before a channel of it was told of says so of its line at once: such failures come by thousands, before
    /// the first of them is over. Where its channel is told of after all, its end has to say what it was.
    pub(crate) fn failed_unseen(&mut self, uuid: Uuid, now: Mono) {
        let Some(call) = self.calls.get_mut(&uuid) else { return };
        call.line_told = call.has_failed_unseen();
        if !call.line_told {
            return;
        }
        let (pbx, trunk, sign, placed) = (call.pbx, call.trunk, call.sign(now), call.requested);
        self.line_result(pbx, trunk, sign, placed, now);
    }

    /// What a call that is over says about its line.
    pub(crate) fn learn(&mut self, call: &Call, now: Now) {
        if !call.line_told {
            self.line_result(call.pbx, call.trunk, call.sign(now.mono), call.requested, now.mono);
        }
    }

    fn line_result(&mut self, pbx: PbxId, trunk: TrunkId, sign: Sign, placed: Option<Mono>, now: Mono) {
        let Some(placed) = placed else { return };
        let server = &mut self.pbxs[pbx.0];
        match sign {
            Sign::None => {}
            Sign::AsteriskRefuses => server.health.result(true, placed, now),
            Sign::Works | Sign::TrunkRefuses => {
                let health = &mut server.trunks[trunk.0].health;
                let slowed = health.is_slowed() || server.health.is_slowed();
                server.health.result(false, placed, now);
                health.result(sign == Sign::TrunkRefuses, placed, now);
                if slowed {
                    // It may be given calls sooner than was thought.
                    self.wake_line(pbx, trunk);
                }
            }
        }
    }
}

impl Run {
    /// The rate by the campaign's row. One that is changed goes on from where it is.
    fn set_rate(&mut self, cps: Option<f64>, now: Mono) {
        if self.rate_cps == cps {
            return;
        }
        self.rate = match (self.rate.take(), cps) {
            (_, None) => None,
            (None, Some(cps)) => {
                let mut rate = CallRate::new(cps, now);
                rate.reserve(self.requested - self.for_offers);
                Some(rate)
            }
            (Some(rate), Some(cps)) => Some(rate.changed(cps, now)),
        };
        self.rate_cps = cps;
    }
}

pub(crate) fn places_of(pbx: PbxId, trunk: TrunkId, queue: Option<&str>) -> impl Iterator<Item = Place> {
    [Place::Pbx(pbx), Place::Trunk(pbx, trunk)].into_iter().chain(queue.map(|q| Place::Queue(q.to_owned())))
}

/// Takes a token of each of these rates, or of none: then says when to try again.
fn take_of_all(mut rates: Vec<&mut CallRate>, now: Mono) -> Result<(), Mono> {
    let missing = rates.iter_mut().filter_map(|rate| {
        (rate.available(now) == 0).then(|| rate.next(now).unwrap_or_else(|| now.after(TURN_AGAIN)))
    });
    if let Some(again) = missing.max() {
        return Err(again);
    }
    for rate in rates {
        rate.reserve(1);
        rate.take(now);
    }
    Ok(())
}
