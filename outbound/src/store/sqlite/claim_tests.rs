//! What a claim costs: found by index, and the same in a list of any length.

use std::sync::Arc;

use engine::model::{Change, DialList, Lead};
use engine::value::Number;
use rusqlite::StatementStatus;

use super::*;
use crate::store::sqlite::{catalog, schema};

fn database(leads: usize) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    connection.set_prepared_statement_cache_capacity(64);
    schema::migrate(&mut connection).unwrap();
    let list = DialList::new(Uuid::from_u128(1), Wall(0));
    catalog::write(&connection, &Change::DialListCreated(Arc::new(list))).unwrap();
    for n in 0..leads {
        let mut lead = Lead::new(Uuid::new_v4(), Uuid::from_u128(1), Wall(0));
        lead.numbers[0] = Number::parse(&format!("+1{n:09}")).ok();
        list::create(&connection, &lead).unwrap();
    }
    connection
}

fn request(count: u32) -> ClaimRequest {
    ClaimRequest {
        campaign: Uuid::from_u128(2),
        plan: Uuid::from_u128(3),
        dial_list: Uuid::from_u128(1),
        destination: None,
        asterisk: "pbx".into(),
        trunk: None,
        count,
        reserve: false,
        max_tries: [1; NUMBERS],
        widest_tries: [1; NUMBERS],
        due: Wall(1),
    }
}

fn steps(connection: &Connection) -> i32 {
    [&SAME_TIME, &LATER, &NEXT_DUE]
        .map(|sql| connection.prepare_cached(sql).unwrap().get_status(StatementStatus::VmStep))
        .iter()
        .sum()
}

#[test]
fn the_next_leads_are_found_by_index() {
    let connection = database(0);
    for sql in [&SAME_TIME, &LATER, &NEXT_DUE] {
        let mut explained = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.as_str())).unwrap();
        for n in 1..=explained.parameter_count() {
            explained.raw_bind_parameter(n, 1).unwrap();
        }
        let mut rows = explained.raw_query();
        let mut plan = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            plan.push(row.get::<_, String>(3).unwrap());
        }
        assert!(plan[0].starts_with("SEARCH lead USING INDEX lead_next (dlma=? AND next_try"), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("SCAN lead") || step.contains("TEMP")), "{plan:?}");
    }
}

#[test]
fn a_claim_costs_the_same_in_a_list_of_any_length() {
    let [short, long] = [100, 20_000].map(|leads| {
        let (connection, mut cursors) = (database(leads), Cursors::default());
        let mut identity = Identity::load(&connection).unwrap();
        // Some leads are already on the phone, so that the look does not begin at the first row.
        claim(&connection, &mut cursors, &mut identity, &request(50)).unwrap();
        let before = steps(&connection);
        let claimed = claim(&connection, &mut cursors, &mut identity, &request(10)).unwrap();
        assert_eq!(claimed.claims.len(), 10);
        steps(&connection) - before
    });
    assert_eq!(short, long);
}

#[test]
fn leads_that_only_others_may_dial_are_passed_in_bounded_looks() {
    let (connection, mut cursors) = (database(2_000), Cursors::default());
    let mut identity = Identity::load(&connection).unwrap();
    // All but the last were tried once: only limits wider than ours have a number left.
    connection.execute("UPDATE lead SET trycnt1 = 1 WHERE id < 2000", []).unwrap();
    let narrow = ClaimRequest { widest_tries: [2; NUMBERS], ..request(1) };
    let mut looks = 0;
    let claimed = loop {
        let before = steps(&connection);
        let claimed = claim(&connection, &mut cursors, &mut identity, &narrow).unwrap();
        looks += 1;
        assert!(steps(&connection) - before < 40_000, "look {looks} went too far");
        assert!(looks < 20, "the lead at the end is never found");
        if !claimed.claims.is_empty() {
            break claimed;
        }
        assert_eq!(claimed.next_due, Some(narrow.due), "there is more to look at");
    };
    assert_eq!(claimed.claims[0].lead.tries[0], 0);
    let rest = std::iter::repeat_with(|| claim(&connection, &mut cursors, &mut identity, &narrow).unwrap());
    let answers: Vec<Claimed> = rest.take(20).collect();
    assert!(answers.iter().any(|claimed| claimed.next_due.is_none()), "the end of the list is never told");
}
