//! Making offers, and taking them back: leads are claimed as reserved (status 2) for agents who are idle, and offered. What
//! agents answer is in `answering`.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::{Agent, Asked, CHANNELS, Offer, OfferEnd, OpenOffer, seconds};
use crate::asking::note_list_end;
use crate::bounds::places_of;
use crate::catalog::Equipment;
use crate::dialing::{Claim, ClaimRequest, Claimed, Record};
use crate::engine::Engine;
use crate::input::{Output, PbxId};
use crate::limits::TrunkId;
use crate::model::{Campaign, DialMode, Plan};
use crate::notify::Notify;
use crate::pacing::{Bounds, Decision, Limit};
use crate::placing::wanted_queue;
use crate::queues::Staff;
use crate::run::Request;
use crate::time::{Now, Wall};
use crate::timers::Timer;

/// The most leads in one request.
const CLAIM_MAX: usize = 100;

impl Engine {
    /// Asks for a lead for each agent of the plan's queue who is idle and has no offer.
    pub(crate) fn offer_leads(&mut self, row: &Campaign, equipment: &Equipment, now: Now) -> Limit {
        let (mut binding, mut by_agents) = (Limit::NotConnected, false);
        let queue = wanted_queue(equipment).unwrap_or_default();
        let places = self.places(equipment, now.mono);
        self.sharing.competes(row.uuid, places);
        for pbx in (0..self.pbxs.len()).map(PbxId) {
            if !self.pbxs[pbx.0].is_ready() {
                continue;
            }
            let Some(staff) = self.pbxs[pbx.0].queues.staff(&queue) else {
                by_agents = true;
                if binding == Limit::NotConnected {
                    binding = Limit::NoSuchQueue;
                }
                continue;
            };
            let agents = self.free_agents(pbx, &queue, now);
            let (plan, agents_free) = (&equipment.plan, agents.len());
            let decision = self.offers_now((row, plan), pbx, (staff, agents_free), Decision::unbound(), now);
            if decision.calls > 0 {
                if self.sharing.gives_way(row.uuid) {
                    return decision.limit;
                }
                self.take_agents(row, equipment, pbx, agents, decision.calls, now);
            }
            // An offer takes more channels than a call: where there are too few, others may find enough.
            self.wake_after(pbx, row.uuid, &equipment.plan, (&decision.limit, false), now);
            by_agents |= decision.limit.is_by_agents();
            binding = decision.limit;
        }
        self.attend(row.uuid, Some(queue).filter(|_| by_agents));
        binding
    }

    /// How many offers to make now to so many agents who are free, within all that bounds the calls that they may become.
    pub(crate) fn offers_now<B: Bounds>(
        &self,
        (row, plan): (&Campaign, &Plan),
        pbx: PbxId,
        (staff, agents): (Staff, usize),
        told: B,
        now: Now,
    ) -> B {
        let wanted = u32::try_from(agents.min(CLAIM_MAX)).unwrap_or(u32::MAX);
        let open = self.runs.get(&row.uuid).map_or(0, |run| run.offers.len());
        let limit = if staff.logged_in == 0 {
            Limit::NobodyLoggedIn
        } else {
            let open = u32::try_from(open).unwrap_or(u32::MAX).saturating_add(wanted);
            Limit::Offers { open, idle: staff.idle, logged_in: staff.logged_in }
        };
        let room = self.pbxs[pbx.0].free_channels() / CHANNELS;
        let told = told.at_most(wanted, || limit).at_most(room, || Limit::Channels);
        self.bound(row, plan, pbx, told, now)
    }

    /// Asks for the leads of one turn; for more the campaign gets in line again.
    fn take_agents(
        &mut self,
        row: &Campaign,
        equipment: &Equipment,
        pbx: PbxId,
        agents: Vec<Agent>,
        offers: u32,
        now: Now,
    ) {
        let turn = self.sharing.turn(row.uuid);
        if offers > turn {
            self.sharing.decide_later(row.uuid);
        }
        let mut agents = agents.into_iter();
        for (trunk, offers) in self.choose_trunks(row.uuid, &equipment.plan, pbx, offers.min(turn), now) {
            let agents = agents.by_ref().take(offers as usize).collect();
            self.ask_for_offers(row, equipment, (pbx, trunk), agents, now);
        }
    }

