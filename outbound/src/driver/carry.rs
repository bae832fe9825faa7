//! Carries the engine's outputs out: one arm, one call.

use std::sync::Arc;

use engine::dialing::{ClaimRequest, Record, Setup};
use engine::input::{AgentCall, CallEvent};
use engine::model::{NUMBERS, Plan};
use engine::notify::Notify;
use engine::pacing::Limit;
use engine::{Output, PbxId, PbxInput};
use tracing::Span;
use uuid::Uuid;

use super::{Completion, Driver};
use crate::ami_server::publish;
use crate::asterisk::{Asterisk, Found};
use crate::spans;

/// What the store is to do.
pub(super) enum ForStore {
    Claim { request: u64, claim: ClaimRequest },
    SetLimits { dial_list: Uuid, widest_tries: [u32; NUMBERS] },
    Accept(Uuid),
    Record(Record),
}

impl Driver {
    /// Carries out everything that the engine wants now.
    pub(super) fn carry_out(&mut self) {
        loop {
            let now = self.clock.now();
            let Some(output) = self.engine.poll_output(now) else { break };
            match output {
                Output::NeedLeads { request, claim } => {
                    self.with_store += 1;
                    self.for_store.push(ForStore::Claim { request, claim });
                }
                Output::ReviveLeads { dial_list, widest_tries } => {
                    self.for_store.push(ForStore::SetLimits { dial_list, widest_tries });
                }
                Output::Originate { pbx, setup, plan } => self.originate(pbx, &setup, &plan),
                Output::AcceptLead { dialing } => {
                    self.with_store += 1;
                    self.for_store.push(ForStore::Accept(dialing));
                }
                Output::OriginateAgent { pbx, call, plan } => self.originate_agent(pbx, &call, &plan),
                Output::Hangup { pbx, channel, cause } => self.hang_up(pbx, &channel, cause),
                Output::ListChannels { pbx, unheard } => {
                    let clock = self.clock.clone();
                    self.asterisks[pbx.0]
                        .list_channels(unheard, self.inbox.clone(), move || clock.now().mono);
                }
                Output::WriteDialplan { plan } => {
                    self.asterisks.iter().for_each(|asterisk| asterisk.write_dialplan(&plan));
                }
                Output::RemoveDialplan { plan } => {
                    self.asterisks.iter().for_each(|asterisk| asterisk.remove_dialplan(plan));
                }
                Output::Record(record) => self.record(record),
                Output::Notify(notify) => self.tell_in_turn(notify),
                Output::Orphan { pbx, channel, name, bridged } => {
                    self.tell_orphan(pbx, channel, &name, bridged);
                }
                Output::Compared { pbx, up, gone, unreached } => {
                    self.asterisks[pbx.0].found(Found { up, gone, unreached });
                }
                Output::Limited { campaign, limit } => {
                    self.tell_limit(campaign, &limit);
                }
            }
        }
        self.ask_store();
        self.tell_asterisks();
    }

    /// Hands everything to the store at once: so it goes into as few transactions as can be.
    fn ask_store(&mut self) {
        for request in self.for_store.drain(..) {
            let completions = self.completions.clone();
            match request {
                ForStore::Claim { request, claim } => self.store.claim(claim, move |result| {
                    completions.send(Completion::Claimed { request, result });
                }),
                ForStore::SetLimits { dial_list, widest_tries } => {
                    self.store.set_limits(dial_list, widest_tries, move |result| {
                        if let Err(error) = result {
                            tracing::error!(%dial_list, %error, "leads that were put aside cannot be brought back");
                        }
                    });
                }
                ForStore::Accept(dialing) => self.store.accept(dialing, move |committed| {
                    completions.send(Completion::LeadAccepted { dialing, committed });
                }),
                ForStore::Record(record) => {
                    self.store.record(record, move || completions.send(Completion::Recorded));
                }
            }
        }
    }

    fn originate(&mut self, pbx: PbxId, setup: &Arc<Setup>, plan: &Plan) {
        let _said_in = spans::of(setup).entered();
        let asterisk = &self.asterisks[pbx.0];
        tracing::debug!(dialing = %setup.uuid, campaign = %setup.campaign, lead = %setup.lead, asterisk = asterisk.name(),
            channel = %setup.channel, "originate");
        if let Err(error) = asterisk.originate(setup, plan) {
            tracing::warn!(dialing = %setup.uuid, asterisk = asterisk.name(), %error, "Originate was not sent");
            let refused = CallEvent::Refused { message: error.to_string() };
            let now = self.clock.now();
            self.engine.handle(engine::Input::Pbx(pbx, PbxInput::Call(setup.uuid, refused)), now);
        }
    }

    fn originate_agent(&mut self, pbx: PbxId, call: &AgentCall, plan: &Plan) {
        let _said_in = spans::of(&call.customer).entered();
        let asterisk = &self.asterisks[pbx.0];
        tracing::debug!(dialing = %call.customer.uuid, channel = %call.channel, asterisk = asterisk.name(),
            interface = %call.interface, "originate to an agent");
        if let Err(error) = asterisk.originate_agent(call, plan) {
            tracing::warn!(dialing = %call.customer.uuid, asterisk = asterisk.name(), %error, "Originate to an agent was not sent");
            let refused = CallEvent::Refused { message: error.to_string() };
            let now = self.clock.now();
            self.engine.handle(engine::Input::Pbx(pbx, PbxInput::Call(call.channel, refused)), now);
        }
    }

