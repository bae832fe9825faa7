//! One trunk of one Asterisk: what it may be given, and how its calls go.

use super::health::Health;
use super::{CallRate, TrunkLimits};
use crate::broken::{Rule, is_broken};
use crate::pacing::Limit;
use crate::time::Mono;
use crate::value::Name;

/// A trunk of an Asterisk, by its place among those that were used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TrunkId(pub(crate) usize);

/// One trunk. Calls of plans without a trunk have one without a name.
#[derive(Debug)]
pub(crate) struct Trunk {
    pub(crate) name: Option<Name>,
    pub(crate) max_channels: Option<u32>,
    pub(crate) max_cps: Option<f64>,
    pub(crate) rate: Option<CallRate>,
    pub(crate) health: Health,
    /// Calls in flight, leads asked for included.
    pub(crate) in_flight: u32,
    /// No plan names it any more: the next new one takes its place.
    pub(crate) vacant: bool,
}

impl Trunk {
    /// `asterisk_cps`: what its Asterisk may be given in a second.
    pub(crate) fn new(
        name: Option<Name>,
        limits: Option<&TrunkLimits>,
        asterisk_cps: f64,
        now: Mono,
    ) -> Self {
        let max_cps = limits.and_then(|limits| limits.max_cps);
        Self {
            name,
            max_channels: limits.and_then(|limits| limits.max_channels),
            max_cps,
            rate: max_cps.map(|cps| CallRate::new(cps, now)),
            health: Health::new(max_cps.map_or(asterisk_cps, |cps| cps.min(asterisk_cps))),
            in_flight: 0,
            vacant: false,
        }
    }

    /// How many calls it may be given now, and what keeps it from being more.
    pub(crate) fn room(&self, now: Mono) -> (u32, Option<Limit>) {
        let name = || self.name.as_ref().map(ToString::to_string).unwrap_or_default();
        let mut room = (u32::MAX, None);
        if let Some(max) = self.max_channels {
            let more = u32::from(is_broken(Rule::OneTrunkChannelMore));
            room = (
                (max + more).saturating_sub(self.in_flight),
                Some(Limit::TrunkChannels { trunk: name(), max }),
            );
        }
        if let (Some(rate), Some(cps)) = (&self.rate, self.max_cps) {
            let free = rate.available(now);
            if free < room.0 {
                room = (free, Some(Limit::TrunkRate { trunk: name(), max_cps: cps.to_string() }));
            }
        }
        let free = self.health.available(now);
        if let Some(slowdown) = self.health.slowdown(now).filter(|_| free < room.0) {
            room = (free, Some(Limit::TrunkCongested { trunk: name(), slowdown }));
        }
        room
    }

    /// When its rates allow the next call; `None` where that waits for calls that it has or will have.
    pub(crate) fn next(&self, now: Mono) -> Option<Mono> {
        if self.max_channels.is_some_and(|max| self.in_flight >= max) {
            return None;
        }
        let by_rate = self.rate.as_ref().map_or(Some(now), |rate| rate.next(now))?;
        Some(by_rate.max(self.health.next(now)?))
    }

    pub(crate) fn reserve(&mut self, calls: u32) {
        self.in_flight += calls;
        self.rates().for_each(|rate| rate.reserve(calls));
    }

    /// The same for leads that are to be offered: their turns are taken when somebody wants them.
    pub(crate) fn hold(&mut self, calls: u32) {
        self.in_flight += calls;
    }

    /// Calls that were asked for do not come to be.
    pub(crate) fn give_back(&mut self, calls: u32) {
        self.in_flight = self.in_flight.saturating_sub(calls);
        self.rates().for_each(|rate| rate.give_back(calls));
    }

    /// One of those that were asked for is placed.
    pub(crate) fn take(&mut self, now: Mono) {
        self.rates().for_each(|rate| rate.take(now));
    }

    /// One is over.
    pub(crate) fn leave(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(crate) fn rates(&mut self) -> impl Iterator<Item = &mut CallRate> {
        self.rate.as_mut().into_iter().chain(self.health.rate())
    }
}
