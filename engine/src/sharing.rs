//! Who decides next: campaigns that want the same agents, trunk or Asterisk get calls in proportion to their weights.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng: Start-time Fair Queuing, 1996), for each [`Place`] that calls are competed
//! for: a campaign's tag there grows by `calls / weight`; who has the lowest comes first. A place's own time is the tag of
//! who was served last, and no tag counts as less: who had no leads or no agents for a while has no claim to what the
//! others got meanwhile. While others are to decide too, a turn is one call.
//!
//! Who waits for a place is not asked before its turn comes, and nobody behind the one who finds nothing left: so what a call
//! costs does not grow with those who wait.

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
    /// Those of them who compete for no Asterisk yet.
    newcomers: BTreeSet<Uuid>,
    /// Places that may have something to give: who waits there is let decide, one after the other.
    open: BTreeSet<Place>,
    /// Places of which it was found in this round that they have nothing more to give.
    spent: BTreeSet<Place>,
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
    waiting: Line,
    /// Of an Asterisk: those of its campaigns who are to decide.
    undecided: Line,
}

/// Campaigns by their tags at a place, the lowest first.
type Line = BTreeSet<(Tag, Uuid)>;

/// A tag that can be sorted by.
#[derive(Debug, Clone, Copy)]
struct Tag(f64);

impl Sharing {
    pub(crate) fn decide_later(&mut self, campaign: Uuid) {
        if !self.undecided.insert(campaign) {
            return;
        }
        let home = home(&self.uses, campaign);
        match home.and_then(|place| self.contests.get_mut(place)) {
            Some(contest) => {
                contest.undecided.insert((contest.tag(campaign), campaign));
            }
            None => {
                self.newcomers.insert(campaign);
            }
        }
    }

    /// Takes a campaign out of those who are to decide.
    fn undecide(&mut self, campaign: Uuid) {
        self.undecided.remove(&campaign);
        if !self.newcomers.remove(&campaign)
            && let Some(contest) = home(&self.uses, campaign).and_then(|place| self.contests.get_mut(place))
        {
            contest.undecided.remove(&(contest.tag(campaign), campaign));
        }
    }

    /// Lets those decide who wait for a place, as long as it has something to give.
    pub(crate) fn wake(&mut self, place: &Place) {
        if self.contests.get(place).is_some_and(|contest| !contest.waiting.is_empty()) {
            self.spent.remove(place);
            self.open.insert(place.clone());
        }
    }

