//! What comes to the daemon, one thing at a time, as `asterisk/link.rs` and `driver.rs` take it.

use engine::input::{CallEvent, QueueEvent};
use engine::model::{CampaignStatus, Change};
use engine::{Input, PbxId, PbxInput};
use uuid::Uuid;

use super::SECOND;
use super::daemon::Daemon;
use super::disk::{Done, Written};
use super::link::Answer;
use super::world::{Due, Own, World};
use crate::admin;
use crate::asterisk::translate::{self, Heard};

/// How long after a list that failed it is asked for again.
const AGAIN: u64 = 2 * SECOND;
/// How often queues are compared.
const QUEUES_WATCH: u64 = 30 * SECOND;
/// A list of channels reaches the driver at the latest after so long.
const HELD_MAX: u64 = 20 * SECOND;
/// The waits between two tries to connect double from this to that.
const BACKOFF: (u64, u64) = (SECOND / 4, 10 * SECOND);

impl World {
    /// Something that was due comes.
    pub(super) fn comes(&mut self, due: Due) {
        match due {
            Due::Action { pbx, session, late, action } => self.action_arrives(pbx, session, late, &action),
            Due::Heard { pbx, session, heard } => self.heard(pbx, session, heard),
            Due::Reply { pbx, session, message } => {
                if self.listens(pbx, session) && !self.sites[pbx].is_dead(self.now) && !self.dies_here() {
                    self.replied(pbx, &message);
                }
            }
            Due::Up { pbx, session } => self.up(pbx, session),
            Due::SessionEnds { pbx, session } => {
                self.trace.note(self.now, || format!("a session of pbx{} ends", pbx + 1));
                let site = &mut self.sites[pbx];
                site.session = site.session.filter(|open| *open != session);
            }
            Due::Down { pbx, session } => self.down(pbx, session),
            Due::Unanswered { pbx, session, number } => {
                if self.listens(pbx, session)
                    && let Some(daemon) = &mut self.daemon
                {
                    let answer = daemon.links[pbx].unanswered(number);
                    self.answered(pbx, answer);
                }
            }
            Due::DiskBegins => self.disk_begins(),
            Due::DiskEnds => {
                let done = self.disk.end(self.now);
                self.done(done);
                self.disk_begins();
            }
            Due::Own { life, what } => {
                if self.lives(life) {
                    self.own(what);
                }
            }
            Due::Start => self.start(),
            Due::Starts(campaign) => self.ask_status(campaign, CampaignStatus::Start),
            Due::Strikes(fault) => self.strikes(fault),
            Due::Heals(heal) => self.heals(heal),
        }
    }

    fn own(&mut self, what: Own) {
        let hears = matches!(what, Own::Listed(..) | Own::Written(_) | Own::Answer(_));
        if hears && self.dies_here() {
            return;
        }
        match what {
            Own::Connect(pbx) => self.connect(pbx),
            Own::ChannelsAgain(pbx) => self.list_channels(pbx),
            Own::QueuesAgain(pbx) => self.ask_queues(pbx),
            Own::QueuesWatch(pbx) => {
                self.ask_queues(pbx);
                self.later(QUEUES_WATCH, Own::QueuesWatch(pbx));
            }
            Own::Listed(pbx, input) => self.listed(pbx, *input),
            Own::ListIsFree(pbx) => self.list_is_free(pbx),
            Own::DialplanGone(pbx) => self.restore_dialplan(pbx),
            Own::Written(written) => self.written(*written),
            Own::Answer(dialing) => self.agent_answers(dialing),
        }
    }

    /// The daemon has something to do after a while, if it still lives.
    pub(super) fn later(&mut self, wait: u64, what: Own) {
        self.agenda.at(self.now + wait, Due::Own { life: self.lives, what });
    }

    fn lives(&self, life: u64) -> bool {
        self.daemon.as_ref().is_some_and(|daemon| daemon.life == life)
    }

    fn listens(&self, pbx: usize, session: u64) -> bool {
        self.daemon.as_ref().is_some_and(|daemon| daemon.links[pbx].session == Some(session))
    }

    pub(super) fn input(&mut self, input: Input) {
        let now = self.clock();
        if let Some(daemon) = &mut self.daemon {
            daemon.engine.handle(input, now);
        }
    }

