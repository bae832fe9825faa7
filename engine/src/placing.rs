//! From a decision to a call: leads are asked for, come back claimed, and are dialed.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::calls::Call;
use crate::catalog::Equipment;
use crate::dial_string::{dial_string, is_local};
use crate::dialing::{Claim, ClaimRequest, Claimed, DialRoute, Dialing, Progress, Record, Setup, Snapshot};
use crate::engine::{Engine, ListState, Request, Run, Timer};
use crate::input::{Output, PbxId};
use crate::model::{Campaign, CampaignStatus, DialMode, Route};
use crate::notify::Notify;
use crate::pacing::{self, Limit, PacingInput};
use crate::schedule;
use crate::time::{Now, Wall};

/// The dialplan context that answered calls go to (contract).
pub const CONTEXT: &str = "res_outbound";
/// The most leads in one request.
const CLAIM_MAX: u32 = 500;
/// How soon a campaign looks again at what time alone changes (its schedule, a store that failed).
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Engine {
    /// Decides how many calls of a campaign to place now, and asks for their leads.
    pub(crate) fn decide(&mut self, campaign: Uuid, now: Now) {
        let Some(run) = self.runs.get_mut(&campaign) else { return };
        run.undecided = false;
        let Some(row) = self.catalog.campaigns.get(&campaign).cloned() else { return };
        if row.status != CampaignStatus::Start {
            return;
        }
        let limit = match self.may_dial(&row, now) {
            Ok(equipment) => self.place(&row, &equipment, now),
            Err(limit) => limit,
        };
        self.limited(campaign, limit);
    }

    /// Everything that holds a whole campaign back.
    fn may_dial(&mut self, row: &Campaign, now: Now) -> Result<Equipment, Limit> {
        if self.shutting_down {
            return Err(Limit::ShuttingDown);
        }
        let equipment = self.catalog.equipment(row).map_err(Limit::NotUsable)?;
        if !schedule::is_open(&row.schedule, now) {
            self.timers.insert((now.mono.after(LOOK_AGAIN), Timer::Campaign(row.uuid)));
            return Err(Limit::Schedule);
        }
        match self.runs.get(&row.uuid).map(|run| run.list).unwrap_or_default() {
            ListState::Open => Ok(equipment),
            ListState::Due(due) if due <= now.wall => {
                self.runs.entry(row.uuid).or_default().list = ListState::Open;
                Ok(equipment)
            }
            ListState::Due(due) => {
                // Waiting by the wall clock, looking at it again once a minute in case it is set.
                let wait = due.since(now.wall).min(Duration::from_secs(60));
                self.timers.insert((now.mono.after(wait), Timer::Campaign(row.uuid)));
                Err(Limit::RetryDelay)
            }
            ListState::UsedUp if self.is_in_flight(row) => Err(Limit::LastCalls),
            ListState::UsedUp => {
                self.list_ended(row.uuid, now);
                Err(Limit::ListUsedUp)
            }
        }
    }

    /// True while a lead of the campaign's list is being dialed, by whatever campaign: it may come back.
    fn is_in_flight(&self, row: &Campaign) -> bool {
        let on_list =
            |uuid: &Uuid| self.catalog.campaigns.get(uuid).is_some_and(|c| c.dial_list == row.dial_list);
        self.runs.iter().any(|(uuid, run)| on_list(uuid) && (run.requested > 0 || !run.calls.is_empty()))
    }

    fn place(&mut self, row: &Campaign, equipment: &Equipment, now: Now) -> Limit {
        let mut binding = Limit::NotConnected;
        for pbx in (0..self.pbxs.len()).map(PbxId) {
            if !self.pbxs[pbx.0].is_ready() {
                continue;
            }
            let input = self.pacing_input(pbx, equipment, now);
            let decision = pacing::decide(&input);
            if decision.calls > 0 {
                self.ask_for_leads(row, equipment, pbx, decision.calls.min(CLAIM_MAX), now);
            }
            self.wake_after(pbx, row.uuid, &decision.limit, now);
            // A queue that another Asterisk has is no news.
            if decision.limit != Limit::NoSuchQueue || binding == Limit::NotConnected {
                binding = decision.limit;
            }
        }
        binding
    }

    fn pacing_input(&mut self, pbx: PbxId, equipment: &Equipment, now: Now) -> PacingInput {
        let plan = &equipment.plan;
        let queue = plan.queue_name.as_ref().map(|queue| queue.as_str().to_owned());
        let load = queue.clone().and_then(|q| self.loads.get(&(pbx, q))).copied().unwrap_or_default();
        let pbx = &mut self.pbxs[pbx.0];
        PacingInput {
            mode: plan.dial_mode,
            service_level: plan.service_level,
            staff: queue.and_then(|q| pbx.queues.staff(&q)),
            unanswered: load.unanswered,
            waiting: load.waiting,
            free_channels: pbx.free_channels(),
            free_rate: pbx.rate.available(now.mono),
        }
    }

    /// Makes sure that the campaign is looked at again when the limit that binds it may have gone.
    fn wake_after(&mut self, pbx: PbxId, campaign: Uuid, limit: &Limit, now: Now) {
        match limit {
            Limit::Rate => {
                let next = self.pbxs[pbx.0].rate.next(now.mono);
                self.timers.insert((next, Timer::Campaign(campaign)));
            }
            Limit::Channels => {
                self.pbxs[pbx.0].waiting.insert(campaign);
            }
            _ => {}
        }
    }

    fn ask_for_leads(&mut self, row: &Campaign, equipment: &Equipment, pbx: PbxId, count: u32, now: Now) {
        let request = self.next_request;
        self.next_request += 1;
        let queue = counted_queue(equipment);
        self.runs.entry(row.uuid).or_default().requested += count;
        let server = &mut self.pbxs[pbx.0];
        server.in_flight += count;
        server.rate.take(count);
        let asterisk = Arc::clone(&server.name);
        if let Some(queue) = &queue {
            self.loads.entry((pbx, queue.clone())).or_default().unanswered += count;
        }
        self.requests.insert(request, Request { campaign: row.uuid, pbx, queue, count });
        let claim = ClaimRequest {
            campaign: row.uuid,
            plan: equipment.plan.uuid,
            dial_list: equipment.dial_list.uuid,
            destination: row.destination,
            asterisk,
            count,
            max_tries: equipment.plan.max_tries,
            widest_tries: self.widest_tries(equipment.dial_list.uuid, Some(equipment.plan.uuid)),
            due: now.wall,
        };
        self.outputs.push_back(Output::NeedLeads { request, claim });
    }

    /// Leads came back: each becomes a call, or goes back to the list where the campaign no longer dials.
    pub(crate) fn leads(&mut self, number: u64, claimed: Option<Claimed>, now: Now) {
        let Some(request) = self.requests.remove(&number) else { return };
        let failed = claimed.is_none();
        let claimed = claimed.unwrap_or_default();
        let found = u32::try_from(claimed.claims.len()).unwrap_or(u32::MAX);
        self.give_back(&request, request.count.saturating_sub(found));
        let dials = self.still_dials(&request);
        for claim in claimed.claims {
            match &dials {
                Some((row, equipment)) => self.start_call(row, equipment, request.pbx, claim, now),
                None => self.release(&request, &claim),
            }
        }
        if let Some(run) = self.runs.get_mut(&request.campaign) {
            run.requested = run.requested.saturating_sub(request.count);
            if failed {
                self.timers.insert((now.mono.after(LOOK_AGAIN), Timer::Campaign(request.campaign)));
                self.limited(request.campaign, Limit::Store);
            } else if found < request.count {
                note_list_end(run, number, claimed.next_due);
            }
        }
        if !failed {
            self.decide_later(request.campaign);
        }
        // Others on the list may have waited for what this request would find.
        let dial_list = self.catalog.campaigns.get(&request.campaign).and_then(|row| row.dial_list);
        if let Some(dial_list) = dial_list.filter(|_| found == 0 && !failed) {
            self.decide_on_list(dial_list);
        }
        self.settle(request.campaign, now);
    }

    fn give_back(&mut self, request: &Request, count: u32) {
        let pbx = &mut self.pbxs[request.pbx.0];
        pbx.in_flight = pbx.in_flight.saturating_sub(count);
        pbx.rate.give_back(count);
        if let Some(queue) = &request.queue {
            let load = self.loads.entry((request.pbx, queue.clone())).or_default();
            load.unanswered = load.unanswered.saturating_sub(count);
        }
    }

    fn still_dials(&self, request: &Request) -> Option<(Arc<Campaign>, Equipment)> {
        let row = self.catalog.campaigns.get(&request.campaign)?;
        let dials = row.status == CampaignStatus::Start && !self.shutting_down;
        let equipment = self.catalog.equipment(row).ok()?;
        (dials && self.pbxs[request.pbx.0].is_ready()).then(|| (Arc::clone(row), equipment))
    }

    fn release(&mut self, request: &Request, claim: &Claim) {
        self.give_back(request, 1);
        self.record(Record::Released { dialing: claim.dialing, lead: claim.lead.uuid });
    }

    fn start_call(&mut self, row: &Campaign, equipment: &Equipment, pbx: PbxId, claim: Claim, now: Now) {
        let setup = Arc::new(setup(row.uuid, equipment, &self.pbxs[pbx.0].name, &claim, now.wall));
        let snapshot = self.settings.snapshots.then(|| {
            Box::new(Snapshot {
                camp: Arc::new(row.clone()),
                plan: Arc::clone(&equipment.plan),
                dlma: Arc::clone(&equipment.dial_list),
                dest: equipment.destination.clone(),
                dl_list: claim.lead.clone(),
            })
        });
        let dialing = Dialing { setup: Arc::clone(&setup), progress: Progress::default() };
        self.notify(Notify::DialingCreated(dialing.clone()));
        let mut call = Call::new(dialing, pbx, claim.lead, now.mono);
        call.snapshot = snapshot;
        self.equip(&mut call, equipment);
        self.runs.entry(row.uuid).or_default().calls.insert(setup.uuid);
        self.calls.insert(setup.uuid, call);
        self.outputs.push_back(Output::Originate { pbx, setup, plan: Arc::clone(&equipment.plan) });
    }

    /// What a call's events will mean, by its plan.
    pub(crate) fn equip(&self, call: &mut Call, equipment: &Equipment) {
        let plan = &equipment.plan;
        let runs_plan = equipment.destination.is_none();
        call.local = is_local(plan);
        call.queue = counted_queue(equipment);
        call.for_queue = runs_plan && plan.queue_name.is_some();
        call.amd_passing = if runs_plan { plan.amd_mode.passing(plan.answer_handle) } else { 0 };
        call.detects = runs_plan && plan.amd_mode.detects();
    }

    fn limited(&mut self, campaign: Uuid, limit: Limit) {
        let Some(run) = self.runs.get_mut(&campaign) else { return };
        let same_kind =
            run.limit.as_ref().is_some_and(|l| std::mem::discriminant(l) == std::mem::discriminant(&limit));
        run.limit = Some(limit.clone());
        if !same_kind {
            self.outputs.push_back(Output::Limited { campaign, limit });
        }
    }
}

