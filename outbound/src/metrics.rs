//! What is measured, and `/metrics`, where Prometheus reads it (docs/metrics.md). Counting costs a call some atomic additions and
//! allocates nothing; what there is now (calls, agents, campaigns, queues) is looked at when somebody reads.
//!
//! No phone number, and no label without a bound: Asterisks, their queues, campaigns that are started or have calls, and fixed words.

mod histogram;
mod meters;
mod page;
mod process;
mod text;

pub use histogram::Histogram;
pub use meters::{AsteriskMeter, Meters, StoreMeter};
pub use process::begin;

use std::sync::Arc;

use engine::figures::{CampaignFigures, Decisions};

use crate::core::Daemon;
use crate::driver::Counts;

/// What the driver knows, at one moment.
pub struct Measured {
    /// How much it has in hand.
    pub counts: Counts,
    /// Its counters.
    pub meters: Arc<Meters>,
    /// Its Asterisks, in the order of the config.
    pub asterisks: Vec<AsteriskFigures>,
    /// Decisions since the start.
    pub decisions: Decisions,
    /// Campaigns that are started or have calls.
    pub campaigns: Vec<CampaignFigures>,
}

/// One Asterisk.
pub struct AsteriskFigures {
    /// Its name in the config.
    pub name: String,
    /// Connected and compared.
    pub ready: bool,
    /// Calls that it has, those included whose leads are on their way.
    pub calls: u32,
    /// Its counters.
    pub meter: Arc<AsteriskMeter>,
    /// Its queues, each with its agents that are idle, busy, in wrap-up and away.
    pub queues: Vec<(String, [u32; 4])>,
}

/// The page in the text format of Prometheus, version 0.0.4; `None` while the daemon ends.
pub async fn page(daemon: &Daemon) -> Option<String> {
    let measured = daemon.inbox.measure().await?;
    Some(page::written(daemon, &measured))
}
