//! What the driver knows, for those who measure it, and whether it could place calls.

use std::sync::Arc;

use engine::PbxId;
use engine::time::Now;

use super::Driver;
use crate::asterisk::Asterisk;
use crate::metrics::{AsteriskFigures, Measured};

impl Driver {
    pub(super) fn measured(&self, now: Now) -> Measured {
        let views = self.engine.pbx_views();
        let figures = |(at, (asterisk, view)): (usize, (&Asterisk, engine::view::PbxView))| AsteriskFigures {
            name: asterisk.name().to_owned(),
            ready: self.engine.is_ready(PbxId(at)),
            calls: view.in_flight,
            meter: Arc::clone(asterisk.meter()),
            queues: view.queues.into_iter().map(|queue| (queue.name.clone(), queue.by_state())).collect(),
        };
        Measured {
            counts: self.counts(),
            meters: Arc::clone(&self.meters),
            asterisks: self.asterisks.iter().zip(views).enumerate().map(figures).collect(),
            decisions: self.engine.decisions(),
            campaigns: self.engine.campaign_figures(now),
        }
    }

    /// Empty where an Asterisk is ready.
    pub(super) fn absences(&self) -> Vec<String> {
        if (0..self.asterisks.len()).any(|pbx| self.engine.is_ready(PbxId(pbx))) {
            return Vec::new();
        }
        let absence = |asterisk: &Asterisk| {
            let unready = || format!("{}: its channels and queues are being read", asterisk.name());
            asterisk.absence().unwrap_or_else(unready)
        };
        let absences: Vec<String> = self.asterisks.iter().map(absence).collect();
        if absences.is_empty() { vec!["none is in the config".to_owned()] } else { absences }
    }
}
