//! Calls in flight: events move them, comparisons with Asterisk find what was missed, ends become results.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::calls::{Call, Effect, Stage};
use crate::catalog::Equipment;
use crate::dialing::{Dialing, DialingStatus, OpenClaim, Progress, Record};
use crate::engine::{COMPARE_INTERVAL, Compared, Engine, ListState, Timer};
use crate::input::{CallEvent, ChannelUp, Output, PbxId};
use crate::model::{Campaign, DialList, NUMBERS, Plan};
use crate::notify::Notify;
use crate::placing::setup;
use crate::time::{Mono, Now, Wall};

/// Q.850 normal clearing: what our own hang-ups give.
const NORMAL_CLEARING: u16 = 16;
/// A hang-up that did not help is asked for again after this time.
const HANGUP_AGAIN: Duration = Duration::from_secs(2);

impl Engine {
    /// An Asterisk is there: before anything is dialed, its channels and queues are compared with what we think.
    pub(crate) fn pbx_up(&mut self, pbx: PbxId) {
        let server = &mut self.pbxs[pbx.0];
        server.up = true;
        server.compared = Compared::default();
        self.outputs.push_back(Output::ListChannels { pbx });
    }

    pub(crate) fn pbx_down(&mut self, pbx: PbxId) {
        let server = &mut self.pbxs[pbx.0];
        server.up = false;
        server.compared = Compared::default();
        server.queues.clear();
        self.decide_all();
    }

    pub(crate) fn call_event(&mut self, uuid: Uuid, event: CallEvent, now: Now) {
        let Some(call) = self.calls.get_mut(&uuid) else { return };
        let stage = call.stage();
        let had_channel = call.has_channel();
        let effect = call.on(event, now);
        let (stage_now, deadline) = (call.stage(), call.deadline);
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
        if let Some(deadline) = deadline {
            self.timers.insert((deadline, Timer::Call(uuid)));
        }
        if hang_up_now {
            self.hang_up(uuid, now);
        }
        if stage_now != stage {
            self.moved(uuid, stage, Some(stage_now));
        }
    }

