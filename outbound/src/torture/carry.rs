//! Carries the engine's outputs out, one step at a time, as `driver/carry.rs` does.

use std::sync::Arc;

use ami::Message;
use ami::client::ActionError;
use engine::broken::{Rule, is_broken};
use engine::dialing::{Record, Setup};
use engine::input::{AgentCall, CallEvent};
use engine::model::{CampaignStatus, Plan, RETRY_DELAY_MS};
use engine::notify::Notify;
use engine::{Input, Output, PbxId, PbxInput};
use uuid::Uuid;

use super::SECOND;
use super::disk::Job;
use super::trace::short;
use super::world::{Own, World};
use crate::asterisk::actions;

/// Whether a record closes a claim.
pub(super) fn is_end(record: &Record) -> bool {
    matches!(record, Record::Ended(_) | Record::Released { .. } | Record::Returned { .. })
}

impl World {
    /// Carries out everything that the engine wants now, unless the daemon dies before.
    pub(super) fn carry_out(&mut self) {
        loop {
            let now = self.clock();
            let Some(daemon) = &mut self.daemon else { return };
            let Some(output) = daemon.engine.poll_output(now) else { return };
            if self.dies_here() {
                return;
            }
            self.carry(output);
        }
    }

    fn carry(&mut self, output: Output) {
        match output {
            Output::NeedLeads { request, claim } => {
                self.trace.note(self.now, || {
                    let (count, campaign, due) = (claim.count, short(claim.campaign), claim.due.0);
                    format!("request {request}: {count} leads for {campaign}, due at {due}")
                });
                self.write(Job::Claim { request, claim });
            }
            Output::ReviveLeads { dial_list, widest_tries } => {
                self.write(Job::SetLimits { dial_list, widest_tries });
            }
            Output::Originate { pbx, setup, plan } => {
                self.watch.leaves(setup.uuid, &self.disk.rows);
                self.watch.retry_delay(setup.lead, &self.disk.rows);
                let trunk = setup.channel.split_once('@').map(|(_, trunk)| trunk.trim_end_matches("/n"));
                self.watch.pace(pbx.0, trunk);
                if let Err(error) = self.originate(pbx.0, &setup, &plan) {
                    self.not_sent(pbx, setup.uuid, &error);
                }
            }
            Output::AcceptLead { dialing } => self.write(Job::Accept(dialing)),
            Output::OriginateAgent { pbx, call, plan } => {
                self.watch.leaves(call.customer.uuid, &self.disk.rows);
                self.watch.agents.insert(call.channel);
                self.watch.pace(pbx.0, None);
                if let Err(error) = self.originate_agent(pbx.0, &call, &plan) {
                    self.not_sent(pbx, call.channel, &error);
                }
            }
            Output::Hangup { pbx, channel, cause } => {
                if let Ok(action) = actions::hangup(&channel, cause) {
                    self.send(pbx.0, vec![action]);
                }
            }
            Output::ListChannels { pbx, unheard } => self.list_channels(pbx.0, Some(unheard)),
            Output::WriteDialplan { plan } => {
                for pbx in 0..self.sites.len() {
                    let steps = self.daemon.as_mut().map(|daemon| daemon.links[pbx].ensure(&plan));
                    self.send(pbx, steps.and_then(Result::ok).unwrap_or_default());
                }
            }
            Output::RemoveDialplan { plan } => {
                for pbx in 0..self.sites.len() {
                    let action = self.daemon.as_mut().and_then(|daemon| daemon.links[pbx].remove(plan));
                    self.send(pbx, action.into_iter().collect());
                }
            }
            Output::Record(record) => self.record(record),
            Output::Notify(notify) => self.notify(notify),
            Output::Orphan { channel, bridged, .. } => {
                let left = if bridged { "is left alone" } else { "is hung up" };
                self.trace.note(self.now, || format!("the channel {channel} belongs to nobody, and {left}"));
            }
            Output::Compared { pbx, up, gone, unreached } => self.trace.note(self.now, || {
                format!("pbx{} compared: {up} up, {gone} gone, {unreached} unreached", pbx.0 + 1)
            }),
            Output::Limited { campaign, limit } => {
                self.trace.note(self.now, || format!("{}: {limit:?}", short(campaign)));
            }
        }
    }

    pub(super) fn write(&mut self, job: Job) {
        self.disk.push(job);
        self.disk_begins();
    }

    pub(super) fn originate(&mut self, pbx: usize, setup: &Setup, plan: &Plan) -> Result<(), ActionError> {
        self.place(pbx, Some(setup.serial), actions::originate(setup, plan)?, plan)
    }

