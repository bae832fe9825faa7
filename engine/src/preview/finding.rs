//! What a list of all channels says about the agents' sides of calls: some ended unseen, some answered unseen, and some are
//! of an earlier process.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::leg::{Leg, Phone};
use super::{agent_channel, is_customer_first};
use crate::calls::GRACE;
use crate::engine::Engine;
use crate::input::{ChannelUp, PbxId};
use crate::model::DialMode;
use crate::time::{Mono, Now};

impl Engine {
    /// Compares the agents' channels with a list that was asked for at `asked`.
    pub(crate) fn compare_agents(
        &mut self,
        pbx: PbxId,
        asked: Mono,
        up: &BTreeMap<Uuid, ChannelUp>,
        now: Now,
    ) {
        self.adopt_agents(pbx, up, now);
        let legs = self.previews.legs.iter().filter(|(_, leg)| leg.pbx == pbx);
        for dialing in legs.map(|(dialing, _)| *dialing).collect::<Vec<_>>() {
            let Some(leg) = self.previews.legs.get(&dialing) else { continue };
            let fresh = leg.asked.is_some_and(|at| at.after(GRACE) > asked);
            let called = matches!(leg.phone, Phone::Asked | Phone::Up);
            match up.get(&agent_channel(dialing)) {
                None if called && !fresh => self.agent_gone(dialing, "The agent's call was lost", now),
                Some(channel) if channel.bridged && called && !leg.over && !leg.talked => {
                    self.connected(dialing, now);
                    // When that was nobody heard: so nobody was late.
                    if let Some(call) = self.calls.get_mut(&dialing) {
                        call.seen.connected_at = None;
                    }
                }
                Some(channel) if channel.answered && leg.phone == Phone::Asked => {
                    self.agent_answered(dialing, now);
                }
                Some(_) | None => {}
            }
        }
    }

    /// Calls of an earlier process: an agent whose customer is there is kept, any other is hung up, and so is a customer who
    /// would answer to nobody.
    fn adopt_agents(&mut self, pbx: PbxId, up: &BTreeMap<Uuid, ChannelUp>, now: Now) {
        let taken_over = self.calls.iter().filter(|(dialing, call)| {
            call.pbx == pbx && call.requested.is_none() && !self.previews.legs.contains_key(*dialing)
        });
        for dialing in taken_over.map(|(dialing, _)| *dialing).collect::<Vec<_>>() {
            let Some(setup) = self.calls.get(&dialing).map(|call| Arc::clone(&call.dialing.setup)) else {
                continue;
            };
            let Some(plan) = self.catalog.plans.get(&setup.plan).cloned() else { continue };
            let customer = up.get(&dialing);
            let Some(agent) = up.get(&agent_channel(dialing)) else {
                if plan.dial_mode == DialMode::Desktop && customer.is_some_and(|channel| !channel.bridged) {
                    self.hang_up(dialing, now);
                }
                continue;
            };
            let queue = plan.queue_name.as_ref().map(ToString::to_string).unwrap_or_default();
            let leg = Leg {
                pbx,
                queue,
                agent: String::new(),
                interface: None,
                customer_first: is_customer_first(&plan),
                plan,
                setup,
                due: None,
                phone: if agent.answered { Phone::Up } else { Phone::Asked },
                asked: None,
                customer_called: true,
                over: false,
                talked: agent.bridged,
                hangup_wanted: None,
                end_customer_at: None,
            };
            self.previews.legs.insert(dialing, leg);
            self.pbxs[pbx.0].in_flight += 1;
            if customer.is_none() {
                self.hang_agent_up(dialing, now);
            }
        }
    }

    /// An Asterisk that does not come back is given up, with the agents' channels.
    pub(crate) fn give_agents_up(&mut self, pbx: PbxId, now: Now) {
        for leg in self.previews.legs.values_mut().filter(|leg| leg.pbx == pbx) {
            leg.phone = Phone::Gone;
        }
        for dialing in self.previews.legs.keys().copied().collect::<Vec<_>>() {
            self.leg_done(dialing, now);
        }
    }
}
