//! The one task that owns the engine. It brings inputs in, in batches, and carries outputs out in their order; it never
//! waits for Asterisk, the store or a client.
//!
//! Commands that change the catalog run one after the other: prepared against the rows, committed, answered, then
//! taken in by the engine, which tells everybody.

mod carry;
mod clock;
mod counts;
mod in_turn;
mod inbox;
mod measuring;
mod preview;
mod why;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem::Discriminant;
use std::sync::Arc;
use std::time::Duration;

use ami::server::Broadcast;
use engine::input::CallEvent;
use engine::model::Change;
use engine::pacing::Limit;
use engine::preview::agent_channel;
use engine::time::{Mono, Now};
use engine::{Engine, Input, PbxId, PbxInput};
use tokio::sync::mpsc::Receiver;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};
use tracing::Span;
use uuid::Uuid;

use carry::ForStore;
pub use clock::{Clock, wall};
pub use counts::Counts;
pub(crate) use in_turn::InTurn;
use inbox::{Completion, Completions, INBOX_CAPACITY};
pub use inbox::{Inbox, Wake};

use crate::admin::{self, Command, Prepared, Refusal};
use crate::ami_server::Answer;
use crate::asterisk::Asterisk;
use crate::events::Feed;
use crate::faults;
use crate::metrics::Meters;
use crate::spans;
use crate::store::{Store, StoreError};

/// Inputs that are taken in before outputs are carried out.
const BATCH_MAX: usize = 256;
/// Commands that may wait for the store; more are refused.
const COMMANDS_MAX: usize = 10_000;

/// What the driver works with.
pub struct Driver {
    engine: Engine,
    clock: Clock,
    asterisks: Vec<Asterisk>,
    store: Store,
    broadcast: Broadcast,
    events: Feed,
    inbox: Inbox,
    inputs: Receiver<Wake>,
    completions: Completions,
    /// What the store is to do, until all that the engine wants now is known.
    for_store: Vec<ForStore>,
    commands: VecDeque<(Command, Answer)>,
    command_runs: bool,
    /// Who accepted an offer, and is answered when that is written.
    acceptances: BTreeMap<Uuid, Answer>,
    /// What was last said in the log of what holds a campaign back.
    told_limits: BTreeMap<Uuid, Discriminant<Limit>>,
    /// Originates that were refused because the dialplan had just been wiped, and sent again.
    sent_again: BTreeSet<Uuid>,
    /// What waits to be told until records are committed.
    in_turn: InTurn,
    /// Records and claims that the store has not answered yet.
    with_store: usize,
    ends: Option<oneshot::Sender<()>>,
    meters: Arc<Meters>,
    /// Those who wait until everything is written.
    await_written: Vec<oneshot::Sender<()>>,
}

/// The parts that a driver is made of.
pub struct Parts {
    /// The engine, filled from the store.
    pub engine: Engine,
    /// The clock that the engine was made with.
    pub clock: Clock,
    /// The store.
    pub store: Store,
    /// The way to all AMI clients.
    pub broadcast: Broadcast,
    /// The way to HTTP clients who listen.
    pub events: Feed,
}

/// A driver that is not running yet, and the way to it.
pub fn new(parts: Parts, connect: impl FnOnce(&Inbox) -> Vec<Asterisk>) -> (Driver, Inbox) {
    let (sender, inputs) = tokio::sync::mpsc::channel(INBOX_CAPACITY);
    let completions = Completions::default();
    let inbox = Inbox::new(sender);
    let asterisks = connect(&inbox);
    let lists = completions.clone();
    parts.store.set_on_lead_change(move |dial_list| lists.send(Completion::LeadsChanged(dial_list)));
    let answers = completions.clone();
    parts.store.set_around_answers(move |begins| answers.hold(begins));
    let driver = Driver {
        engine: parts.engine,
        clock: parts.clock,
        asterisks,
        store: parts.store,
        broadcast: parts.broadcast,
        events: parts.events,
        inbox: inbox.clone(),
        inputs,
        completions,
        for_store: Vec::new(),
        commands: VecDeque::new(),
        command_runs: false,
        acceptances: BTreeMap::new(),
        told_limits: BTreeMap::new(),
        sent_again: BTreeSet::new(),
        in_turn: InTurn::default(),
        with_store: 0,
        ends: None,
        meters: Arc::default(),
        await_written: Vec::new(),
    };
    (driver, inbox)
}

