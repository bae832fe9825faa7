use super::*;

const PLACE: Place = Place::Pbx(PbxId(0));

fn campaign(n: u32) -> Uuid {
    Uuid::from_u128(n.into())
}

/// So many campaigns, each of which has been given a call more than the one before, and waits for the place.
fn waiting(campaigns: u32) -> Sharing {
    let mut sharing = Sharing::default();
    for n in 0..campaigns {
        sharing.competes(campaign(n), vec![PLACE]);
    }
    for n in 0..campaigns {
        let calls = n + 1;
        (0..calls).for_each(|_| sharing.serve(campaign(n), &PLACE, 1, 1.0));
        sharing.wait(campaign(n), PLACE, true);
    }
    sharing.end_round();
    sharing
}

/// What a campaign does when its turn comes: with so many calls left it takes one, and waits again.
fn decide(sharing: &mut Sharing, left: &mut u32) -> Option<Uuid> {
    let next = sharing.next()?;
    sharing.begin(next);
    assert!(!sharing.gives_way(next), "it was the first in line");
    if *left > 0 {
        *left -= 1;
        if *left > 0 {
            sharing.decide_later(next);
        }
        sharing.serve(next, &PLACE, 1, 1.0);
    }
    sharing.wait(next, PLACE, *left == 0);
    Some(next)
}

#[test]
fn of_a_thousand_who_wait_only_those_decide_for_whom_there_is_something() {
    let mut sharing = waiting(1_000);
    sharing.wake(&PLACE);
    let mut left = 3;
    let turns: Vec<Uuid> = std::iter::from_fn(|| decide(&mut sharing, &mut left)).collect();
    assert_eq!(left, 0);
    assert!(turns.len() <= 6, "{} decided", turns.len());
    assert_eq!(turns[0], campaign(0), "who has had least");
}

#[test]
fn who_finds_that_something_else_holds_it_back_lets_the_next_decide() {
    let mut sharing = waiting(10);
    sharing.wake(&PLACE);
    for n in 0..10 {
        assert_eq!(sharing.next(), Some(campaign(n)));
        sharing.begin(campaign(n));
    }
    assert_eq!(sharing.next(), None);
    sharing.end_round();
    sharing.wake(&PLACE);
    assert_eq!(sharing.next(), None, "nobody waits any more");
}

#[test]
fn who_needs_more_than_there_is_does_not_keep_others_from_it() {
    let mut sharing = waiting(3);
    sharing.wake(&PLACE);
    for n in 0..3 {
        assert_eq!(sharing.next(), Some(campaign(n)));
        sharing.begin(campaign(n));
        sharing.wait(campaign(n), PLACE, false);
    }
    assert_eq!(sharing.next(), None, "each is asked once in a round");
}

#[test]
fn who_has_had_more_gives_way_to_one_that_waits() {
    let mut sharing = waiting(3);
    sharing.decide_later(campaign(2));
    assert_eq!(sharing.next(), Some(campaign(2)));
    sharing.begin(campaign(2));
    assert!(sharing.gives_way(campaign(2)));
    assert_eq!(sharing.next(), Some(campaign(0)));
    sharing.begin(campaign(0));
    assert!(!sharing.gives_way(campaign(0)));
    assert_eq!(sharing.turn(campaign(0)), 1, "others wait");
}

#[test]
fn campaigns_that_have_ended_leave_nothing() {
    let mut sharing = waiting(100);
    sharing.decide_later(campaign(7));
    (0..100).for_each(|n| sharing.forget(campaign(n)));
    assert_eq!((sharing.len(), sharing.next()), (0, None));
}
