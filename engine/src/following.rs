//! Calls in flight: events move them, ends become results. What Asterisk says about all of them at once is in
//! [`crate::comparing`].

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::answer::is_milestone;
use crate::broken::{Rule, is_broken};
use crate::calls::{Call, Effect, Stage};
use crate::dialing::Record;
use crate::engine::Engine;
use crate::input::{CallEvent, Output, PbxId};
use crate::limits::TrunkId;
use crate::model::{DialMode, Lead, RETRY_DELAY_MS};
use crate::notify::Notify;
use crate::outcome::UNREACHED;
use crate::run::{ListState, Load, Returned};
use crate::time::{Now, Wall};
use crate::timers::Timer;

/// Q.850 normal clearing: what our own hang-ups give.
const NORMAL_CLEARING: u16 = 16;
/// A hang-up that did not help is asked for again after this time.
const HANGUP_AGAIN: Duration = Duration::from_secs(2);

impl Engine {
    pub(crate) fn call_event(&mut self, uuid: Uuid, event: CallEvent, now: Now) {
        let Some(call) = self.calls.get_mut(&uuid) else { return self.agent_event(uuid, event, now) };
        if event == CallEvent::Bridged {
            return self.connected(uuid, now);
        }
        let stage = call.stage();
        let had_channel = call.has_channel();
        let is_detection = matches!(event, CallEvent::Amd { .. } | CallEvent::AmdCause { .. });
        let effect = call.on(event, now);
        let stage_now = call.stage();
        // An answer was told already.
        let tells_line = !call.seen.answered && call.line_told != call.has_failed_unseen();
        let hang_up_now = call.hangup_wanted.is_some() && !had_channel && call.has_channel();
        match effect {
            Effect::None => {}
            Effect::Changed => {
                let dialing = call.dialing.clone();
                self.notify(Notify::DialingUpdated(dialing));
            }
            Effect::Over => {
                self.end_call(uuid, stage, now);
                return;
            }
        }
        self.watch_call(uuid);
        if tells_line {
            self.failed_unseen(uuid, now.mono);
        }
        self.learn_moved(uuid, now);
        if hang_up_now {
            self.hang_up(uuid, now);
        }
        if stage_now != stage {
            self.answered(uuid, stage, now);
            self.moved(uuid, stage, Some(stage_now));
        }
        if stage_now == Stage::Connected && stage != Stage::Connected {
            self.set_taken(uuid, true, now);
            self.count_answer(uuid, now);
        }
        if is_milestone(stage, stage_now) || is_detection && effect == Effect::Changed {
            self.keep_answer(uuid);
        }
        self.customer_moved(uuid, now);
    }

    /// Has it written what is known of an answered call.
    pub(crate) fn keep_answer(&mut self, uuid: Uuid) {
        if let Some(call) = self.calls.get(&uuid).filter(|_| !is_broken(Rule::AnswersNotKept)) {
            let (setup, answer) = (&call.dialing.setup, Box::new(call.answer()));
            let (campaign, lead) = (setup.campaign, setup.lead);
            self.record(Record::Answered { dialing: uuid, campaign, lead, answer });
        }
    }

    /// The agent of a call is on it, or on it no more.
    fn set_taken(&mut self, uuid: Uuid, taken: bool, now: Now) {
        let Some(call) = self.calls.get(&uuid) else { return };
        let progress = &call.dialing.progress;
        if let (Some(queue), Some(agent)) = (&progress.queue, &progress.agent) {
            let pbx = call.pbx;
            self.pbxs[pbx.0].queues.set_taken(queue, agent, taken);
            self.queues_changed(pbx, now);
        }
    }

    /// Counts a call where it now stands, and lets those decide whom this concerns.
    pub(crate) fn moved(&mut self, uuid: Uuid, from: Stage, to: Option<Stage>) {
        let Some(call) = self.calls.get(&uuid) else { return };
        let (campaign, pbx, queue) = (call.dialing.setup.campaign, call.pbx, call.queue.clone());
        match queue {
            Some(queue) => {
                self.count(pbx, &queue, Some(from), to);
                self.decide_queue(&queue);
            }
            None => self.decide_later(campaign),
        }
    }

    pub(crate) fn count(&mut self, pbx: PbxId, queue: &str, from: Option<Stage>, to: Option<Stage>) {
        let load = self.loads.entry((pbx, queue.to_owned())).or_default();
        if let Some(place) = from.and_then(|stage| load.at(stage)) {
            *place = place.saturating_sub(1);
        }
        if let Some(place) = to.and_then(|stage| load.at(stage)) {
            *place += 1;
        }
    }

