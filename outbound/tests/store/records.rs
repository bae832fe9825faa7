//! What the engine wants written down.

use engine::dialing::{Ended, Record};
use engine::model::LeadStatus;
use engine::time::Wall;
use outbound::store::Store;

use crate::fixtures::{claim, end, ended, fill, record, request};

pub(crate) async fn results(store: &Store) -> Vec<serde_json::Value> {
    let rows = store.results_after(0, 100).await.unwrap();
    rows.iter().map(|(_, json)| serde_json::from_str(json).unwrap()).collect()
}

pub(crate) async fn an_end_frees_its_lead_and_leaves_one_result(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    end(&store, ended(&claimed)).await;
    let lead = store.lead(uuid).await.unwrap().unwrap();
    assert_eq!((lead.status, lead.claim), (LeadStatus::Idle, None));
    assert_eq!(lead.tries, [1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!((lead.res_dial, lead.res_hangup), (3, 19));
    assert_eq!(lead.res_dial_detail.unwrap().as_str(), "No Answer");
    assert_eq!(lead.res_hangup_detail.unwrap().as_str(), "User alerting, no answer");
    assert_eq!(lead.stamps.updated, Some(Wall(2_000)));
    let results = results(&store).await;
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["dialing_uuid"], claimed.dialing.to_string());
    assert_eq!(*store.last_result().borrow(), store.results_after(0, 1).await.unwrap()[0].0);
}

pub(crate) async fn an_answered_lead_is_done(store: Store) {
    fill(&store, 1).await;
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    end(&store, Ended { done: true, ..ended(&claimed) }).await;
    let after = claim(&store, engine::dialing::ClaimRequest { due: Wall(9_000), ..request(1) }).await;
    assert_eq!((after.claims.len(), after.next_due), (0, None));
}

pub(crate) async fn an_end_that_does_not_count_leaves_the_tries(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    end(&store, Ended { counts: false, ..ended(&claimed) }).await;
    assert_eq!(store.lead(uuid).await.unwrap().unwrap().tries, [0; 8]);
    assert_eq!(results(&store).await.len(), 1);
}

pub(crate) async fn a_second_end_changes_nothing(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    end(&store, ended(&claimed)).await;
    let lead = store.lead(uuid).await.unwrap();
    end(&store, Ended { done: true, ..ended(&claimed) }).await;
    record(&store, Record::Released { dialing: claimed.dialing, lead: uuid }).await;
    assert_eq!(store.lead(uuid).await.unwrap(), lead);
    assert_eq!(results(&store).await.len(), 1);
}

pub(crate) async fn a_released_claim_does_not_count(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let before = store.lead(uuid).await.unwrap();
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    record(&store, Record::Released { dialing: claimed.dialing, lead: uuid }).await;
    assert_eq!(store.lead(uuid).await.unwrap(), before);
    end(&store, ended(&claimed)).await;
    assert!(results(&store).await.is_empty());
    assert_eq!(claim(&store, request(1)).await.claims.len(), 1);
}

pub(crate) async fn a_deleted_lead_keeps_its_claim_until_the_result(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    store.delete_lead(uuid, Wall(3)).await.unwrap();
    end(&store, ended(&claimed)).await;
    assert_eq!(results(&store).await.len(), 1);
    assert_eq!(
        claim(&store, engine::dialing::ClaimRequest { due: Wall(9_000), ..request(1) }).await.claims,
        []
    );
}