    fn originate_agent(&mut self, pbx: usize, call: &AgentCall, plan: &Plan) -> Result<(), ActionError> {
        self.place(pbx, None, actions::originate_agent(call)?, plan)
    }

    /// Sends an Originate behind the dialplan that its answer needs; a customer's leaves its mark.
    fn place(
        &mut self,
        pbx: usize,
        serial: Option<u64>,
        mut originate: Message,
        plan: &Plan,
    ) -> Result<(), ActionError> {
        let Some(daemon) = &mut self.daemon else { return Ok(()) };
        let link = &mut daemon.links[pbx];
        if !link.is_up() && is_broken(Rule::KeptForNextSession) {
            link.kept.push(originate);
            return Ok(());
        }
        let mut sent = link.ensure(plan)?;
        if !link.is_up() {
            return Err(ActionError::NotConnected);
        }
        let begin = serial.and_then(|serial| link.marked(serial, &mut originate));
        sent.extend(begin.into_iter().chain([originate]));
        self.send(pbx, sent);
        if self.dies_on_call {
            self.die();
        }
        Ok(())
    }

    fn not_sent(&mut self, pbx: PbxId, uuid: Uuid, error: &ActionError) {
        let refused = CallEvent::Refused { message: error.to_string() };
        self.input(Input::Pbx(pbx, PbxInput::Call(uuid, refused)));
    }

    fn record(&mut self, record: Record) {
        self.trace.note(self.now, || in_words(&record));
        match &record {
            Record::Ended(ended) => {
                let plan = ended.dialing.setup.plan;
                let rows = self.disk.rows.catalog.plans.get(&plan);
                let known = self.daemon.as_ref().and_then(|daemon| daemon.engine.catalog().plans.get(&plan));
                let delay =
                    |plan: Option<&Arc<Plan>>| plan.map_or(RETRY_DELAY_MS, |plan| plan.retry_delay_ms);
                let delay = delay(rows).min(delay(known));
                self.watch.ended(ended, delay);
                if let Some(daemon) = &mut self.daemon {
                    daemon.sent_again.remove(&ended.dialing.setup.uuid);
                }
            }
            Record::CampaignStatus { campaign, status, .. } => {
                if matches!(status, CampaignStatus::Start | CampaignStatus::Starting) {
                    self.watch.stopped.remove(campaign);
                }
            }
            Record::CampaignWindow { .. }
            | Record::Answered { .. }
            | Record::Released { .. }
            | Record::Returned { .. } => {}
        }
        if let Some(daemon) = &mut self.daemon {
            daemon.in_turn.recorded();
            daemon.ends_going += u64::from(is_end(&record));
        }
        self.write(Job::Record(Box::new(record)));
    }

    fn notify(&mut self, notify: Notify) {
        match &notify {
            Notify::DialingCreated(dialing) => {
                let (uuid, campaign) = (dialing.setup.uuid, dialing.setup.campaign);
                self.watch.begins(uuid, campaign);
                let wall = self.clock().wall;
                self.watch.in_window(campaign, &self.disk.rows, &self.setup.zone, wall);
            }
            Notify::PreviewOffered(offer) => {
                let wait = self.dice.between(SECOND / 5, if self.calm { 2 * SECOND } else { 6 * SECOND });
                self.later(wait, Own::Answer(offer.dialing));
            }
            _ => {}
        }
        let Some(daemon) = &mut self.daemon else { return };
        match daemon.in_turn.take(notify) {
            Some(notify) => self.tell(&notify),
            None => self.tell_committed(),
        }
    }

    /// Tells what waited for records that are committed now.
    pub(super) fn tell_committed(&mut self) {
        loop {
            let Some(notify) = self.daemon.as_mut().and_then(|daemon| daemon.in_turn.next()) else { return };
            self.tell(&notify);
        }
    }

    fn tell(&mut self, notify: &Notify) {
        self.watch.told(notify, &self.disk.rows);
    }
}

fn in_words(record: &Record) -> String {
    match record {
        Record::Ended(ended) => {
            let (setup, outcome) = (&ended.dialing.setup, ended.outcome);
            let counts = if ended.counts { "counts" } else { "does not count" };
            format!("{} of {} has ended: {outcome:?}, {counts}", short(setup.uuid), short(setup.lead))
        }
        Record::CampaignStatus { campaign, status, .. } => format!("{} is {status:?}", short(*campaign)),
        Record::Answered { dialing, .. } => format!("the answer of {} is kept", short(*dialing)),
        Record::CampaignWindow { campaign, .. } => format!("a window of {} was handled", short(*campaign)),
        Record::Released { dialing, lead } | Record::Returned { dialing, lead, .. } => {
            format!("{} goes back: {} is free", short(*dialing), short(*lead))
        }
    }
}
