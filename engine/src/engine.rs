//! The engine: one door in, one door out. It keeps the rows, the calls in flight and what each Asterisk offers, and hands
//! each input to the module that knows it: [`crate::campaigns`], [`crate::placing`], [`crate::following`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use crate::calls::Call;
use crate::catalog::Catalog;
use crate::dialing::{Dialing, OpenClaim, Record};
use crate::index::Index;
use crate::input::{Input, Output, PbxId, PbxInput};
use crate::limits::Limits;
use crate::notify::Notify;
use crate::pacing::Limit;
use crate::pbx::Pbx;
use crate::preview::Previews;
use crate::queues::Staff;
use crate::retry_clock::RetryClock;
use crate::run::{Load, Request, Run};
use crate::time::{Mono, Now};
use crate::timers::{Timer, Timers};

/// What the engine is told about an Asterisk at the start.
#[derive(Debug, Clone)]
pub struct PbxConfig {
    /// Its name in the config.
    pub name: Arc<str>,
    /// How many calls it may be given.
    pub limits: Limits,
}

/// Choices from the config.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Results hold campaign, plan, list, destination and lead as they were when the call was made.
    pub snapshots: bool,
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
    /// Leads of each list that are being dialed or asked for.
    pub(crate) lists: BTreeMap<Uuid, u32>,
    /// Campaigns that are to decide, those first that asked for leads longest ago: so none starves another.
    pub(crate) undecided: BTreeSet<(u64, Uuid)>,
    pub(crate) timers: Timers,
    pub(crate) retry_clock: RetryClock,
    /// Made when it is needed; none after a change of rows or runs.
    index: Option<Index>,
    pub(crate) previews: Previews,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) shutting_down: bool,
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
        let mut engine = Self {
            settings,
            catalog,
            pbxs: pbxs.into_iter().map(|config| Pbx::new(config, now.mono)).collect(),
            calls: BTreeMap::new(),
            runs: BTreeMap::new(),
            requests: BTreeMap::new(),
            next_request: 0,
            loads: BTreeMap::new(),
            lists: BTreeMap::new(),
            undecided: BTreeSet::new(),
            timers: Timers::default(),
            retry_clock: RetryClock::new(now),
            index: None,
            previews: Previews::default(),
            outputs: VecDeque::new(),
            shutting_down: false,
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
            Input::LeadsChanged { dial_list } => self.reopen_list(dial_list),
            Input::Pbx(pbx, input) => self.pbx_input(pbx, input, now),
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
            PbxInput::Queue(event) => {
                self.note_event(pbx, &event);
                let touched = self.pbxs[pbx.0].queues.on(event, now);
                self.watch_wrapups(pbx);
                if let Some(queue) = touched {
                    self.decide_queue(&queue);
                }
                self.check_agents(pbx, now);
            }
            PbxInput::Queues(queues) => {
                self.pbxs[pbx.0].queues.replace(queues, now);
                self.pbxs[pbx.0].compared.queues = true;
                self.watch_wrapups(pbx);
                self.check_agents(pbx, now);
                self.decide_all();
            }
            PbxInput::Channels { asked, up } => self.compare(pbx, asked, &up, now),
        }
    }

    /// The next thing to carry out. Decisions are made here, once all inputs of a batch are in.
    pub fn poll_output(&mut self, now: Now) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            let (_, campaign) = self.undecided.pop_first()?;
            self.decide(campaign, now);
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
                Timer::Compare(pbx) => self.compare_due(pbx, now),
                Timer::Rate(pbx) => self.wake_waiting(pbx),
                Timer::GivenUp(pbx) => self.give_up(pbx, now),
                Timer::Preview(dialing) => self.preview_due(dialing, now),
                Timer::Habits(pbx) => self.habits_due(pbx, now),
                Timer::Wrapup(pbx) => {
                    for queue in self.pbxs[pbx.0].queues.end_wrapups(now) {
                        self.decide_queue(&queue);
                    }
                    self.watch_wrapups(pbx);
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
        if let Some(run) = self.runs.get(&campaign) {
            self.undecided.insert((run.turn, campaign));
        }
    }

    pub(crate) fn decide_all(&mut self) {
        self.undecided.extend(self.runs.iter().map(|(campaign, run)| (run.turn, *campaign)));
    }

    /// Lets those decide who wait for a channel or for their turn by the rate.
    pub(crate) fn wake_waiting(&mut self, pbx: PbxId) {
        for campaign in std::mem::take(&mut self.pbxs[pbx.0].waiting) {
            self.decide_later(campaign);
        }
    }

    /// A campaign's run; begun where there is none.
    pub(crate) fn run(&mut self, campaign: Uuid) -> &mut Run {
        if !self.runs.contains_key(&campaign) {
            self.index = None;
        }
        self.runs.entry(campaign).or_default()
    }

    pub(crate) fn end_run(&mut self, campaign: Uuid) {
        if let Some(run) = self.runs.remove(&campaign) {
            self.undecided.remove(&(run.turn, campaign));
            self.timers.clear(Timer::Campaign(campaign));
            self.index = None;
        }
    }

    /// Rows have changed.
    pub(crate) fn forget_index(&mut self) {
        self.index = None;
    }

    pub(crate) fn index(&mut self) -> &Index {
        self.index.get_or_insert_with(|| Index::new(&self.catalog, self.runs.keys().copied()))
    }

    fn watch_wrapups(&mut self, pbx: PbxId) {
        match self.pbxs[pbx.0].queues.next_wrapup() {
            Some(at) => self.timers.set(Timer::Wrapup(pbx), at),
            None => self.timers.clear(Timer::Wrapup(pbx)),
        }
    }
}
