//! Who decides next: campaigns that want the same agents, trunk or Asterisk get calls in proportion to their weights.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng: Start-time Fair Queuing, 1996), for each [`Place`] that calls are competed
//! for: a campaign's tag there grows by `calls / weight`; who has the lowest comes first. A place's own time is the tag of
//! who was served last, and no tag counts as less: who had no leads or no agents for a while has no claim to what the
//! others got meanwhile. While others are to decide too, or wait, a turn is one call. Who waits for a place is not asked before
//! it is his turn there, so that a channel that becomes free costs the same for two campaigns and for a thousand.

use std::cmp::Ordering;
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
    /// The same in the order of their turns; made anew when it is needed after somebody was served.
    order: Option<BTreeSet<(Tag, Uuid)>>,
    /// Places that may have something to give. Those who wait there are called one after the other, until one finds nothing:
    /// what is left costs the same however many wait for it.
    open: BTreeSet<Place>,
    /// Whoever decides now was given calls.
    given: bool,
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
    /// Who waits for this place, by their tags: who has had least comes first.
    waiting: BTreeSet<(Tag, Uuid)>,
    /// The tags in `waiting`.
    waits_with: BTreeMap<Uuid, Tag>,
}

/// A number by which turns are ordered.
#[derive(Debug, Clone, Copy)]
struct Tag(f64);

impl Sharing {
    pub(crate) fn decide_later(&mut self, campaign: Uuid) {
        if self.undecided.insert(campaign) && self.order.is_some() {
            let ahead = Tag(self.ahead(campaign));
            if let Some(order) = &mut self.order {
                order.insert((ahead, campaign));
            }
        }
    }

    /// A place has something to give: those who wait for it decide, as long as there is.
    pub(crate) fn wake(&mut self, place: &Place) {
        if self.contests.get(place).is_some_and(|contest| !contest.waiting.is_empty()) {
            self.open.insert(place.clone());
        }
    }

    /// Who decides next: the one that has had least, for its weight, at the place where it has had most; then, one by one, who
    /// waits for a place that has something to give.
    pub(crate) fn next(&mut self) -> Option<Uuid> {
        if !self.undecided.is_empty() {
            let mut order = self.order.take().unwrap_or_else(|| self.in_order());
            let first = order.pop_first().map(|(_, campaign)| campaign);
            self.order = Some(order);
            if let Some(campaign) = first {
                self.undecided.remove(&campaign);
                return Some(campaign);
            }
        }
        while let Some(place) = self.open.first() {
            if let Some((_, first)) = self.contests.get(place).and_then(|contest| contest.waiting.first()) {
                return Some(*first);
            }
            self.open.pop_first();
        }
        None
    }

    fn in_order(&self) -> BTreeSet<(Tag, Uuid)> {
        self.undecided.iter().map(|campaign| (Tag(self.ahead(*campaign)), *campaign)).collect()
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
        self.given = false;
        for place in self.uses.get(&campaign).into_iter().flatten() {
            if let Some(contest) = self.contests.get_mut(place) {
                contest.waits_no_more(campaign);
            }
        }
    }

    /// A campaign competes for these places. It waits for none.
    pub(crate) fn competes(&mut self, campaign: Uuid, places: Vec<Place>) {
        if self.uses.get(&campaign) != Some(&places) {
            self.uses.insert(campaign, places);
            self.order = None;
        }
    }

    /// A campaign waits until this place has something to give. `place` is among those that it uses.
    pub(crate) fn wait(&mut self, campaign: Uuid, place: Place) {
        if !self.given {
            self.open.remove(&place);
        }
        self.contests.entry(place).or_default().waits(campaign);
    }

