//! Leads that others make, change or delete while somebody works with what a list has: the writer tells of them when that is committed, so
//! the list need not be read again.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use engine::model::Lead;
use uuid::Uuid;

use super::import::LeadKeys;

/// Leads that wait for one who follows a list.
const WAITING_MAX: usize = 10_000;

/// Those who follow lists; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Followers(Arc<Mutex<Vec<Weak<Shared>>>>);

/// What comes to a list from now on: leads that clients make, and those that they change, delete or move to another list, with the keys that
/// they have then on this one. Not those of imports.
#[derive(Debug)]
pub struct Arrivals(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    list: Uuid,
    /// `None` where more came than may wait.
    waiting: Mutex<Option<Vec<LeadKeys>>>,
}

impl Followers {
    /// Follows a list, until what is returned is dropped.
    pub(super) fn follow(&self, list: Uuid) -> Arrivals {
        let shared = Arc::new(Shared { list, waiting: Mutex::new(Some(Vec::new())) });
        let mut followers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        followers.retain(|follower| follower.strong_count() > 0);
        followers.push(Arc::downgrade(&shared));
        Arrivals(shared)
    }

    /// Tells of leads that are committed, and of those that are gone, with the list that they were on.
    pub(super) fn tell(&self, leads: &[Lead], gone: &[(Uuid, Uuid)]) {
        if leads.is_empty() && gone.is_empty() {
            return;
        }
        let followers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for follower in followers.iter().filter_map(Weak::upgrade) {
            leads
                .iter()
                .filter(|lead| lead.dial_list == follower.list)
                .for_each(|lead| follower.add(lead.into()));
            gone.iter()
                .filter(|(list, _)| *list == follower.list)
                .for_each(|(_, lead)| follower.add(LeadKeys::none(*lead)));
        }
    }
}

impl Shared {
    fn add(&self, lead: LeadKeys) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.as_ref().is_some_and(|leads| leads.len() >= WAITING_MAX) {
            *waiting = None;
        }
        if let Some(leads) = &mut *waiting {
            leads.push(lead);
        }
    }
}

impl Arrivals {
    /// What has come since the last time; `None` where that was more than waits, and the list has to be read.
    pub fn take(&self) -> Option<Vec<LeadKeys>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner).replace(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use engine::time::Wall;

    use super::*;

    fn lead(uuid: u128, list: u128) -> Lead {
        Lead::new(Uuid::from_u128(uuid), Uuid::from_u128(list), Wall(0))
    }

    fn told(arrivals: &Arrivals) -> Option<Vec<u128>> {
        Some(arrivals.take()?.iter().map(|lead| lead.uuid.as_u128()).collect())
    }

    #[test]
    fn who_follows_a_list_is_told_of_its_leads_or_that_they_were_too_many() {
        let followers = Followers::default();
        followers.tell(&[lead(1, 1)], &[]);
        let [first, other] = [1, 2].map(|list| followers.follow(Uuid::from_u128(list)));
        followers.tell(&[lead(2, 1), lead(3, 2), lead(4, 1), lead(5, 3)], &[]);
        assert_eq!(
            (told(&first), told(&first), told(&other)),
            (Some(vec![2, 4]), Some(vec![]), Some(vec![3]))
        );
        followers.tell(&vec![lead(6, 1); WAITING_MAX], &[]);
        assert_eq!(told(&first), Some(vec![6; WAITING_MAX]));
        followers.tell(&vec![lead(7, 1); WAITING_MAX + 1], &[]);
        followers.tell(&[lead(8, 1)], &[]);
        assert_eq!(told(&first), None, "the list has to be read");
        followers.tell(&[lead(9, 1)], &[]);
        assert_eq!(told(&first), Some(vec![9]));
        let list = Uuid::from_u128;
        followers.tell(&[], &[(list(1), list(9)), (list(2), list(3))]);
        assert_eq!(first.take(), Some(vec![LeadKeys::none(list(9))]), "one that is gone has no keys");
        assert_eq!(told(&other), Some(vec![3]));
        drop(first);
        drop(followers.follow(Uuid::nil()));
        followers.tell(&[lead(10, 1), lead(11, 2)], &[]);
        assert_eq!(told(&other), Some(vec![11]));
    }
}
