//! Why a campaign does not place (more) calls, for who asks. What binds is what the decision itself finds (`held_back`, `bound`,
//! [`crate::pacing::decide`]), run dry: asking changes nothing. `code` has the reasons, `words` (with `agents` and `lines`) says
//! them, `moment` says when; `answer` is what comes of it.

mod agents;
mod answer;
mod code;
mod lines;
mod moment;
mod words;

use std::ops::Bound;
use std::sync::Arc;

use uuid::Uuid;

use crate::calls::Stage;
use crate::catalog::Equipment;
use crate::engine::Engine;
use crate::input::PbxId;
use crate::model::{Campaign, CampaignStatus, DialMode, NUMBERS};
use crate::pacing::{self, Bounds, Decision, Limit, Obstacles};
use crate::pbx::Pbx;
use crate::placing::wanted_queue;
use crate::schedule::Gate;
use crate::time::Now;

pub use answer::{Figure, Held, Pulse, Reason, Short, Why};
pub use code::Code;
pub use words::Leads;

/// What a reason is asked of.
#[derive(Clone, Copy)]
struct Ask<'a> {
    engine: &'a Engine,
    row: &'a Campaign,
    pulse: Pulse,
    /// Where it was found, where that is known.
    pbx: Option<PbxId>,
    now: Now,
}

impl Engine {
    fn ask<'a>(&'a self, row: &'a Campaign, pulse: Pulse, now: Now) -> Ask<'a> {
        Ask { engine: self, row, pulse, pbx: None, now }
    }

    /// Why a campaign does not place (more) calls now; `None` for one that is not there.
    pub fn why(&self, campaign: Uuid, now: Now) -> Option<Why> {
        let row = self.catalog.campaigns.get(&campaign)?;
        let pulse = self.pulse(campaign);
        let mut limits: Vec<Held> = Vec::new();
        if let Some(reason) = self.of_campaign(row, pulse, now) {
            limits.push(Held { asterisk: None, reason });
        }
        if row.status == CampaignStatus::Start
            && let Ok(equipment) = self.catalog.equipment(row)
        {
            self.of_campaign_too(row, &equipment, &mut limits, pulse, now);
            let mut places = self.by_asterisk(row, &equipment, pulse, now);
            places.sort_by_key(|at| at.first().map(|held| words::distance(held.reason.code)));
            // Where the whole campaign is held back, what would be placed is not.
            let held_back = !limits.is_empty();
            let of_places = places.into_iter().flatten();
            limits.extend(of_places.filter(|held| !held_back || words::distance(held.reason.code) > 0));
        }
        let reason = match limits.first() {
            Some(Held { asterisk: None, reason }) => reason.clone(),
            _ => self.of_all(row, pulse, &limits, now),
        };
        let dialing = dials(row, pulse, &reason);
        Some(Why {
            name: row.name.clone(),
            status: row.status,
            dialing,
            reason,
            limits,
            pulse,
            dial_list: row.dial_list,
            narrow_tries: self.narrow_tries(row),
        })
    }

    fn narrow_tries(&self, row: &Campaign) -> Option<[u32; NUMBERS]> {
        let own = self.catalog.plans.get(&row.plan?)?.max_tries;
        (own != self.widest_tries(row.dial_list?, row.plan)).then_some(own)
    }