    fn pbx_input(&mut self, pbx: usize, input: PbxInput) {
        if let PbxInput::Call(uuid, CallEvent::Refused { message }) = &input
            && message.starts_with("Extension does not exist")
            && self.send_again(pbx, *uuid)
        {
            return;
        }
        self.input(Input::Pbx(PbxId(pbx), input));
    }

    fn send_again(&mut self, pbx: usize, uuid: Uuid) -> bool {
        let Some(daemon) = &mut self.daemon else { return false };
        let Some((setup, plan)) = daemon.plan_of(uuid) else { return false };
        if setup.destination.is_some() || !daemon.sent_again.insert(uuid) {
            return false;
        }
        daemon.links[pbx].forget();
        self.originate(pbx, &setup, &plan).is_ok()
    }

    fn heard(&mut self, pbx: usize, session: u64, heard: Vec<Heard>) {
        if !self.listens(pbx, session) || self.sites[pbx].is_dead(self.now) {
            return self.taint(&heard);
        }
        for what in heard {
            if self.dies_here() {
                return;
            }
            if !matches!(what, Heard::Queue(QueueEvent::Member { .. })) {
                self.trace.note(self.now, || format!("pbx{} says {what:?}", pbx + 1));
            }
            let Some(daemon) = &mut self.daemon else { return };
            match what {
                Heard::Call(uuid, event) => {
                    if matches!(event, CallEvent::Originated { success: true, .. }) {
                        self.watch.hears_answer(uuid);
                    }
                    self.pbx_input(pbx, PbxInput::Call(uuid, event));
                }
                Heard::Queue(event) => {
                    daemon.links[pbx].note(&event);
                    self.pbx_input(pbx, PbxInput::Queue(event));
                }
                Heard::QueuesReloaded => self.ask_queues(pbx),
                Heard::DialplanReloaded => self.restore_dialplan(pbx),
                Heard::ShuttingDown => {}
            }
        }
    }

    fn replied(&mut self, pbx: usize, message: &ami::Message) {
        if let Some((uuid, event)) = translate::response(message) {
            self.trace.note(self.now, || format!("pbx{} answers {uuid}: {event:?}", pbx + 1));
            return self.pbx_input(pbx, PbxInput::Call(uuid, event));
        }
        let Some(daemon) = &mut self.daemon else { return };
        let answer = daemon.links[pbx].answer(message);
        self.answered(pbx, answer);
    }

    fn answered(&mut self, pbx: usize, answer: Answer) {
        match answer {
            Answer::Nothing => {}
            Answer::Inputs(inputs) => {
                self.lists_come(pbx, inputs);
            }
            Answer::Next(number, action) => self.ask(pbx, (number, action)),
            Answer::ChannelsAgain => self.later(AGAIN, Own::ChannelsAgain(pbx)),
            Answer::QueuesAgain => self.later(AGAIN, Own::QueuesAgain(pbx)),
        }
    }

    /// Lists reach the driver by tasks of their own, which nobody hurries: some of them after the session has ended.
    fn lists_come(&mut self, pbx: usize, mut inputs: Vec<PbxInput>) {
        let Some(daemon) = &mut self.daemon else { return };
        let link = &mut daemon.links[pbx];
        if matches!(inputs[..], [PbxInput::Channels { .. }]) && link.held.is_none() && self.dice.hits(0.1) {
            link.held = inputs.pop();
            self.later(HELD_MAX, Own::ListIsFree(pbx));
        }
        let slow = self.dice.hits(0.25);
        let wait = if slow { self.dice.between(SECOND / 10, 3 * SECOND) } else { 0 };
        for input in inputs {
            self.later(wait, Own::Listed(pbx, Box::new(input)));
        }
    }

    /// A list that was held back comes.
    fn list_is_free(&mut self, pbx: usize) {
        let held = self.daemon.as_mut().and_then(|daemon| daemon.links[pbx].held.take());
        if let Some(input) = held {
            let wait = self.dice.between(0, 5_000);
            self.later(wait, Own::Listed(pbx, Box::new(input)));
        }
    }

    fn listed(&mut self, pbx: usize, input: PbxInput) {
        self.trace.note(self.now, || in_words(pbx, &input));
        if let (PbxInput::Channels { asked, .. }, Some(daemon)) = (&input, &mut self.daemon) {
            daemon.links[pbx].compares(*asked);
        }
        self.pbx_input(pbx, input);
    }

