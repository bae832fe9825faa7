//! Leads that are reserved for an agent: claimed, accepted, given back; and what a crash leaves of them.

use engine::dialing::{ClaimRequest, Record};
use engine::model::LeadStatus;
use engine::time::Wall;
use outbound::store::{Store, StoreError};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::fixtures::{Room, claim, end, ended, fill, record, request};
use crate::records::results;

fn reserve(count: u32) -> ClaimRequest {
    ClaimRequest { reserve: true, ..request(count) }
}

async fn accept(store: &Store, dialing: Uuid) -> Result<(), StoreError> {
    let (done, answer) = oneshot::channel();
    store.accept(dialing, move |result| done.send(result).unwrap());
    answer.await.unwrap()
}

async fn status(store: &Store, lead: Uuid) -> LeadStatus {
    store.lead(lead).await.unwrap().unwrap().status
}

pub(crate) async fn a_reserved_lead_is_nobody_elses_and_is_dialed_once_it_is_accepted(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let claimed = claim(&store, reserve(1)).await.claims.remove(0);
    assert_eq!(claimed.lead.status, LeadStatus::Reserved);
    assert_eq!(status(&store, uuid).await, LeadStatus::Reserved);
    assert_eq!(claim(&store, reserve(1)).await.claims, []);
    accept(&store, claimed.dialing).await.unwrap();
    assert_eq!(status(&store, uuid).await, LeadStatus::Dialing);
    assert!(matches!(accept(&store, claimed.dialing).await, Err(StoreError::NotFound)), "only once");
    assert!(matches!(accept(&store, Uuid::nil()).await, Err(StoreError::NotFound)));
    end(&store, ended(&claimed)).await;
    assert_eq!((status(&store, uuid).await, results(&store).await.len()), (LeadStatus::Idle, 1));
}

pub(crate) async fn a_returned_lead_waits_and_no_try_is_counted(store: Store) {
    let uuid = fill(&store, 2).await[0];
    let claimed = claim(&store, reserve(1)).await.claims.remove(0);
    let next_try = Wall(7_000);
    record(&store, Record::Returned { dialing: claimed.dialing, lead: uuid, next_try }).await;
    let lead = store.lead(uuid).await.unwrap().unwrap();
    assert_eq!((lead.status, lead.claim, lead.tries), (LeadStatus::Idle, None, [0; 8]));
    assert!(results(&store).await.is_empty());
    let early = claim(&store, ClaimRequest { due: Wall(6_999), ..reserve(2) }).await;
    assert!(early.claims.iter().all(|claim| claim.lead.uuid != uuid));
    assert_eq!(early.next_due, Some(next_try));
    let late = claim(&store, ClaimRequest { due: next_try, ..reserve(1) }).await;
    assert_eq!(late.claims[0].lead.uuid, uuid);
}

pub(crate) async fn a_released_reservation_keeps_its_place(store: Store) {
    let uuid = fill(&store, 2).await[0];
    let claimed = claim(&store, reserve(1)).await.claims.remove(0);
    record(&store, Record::Released { dialing: claimed.dialing, lead: uuid }).await;
    assert_eq!(claim(&store, reserve(1)).await.claims[0].lead.uuid, uuid);
}

pub(crate) async fn a_reserved_lead_is_neither_available_nor_being_dialed(store: Store) {
    fill(&store, 3).await;
    claim(&store, reserve(1)).await;
    let counts = store.lead_counts(crate::fixtures::LIST).await.unwrap();
    assert_eq!((counts.total, counts.available, counts.dialing, counts.finished), (3, 2, 0, 0));
}

#[tokio::test]
async fn a_crash_tells_offers_from_accepted_ones() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 2).await;
    let claims = claim(&store, reserve(2)).await.claims;
    accept(&store, claims[1].dialing).await.unwrap();
    let loaded = room.after_crash().open().1;
    let open = loaded.open_claims.iter().map(|open| (open.claim.dialing, open.claim.lead.status));
    let mut open: Vec<_> = open.collect();
    open.sort_by_key(|(dialing, _)| *dialing != claims[0].dialing);
    let expected = [(claims[0].dialing, LeadStatus::Reserved), (claims[1].dialing, LeadStatus::Dialing)];
    assert_eq!(open, expected);
}
