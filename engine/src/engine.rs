//! The engine: one door in, one door out. It keeps the rows, the calls in flight and what each Asterisk offers, and hands
//! each input to the module that knows it: [`crate::campaigns`], [`crate::placing`], [`crate::following`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::calls::Call;
use crate::catalog::Catalog;
use crate::dialing::{Dialing, OpenClaim, Record};
use crate::input::{Input, Output, PbxId, PbxInput};
use crate::limits::{CallRate, Limits};
use crate::notify::Notify;
use crate::pacing::Limit;
use crate::queues::{Queues, Staff};
use crate::time::{Mono, Now, Wall};

/// How often the calls in flight are compared with Asterisk's own list.
pub(crate) const COMPARE_INTERVAL: Duration = Duration::from_secs(30);

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
    pub(crate) undecided: VecDeque<Uuid>,
    pub(crate) timers: BTreeSet<(Mono, Timer)>,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) shutting_down: bool,
}

/// One Asterisk.
#[derive(Debug)]
pub(crate) struct Pbx {
    pub(crate) name: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) rate: CallRate,
    pub(crate) up: bool,
    /// Channels and queues were compared since it came up: calls may be placed.
    pub(crate) compared: Compared,
    pub(crate) queues: Queues,
    /// Calls in flight, leads asked for included.
    pub(crate) in_flight: u32,
    /// Campaigns that wait for a channel.
    pub(crate) waiting: BTreeSet<Uuid>,
}

/// Which snapshots have arrived since the Asterisk came up.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Compared {
    pub(crate) channels: bool,
    pub(crate) queues: bool,
}

/// A campaign that runs or still has calls.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) calls: BTreeSet<Uuid>,
    /// Leads asked for and not there yet.
    pub(crate) requested: u32,
    pub(crate) list: ListState,
    /// The list has changed since this many requests; answers to older ones say nothing about its end.
    pub(crate) list_changed: u64,
    /// The earliest next try among leads that came back while requests were on their way.
    pub(crate) returned_due: Option<Wall>,
    pub(crate) limit: Option<Limit>,
    /// A decision is due.
    pub(crate) undecided: bool,
}

/// What is known of a campaign's list.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListState {
    /// There may be leads to dial.
    #[default]
    Open,
    /// No lead is due before this time.
    Due(Wall),
    /// No lead waits for a later try.
    UsedUp,
}

/// Leads that were asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) campaign: Uuid,
    pub(crate) pbx: PbxId,
    pub(crate) queue: Option<String>,
    pub(crate) count: u32,
}

/// Calls on the way to a queue.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    pub(crate) unanswered: u32,
    pub(crate) waiting: u32,
}

/// Why the engine wants to be called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// A call's grace is over, or its hang-up must be asked for again.
    Call(Uuid),
    /// A campaign may go on.
    Campaign(Uuid),
    /// Channels are to be compared.
    Compare(PbxId),
    /// A wrap-up is over.
    Wrapup(PbxId),
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
        let pbxs = pbxs.into_iter().map(|config| Pbx {
            name: config.name,
            limits: config.limits,
            rate: CallRate::new(config.limits.max_cps, now.mono),
            up: false,
            compared: Compared::default(),
            queues: Queues::default(),
            in_flight: 0,
            waiting: BTreeSet::new(),
        });
        let mut engine = Self {
            settings,
            catalog,
            pbxs: pbxs.collect(),
            calls: BTreeMap::new(),
            runs: BTreeMap::new(),
            requests: BTreeMap::new(),
            next_request: 0,
            loads: BTreeMap::new(),
            undecided: VecDeque::new(),
            timers: BTreeSet::new(),
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
                self.decide_all();
            }
        }
    }

    fn pbx_input(&mut self, pbx: PbxId, input: PbxInput, now: Now) {
        if pbx.0 >= self.pbxs.len() {
            return;
        }
        match input {
            PbxInput::Up => self.pbx_up(pbx),
            PbxInput::Down => self.pbx_down(pbx),
            PbxInput::Call(uuid, event) => self.call_event(uuid, event, now),
            PbxInput::Queue(event) => {
                let queue = self.pbxs[pbx.0].queues.on(event, now);
                self.watch_wrapups(pbx);
                self.decide_queue(&queue);
            }
            PbxInput::Queues(queues) => {
                self.pbxs[pbx.0].queues.replace(queues, now);
                self.pbxs[pbx.0].compared.queues = true;
                self.watch_wrapups(pbx);
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
            let campaign = self.undecided.pop_front()?;
            self.decide(campaign, now);
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing else happens.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Does what was due by now.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some(&(at, timer)) = self.timers.first() {
            if at > now.mono {
                return;
            }
            self.timers.pop_first();
            match timer {
                Timer::Call(uuid) => self.call_due(uuid, now),
                Timer::Campaign(campaign) => self.decide_later(campaign),
                Timer::Compare(pbx) => self.compare_due(pbx, now),
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
        let staffs = self.pbxs.iter().filter(|pbx| pbx.up).filter_map(|pbx| pbx.queues.staff(queue));
        staffs.fold(Staff::default(), |sum, staff| Staff {
            idle: sum.idle + staff.idle,
            logged_in: sum.logged_in + staff.logged_in,
        })
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
        let Some(run) = self.runs.get_mut(&campaign) else { return };
        if !run.undecided {
            run.undecided = true;
            self.undecided.push_back(campaign);
        }
    }

    pub(crate) fn decide_all(&mut self) {
        let running: Vec<Uuid> = self.runs.keys().copied().collect();
        for campaign in running {
            self.decide_later(campaign);
        }
    }

    fn watch_wrapups(&mut self, pbx: PbxId) {
        if let Some(at) = self.pbxs[pbx.0].queues.next_wrapup() {
            self.timers.insert((at, Timer::Wrapup(pbx)));
        }
    }
}

impl Pbx {
    pub(crate) fn is_ready(&self) -> bool {
        self.up && self.compared.channels && self.compared.queues
    }

    pub(crate) fn free_channels(&self) -> u32 {
        self.limits.max_channels.saturating_sub(self.in_flight)
    }
}
