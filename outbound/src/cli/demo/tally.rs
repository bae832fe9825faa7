//! What has come of the campaign so far, from the store's results and the calls in flight.

use std::collections::BTreeMap;

use engine::dialing::DialingStatus;
use serde::Deserialize;
use uuid::Uuid;

use crate::serve::Running;
use crate::store::Store;

/// Results read at a time.
const PAGE: usize = 1_000;

/// Counts over the results so far.
pub(super) struct Tally {
    max_tries: u32,
    seq: i64,
    tries: BTreeMap<Uuid, u32>,
    /// Attempts by outcome.
    pub(super) outcomes: BTreeMap<String, u64>,
    /// Attempts that were answered.
    pub(super) answered: u64,
    /// Customers who will not be called any more.
    pub(super) finished: u64,
}

/// What the tally needs of a result.
#[derive(Deserialize)]
struct Line {
    dl_list_uuid: Uuid,
    res_dial: u16,
    outcome: String,
}

impl Tally {
    pub(super) fn new(max_tries: u32) -> Self {
        let (tries, outcomes) = (BTreeMap::new(), BTreeMap::new());
        Self { max_tries, seq: 0, tries, outcomes, answered: 0, finished: 0 }
    }

    /// Takes in what was committed since the last time.
    pub(super) async fn take_in(&mut self, store: &Store) -> anyhow::Result<()> {
        loop {
            let page = store.results_after(self.seq, PAGE).await?;
            for (seq, json) in &page {
                self.seq = *seq;
                self.count(serde_json::from_str(json)?);
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn count(&mut self, line: Line) {
        *self.outcomes.entry(line.outcome).or_default() += 1;
        let tries = self.tries.entry(line.dl_list_uuid).or_default();
        *tries += 1;
        let answered = line.res_dial == engine::outcome::RES_ANSWER;
        self.answered += u64::from(answered);
        self.finished += u64::from(answered || *tries == self.max_tries);
    }

    /// Calls made so far.
    pub(super) fn attempts(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Attempts with an outcome.
    pub(super) fn of(&self, outcome: &str) -> u64 {
        self.outcomes.get(outcome).copied().unwrap_or(0)
    }
}

/// Calls in flight.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) ringing: u64,
    pub(super) waiting: u64,
    pub(super) talking: u64,
}

impl Calls {
    pub(super) async fn count(running: &Running) -> Self {
        let count = |engine: &engine::Engine| {
            let mut calls = Self::default();
            for dialing in engine.dialings() {
                let progress = &dialing.progress;
                let place = match progress {
                    p if p.agent.is_some() => &mut calls.talking,
                    p if p.res_dial == engine::outcome::RES_ANSWER => &mut calls.waiting,
                    p if p.status < DialingStatus::Hangup => &mut calls.ringing,
                    _ => continue,
                };
                *place += 1;
            }
            calls
        };
        running.daemon.inbox.read(count).await.unwrap_or_default()
    }
}
