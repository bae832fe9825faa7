//! Which leads a claim gets, and in which order.

use std::collections::BTreeSet;
use std::sync::mpsc;

use engine::dialing::{ClaimRequest, Claimed};
use engine::model::{LeadClaim, LeadStatus, NUMBERS};
use engine::time::Wall;
use outbound::store::Store;
use uuid::Uuid;

use crate::fixtures::{CAMPAIGN, LIST, PLAN, claim, end, ended, fill, lead, number, request, set_limits};

fn leads(claimed: &Claimed) -> Vec<Uuid> {
    claimed.claims.iter().map(|claim| claim.lead.uuid).collect()
}

fn at(due: i64, count: u32) -> ClaimRequest {
    ClaimRequest { due: Wall(due), ..request(count) }
}

/// Claims and ends everything that is due, until nothing is.
async fn use_up(store: &Store) {
    for due in (10_000..).step_by(10_000) {
        let claimed = claim(store, at(due, 10)).await;
        if claimed.claims.is_empty() {
            return;
        }
        for claim in &claimed.claims {
            end(store, ended(claim)).await;
        }
    }
}

pub(crate) async fn fresh_leads_come_first_in_the_order_of_creation(store: Store) {
    let uuids = fill(&store, 5).await;
    let first = claim(&store, request(2)).await;
    assert_eq!(leads(&first), uuids[..2]);
    for claim in &first.claims {
        end(&store, ended(claim)).await;
    }
    assert_eq!(leads(&claim(&store, at(9_000, 4)).await), [&uuids[2..], &uuids[..1]].concat());
    assert_eq!(
        claim(&store, ClaimRequest { dial_list: Uuid::nil(), ..request(1) }).await,
        Claimed::default()
    );
}

pub(crate) async fn a_claim_is_marked_in_its_lead(store: Store) {
    let uuid = fill(&store, 1).await[0];
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    let mark = LeadClaim { dialing: claimed.dialing, campaign: CAMPAIGN, plan: PLAN };
    assert_eq!((claimed.lead.status, claimed.lead.claim), (LeadStatus::Dialing, Some(mark)));
    assert_eq!(claimed.dialing.get_version_num(), 4);
    assert_eq!(store.lead(uuid).await.unwrap(), Some(claimed.lead));
}

pub(crate) async fn the_lowest_number_with_tries_left_is_dialed(store: Store) {
    fill(&store, 0).await;
    let mut two = lead(1);
    (two.numbers[0], two.numbers[2], two.numbers[7]) = (None, number("1"), number("2"));
    store.create_lead(two).await.unwrap();
    let max_tries = [9, 9, 2, 9, 9, 9, 9, 1];
    let mut indexes = Vec::new();
    loop {
        let wanted = ClaimRequest { max_tries, widest_tries: max_tries, ..at(9_000, 1) };
        let Some(claimed) = claim(&store, wanted).await.claims.pop() else { break };
        indexes.push(claimed.index);
        end(&store, ended(&claimed)).await;
    }
    assert_eq!(indexes, [2, 2, 7]);
}

pub(crate) async fn a_retry_waits_until_it_is_due(store: Store) {
    fill(&store, 1).await;
    let first = claim(&store, request(3)).await;
    assert_eq!((first.claims.len(), first.next_due), (1, None), "a lead on the phone is not waited for");
    end(&store, ended(&first.claims[0])).await;
    let early = claim(&store, at(4_999, 1)).await;
    assert_eq!((early.claims.len(), early.next_due), (0, Some(Wall(5_000))));
    assert_eq!(claim(&store, at(5_000, 1)).await.claims.len(), 1);
}

pub(crate) async fn no_lead_is_claimed_twice_by_eight_at_a_time(store: Store) {
    let uuids = fill(&store, 200).await;
    let claimers = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut got = Vec::new();
            loop {
                let some = leads(&claim(&store, request(3)).await);
                if some.is_empty() {
                    return got;
                }
                got.extend(some);
            }
        })
    });
    let mut got = Vec::new();
    for claimer in claimers.collect::<Vec<_>>() {
        got.extend(claimer.await.unwrap());
    }
    assert_eq!(got.len(), 200);
    assert_eq!(BTreeSet::from_iter(got), BTreeSet::from_iter(uuids));
}

