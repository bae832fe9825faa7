//! Results against what happened: each attempt one, and one that says what Asterisk knows.

use engine::Engine;
use engine::abandon::Budget;
use engine::dialing::{Ended, Record};
use engine::model::{CampaignStatus, NUMBERS};
use engine::outcome::RES_ANSWER;
use uuid::Uuid;

use super::Watch;
use super::limits::SETTLES;
use crate::asterisk::reached::Marks;
use crate::torture::rows::{Closed, Rows, STORE};
use crate::torture::trace::short;

impl Watch {
    /// A dialing is over for the daemon: its lead waits from now on.
    pub(in crate::torture) fn ended(&mut self, ended: &Ended, retry_delay_ms: u64) {
        if let Some(last) = self.last.get_mut(&ended.dialing.setup.lead) {
            last.retry_delay = retry_delay_ms * 1_000;
        }
    }

    /// Records were committed.
    pub(in crate::torture) fn committed(&mut self, records: &[Record], rows: &Rows) {
        for record in records {
            match record {
                Record::Ended(ended) => self.result(ended),
                // Nobody was called, so nobody has to wait.
                Record::Released { dialing, lead }
                    if self.dialed.get(dialing).is_some_and(|d| !d.channel) =>
                {
                    self.last.remove(lead);
                }
                Record::CampaignStatus { campaign, status: CampaignStatus::Stop, .. } => {
                    self.list_is_done(*campaign, rows);
                }
                _ => {}
            }
        }
    }

    fn result(&mut self, ended: &Ended) {
        self.results += 1;
        let uuid = ended.dialing.setup.uuid;
        let Some(dialed) = self.dialed.get(&uuid) else { return self.unreached(ended) };
        if dialed.channel && !ended.counts && dialed.tainted {
            // It came late, and not a word of it was heard: for the daemon it never reached Asterisk.
            let setup = &ended.dialing.setup;
            if let Some(rang) = self.rang.get_mut(&(setup.lead, setup.index)) {
                *rang = rang.saturating_sub(1);
            }
        } else if dialed.channel && !ended.counts {
            let outcome = ended.outcome;
            self.fail("tries", || format!("{uuid} rang, ended as {outcome:?} and does not count as a try"));
        }
    }

    /// A call that never reached its Asterisk, which knows so, is no try.
    fn unreached(&mut self, ended: &Ended) {
        let setup = &ended.dialing.setup;
        let pbx = self.names.iter().position(|name| *name == setup.asterisk);
        let beginning = pbx.and_then(|pbx| self.serials.get(&pbx)).copied();
        let place = pbx.map(|pbx| (pbx, Marks(STORE).place(setup.serial)));
        let covered = place.and_then(|place| self.marks.get(&place)).is_some_and(|held| *held > setup.serial);
        let is_known = beginning.is_some_and(|beginning| setup.serial > beginning) && !covered;
        if ended.counts && !self.answers_lost && is_known {
            let uuid = setup.uuid;
            self.fail("tries", || format!("{uuid} never reached its Asterisk, and counts as a try"));
        }
    }

    /// A campaign that nobody stopped has ended its list: no lead is left.
    fn list_is_done(&mut self, campaign: Uuid, rows: &Rows) {
        if self.stopped.contains(&campaign) {
            return;
        }
        let Some(row) = rows.catalog.campaigns.get(&campaign) else { return };
        let plan = row.plan.and_then(|plan| rows.catalog.plans.get(&plan));
        let (Some(plan), Some(list)) = (plan, row.dial_list) else { return };
        // What came or changed a moment ago may not be known yet.
        let fresh = |uuid| self.touched.get(&uuid).is_some_and(|at| at + SETTLES > self.now);
        let changes = [campaign, plan.uuid, list].into_iter().any(fresh);
        if changes || row.schedule.enabled || !rows.catalog.dial_lists.contains_key(&list) {
            return;
        }
        let left = rows.leads.iter().find(|lead| {
            lead.lead.dial_list == list
                && lead.closed == Closed::Open
                && !lead.deleted
                && lead.open.is_none()
                && lead.lead.next_number(&plan.max_tries).is_some()
        });
        if let Some(left) = left {
            let (campaign, lead) = (short(campaign), short(left.lead.uuid));
            self.fail("lists are worked off", || {
                format!("{campaign} has ended its list, and {lead} is left")
            });
        }
    }

    /// Everything is at rest.
    pub(in crate::torture) fn at_rest<'a>(&mut self, rows: &Rows, answered: impl Iterator<Item = &'a str>) {
        if let Some(open) = rows.open.keys().next() {
            self.fail("no claim is left", || format!("the claim of {open} is open"));
        }
        let ends = (rows.results.len() + rows.given_back.len()) as u64;
        if rows.claims != ends {
            let claims = rows.claims;
            self.fail("claims = ends", || format!("{claims} claims were made, and {ends} have ended"));
        }
        self.recount_tries(rows);
        for id in answered {
            let Ok(uuid) = Uuid::try_parse(id) else { continue };
            if !self.dialed.get(&uuid).is_some_and(|d| !d.is_agent && !d.tainted) {
                continue;
            }
            match rows.results.get(&uuid) {
                None => self
                    .fail("one result for each attempt", || format!("{uuid} was answered and has no result")),
                Some(row) if row.res_dial != RES_ANSWER => {
                    let (res_dial, outcome) = (row.res_dial, row.outcome);
                    self.fail("answers are known", || {
                        format!("{uuid} was answered, and its ResDial is {res_dial} ({outcome:?})")
                    });
                }
                Some(_) => {}
            }
        }
        // Without a channel nobody was called: where that was not heard, the call is as one that never came, and goes back.
        let called = self.dialed.iter().filter(|(_, dialed)| !dialed.is_agent && dialed.channel);
        let lost = called.into_iter().find(|(uuid, _)| !rows.results.contains_key(*uuid));
        if let Some(uuid) = lost.map(|(uuid, _)| *uuid) {
            self.fail("one result for each attempt", || format!("{uuid} reached Asterisk and has no result"));
        }
    }

    /// What the engine has counted of abandoned calls is what was written with their results.
    pub(in crate::torture) fn budgets(&mut self, rows: &Rows, engine: &Engine) {
        for (key, budget) in engine.budgets() {
            let mut written = Budget::default();
            for tally in rows.tallies.iter().filter(|tally| tally.budget == key) {
                written.add(tally.day, tally.counts);
            }
            if *budget != written {
                self.fail("statistics = rows", || {
                    format!("the engine counts {budget:?} for {key}, written are {written:?}")
                });
            }
        }
    }

    fn recount_tries(&mut self, rows: &Rows) {
        let mut tries = vec![[0_u32; NUMBERS]; rows.leads.len()];
        for result in rows.results.values().filter(|result| result.counts) {
            tries[result.lead][result.index] += 1;
        }
        let wrong = rows.leads.iter().zip(&tries).find(|(row, tries)| row.lead.tries != **tries);
        if let Some((row, tries)) = wrong {
            let (lead, kept) = (short(row.lead.uuid), row.lead.tries);
            self.fail("statistics = rows", || {
                format!("{lead} has tries {kept:?}, and its results are {tries:?}")
            });
        }
    }
}
