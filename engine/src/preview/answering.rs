//! Answers to offers: accepted, refused, or none in time. Nothing rings before an acceptance is written.

use std::sync::Arc;

use uuid::Uuid;

use super::{Declined, Offer, OfferEnd, OpenOffer, is_customer_first};
use crate::catalog::Equipment;
use crate::dialing::Record;
use crate::engine::Engine;
use crate::input::Output;
use crate::model::{Campaign, RETRY_DELAY_MS};
use crate::notify::Notify;
use crate::run::Request;
use crate::time::Now;
use crate::timers::Timer;

impl Engine {
    /// The offers that have not ended, in the order of their uuids.
    pub fn offers(&self) -> impl Iterator<Item = &Arc<Offer>> {
        self.previews.offers.values().map(|open| &open.offer)
    }

    /// Says whether an offer can be accepted or refused now.
    ///
    /// # Errors
    /// [`Declined`] with what is in the way.
    pub fn may_answer(&self, dialing: Uuid) -> Result<(), Declined> {
        match self.previews.offers.get(&dialing) {
            None => Err(Declined::Unknown),
            Some(open) if open.accepting => Err(Declined::Accepting),
            Some(_) => Ok(()),
        }
    }

    /// The agent wants the call: that is committed before anything rings. Ends the offer where somebody is not ready any more.
    pub(crate) fn accept(&mut self, dialing: Uuid, now: Now) {
        if self.may_answer(dialing) == Err(Declined::Unknown) {
            return self.note_late_answer(dialing);
        }
        if self.ready_for(dialing, now).is_none() {
            return self.withdraw_where(|open| open.offer.dialing == dialing, now);
        }
        let Some(open) = self.previews.offers.get_mut(&dialing).filter(|open| !open.accepting) else {
            return;
        };
        open.accepting = true;
        self.timers.clear(Timer::Preview(dialing));
        self.outputs.push_back(Output::AcceptLead { dialing });
    }

    /// True where an accepted offer becomes a dialing if it is written now.
    pub fn begins_when_written(&mut self, dialing: Uuid, now: Now) -> bool {
        self.previews.offers.get(&dialing).is_some_and(|open| open.accepting && !open.withdrawn)
            && self.ready_for(dialing, now).is_some()
    }

    /// What becomes of an accepted offer once the store has answered.
    pub(crate) fn accepted(&mut self, dialing: Uuid, committed: bool, now: Now) {
        let ready = self.ready_for(dialing, now);
        let Some(open) = self.previews.offers.get_mut(&dialing).filter(|open| open.accepting) else { return };
        open.accepting = false;
        if open.withdrawn {
            return self.withdraw_where(|open| open.offer.dialing == dialing, now);
        }
        if !committed {
            // It still is an offer; the agent may try once more.
            let until = open.until;
            return self.timers.set(Timer::Preview(dialing), until.max(now.mono));
        }
        match ready {
            Some((row, equipment)) => self.begin(dialing, &row, &equipment, now),
            None => self.withdraw_where(|open| open.offer.dialing == dialing, now),
        }
    }

    /// What an offer's call would be made with; `None` where the campaign, its Asterisk or the agent is not ready any more.
    fn ready_for(&mut self, dialing: Uuid, now: Now) -> Option<(Arc<Campaign>, Equipment)> {
        let open = self.previews.offers.get(&dialing)?;
        let offer = Arc::clone(&open.offer);
        let row = Arc::clone(self.catalog.campaigns.get(&offer.campaign)?);
        let request = Request {
            campaign: offer.campaign,
            plan: offer.plan,
            dial_list: offer.lead.dial_list,
            destination: row.destination,
            pbx: open.pbx,
            trunk: open.trunk,
            queue: None,
            count: 1,
            due: now.wall,
            asked: now.mono,
        };
        let free = self.is_idle(open.pbx, &offer.queue, offer.interface.as_str(), now);
        let equipment = self.still_offers(&request, &offer.queue, now).filter(|_| free)?;
        Some((row, equipment))
    }

    /// An accepted offer becomes a dialing. What it held of its Asterisk and its list passes to the call and the agent's
    /// channel.
    fn begin(&mut self, dialing: Uuid, row: &Arc<Campaign>, equipment: &Equipment, now: Now) {
        let Some(open) = self.previews.offers.remove(&dialing) else { return };
        self.run(row.uuid).offers.remove(&dialing);
        self.note_acceptance(&open.agent());
        self.notify(Notify::PreviewEnded { dialing, end: OfferEnd::Accepted });
        let customer_first = is_customer_first(&equipment.plan);
        self.call_for(open, row, equipment, customer_first, now);
    }

    /// The agent does not want this lead, which may be offered or dialed again after `delay_ms`, by default the plan's
    /// retry delay.
    pub(crate) fn refuse(&mut self, dialing: Uuid, delay_ms: Option<u64>, now: Now) {
        match self.may_answer(dialing) {
            Ok(()) => {}
            Err(Declined::Unknown) => return self.note_late_answer(dialing),
            Err(Declined::Accepting | Declined::Withdrawn) => return,
        }
        let Some(open) = self.close_offer(dialing) else { return };
        self.note_refusal(&open.agent(), open.offer.seconds, now);
        self.lead_rests(&open, delay_ms, OfferEnd::Refused, now);
    }

    /// An offer has run out.
    pub(super) fn run_out(&mut self, dialing: Uuid, now: Now) {
        let Some(open) = self.close_offer(dialing) else { return };
        self.note_silence(&open.agent(), dialing, open.offer.seconds, now);
        self.lead_rests(&open, None, OfferEnd::Timeout, now);
    }

    /// The lead of an offer that was not accepted goes back: no try is counted, but it has to wait, or the next agent would
    /// get it at once.
    fn lead_rests(&mut self, open: &OpenOffer, delay_ms: Option<u64>, end: OfferEnd, now: Now) {
        let Offer { dialing, campaign, plan, ref lead, .. } = *open.offer;
        let delay = || self.catalog.plans.get(&plan).map_or(RETRY_DELAY_MS, |plan| plan.retry_delay_ms);
        let next_try = now.wall.after_ms(delay_ms.unwrap_or_else(delay));
        self.record(Record::Returned { dialing, lead: lead.uuid, next_try });
        self.notify(Notify::PreviewEnded { dialing, end });
        self.lead_returns(lead.dial_list, next_try, lead);
        self.wake_line(open.pbx, open.trunk);
        self.decide_queue(&open.offer.queue);
        self.decide_on_list(lead.dial_list);
        self.settle(campaign, now);
    }
}
