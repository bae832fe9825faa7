//! One Asterisk as the engine sees it: whether it may be given calls, and how many.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::engine::PbxConfig;
use crate::limits::{CallRate, Limits};
use crate::queues::Queues;
use crate::time::Mono;

/// One Asterisk.
#[derive(Debug)]
pub(crate) struct Pbx {
    pub(crate) name: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) rate: CallRate,
    /// Connected since.
    pub(crate) up: Option<Mono>,
    /// Channels and queues were compared since it came up: calls may be placed.
    pub(crate) compared: Compared,
    pub(crate) queues: Queues,
    /// Calls in flight, leads asked for included.
    pub(crate) in_flight: u32,
    /// Campaigns that wait for a channel or for their turn by the rate.
    pub(crate) waiting: BTreeSet<Uuid>,
}

/// Which snapshots have arrived since the Asterisk came up.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Compared {
    pub(crate) channels: bool,
    pub(crate) queues: bool,
}

impl Pbx {
    pub(crate) fn new(config: PbxConfig, now: Mono) -> Self {
        Self {
            name: config.name,
            limits: config.limits,
            rate: CallRate::new(config.limits.max_cps, now),
            up: None,
            compared: Compared::default(),
            queues: Queues::default(),
            in_flight: 0,
            waiting: BTreeSet::new(),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.up.is_some() && self.compared.channels && self.compared.queues
    }

    pub(crate) fn free_channels(&self) -> u32 {
        self.limits.max_channels.saturating_sub(self.in_flight)
    }
}