    /// Counts a call where it now stands, and lets those decide whom this concerns.
    fn moved(&mut self, uuid: Uuid, from: Stage, to: Option<Stage>) {
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

    fn count(&mut self, pbx: PbxId, queue: &str, from: Option<Stage>, to: Option<Stage>) {
        let load = self.loads.entry((pbx, queue.to_owned())).or_default();
        match from {
            Some(Stage::Dialing) => load.unanswered = load.unanswered.saturating_sub(1),
            Some(Stage::Answered) => load.waiting = load.waiting.saturating_sub(1),
            Some(Stage::Offered | Stage::Connected) | None => {}
        }
        match to {
            Some(Stage::Dialing) => load.unanswered += 1,
            Some(Stage::Answered) => load.waiting += 1,
            Some(Stage::Offered | Stage::Connected) | None => {}
        }
    }

    /// Lets all campaigns decide that need agents of this queue.
    pub(crate) fn decide_queue(&mut self, queue: &str) {
        let uses = |uuid: &&Uuid| {
            let plan = self.catalog.campaigns.get(*uuid).and_then(|row| row.plan);
            let plan = plan.and_then(|plan| self.catalog.plans.get(&plan));
            plan.and_then(|plan| plan.queue_name.as_ref()).is_some_and(|name| name.as_str() == queue)
        };
        let campaigns: Vec<Uuid> = self.runs.keys().filter(uses).copied().collect();
        for campaign in campaigns {
            self.decide_later(campaign);
        }
    }

    fn end_call(&mut self, uuid: Uuid, stage: Stage, now: Now) {
        self.moved(uuid, stage, None);
        let Some(call) = self.calls.remove(&uuid) else { return };
        let pbx = call.pbx;
        let setup = Arc::clone(&call.dialing.setup);
        let retry_delay_ms = self.catalog.plans.get(&setup.plan).map_or(0, |plan| plan.retry_delay_ms);
        let (ended, lead) = call.end(retry_delay_ms, now);
        self.notify(Notify::DialingUpdated(ended.dialing.clone()));
        let returns = (!ended.done).then_some((ended.next_try, lead.tries, lead));
        self.record(Record::Ended(Box::new(ended)));
        self.notify(Notify::DialingDeleted(uuid));
        if let Some((due, tries, lead)) = returns {
            let left =
                |max: &[u32; NUMBERS]| (0..NUMBERS).any(|i| lead.numbers[i].is_some() && tries[i] < max[i]);
            self.lead_returns(setup.dial_list, due, left);
        }
        if let Some(run) = self.runs.get_mut(&setup.campaign) {
            run.calls.remove(&uuid);
        }
        let server = &mut self.pbxs[pbx.0];
        server.in_flight = server.in_flight.saturating_sub(1);
        for campaign in std::mem::take(&mut server.waiting) {
            self.decide_later(campaign);
        }
        self.decide_on_list(setup.dial_list);
        self.settle(setup.campaign, now);
    }

    /// A lead is back on its list: campaigns that have numbers left for it may dial it when it is due.
    fn lead_returns(&mut self, dial_list: Uuid, due: Wall, left: impl Fn(&[u32; NUMBERS]) -> bool) {
        for (uuid, run) in &mut self.runs {
            let row = self.catalog.campaigns.get(uuid).filter(|row| row.dial_list == Some(dial_list));
            let plan = row.and_then(|row| row.plan).and_then(|plan| self.catalog.plans.get(&plan));
            if !plan.is_some_and(|plan| left(&plan.max_tries)) {
                continue;
            }
            run.list = match run.list {
                ListState::Open => ListState::Open,
                ListState::Due(other) => ListState::Due(other.min(due)),
                ListState::UsedUp => ListState::Due(due),
            };
            if run.requested > 0 {
                run.returned_due = Some(run.returned_due.map_or(due, |other| other.min(due)));
            }
        }
    }

    pub(crate) fn decide_on_list(&mut self, dial_list: Uuid) {
        let on_list =
            |uuid: &&Uuid| self.catalog.campaigns.get(*uuid).is_some_and(|c| c.dial_list == Some(dial_list));
        let campaigns: Vec<Uuid> = self.runs.keys().filter(on_list).copied().collect();
        for campaign in campaigns {
            self.decide_later(campaign);
        }
    }

    /// Asks for the end of a call, now and until it is gone.
    pub(crate) fn hang_up(&mut self, uuid: Uuid, now: Now) {
        let Some(call) = self.calls.get_mut(&uuid) else { return };
        let again = call.hangup_wanted.replace(now.mono).is_some() && call.has_channel();
        // The other half of a Local channel may be gone already: then the channel itself is named.
        let channel = if again { uuid.to_string() } else { call.hangup_target() };
        let pbx = call.pbx;
        self.outputs.push_back(Output::Hangup { pbx, channel, cause: NORMAL_CLEARING });
        self.timers.insert((now.mono.after(HANGUP_AGAIN), Timer::Call(uuid)));
    }

    pub(crate) fn call_due(&mut self, uuid: Uuid, now: Now) {
        let Some(call) = self.calls.get(&uuid) else { return };
        if call.deadline.is_some_and(|deadline| deadline <= now.mono) {
            let stage = call.stage();
            self.end_call(uuid, stage, now);
        } else if call.hangup_wanted.is_some_and(|asked| now.mono.since(asked) >= HANGUP_AGAIN) {
            self.hang_up(uuid, now);
        }
    }

    pub(crate) fn compare_due(&mut self, pbx: PbxId, now: Now) {
        if !self.pbxs[pbx.0].up {
            return;
        }
        if self.calls.values().any(|call| call.pbx == pbx) {
            self.outputs.push_back(Output::ListChannels { pbx });
        } else {
            self.timers.insert((now.mono.after(COMPARE_INTERVAL), Timer::Compare(pbx)));
        }
    }

    /// Compares our calls with all channels that an Asterisk has.
    pub(crate) fn compare(&mut self, pbx: PbxId, asked: Mono, up: &BTreeMap<Uuid, ChannelUp>, now: Now) {
        let ours: Vec<Uuid> =
            self.calls.iter().filter(|(_, call)| call.pbx == pbx).map(|(uuid, _)| *uuid).collect();
        for uuid in ours {
            let Some(call) = self.calls.get_mut(&uuid) else { continue };
            let stage = call.stage();
            let effect = call.compare(up.get(&uuid), asked, now);
            let (stage_now, deadline, dialing) = (call.stage(), call.deadline, call.dialing.clone());
            if effect == Effect::Changed {
                self.notify(Notify::DialingUpdated(dialing));
            }
            if let Some(deadline) = deadline {
                self.timers.insert((deadline, Timer::Call(uuid)));
            }
            if stage_now != stage {
                self.moved(uuid, stage, Some(stage_now));
            }
        }
        self.pbxs[pbx.0].compared.channels = true;
        self.timers.retain(|(_, timer)| *timer != Timer::Compare(pbx));
        self.timers.insert((now.mono.after(COMPARE_INTERVAL), Timer::Compare(pbx)));
        self.decide_all();
    }

    /// Takes over a claim that an earlier process left open. It was asked of its Asterisk, or it was about to be: nobody can
    /// tell any more, so it is not dialed again before Asterisk has said that the call is over.
    pub(crate) fn recover(&mut self, open: OpenClaim, now: Now) {
        let pbx = self.pbxs.iter().position(|pbx| pbx.name == open.asterisk).map(PbxId);
        let plan = self.catalog.plans.get(&open.plan).cloned();
        let dial_list = self.catalog.dial_lists.get(&open.claim.lead.dial_list).cloned();
        let equipment = Equipment {
            plan: plan.unwrap_or_else(|| Arc::new(Plan::new(open.plan, open.created))),
            dial_list: dial_list
                .unwrap_or_else(|| Arc::new(DialList::new(open.claim.lead.dial_list, open.created))),
            destination: open.destination.and_then(|uuid| self.catalog.destinations.get(&uuid)).cloned(),
        };
        let setup = Arc::new(setup(open.campaign, &equipment, &open.asterisk, &open.claim, open.created));
        let progress = Progress { status: DialingStatus::OriginateRequested, ..Progress::default() };
        let dialing = Dialing { setup: Arc::clone(&setup), progress };
        let mut call = Call::new(dialing, pbx.unwrap_or(PbxId(0)), open.claim.lead, Mono(0));
        self.equip(&mut call, &equipment);
        let queue = call.queue.clone();
        let Some(pbx) = pbx else {
            // Its Asterisk is no longer in the config: nobody can be asked.
            let (ended, _) = call.end(equipment.plan.retry_delay_ms, now);
            self.record(Record::Ended(Box::new(ended)));
            self.notify(Notify::DialingDeleted(setup.uuid));
            return;
        };
        if let Some(queue) = queue {
            self.count(pbx, &queue, None, Some(Stage::Dialing));
        }
        self.pbxs[pbx.0].in_flight += 1;
        self.runs.entry(open.campaign).or_default().calls.insert(setup.uuid);
        self.calls.insert(setup.uuid, call);
    }

    /// Campaign rows that have calls in flight; for tests and for showing.
    pub fn busy_campaigns(&self) -> impl Iterator<Item = &Arc<Campaign>> {
        let busy = self.runs.iter().filter(|(_, run)| !run.calls.is_empty());
        busy.filter_map(|(uuid, _)| self.catalog.campaigns.get(uuid))
    }
}