    /// A campaign is about to be given calls. Does one who has had less wait for one of its places, and does not know of these
    /// calls? Then that one is called up, and the campaign goes back to wait for its turn.
    pub(crate) fn gives_way(&mut self, campaign: Uuid) -> bool {
        let ahead = self.ahead(campaign);
        let first = |contest: &Contest| self.first_unknowing(contest, campaign);
        let places = self.uses.get(&campaign).into_iter().flatten();
        let rivals = places.filter_map(|place| self.contests.get(place)).filter_map(first);
        let called: BTreeSet<Uuid> = rivals.filter(|rival| self.ahead(*rival) < ahead).collect();
        if called.is_empty() {
            return false;
        }
        for rival in &called {
            self.decide_later(*rival);
        }
        self.decide_later(campaign);
        self.called_up.extend(called);
        true
    }

    /// Who waits for a place and comes first there, of those who were not called in this round.
    fn first_unknowing(&self, contest: &Contest, but: Uuid) -> Option<Uuid> {
        let knows =
            |rival: &Uuid| *rival == but || self.undecided.contains(rival) || self.called_up.contains(rival);
        contest.waiting.iter().map(|(_, rival)| *rival).find(|rival| !knows(rival))
    }

    /// How many calls this campaign may be given in one turn.
    pub(crate) fn turn(&self, campaign: Uuid) -> u32 {
        let places = self.uses.get(&campaign).into_iter().flatten();
        let mut contests = places.filter_map(|place| self.contests.get(place));
        let alone = self.undecided.is_empty()
            && contests.all(|contest| self.first_unknowing(contest, campaign).is_none());
        if alone { u32::MAX } else { 1 }
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
        let start = contest.tag(campaign).max(contest.time);
        contest.time = start + f64::from(calls - 1) / weight;
        contest.set_tag(campaign, start + f64::from(calls) / weight);
        (self.given, self.order) = (true, None);
    }

    /// Calls that a campaign was given do not come to be.
    pub(crate) fn take_back(&mut self, campaign: Uuid, place: &Place, calls: u32, weight: f64) {
        let Some(contest) = self.contests.get_mut(place) else { return };
        if contest.tags.contains_key(&campaign) {
            contest.set_tag(campaign, contest.tag(campaign) - f64::from(calls) / weight);
            self.order = None;
        }
    }

    /// Nobody competes for a place any more: it is another's from now on.
    pub(crate) fn vacate(&mut self, place: &Place) {
        self.contests.remove(place);
        self.order = None;
        self.uses.values_mut().for_each(|places| places.retain(|other| other != place));
    }

    /// Places and campaigns that are kept.
    pub(crate) fn len(&self) -> usize {
        self.contests.len() + self.uses.len()
    }

    /// A campaign has ended.
    pub(crate) fn forget(&mut self, campaign: Uuid) {
        if self.undecided.remove(&campaign) {
            self.order = None;
        }
        self.called_up.remove(&campaign);
        self.uses.remove(&campaign);
        self.contests.retain(|_, contest| {
            contest.tags.remove(&campaign);
            contest.waits_no_more(campaign);
            !contest.tags.is_empty() || !contest.waiting.is_empty()
        });
    }
}

impl Contest {
    fn ahead(&self, campaign: Uuid) -> f64 {
        self.tags.get(&campaign).map_or(0.0, |tag| tag - self.time).max(0.0)
    }

    fn tag(&self, campaign: Uuid) -> f64 {
        self.tags.get(&campaign).copied().unwrap_or_default()
    }

    fn set_tag(&mut self, campaign: Uuid, tag: f64) {
        self.tags.insert(campaign, tag);
        if self.waits_with.contains_key(&campaign) {
            self.waits(campaign);
        }
    }

    fn waits(&mut self, campaign: Uuid) {
        self.waits_no_more(campaign);
        let tag = Tag(self.tag(campaign));
        self.waiting.insert((tag, campaign));
        self.waits_with.insert(campaign, tag);
    }

    fn waits_no_more(&mut self, campaign: Uuid) {
        if let Some(tag) = self.waits_with.remove(&campaign) {
            self.waiting.remove(&(tag, campaign));
        }
    }
}

impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Tag {}

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
