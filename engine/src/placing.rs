//! From a decision to calls: how many, on which Asterisk, and all that is fixed about each. The leads between the two are
//! in [`crate::asking`].

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::asking::LOOK_AGAIN;
use crate::calls::Call;
use crate::catalog::Equipment;
use crate::dial_string::{dial_string, is_local};
use crate::dialing::{Claim, DialRoute, Dialing, Progress, Setup, Snapshot};
use crate::engine::Engine;
use crate::input::{Output, PbxId};
use crate::model::{Campaign, CampaignStatus, DialMode, Lead, Route};
use crate::notify::Notify;
use crate::pacing::{self, Limit, PacingInput};
use crate::run::{ListState, Request};
use crate::schedule;
use crate::time::{Mono, Now, Wall};
use crate::timers::Timer;

/// The dialplan context that answered calls go to (contract).
pub const CONTEXT: &str = "res_outbound";
/// The most leads in one request.
const CLAIM_MAX: u32 = 500;
/// Who waits for a time looks at the clock at least so often, in case it is set.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(60);
impl Engine {
    /// Decides how many calls of a campaign to place now, and asks for their leads.
    pub(crate) fn decide(&mut self, campaign: Uuid, now: Now) {
        let Some(row) = self.catalog.campaigns.get(&campaign).cloned() else { return };
        if row.status != CampaignStatus::Start {
            return;
        }
        let limit = match self.may_dial(&row, now) {
            Ok(equipment) if equipment.plan.dial_mode == DialMode::Desktop => {
                self.offer_leads(&row, &equipment, now)
            }
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
            self.timers.set(Timer::Campaign(row.uuid), now.mono.after(LOOK_AGAIN));
            return Err(Limit::Schedule);
        }
        let failed = self.runs.get(&row.uuid).and_then(|run| run.store_failed);
        if let Some(again) = failed.map(|at| at.after(LOOK_AGAIN)).filter(|again| now.mono < *again) {
            self.timers.set(Timer::Campaign(row.uuid), again);
            return Err(Limit::Store);
        }
        let time = self.retry_time(now);
        match self.runs.get(&row.uuid).map(|run| run.list).unwrap_or_default() {
            ListState::Open => Ok(equipment),
            ListState::Due(due) if due <= time => {
                self.run(row.uuid).list = ListState::Open;
                Ok(equipment)
            }
            ListState::Due(due) => {
                let wait = due.since(time).saturating_add(Duration::from_nanos(999)).min(LOOK_AT_CLOCK);
                self.timers.set(Timer::Campaign(row.uuid), now.mono.after(wait));
                Err(Limit::RetryDelay)
            }
            ListState::UsedUp if self.lists.contains_key(&equipment.dial_list.uuid) => Err(Limit::LastCalls),
            ListState::UsedUp => {
                self.list_ended(row.uuid, now);
                Err(Limit::ListUsedUp)
            }
        }
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
        let staff = queue.and_then(|q| pbx.queues.staff(&q));
        PacingInput {
            mode: plan.dial_mode,
            service_level: plan.service_level,
            staff,
            unanswered: load.unanswered,
            // An agent whose phone rings is not idle any more; until that is seen, the call offered to him waits.
            waiting: load.answered + load.offered.saturating_sub(staff.map_or(0, |staff| staff.ringing)),
            free_channels: pbx.free_channels(),
            free_rate: pbx.rate.available(now.mono),
        }
    }

    /// Makes sure that the campaign is looked at again when the limit that binds it may have gone.
    fn wake_after(&mut self, pbx: PbxId, campaign: Uuid, limit: &Limit, now: Now) {
        if !matches!(limit, Limit::Rate | Limit::Channels) {
            return;
        }
        let server = &mut self.pbxs[pbx.0];
        server.waiting.insert(campaign);
        if let Some(next) = server.rate.next(now.mono).filter(|_| *limit == Limit::Rate) {
            self.timers.set(Timer::Rate(pbx), next);
        }
    }

