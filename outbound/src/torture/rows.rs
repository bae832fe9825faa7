//! The rows of the store as they are on disk: the contract of claims and records, and nothing of SQLite.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::abandon::Tally;
use engine::catalog::Catalog;
use engine::dialing::{Answer, Claim, ClaimRequest, Claimed, Ended, OpenClaim, Outcome, Record};
use engine::model::{Change, Lead, LeadClaim, LeadStatus, NUMBERS};
use engine::store_id::StoreId;
use engine::time::Wall;
use uuid::Uuid;

/// The number of this store.
pub(super) const STORE: StoreId = StoreId::new(0x5702_e000_0001);

/// Whether a lead may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    Open,
    Done,
    Aside,
}

/// A lead.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) lead: Lead,
    pub(super) next_try: Wall,
    pub(super) closed: Closed,
    pub(super) deleted: bool,
    /// The dialing that has it.
    pub(super) open: Option<OpenClaim>,
}

/// A result.
#[derive(Debug)]
pub(super) struct ResultRow {
    pub(super) outcome: Outcome,
    pub(super) res_dial: u16,
    pub(super) counts: bool,
    pub(super) lead: usize,
    pub(super) index: usize,
}

/// Everything that is committed.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) catalog: Catalog,
    pub(super) leads: Vec<Row>,
    by_uuid: BTreeMap<Uuid, usize>,
    /// Leads that may be claimed, in the order of their next try.
    claimable: BTreeMap<Uuid, BTreeSet<(Wall, usize)>>,
    limits: BTreeMap<Uuid, [u32; NUMBERS]>,
    /// Who has a claim that is open.
    pub(super) open: BTreeMap<Uuid, usize>,
    pub(super) results: BTreeMap<Uuid, ResultRow>,
    pub(super) tallies: Vec<Tally>,
    /// Claims ever made, and those that were given back.
    pub(super) claims: u64,
    pub(super) given_back: BTreeSet<Uuid>,
    next_dialing: u128,
    pub(super) last_serial: u64,
    /// Claims that were answered before they were written; only where that rule is broken.
    unwritten: Vec<Uuid>,
}

impl Rows {
    pub(super) fn new(catalog: Catalog, leads: Vec<Lead>) -> Self {
        let mut rows = Self { catalog, ..Self::default() };
        for lead in leads {
            rows.create_lead(lead);
        }
        rows
    }

    /// The lead of a dialing that is open.
    pub(super) fn claimed_by(&self, dialing: Uuid) -> Option<&OpenClaim> {
        self.leads[*self.open.get(&dialing)?].open.as_ref()
    }

    pub(super) fn open_claims(&self) -> Vec<OpenClaim> {
        let mut claims: Vec<OpenClaim> =
            self.open.values().filter_map(|at| self.leads[*at].open.clone()).collect();
        claims.sort_by_key(|claim| (claim.created, claim.claim.lead.uuid));
        claims
    }

    /// A daemon opens the store: serials go on from its clock, or from the claims that are open.
    pub(super) fn open_at(&mut self, wall: Wall) {
        let clock = u64::try_from(wall.0 / 1_000).unwrap_or(0);
        let highest = self.open_claims().iter().map(|open| open.claim.serial).max();
        self.last_serial = clock.max(highest.unwrap_or(0));
    }

    pub(super) fn create_lead(&mut self, lead: Lead) {
        let at = self.leads.len();
        self.by_uuid.insert(lead.uuid, at);
        self.leads.push(Row { lead, next_try: Wall(0), closed: Closed::Open, deleted: false, open: None });
        self.place(at);
    }

    pub(super) fn delete_lead(&mut self, uuid: Uuid) -> bool {
        let Some(&at) = self.by_uuid.get(&uuid) else { return false };
        self.displace(at);
        !std::mem::replace(&mut self.leads[at].deleted, true)
    }

    /// Puts a lead where claims find it, if they may.
    fn place(&mut self, at: usize) {
        let row = &self.leads[at];
        if row.open.is_none() && row.closed == Closed::Open && !row.deleted {
            self.claimable.entry(row.lead.dial_list).or_default().insert((row.next_try, at));
        }
    }

    fn displace(&mut self, at: usize) {
        let row = &self.leads[at];
        if let Some(list) = self.claimable.get_mut(&row.lead.dial_list) {
            list.remove(&(row.next_try, at));
        }
    }

    pub(super) fn claim(&mut self, request: &ClaimRequest) -> Claimed {
        let mut claims = Vec::new();
        let mut next_due = None;
        if !self.catalog.dial_lists.contains_key(&request.dial_list) {
            return Claimed::default();
        }
        let order: Vec<(Wall, usize)> =
            self.claimable.get(&request.dial_list).into_iter().flatten().copied().collect();
        for (next_try, at) in order {
            if claims.len() == request.count as usize {
                break;
            }
            if next_try > request.due {
                next_due = Some(next_try);
                break;
            }
            let lead = &self.leads[at].lead;
            if let Some(index) = lead.next_number(&request.max_tries) {
                claims.push(self.take(at, index, request));
            } else if lead.next_number(&request.widest_tries).is_none() {
                self.displace(at);
                self.leads[at].closed = Closed::Aside;
            }
        }
        let next_due = if claims.len() == request.count as usize { None } else { next_due };
        Claimed { claims, next_due }
    }

    /// The same, answered before it is committed.
    pub(super) fn claim_unwritten(&mut self, request: &ClaimRequest) -> Claimed {
        let claimed = self.claim(request);
        self.unwritten.extend(claimed.claims.iter().map(|claim| claim.dialing));
        claimed
    }

