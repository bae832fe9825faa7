//! From a decision to calls: how many, on which Asterisk, and all that is fixed about each. The leads between the two are
//! in [`crate::asking`].

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::abandon::AbandonRule;
use crate::abandon::{BudgetState, UsedUp};
use crate::asking::LOOK_AGAIN;
use crate::calls::{Call, Patience};
use crate::catalog::Equipment;
use crate::dial_string::{dial_string, is_local};
use crate::dialing::{Claim, DialRoute, Dialing, Progress, Setup, Snapshot};
use crate::engine::Engine;
use crate::input::{ListImport, Output, PbxId};
use crate::limits::TrunkId;
use crate::model::{Campaign, CampaignStatus, DialMode, Lead, Route};
use crate::notify::Notify;
use crate::pacing::{self, Limit, PacingInput};
use crate::queues::Staff;
use crate::rooms::Predicted;
use crate::run::{ListState, Request};
use crate::time::{Mono, Now, Wall};
use crate::timers::Timer;
use crate::value::{Name, PacingRule};

/// The dialplan context that answered calls go to (contract).
pub const CONTEXT: &str = "res_outbound";
/// The most leads in one request.
const CLAIM_MAX: u32 = 500;
/// Who waits for a time looks at the clock at least so often, in case it is set.
pub(crate) const LOOK_AT_CLOCK: Duration = Duration::from_secs(60);
/// Predictive pacing looks again after so long, where nothing has happened.
const PREDICT_AGAIN: Duration = Duration::from_millis(500);

impl Engine {
    /// Decides how many calls of a campaign to place now, and asks for their leads.
    pub(crate) fn decide(&mut self, campaign: Uuid, now: Now) {
        self.sharing.begin(campaign);
        let Some(row) = self.catalog.campaigns.get(&campaign).cloned() else { return };
        if row.status != CampaignStatus::Start {
            return;
        }
        self.set_campaign_rate(&row, now.mono);
        let limit = match self.may_dial(&row, now) {
            Ok(equipment) if equipment.plan.dial_mode == DialMode::Desktop => {
                self.offer_leads(&row, &equipment, now)
            }
            Ok(equipment) => self.place(&row, &equipment, now),
            Err(limit) => {
                self.attend(campaign, None);
                limit
            }
        };
        self.limited(campaign, limit, now);
    }

    /// Whether a campaign may dial at all, and what follows from it where not.
    fn may_dial(&mut self, row: &Campaign, now: Now) -> Result<Equipment, Limit> {
        self.gate(row, now);
        let held = self.held_back(row, now);
        match &held {
            Ok(_) => {
                self.retry_time(now);
                if let Some(run) = self.runs.get_mut(&row.uuid).filter(|run| run.list != ListState::Open) {
                    run.list = ListState::Open;
                }
            }
            Err(Limit::Store) => {
                let failed = self.runs.get(&row.uuid).and_then(|run| run.store_failed);
                self.timers.set(Timer::Campaign(row.uuid), failed.unwrap_or(now.mono).after(LOOK_AGAIN));
            }
            Err(Limit::RetryDelay) => {
                let time = self.retry_time(now);
                let wait = self.next_due(row.uuid).map_or(Duration::ZERO, |due| due.since(time));
                let wait = wait.saturating_add(Duration::from_nanos(999)).min(LOOK_AT_CLOCK);
                self.timers.set(Timer::Campaign(row.uuid), now.mono.after(wait));
            }
            Err(Limit::ListUsedUp) => self.list_ended(row.uuid, now),
            Err(_) => {}
        }
        held
    }

    /// Everything that holds a whole campaign back. Nothing is changed by it: who asks why nothing is dialed gets the same.
    pub(crate) fn held_back(&self, row: &Campaign, now: Now) -> Result<Equipment, Limit> {
        if self.shutting_down {
            return Err(Limit::ShuttingDown);
        }
        let equipment = self.catalog.equipment(row).map_err(Limit::NotUsable)?;
        let obstacle = self.obstacles(row, &equipment, now).next();
        obstacle.map_or(Ok(equipment), Err)
    }