    fn restore_dialplan(&mut self, pbx: usize) {
        let link = self.daemon.as_mut().map(|daemon| &mut daemon.links[pbx]).filter(|link| link.is_up());
        let again = link.map(|link| link.restore()).unwrap_or_default();
        self.send(pbx, again);
    }

    pub(super) fn list_channels(&mut self, pbx: usize) {
        let now = self.clock().mono;
        let Some(daemon) = &mut self.daemon else { return };
        if daemon.links[pbx].is_up() {
            let asked = daemon.links[pbx].ask_channels(now);
            self.ask(pbx, asked);
        }
    }

    fn ask_queues(&mut self, pbx: usize) {
        let asked = self.daemon.as_mut().and_then(|daemon| daemon.links[pbx].ask_queues());
        if let Some(asked) = asked {
            self.ask(pbx, asked);
        }
    }

    fn start(&mut self) {
        self.lives += 1;
        self.started = self.now;
        self.trace.note(self.now, || "the daemon starts".to_owned());
        self.watch.started(&self.disk.rows);
        let wall = self.clock().wall;
        self.disk.rows.open_at(wall);
        let daemon = Daemon::start(self.lives, &self.setup, &self.disk.rows, self.clock());
        self.daemon = Some(daemon);
        for pbx in 0..self.sites.len() {
            self.later(1_000, Own::Connect(pbx));
            self.later(QUEUES_WATCH, Own::QueuesWatch(pbx));
        }
    }

    fn connect(&mut self, pbx: usize) {
        let Some(daemon) = &mut self.daemon else { return };
        let (link, site) = (&mut daemon.links[pbx], &mut self.sites[pbx]);
        link.tries += 1;
        if self.now < site.reachable_at || site.is_dead(self.now) {
            let wait = (BACKOFF.0 << link.tries.min(6)).min(BACKOFF.1);
            return self.later(wait, Own::Connect(pbx));
        }
        self.sessions += 1;
        let session = self.sessions;
        site.session = Some(session);
        let at = site.arrives_in(self.now);
        self.agenda.at(at, Due::Up { pbx, session });
    }

    fn up(&mut self, pbx: usize, session: u64) {
        if self.sites[pbx].session != Some(session) {
            // It was gone before it stood.
            return self.later(BACKOFF.0, Own::Connect(pbx));
        }
        let now = self.clock().mono;
        let Some(daemon) = &mut self.daemon else { return };
        self.trace.note(self.now, || format!("pbx{} is connected", pbx + 1));
        daemon.links[pbx].up(session, now);
        let kept = std::mem::take(&mut daemon.links[pbx].kept);
        self.send(pbx, kept);
        self.pbx_input(pbx, PbxInput::Up);
        self.list_is_free(pbx);
        self.ask_queues(pbx);
    }

    fn down(&mut self, pbx: usize, session: u64) {
        if !self.listens(pbx, session) {
            return;
        }
        self.trace.note(self.now, || format!("pbx{} is gone", pbx + 1));
        let Some(daemon) = &mut self.daemon else { return };
        daemon.links[pbx].down();
        self.sites[pbx].reset = session;
        // It takes a moment until the driver hears of it.
        let slow = self.dice.hits(0.2);
        let wait = if slow { self.dice.between(1_000, SECOND / 5) } else { 0 };
        self.later(wait, Own::Listed(pbx, Box::new(PbxInput::Down)));
        self.later(BACKOFF.0, Own::Connect(pbx));
    }

    pub(super) fn disk_begins(&mut self) {
        let (due, refused) = self.disk.begin(self.now, &mut self.disk_dice);
        self.done(refused);
        if let Some(at) = due {
            let due = if self.disk.is_busy() { Due::DiskEnds } else { Due::DiskBegins };
            self.agenda.at(at, due);
        }
    }

