//! One Asterisk as the engine sees it: whether it may be given calls, and how many.

use std::sync::Arc;

use crate::broken::{Rule, is_broken};
use crate::engine::PbxConfig;
use crate::limits::{CallRate, Health, Limits, Trunk, TrunkId, TrunkLimits};
use crate::orphans::Orphans;
use crate::pacing::Limit;
use crate::queues::Queues;
use crate::time::{Mono, Now, Wall};
use crate::value::Name;

/// One Asterisk.
#[derive(Debug)]
pub(crate) struct Pbx {
    pub(crate) name: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) rate: CallRate,
    /// Connected since.
    pub(crate) up: Option<Mono>,
    /// Not connected since; of one that is, it was before.
    pub(crate) away_since: Wall,
    /// Channels and queues were compared since it came up: calls may be placed.
    pub(crate) compared: Compared,
    pub(crate) queues: Queues,
    /// Calls in flight, leads asked for included.
    pub(crate) in_flight: u32,
    /// Channels of ours on it that belong to no dialing.
    pub(crate) orphans: Orphans,
    /// How what is asked of it fares, whatever the trunk.
    pub(crate) health: Health,
    /// The trunks that calls took or may take, by [`TrunkId`].
    pub(crate) trunks: Vec<Trunk>,
    trunk_limits: Vec<TrunkLimits>,
}

/// Which snapshots have arrived since the Asterisk came up.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Compared {
    pub(crate) channels: bool,
    pub(crate) queues: bool,
}

impl Pbx {
    pub(crate) fn new(config: PbxConfig, Now { mono: now, wall, .. }: Now) -> Self {
        Self {
            name: config.name,
            limits: config.limits,
            rate: CallRate::new(config.limits.max_cps, now),
            up: None,
            away_since: wall,
            compared: Compared::default(),
            queues: Queues::default(),
            in_flight: 0,
            orphans: Orphans::new(),
            health: Health::new(config.limits.max_cps),
            trunks: Vec::new(),
            trunk_limits: config.trunks,
        }
    }

    /// The place of a trunk; begun where it is new.
    pub(crate) fn trunk(&mut self, name: Option<&Name>, now: Mono) -> TrunkId {
        if let Some(known) = self.known_trunk(name) {
            return known;
        }
        let trunk = self.new_trunk(name, now);
        if let Some(at) = self.trunks.iter().position(|trunk| trunk.vacant) {
            self.trunks[at] = trunk;
            return TrunkId(at);
        }
        self.trunks.push(trunk);
        TrunkId(self.trunks.len() - 1)
    }

    /// The place of a trunk that calls took or may take.
    pub(crate) fn known_trunk(&self, name: Option<&Name>) -> Option<TrunkId> {
        self.trunks.iter().position(|trunk| !trunk.vacant && trunk.name.as_ref() == name).map(TrunkId)
    }

    fn new_trunk(&self, name: Option<&Name>, now: Mono) -> Trunk {
        let limits = self.trunk_limits.iter().find(|limits| Some(&limits.name) == name);
        Trunk::new(name.cloned(), limits, self.limits.max_cps, now)
    }

    /// How many calls a trunk may be given now, and what keeps it from being more.
    pub(crate) fn trunk_room(&self, name: Option<&Name>, now: Mono) -> (u32, Option<Limit>) {
        match self.known_trunk(name) {
            Some(at) => self.trunks[at.0].room(now),
            None => self.new_trunk(name, now).room(now),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.up.is_some() && self.compared.channels && self.compared.queues
    }

    pub(crate) fn free_channels(&self) -> u32 {
        let more = u32::from(is_broken(Rule::OneChannelMore));
        (self.limits.max_channels + more).saturating_sub(self.in_flight)
    }
}
