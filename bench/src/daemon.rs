//! The daemon's parts around its engine, on one thread: what `outbound/src/driver.rs` and `asterisk/link.rs` do, without tasks,
//! sockets and clocks. Each step is a function of its own that is never inlined, so that a profile shows what it costs.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ami::Message;
use ami::codec::{Decoder, LineEnd};
use ami::server::Broadcast;
use engine::catalog::Catalog;
use engine::dialing::{Record, Setup};
use engine::input::{CallEvent, Member, QueueState};
use engine::limits::Limits;
use engine::model::Plan;
use engine::notify::Notify;
use engine::time::{Mono, Now, Wall};
use engine::{Engine, Input, Output, PbxConfig, PbxId, PbxInput, Settings};
use outbound::asterisk::actions::{self, Step};
use outbound::asterisk::reached::Marks;
use outbound::asterisk::translate::{self, Heard};
use outbound::results::ResultsFile;
use outbound::spans;
use outbound::store::Synchronous;
use tokio::runtime::Runtime;
use tracing::Span;
use uuid::Uuid;

use crate::client::Client;
use crate::rows;
use crate::script::Script;
use crate::written::{Done, Job, Written};

const PBX: PbxId = PbxId(0);
/// Inputs that the driver takes in before it carries outputs out.
const BATCH_MAX: usize = 256;
/// Octets of one read from an Asterisk.
const READ_OCTETS: usize = 64 << 10;
/// Results that the file takes before the store has to note how far it has come.
const UNMARKED_MAX: usize = 1024;
/// Time that passes from one message of a call to its next.
const STEP: Duration = Duration::from_millis(20);

/// See the module.
pub struct Daemon {
    engine: Engine,
    now: Now,
    decoder: Decoder,
    /// Dialplans that are written on the Asterisk.
    dialplans: BTreeMap<Uuid, Vec<Step>>,
    marks: Marks,
    /// What is to be written to the Asterisk.
    octets: Vec<u8>,
    store: Written,
    jobs: Vec<Job>,
    results: ResultsFile,
    unmarked: usize,
    /// What is told when it is committed.
    untold: VecDeque<Notify>,
    broadcast: Broadcast,
    clients: Vec<Client>,
    runtime: Runtime,
    /// Calls that the Asterisk was asked for.
    asked: Vec<Uuid>,
    ended: usize,
    numbered: usize,
    told_octets: usize,
}

/// What there is of everything.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Calls in flight, and agents where there are any.
    pub in_flight: u32,
    /// AMI clients.
    pub clients: usize,
}