    /// What the disk has done is looked at, and told to the driver a moment later.
    pub(super) fn done(&mut self, done: Done) {
        let Done { written, records, second_end } = done;
        if let Some(dialing) = second_end {
            self.watch.fail("one result for each attempt", || format!("{dialing} ends a second time"));
        }
        self.watch.committed(&records, &self.disk.rows);
        for written in written {
            if let (Written::Claimed { claimed: Some(claimed), .. }, Some(daemon)) =
                (&written, &mut self.daemon)
            {
                daemon.claims_coming += claimed.claims.len() as u64;
            }
            self.later(100, Own::Written(Box::new(written)));
        }
        if let Some(daemon) = &mut self.daemon {
            let ends = records.iter().filter(|record| super::carry::is_end(record)).count() as u64;
            daemon.ends_going = daemon.ends_going.saturating_sub(ends);
        }
    }

    fn written(&mut self, written: Written) {
        let now = self.clock();
        let Some(daemon) = &mut self.daemon else { return };
        match written {
            Written::Claimed { request, claimed } => {
                let count = claimed.as_ref().map_or(0, |claimed| claimed.claims.len() as u64);
                self.trace.note(self.now, || {
                    let due = claimed.as_ref().and_then(|claimed| claimed.next_due);
                    let due = due.map_or_else(String::new, |due| format!(", the next is due at {}", due.0));
                    format!("request {request} has {count} leads{due}")
                });
                daemon.claims_coming = daemon.claims_coming.saturating_sub(count);
                daemon.engine.handle(Input::Leads { request, claimed }, now);
            }
            Written::Accepted { dialing, committed } => {
                daemon.engine.handle(Input::PreviewAccepted { dialing, committed }, now);
            }
            Written::Recorded => {
                daemon.in_turn.committed();
                self.tell_committed();
            }
            Written::Applied { committed } => {
                let Some(prepared) = daemon.running.take() else { return };
                if committed {
                    self.answer_command(&prepared.change);
                    self.input(Input::Changed(prepared.change));
                }
                self.next_command();
            }
            Written::LeadsChanged(dial_list) => daemon.engine.handle(Input::LeadsChanged { dial_list }, now),
        }
    }

    /// A user hears that his command was done.
    fn answer_command(&mut self, change: &Change) {
        use CampaignStatus::{ForceStopping, Pausing, Stop, Stopping};
        match change {
            Change::PlanUpdated(plan) => self.watch.allow_tries(plan.uuid, &plan.max_tries),
            Change::CampaignUpdated(row)
                if matches!(row.status, Stopping | Pausing | ForceStopping | Stop) =>
            {
                self.watch.stopped.insert(row.uuid);
            }
            _ => {}
        }
    }

    pub(super) fn next_command(&mut self) {
        loop {
            let Some(daemon) = &mut self.daemon else { return };
            if daemon.running.is_some() {
                return;
            }
            let Some(command) = daemon.commands.pop_front() else { return };
            self.carry_out();
            let wall = self.clock().wall;
            let uuid = || Uuid::from_u64_pair(self.dice.number(), self.dice.number());
            let Some(daemon) = &mut self.daemon else { return };
            match admin::prepare(&command, daemon.engine.catalog(), wall, uuid) {
                Ok(prepared) => {
                    self.trace.note(self.now, || format!("a user: {command:?}"));
                    let change = prepared.change.clone();
                    daemon.running = Some(prepared);
                    self.disk.push(super::disk::Job::Apply(change));
                    self.disk_begins();
                }
                Err(refusal) => self.trace.note(self.now, || format!("a user is refused: {refusal}")),
            }
        }
    }

    fn agent_answers(&mut self, dialing: Uuid) {
        let refuses = !self.calm && self.dice.hits(0.3);
        let input = if refuses {
            Input::PreviewRefuse { dialing, delay_ms: self.dice.of(&[None, Some(0), Some(3_000)]) }
        } else {
            Input::PreviewAccept { dialing }
        };
        self.trace.note(self.now, || format!("an agent: {input:?}"));
        self.input(input);
    }
}

/// What a list says, short.
fn in_words(pbx: usize, input: &PbxInput) -> String {
    match input {
        PbxInput::Channels { up, .. } => {
            let up: Vec<String> = up.keys().map(ToString::to_string).collect();
            format!("pbx{} has these calls: {}", pbx + 1, up.join(", "))
        }
        PbxInput::Queues(_) => format!("pbx{} has told its queues", pbx + 1),
        other => format!("pbx{} said meanwhile {other:?}", pbx + 1),
    }
}
