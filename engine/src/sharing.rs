//! Who decides next: campaigns that want the same agents, trunk or Asterisk get calls in proportion to their weights.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng: Start-time Fair Queuing, 1996), for each [`Place`] that calls are competed
//! for: a campaign's tag there grows by `calls / weight`; who has the lowest comes first. A place's own time is the tag of
//! who was served last, and no tag counts as less: who had no leads or no agents for a while has no claim to what the
//! others got meanwhile. While others are to decide too, a turn is one call.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::engine::Engine;
use crate::input::PbxId;
use crate::limits::TrunkId;
use crate::time::Now;

/// What campaigns compete for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Channels and rate of an Asterisk.
    Pbx(PbxId),
    /// Channels and rate of a trunk there.
    Trunk(PbxId, TrunkId),
    /// Agents of a queue, on whatever Asterisk.
    Queue(String),
}

/// The turns of all campaigns.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    contests: BTreeMap<Place, Contest>,
    /// Who is to decide.
    undecided: BTreeSet<Uuid>,
    /// Who was called up in this round to compete with somebody who was about to be given calls.
    called_up: BTreeSet<Uuid>,
    /// What each campaign uses, as of its last decision.
    uses: BTreeMap<Uuid, Vec<Place>>,
}

#[derive(Debug, Default)]
struct Contest {
    /// The tag with which the last call was placed.
    time: f64,
    tags: BTreeMap<Uuid, f64>,
    /// Who waits for this place.
    waiting: BTreeSet<Uuid>,
}

impl Sharing {
    pub(crate) fn decide_later(&mut self, campaign: Uuid) {
        self.undecided.insert(campaign);
    }

    /// Lets those decide who wait for a place.
    pub(crate) fn wake(&mut self, place: &Place) {
        if let Some(contest) = self.contests.get(place) {
            self.undecided.extend(&contest.waiting);
        }
    }

    /// Who decides next: the one that has had least, for its weight, at the place where it has had most.
    pub(crate) fn next(&mut self) -> Option<Uuid> {
        let waiting = self.undecided.iter().map(|campaign| (self.ahead(*campaign), *campaign));
        let (_, next) = waiting.min_by(|a, b| a.0.total_cmp(&b.0))?;
        self.undecided.remove(&next);
        Some(next)
    }

    /// All have decided.
    pub(crate) fn end_round(&mut self) {
        self.called_up.clear();
    }

    /// How far ahead of the others' time a campaign is.
    fn ahead(&self, campaign: Uuid) -> f64 {
        let places = self.uses.get(&campaign).into_iter().flatten();
        places.filter_map(|place| self.contests.get(place)).map(|c| c.ahead(campaign)).fold(0.0, f64::max)
    }

    /// A campaign decides now: it waits for nothing until it is said again.
    pub(crate) fn begin(&mut self, campaign: Uuid) {
        for place in self.uses.get(&campaign).into_iter().flatten() {
            if let Some(contest) = self.contests.get_mut(place) {
                contest.waiting.remove(&campaign);
            }
        }
    }

    /// A campaign competes for these places. It waits for none.
    pub(crate) fn competes(&mut self, campaign: Uuid, places: Vec<Place>) {
        if self.uses.get(&campaign) != Some(&places) {
            self.uses.insert(campaign, places);
        }
    }

    /// A campaign waits until this place has something to give. `place` is among those that it uses.
    pub(crate) fn wait(&mut self, campaign: Uuid, place: Place) {
        self.contests.entry(place).or_default().waiting.insert(campaign);
    }

    /// A campaign is about to be given calls. Are there others who wait for one of its places and do not know of these
    /// calls? Then they are called up, it goes back among them, and has to wait for its turn.
    pub(crate) fn gives_way(&mut self, campaign: Uuid) -> bool {
        let places = self.uses.get(&campaign).into_iter().flatten();
        let waiting = places.filter_map(|place| self.contests.get(place)).flat_map(|c| &c.waiting);
        let unknowing = |other: &&Uuid| !self.undecided.contains(other) && !self.called_up.contains(other);
        let called: BTreeSet<Uuid> = waiting.filter(unknowing).copied().filter(|o| *o != campaign).collect();
        if called.is_empty() {
            return false;
        }
        self.undecided.extend(&called);
        self.undecided.insert(campaign);
        self.called_up.extend(called);
        true
    }

    /// How many calls a campaign may be given in one turn.
    pub(crate) fn turn(&self) -> u32 {
        if self.undecided.is_empty() { u32::MAX } else { 1 }
    }

    /// A campaign of this weight gets calls at a place.
    pub(crate) fn serve(&mut self, campaign: Uuid, place: &Place, calls: u32, weight: f64) {
        if calls == 0 {
            return;
        }
        if !self.contests.contains_key(place) {
            self.contests.insert(place.clone(), Contest::default());
        }
        let Some(contest) = self.contests.get_mut(place) else { return };
        let start = contest.tags.get(&campaign).copied().unwrap_or_default().max(contest.time);
        contest.time = start + f64::from(calls - 1) / weight;
        contest.tags.insert(campaign, start + f64::from(calls) / weight);
    }

    /// Calls that a campaign was given do not come to be.
    pub(crate) fn take_back(&mut self, campaign: Uuid, place: &Place, calls: u32, weight: f64) {
        if let Some(tag) = self.contests.get_mut(place).and_then(|contest| contest.tags.get_mut(&campaign)) {
            *tag -= f64::from(calls) / weight;
        }
    }

    /// Nobody competes for a place any more: it is another's from now on.
    pub(crate) fn vacate(&mut self, place: &Place) {
        self.contests.remove(place);
        self.uses.values_mut().for_each(|places| places.retain(|other| other != place));
    }

    /// Places and campaigns that are kept.
    pub(crate) fn len(&self) -> usize {
        self.contests.len() + self.uses.len()
    }

    /// A campaign has ended.
    pub(crate) fn forget(&mut self, campaign: Uuid) {
        self.undecided.remove(&campaign);
        self.called_up.remove(&campaign);
        self.uses.remove(&campaign);
        self.contests.retain(|_, contest| {
            contest.tags.remove(&campaign);
            contest.waiting.remove(&campaign);
            !contest.tags.is_empty() || !contest.waiting.is_empty()
        });
    }
}

impl Contest {
    fn ahead(&self, campaign: Uuid) -> f64 {
        self.tags.get(&campaign).map_or(0.0, |tag| tag - self.time).max(0.0)
    }
}

impl Engine {
    /// Lets all decide who are to, in their turns, and asks for the leads of all that came of it. False where nobody was to.
    pub(crate) fn decide_round(&mut self, now: Now) -> bool {
        let mut any = false;
        while let Some(campaign) = self.sharing.next() {
            any = true;
            self.decide(campaign, now);
        }
        self.sharing.end_round();
        self.send_requests();
        any
    }

    /// A campaign's share against others.
    pub(crate) fn weight(&self, campaign: Uuid) -> f64 {
        let row = self.catalog.campaigns.get(&campaign);
        row.and_then(|row| row.rules.weight).map_or(1.0, |weight| f64::from(weight.get()))
    }
}