/// Fewer leads than asked for: the list has no more that are due, unless it has changed since it was asked.
fn note_list_end(run: &mut Run, request: u64, next_due: Option<Wall>) {
    if request < run.list_changed {
        return;
    }
    let due = match (next_due, run.returned_due) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if run.requested == 0 {
        run.returned_due = None;
    }
    run.list = due.map_or(ListState::UsedUp, ListState::Due);
}

/// The queue whose agents a call needs: the plan's, in the modes that count agents.
pub(crate) fn counted_queue(equipment: &Equipment) -> Option<String> {
    match equipment.plan.dial_mode {
        DialMode::None | DialMode::Robo | DialMode::Redirect => None,
        DialMode::Predictive | DialMode::Progressive | DialMode::Desktop | DialMode::Power => {
            equipment.plan.queue_name.as_ref().map(|queue| queue.as_str().to_owned())
        }
    }
}

/// All that is fixed about a call.
pub(crate) fn setup(
    campaign: Uuid,
    equipment: &Equipment,
    asterisk: &Arc<str>,
    claim: &Claim,
    created: Wall,
) -> Setup {
    let Equipment { plan, dial_list, destination } = equipment;
    let lead = &claim.lead;
    let number = lead.numbers[claim.index].as_ref();
    let sources =
        [Some(&plan.variables), Some(&dial_list.variables), destination.as_ref().map(|d| &d.variables)];
    Setup {
        uuid: claim.dialing,
        campaign,
        plan: plan.uuid,
        dial_list: dial_list.uuid,
        destination: destination.as_ref().map(|d| d.uuid),
        lead: lead.uuid,
        asterisk: Arc::clone(asterisk),
        index: u8::try_from(claim.index + 1).unwrap_or(u8::MAX),
        address: number.map(|n| n.as_str().to_owned()).unwrap_or_default(),
        channel: number.map(|n| dial_string(plan, n)).unwrap_or_default(),
        try_count: lead.tries[claim.index] + 1,
        timeout_ms: plan.dial_timeout_ms,
        route: route(equipment),
        caller_id: plan.caller_id.as_ref().map(|c| c.as_str().to_owned()),
        variables: sources.into_iter().flatten().chain([&lead.variables]).flatten().cloned().collect(),
        created,
    }
}

fn route(equipment: &Equipment) -> DialRoute {
    match equipment.destination.as_ref().and_then(|destination| destination.route()) {
        Some(Route::Exten { exten, context, priority }) => {
            DialRoute::Exten { exten: exten.to_string(), context: context.to_string(), priority }
        }
        Some(Route::Application { application, data }) => DialRoute::Application {
            application: application.to_string(),
            data: data.map(|data| data.as_str().to_owned()),
        },
        None => DialRoute::Exten {
            exten: equipment.plan.uuid.to_string(),
            context: CONTEXT.to_owned(),
            priority: 1,
        },
    }
}
