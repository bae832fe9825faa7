//! The calls of an accepted offer: one party is called and hears ringing in [`HOLDING`], then the other one, who is bridged to
//! the first when he answers. The customer's call is a dialing as any other; here is the agent's side of it.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::leg::{Leg, Party, Phone, phone_cause, phone_failure, route};
use super::{Offer, OpenOffer, agent_channel};
use crate::calls::{GRACE, Stage};
use crate::catalog::Equipment;
use crate::dialing::Claim;
use crate::engine::Engine;
use crate::input::{AgentCall, CallEvent, Output, PbxId};
use crate::model::Campaign;
use crate::placing::setup;
use crate::sharing::Place;
use crate::time::{Mono, Now};
use crate::timers::Timer;

/// A hang-up that did not help is asked for again after this time.
const HANGUP_AGAIN: Duration = Duration::from_secs(2);

impl Engine {
    /// Makes the dialing of an accepted offer and calls the first of the two.
    pub(super) fn call_for(
        &mut self,
        open: OpenOffer,
        row: &Arc<Campaign>,
        equipment: &Equipment,
        customer_first: bool,
        now: Now,
    ) {
        let OpenOffer { offer, pbx, trunk, .. } = open;
        let Offer { dialing, serial, index, .. } = *offer;
        let claim = Claim { dialing, serial, lead: offer.lead.clone(), index };
        let server = &self.pbxs[pbx.0];
        let trunk_name = server.trunks[trunk.0].name.as_ref();
        let mut setup = setup(row.uuid, equipment, &server.name, trunk_name, &claim, now.wall);
        setup.route = route(offer.dialing, customer_first);
        let setup = Arc::new(setup);
        self.begin_call(row, equipment, (pbx, trunk), Arc::clone(&setup), claim.lead, None, now);
        let leg = Leg {
            pbx,
            queue: offer.queue.clone(),
            agent: offer.agent.clone(),
            interface: Some(offer.interface.clone()),
            customer_first,
            plan: Arc::clone(&equipment.plan),
            due: Some(if customer_first { Party::Customer } else { Party::Agent }),
            phone: Phone::Idle,
            asked: None,
            customer_called: false,
            over: false,
            talked: false,
            hangup_wanted: None,
            end_customer_at: None,
            setup: Arc::clone(&setup),
        };
        self.previews.legs.insert(offer.dialing, leg);
        if setup.channel.is_empty() {
            let message = "The plan's TechName cannot dial a sip: address".to_owned();
            return self.call_event(offer.dialing, CallEvent::Refused { message }, now);
        }
        self.go_on(offer.dialing, now);
    }

    /// Sends the Originate that is due, if it is its turn by the rate of calls.
    fn go_on(&mut self, dialing: Uuid, now: Now) {
        let Some(leg) = self.previews.legs.get(&dialing) else { return };
        let (pbx, Some(party)) = (leg.pbx, leg.due) else { return };
        let turn = match party {
            Party::Agent => self.take_agents_turn(pbx, now.mono),
            Party::Customer if self.is_too_late(dialing, now) => {
                return self.stop_before_customer(dialing, now);
            }
            Party::Customer => self.take_customers_turn(dialing, now),
        };
        if let Err(again) = turn {
            return self.timers.set(Timer::Preview(dialing), again);
        }
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        leg.due = None;
        match party {
            Party::Agent => {
                (leg.phone, leg.asked) = (Phone::Asked, Some(now.mono));
                let Some(interface) = leg.interface.clone() else { return };
                let bridge_to = leg.customer_first.then_some(dialing);
                let channel = agent_channel(dialing);
                let call = AgentCall { channel, interface, bridge_to, customer: Arc::clone(&leg.setup) };
                let plan = Arc::clone(&leg.plan);
                self.outputs.push_back(Output::OriginateAgent { pbx, call: Box::new(call), plan });
            }
            Party::Customer => {
                leg.customer_called = true;
                let (setup, plan) = (Arc::clone(&leg.setup), Arc::clone(&leg.plan));
                if let Some(call) = self.calls.get_mut(&dialing) {
                    call.requested = Some(now.mono);
                }
                self.outputs.push_back(Output::Originate { pbx, setup, plan });
            }
        }
    }