    /// What was answered too early is committed, or is lost.
    pub(super) fn settle_unwritten(&mut self, committed: bool) {
        for dialing in std::mem::take(&mut self.unwritten) {
            if let Some(at) = (!committed).then(|| self.close(dialing).ok()).flatten() {
                self.claims -= 1;
                self.place(at);
            }
        }
    }

    /// Whether the claim of this dialing is on the disk, and open.
    pub(super) fn is_claimed(&self, dialing: Uuid) -> bool {
        self.open.contains_key(&dialing) && !self.unwritten.contains(&dialing)
    }

    fn take(&mut self, at: usize, index: usize, request: &ClaimRequest) -> Claim {
        self.displace(at);
        self.next_dialing += 1;
        self.claims += 1;
        self.last_serial += 1;
        let serial = self.last_serial;
        // Its number stands in front, the store's behind.
        let random = 0xd1a1_0000_0000_4000_8000_0000_0000_0000 | self.next_dialing << 80;
        let dialing = STORE.dialing(Uuid::from_u128(random));
        let ClaimRequest { campaign, plan, destination, .. } = *request;
        let row = &mut self.leads[at];
        row.lead.status = if request.reserve { LeadStatus::Reserved } else { LeadStatus::Dialing };
        row.lead.claim = Some(LeadClaim { dialing, campaign, plan });
        let claim = Claim { dialing, serial, lead: row.lead.clone(), index };
        row.open = Some(OpenClaim {
            claim: claim.clone(),
            campaign,
            plan,
            destination,
            asterisk: Arc::clone(&request.asterisk),
            trunk: request.trunk.clone(),
            created: request.due,
            answer: None,
        });
        self.open.insert(dialing, at);
        claim
    }

    /// The lead of an offer is being dialed from now on.
    pub(super) fn accept(&mut self, dialing: Uuid) -> bool {
        let Some(&at) = self.open.get(&dialing) else { return false };
        let row = &mut self.leads[at];
        if row.lead.status != LeadStatus::Reserved {
            return false;
        }
        row.lead.status = LeadStatus::Dialing;
        if let Some(open) = &mut row.open {
            open.claim.lead.status = LeadStatus::Dialing;
        }
        true
    }

    /// Leads that were put aside come back where a limit is wider than before; true where some did.
    pub(super) fn set_limits(&mut self, list: Uuid, widest: [u32; NUMBERS]) -> bool {
        if !self.catalog.dial_lists.contains_key(&list) {
            return false;
        }
        let before = self.limits.insert(list, widest);
        if before.is_some_and(|before| (0..NUMBERS).all(|i| widest[i] <= before[i])) {
            return false;
        }
        for at in 0..self.leads.len() {
            if self.leads[at].lead.dial_list == list && self.leads[at].closed == Closed::Aside {
                self.leads[at].closed = Closed::Open;
                self.place(at);
            }
        }
        true
    }

    pub(super) fn apply(&mut self, change: &Change) {
        self.catalog.apply(change);
    }

    /// Writes a record.
    ///
    /// # Errors
    /// It is about a claim that is not open: a second end of one dialing.
    pub(super) fn record(&mut self, record: &Record) -> Result<(), Uuid> {
        match record {
            Record::CampaignStatus { campaign, status, updated, window_handled } => {
                if let Some(row) = self.catalog.campaigns.get_mut(campaign) {
                    let row = Arc::make_mut(row);
                    (row.status, row.window_handled) = (*status, *window_handled);
                    row.stamps.updated = Some(*updated);
                }
            }
            Record::CampaignWindow { campaign, handled } => {
                if let Some(row) = self.catalog.campaigns.get_mut(campaign) {
                    Arc::make_mut(row).window_handled = *handled;
                }
            }
            Record::Released { dialing, .. } => {
                let at = self.close(*dialing)?;
                self.given_back.insert(*dialing);
                self.place(at);
            }
            Record::Returned { dialing, next_try, .. } => {
                let at = self.close(*dialing)?;
                self.given_back.insert(*dialing);
                self.leads[at].next_try = *next_try;
                self.place(at);
            }
            Record::Answered { dialing, answer, .. } => {
                let open = self.open.get(dialing).and_then(|at| self.leads[*at].open.as_mut());
                open.ok_or(*dialing)?.answer = Some(Answer::clone(answer));
            }
            Record::Ended(ended) => self.ended(ended)?,
        }
        Ok(())
    }

    fn close(&mut self, dialing: Uuid) -> Result<usize, Uuid> {
        let at = self.open.remove(&dialing).ok_or(dialing)?;
        let row = &mut self.leads[at];
        row.open = None;
        row.lead.status = LeadStatus::Idle;
        row.lead.claim = None;
        Ok(at)
    }

    fn ended(&mut self, ended: &Ended) -> Result<(), Uuid> {
        let setup = &ended.dialing.setup;
        let at = self.close(setup.uuid)?;
        let row = &mut self.leads[at];
        let index = usize::from(setup.index).saturating_sub(1);
        row.lead.tries[index] += u32::from(ended.counts);
        row.next_try = ended.next_try;
        if ended.done {
            row.closed = Closed::Done;
        } else if row.closed == Closed::Open
            && self
                .limits
                .get(&row.lead.dial_list)
                .is_some_and(|widest| row.lead.next_number(widest).is_none())
        {
            row.closed = Closed::Aside;
        }
        self.place(at);
        self.tallies.extend(ended.tally.clone());
        let result = ResultRow {
            outcome: ended.outcome,
            res_dial: ended.dialing.progress.res_dial,
            counts: ended.counts,
            lead: at,
            index,
        };
        self.results.insert(setup.uuid, result);
        Ok(())
    }
}