impl Daemon {
    /// Over a database of [`rows::database`]; the campaign begins to dial.
    ///
    /// # Errors
    /// What the store, the results file or the login of a client says.
    pub fn start(database: &Path, size: Size) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (store, loaded) = rows::open(database, Synchronous::Full)?;
        let broadcast = Broadcast::new();
        let clients = (0..size.clients).map(|_| Client::log_in(&runtime, &broadcast));
        let clients = clients.collect::<anyhow::Result<_>>()?;
        let results =
            runtime.block_on(ResultsFile::open(store.clone(), &database.with_extension("jsonl")))?;
        let now = Now { mono: Mono(0), wall: rows::EPOCH, offset_s: 0 };
        let mut catalog = Catalog::default();
        catalog.plans.extend(loaded.plans.into_iter().map(|row| (row.uuid, Arc::new(row))));
        catalog.dial_lists.extend(loaded.dial_lists.into_iter().map(|row| (row.uuid, Arc::new(row))));
        catalog.campaigns.extend(loaded.campaigns.into_iter().map(|row| (row.uuid, Arc::new(row))));
        let limits = Limits { max_channels: size.in_flight, max_cps: 1e6 };
        let pbx = PbxConfig { name: "pbx1".into(), limits, trunks: Vec::new() };
        let settings = Settings { store: Some(loaded.store_id), ..Settings::default() };
        let engine = Engine::new(settings, vec![pbx], catalog, loaded.open_claims, now);
        let mut daemon = Self {
            engine,
            now,
            decoder: Decoder::new(LineEnd::Crlf),
            dialplans: BTreeMap::new(),
            marks: Marks(loaded.store_id),
            octets: Vec::new(),
            store: Written::new(store),
            jobs: Vec::new(),
            results,
            unmarked: 0,
            untold: VecDeque::new(),
            broadcast,
            clients,
            runtime,
            asked: Vec::new(),
            ended: 0,
            numbered: 0,
            told_octets: 0,
        };
        let channels = PbxInput::Channels { asked: now.mono, up: BTreeMap::new(), unreached: [].into() };
        daemon.take_in(vec![PbxInput::Up, channels, PbxInput::Queues(vec![queue(size.in_flight)])]);
        daemon.commit();
        Ok(daemon)
    }

    /// Goes on until so many calls more have ended; gives how many that were, and the octets that clients were sent meanwhile.
    ///
    /// # Errors
    /// Calls do not end, or no more are placed; the results file cannot be written.
    pub fn run(&mut self, script: &Script, calls: usize) -> anyhow::Result<(usize, usize)> {
        let (before, told) = (self.ended, self.told_octets);
        while self.ended < before + calls {
            let ended = self.ended;
            self.round(script)?;
            anyhow::ensure!(self.ended > ended, "calls do not end: {:?}", self.engine.limit(rows::CAMPAIGN));
        }
        Ok((self.ended - before, self.told_octets - told))
    }

    /// All calls in flight, side by side, from the response to their Originates to their ends.
    fn round(&mut self, script: &Script) -> anyhow::Result<()> {
        let calls = std::mem::take(&mut self.asked);
        let first = self.numbered;
        self.numbered += calls.len();
        for at in 0..script.len() {
            let octets = said(script, at, &calls, first);
            self.now.mono = self.now.mono.after(STEP);
            self.now.wall = Wall(self.now.wall.0 + i64::try_from(STEP.as_nanos())?);
            for read in octets.chunks(READ_OCTETS) {
                self.hear(read)?;
            }
            self.commit();
            self.sent_to_asterisk();
        }
        self.export(calls.len())
    }

    fn hear(&mut self, read: &[u8]) -> anyhow::Result<()> {
        let mut messages = Vec::new();
        decode(&mut self.decoder, read, &mut messages)?;
        let mut inputs = Vec::new();
        for message in &messages {
            translate(message, &mut inputs);
        }
        drop_messages(messages);
        while !inputs.is_empty() {
            let rest = inputs.split_off(inputs.len().min(BATCH_MAX));
            self.take_in(std::mem::replace(&mut inputs, rest));
            self.write_to_clients();
        }
        Ok(())
    }

    /// One turn of the driver.
    fn take_in(&mut self, inputs: Vec<PbxInput>) {
        for input in inputs {
            if let PbxInput::Call(channel, event) = &input {
                log_heard(&self.engine, *channel, event);
            }
            engine_input(&mut self.engine, Input::Pbx(PBX, input), self.now);
        }
        self.turn();
    }

    fn turn(&mut self) {
        engine_timeout(&mut self.engine, self.now);
        while let Some(output) = engine_output(&mut self.engine, self.now) {
            self.carry(output);
        }
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::NeedLeads { request, claim } => self.jobs.push(Job::Claim(request, claim)),
            Output::ReviveLeads { dial_list, widest_tries } => {
                self.jobs.push(Job::SetLimits(dial_list, widest_tries));
            }
            Output::Originate { setup, plan, .. } => {
                self.asked.push(setup.uuid);
                dialplan(&mut self.dialplans, &mut self.octets, &plan);
                originate(&mut self.octets, self.marks, &setup, &plan);
            }
            Output::WriteDialplan { plan } => dialplan(&mut self.dialplans, &mut self.octets, &plan),
            Output::Record(record) => {
                self.ended += usize::from(matches!(record, Record::Ended(_)));
                log(&record);
                self.jobs.push(Job::Record(Box::new(record)));
            }
            Output::Notify(notify) => {
                if let Notify::DialingCreated(dialing) = &notify {
                    log_claimed(&dialing.setup);
                }
                if matches!(notify, Notify::DialingCreated(_) | Notify::DialingUpdated(_)) {
                    tell(&self.broadcast, &notify);
                } else {
                    self.untold.push_back(notify);
                }
            }
            Output::AcceptLead { .. }
            | Output::OriginateAgent { .. }
            | Output::Hangup { .. }
            | Output::ListChannels { .. }
            | Output::RemoveDialplan { .. }
            | Output::Orphan { .. }
            | Output::Compared { .. }
            | Output::Limited { .. } => {}
        }
    }

    /// Writes what there is to write, and takes in what came of it, each thing in a turn of its own as the driver does.
    fn commit(&mut self) {
        while !self.jobs.is_empty() {
            let jobs = std::mem::take(&mut self.jobs);
            for done in self.store.step(jobs) {
                match done {
                    Done::Claimed(request, claimed) => {
                        let input = Input::Leads { request, claimed: claimed.ok() };
                        engine_input(&mut self.engine, input, self.now);
                    }
                    Done::Recorded | Done::LimitsSet => {}
                }
                self.turn();
            }
        }
        while let Some(notify) = self.untold.pop_front() {
            tell(&self.broadcast, &notify);
        }
        self.write_to_clients();
    }

    fn write_to_clients(&mut self) {
        write_to_clients(&self.runtime);
        for client in &mut self.clients {
            self.told_octets += client.drain(&self.runtime);
        }
    }

    fn export(&mut self, results: usize) -> anyhow::Result<()> {
        self.unmarked += results;
        if self.unmarked > UNMARKED_MAX {
            self.unmarked = results;
            self.store.release();
        }
        export(&self.runtime, &mut self.results)
    }

    #[inline(never)]
    fn sent_to_asterisk(&mut self) {
        self.octets.clear();
    }
}