    /// Lets all campaigns decide whom the agents of this queue hold back, or agents whom it shares. Those that have nothing to
    /// dial are not asked.
    pub(crate) fn decide_queue(&mut self, queue: &str) {
        let neighbours = self.pbxs.iter().flat_map(|pbx| pbx.queues.neighbours(queue));
        for queue in neighbours.chain([queue]) {
            for campaign in self.attentive.get(queue).into_iter().flatten() {
                self.sharing.decide_later(*campaign);
            }
        }
    }

    /// A campaign has decided: from now on it is to decide again when something happens in this queue, or in none.
    pub(crate) fn attend(&mut self, campaign: Uuid, queue: Option<String>) {
        let Some(run) = self.runs.get_mut(&campaign) else { return };
        if run.attends == queue {
            return;
        }
        let before = std::mem::replace(&mut run.attends, queue.clone());
        if let Some(before) = before {
            self.ignore(campaign, &before);
        }
        if let Some(queue) = queue {
            self.attentive.entry(queue).or_default().insert(campaign);
        }
    }

    /// What happens in a queue is nothing to a campaign any more.
    pub(crate) fn ignore(&mut self, campaign: Uuid, queue: &str) {
        if let Some(campaigns) = self.attentive.get_mut(queue) {
            campaigns.remove(&campaign);
            if campaigns.is_empty() {
                self.attentive.remove(queue);
            }
        }
    }

    pub(crate) fn end_call(&mut self, uuid: Uuid, stage: Stage, now: Now) {
        self.count_answer(uuid, now);
        let Some(call) = self.take_out(uuid, stage, now) else { return };
        self.learn(&call, now);
        let line = (call.pbx, call.trunk);
        let setup = Arc::clone(&call.dialing.setup);
        let retry_delay_ms = if is_broken(Rule::NoRetryDelay) {
            0
        } else {
            self.catalog.plans.get(&setup.plan).map_or(RETRY_DELAY_MS, |plan| plan.retry_delay_ms)
        };
        let (ended, lead) = call.end(retry_delay_ms, now);
        self.notify(Notify::DialingUpdated(ended.dialing.clone()));
        let returns = (!ended.done).then_some(ended.next_try);
        if is_broken(Rule::TwoResults) {
            self.record(Record::Ended(Box::new(ended.clone())));
        }
        self.record(Record::Ended(Box::new(ended)));
        self.notify(Notify::DialingDeleted(uuid));
        if is_broken(Rule::EndToldTwice) {
            self.notify(Notify::DialingDeleted(uuid));
        }
        self.customer_ended(uuid, now);
        self.leave_list(setup.dial_list, 1);
        if let Some(due) = returns {
            self.lead_returns(setup.dial_list, due, &lead);
        }
        self.free_line(setup.campaign, setup.dial_list, line, now);
    }

    /// Ends a call that its Asterisk has never heard of: nobody's phone has rung, so it is no try. One that was found at the
    /// start goes back to its list as if it had never been claimed; but a preview that was accepted was told to clients long
    /// before its customer was to be called, so it has a result.
    fn end_unreached(&mut self, uuid: Uuid, stage: Stage, now: Now) {
        let Some(call) = self.calls.get(&uuid) else { return };
        if call.requested.is_some() {
            return self.call_event(uuid, CallEvent::Refused { message: UNREACHED.to_owned() }, now);
        }
        let plan = self.catalog.plans.get(&call.dialing.setup.plan);
        if plan.is_some_and(|plan| plan.dial_mode == DialMode::Desktop) {
            let message = "The daemon ended before the customer was called".to_owned();
            return self.call_event(uuid, CallEvent::NoAgent { message }, now);
        }
        let Some(call) = self.take_out(uuid, stage, now) else { return };
        let (setup, line) = (Arc::clone(&call.dialing.setup), (call.pbx, call.trunk));
        self.record(Record::Released { dialing: uuid, lead: setup.lead });
        self.notify(Notify::DialingDeleted(uuid));
        self.customer_ended(uuid, now);
        self.leave_list(setup.dial_list, 1);
        self.reopen_list(setup.dial_list);
        self.free_line(setup.campaign, setup.dial_list, line, now);
    }

