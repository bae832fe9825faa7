//! What an Asterisk has against what we think it has: when it comes, every now and then, after it was away, and after a
//! restart of our own. Nobody is called where this is not clear.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::answer::is_milestone;
use crate::broken::{Rule, is_broken};
use crate::calls::{Call, Effect};
use crate::catalog::Equipment;
use crate::dialing::{Dialing, DialingStatus, OpenClaim, Progress, Record};
use crate::engine::Engine;
use crate::input::{ChannelUp, Output, PbxId};
use crate::limits::{Health, TrunkId};
use crate::model::{DialList, LeadStatus, Plan};
use crate::notify::Notify;
use crate::pbx::Compared;
use crate::placing::setup;
use crate::time::{Mono, Now};
use crate::timers::Timer;

/// How often the calls in flight are compared with Asterisk's own list.
const COMPARE_INTERVAL: Duration = Duration::from_secs(10);
/// The calls of an Asterisk that has been away for this long are given up: what rang has long ended, and a campaign
/// that is to stop must not wait for ever.
const GIVE_UP: Duration = Duration::from_secs(3600);

impl Engine {
    /// An Asterisk is there: before anything is dialed, its channels and queues are compared with what we think.
    pub(crate) fn pbx_up(&mut self, pbx: PbxId, now: Now) {
        let server = &mut self.pbxs[pbx.0];
        server.up = Some(now.mono);
        server.compared = Compared::default();
        // What it refused before it went says nothing about it now.
        server.health = Health::new(server.limits.max_cps);
        self.timers.clear(Timer::GivenUp(pbx));
        self.list_channels(pbx, now);
        for uuid in self.calls_on(pbx) {
            if self.calls.get(&uuid).is_some_and(|call| call.hangup_wanted.is_some()) {
                self.hang_up(uuid, now);
            }
        }
    }

    pub(crate) fn pbx_down(&mut self, pbx: PbxId, now: Now) {
        let server = &mut self.pbxs[pbx.0];
        if server.up.take().is_some() {
            server.away_since = now.wall;
        }
        server.compared = Compared::default();
        server.orphans.clear();
        server.queues.clear();
        self.queues_changed(pbx, now);
        self.end_previews(Some(pbx), now);
        for timer in [Timer::Compare(pbx), Timer::Rate(pbx)] {
            self.timers.clear(timer);
        }
        for trunk in 0..self.pbxs[pbx.0].trunks.len() {
            self.timers.clear(Timer::Trunk(pbx, TrunkId(trunk)));
        }
        if self.pbxs[pbx.0].in_flight > 0 && !self.timers.is_set(Timer::GivenUp(pbx)) {
            self.timers.set(Timer::GivenUp(pbx), now.mono.after(GIVE_UP));
        }
        self.decide_all();
    }

    /// Ends all calls of an Asterisk that does not come back.
    pub(crate) fn give_up(&mut self, pbx: PbxId, now: Now) {
        for uuid in self.calls_on(pbx) {
            if let Some(stage) = self.calls.get(&uuid).map(Call::stage) {
                self.end_call(uuid, stage, now);
            }
        }
        self.give_agents_up(pbx, now);
    }

    fn calls_on(&self, pbx: PbxId) -> Vec<Uuid> {
        self.calls.iter().filter(|(_, call)| call.pbx == pbx).map(|(uuid, _)| *uuid).collect()
    }

    /// While there are calls, they are compared with the channels every now and then.
    pub(crate) fn watch_channels(&mut self, pbx: PbxId, now: Now) {
        if !self.timers.is_set(Timer::Compare(pbx)) {
            self.timers.set(Timer::Compare(pbx), now.mono.after(COMPARE_INTERVAL));
        }
    }

    fn list_channels(&mut self, pbx: PbxId, now: Now) {
        let here = self.calls.iter().filter(|(uuid, call)| call.pbx == pbx && !self.awaits_agent(**uuid));
        let unheard = here.filter(|(_, call)| call.is_unheard());
        let unheard = unheard.map(|(uuid, call)| (*uuid, call.dialing.setup.serial)).collect();
        self.outputs.push_back(Output::ListChannels { pbx, unheard });
        // Asked again where no answer comes.
        self.timers.set(Timer::Compare(pbx), now.mono.after(COMPARE_INTERVAL));
    }

    pub(crate) fn compare_due(&mut self, pbx: PbxId, now: Now) {
        let server = &self.pbxs[pbx.0];
        let wanted = server.in_flight > 0 || !server.compared.channels || !server.orphans.is_empty();
        let wanted = wanted && !(server.compared.channels && is_broken(Rule::HangupsNotSought));
        if server.up.is_some() && wanted {
            self.list_channels(pbx, now);
        }
    }

    /// There is nothing to compare any more.
    pub(crate) fn rest_from_comparing(&mut self, pbx: PbxId) {
        let server = &self.pbxs[pbx.0];
        if server.in_flight == 0 && server.compared.channels && server.orphans.is_empty() {
            self.timers.clear(Timer::Compare(pbx));
        }
    }