fn queue(agents: u32) -> QueueState {
    let member = |n: u32| Member {
        interface: format!("PJSIP/agent{n}"),
        name: "SIP Agent One".to_owned(),
        status: 1,
        paused: false,
        in_call: false,
        last_call_s: 0,
        wrapup_s: 0,
    };
    QueueState {
        name: rows::QUEUE.to_owned(),
        members: (0..agents).map(member).collect(),
        ..QueueState::default()
    }
}

/// What the Asterisk says next of each of these calls.
#[inline(never)]
fn said(script: &Script, at: usize, calls: &[Uuid], first: usize) -> Vec<u8> {
    let mut octets = Vec::new();
    for (agent, call) in calls.iter().enumerate() {
        script.write(at, *call, first + agent, agent, &mut octets);
    }
    octets
}

/// Octets become messages.
///
/// # Errors
/// The codec refuses them.
#[inline(never)]
pub fn decode(decoder: &mut Decoder, octets: &[u8], into: &mut Vec<Message>) -> anyhow::Result<()> {
    decoder.feed(octets);
    while let Some(message) = decoder.next_message()? {
        into.push(message);
    }
    Ok(())
}

#[inline(never)]
fn drop_messages(messages: Vec<Message>) {
    drop(messages);
}

/// A message becomes inputs of the engine.
#[inline(never)]
pub fn translate(message: &Message, into: &mut Vec<PbxInput>) {
    // What the session asks first: is it an answer to somebody's question?
    let ours = message.action_id().is_some();
    if message.event_name().is_none() {
        let response = translate::response(message).filter(|_| ours);
        into.extend(response.map(|(uuid, event)| PbxInput::Call(uuid, event)));
        return;
    }
    translate::event(message, |heard| match heard {
        Heard::Call(uuid, event) => into.push(PbxInput::Call(uuid, event)),
        Heard::Queue(event) => into.push(PbxInput::Queue(event)),
        Heard::QueuesReloaded | Heard::DialplanReloaded | Heard::ShuttingDown => {}
    });
}