    /// The same in short, of all campaigns behind a uuid (or of all), in the order of their uuids: what their last decisions found.
    /// What this costs does not grow with calls, and a decision costs nothing more for it.
    pub fn reasons(&self, after: Option<Uuid>, now: Now) -> impl Iterator<Item = Short> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.catalog.campaigns.range((from, Bound::Unbounded));
        rows.map(move |(_, row)| {
            let reason = self.reason_in_short(row, now);
            Short {
                campaign: row.uuid,
                name: row.name.clone(),
                status: row.status,
                dialing: dials(row, self.pulse_in_short(row.uuid), &reason),
                reason,
            }
        })
    }

    /// What the last decision of a campaign found, in words; of one that does not run, why that is.
    pub fn reason(&self, campaign: Uuid, now: Now) -> Option<Reason> {
        self.catalog.campaigns.get(&campaign).map(|row| self.reason_in_short(row, now))
    }

    fn reason_in_short(&self, row: &Campaign, now: Now) -> Reason {
        let pulse = self.pulse_in_short(row.uuid);
        let by_place =
            || self.ask(row, pulse, now).in_words(self.limit(row.uuid).unwrap_or(&Limit::NotConnected));
        self.of_campaign(row, pulse, now).unwrap_or_else(by_place)
    }

    /// What holds the whole campaign back.
    fn of_campaign(&self, row: &Campaign, pulse: Pulse, now: Now) -> Option<Reason> {
        if self.shutting_down {
            return Some(self.ask(row, pulse, now).in_words(&Limit::ShuttingDown));
        }
        if row.status != CampaignStatus::Start {
            return Some(self.by_status(row, pulse, now));
        }
        let ask = self.ask(row, pulse, now);
        let fails = self.runs.get(&row.uuid).is_some_and(|run| run.store_fails_since.is_some());
        let limit = match self.held_back(row, now) {
            // It is tried again: until that goes well it is as before.
            Ok(_) if fails && pulse.claiming > 0 => Limit::Store,
            Ok(_) => return ask.claim_is_slow().then(|| ask.claiming()),
            // Also when these are over nothing is dialed before one is back.
            Err(Limit::RetryDelay | Limit::LastCalls) if !self.pbxs.iter().any(Pbx::is_ready) => {
                Limit::NotConnected
            }
            Err(limit) => limit,
        };
        Some(ask.in_words(&limit))
    }

    /// What would hold the whole campaign back as well, if the first were over.
    fn of_campaign_too(
        &self,
        row: &Campaign,
        equipment: &Equipment,
        limits: &mut Vec<Held>,
        pulse: Pulse,
        now: Now,
    ) {
        let Some(first) = limits.first().map(|held| held.reason.code) else { return };
        let ask = self.ask(row, pulse, now);
        let others = self.obstacles(row, equipment, now).map(|limit| ask.in_words(&limit));
        // Where no Asterisk is there, that comes for each of them.
        let others = others.filter(|reason| reason.code != first && first != Code::ShuttingDown);
        limits.extend(others.map(|reason| Held { asterisk: None, reason }));
    }

    /// For each Asterisk what holds the campaign back there, what binds first.
    fn by_asterisk(&self, row: &Campaign, equipment: &Equipment, pulse: Pulse, now: Now) -> Vec<Vec<Held>> {
        let mut places = Vec::new();
        for (at, server) in self.pbxs.iter().enumerate() {
            let pbx = PbxId(at);
            let ask = Ask { pbx: Some(pbx), ..self.ask(row, pulse, now) };
            let reasons = if server.is_ready() {
                match self.decide_dry(row, equipment, pbx, 0, Decision::unbound(), now) {
                    Decision { calls: 0, limit } => {
                        let Obstacles(all) =
                            self.decide_dry(row, equipment, pbx, 1, Obstacles::default(), now);
                        let binds = std::mem::discriminant(&limit);
                        let others = all.into_iter().filter(|o| std::mem::discriminant(o) != binds);
                        let each = std::iter::once(limit).chain(others).flat_map(Limit::each);
                        each.map(|limit| ask.in_words(&limit)).collect()
                    }
                    // There is something to take, but it waits for its turn.
                    Decision { .. } if self.waits_for_a_rate(row.uuid) => {
                        self.limit(row.uuid).map(|limit| ask.in_words(limit)).into_iter().collect()
                    }
                    Decision { calls, .. } => vec![words::about_to_dial(calls, pulse)],
                }
            } else {
                vec![ask.absence(pbx)]
            };
            let held = |reason| Held { asterisk: Some(Arc::clone(&server.name)), reason };
            places.push(reasons.into_iter().map(held).collect());
        }
        places
    }

    /// The last decision has found that a rate binds, and it decides again when that has gathered some calls.
    fn waits_for_a_rate(&self, campaign: Uuid) -> bool {
        matches!(
            self.limit(campaign),
            Some(
                Limit::Rate | Limit::CampaignRate(_) | Limit::TrunkRate { .. } | Limit::TrunkCongested { .. }
            ) | Some(Limit::AsteriskRefuses { .. })
        )
    }

    /// What the decision would be for one Asterisk, where at least so many calls are supposed to be free: it is told to `told`.
    fn decide_dry<B: Bounds>(
        &self,
        row: &Campaign,
        equipment: &Equipment,
        pbx: PbxId,
        supposed: u32,
        told: B,
        now: Now,
    ) -> B {
        let plan = &equipment.plan;
        if plan.dial_mode != DialMode::Desktop {
            let predicted = self.predict_now(row, plan, pbx, supposed, now);
            let input = self.pacing_input(row, pbx, equipment, predicted, now);
            return self.bound(row, plan, pbx, pacing::bounds(&input, told), now);
        }
        let queue = wanted_queue(equipment).unwrap_or_default();
        match self.pbxs[pbx.0].queues.staff(&queue) {
            None => self.bound(row, plan, pbx, told.at_most(0, || Limit::NoSuchQueue), now),
            Some(staff) => {
                let agents = self.free_agents(pbx, &queue, now).len();
                self.offers_now((row, plan), pbx, (staff, agents), told, now)
            }
        }
    }

    /// What binds where no single place says it: the one that is nearest to dialing, with all the agents that there are.
    fn of_all(&self, row: &Campaign, pulse: Pulse, places: &[Held], now: Now) -> Reason {
        let Some(first) = places.first() else {
            return self.ask(row, pulse, now).in_words(&Limit::NotConnected);
        };
        let same = places.iter().filter(|held| held.reason.code == first.reason.code).count();
        match first.reason.code {
            Code::NotConnected | Code::Comparing => self.ask(row, pulse, now).in_words(&Limit::NotConnected),
            Code::NoSuchQueue if places.len() > 1 => self.ask(row, pulse, now).in_words(&Limit::NoSuchQueue),
            Code::NoIdleAgent | Code::NobodyLoggedIn if same > 1 => self.ask(row, pulse, now).no_agents(),
            Code::TrunkChannels | Code::TrunkRate | Code::TrunkCongested => {
                lines::of_trunks(places.iter().map(|held| &held.reason))
            }
            _ => first.reason.clone(),
        }
    }

    /// Why a campaign that does not run does not.
    fn by_status(&self, row: &Campaign, pulse: Pulse, now: Now) -> Reason {
        let reason = words::of_status(row.status, pulse);
        if row.status != CampaignStatus::Stop {
            return reason;
        }
        if let Err(missing) = self.catalog.equipment(row) {
            return words::not_usable(&missing, true);
        }
        match (self.gate_now(row, now), self.used_up_lists.get(&row.uuid)) {
            (_, Some(since)) => words::list_ended(*since, &self.ask(row, pulse, now).moments()),
            (Some(Gate::Closed(opens)), None) => words::outside(opens, &self.ask(row, pulse, now).moments()),
            (Some(Gate::Open(_)), None) => Reason {
                text: "stopped within a window of its schedule, which starts it in the next one".to_owned(),
                ..reason
            },
            (None, None) => reason,
        }
    }

    fn pulse(&self, campaign: Uuid) -> Pulse {
        let Some(run) = self.runs.get(&campaign) else { return Pulse::default() };
        let calls = run.calls.iter().filter_map(|uuid| self.calls.get(uuid));
        let ringing = calls.filter(|call| call.stage() == Stage::Dialing).count();
        Pulse { ringing: whole(ringing), ..self.pulse_in_short(campaign) }
    }

    /// Whether any call rings, in place of how many.
    fn pulse_in_short(&self, campaign: Uuid) -> Pulse {
        let Some(run) = self.runs.get(&campaign) else { return Pulse::default() };
        // Those that were placed last are the likeliest to ring; a bounded look finds one.
        let mut calls = run.calls.iter().take(LOOKED_AT_MAX).filter_map(|uuid| self.calls.get(uuid));
        Pulse {
            in_flight: whole(run.calls.len()),
            ringing: u32::from(calls.any(|call| call.stage() == Stage::Dialing)),
            claiming: run.requested,
            offers: whole(run.offers.len()),
        }
    }
}

/// It is started, and its calls ring or leads for some are being claimed; claims that fail bring none.
fn dials(row: &Campaign, pulse: Pulse, reason: &Reason) -> bool {
    let coming = pulse.claiming > 0 && reason.code != Code::Store;
    row.status == CampaignStatus::Start && (pulse.ringing > 0 || coming)
}

/// Calls of a campaign that are looked at for one that rings, where all campaigns are asked.
const LOOKED_AT_MAX: usize = 256;

fn whole(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
