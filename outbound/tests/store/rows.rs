//! Rows of leads: made, shown, changed, deleted.

use engine::model::{LeadStatus, NUMBERS, Variable};
use engine::time::Wall;
use engine::value::{Text, VariableName};
use outbound::store::{LeadCounts, Store, StoreError};
use uuid::Uuid;

use crate::fixtures::{LIST, claim, end, ended, fill, lead, number, request, set_limits};

fn text(words: &str) -> Option<Text> {
    Some(Text::parse(words).unwrap())
}

pub(crate) async fn a_lead_comes_back_as_it_was_made(store: Store) {
    fill(&store, 0).await;
    let mut made = lead(1);
    made.name = text("Ms. Ünal");
    made.detail = text("detail");
    made.ukey = text("key-1");
    made.udata = text("{\"a\": 'b'}");
    made.email = text("a@example.org");
    for (n, slot) in made.numbers.iter_mut().enumerate() {
        *slot = number(&format!("+120255501{n:02}"));
    }
    made.tries = [1, 2, 3, 4, 5, 6, 7, u32::MAX];
    made.res_dial = 5;
    made.res_dial_detail = text("Busy");
    made.res_hangup = 17;
    made.res_hangup_detail = text("User busy");
    let name = VariableName::parse("LANG").unwrap();
    made.variables =
        ["en", "de \"x\""].map(|value| Variable { name: name.clone(), value: value.into() }).into();
    made.stamps.updated = Some(Wall(i64::MAX));
    store.create_lead(made.clone()).await.unwrap();
    assert_eq!(store.lead(made.uuid).await.unwrap(), Some(made));
}

pub(crate) async fn leads_are_shown_in_the_order_of_creation(store: Store) {
    let uuids = fill(&store, 5).await;
    let shown = |leads: Vec<engine::model::Lead>| leads.into_iter().map(|lead| lead.uuid).collect::<Vec<_>>();
    assert_eq!(shown(store.leads(Some(LIST), 3).await.unwrap()), uuids[..3]);
    assert_eq!(shown(store.leads(None, 100).await.unwrap()), uuids);
    assert_eq!(store.leads(Some(Uuid::from_u128(5)), 100).await.unwrap(), []);
}

pub(crate) async fn a_lead_needs_a_dial_list(store: Store) {
    assert_eq!(store.create_lead(lead(1)).await, Err(StoreError::UnknownDialList));
    let uuid = fill(&store, 1).await[0];
    let moved = store.update_lead(uuid, |lead| lead.dial_list = Uuid::from_u128(99)).await;
    assert_eq!(moved, Err(StoreError::UnknownDialList));
}

pub(crate) async fn a_change_leaves_what_the_dialer_keeps(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let claimed = claim(&store, request(1)).await.claims.remove(0).lead;
    let changed = store
        .update_lead(uuid, |lead| {
            lead.name = text("New");
            lead.status = LeadStatus::Idle;
            lead.claim = None;
            lead.tries = [9; NUMBERS];
            lead.res_dial = 4;
        })
        .await
        .unwrap();
    assert_eq!(changed, engine::model::Lead { name: text("New"), ..claimed });
    assert_eq!(store.lead(uuid).await.unwrap(), Some(changed));
    assert_eq!(store.update_lead(Uuid::nil(), |_| {}).await, Err(StoreError::NotFound));
}

pub(crate) async fn a_deleted_lead_is_neither_shown_nor_claimed(store: Store) {
    let uuids = fill(&store, 2).await;
    store.delete_lead(uuids[0], Wall(7)).await.unwrap();
    assert_eq!(store.delete_lead(uuids[0], Wall(8)).await, Err(StoreError::NotFound));
    assert_eq!(store.lead(uuids[0]).await.unwrap(), None);
    assert_eq!(store.leads(Some(LIST), 10).await.unwrap().len(), 1);
    let claimed = claim(&store, request(2)).await;
    assert_eq!(claimed.claims.iter().map(|claim| claim.lead.uuid).collect::<Vec<_>>(), uuids[1..]);
}

pub(crate) async fn leads_are_counted_by_how_they_stand(store: Store) {
    assert_eq!(store.lead_counts(LIST).await, Ok(LeadCounts::default()));
    // A deleted one, an answered one, one that is put aside, one to be tried again, one being dialed, two fresh ones.
    let uuids = fill(&store, 7).await;
    set_limits(&store, [1; NUMBERS]).await;
    store.delete_lead(uuids[6], Wall(7)).await.unwrap();
    let claims = claim(&store, request(4)).await.claims;
    let mut answered = ended(&claims[0]);
    answered.done = true;
    end(&store, answered).await;
    end(&store, ended(&claims[1])).await;
    let mut free = ended(&claims[2]);
    free.counts = false;
    end(&store, free).await;
    let counts = LeadCounts { total: 6, finished: 2, available: 3, dialing: 1, called: 2 };
    assert_eq!(store.lead_counts(LIST).await, Ok(counts));
    assert_eq!(store.lead_counts(Uuid::from_u128(5)).await, Ok(LeadCounts::default()));
}

pub(crate) async fn a_request_that_fails_spoils_no_other(store: Store) {
    fill(&store, 1).await;
    let (again, new) = tokio::join!(store.create_lead(lead(0)), store.create_lead(lead(1)));
    assert!(matches!(again, Err(StoreError::Database(_))), "{again:?}");
    assert_eq!(new, Ok(()));
    assert_eq!(store.leads(None, 10).await.unwrap().len(), 2);
}
