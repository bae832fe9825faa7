//! Recounts what the engine keeps counted. For tests and simulations: an engine in order finds nothing.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::abandon::Budget;
use crate::calls::Stage;
use crate::engine::Engine;
use crate::index::Index;
use crate::input::PbxId;
use crate::limits::TrunkId;
use crate::model::CampaignStatus;
use crate::preview::Previews;
use crate::run::Load;

impl Engine {
    /// What does not agree with a recount of the calls and requests in flight, in words.
    pub fn audit(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |what: &str, same: bool| {
            if !same {
                wrong.push(what.to_owned());
            }
        };
        let mut loads: BTreeMap<(PbxId, String), Load> = BTreeMap::new();
        let mut lists: BTreeMap<Uuid, u32> = BTreeMap::new();
        let mut in_flight = vec![0; self.pbxs.len()];
        let mut reserved = vec![0; self.pbxs.len()];
        let mut requested: BTreeMap<Uuid, u32> = BTreeMap::new();
        let mut trunks: BTreeMap<(PbxId, TrunkId), (u32, u32)> = BTreeMap::new();
        for request in self.requests.values() {
            in_flight[request.pbx.0] += request.count;
            let on_trunk = trunks.entry((request.pbx, request.trunk)).or_default();
            *on_trunk = (on_trunk.0 + request.count, on_trunk.1 + request.count);
            reserved[request.pbx.0] += request.count;
            *lists.entry(request.dial_list).or_default() += request.count;
            *requested.entry(request.campaign).or_default() += request.count;
            if let Some(queue) = &request.queue {
                loads.entry((request.pbx, queue.clone())).or_default().unanswered += request.count;
            }
        }
        let mut index = Index::new(&self.catalog);
        self.runs.keys().for_each(|campaign| index.add(*campaign, &self.catalog));
        check("index", self.index == index);
        self.count_previews(&mut in_flight, &mut trunks, &mut lists, &mut requested, &mut check);
        for (uuid, call) in &self.calls {
            in_flight[call.pbx.0] += 1;
            trunks.entry((call.pbx, call.trunk)).or_default().0 += 1;
            *lists.entry(call.dialing.setup.dial_list).or_default() += 1;
            let run = self.runs.get(&call.dialing.setup.campaign);
            check("a call of no run", run.is_some_and(|run| run.calls.contains(uuid)));
            let load = call.queue.as_ref().map(|queue| loads.entry((call.pbx, queue.clone())).or_default());
            match (load, call.stage()) {
                (Some(load), Stage::Dialing) => load.unanswered += 1,
                (Some(load), Stage::Answered) => load.answered += 1,
                (Some(load), Stage::Offered) => load.offered += 1,
                (Some(_), Stage::Connected | Stage::Left) | (None, _) => {}
            }
        }
        for (pbx, (in_flight, reserved)) in self.pbxs.iter().zip(in_flight.into_iter().zip(reserved)) {
            check("in_flight", pbx.in_flight == in_flight);
            check("reserved", pbx.rate.reserved() == reserved);
        }
        for (at, pbx) in self.pbxs.iter().enumerate() {
            for (trunk_at, trunk) in pbx.trunks.iter().enumerate() {
                let (in_flight, reserved) =
                    trunks.get(&(PbxId(at), TrunkId(trunk_at))).copied().unwrap_or_default();
                check("in_flight of a trunk", trunk.in_flight == in_flight);
                check("reserved of a trunk", trunk.rate.is_none_or(|rate| rate.reserved() == reserved));
            }
        }
        for (campaign, run) in &self.runs {
            check(
                "reserved of a campaign",
                run.rate.is_none_or(|rate| rate.reserved() == run.requested - run.for_offers),
            );
            check("requested", run.requested == requested.remove(campaign).unwrap_or(0));
            check("a run without its call", run.calls.iter().all(|uuid| self.calls.contains_key(uuid)));
        }
        check("requests of no run", requested.is_empty());
        check("lists", self.lists == lists);
        let empty = Load::default();
        let kept = self.loads.iter().filter(|(_, load)| **load != empty);
        loads.retain(|_, load| *load != empty);
        check("loads", kept.eq(loads.iter()));
        wrong
    }

    /// What is kept of things in flight, each with its number, where there are any: nothing is, when all is at rest.
    pub fn footprint(&self) -> Vec<(&'static str, usize)> {
        let loads = self.loads.values().filter(|load| **load != Load::default()).count();
        let Previews { asked, offers, legs, engaged, .. } = &self.previews;
        let in_flight: u32 = self.pbxs.iter().map(|pbx| pbx.in_flight).sum();
        let counts = [
            ("calls", self.calls.len()),
            ("requests", self.requests.len()),
            ("requests to be sent", self.unsent.len()),
            ("leads of lists", self.lists.len()),
            ("calls on the way to queues", loads),
            ("calls of Asterisks", in_flight as usize),
            ("outputs", self.outputs.len()),
            ("requests for offers", asked.len()),
            ("offers", offers.len()),
            ("agents' calls", legs.len()),
            ("agents with offers", engaged.len()),
        ];
        let ends = [CampaignStatus::Stop, CampaignStatus::Pause];
        let ended =
            |uuid: &Uuid| self.catalog.campaigns.get(uuid).is_none_or(|row| ends.contains(&row.status));
        let runs = ("runs of campaigns that have ended", self.runs.keys().filter(|uuid| ended(uuid)).count());
        counts.into_iter().chain([runs]).filter(|(_, count)| *count > 0).collect()
    }

    /// What was counted of abandoned calls, by campaign or by group of campaigns.
    pub fn budgets(&self) -> impl Iterator<Item = (&str, &Budget)> {
        self.budgets.iter().map(|(key, budget)| (key.as_str(), budget))
    }

    /// Adds what offers, requests for them and the agents' sides of calls hold.
    fn count_previews(
        &self,
        in_flight: &mut [u32],
        trunks: &mut BTreeMap<(PbxId, TrunkId), (u32, u32)>,
        lists: &mut BTreeMap<Uuid, u32>,
        requested: &mut BTreeMap<Uuid, u32>,
        check: &mut impl FnMut(&str, bool),
    ) {
        let mut for_offers: BTreeMap<Uuid, u32> = BTreeMap::new();
        for asked in self.previews.asked.values() {
            let request = &asked.request;
            in_flight[request.pbx.0] += 2 * request.count;
            trunks.entry((request.pbx, request.trunk)).or_default().0 += request.count;
            *for_offers.entry(request.campaign).or_default() += request.count;
            *lists.entry(request.dial_list).or_default() += request.count;
            *requested.entry(request.campaign).or_default() += request.count;
        }
        for (dialing, open) in &self.previews.offers {
            in_flight[open.pbx.0] += 2;
            trunks.entry((open.pbx, open.trunk)).or_default().0 += 1;
            *lists.entry(open.offer.lead.dial_list).or_default() += 1;
            let run = self.runs.get(&open.offer.campaign);
            check("an offer of no run", run.is_some_and(|run| run.offers.contains(dialing)));
            check("an offer to nobody", self.previews.engaged.contains(&open.agent()));
        }
        for (dialing, leg) in &self.previews.legs {
            in_flight[leg.pbx().0] += 1;
            check("an agent of no call", leg.is_over() || self.calls.contains_key(dialing));
        }
        for (campaign, run) in &self.runs {
            check("for offers", run.for_offers == for_offers.get(campaign).copied().unwrap_or(0));
        }
        let offers = self.runs.values().map(|run| run.offers.len()).sum::<usize>();
        check("offers", offers == self.previews.offers.len());
    }
}
