use std::sync::mpsc;

use engine::dialing::ClaimRequest;
use engine::model::NUMBERS;
use engine::time::Wall;

use super::*;
use crate::store::arrivals::Followers;
use crate::store::sqlite::Location;
use crate::store::sqlite::health::{Access, Health, Watch};
use crate::store::sqlite::identity::Identity;
use crate::store::sqlite::{schema, writer::State};
use crate::store::{AroundAnswers, OnLeads, StoreOptions, Synchronous};

const LIST: Uuid = Uuid::from_u128(1);

/// A writer whose list has one lead.
fn writer() -> Writer {
    let options =
        StoreOptions { url: "sqlite::memory:".to_owned(), synchronous: Synchronous::Full, cache_mib: 1 };
    let mut connection = Location::parse(&options.url).unwrap().open_writer(&options).unwrap();
    schema::migrate(&mut connection).unwrap();
    let list = "INSERT INTO dlma (id, uuid, variables, tm_create) VALUES (1, ?1, '[]', 1)";
    connection.execute(list, [LIST.as_bytes()]).unwrap();
    let lead = "INSERT INTO lead (uuid, dlma, status, number1, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, \
                trycnt6, trycnt7, trycnt8, res_dial, res_hangup, variables, tm_create) \
                VALUES (?1, 1, 0, '1', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', 1)";
    connection.execute(lead, [Uuid::from_u128(2).as_bytes()]).unwrap();
    Writer {
        meter: std::sync::Arc::default(),
        identity: Identity::load(&connection).unwrap(),
        connection,
        files: None,
        watch: Watch::new(Health::new("test".to_owned()), Access::Write),
        jobs: mpsc::channel().1,
        waiting: std::sync::Arc::default(),
        turns: std::sync::Arc::default(),
        _lives: tokio::sync::watch::channel(()).0,
        results: tokio::sync::watch::channel(0).0,
        on_leads: OnLeads::default(),
        followers: Followers::default(),
        around_answers: AroundAnswers::default(),
        state: State::default(),
    }
}

/// Claims the lead; its dialing, if it was free.
fn claim(writer: &mut Writer) -> Option<Uuid> {
    let request = ClaimRequest {
        campaign: Uuid::from_u128(3),
        plan: Uuid::from_u128(4),
        dial_list: LIST,
        destination: None,
        asterisk: "pbx1".into(),
        trunk: None,
        count: 1,
        reserve: false,
        max_tries: [1; NUMBERS],
        widest_tries: [1; NUMBERS],
        due: Wall(9),
    };
    let (answer, answered) = mpsc::channel();
    writer.transact(vec![Job::Claim(request, Box::new(move |claimed| answer.send(claimed).unwrap()))]);
    answered.recv().unwrap().unwrap().claims.first().map(|claim| claim.dialing)
}

#[test]
fn a_claim_whose_commit_was_taken_for_failed_is_given_back_before_the_next_one() {
    let mut writer = writer();
    let first = claim(&mut writer).unwrap();
    // What would be left of a commit that came through, and was answered with an error.
    writer.state.doubtful.push(first);
    writer.failed(&Trouble::new(Cause::Disk, "fsync failed"));
    assert_eq!(writer.state.doubtful, [first], "it is in the database");
    let second = claim(&mut writer).unwrap();
    assert_ne!(second, first);
    assert!(!is_open(&writer.connection, first).unwrap() && is_open(&writer.connection, second).unwrap());
    assert!(writer.state.doubtful.is_empty() && writer.state.failing.is_none());
    assert_eq!(claim(&mut writer), None);
}

#[test]
fn a_claim_that_is_not_in_the_database_after_a_failed_commit_is_in_no_doubt() {
    let mut writer = writer();
    writer.state.doubtful.push(Uuid::from_u128(9));
    writer.failed(&Trouble::new(Cause::Full, "full"));
    assert!(writer.state.doubtful.is_empty());
    assert!(claim(&mut writer).is_some());
}