    /// Makes a dialing of a claim and has it called. Gives the dialing back that nothing can be asked of Asterisk for.
    pub(crate) fn start_call(
        &mut self,
        row: &Arc<Campaign>,
        equipment: &Equipment,
        request: &Request,
        claim: Claim,
        now: Now,
    ) -> Option<Uuid> {
        let pbx = request.pbx;
        self.pbxs[pbx.0].rate.take(now.mono);
        let setup = Arc::new(setup(row.uuid, equipment, &self.pbxs[pbx.0].name, &claim, now.wall));
        self.begin_call(row, equipment, pbx, Arc::clone(&setup), claim.lead, Some(now.mono), now);
        if setup.channel.is_empty() {
            return Some(setup.uuid);
        }
        self.outputs.push_back(Output::Originate { pbx, setup, plan: Arc::clone(&equipment.plan) });
        None
    }

    /// Makes a dialing. `requested` is when its Originate was sent, where it was.
    #[expect(clippy::too_many_arguments, reason = "all of them are fixed about a call")]
    pub(crate) fn begin_call(
        &mut self,
        row: &Arc<Campaign>,
        equipment: &Equipment,
        pbx: PbxId,
        setup: Arc<Setup>,
        lead: Lead,
        requested: Option<Mono>,
        now: Now,
    ) {
        let snapshot = self.settings.snapshots.then(|| {
            Box::new(Snapshot {
                camp: Arc::clone(row),
                plan: Arc::clone(&equipment.plan),
                dlma: Arc::clone(&equipment.dial_list),
                dest: equipment.destination.clone(),
                dl_list: lead.clone(),
            })
        });
        let dialing = Dialing { setup: Arc::clone(&setup), progress: Progress::default() };
        self.notify(Notify::DialingCreated(dialing.clone()));
        let mut call = Call::new(dialing, pbx, lead, requested);
        call.snapshot = snapshot;
        self.equip(&mut call, equipment);
        let run = self.run(row.uuid);
        run.calls.insert(setup.uuid);
        run.worked = true;
        self.calls.insert(setup.uuid, call);
        self.watch_channels(pbx, now);
    }

    /// What a call's events will mean, by its plan.
    pub(crate) fn equip(&self, call: &mut Call, equipment: &Equipment) {
        let plan = &equipment.plan;
        // A preview connects agent and customer directly: no queue, no detection.
        let preview = plan.dial_mode == DialMode::Desktop;
        let runs_plan = equipment.destination.is_none() && !preview;
        call.local = is_local(plan) && !preview;
        call.queue = counted_queue(equipment);
        call.for_queue = preview || (runs_plan && plan.queue_name.is_some());
        call.amd_passing = if runs_plan { plan.amd_mode.passing(plan.answer_handle) } else { 0 };
        call.detects = runs_plan && plan.amd_mode.detects();
    }

    pub(crate) fn limited(&mut self, campaign: Uuid, limit: Limit) {
        let Some(run) = self.runs.get_mut(&campaign) else { return };
        let same_kind =
            run.limit.as_ref().is_some_and(|l| std::mem::discriminant(l) == std::mem::discriminant(&limit));
        run.limit = Some(limit.clone());
        if !same_kind {
            self.outputs.push_back(Output::Limited { campaign, limit });
        }
    }
}

/// The queue whose agents a call needs: the plan's, in the modes that count agents.
pub(crate) fn counted_queue(equipment: &Equipment) -> Option<String> {
    match equipment.plan.dial_mode {
        DialMode::None | DialMode::Robo | DialMode::Redirect | DialMode::Desktop => None,
        DialMode::Predictive | DialMode::Progressive | DialMode::Power => {
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
        lead_texts: lead.texts(),
        asterisk: Arc::clone(asterisk),
        index: u8::try_from(claim.index + 1).unwrap_or(u8::MAX),
        address: number.map(|n| n.as_str().to_owned()).unwrap_or_default(),
        channel: number.and_then(|n| dial_string(plan, n)).unwrap_or_default(),
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
