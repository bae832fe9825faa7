//! A lead store in memory that keeps the contract of claims and records.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::dialing::{Answer, Claim, ClaimRequest, Claimed, Ended, OpenClaim, Record};
use engine::model::{Lead, LeadClaim, LeadStatus, NUMBERS};
use engine::time::Wall;
use uuid::Uuid;

use super::rows::STORE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    Open,
    Answered,
    Aside,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub lead: Lead,
    pub next_try: Wall,
    pub closed: Closed,
    pub open: Option<OpenClaim>,
}

/// Leads in the order of their creation.
#[derive(Debug, Default, Clone)]
pub struct Store {
    pub rows: Vec<Row>,
    next_dialing: u128,
    limits: BTreeMap<Uuid, [u32; NUMBERS]>,
}

impl Store {
    pub fn add(&mut self, lead: Lead) {
        self.rows.push(Row { lead, next_try: Wall(0), closed: Closed::Open, open: None });
    }

    pub fn claim(&mut self, request: &ClaimRequest) -> Claimed {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by_key(|&i| self.rows[i].next_try);
        let mut claims = Vec::new();
        let mut next_due = None;
        for i in order {
            if claims.len() == request.count as usize {
                return Claimed { claims, next_due: None };
            }
            let row = &mut self.rows[i];
            if row.lead.dial_list != request.dial_list || row.closed != Closed::Open || row.open.is_some() {
                continue;
            }
            if row.next_try > request.due {
                // Who only others may call again is nobody to wait for.
                let own = row.lead.next_number(&request.max_tries).map(|_| row.next_try);
                next_due = next_due.or(own);
            } else if let Some(index) = row.lead.next_number(&request.max_tries) {
                self.next_dialing += 1;
                let dialing = STORE.dialing(Uuid::from_u128(0xd1a1 << 64 | self.next_dialing << 48));
                let serial = u64::try_from(self.next_dialing).unwrap();
                claims.push(row.take(request, index, (dialing, serial)));
            } else if row.lead.next_number(&request.widest_tries).is_none() {
                row.closed = Closed::Aside;
            }
        }
        let next_due = if claims.len() == request.count as usize { None } else { next_due };
        Claimed { claims, next_due }
    }

    /// Leads of the list that were put aside come back where a limit is wider than before.
    pub fn set_limits(&mut self, dial_list: Uuid, widest: [u32; NUMBERS]) -> bool {
        let before = self.limits.insert(dial_list, widest);
        let wider = before.is_none_or(|before| (0..NUMBERS).any(|i| widest[i] > before[i]));
        let aside = |row: &&mut Row| row.lead.dial_list == dial_list && row.closed == Closed::Aside;
        let back = self.rows.iter_mut().filter(aside).filter(|_| wider);
        back.map(|row| row.closed = Closed::Open).count() > 0
    }

    pub fn record(&mut self, record: &Record) {
        match record {
            Record::CampaignStatus { .. } | Record::CampaignWindow { .. } => {}
            Record::Answered { dialing, answer, .. } => {
                let mut open = self.rows.iter_mut().filter_map(|row| row.open.as_mut());
                let open = open.find(|open| open.claim.dialing == *dialing).expect("an open claim");
                open.answer = Some(Answer::clone(answer));
            }
            Record::Released { dialing, lead } => {
                let row = self.row(*lead);
                assert_eq!(row.open.take().map(|open| open.claim.dialing), Some(*dialing), "released twice");
                row.free();
            }
            Record::Returned { dialing, lead, next_try } => {
                let row = self.row(*lead);
                assert_eq!(row.open.take().map(|open| open.claim.dialing), Some(*dialing), "returned twice");
                row.free();
                row.next_try = *next_try;
            }
            Record::Ended(ended) => self.ended(ended),
        }
    }

    fn ended(&mut self, ended: &Ended) {
        let setup = &ended.dialing.setup;
        let row = self.row(setup.lead);
        assert_eq!(row.open.take().map(|open| open.claim.dialing), Some(setup.uuid), "ended twice");
        row.free();
        row.lead.tries[usize::from(setup.index) - 1] += u32::from(ended.counts);
        row.next_try = ended.next_try;
        if ended.done {
            row.closed = Closed::Answered;
        }
    }

    /// The lead of an offer is being dialed from now on.
    pub fn accept(&mut self, dialing: Uuid) {
        let row =
            self.rows.iter_mut().find(|row| row.open.as_ref().is_some_and(|o| o.claim.dialing == dialing));
        let row = row.expect("an open claim");
        assert_eq!(row.lead.status, LeadStatus::Reserved);
        row.lead.status = LeadStatus::Dialing;
        if let Some(open) = &mut row.open {
            open.claim.lead.status = LeadStatus::Dialing;
        }
    }

    pub fn row(&mut self, lead: Uuid) -> &mut Row {
        self.rows.iter_mut().find(|row| row.lead.uuid == lead).expect("a known lead")
    }

    pub fn open_claims(&self) -> Vec<OpenClaim> {
        self.rows.iter().filter_map(|row| row.open.clone()).collect()
    }
}

impl Row {
    fn take(&mut self, request: &ClaimRequest, index: usize, (dialing, serial): (Uuid, u64)) -> Claim {
        let ClaimRequest { campaign, plan, destination, .. } = *request;
        self.lead.status = if request.reserve { LeadStatus::Reserved } else { LeadStatus::Dialing };
        self.lead.claim = Some(LeadClaim { dialing, campaign, plan });
        let claim = Claim { dialing, serial, lead: self.lead.clone(), index };
        self.open = Some(OpenClaim {
            claim: claim.clone(),
            campaign,
            plan,
            destination,
            asterisk: Arc::clone(&request.asterisk),
            trunk: request.trunk.clone(),
            created: request.due,
            answer: None,
        });
        claim
    }

    fn free(&mut self) {
        self.lead.status = LeadStatus::Idle;
        self.lead.claim = None;
    }
}