pub(crate) async fn a_lead_without_numbers_left_is_put_aside_until_limits_grow(store: Store) {
    fill(&store, 2).await;
    set_limits(&store, [2; NUMBERS]).await;
    use_up(&store).await;
    let wider = ClaimRequest { max_tries: [3; NUMBERS], widest_tries: [3; NUMBERS], ..at(1_000_000, 5) };
    assert_eq!(
        claim(&store, wider.clone()).await,
        Claimed::default(),
        "put aside, whatever a claim asks for"
    );
    set_limits(&store, [3; NUMBERS]).await;
    assert_eq!(
        claim(&store, ClaimRequest { due: Wall(0), ..wider.clone() }).await.next_due,
        Some(Wall(5_000))
    );
    assert_eq!(claim(&store, wider).await.claims.len(), 2);
}

pub(crate) async fn nobody_waits_for_a_lead_whose_last_try_is_over(store: Store) {
    fill(&store, 1).await;
    set_limits(&store, [2; NUMBERS]).await;
    for (due, next_due) in [(1_000, Some(Wall(5_000))), (5_000, None)] {
        let claimed = claim(&store, at(due, 1)).await;
        end(&store, ended(&claimed.claims[0])).await;
        assert_eq!(claim(&store, at(1_000, 1)).await.next_due, next_due);
    }
}

pub(crate) async fn limits_that_shrink_or_stay_bring_nothing_back(store: Store) {
    fill(&store, 1).await;
    set_limits(&store, [2; NUMBERS]).await;
    use_up(&store).await;
    for limits in [[2; NUMBERS], [1; NUMBERS]] {
        set_limits(&store, limits).await;
        let wide = ClaimRequest { max_tries: [9; NUMBERS], widest_tries: [9; NUMBERS], ..at(1_000_000, 1) };
        assert_eq!(claim(&store, wide).await.claims, []);
    }
}

pub(crate) async fn another_number_gives_a_lead_another_chance(store: Store) {
    let uuid = fill(&store, 1).await[0];
    use_up(&store).await;
    store.update_lead(uuid, |lead| lead.name = None).await.unwrap();
    assert_eq!(claim(&store, at(1_000_000, 1)).await.claims, []);
    store.update_lead(uuid, |lead| lead.numbers[3] = number("77")).await.unwrap();
    assert_eq!(claim(&store, at(1_000_000, 1)).await.claims[0].index, 3);
}

pub(crate) async fn a_lead_that_only_wider_limits_allow_is_left_to_them(store: Store) {
    let uuids = fill(&store, 2).await;
    let widest_tries = [3; NUMBERS];
    let narrow = |due| ClaimRequest { max_tries: [1; NUMBERS], widest_tries, ..at(due, 1) };
    let first = claim(&store, narrow(1)).await;
    end(&store, ended(&first.claims[0])).await;
    assert_eq!(leads(&claim(&store, narrow(9_000)).await), uuids[1..]);
    assert_eq!(claim(&store, narrow(9_000)).await, Claimed::default());
    let wide = ClaimRequest { max_tries: widest_tries, ..narrow(9_000) };
    assert_eq!(leads(&claim(&store, wide).await), uuids[..1]);
}

pub(crate) async fn nobody_waits_for_leads_that_only_wider_limits_allow(store: Store) {
    fill(&store, 2).await;
    let widest_tries = [3; NUMBERS];
    let narrow = |due| ClaimRequest { max_tries: [1; NUMBERS], widest_tries, ..at(due, 1) };
    let claimed = claim(&store, narrow(1)).await;
    end(&store, ended(&claimed.claims[0])).await;
    let second = claim(&store, narrow(1)).await;
    // The first is due again at 5,000, but not for who had one try.
    assert_eq!(claim(&store, narrow(1)).await, Claimed::default());
    let wide = ClaimRequest { max_tries: widest_tries, ..narrow(1) };
    assert_eq!(claim(&store, wide).await.next_due, Some(Wall(5_000)));
    end(&store, ended(&second.claims[0])).await;
    assert_eq!(claim(&store, narrow(1)).await, Claimed::default());
}

pub(crate) async fn those_who_wait_for_leads_are_told_of_new_ones(store: Store) {
    let (told, hears) = mpsc::channel();
    store.set_on_lead_change(move |list| told.send(list).unwrap());
    let uuid = fill(&store, 1).await[0];
    assert_eq!(hears.recv(), Ok(LIST));
    store.update_lead(uuid, |lead| lead.numbers[1] = number("1")).await.unwrap();
    assert_eq!(hears.recv(), Ok(LIST));
}
