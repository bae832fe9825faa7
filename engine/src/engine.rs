//! The engine: one door in, one door out. It keeps the rows, the calls in flight and what each Asterisk offers, and hands
//! each input to the module that knows it: [`crate::campaigns`], [`crate::placing`], [`crate::following`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use crate::abandon::Budget;
use crate::calls::Call;
use crate::catalog::Catalog;
use crate::dialing::{Dialing, OpenClaim, Record};
use crate::figures::Decisions;
use crate::index::Index;
use crate::input::{Input, ListImport, Output, PbxId, PbxInput, QueueEvent};
use crate::limits::{Limits, TrunkId, TrunkLimits};
use crate::notify::Notify;
use crate::pacing::Limit;
use crate::pbx::Pbx;
use crate::preview::Previews;
use crate::queues::Staff;
use crate::retry_clock::RetryClock;
use crate::rooms::Rooms;
use crate::run::{Load, Request, Run};
use crate::scheduling::Known;
use crate::sharing::{Place, Sharing};
use crate::store_id::StoreId;
use crate::time::{Mono, Now, Wall};
use crate::timers::{Timer, Timers};

/// What the engine is told about an Asterisk at the start.
#[derive(Debug, Clone)]
pub struct PbxConfig {
    /// Its name in the config.
    pub name: Arc<str>,
    /// How many calls it may be given.
    pub limits: Limits,
    /// Its trunks that have limits of their own.
    pub trunks: Vec<TrunkLimits>,
}

/// Choices from the config.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Results hold campaign, plan, list, destination and lead as they were when the call was made.
    pub snapshots: bool,
    /// The daemon's time zone: that of campaigns that set none (`ScTimeZone`).
    pub zone: jiff::tz::TimeZone,
    /// Whose channels are ours; without it, nobody looks for orphans.
    pub store: Option<StoreId>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { snapshots: false, zone: jiff::tz::TimeZone::UTC, store: None }
    }
}

/// The dialing engine. See the crate's documentation.
#[derive(Debug)]
pub struct Engine {
    pub(crate) settings: Settings,
    pub(crate) catalog: Catalog,
    pub(crate) pbxs: Vec<Pbx>,
    pub(crate) calls: BTreeMap<Uuid, Call>,
    pub(crate) runs: BTreeMap<Uuid, Run>,
    pub(crate) requests: BTreeMap<u64, Request>,
    pub(crate) next_request: u64,
    /// Calls on the way to each queue of each Asterisk.
    pub(crate) loads: BTreeMap<(PbxId, String), Load>,
    /// What predictive pacing has learned.
    pub(crate) rooms: Rooms,
    /// Abandoned and answered calls, by campaign or by group of campaigns.
    pub(crate) budgets: BTreeMap<String, Budget>,
    /// Leads of each list that are being dialed or asked for.
    pub(crate) lists: BTreeMap<Uuid, u32>,
    /// Lists into which leads are being imported.
    pub(crate) imports: BTreeMap<Uuid, ListImport>,
    /// Leads that were asked for in this round of decisions, by campaign and line: the requests are still to be sent.
    pub(crate) unsent: BTreeMap<(Uuid, PbxId, TrunkId), u64>,
    pub(crate) sharing: Sharing,
    /// Campaigns that agents of a queue hold back, by the queue.
    pub(crate) attentive: BTreeMap<String, BTreeSet<Uuid>>,
    pub(crate) timers: Timers,
    pub(crate) retry_clock: RetryClock,
    /// What the schedules of campaigns say.
    pub(crate) gates: BTreeMap<Uuid, Known>,
    /// Campaigns whose window is open, but which cannot start as they are.
    pub(crate) blocked: BTreeSet<Uuid>,
    /// Campaigns that have stopped because their lists were used up, and since when.
    pub(crate) used_up_lists: BTreeMap<Uuid, Wall>,
    /// What runs, by what it uses.
    pub(crate) index: Index,
    /// Changes of rows since what they leave behind was last looked for.
    pub(crate) untidied: usize,
    pub(crate) previews: Previews,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) shutting_down: bool,
    pub(crate) decisions: Decisions,
}