impl Driver {
    /// Runs until it is told to shut down and everything is written.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        let completions = self.completions.clone();
        loop {
            self.carry_out();
            if self.with_store == 0 {
                for written in self.await_written.drain(..) {
                    let _ = written.send(());
                }
            }
            if self.may_end() {
                break;
            }
            if faults::ends("driver") {
                return;
            }
            let wake_at = self.engine.poll_timeout().map(|at| self.clock.instant(at));
            tokio::select! {
                biased;
                completions = completions.take() => {
                    let now = self.clock.now();
                    for completion in completions {
                        self.complete(completion, now);
                    }
                }
                taken = self.inputs.recv_many(&mut batch, BATCH_MAX), if !self.inputs.is_closed() || !self.inputs.is_empty() => {
                    if taken == 0 {
                        continue;
                    }
                    let now = self.clock.now();
                    for wake in batch.drain(..) {
                        self.wake(wake, now);
                    }
                }
                () = sleep_until(wake_at.unwrap_or_else(far_future)), if wake_at.is_some() => {}
            }
            self.engine.handle_timeout(self.clock.now());
        }
        if let Some(ends) = self.ends.take() {
            let _ = ends.send(());
        }
    }

    fn may_end(&self) -> bool {
        self.ends.is_some() && self.with_store == 0 && !self.command_runs
    }

    fn wake(&mut self, wake: Wake, now: Now) {
        match wake {
            Wake::Pbx(pbx, input) => self.pbx_input(pbx, input, now),
            Wake::Command(command, answer) => {
                if self.commands.len() >= COMMANDS_MAX || self.ends.is_some() {
                    answer(Err(Refusal::ShuttingDown));
                    return;
                }
                self.commands.push_back((*command, answer));
                self.next_command(now);
            }
            Wake::Preview(command, answer) => self.preview(command, answer, now),
            Wake::HangUp(dialing, answer) => {
                let _ = answer.send(self.engine.dialing(dialing).is_some());
                self.engine.handle(Input::HangUp { dialing }, now);
            }
            Wake::ListImport(dial_list, import, answer) => {
                self.engine.handle(Input::ListImport { dial_list, import }, now);
                let _ = answer.send(());
            }
            Wake::Read(read) => read(&self.engine),
            Wake::Why(campaign, answer) => {
                let _ = answer.send(self.why(campaign, now));
            }
            Wake::Reasons(after, count, answer) => {
                let _ = answer.send(self.engine.reasons(after, now).take(count).collect());
            }
            Wake::Count(answer) => {
                let _ = answer.send(self.counts());
            }
            Wake::Measure(answer) => {
                let _ = answer.send(self.measured(now));
            }
            Wake::Absences(answer) => {
                let _ = answer.send(self.absences());
            }
            Wake::Away(answer) => {
                let absence = |asterisk: &Asterisk| Some((asterisk.name().to_owned(), asterisk.absence()?));
                let _ = answer.send(self.asterisks.iter().filter_map(absence).collect());
            }
            Wake::Written(written) => self.await_written.push(written),
            Wake::ShutDown(ends) => {
                self.ends = Some(ends);
                self.engine.handle(Input::ShutDown, now);
            }
        }
    }

    fn pbx_input(&mut self, pbx: PbxId, input: PbxInput, now: Now) {
        if let PbxInput::Call(channel, event) = &input {
            let _said_in = self.span_of(*channel).entered();
            self.tell_heard(pbx, *channel, event);
            if let CallEvent::Refused { message } = event
                && message.starts_with("Extension does not exist")
                && self.send_again(pbx, *channel)
            {
                return;
            }
        }
        self.engine.handle(Input::Pbx(pbx, input), now);
    }

    /// What an Asterisk said of a call, in the log.
    fn tell_heard(&self, pbx: PbxId, channel: Uuid, event: &CallEvent) {
        let asterisk = self.asterisks.get(pbx.0).map(Asterisk::name);
        if let CallEvent::Refused { message } = event {
            tracing::warn!(asterisk, dialing = %channel, answer = message, "Originate refused");
        } else {
            tracing::debug!(asterisk, %channel, ?event, "Asterisk says");
        }
    }

    /// The span of the dialing that a channel is of: its customer's, or in a preview its agent's.
    fn span_of(&self, channel: Uuid) -> Span {
        if spans::are_off() {
            return Span::none();
        }
        let dialing = self.engine.dialing(channel).or_else(|| self.engine.dialing(agent_channel(channel)));
        dialing.map_or_else(|| spans::of_uuid(channel), |dialing| spans::of(&dialing.setup))
    }

    /// A `dialplan reload` came between writing the dialplan and the Originate: nothing was dialed, so both are sent once
    /// more.
    fn send_again(&mut self, pbx: PbxId, uuid: Uuid) -> bool {
        let Some(setup) = self.engine.dialing(uuid).map(|dialing| Arc::clone(&dialing.setup)) else {
            return false;
        };
        let Some(plan) = self.engine.catalog().plans.get(&setup.plan) else { return false };
        if setup.destination.is_some() || !self.sent_again.insert(uuid) {
            return false;
        }
        let Some(asterisk) = self.asterisks.get(pbx.0) else { return false };
        tracing::info!(asterisk = asterisk.name(), dialing = %uuid, "the dialplan was gone; it and the call are sent again");
        asterisk.rewrite_dialplan(plan);
        asterisk.originate(&setup, plan).is_ok()
    }

    fn complete(&mut self, completion: Completion, now: Now) {
        match completion {
            Completion::Claimed { request, result } => {
                self.with_store = self.with_store.saturating_sub(1);
                let claimed = result.inspect_err(tell_unclaimed).ok();
                self.engine.handle(Input::Leads { request, claimed }, now);
            }
            Completion::LeadAccepted { dialing, committed } => self.lead_accepted(dialing, committed, now),
            Completion::Recorded => {
                self.with_store = self.with_store.saturating_sub(1);
                self.in_turn.committed();
                self.tell_committed();
            }
            Completion::LeadsChanged(dial_list) => self.engine.handle(Input::LeadsChanged { dial_list }, now),
            Completion::Applied { prepared, answer, result } => {
                self.command_runs = false;
                match result {
                    Ok(()) => {
                        answer(Ok(prepared.uuid));
                        self.engine.handle(Input::Changed(prepared.change), now);
                    }
                    Err(error) => answer(Err(Refusal::NotStored(error.to_string()))),
                }
                self.next_command(now);
            }
        }
    }

    fn next_command(&mut self, now: Now) {
        while !self.command_runs {
            let Some((command, answer)) = self.commands.pop_front() else { return };
            // What the engine has still to carry out may change the rows that the command is checked against.
            self.carry_out();
            match admin::prepare(&command, self.engine.catalog(), now.wall, Uuid::new_v4) {
                Ok(prepared) => self.store_change(prepared, answer),
                Err(refusal) => answer(Err(refusal)),
            }
        }
    }

    fn store_change(&mut self, prepared: Prepared, answer: Answer) {
        self.command_runs = true;
        let completions = self.completions.clone();
        let change: Change = prepared.change.clone();
        self.store.apply(change, move |result| {
            completions.send(Completion::Applied { prepared, answer, result });
        });
    }

    /// How many calls each Asterisk has, and whether it may be given more, for those who watch over it.
    fn tell_asterisks(&self) {
        for (at, asterisk) in self.asterisks.iter().enumerate() {
            asterisk.set_in_flight(self.engine.in_flight(PbxId(at)));
            if self.engine.is_ready(PbxId(at)) {
                asterisk.ready();
            }
        }
    }
}

/// The store itself says in the log what keeps it from working, once.
fn tell_unclaimed(error: &StoreError) {
    if error.trouble().is_some() {
        tracing::debug!(%error, "leads cannot be claimed; no call is placed without");
    } else {
        tracing::error!(%error, "leads cannot be claimed; no call is placed without");
    }
}

fn far_future() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

/// Monotonic time as the engine counts it, from a clock's start.
pub(crate) fn mono(duration: Duration) -> Mono {
    Mono(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}