    fn ask_for_offers(
        &mut self,
        row: &Campaign,
        equipment: &Equipment,
        (pbx, trunk): (PbxId, TrunkId),
        agents: Vec<Agent>,
        now: Now,
    ) {
        let number = self.next_request;
        self.next_request += 1;
        let count = u32::try_from(agents.len()).unwrap_or(u32::MAX);
        let (plan, dial_list) = (equipment.plan.uuid, equipment.dial_list.uuid);
        let (campaign, destination) = (row.uuid, row.destination);
        let run = self.run(campaign);
        (run.requested, run.for_offers) = (run.requested + count, run.for_offers + count);
        *self.lists.entry(dial_list).or_default() += count;
        let server = &mut self.pbxs[pbx.0];
        server.in_flight += CHANNELS * count;
        server.trunks[trunk.0].hold(count);
        let (asterisk, trunk_name) = (Arc::clone(&server.name), server.trunks[trunk.0].name.clone());
        for agent in &agents {
            let key = (pbx, agent.interface.as_str().to_owned());
            self.habit(&key).offered = Some(now.mono);
            self.previews.engaged.insert(key);
        }
        let queue = wanted_queue(equipment).unwrap_or_default();
        let weight = self.weight(campaign);
        for place in places_of(pbx, trunk, Some(&queue)) {
            self.sharing.serve(campaign, &place, count, weight);
        }
        let due = self.retry_time(now);
        let asked = now.mono;
        let request =
            Request { campaign, plan, dial_list, destination, pbx, trunk, queue: None, count, due, asked };
        self.previews.asked.insert(number, Asked { request, queue, agents });
        let claim = ClaimRequest {
            campaign,
            plan,
            dial_list,
            // Whom an answered call of a preview goes to is settled already.
            destination: None,
            asterisk,
            trunk: trunk_name,
            count,
            reserve: true,
            max_tries: equipment.plan.max_tries,
            widest_tries: self.widest_tries(dial_list, Some(plan)),
            due,
        };
        self.outputs.push_back(Output::NeedLeads { request: number, claim });
    }

    /// Leads came back: each is offered, or goes back to the list where its agent or the campaign is no longer there for it.
    pub(crate) fn leads_to_offer(&mut self, number: u64, claimed: Option<Claimed>, now: Now) {
        let Some(Asked { request, queue, agents }) = self.previews.asked.remove(&number) else { return };
        let failed = claimed.is_none();
        let claimed = claimed.unwrap_or_default();
        let found = u32::try_from(claimed.claims.len()).unwrap_or(u32::MAX);
        self.note_answer(&request, number, (!failed).then_some((found, claimed.next_due)), now);
        let equipment = self.still_offers(&request, &queue, now);
        let mut claims = claimed.claims.into_iter();
        let mut released = false;
        for agent in agents {
            let Some(claim) = claims.next() else {
                self.forget_request(&request, &queue, &agent);
                continue;
            };
            let free = self.is_idle(request.pbx, &queue, agent.interface.as_str(), now);
            match equipment.as_ref().filter(|e| free && has_tries_left(&claim, e)) {
                Some(equipment) => self.open_offer(&request, equipment, agent, claim, now),
                None => {
                    released = true;
                    self.forget_request(&request, &queue, &agent);
                    self.record(Record::Released { dialing: claim.dialing, lead: claim.lead.uuid });
                }
            }
        }
        self.decide_later(request.campaign);
        if released {
            self.reopen_list(request.dial_list);
        } else if found == 0 && !failed {
            self.decide_on_list(request.dial_list);
        }
        self.wake_line(request.pbx, request.trunk);
        self.settle(request.campaign, now);
    }

    /// What the store's answer (how many were found, and when the next is due) says about the list.
    fn note_answer(&mut self, request: &Request, number: u64, answer: Option<(u32, Option<Wall>)>, now: Now) {
        let Some(run) = self.runs.get_mut(&request.campaign) else { return };
        run.requested = run.requested.saturating_sub(request.count);
        run.for_offers = run.for_offers.saturating_sub(request.count);
        run.note_claims(answer.is_none(), now);
        if let Some((_, next_due)) = answer.filter(|(found, _)| *found < request.count) {
            note_list_end(run, number, next_due);
        }
    }

    fn forget_request(&mut self, request: &Request, queue: &str, agent: &Agent) {
        let Request { campaign, pbx, trunk, .. } = *request;
        self.previews.engaged.remove(&(pbx, agent.interface.as_str().to_owned()));
        self.give_line_back(pbx, trunk);
        let weight = self.weight(campaign);
        for place in places_of(pbx, trunk, Some(queue)) {
            self.sharing.take_back(campaign, &place, 1, weight);
        }
        self.leave_list(request.dial_list, 1);
    }