    fn hang_up(&self, pbx: PbxId, channel: &str, cause: u16) {
        let asterisk = &self.asterisks[pbx.0];
        let named = channel.split(';').next().and_then(|id| Uuid::parse_str(id).ok());
        let _said_in = named.map_or_else(Span::none, |id| self.span_of(id)).entered();
        tracing::debug!(channel, cause, asterisk = asterisk.name(), "hangup");
        if let Err(error) = asterisk.hangup(channel, cause) {
            let dialing = named.filter(|id| self.engine.dialing(*id).is_some()).map(tracing::field::display);
            tracing::warn!(dialing, channel, asterisk = asterisk.name(), %error, "Hangup was not sent; it is tried again");
        }
    }

    fn tell_orphan(&self, pbx: PbxId, channel: Uuid, name: &str, bridged: bool) {
        let asterisk = self.asterisks[pbx.0].name();
        let _said_in = spans::of_uuid(channel).entered();
        if bridged {
            tracing::warn!(asterisk, dialing = %channel, channel = name,
                "a channel of a dialing that has ended talks to somebody; it is left alone: hang it up there if it should not be");
        } else {
            tracing::warn!(asterisk, dialing = %channel, channel = name,
                "a channel of a dialing that has ended was found; it is hung up");
        }
    }

    fn record(&mut self, record: Record) {
        let _said_in = spans::of_record(&record).entered();
        if let Record::Ended(ended) = &record {
            let (setup, progress) = (&ended.dialing.setup, &ended.dialing.progress);
            self.sent_again.remove(&setup.uuid);
            self.meters.ended(ended);
            self.events.ended(ended);
            tracing::info!(dialing = %setup.uuid, campaign = %setup.campaign, lead = %setup.lead, index = setup.index,
                try_count = setup.try_count, outcome = ?ended.outcome, res_dial = progress.res_dial,
                res_hangup = progress.res_hangup, "dialing ended");
        }
        if let Record::Answered { dialing, answer, .. } = &record {
            let progress = &answer.progress;
            tracing::debug!(%dialing, queue = progress.queue, agent = progress.agent, res_amd = progress.res_amd,
                left_queue = answer.left_queue, "dialing answered, or more is known of its answer");
        }
        if let Record::Released { dialing, .. } | Record::Returned { dialing, .. } = &record {
            tracing::debug!(%dialing, "the claim is given back");
        }
        if let Record::CampaignStatus { campaign, status, .. } = &record {
            tracing::info!(%campaign, status = ?status, "campaign status");
            self.told_limits.remove(campaign);
        }
        self.with_store += 1;
        self.in_turn.recorded();
        self.for_store.push(ForStore::Record(record));
    }

    /// What holds a campaign back, in the log: at level info where somebody may want to do something about it and it
    /// is not what was said last. Agents, channels and rate take turns all the time in a room at work.
    fn tell_limit(&mut self, campaign: Uuid, limit: &Limit) {
        let kind = std::mem::discriminant(limit);
        let usual = matches!(
            limit,
            Limit::Agents { .. }
                | Limit::Predicted(_)
                | Limit::Level { .. }
                | Limit::Offers { .. }
                | Limit::Channels
                | Limit::Rate
                | Limit::LastCalls
                | Limit::CampaignChannels(_)
                | Limit::CampaignRate(_)
                | Limit::TrunkChannels { .. }
                | Limit::TrunkRate { .. }
        );
        // A loss is news also where the campaign was held back by what is usual since the last one.
        let lost = matches!(limit, Limit::NotConnected);
        let limit = self.in_full(campaign, limit);
        if usual || self.told_limits.insert(campaign, kind) == Some(kind) && !lost {
            tracing::debug!(%campaign, %limit, "what holds the campaign back");
        } else {
            tracing::info!(%campaign, %limit, "what holds the campaign back");
        }
    }

    /// With what is known here of an Asterisk that is away.
    fn in_full(&self, campaign: Uuid, limit: &Limit) -> String {
        match limit {
            Limit::NotConnected => {
                let away: Vec<String> = self.asterisks.iter().filter_map(Asterisk::absence).collect();
                format!("no Asterisk is connected: {}", away.join("; "))
            }
            _ => {
                let reason = self.engine.reason(campaign, self.clock.now());
                reason.map(|reason| reason.text).unwrap_or_default()
            }
        }
    }

    /// Tells it now, or when what was recorded before it is committed.
    fn tell_in_turn(&mut self, notify: Notify) {
        if let Notify::CampaignDeleted(campaign) = &notify {
            self.told_limits.remove(campaign);
        }
        match self.in_turn.take(notify) {
            Some(notify) => self.tell(notify),
            None => self.tell_committed(),
        }
    }

    /// Tells what waited for records that are committed now.
    pub(super) fn tell_committed(&mut self) {
        while let Some(notify) = self.in_turn.next() {
            self.tell(notify);
        }
    }

    fn tell(&self, notify: Notify) {
        tell_claimed(&notify);
        if self.broadcast.sessions() > 0 {
            publish(&self.broadcast, &notify);
        }
        self.events.tell(notify);
    }
}

/// That a lead is claimed, in the log: where each call begins.
fn tell_claimed(notify: &Notify) {
    if let Notify::DialingCreated(dialing) = notify {
        let setup = &dialing.setup;
        let _said_in = spans::of(setup).entered();
        tracing::debug!(asterisk = %setup.asterisk, index = setup.index, try_count = setup.try_count, "a lead is claimed");
    }
    if let Notify::PreviewOffered(offer) = notify {
        let _said_in = spans::of_offer(offer).entered();
        tracing::debug!(
            queue = offer.queue,
            agent = offer.agent,
            seconds = offer.seconds,
            "a lead is offered"
        );
    }
}
