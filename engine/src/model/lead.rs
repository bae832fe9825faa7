//! Dial lists and their leads: whom to call.

use serde::Serialize;
use uuid::Uuid;

use super::{NUMBERS, Stamps, Variable, codes};
use crate::broken::{Rule, is_broken};
use crate::time::Wall;
use crate::value::{Number, Text};

/// A dial list (contract: dlma); its leads are kept by the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DialList {
    /// Identity.
    pub uuid: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// Channel variables of each call to its leads.
    pub variables: Vec<Variable>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// Whether a lead is free, with the contract's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// 0.
    #[default]
    Idle,
    /// 1.
    Dialing,
    /// 2: reserved for a preview.
    Reserved,
}

/// A customer with up to eight numbers (contract: dl list entry).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lead {
    /// Identity.
    pub uuid: Uuid,
    /// Its dial list (contract: `DlmaUuid`).
    pub dial_list: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// Free or being dialed.
    pub status: LeadStatus,
    /// The user's own key.
    pub ukey: Option<Text>,
    /// The user's own data.
    pub udata: Option<Text>,
    /// The call attempt that holds it, and its campaign and plan.
    pub claim: Option<LeadClaim>,
    /// Its numbers, by index 1..8 less one.
    pub numbers: [Option<Number>; NUMBERS],
    /// E-mail address.
    pub email: Option<Text>,
    /// Tries so far of each number.
    pub tries: [u32; NUMBERS],
    /// The last `ResDial`.
    pub res_dial: u16,
    /// Its words.
    pub res_dial_detail: Option<Text>,
    /// The last `ResHangup`.
    pub res_hangup: u16,
    /// Its words.
    pub res_hangup_detail: Option<Text>,
    /// Channel variables of its calls.
    pub variables: Vec<Variable>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// Which call attempt holds a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeadClaim {
    /// The dialing.
    pub dialing: Uuid,
    /// Its campaign.
    pub campaign: Uuid,
    /// Its plan.
    pub plan: Uuid,
}

/// The lead's own texts that a call carries, as they were when it was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LeadTexts {
    /// Its name.
    pub name: Option<Text>,
    /// The user's own key.
    pub ukey: Option<Text>,
    /// The user's own data.
    pub udata: Option<Text>,
}

codes!(LeadStatus: Idle = 0, Dialing = 1, Reserved = 2);

impl DialList {
    /// An empty dial list.
    pub fn new(uuid: Uuid, created: Wall) -> Self {
        let stamps = Stamps { created, ..Stamps::default() };
        Self { uuid, name: None, detail: None, variables: Vec::new(), stamps }
    }
}

impl Lead {
    /// A lead without numbers.
    pub fn new(uuid: Uuid, dial_list: Uuid, created: Wall) -> Self {
        Self {
            uuid,
            dial_list,
            name: None,
            detail: None,
            status: LeadStatus::Idle,
            ukey: None,
            udata: None,
            claim: None,
            numbers: [const { None }; NUMBERS],
            email: None,
            tries: [0; NUMBERS],
            res_dial: 0,
            res_dial_detail: None,
            res_hangup: 0,
            res_hangup_detail: None,
            variables: Vec::new(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }

    /// What its calls carry.
    pub fn texts(&self) -> LeadTexts {
        LeadTexts { name: self.name.clone(), ukey: self.ukey.clone(), udata: self.udata.clone() }
    }

    /// The number to dial next: the lowest index that is set and has tries left. The index counts from 0.
    pub fn next_number(&self, max_tries: &[u32; NUMBERS]) -> Option<usize> {
        let more = u32::from(is_broken(Rule::OneTryMore));
        (0..NUMBERS).find(|&i| self.numbers[i].is_some() && self.tries[i] < max_tries[i] + more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_number_with_tries_left_is_next() {
        let mut lead = Lead::new(Uuid::nil(), Uuid::nil(), Wall(0));
        let limits = [2, 1, 1, 1, 1, 1, 1, 1];
        assert_eq!(lead.next_number(&limits), None);
        lead.numbers[0] = Number::parse("1").ok();
        lead.numbers[4] = Number::parse("2").ok();
        assert_eq!(lead.next_number(&limits), Some(0));
        lead.tries[0] = 2;
        assert_eq!(lead.next_number(&limits), Some(4));
        lead.tries[4] = 1;
        assert_eq!(lead.next_number(&limits), None);
    }
}
