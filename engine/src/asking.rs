//! Leads are asked for, and come back claimed: each becomes a call, or goes back to its list.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::broken::{Rule, is_broken};
use crate::catalog::Equipment;
use crate::dialing::{Claim, ClaimRequest, Claimed, Record};
use crate::engine::Engine;
use crate::input::{CallEvent, ListImport, Output, PbxId};
use crate::limits::TrunkId;
use crate::model::{Campaign, CampaignStatus, DialMode, NUMBERS, Plan};
use crate::placing::counted_queue;
use crate::run::{ListState, Request, Run};
use crate::time::{Now, Wall};
use crate::value::Name;

/// How soon a campaign looks again at what time alone changes (a store that failed).
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Engine {
    /// The time by which leads are due.
    pub(crate) fn retry_time(&mut self, now: Now) -> Wall {
        let hold = Duration::from_millis(self.index.longest_delay_ms());
        self.retry_clock.time(now, hold)
    }

    /// The same, for who only wants to know.
    pub(crate) fn retry_time_now(&self, now: Now) -> Wall {
        let mut clock = self.retry_clock;
        clock.time(now, Duration::from_millis(self.index.longest_delay_ms()))
    }

    /// Asks for leads for calls on a trunk of an Asterisk. They count from now on; the request itself is sent at the end of
    /// the round, with all that the campaign gets there in it.
    pub(crate) fn ask_for_leads(
        &mut self,
        row: &Campaign,
        equipment: &Equipment,
        (pbx, trunk): (PbxId, TrunkId),
        count: u32,
        now: Now,
    ) {
        let queue = counted_queue(equipment);
        let (plan, dial_list) = (equipment.plan.uuid, equipment.dial_list.uuid);
        self.reserve(row.uuid, pbx, trunk, queue.as_deref(), count);
        *self.lists.entry(dial_list).or_default() += count;
        if let Some(queue) = &queue {
            self.loads.entry((pbx, queue.clone())).or_default().unanswered += count;
        }
        let unsent = self.unsent.get(&(row.uuid, pbx, trunk));
        if let Some(request) = unsent.and_then(|number| self.requests.get_mut(number)) {
            request.count += count;
            return;
        }
        let number = self.next_request;
        self.next_request += 1;
        let (campaign, destination) = (row.uuid, row.destination);
        let due = self.retry_time(now);
        let request = Request {
            campaign,
            plan,
            dial_list,
            destination,
            pbx,
            trunk,
            queue,
            count,
            due,
            asked: now.mono,
        };
        self.requests.insert(number, request);
        self.unsent.insert((campaign, pbx, trunk), number);
    }

    /// Sends what was asked for in a round of decisions.
    pub(crate) fn send_requests(&mut self) {
        let mut numbers: Vec<u64> = std::mem::take(&mut self.unsent).into_values().collect();
        numbers.sort_unstable();
        for request in numbers {
            let Some(Request { campaign, plan, dial_list, destination, pbx, trunk, count, due, .. }) =
                self.requests.get(&request)
            else {
                continue;
            };
            let (pbx, trunk) = (&self.pbxs[pbx.0], &self.pbxs[pbx.0].trunks[trunk.0]);
            let (plan, dial_list) = (*plan, *dial_list);
            let claim = ClaimRequest {
                campaign: *campaign,
                plan,
                dial_list,
                destination: *destination,
                asterisk: Arc::clone(&pbx.name),
                trunk: trunk.name.clone(),
                count: *count,
                reserve: false,
                max_tries: self.catalog.plans.get(&plan).map_or([0; NUMBERS], |plan| plan.max_tries),
                widest_tries: [0; NUMBERS],
                due: *due,
            };
            let widest_tries = self.widest_tries(dial_list, Some(plan));
            self.outputs
                .push_back(Output::NeedLeads { request, claim: ClaimRequest { widest_tries, ..claim } });
        }
    }

    /// Leads came back: each becomes a call, or goes back to the list where the campaign no longer dials.
    pub(crate) fn leads(&mut self, number: u64, claimed: Option<Claimed>, now: Now) {
        let Some(request) = self.requests.remove(&number) else {
            return self.leads_to_offer(number, claimed, now);
        };
        let failed = claimed.is_none();
        let claimed = claimed.unwrap_or_default();
        let found = u32::try_from(claimed.claims.len()).unwrap_or(u32::MAX);
        self.give_back(&request, request.count.saturating_sub(found));
        let dials = self.still_dials(&request, now).filter(|(_, e)| e.plan.dial_mode != DialMode::Desktop);
        let (mut released, mut refused) = (false, Vec::new());
        let more = u32::from(is_broken(Rule::OneTryMore));
        for claim in claimed.claims {
            match &dials {
                Some((row, equipment))
                    if claim.lead.tries[claim.index] < equipment.plan.max_tries[claim.index] + more =>
                {
                    refused.extend(self.start_call(row, equipment, &request, claim, now));
                }
                Some(_) | None => {
                    released = true;
                    self.release(&request, &claim);
                }
            }
        }
        if let Some(run) = self.runs.get_mut(&request.campaign) {
            run.requested = run.requested.saturating_sub(request.count);
            run.note_claims(failed, now);
            if !failed && found < request.count {
                note_list_end(run, number, claimed.next_due);
            }
        }
        for dialing in refused {
            let message = "The plan's TechName cannot dial a sip: address".to_owned();
            self.call_event(dialing, CallEvent::Refused { message }, now);
        }
        self.decide_later(request.campaign);
        if released {
            self.reopen_list(request.dial_list);
        } else if found == 0 && !failed {
            // Others on the list may have waited for what this request would find.
            self.decide_on_list(request.dial_list);
        }
        self.wake_line(request.pbx, request.trunk);
        self.settle(request.campaign, now);
    }

    /// Takes leads that do not become calls out of all counts.
    fn give_back(&mut self, request: &Request, count: u32) {
        self.unreserve(request.campaign, request.pbx, request.trunk, request.queue.as_deref(), count);
        self.leave_list(request.dial_list, count);
        if let Some(queue) = &request.queue {
            let load = self.loads.entry((request.pbx, queue.clone())).or_default();
            load.unanswered = load.unanswered.saturating_sub(count);
        }
    }

    pub(crate) fn leave_list(&mut self, dial_list: Uuid, leads: u32) {
        if let Some(in_flight) = self.lists.get_mut(&dial_list) {
            *in_flight = in_flight.saturating_sub(leads);
            if *in_flight == 0 && !is_broken(Rule::ListsLeak) {
                self.lists.remove(&dial_list);
            }
        }
    }

    /// What a request's leads are dialed with; `None` where the campaign does not dial there any more, or by other rows than
    /// those that the leads were claimed for.
    pub(crate) fn still_dials(&self, request: &Request, now: Now) -> Option<(Arc<Campaign>, Equipment)> {
        let row = &Arc::clone(self.catalog.campaigns.get(&request.campaign)?);
        let equipment = self.catalog.equipment(row).ok()?;
        let same = equipment.plan.uuid == request.plan
            && equipment.dial_list.uuid == request.dial_list
            && row.destination == request.destination
            && counted_queue(&equipment) == request.queue
            && has_trunk(&equipment.plan, self.pbxs[request.pbx.0].trunks[request.trunk.0].name.as_ref());
        let dials = (row.status == CampaignStatus::Start || is_broken(Rule::StopLeavesRequests))
            && !self.shutting_down
            && self.pbxs[request.pbx.0].is_ready()
            && self.within_schedule(row, now).is_ok()
            && self.imports.get(&request.dial_list) != Some(&ListImport::Held);
        (same && dials).then(|| (Arc::clone(row), equipment))
    }

    fn release(&mut self, request: &Request, claim: &Claim) {
        self.give_back(request, 1);
        self.record(Record::Released { dialing: claim.dialing, lead: claim.lead.uuid });
    }
}

fn has_trunk(plan: &Plan, trunk: Option<&Name>) -> bool {
    match (&plan.trunk_name, trunk) {
        (None, None) => true,
        (Some(trunks), Some(name)) => trunks.all().iter().any(|trunk| trunk.name == *name),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Fewer leads than asked for: the list has no more that are due, unless it has changed since it was asked.
pub(crate) fn note_list_end(run: &mut Run, request: u64, next_due: Option<Wall>) {
    if request < run.list_changed {
        return;
    }
    // A request that was made after they came back has seen them.
    run.returned = run.returned.filter(|returned| request < returned.seen_from);
    let due = match (next_due, run.returned.map(|returned| returned.due)) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    run.list = due.map_or(ListState::UsedUp, ListState::Due);
}