impl Engine {
    /// An engine over what the store holds. `claims` are those that an earlier process left open: their calls may still
    /// be up, and are taken over as soon as their Asterisk has told.
    pub fn new(
        settings: Settings,
        pbxs: Vec<PbxConfig>,
        catalog: Catalog,
        claims: Vec<OpenClaim>,
        now: Now,
    ) -> Self {
        let index = Index::new(&catalog);
        let mut engine = Self {
            settings,
            catalog,
            pbxs: pbxs.into_iter().map(|config| Pbx::new(config, now)).collect(),
            calls: BTreeMap::new(),
            runs: BTreeMap::new(),
            requests: BTreeMap::new(),
            next_request: 0,
            loads: BTreeMap::new(),
            rooms: Rooms::new(),
            budgets: BTreeMap::new(),
            lists: BTreeMap::new(),
            imports: BTreeMap::new(),
            unsent: BTreeMap::new(),
            sharing: Sharing::default(),
            attentive: BTreeMap::new(),
            timers: Timers::default(),
            retry_clock: RetryClock::new(now),
            gates: BTreeMap::new(),
            blocked: BTreeSet::new(),
            used_up_lists: BTreeMap::new(),
            index,
            untidied: 0,
            previews: Previews::default(),
            outputs: VecDeque::new(),
            shutting_down: false,
            decisions: Decisions::default(),
        };
        for claim in claims {
            engine.recover(claim, now);
        }
        engine.resume_campaigns(now);
        engine
    }

