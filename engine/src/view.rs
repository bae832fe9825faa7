//! The Asterisks, their trunks, queues and agents as they can be shown: copies, in no one's way.

use std::ops::Bound;
use std::sync::Arc;

use uuid::Uuid;

use crate::dialing::Dialing;
use crate::engine::Engine;
use crate::input::Member;
use crate::queues::{AgentState, Staff};

/// Whether an Asterisk may be given calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PbxState {
    /// Not connected.
    Away,
    /// Connected; what it has is not known yet.
    Comparing,
    /// It is given calls.
    Ready,
}

/// One Asterisk.
#[derive(Debug, Clone, PartialEq)]
pub struct PbxView {
    /// Its name in the config.
    pub name: Arc<str>,
    /// Whether it may be given calls.
    pub state: PbxState,
    /// Calls that it has, those included whose leads are on their way.
    pub in_flight: u32,
    /// The most calls that it may have at once.
    pub max_channels: u32,
    /// The most calls that it may be given in a second.
    pub max_cps: f64,
    /// Trunks that calls took or may take.
    pub trunks: Vec<TrunkView>,
    /// Its queues.
    pub queues: Vec<QueueView>,
}

/// One trunk.
#[derive(Debug, Clone, PartialEq)]
pub struct TrunkView {
    /// Its name; `None` for the calls of plans without one.
    pub name: Option<String>,
    /// Calls that it has.
    pub in_flight: u32,
    /// The most that it may have at once.
    pub max_channels: Option<u32>,
    /// The most that it may be given in a second.
    pub max_cps: Option<f64>,
}

/// One queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// What it offers.
    pub staff: Staff,
    /// Callers who wait and are not ours.
    pub other_callers: usize,
    /// Its members, and what each is doing.
    pub agents: Vec<(Member, AgentState)>,
}

impl QueueView {
    /// How many of its members are idle, busy, in wrap-up, away.
    pub fn by_state(&self) -> [u32; 4] {
        let mut counts = [0; 4];
        for (_, state) in &self.agents {
            let at = match state {
                AgentState::Idle => 0,
                AgentState::Busy => 1,
                AgentState::WrapUp => 2,
                AgentState::Away => 3,
            };
            counts[at] += 1;
        }
        counts
    }
}

impl Engine {
    /// All Asterisks, in the order of the config.
    pub fn pbx_views(&self) -> Vec<PbxView> {
        let view = |pbx: &crate::pbx::Pbx| PbxView {
            name: Arc::clone(&pbx.name),
            state: match (pbx.up, pbx.is_ready()) {
                (None, _) => PbxState::Away,
                (Some(_), false) => PbxState::Comparing,
                (Some(_), true) => PbxState::Ready,
            },
            in_flight: pbx.in_flight,
            max_channels: pbx.limits.max_channels,
            max_cps: pbx.limits.max_cps,
            trunks: pbx.trunks.iter().filter(|trunk| !trunk.vacant).map(trunk).collect(),
            queues: pbx.queues.views(),
        };
        self.pbxs.iter().map(view).collect()
    }

    /// The dialings that are alive behind a uuid, or all, in the order of their uuids.
    pub fn dialings_after(&self, uuid: Option<Uuid>) -> impl Iterator<Item = &Dialing> {
        let from = uuid.map_or(Bound::Unbounded, Bound::Excluded);
        self.calls.range((from, Bound::Unbounded)).map(|(_, call)| &call.dialing)
    }
}

fn trunk(trunk: &crate::limits::Trunk) -> TrunkView {
    TrunkView {
        name: trunk.name.as_ref().map(ToString::to_string),
        in_flight: trunk.in_flight,
        max_channels: trunk.max_channels,
        max_cps: trunk.max_cps,
    }
}