    /// Compares our calls with all channels that an Asterisk has. A list from before it was away says nothing.
    pub(crate) fn compare(
        &mut self,
        pbx: PbxId,
        asked: Mono,
        up: &BTreeMap<Uuid, ChannelUp>,
        unreached: &BTreeSet<Uuid>,
        now: Now,
    ) {
        let believes_all = is_broken(Rule::OldListBelieved);
        let Some(since) = self.pbxs[pbx.0].up.filter(|since| asked >= *since || believes_all) else { return };
        let (mut found, mut never) = (0, 0);
        for uuid in self.calls_on(pbx) {
            let awaits_agent = self.awaits_agent(uuid);
            let Some(call) = self.calls.get_mut(&uuid).filter(|_| !awaits_agent) else { continue };
            let stage = call.stage();
            let effect = call.compare(up.get(&uuid), (since, asked), unreached.contains(&uuid), now);
            found += usize::from(up.contains_key(&uuid));
            never += usize::from(call.seen.unreached);
            let (stage_now, dialing) = (call.stage(), &call.dialing);
            if effect == Effect::Changed {
                let dialing = dialing.clone();
                self.notify(Notify::DialingUpdated(dialing));
            }
            self.watch_call(uuid);
            if stage_now != stage {
                self.learn_found(uuid, now);
                self.moved(uuid, stage, Some(stage_now));
            }
            if is_milestone(stage, stage_now) {
                self.keep_answer(uuid);
            }
        }
        self.name_agents(pbx, now);
        self.compare_agents(pbx, asked, up, now);
        let first = !std::mem::replace(&mut self.pbxs[pbx.0].compared.channels, true);
        let calls = self.calls_on(pbx).len();
        if first && calls > 0 {
            let gone = calls.saturating_sub(found + never);
            self.outputs.push_back(Output::Compared { pbx, up: found, gone, unreached: never });
        }
        self.find_orphans(pbx, asked, up, now);
        self.rest_from_comparing(pbx);
        self.decide_all();
    }

    /// Names the agents of calls that were found talking: whoever of the queue is in the same bridge.
    pub(crate) fn name_agents(&mut self, pbx: PbxId, now: Now) {
        for uuid in self.calls_on(pbx) {
            let Some(call) = self.calls.get(&uuid) else { continue };
            let progress = &call.dialing.progress;
            let (None, Some(partner), Some(queue)) = (&progress.agent, &call.seen.partner, &progress.queue)
            else {
                continue;
            };
            let Some(name) = self.pbxs[pbx.0].queues.name_of_channel(queue, partner) else { continue };
            let Some(call) = self.calls.get_mut(&uuid) else { continue };
            call.dialing.progress.agent = Some(name);
            call.dialing.progress.updated = Some(now.wall);
            let dialing = call.dialing.clone();
            self.notify(Notify::DialingUpdated(dialing));
            self.keep_answer(uuid);
        }
    }

    /// Takes over a claim that an earlier process left open. It was asked of its Asterisk, or it was about to be: nobody can
    /// tell any more, so it is not dialed again before Asterisk has said that the call is over.
    pub(crate) fn recover(&mut self, open: OpenClaim, now: Now) {
        if open.claim.lead.status == LeadStatus::Reserved || is_broken(Rule::BlindRecovery) {
            // It was only offered: nobody was called.
            let (dialing, lead) = (open.claim.dialing, open.claim.lead.uuid);
            return self.record(Record::Released { dialing, lead });
        }
        let pbx = self.pbxs.iter().position(|pbx| pbx.name == open.asterisk).map(PbxId);
        let plan = self.catalog.plans.get(&open.plan).cloned();
        let list = open.claim.lead.dial_list;
        let dial_list = self.catalog.dial_lists.get(&list).cloned();
        let equipment = Equipment {
            plan: plan.unwrap_or_else(|| Arc::new(Plan::new(open.plan, open.created))),
            dial_list: dial_list.unwrap_or_else(|| Arc::new(DialList::new(list, open.created))),
            destination: open.destination.and_then(|uuid| self.catalog.destinations.get(&uuid)).cloned(),
        };
        let first = equipment.plan.trunk_name.as_ref().and_then(|t| t.all().first()).map(|t| &t.name);
        let trunk = open.trunk.as_ref().or(first).cloned();
        let setup =
            setup(open.campaign, &equipment, &open.asterisk, trunk.as_ref(), &open.claim, open.created);
        let setup = Arc::new(setup);
        let progress = Progress { status: DialingStatus::OriginateRequested, ..Progress::default() };
        let dialing = Dialing { setup: Arc::clone(&setup), progress };
        if is_broken(Rule::CreatedTwice) {
            self.notify(Notify::DialingCreated(dialing.clone()));
        }
        let mut call = Call::new(dialing, pbx.unwrap_or(PbxId(0)), open.claim.lead, None);
        self.equip(&mut call, &equipment);
        let tally = open.answer.and_then(|answer| call.go_on_from(answer));
        if let Some(tally) = tally.filter(|_| !is_broken(Rule::TallyForgotten)) {
            self.budgets.entry(tally.budget.clone()).or_default().add(tally.day, tally.counts);
        }
        let Some(pbx) = pbx else {
            // Its Asterisk is no longer in the config: nobody can be asked.
            let (ended, _) = call.end(equipment.plan.retry_delay_ms, now);
            self.record(Record::Ended(Box::new(ended)));
            self.notify(Notify::DialingDeleted(setup.uuid));
            return;
        };
        if let Some(queue) = &call.queue {
            let queue = queue.clone();
            self.count(pbx, &queue, None, Some(call.stage()));
        }
        self.learn_dialed(&call, &equipment, now);
        let server = &mut self.pbxs[pbx.0];
        server.in_flight += 1;
        call.trunk = server.trunk(trunk.as_ref(), now.mono);
        server.trunks[call.trunk.0].in_flight += 1;
        *self.lists.entry(list).or_default() += 1;
        self.run(open.campaign).calls.insert(setup.uuid);
        self.calls.insert(setup.uuid, call);
        self.learn_found(setup.uuid, now);
        self.timers.set(Timer::GivenUp(pbx), now.mono.after(GIVE_UP));
    }
}