    /// Who decides next: the one that has had least, for its weight, at the place where it has had most.
    pub(crate) fn next(&mut self) -> Option<Uuid> {
        self.call_waiting();
        let next = self.newcomers.first().copied().or_else(|| {
            let asterisks = self.contests.iter().take_while(|(place, _)| matches!(place, Place::Pbx(_)));
            let first =
                asterisks.filter_map(|(_, contest)| self.first(contest, &contest.undecided, |_| false));
            first.min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, campaign)| campaign)
        })?;
        self.undecide(next);
        Some(next)
    }

    /// Lets the first of those decide who wait for each place that may have something to give.
    fn call_waiting(&mut self) {
        for place in self.open.iter().cloned().collect::<Vec<_>>() {
            let contest = self.contests.get(&place);
            let knows = |campaign: &Uuid| self.called_up.contains(campaign);
            match contest.and_then(|contest| self.first(contest, &contest.waiting, knows)) {
                Some((_, first)) => self.decide_later(first),
                None => {
                    self.open.remove(&place);
                }
            }
        }
    }

    /// Who of a line has had least, without those who are passed over, and how far it is ahead. A campaign is at least as far
    /// ahead as it is at this place, so the rest of the line need not be looked at.
    fn first(
        &self,
        contest: &Contest,
        line: &Line,
        passed_over: impl Fn(&Uuid) -> bool,
    ) -> Option<(f64, Uuid)> {
        let mut first: Option<(f64, Uuid)> = None;
        for (tag, campaign) in line {
            if first.is_some_and(|(ahead, _)| contest.lead(tag.0) >= ahead) {
                break;
            }
            let ahead = self.ahead(*campaign);
            if !passed_over(campaign) && first.is_none_or(|(least, _)| ahead < least) {
                first = Some((ahead, *campaign));
            }
        }
        first
    }

    /// All have decided.
    pub(crate) fn end_round(&mut self) {
        self.called_up.clear();
        self.spent.clear();
    }

    /// How far ahead of the others' time a campaign is.
    fn ahead(&self, campaign: Uuid) -> f64 {
        let places = self.uses.get(&campaign).into_iter().flatten();
        let contests = places.filter_map(|place| self.contests.get(place));
        contests.map(|contest| contest.lead(contest.tag(campaign).0)).fold(0.0, f64::max)
    }

    /// A campaign decides now: it waits for nothing until it is said again.
    pub(crate) fn begin(&mut self, campaign: Uuid) {
        for place in self.uses.get(&campaign).into_iter().flatten() {
            if let Some(contest) = self.contests.get_mut(place) {
                contest.waiting.remove(&(contest.tag(campaign), campaign));
            }
        }
    }

    /// A campaign competes for these places. It waits for none.
    pub(crate) fn competes(&mut self, campaign: Uuid, places: Vec<Place>) {
        if self.uses.get(&campaign) == Some(&places) {
            return;
        }
        let undecided = self.undecided.contains(&campaign);
        self.undecide(campaign);
        let before = self.uses.remove(&campaign).unwrap_or_default();
        before.iter().filter(|place| !places.contains(place)).for_each(|place| self.leave(campaign, place));
        for place in &places {
            self.contests.entry(place.clone()).or_default();
        }
        self.uses.insert(campaign, places);
        if undecided {
            self.decide_later(campaign);
        }
    }

    /// A campaign waits until this place has something to give. `place` is among those that it uses. `spent`: it would have taken
    /// all that there was, so nothing is left for others who wait.
    pub(crate) fn wait(&mut self, campaign: Uuid, place: Place, spent: bool) {
        let Some(contest) = self.contests.get_mut(&place) else { return };
        contest.waiting.insert((contest.tag(campaign), campaign));
        if spent {
            self.open.remove(&place);
            self.spent.insert(place);
        } else {
            self.called_up.insert(campaign);
        }
    }

    /// A campaign is about to be given calls. Is there another one who comes before it, waits for one of its places, and does not
    /// know of these calls? Then that is called up; this one goes back among those who are to decide, and has to wait for its turn.
    pub(crate) fn gives_way(&mut self, campaign: Uuid) -> bool {
        let own = (self.ahead(campaign), campaign);
        let passed_over = |other: &Uuid| {
            *other == campaign || self.undecided.contains(other) || self.called_up.contains(other)
        };
        let first = self.contended(campaign).find_map(|contest| {
            let first = self.first(contest, &contest.waiting, passed_over)?;
            first.0.total_cmp(&own.0).then(first.1.cmp(&own.1)).is_lt().then_some(first.1)
        });
        let Some(first) = first else { return false };
        self.called_up.insert(first);
        self.decide_later(first);
        self.decide_later(campaign);
        true
    }

    /// How many calls a campaign may be given in one turn.
    pub(crate) fn turn(&self, campaign: Uuid) -> u32 {
        let others = |contest: &Contest| {
            contest.waiting.iter().any(|(_, other)| *other != campaign && !self.called_up.contains(other))
        };
        if self.undecided.is_empty() && !self.contended(campaign).any(others) { u32::MAX } else { 1 }
    }

    /// The places of a campaign that may have something to give.
    fn contended(&self, campaign: Uuid) -> impl Iterator<Item = &Contest> {
        let places = self.uses.get(&campaign).into_iter().flatten();
        places.filter(|place| !self.spent.contains(place)).filter_map(|place| self.contests.get(place))
    }

    /// A campaign of this weight gets calls at a place that it uses.
    pub(crate) fn serve(&mut self, campaign: Uuid, place: &Place, calls: u32, weight: f64) {
        if calls == 0 || !self.uses.get(&campaign).is_some_and(|places| places.contains(place)) {
            return;
        }
        let Some(contest) = self.contests.get_mut(place) else { return };
        let start = contest.tag(campaign).0.max(contest.time);
        contest.time = start + f64::from(calls - 1) / weight;
        contest.set_tag(campaign, start + f64::from(calls) / weight);
    }

    /// Calls that a campaign was given do not come to be.
    pub(crate) fn take_back(&mut self, campaign: Uuid, place: &Place, calls: u32, weight: f64) {
        if let Some(contest) = self.contests.get_mut(place)
            && let Some(tag) = contest.tags.get(&campaign).copied()
        {
            contest.set_tag(campaign, tag - f64::from(calls) / weight);
        }
    }

    /// Nobody competes for a trunk any more: its place is another's from now on.
    pub(crate) fn vacate(&mut self, place: &Place) {
        self.contests.remove(place);
        self.open.remove(place);
        self.spent.remove(place);
        self.uses.values_mut().for_each(|places| places.retain(|other| other != place));
    }

    /// Places and campaigns that are kept.
    pub(crate) fn len(&self) -> usize {
        self.contests.len() + self.uses.len()
    }

    /// A campaign has ended.
    pub(crate) fn forget(&mut self, campaign: Uuid) {
        self.undecide(campaign);
        self.called_up.remove(&campaign);
        for place in self.uses.remove(&campaign).unwrap_or_default() {
            self.leave(campaign, &place);
        }
    }

    /// A campaign uses a place no more; with the last one the place goes.
    fn leave(&mut self, campaign: Uuid, place: &Place) {
        let Some(contest) = self.contests.get_mut(place) else { return };
        contest.waiting.remove(&(contest.tag(campaign), campaign));
        contest.tags.remove(&campaign);
        if contest.tags.is_empty() && contest.waiting.is_empty() && contest.undecided.is_empty() {
            self.contests.remove(place);
        }
    }
}

impl Contest {
    fn tag(&self, campaign: Uuid) -> Tag {
        Tag(self.tags.get(&campaign).copied().unwrap_or_default())
    }

    /// How far a tag is ahead of the time here.
    fn lead(&self, tag: f64) -> f64 {
        (tag - self.time).max(0.0)
    }

    fn set_tag(&mut self, campaign: Uuid, tag: f64) {
        let before = self.tag(campaign);
        self.tags.insert(campaign, tag);
        for line in [&mut self.waiting, &mut self.undecided] {
            if line.remove(&(before, campaign)) {
                line.insert((Tag(tag), campaign));
            }
        }
    }
}

/// The place among whose campaigns one stands while it is to decide: the first Asterisk that it uses.
fn home(uses: &BTreeMap<Uuid, Vec<Place>>, campaign: Uuid) -> Option<&Place> {
    uses.get(&campaign)?.iter().find(|place| matches!(place, Place::Pbx(_)))
}

impl PartialEq for Tag {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Tag {}

impl PartialOrd for Tag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tag {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
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

#[cfg(test)]
mod tests;