    /// Everything of that kind, what counts first first, of a campaign that has what it needs.
    pub(crate) fn obstacles(
        &self,
        row: &Campaign,
        equipment: &Equipment,
        now: Now,
    ) -> impl Iterator<Item = Limit> + use<> {
        let list = equipment.dial_list.uuid;
        let import = self.imports.get(&list);
        let run = self.runs.get(&row.uuid);
        let failed = run.and_then(|run| run.store_failed);
        let held = import == Some(&ListImport::Held);
        let fails = failed.is_some_and(|at| now.mono < at.after(LOOK_AGAIN));
        let by_list = match run.map(|run| run.list).unwrap_or_default() {
            ListState::Open => None,
            ListState::Due(due) => (due > self.retry_time_now(now)).then_some(Limit::RetryDelay),
            ListState::UsedUp if self.lists.contains_key(&list) => Some(Limit::LastCalls),
            ListState::UsedUp if import.is_some() => (!held).then_some(Limit::ListImport),
            ListState::UsedUp => Some(Limit::ListUsedUp),
        };
        let by_schedule = self.within_schedule(row, now).err();
        let held = held.then_some(Limit::ListImport);
        [by_schedule, held, fails.then_some(Limit::Store), by_list].into_iter().flatten()
    }

    /// When the next lead of a campaign's list is due, where all wait.
    pub(crate) fn next_due(&self, campaign: Uuid) -> Option<Wall> {
        match self.runs.get(&campaign)?.list {
            ListState::Due(due) => Some(due),
            ListState::Open | ListState::UsedUp => None,
        }
    }

    fn place(&mut self, row: &Campaign, equipment: &Equipment, now: Now) -> Limit {
        let (mut binding, mut by_agents) = (Limit::NotConnected, false);
        let places = self.places(equipment, now.mono);
        self.sharing.competes(row.uuid, places);
        for pbx in (0..self.pbxs.len()).map(PbxId) {
            if !self.pbxs[pbx.0].is_ready() {
                continue;
            }
            let predicted = self.predict(row, &equipment.plan, pbx, now);
            if predicted.is_some() {
                // Time alone changes what is to be expected.
                self.timers.set(Timer::Campaign(row.uuid), now.mono.after(PREDICT_AGAIN));
            }
            let input = self.pacing_input(row, pbx, equipment, predicted, now);
            let decision = self.bound(row, &equipment.plan, pbx, pacing::decide(&input), now);
            if decision.calls > 0 && self.sharing.gives_way(row.uuid) {
                return decision.limit;
            }
            let taken = self.take_share(row, equipment, pbx, decision.calls, now);
            let spent = taken == decision.calls;
            self.wake_after(pbx, row.uuid, &equipment.plan, (&decision.limit, spent), now);
            by_agents |= decision.limit.is_by_agents();
            // A queue that another Asterisk has is no news.
            if decision.limit != Limit::NoSuchQueue || binding == Limit::NotConnected {
                binding = decision.limit;
            }
        }
        self.attend(row.uuid, wanted_queue(equipment).filter(|_| by_agents));
        binding
    }

    /// Asks for the leads of one turn, and says of how many; for more the campaign gets in line again.
    fn take_share(&mut self, row: &Campaign, equipment: &Equipment, pbx: PbxId, calls: u32, now: Now) -> u32 {
        if calls == 0 {
            return 0;
        }
        let turn = self.sharing.turn(row.uuid);
        let asked = self.unsent.range((row.uuid, pbx, TrunkId(0))..=(row.uuid, pbx, TrunkId(usize::MAX)));
        let asked =
            asked.filter_map(|(_, number)| self.requests.get(number)).map(|request| request.count).sum();
        // With a full request it decides again when the leads are there.
        let room = CLAIM_MAX.saturating_sub(asked);
        if calls > turn && room > turn {
            self.sharing.decide_later(row.uuid);
        }
        let calls = calls.min(turn).min(room);
        if calls == 0 {
            return 0;
        }
        for (trunk, calls) in self.choose_trunks(row.uuid, &equipment.plan, pbx, calls, now) {
            self.ask_for_leads(row, equipment, (pbx, trunk), calls, now);
        }
        calls
    }

    /// What the decision sees.
    pub(crate) fn pacing_input(
        &self,
        row: &Campaign,
        pbx: PbxId,
        equipment: &Equipment,
        predicted: Option<Predicted>,
        now: Now,
    ) -> PacingInput {
        let (campaign, plan) = (row.uuid, &equipment.plan);
        let queue = plan.queue_name.as_ref().map(|queue| queue.as_str().to_owned());
        let (unanswered, waiting) = queue.as_deref().map_or((0, 0), |queue| self.on_the_way(pbx, queue));
        let staff = queue.and_then(|queue| self.staff_left(pbx, &queue));
        let dialings = self.runs.get(&campaign).map_or(0, |run| run.dialings());
        let server = &self.pbxs[pbx.0];
        PacingInput {
            mode: plan.dial_mode,
            rule: plan.rules.pacing.unwrap_or(PacingRule::Adaptive),
            service_level: plan.service_level,
            power_ratio: plan.rules.power_ratio.map_or(1.0, |ratio| ratio.get()),
            staff,
            unanswered,
            waiting,
            dialings,
            prediction: predicted.map(|(prediction, _)| prediction),
            used_up: predicted.and_then(|(_, used_up)| used_up),
            free_channels: server.free_channels(),
            free_rate: server.rate.available(now.mono),
        }
    }