    /// Takes an input in.
    pub fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Changed(change) => self.changed(change, now),
            Input::Leads { request, claimed } => self.leads(request, claimed, now),
            Input::LeadsChanged { dial_list } => {
                self.forget_list_end(|row| row.dial_list == Some(dial_list));
                self.reopen_list(dial_list);
            }
            Input::ListImport { dial_list, import } => {
                match import {
                    Some(import) => self.imports.insert(dial_list, import),
                    None => self.imports.remove(&dial_list),
                };
                self.reopen_list(dial_list);
            }
            Input::Pbx(pbx, input) => self.pbx_input(pbx, input, now),
            Input::HangUp { dialing } => {
                if self.calls.get(&dialing).is_some_and(|call| call.hangup_wanted.is_none()) {
                    self.hang_up(dialing, now);
                }
            }
            Input::ShutDown => {
                self.shutting_down = true;
                self.end_previews(None, now);
                self.decide_all();
            }
            Input::PreviewAccept { dialing } => self.accept(dialing, now),
            Input::PreviewRefuse { dialing, delay_ms } => self.refuse(dialing, delay_ms, now),
            Input::PreviewAccepted { dialing, committed } => self.accepted(dialing, committed, now),
        }
    }

    fn pbx_input(&mut self, pbx: PbxId, input: PbxInput, now: Now) {
        if pbx.0 >= self.pbxs.len() {
            return;
        }
        match input {
            PbxInput::Up => self.pbx_up(pbx, now),
            PbxInput::Down => self.pbx_down(pbx, now),
            PbxInput::Call(uuid, event) => self.call_event(uuid, event, now),
            PbxInput::Queue(QueueEvent::CallerJoined { caller, .. }) if self.is_ours(&caller) => {}
            PbxInput::Queue(event) => {
                self.note_event(pbx, &event);
                self.pbxs[pbx.0].queues.on(event, now);
                self.queues_changed(pbx, now);
            }
            PbxInput::Queues(mut queues) => {
                for queue in &mut queues {
                    queue.callers.retain(|caller| !self.is_ours(caller));
                }
                self.pbxs[pbx.0].queues.replace(queues, now);
                self.pbxs[pbx.0].compared.queues = true;
                self.queues_changed(pbx, now);
                self.name_agents(pbx, now);
                self.decide_all();
            }
            PbxInput::Channels { asked, up, unreached } => self.compare(pbx, asked, &up, &unreached, now),
        }
    }

    /// Whether a caller in a queue is one of our calls, by the Uniqueid of his channel.
    fn is_ours(&self, caller: &str) -> bool {
        Uuid::try_parse(caller).is_ok_and(|uuid| self.calls.contains_key(&uuid))
    }

    /// The next thing to carry out. Decisions are made here, once all inputs of a batch are in.
    pub fn poll_output(&mut self, now: Now) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            if !self.decide_round(now) {
                return None;
            }
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing else happens.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.timers.next()
    }

    /// Does what was due by now.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(timer) = self.timers.pop_due(now.mono) {
            match timer {
                Timer::Call(uuid) => self.call_due(uuid, now),
                Timer::Campaign(campaign) => self.decide_later(campaign),
                Timer::Schedule(campaign) => self.look_at_schedule(campaign, now),
                Timer::Compare(pbx) => self.compare_due(pbx, now),
                Timer::Rate(pbx) => self.sharing.wake(&Place::Pbx(pbx)),
                Timer::Trunk(pbx, trunk) => self.sharing.wake(&Place::Trunk(pbx, trunk)),
                Timer::CampaignRate(campaign) => self.decide_later(campaign),
                Timer::GivenUp(pbx) => self.give_up(pbx, now),
                Timer::Preview(dialing) => self.preview_due(dialing, now),
                Timer::Habits(pbx) => self.habits_due(pbx, now),
                Timer::Wrapup(pbx) => {
                    self.pbxs[pbx.0].queues.end_wrapups(now);
                    self.queues_changed(pbx, now);
                }
            }
        }
    }

    /// The rows.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The dialings that are alive, in the order of their uuids.
    pub fn dialings(&self) -> impl Iterator<Item = &Dialing> {
        self.calls.values().map(|call| &call.dialing)
    }

    /// One dialing.
    pub fn dialing(&self, uuid: Uuid) -> Option<&Dialing> {
        self.calls.get(&uuid).map(|call| &call.dialing)
    }

    /// Why a running campaign does not place (more) calls, as its last decision found.
    pub fn limit(&self, campaign: Uuid) -> Option<&Limit> {
        self.runs.get(&campaign)?.limit.as_ref()
    }

    /// What a queue offers on all connected Asterisks together.
    pub fn staff(&self, queue: &str) -> Staff {
        self.pbxs.iter().filter_map(|pbx| pbx.queues.staff(queue)).fold(Staff::default(), Staff::and)
    }

    /// Calls that an Asterisk has, those included whose leads are on their way.
    pub fn in_flight(&self, pbx: PbxId) -> u32 {
        self.pbxs.get(pbx.0).map_or(0, |pbx| pbx.in_flight)
    }

    /// True where an Asterisk is connected and was compared.
    pub fn is_ready(&self, pbx: PbxId) -> bool {
        self.pbxs.get(pbx.0).is_some_and(Pbx::is_ready)
    }

    pub(crate) fn record(&mut self, record: Record) {
        self.outputs.push_back(Output::Record(record));
    }

    pub(crate) fn notify(&mut self, notify: Notify) {
        self.outputs.push_back(Output::Notify(notify));
    }

    pub(crate) fn decide_later(&mut self, campaign: Uuid) {
        if self.runs.contains_key(&campaign) {
            self.sharing.decide_later(campaign);
        }
    }

    pub(crate) fn decide_all(&mut self) {
        self.runs.keys().for_each(|campaign| self.sharing.decide_later(*campaign));
    }

    /// A campaign's run; begun where there is none.
    pub(crate) fn run(&mut self, campaign: Uuid) -> &mut Run {
        if !self.runs.contains_key(&campaign) {
            self.index.add(campaign, &self.catalog);
        }
        self.runs.entry(campaign).or_default()
    }

    pub(crate) fn end_run(&mut self, campaign: Uuid) {
        if let Some(run) = self.runs.remove(&campaign) {
            if let Some(queue) = run.attends {
                self.ignore(campaign, &queue);
            }
            self.sharing.forget(campaign);
            self.timers.clear(Timer::Campaign(campaign));
            self.timers.clear(Timer::CampaignRate(campaign));
            self.index.remove(campaign, &self.catalog);
        }
    }

    /// Looks at what has changed in the queues of an Asterisk: every change of theirs passes here.
    pub(crate) fn queues_changed(&mut self, pbx: PbxId, now: Now) {
        let changes = self.pbxs[pbx.0].queues.drain();
        self.learn_agents(pbx, changes.agents, now);
        for queue in changes.queues {
            self.decide_queue(&queue);
        }
        match self.pbxs[pbx.0].queues.next_wrapup() {
            Some(at) => self.timers.set(Timer::Wrapup(pbx), at),
            None => self.timers.clear(Timer::Wrapup(pbx)),
        }
        self.check_agents(pbx, now);
    }
}