    fn open_offer(&mut self, request: &Request, equipment: &Equipment, agent: Agent, claim: Claim, now: Now) {
        let seconds = seconds(&equipment.plan);
        let until = now.mono.after(Duration::from_secs(u64::from(seconds)));
        let dialing = claim.dialing;
        let offer = Arc::new(Offer {
            dialing,
            campaign: request.campaign,
            plan: request.plan,
            queue: equipment.plan.queue_name.as_ref().map(ToString::to_string).unwrap_or_default(),
            agent: agent.name,
            interface: agent.interface,
            seconds,
            serial: claim.serial,
            lead: claim.lead,
            index: claim.index,
            created: now.wall,
        });
        self.run(request.campaign).offers.insert(dialing);
        self.timers.set(Timer::Preview(dialing), until);
        self.notify(Notify::PreviewOffered(Arc::clone(&offer)));
        let Request { pbx, trunk, .. } = *request;
        let open = OpenOffer { offer, pbx, trunk, until, accepting: false, withdrawn: false };
        self.previews.offers.insert(dialing, open);
    }

    pub(super) fn still_offers(&self, request: &Request, queue: &str, now: Now) -> Option<Equipment> {
        let (_, mut equipment) = self.still_dials(request, now)?;
        equipment.destination = None;
        let plan = &equipment.plan;
        let same = plan.dial_mode == DialMode::Desktop
            && plan.queue_name.as_ref().is_some_and(|name| name.as_str() == queue);
        same.then_some(equipment)
    }

    pub(super) fn is_idle(&self, pbx: PbxId, queue: &str, interface: &str, now: Now) -> bool {
        self.pbxs[pbx.0].queues.is_idle(queue, interface)
            && !self.is_left_alone(&(pbx, interface.to_owned()), now)
    }

    /// Takes offers back whose agent or campaign is no longer there for them; their leads may be had again at once.
    pub(crate) fn withdraw_where(&mut self, which: impl Fn(&OpenOffer) -> bool, now: Now) {
        let found = self.previews.offers.iter_mut().filter(|(_, open)| which(open));
        let mut ending = Vec::new();
        for (dialing, open) in found {
            open.withdrawn = true;
            if !open.accepting {
                ending.push(*dialing);
            }
        }
        for dialing in ending {
            let Some(open) = self.close_offer(dialing) else { continue };
            let Offer { campaign, ref lead, .. } = *open.offer;
            self.record(Record::Released { dialing, lead: lead.uuid });
            self.notify(Notify::PreviewEnded { dialing, end: OfferEnd::Withdrawn });
            self.reopen_list(lead.dial_list);
            self.wake_line(open.pbx, open.trunk);
            self.settle(campaign, now);
        }
    }

    /// Takes the offers of an Asterisk back whose agents are not idle any more.
    pub(crate) fn check_agents(&mut self, pbx: PbxId, now: Now) {
        let gone: Vec<Uuid> = self
            .previews
            .offers
            .iter()
            .filter(|(_, open)| open.pbx == pbx && !open.withdrawn)
            .filter(|(_, open)| !self.is_idle(pbx, &open.offer.queue, open.offer.interface.as_str(), now))
            .map(|(dialing, _)| *dialing)
            .collect();
        if !gone.is_empty() {
            self.withdraw_where(|open| gone.contains(&open.offer.dialing), now);
        }
    }

    /// Takes an offer out of all counts.
    pub(super) fn close_offer(&mut self, dialing: Uuid) -> Option<OpenOffer> {
        let open = self.previews.offers.remove(&dialing)?;
        self.previews.engaged.remove(&open.agent());
        self.timers.clear(Timer::Preview(dialing));
        self.give_line_back(open.pbx, open.trunk);
        self.leave_list(open.offer.lead.dial_list, 1);
        if let Some(run) = self.runs.get_mut(&open.offer.campaign) {
            run.offers.remove(&dialing);
        }
        Some(open)
    }

    /// What a lead that is not offered any more held.
    fn give_line_back(&mut self, pbx: PbxId, trunk: TrunkId) {
        self.pbxs[pbx.0].trunks[trunk.0].leave();
        self.give_channels_back(pbx, CHANNELS);
    }

    pub(super) fn give_channels_back(&mut self, pbx: PbxId, channels: u32) {
        let server = &mut self.pbxs[pbx.0];
        server.in_flight = server.in_flight.saturating_sub(channels);
        self.rest_from_comparing(pbx);
    }
}

fn has_tries_left(claim: &Claim, equipment: &Equipment) -> bool {
    claim.lead.tries[claim.index] < equipment.plan.max_tries[claim.index]
}