#[inline(never)]
fn engine_input(engine: &mut Engine, input: Input, now: Now) {
    engine.handle(input, now);
}

#[inline(never)]
fn engine_output(engine: &mut Engine, now: Now) -> Option<Output> {
    engine.poll_output(now)
}

#[inline(never)]
fn engine_timeout(engine: &mut Engine, now: Now) {
    if engine.poll_timeout().is_some() {
        engine.handle_timeout(now);
    }
}

/// The plan's dialplan is written where it is not.
#[inline(never)]
fn dialplan(written: &mut BTreeMap<Uuid, Vec<Step>>, octets: &mut Vec<u8>, plan: &Plan) {
    let steps = actions::dialplan(plan);
    if written.get(&plan.uuid) == Some(&steps) {
        return;
    }
    let actions = steps.iter().enumerate().map(|(at, step)| actions::dialplan_step(plan.uuid, at + 1, step));
    actions.flatten().for_each(|action| action.encode(octets));
    written.insert(plan.uuid, steps);
}

/// The Originate of a call with its variables and its mark.
#[inline(never)]
pub fn originate(octets: &mut Vec<u8>, marks: Marks, setup: &Setup, plan: &Plan) {
    let _said_in = spans::of(setup).entered();
    tracing::debug!(dialing = %setup.uuid, campaign = %setup.campaign, lead = %setup.lead, asterisk = "pbx1",
        channel = %setup.channel, "originate");
    let action = actions::originate(setup, plan);
    let marked = action.and_then(|action| action.with("Variable", marks.mark(setup.serial)));
    if let Ok(action) = marked {
        action.encode(octets);
    }
}

/// What the log has of what Asterisk says, at level debug.
#[inline(never)]
fn log_heard(engine: &Engine, channel: Uuid, event: &CallEvent) {
    let dialing = if spans::are_off() { None } else { engine.dialing(channel) };
    let _said_in = dialing.map_or_else(Span::none, |dialing| spans::of(&dialing.setup)).entered();
    tracing::debug!(asterisk = "pbx1", %channel, ?event, "Asterisk says");
}

/// What the log has of a claim, at level debug.
#[inline(never)]
fn log_claimed(setup: &Setup) {
    let _said_in = spans::of(setup).entered();
    tracing::debug!(asterisk = %setup.asterisk, index = setup.index, try_count = setup.try_count, "a lead is claimed");
}

/// What the log has of each call.
#[inline(never)]
fn log(record: &Record) {
    let _said_in = spans::of_record(record).entered();
    if let Record::Ended(ended) = record {
        let (setup, progress) = (&ended.dialing.setup, &ended.dialing.progress);
        tracing::info!(dialing = %setup.uuid, campaign = %setup.campaign, lead = %setup.lead, index = setup.index,
            try_count = setup.try_count, outcome = ?ended.outcome, res_dial = progress.res_dial,
            res_hangup = progress.res_hangup, "dialing ended");
    }
}

/// An event for the clients.
#[inline(never)]
pub fn tell(broadcast: &Broadcast, notify: &Notify) {
    outbound::ami_server::publish(broadcast, notify);
}

/// The sessions of the clients write what is queued for them.
#[inline(never)]
fn write_to_clients(runtime: &Runtime) {
    runtime.block_on(async {
        for _ in 0..2 {
            tokio::task::yield_now().await;
        }
    });
}

/// The results file follows the store.
#[inline(never)]
fn export(runtime: &Runtime, results: &mut ResultsFile) -> anyhow::Result<()> {
    Ok(runtime.block_on(results.export())?)
}
