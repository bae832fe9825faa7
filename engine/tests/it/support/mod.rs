//! A room: an engine with a lead store in memory and virtual time. Tests bring inputs in and look at what came out.

pub mod rows;
pub mod store;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::catalog::Catalog;
use engine::dialing::{ClaimRequest, DialingStatus, Ended, Outcome, Record, Setup};
use engine::input::{AgentCall, CallEvent, ChannelUp, Member, QueueEvent, QueueState};
use engine::limits::{Limits, TrunkLimits};
use engine::model::{Campaign, CampaignStatus, Change, Plan};
use engine::notify::Notify;
use engine::pacing::Limit;
use engine::time::{Mono, Now, Wall};
use engine::{Engine, Input, Output, PbxConfig, PbxId, PbxInput, Settings};
use uuid::Uuid;

pub use rows::*;
use store::Store;

pub const PBX: PbxId = PbxId(0);
/// Wall time of the start: Monday 2026-11-23 12:36:00 UTC.
pub const NOON_NS: i64 = 1_795_437_360 * 1_000_000_000;

pub struct Room {
    pub engine: Engine,
    pub store: Store,
    pub now: Now,
    pub limits: Limits,
    /// Claims are answered only by [`Room::answer_claims`].
    pub hold_claims: bool,
    pub claims: Vec<(u64, ClaimRequest)>,
    pub originated: Vec<(Mono, Arc<Setup>)>,
    /// Agents who were called.
    pub agents_called: Vec<(Mono, AgentCall)>,
    /// Acceptances are committed only by [`Room::commit`].
    pub hold_acceptances: bool,
    pub hangups: Vec<(PbxId, String)>,
    pub acceptances: Vec<Uuid>,
    pub lists_asked: Vec<(PbxId, Mono)>,
    pub ended: Vec<Ended>,
    pub released: usize,
    pub statuses: Vec<(Uuid, u8)>,
    pub notes: Vec<Notify>,
    pub limited: Vec<(Uuid, Limit)>,
    pub orphans: Vec<Uuid>,
    /// Calls that comparisons found up, gone and unreached.
    pub compared: Vec<[usize; 3]>,
    dialing_status: BTreeMap<Uuid, DialingStatus>,
}

impl Room {
    /// Two Asterisks are in the config; none is connected.
    pub fn new(limits: Limits, catalog: Catalog) -> Self {
        let now = Now { wall: Wall(NOON_NS), ..Now::default() };
        Self::over(limits, catalog, Store::default(), now)
    }

    pub fn over(limits: Limits, catalog: Catalog, store: Store, now: Now) -> Self {
        Self::over_with(limits, catalog, store, now, &[])
    }

    /// The same with limits of trunks.
    pub fn with_trunks(limits: Limits, catalog: Catalog, trunks: &[TrunkLimits]) -> Self {
        let now = Now { wall: Wall(NOON_NS), ..Now::default() };
        Self::over_with(limits, catalog, Store::default(), now, trunks)
    }

    pub fn over_with(
        limits: Limits,
        catalog: Catalog,
        store: Store,
        now: Now,
        trunks: &[TrunkLimits],
    ) -> Self {
        let pbxs =
            ["pbx1", "pbx2"].map(|name| PbxConfig { name: name.into(), limits, trunks: trunks.to_vec() });
        let settings = Settings { store: Some(STORE), ..Settings::default() };
        let engine = Engine::new(settings, pbxs.into(), catalog, store.open_claims(), now);
        // Clients know the dialings of an earlier process, or can ask for them.
        let known = engine.dialings().map(|dialing| (dialing.setup.uuid, dialing.progress.status));
        let mut room = Self {
            dialing_status: known.collect(),
            engine,
            store,
            now,
            limits,
            hold_claims: false,
            claims: Vec::new(),
            originated: Vec::new(),
            agents_called: Vec::new(),
            hold_acceptances: false,
            hangups: Vec::new(),
            acceptances: Vec::new(),
            lists_asked: Vec::new(),
            ended: Vec::new(),
            released: 0,
            statuses: Vec::new(),
            notes: Vec::new(),
            limited: Vec::new(),
            orphans: Vec::new(),
            compared: Vec::new(),
        };
        room.pump();
        room
    }

    /// A room for one campaign on a connected first Asterisk; the campaign is started.
    pub fn running(plan: Plan, leads: u128) -> Self {
        let mut room = Self::ready(plan, leads);
        room.ask(CAMPAIGN, CampaignStatus::Start);
        room
    }

    /// The same, not started.
    pub fn ready(plan: Plan, leads: u128) -> Self {
        let mut room = Self::new(Limits { max_channels: 100, max_cps: 1000.0 }, catalog(plan));
        (1..=leads).for_each(|n| room.store.add(lead(n, &["100"])));
        room.connect(PBX);
        room
    }

