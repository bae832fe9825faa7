//! Counts of abandoned calls: each call once, whatever is killed in between.

use engine::abandon::{Counts, Day, Tally};
use engine::dialing::Ended;
use outbound::store::Store;

use crate::fixtures::{Room, claim, end, ended, fill, request};

const DAY: Day = Day(20_780);

fn tally(budget: &str, day: Day, abandoned: u64) -> Option<Tally> {
    let counts = Counts { answered_all: 1, answered_persons: 1, abandoned, late: 0 };
    Some(Tally { budget: budget.to_owned(), day, counts })
}

/// Claims the next lead and ends its call with this tally.
async fn call(store: &Store, tally: Option<Tally>) -> Ended {
    let claimed = claim(store, request(1)).await.claims.remove(0);
    let ended = Ended { done: true, tally, ..ended(&claimed) };
    end(store, ended.clone()).await;
    ended
}

fn sums(tallies: &[Tally]) -> Vec<(&str, i32, u64, u64, u64, u64)> {
    let sum =
        |t: &'_ Tally| (t.counts.answered_all, t.counts.answered_persons, t.counts.abandoned, t.counts.late);
    tallies
        .iter()
        .map(|t| {
            let (all, persons, abandoned, late) = sum(t);
            (t.budget.as_str(), t.day.0, all, persons, abandoned, late)
        })
        .collect()
}

#[tokio::test]
async fn counts_are_kept_by_day_and_come_back_after_a_restart() {
    let room = Room::new();
    let (store, loaded) = room.open();
    assert_eq!(loaded.tallies, []);
    fill(&store, 7).await;
    for (budget, day, abandoned) in
        [("sales", DAY, 0), ("sales", DAY, 1), ("other", DAY, 1), ("sales", DAY.plus(1), 0)]
    {
        call(&store, tally(budget, day, abandoned)).await;
    }
    call(&store, None).await;
    let late = Counts { answered_all: 1, answered_persons: 0, abandoned: 0, late: 1 };
    call(&store, Some(Tally { budget: "sales".to_owned(), day: DAY, counts: late })).await;
    store.close().await.unwrap();
    let expected =
        [("other", DAY.0, 1, 1, 1, 0), ("sales", DAY.0, 3, 2, 1, 1), ("sales", DAY.0 + 1, 1, 1, 0, 0)];
    assert_eq!(sums(&room.open().1.tallies), expected);
}

#[tokio::test]
async fn a_second_end_of_the_same_call_counts_nothing() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 2).await;
    let first = call(&store, tally("sales", DAY, 1)).await;
    end(&store, first.clone()).await;
    store.close().await.unwrap();
    let (store, loaded) = room.open();
    assert_eq!(sums(&loaded.tallies), [("sales", DAY.0, 1, 1, 1, 0)]);
    end(&store, first).await;
    store.close().await.unwrap();
    assert_eq!(sums(&room.open().1.tallies), [("sales", DAY.0, 1, 1, 1, 0)]);
}

#[tokio::test]
async fn a_crash_leaves_as_many_counts_as_results() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 5).await;
    for done in 1..=5 {
        // The next call is claimed and not over: it is not counted, and not lost either.
        let claimed = claim(&store, request(1)).await.claims.remove(0);
        let crashed = room.after_crash();
        let (after, loaded) = crashed.open();
        let results = after.results_after(0, 100).await.unwrap().len() as u64;
        let counted: u64 = loaded.tallies.iter().map(|tally| tally.counts.answered_all).sum();
        assert_eq!((results, counted, loaded.open_claims.len()), (done - 1, done - 1, 1));
        let over = Ended { done: true, tally: tally("sales", DAY, 1), ..ended(&claimed) };
        end(&after, over.clone()).await;
        end(&after, over.clone()).await;
        after.close().await.unwrap();
        assert_eq!(sums(&crashed.open().1.tallies), [("sales", DAY.0, done, done, done, 0)]);
        end(&store, over).await;
    }
}

#[tokio::test]
async fn days_that_no_window_holds_any_more_are_dropped() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 4).await;
    for (budget, days_ago) in [("sales", 366), ("sales", 365), ("other", 400), ("sales", 0)] {
        call(&store, tally(budget, DAY.plus(-days_ago), 1)).await;
    }
    store.close().await.unwrap();
    let (_store, loaded) = room.open();
    let days: Vec<_> = loaded.tallies.iter().map(|t| (t.budget.as_str(), DAY.0 - t.day.0)).collect();
    assert_eq!(days, [("other", 400), ("sales", 365), ("sales", 0)]);
}