    /// A customer's call counts with all that bounds calls.
    fn take_customers_turn(&mut self, dialing: Uuid, now: Now) -> Result<(), Mono> {
        let Some(call) = self.calls.get(&dialing) else { return Ok(()) };
        let (campaign, pbx, trunk) = (call.dialing.setup.campaign, call.pbx, call.trunk);
        self.take_turn_now(campaign, pbx, trunk, now.mono)
    }

    /// The campaign's schedule has closed since the offer was accepted.
    fn is_too_late(&mut self, dialing: Uuid, now: Now) -> bool {
        let campaign = self.calls.get(&dialing).map(|call| call.dialing.setup.campaign);
        let row = campaign.and_then(|campaign| self.catalog.campaigns.get(&campaign)).cloned();
        row.is_some_and(|row| self.within_schedule(&row, now).is_err())
    }

    /// True for a dialing whose customer is not called yet: first an agent's phone must be answered.
    pub(crate) fn awaits_agent(&self, dialing: Uuid) -> bool {
        self.previews.legs.get(&dialing).is_some_and(|leg| !leg.customer_called && !leg.over)
    }

    /// Something happened to a channel that is none of a customer's: it may be the agent's of one.
    pub(crate) fn agent_event(&mut self, channel: Uuid, event: CallEvent, now: Now) {
        let dialing = agent_channel(channel);
        let Some(leg) = self.previews.legs.get_mut(&dialing).filter(|leg| leg.phone != Phone::Gone) else {
            return;
        };
        match event {
            CallEvent::Originated { success: true, .. } => self.agent_answered(dialing, now),
            CallEvent::Originated { success: false, reason } => {
                self.agent_gone(dialing, phone_failure(reason), now);
            }
            CallEvent::Refused { message } => self.agent_gone(dialing, &message, now),
            CallEvent::Hangup { .. } if leg.phone == Phone::Up => {
                self.agent_gone(dialing, "The agent has hung up", now);
            }
            CallEvent::Hangup { cause, .. } => self.agent_gone(dialing, phone_cause(cause), now),
            CallEvent::Bridged if !leg.over => self.connected(dialing, now),
            CallEvent::Bridged
            | CallEvent::Accepted
            | CallEvent::Channel { .. }
            | CallEvent::DialBegin
            | CallEvent::DialEnd { .. }
            | CallEvent::Amd { .. }
            | CallEvent::AmdCause { .. }
            | CallEvent::QueueJoined { .. }
            | CallEvent::QueueAbandoned
            | CallEvent::QueueGaveUp { .. }
            | CallEvent::AgentCalled
            | CallEvent::AgentNoAnswer
            | CallEvent::AgentConnected { .. }
            | CallEvent::NoAgent { .. } => {}
        }
    }

    pub(super) fn agent_answered(&mut self, dialing: Uuid, now: Now) {
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        leg.phone = Phone::Up;
        if leg.over || leg.hangup_wanted.is_some() {
            return;
        }
        if !leg.customer_called && leg.due.is_none() {
            leg.due = Some(Party::Customer);
            self.go_on(dialing, now);
        }
    }

    /// Agent and customer talk.
    pub(crate) fn connected(&mut self, dialing: Uuid, now: Now) {
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        leg.talked = true;
        let (queue, agent) = (leg.queue.clone(), leg.agent.clone());
        self.call_event(dialing, CallEvent::AgentConnected { queue, agent }, now);
    }

    /// The agent's channel is gone, or never came about. A customer who is not called yet is left in peace; one whose phone
    /// rings is hung up; with one who talked, Asterisk does that.
    pub(super) fn agent_gone(&mut self, dialing: Uuid, why: &str, now: Now) {
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        (leg.phone, leg.hangup_wanted, leg.due) = (Phone::Gone, None, None);
        if leg.over {
            return self.leg_done(dialing, now);
        }
        if !leg.customer_called {
            self.call_event(dialing, CallEvent::NoAgent { message: why.to_owned() }, now);
        } else if leg.talked {
            let at = now.mono.after(GRACE);
            leg.end_customer_at = Some(at);
            self.timers.set(Timer::Preview(dialing), at);
        } else {
            self.hang_up(dialing, now);
        }
    }

