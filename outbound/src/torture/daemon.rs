//! The daemon that a crash takes: the engine, its sessions, and what the driver remembers between steps (`driver.rs`).

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use engine::time::Now;
use engine::{Engine, Settings};
use uuid::Uuid;

use super::link::Link;
use super::rows::{Rows, STORE};
use super::setup::Setup;
use crate::admin::{Command, Prepared};
use crate::driver::InTurn;

/// One life of the daemon.
#[derive(Debug)]
pub(super) struct Daemon {
    /// Which one, from 1.
    pub(super) life: u64,
    pub(super) engine: Engine,
    pub(super) links: Vec<Link>,
    pub(super) in_turn: InTurn,
    pub(super) commands: VecDeque<Command>,
    /// The command that the store has.
    pub(super) running: Option<Prepared>,
    pub(super) sent_again: BTreeSet<Uuid>,
    /// Leads in answers of the store that have not reached the engine, and ends that the store has not committed.
    pub(super) claims_coming: u64,
    pub(super) ends_going: u64,
}

impl Daemon {
    /// A daemon that starts over what is on the disk.
    pub(super) fn start(life: u64, setup: &Setup, rows: &Rows, now: Now) -> Self {
        let settings = Settings { snapshots: setup.snapshots, zone: setup.zone.clone(), store: Some(STORE) };
        let catalog = rows.catalog.clone();
        let mut engine = Engine::new(settings, setup.pbxs.clone(), catalog, rows.open_claims(), now);
        engine.load_tallies(rows.tallies.iter().cloned());
        Self {
            life,
            engine,
            links: setup.pbxs.iter().map(|_| Link::default()).collect(),
            in_turn: InTurn::default(),
            commands: VecDeque::new(),
            running: None,
            sent_again: BTreeSet::new(),
            claims_coming: 0,
            ends_going: 0,
        }
    }

    /// A dialing that is alive, and its plan.
    pub(super) fn plan_of(
        &self,
        dialing: Uuid,
    ) -> Option<(Arc<engine::dialing::Setup>, Arc<engine::model::Plan>)> {
        let setup = Arc::clone(&self.engine.dialing(dialing)?.setup);
        let plan = self.engine.catalog().plans.get(&setup.plan)?;
        Some((setup, Arc::clone(plan)))
    }
}
