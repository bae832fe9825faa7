//! What a crash leaves of claims: what was heard of their answers, and how they are known again.

use std::collections::BTreeSet;

use engine::abandon::{Counts, Day, Tally};
use engine::dialing::{Answer, Progress, Record};

use crate::fixtures::{self, Room, claim, ended, fill, record, request};

#[tokio::test]
async fn what_was_heard_of_an_answer_is_found_after_a_crash_and_gone_with_the_result() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 1).await;
    let claimed = claim(&store, request(1)).await.claims.remove(0);
    let dialing = claimed.dialing;
    let answer = |agent: &str| {
        let progress = Progress { res_dial: 4, agent: Some(agent.to_owned()), ..Progress::default() };
        let counts = Counts { answered_all: 1, answered_persons: 1, ..Counts::default() };
        let tally = Some(Tally { budget: "b".to_owned(), day: Day(3), counts });
        Answer { progress, handed_on: true, tally, ..Answer::default() }
    };
    let answered = |agent: &str| {
        let (campaign, lead) = (fixtures::CAMPAIGN, claimed.lead.uuid);
        Record::Answered { dialing, campaign, lead, answer: Box::new(answer(agent)) }
    };
    for agent in ["Ann", "Bob"] {
        record(&store, answered(agent)).await;
    }
    let crashed = room.after_crash();
    let (store, loaded) = crashed.open();
    assert_eq!(loaded.open_claims[0].answer, Some(answer("Bob")));
    fixtures::end(&store, ended(&claimed)).await;
    record(&store, answered("Eve")).await;
    assert_eq!(store.results_after(0, 10).await.unwrap().len(), 1, "late word of it changes nothing");
}

#[tokio::test]
async fn claims_are_known_by_their_store_and_their_serials_only_grow() {
    let room = Room::new();
    let (store, loaded) = room.open();
    fill(&store, 40).await;
    let first = claim(&store, request(10)).await.claims;
    let crashed = room.after_crash();
    let (store, again) = crashed.open();
    assert_eq!(loaded.store_id, again.store_id);
    let second = claim(&store, request(10)).await.claims;
    let serials: Vec<u64> = first.iter().chain(&second).map(|claim| claim.serial).collect();
    assert!(serials.windows(2).all(|pair| pair[0] < pair[1]), "{serials:?}");
    assert!(first.iter().chain(&second).all(|claim| loaded.store_id.owns(claim.dialing)));
    let (_, other) = Room::new().open();
    assert_ne!(loaded.store_id, other.store_id);
}

#[tokio::test]
async fn serials_are_higher_than_those_of_open_claims_whatever_the_clock_says() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 2).await;
    claim(&store, request(1)).await;
    store.close().await.unwrap();
    let database = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    database.execute("UPDATE dialing SET serial = ?1", [i64::MAX / 2]).unwrap();
    drop(database);
    let later = claim(&room.open().0, request(1)).await.claims.remove(0);
    assert!(later.serial > u64::MAX / 4, "{}", later.serial);
}

#[tokio::test]
async fn claims_do_not_take_the_places_of_marks_that_those_of_an_earlier_life_may_have_left() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 320).await;
    let place = |claim: &engine::dialing::Claim| claim.serial % engine::store_id::MARK_PLACES;
    let first: BTreeSet<u64> = claim(&store, request(10)).await.claims.iter().map(place).collect();
    let crashed = room.after_crash();
    let (store, _) = crashed.open();
    let second: BTreeSet<u64> = claim(&store, request(300)).await.claims.iter().map(place).collect();
    assert_eq!((first.len(), second.len()), (10, 246));
    assert!(first.is_disjoint(&second));
}