    /// The customer's call has moved on: in a call that began with him, it is the agent's turn when he has answered.
    pub(crate) fn customer_moved(&mut self, dialing: Uuid, now: Now) {
        let answered = self.calls.get(&dialing).is_some_and(|call| call.stage() != Stage::Dialing);
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        let idle = leg.phone == Phone::Idle && leg.due.is_none() && leg.hangup_wanted.is_none();
        if answered && leg.customer_first && leg.customer_called && idle && !leg.over {
            leg.due = Some(Party::Agent);
            self.go_on(dialing, now);
        }
    }

    /// The customer's call has ended: the agent is not kept.
    pub(crate) fn customer_ended(&mut self, dialing: Uuid, now: Now) {
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        (leg.over, leg.due, leg.end_customer_at) = (true, None, None);
        match leg.phone {
            Phone::Idle | Phone::Gone => self.leg_done(dialing, now),
            Phone::Asked | Phone::Up => self.hang_agent_up(dialing, now),
        }
    }

    /// Asks for the end of an agent's channel, now and until it is gone.
    pub(super) fn hang_agent_up(&mut self, dialing: Uuid, now: Now) {
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        leg.hangup_wanted = Some(now.mono);
        let pbx = leg.pbx;
        if self.pbxs[pbx.0].up.is_some() {
            let channel = agent_channel(dialing).to_string();
            self.outputs.push_back(Output::Hangup { pbx, channel, cause: 16 });
        }
        self.timers.set(Timer::Preview(dialing), now.mono.after(HANGUP_AGAIN));
    }

    /// Ends a dialing whose customer is not called yet.
    pub(crate) fn stop_before_customer(&mut self, dialing: Uuid, now: Now) {
        let message = "Stopped before the customer was called".to_owned();
        self.call_event(dialing, CallEvent::NoAgent { message }, now);
    }

    /// Nothing new is begun: not for the offers that are open, and not for the customers who are not called yet.
    pub(crate) fn end_previews(&mut self, at: Option<PbxId>, now: Now) {
        self.withdraw_where(|open| at.is_none_or(|pbx| open.pbx == pbx), now);
        let legs = self.previews.legs.iter();
        let waiting = legs.filter(|(_, leg)| at.is_none_or(|pbx| leg.pbx == pbx) && !leg.customer_called);
        for dialing in waiting.map(|(dialing, _)| *dialing).collect::<Vec<_>>() {
            self.stop_before_customer(dialing, now);
        }
        if let Some(pbx) = at {
            self.forget_habits(pbx);
        }
    }

    /// What was due of an offer or its calls.
    pub(crate) fn preview_due(&mut self, dialing: Uuid, now: Now) {
        if self.previews.offers.contains_key(&dialing) {
            return self.run_out(dialing, now);
        }
        let Some(leg) = self.previews.legs.get_mut(&dialing) else { return };
        if leg.due.is_some() {
            self.go_on(dialing, now);
        } else if leg.hangup_wanted.is_some() {
            self.hang_agent_up(dialing, now);
        } else if leg.end_customer_at.take().is_some() {
            self.hang_up(dialing, now);
        }
    }

    /// Both are gone: the agent may be offered the next lead after his wrap-up.
    pub(super) fn leg_done(&mut self, dialing: Uuid, now: Now) {
        let gone = |leg: &&mut Leg| leg.over && matches!(leg.phone, Phone::Idle | Phone::Gone);
        if self.previews.legs.get_mut(&dialing).filter(gone).is_none() {
            return;
        }
        let Some(leg) = self.previews.legs.remove(&dialing) else { return };
        self.timers.clear(Timer::Preview(dialing));
        self.give_channels_back(leg.pbx, 1);
        if let Some(agent) = leg.agent_key() {
            self.previews.engaged.remove(&agent);
            let wrapup_s = self.pbxs[leg.pbx.0].queues.wrapup_s(&leg.queue, &agent.1);
            // app_queue knows nothing of this call, so its wrap-up is counted here.
            if leg.talked && wrapup_s > 0 {
                self.note_rest(&agent, wrapup_s, now);
            }
        }
        self.sharing.wake(&Place::Pbx(leg.pbx));
        self.decide_queue(&leg.queue);
    }
}