    /// Takes a call that is over out of what is counted of calls and agents.
    fn take_out(&mut self, uuid: Uuid, stage: Stage, now: Now) -> Option<Call> {
        self.moved(uuid, stage, None);
        self.set_taken(uuid, false, now);
        let call = self.calls.remove(&uuid)?;
        self.learn_ended(&call, now);
        self.timers.clear(Timer::Call(uuid));
        if let Some(run) = self.runs.get_mut(&call.dialing.setup.campaign) {
            run.calls.remove(&uuid);
        }
        Some(call)
    }

    /// The line of a call is free again: others may have waited for it.
    fn free_line(&mut self, campaign: Uuid, dial_list: Uuid, (pbx, trunk): (PbxId, TrunkId), now: Now) {
        let server = &mut self.pbxs[pbx.0];
        server.in_flight = server.in_flight.saturating_sub(1);
        server.trunks[trunk.0].leave();
        self.rest_from_comparing(pbx);
        self.wake_line(pbx, trunk);
        self.decide_later(campaign);
        self.decide_on_list(dial_list);
        self.settle(campaign, now);
    }

    /// A lead is back on its list: campaigns that have numbers left for it may dial it when it is due.
    pub(crate) fn lead_returns(&mut self, dial_list: Uuid, due: Wall, lead: &Lead) {
        let seen_from = self.next_request;
        for uuid in self.index.on_list(dial_list).collect::<Vec<_>>() {
            let plan = self.catalog.campaigns.get(&uuid).and_then(|row| row.plan);
            let plan = plan.and_then(|plan| self.catalog.plans.get(&plan));
            if plan.is_none_or(|plan| lead.next_number(&plan.max_tries).is_none()) {
                continue;
            }
            let Some(run) = self.runs.get_mut(&uuid) else { continue };
            run.list = match run.list {
                ListState::Open => ListState::Open,
                ListState::Due(other) => ListState::Due(other.min(due)),
                ListState::UsedUp => ListState::Due(due),
            };
            if run.requested > 0 {
                let due = run.returned.map_or(due, |other| other.due.min(due));
                run.returned = Some(Returned { due, seen_from });
            }
        }
    }

    pub(crate) fn decide_on_list(&mut self, dial_list: Uuid) {
        for campaign in self.index.on_list(dial_list).collect::<Vec<_>>() {
            self.decide_later(campaign);
        }
    }

    /// Asks for the end of a call, now and until it is gone.
    pub(crate) fn hang_up(&mut self, uuid: Uuid, now: Now) {
        if self.awaits_agent(uuid) {
            return self.stop_before_customer(uuid, now);
        }
        let Some(call) = self.calls.get_mut(&uuid) else { return };
        call.hangup_wanted = Some(now.mono);
        let pbx = call.pbx;
        // One that is away is asked when it is back.
        if self.pbxs[pbx.0].up.is_some() {
            let channel = call.hangup_target();
            self.outputs.push_back(Output::Hangup { pbx, channel, cause: NORMAL_CLEARING });
        }
        self.watch_call(uuid);
    }

    /// Makes sure that a call is looked at when its grace is over or its hang-up is to be asked for again.
    pub(crate) fn watch_call(&mut self, uuid: Uuid) {
        let Some(call) = self.calls.get(&uuid) else { return };
        let up = self.pbxs[call.pbx.0].up.is_some();
        let again = call.hangup_wanted.filter(|_| up).map(|asked| asked.after(HANGUP_AGAIN));
        match call.deadline.into_iter().chain(again).min() {
            Some(at) => self.timers.set(Timer::Call(uuid), at),
            None => self.timers.clear(Timer::Call(uuid)),
        }
    }

    pub(crate) fn call_due(&mut self, uuid: Uuid, now: Now) {
        let Some(call) = self.calls.get(&uuid) else { return };
        if call.deadline.is_some_and(|deadline| deadline <= now.mono) {
            let stage = call.stage();
            if call.seen.unreached {
                self.end_unreached(uuid, stage, now);
            } else {
                self.end_call(uuid, stage, now);
            }
        } else if call.hangup_wanted.is_some_and(|asked| now.mono.since(asked) >= HANGUP_AGAIN) {
            self.hang_up(uuid, now);
        } else {
            self.watch_call(uuid);
        }
    }
}

impl Load {
    /// Where calls in this stage are counted; those with an agent are not, nor those
    /// for whom none comes any more.
    fn at(&mut self, stage: Stage) -> Option<&mut u32> {
        match stage {
            Stage::Dialing => Some(&mut self.unanswered),
            Stage::Answered => Some(&mut self.answered),
            Stage::Offered => Some(&mut self.offered),
            Stage::Connected | Stage::Left => None,
        }
    }
}