    pub fn connect(&mut self, pbx: PbxId) {
        self.pbx(pbx, PbxInput::Up);
        self.channels(pbx, &[]);
        self.pbx(pbx, PbxInput::Queues(Vec::new()));
    }

    pub fn input(&mut self, input: Input) {
        self.engine.handle(input, self.now);
        self.pump();
    }

    pub fn pbx(&mut self, pbx: PbxId, input: PbxInput) {
        self.input(Input::Pbx(pbx, input));
    }

    pub fn call(&mut self, dialing: Uuid, event: CallEvent) {
        self.pbx(PBX, PbxInput::Call(dialing, event));
    }

    /// What all channels are: an answer to a list that is asked for now.
    pub fn channels(&mut self, pbx: PbxId, up: &[(Uuid, ChannelUp)]) {
        self.channels_reached(pbx, up, None);
    }

    /// The same, where Asterisk says that claims up to this serial have reached it.
    pub fn channels_reached(&mut self, pbx: PbxId, up: &[(Uuid, ChannelUp)], reached: Option<u64>) {
        let asked = self.now.mono;
        let serials = self.engine.dialings().map(|dialing| (dialing.setup.uuid, dialing.setup.serial));
        let unreached = serials.filter(|(_, serial)| reached.is_some_and(|reached| *serial > reached));
        let (unreached, up) = (unreached.map(|(uuid, _)| uuid).collect(), up.iter().cloned().collect());
        self.pbx(pbx, PbxInput::Channels { asked, up, unreached });
    }

    pub fn queue(&mut self, name: &str, members: &[Member]) {
        let state = QueueState { name: name.into(), members: members.to_vec(), ..QueueState::default() };
        self.pbx(PBX, PbxInput::Queues(vec![state]));
    }

    pub fn member(&mut self, queue: &str, member: Member) {
        self.pbx(PBX, PbxInput::Queue(QueueEvent::Member { queue: queue.into(), member }));
    }

    /// Asks for a status as the front door does.
    pub fn ask(&mut self, campaign: Uuid, wanted: CampaignStatus) {
        let mut row = Campaign::clone(&self.engine.catalog().campaigns[&campaign]);
        row.status =
            self.engine.catalog().requested_status(&row, wanted).expect("a status that may be asked for");
        self.change(Change::CampaignUpdated(Arc::new(row)));
    }

    pub fn change(&mut self, change: Change) {
        self.input(Input::Changed(change));
    }

    pub fn change_plan(&mut self, change: impl FnOnce(&mut Plan)) {
        let mut plan = Plan::clone(&self.engine.catalog().plans[&PLAN]);
        change(&mut plan);
        self.change(Change::PlanUpdated(Arc::new(plan)));
    }

    pub fn change_campaign(&mut self, uuid: Uuid, change: impl FnOnce(&mut Campaign)) {
        let mut row = Campaign::clone(&self.engine.catalog().campaigns[&uuid]);
        change(&mut row);
        self.change(Change::CampaignUpdated(Arc::new(row)));
    }

    pub fn add_leads(&mut self, leads: impl IntoIterator<Item = engine::model::Lead>) {
        leads.into_iter().for_each(|lead| self.store.add(lead));
        self.input(Input::LeadsChanged { dial_list: LIST });
    }