    pub(crate) fn used_up(&self, campaign: Uuid, now: Now) -> Option<UsedUp> {
        match self.budget_state(campaign, now) {
            BudgetState::UsedUp(used_up) => Some(used_up),
            BudgetState::NoCap | BudgetState::Free { .. } => None,
        }
    }

    /// What a queue offers there, without the agents whom the calls of its neighbours will take.
    pub(crate) fn staff_left(&self, pbx: PbxId, queue: &str) -> Option<Staff> {
        let demand = |queue: &str| {
            let (unanswered, waiting) = self.on_the_way(pbx, queue);
            unanswered + waiting
        };
        self.pbxs[pbx.0].queues.staff_left(queue, demand)
    }

    /// Calls to a queue that will need one of its idle agents: ours that are not answered yet, and whoever waits there.
    fn on_the_way(&self, pbx: PbxId, queue: &str) -> (u32, u32) {
        let load = self.loads.get(&(pbx, queue.to_owned())).copied().unwrap_or_default();
        let queues = &self.pbxs[pbx.0].queues;
        let offered = load.offered + queues.other_callers(queue);
        // An agent whose phone rings is not idle any more; until that is seen, the call offered to him waits.
        let ringing = queues.staff(queue).map_or(0, |staff| staff.ringing);
        (load.unanswered, load.answered + offered.saturating_sub(ringing))
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
        self.take_turn(row.uuid, pbx, request.trunk, now.mono);
        let server = &self.pbxs[pbx.0];
        let trunk = server.trunks[request.trunk.0].name.as_ref();
        let setup = Arc::new(setup(row.uuid, equipment, &server.name, trunk, &claim, now.wall));
        let line = (pbx, request.trunk);
        self.begin_call(row, equipment, line, Arc::clone(&setup), claim.lead, Some(now.mono), now);
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
        (pbx, trunk): (PbxId, TrunkId),
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
        (call.snapshot, call.trunk) = (snapshot, trunk);
        self.equip(&mut call, equipment);
        self.learn_dialed(&call, equipment, now);
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
        let rule = AbandonRule::of(&plan.rules);
        call.patience = Some(Patience { wait: Duration::from_secs(rule.seconds.into()), from: rule.from });
        call.amd_passing = if runs_plan { plan.amd_mode.passing(plan.answer_handle) } else { 0 };
        call.detects = runs_plan && plan.amd_mode.detects();
    }

    pub(crate) fn limited(&mut self, campaign: Uuid, limit: Limit, now: Now) {
        self.decisions.count(&limit);
        let Some(run) = self.runs.get_mut(&campaign) else { return };
        let same_kind =
            run.limit.as_ref().is_some_and(|l| std::mem::discriminant(l) == std::mem::discriminant(&limit));
        run.limit = Some(limit.clone());
        if !same_kind {
            run.limit_since = now.wall;
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

/// The queue whose agents a campaign wants: that of the counted calls, or of the offers.
pub(crate) fn wanted_queue(equipment: &Equipment) -> Option<String> {
    let of_offers = || equipment.plan.queue_name.as_ref().map(|queue| queue.as_str().to_owned());
    let offers = equipment.plan.dial_mode == DialMode::Desktop;
    counted_queue(equipment).or_else(|| of_offers().filter(|_| offers))
}

/// All that is fixed about a call.
pub(crate) fn setup(
    campaign: Uuid,
    equipment: &Equipment,
    asterisk: &Arc<str>,
    trunk: Option<&Name>,
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
        serial: claim.serial,
        campaign,
        plan: plan.uuid,
        dial_list: dial_list.uuid,
        destination: destination.as_ref().map(|d| d.uuid),
        lead: lead.uuid,
        lead_texts: lead.texts(),
        asterisk: Arc::clone(asterisk),
        index: u8::try_from(claim.index + 1).unwrap_or(u8::MAX),
        address: number.map(|n| n.as_str().to_owned()).unwrap_or_default(),
        channel: number.and_then(|n| dial_string(plan, trunk, n)).unwrap_or_default(),
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