    /// Lets time pass, with everything that it brings.
    pub fn wait_ms(&mut self, ms: u64) {
        let until = self.now.mono.after(Duration::from_millis(ms));
        while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= until) {
            self.go_to(at.max(self.now.mono));
            self.engine.handle_timeout(self.now);
            self.pump();
        }
        self.go_to(until);
    }

    pub fn go_to(&mut self, at: Mono) {
        let passed = i64::try_from(at.since(self.now.mono).as_nanos()).unwrap();
        self.now.mono = at;
        self.now.wall.0 += passed;
    }

    pub fn answer_claims(&mut self) {
        for (request, claim) in std::mem::take(&mut self.claims) {
            let claimed = Some(self.store.claim(&claim));
            self.engine.handle(Input::Leads { request, claimed }, self.now);
        }
        self.pump();
    }

    /// The store answers what it was asked about accepted offers.
    pub fn commit(&mut self, committed: bool) {
        for dialing in std::mem::take(&mut self.acceptances) {
            if committed {
                self.store.accept(dialing);
            }
            self.engine.handle(Input::PreviewAccepted { dialing, committed }, self.now);
        }
        self.pump();
    }

    /// Takes all outputs and carries them out.
    pub fn pump(&mut self) {
        while let Some(output) = self.engine.poll_output(self.now) {
            match output {
                Output::NeedLeads { request, claim } => {
                    self.claims.push((request, claim));
                    if !self.hold_claims {
                        self.answer_now();
                    }
                }
                Output::ReviveLeads { dial_list, widest_tries } => {
                    if self.store.set_limits(dial_list, widest_tries) {
                        self.engine.handle(Input::LeadsChanged { dial_list }, self.now);
                    }
                }
                Output::Originate { setup, .. } => self.originated.push((self.now.mono, setup)),
                Output::OriginateAgent { call, .. } => self.agents_called.push((self.now.mono, *call)),
                Output::AcceptLead { dialing } if self.hold_acceptances => self.acceptances.push(dialing),
                Output::AcceptLead { dialing } => {
                    self.store.accept(dialing);
                    self.engine.handle(Input::PreviewAccepted { dialing, committed: true }, self.now);
                }
                Output::Hangup { pbx, channel, .. } => self.hangups.push((pbx, channel)),
                Output::ListChannels { pbx, .. } => self.lists_asked.push((pbx, self.now.mono)),
                Output::WriteDialplan { .. } | Output::RemoveDialplan { .. } => {}
                Output::Record(record) => self.record(record),
                Output::Notify(notify) => self.note(notify),
                Output::Limited { campaign, limit } => self.limited.push((campaign, limit)),
                Output::Orphan { channel, .. } => self.orphans.push(channel),
                Output::Compared { up, gone, unreached, .. } => self.compared.push([up, gone, unreached]),
            }
        }
        assert_eq!(self.engine.audit(), Vec::<String>::new());
        self.check_reasons();
    }

    /// There is a reason at any time, and whoever asks in short hears the same as who asks in full where it concerns the whole
    /// campaign.
    fn check_reasons(&self) {
        for short in self.engine.reasons(None, self.now) {
            let why = self.engine.why(short.campaign, self.now).unwrap();
            assert!(!why.reason.text.is_empty() && !short.reason.text.is_empty(), "{why:?} {short:?}");
            assert_eq!((why.status, why.dialing), (short.status, short.dialing));
            if why.limits.first().is_some_and(|held| held.asterisk.is_none()) {
                assert_eq!(why.reason.code, short.reason.code);
            }
        }
    }

    /// Why the campaign does not dial.
    pub fn why(&self) -> engine::why::Why {
        self.engine.why(CAMPAIGN, self.now).unwrap()
    }

    fn answer_now(&mut self) {
        for (request, claim) in std::mem::take(&mut self.claims) {
            let claimed = Some(self.store.claim(&claim));
            self.engine.handle(Input::Leads { request, claimed }, self.now);
        }
    }

    fn record(&mut self, record: Record) {
        self.store.record(&record);
        match record {
            Record::CampaignStatus { campaign, status, .. } => self.statuses.push((campaign, status.code())),
            Record::CampaignWindow { .. } | Record::Answered { .. } => {}
            Record::Released { .. } => self.released += 1,
            Record::Returned { .. } => {}
            Record::Ended(ended) => self.ended.push(*ended),
        }
    }

    /// Every dialing: created first, never falling, deleted last.
    fn note(&mut self, notify: Notify) {
        match &notify {
            Notify::DialingCreated(dialing) => {
                let status = dialing.progress.status;
                let known = self.dialing_status.insert(dialing.setup.uuid, status);
                assert_eq!(known, None, "created twice");
            }
            Notify::DialingUpdated(dialing) => {
                let status = dialing.progress.status;
                let before = self.dialing_status.insert(dialing.setup.uuid, status);
                assert!(before.is_none_or(|before| before <= status), "{before:?} fell to {status:?}");
            }
            Notify::DialingDeleted(uuid) => {
                // Its last status stays: whatever came after it would be found here.
                assert_ne!(self.dialing_status.insert(*uuid, DialingStatus::Error), None);
            }
            _ => {}
        }
        self.notes.push(notify);
    }

    /// The dialings that are up, in the order in which they were asked for.
    pub fn live(&self) -> Vec<Uuid> {
        let originated = self.originated.iter().map(|(_, setup)| setup.uuid);
        originated.filter(|uuid| self.engine.dialing(*uuid).is_some()).collect()
    }

    pub fn outcomes(&self) -> Vec<Outcome> {
        self.ended.iter().map(|ended| ended.outcome).collect()
    }

    pub fn status(&self, campaign: Uuid) -> u8 {
        self.engine.catalog().campaigns[&campaign].status.code()
    }

    /// The codes that a campaign went through.
    pub fn statuses_of(&self, campaign: Uuid) -> Vec<u8> {
        self.statuses.iter().filter(|(of, _)| *of == campaign).map(|(_, code)| *code).collect()
    }

    pub fn answer(&mut self, dialing: Uuid) {
        for event in [ACCEPTED, channel(), CallEvent::DialBegin, dial_end("ANSWER"), SUCCESS] {
            self.call(dialing, event);
        }
    }

    pub fn fail(&mut self, dialing: Uuid, cause: u16) {
        for event in [ACCEPTED, channel(), failure(0), hangup(cause)] {
            self.call(dialing, event);
        }
    }
}
