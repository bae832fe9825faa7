//! Holds what was written (results, leads, statistics) against what the other side says was called. What must hold whatever
//! died, and whenever.

use std::collections::{BTreeMap, BTreeSet};

use ami::Message;
use serde_json::Value;

use super::abandon::counted;
use super::fixtures::{one_result_for_each_dialing, tally};
use super::record::Rang;
use super::support::{Bench, action, until};

/// A lead: its uuid and its numbers.
#[derive(Debug)]
pub(crate) struct Callee {
    pub(crate) uuid: String,
    pub(crate) numbers: Vec<String>,
}

/// The plan's own figures that calls are held against.
pub(crate) struct Limits<'a> {
    /// Tries of each number.
    pub(crate) tries: &'a [usize],
    /// In seconds.
    pub(crate) retry_delay: f64,
}

/// The campaign has ended: checks everything, and ends the daemon. `record` is what the other side has written down. Returns
/// the results.
pub(crate) async fn balance(
    bench: &mut Bench,
    record: impl Fn() -> Vec<Rang>,
    leads: &[Callee],
    limits: &Limits<'_>,
) -> Vec<Value> {
    let mut rows = BTreeMap::new();
    for lead in leads {
        rows.insert(lead.uuid.as_str(), bench.lead(&lead.uuid).await);
    }
    let in_flight = bench.client.list(action("OutDialingShow", &[])).await.unwrap().entries;
    assert!(in_flight.is_empty(), "still in flight: {in_flight:?}");
    bench.stop().await;
    whole_lines(bench);
    let results = bench.results();
    one_result_for_each_dialing(&results);
    // It is written a moment after the end of a call.
    let rang =
        until("the record of all calls", || Some(record()).filter(|rang| is_complete(rang, &results))).await;
    let rang = &rang[..];
    println!("outcomes: {:?}; {} calls rang", tally(&results), rang.len());
    each_ring_has_its_result(rang, &results);
    each_create_has_its_result(bench, rang, &results);
    for lead in leads {
        tries_are_as_planned(lead, &rows[lead.uuid.as_str()], &results, limits.tries);
        one_call_at_a_time(lead, rang, limits.retry_delay);
    }
    statistics_are_the_rows(bench, &results);
    results
}

/// Of these outcomes somebody was called.
fn is_complete(rang: &[Rang], results: &[Value]) -> bool {
    let ids: BTreeSet<&str> = rang.iter().map(|call| call.id.as_str()).collect();
    let mut called = results.iter().filter(|result| result["outcome"] != "unknown" && counts(result));
    called.all(|result| ids.contains(result["dialing_uuid"].as_str().unwrap()))
}

fn whole_lines(bench: &Bench) {
    let text = std::fs::read_to_string(bench.dir.path().join("results.jsonl")).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "a torn line: {:?}", text.lines().last());
    let lines: Vec<&str> = text.lines().collect();
    let distinct: BTreeSet<&str> = lines.iter().copied().collect();
    assert_eq!(distinct.len(), lines.len(), "a line stands twice");
}

/// Refused by Asterisk or never sent: no phone rang, no try is counted.
fn counts(result: &Value) -> bool {
    result["outcome"] != "refused"
}

fn each_ring_has_its_result(rang: &[Rang], results: &[Value]) {
    let by_id: BTreeMap<&str, &Value> =
        results.iter().map(|result| (result["dialing_uuid"].as_str().unwrap(), result)).collect();
    for call in rang {
        let result = by_id.get(call.id.as_str()).unwrap_or_else(|| panic!("rang without a result: {call:?}"));
        assert_eq!(result["dial_addr"], call.number.as_str(), "{call:?}");
        assert!(counts(result), "rang and is not counted: {call:?} {result:#}");
    }
}

/// Whoever saw a dialing begin finds its result, or it was given back and nobody was called.
fn each_create_has_its_result(bench: &Bench, rang: &[Rang], results: &[Value]) {
    let ended: BTreeSet<&str> =
        results.iter().map(|result| result["dialing_uuid"].as_str().unwrap()).collect();
    let rang: BTreeSet<&str> = rang.iter().map(|call| call.id.as_str()).collect();
    let created: BTreeSet<&str> = bench.named("OutDialingCreate").map(|event| event.text("Uuid")).collect();
    let lost: Vec<_> = created.iter().filter(|uuid| !ended.contains(*uuid) && rang.contains(*uuid)).collect();
    assert!(lost.is_empty(), "begun and without an end: {lost:?}");
    let given_back = created.iter().filter(|uuid| !ended.contains(*uuid)).count();
    let silent: Vec<&Value> =
        results.iter().filter(|r| counts(r) && !rang.contains(r["dialing_uuid"].as_str().unwrap())).collect();
    println!(
        "{} dialings told, {given_back} of them given back; {} tries that never rang",
        created.len(),
        silent.len()
    );
    // What was under way to Asterisk when something died may have rung, as far as anybody can tell; nothing else.
    assert!(silent.iter().all(|result| result["outcome"] == "unknown"), "{silent:#?}");
    assert!(silent.len() * 20 <= results.len(), "{} of {} never rang", silent.len(), results.len());
}

/// As many tries as results that count, never more than the plan allows, and an answer is the last.
fn tries_are_as_planned(lead: &Callee, row: &Message, results: &[Value], max: &[usize]) {
    assert_eq!(row.text("Status"), "0", "{row:?}");
    let of_lead: Vec<&Value> = results
        .iter()
        .filter(|result| result["dl_list_uuid"] == lead.uuid.as_str() && counts(result))
        .collect();
    let answered = of_lead.iter().position(|result| result["res_dial"] == 4);
    let told: Vec<_> = of_lead.iter().map(|r| (&r["dial_addr"], &r["dial_trycnt"], &r["outcome"])).collect();
    assert!(answered.is_none_or(|at| at + 1 == of_lead.len()), "called after an answer: {told:?}");
    for (at, number) in lead.numbers.iter().enumerate() {
        let tries: Vec<u64> = of_lead
            .iter()
            .filter(|result| result["dial_addr"] == number.as_str())
            .map(|result| result["dial_trycnt"].as_u64().unwrap())
            .collect();
        let row_tries: usize = row.text(&format!("TryCnt{}", at + 1)).parse().unwrap();
        assert_eq!(row_tries, tries.len(), "{number}: {told:?}");
        assert!(tries.iter().copied().eq(1..=tries.len() as u64), "{number}: {told:?}");
        assert!(tries.len() <= max[at], "{number}: {told:?}");
        assert!(answered.is_some() || tries.len() == max[at], "{number} has tries left: {told:?}");
    }
}

fn one_call_at_a_time(lead: &Callee, rang: &[Rang], retry_delay: f64) {
    let of_lead: Vec<&Rang> = rang.iter().filter(|call| lead.numbers.contains(&call.number)).collect();
    for pair in of_lead.windows(2) {
        // Both sides look at the end of a call, each at its own moment.
        let free = pair[0].end.map_or(f64::MIN, |end| end + retry_delay * 0.8);
        assert!(free <= pair[1].start, "called again too soon: {pair:#?}");
    }
}

fn statistics_are_the_rows(bench: &Bench, results: &[Value]) {
    let sums = counted(bench)
        .into_values()
        .fold([0; 4], |sums, counts| std::array::from_fn(|at| sums[at] + counts[at]));
    let count = |fits: &dyn Fn(&Value) -> bool| results.iter().filter(|result| fits(result)).count() as u64;
    // Of an answered call whose end was not seen nobody can tell whether somebody took it.
    let answered = count(&|result| result["res_dial"] == 4 && result["outcome"] != "unknown");
    let abandoned = count(&|result| result["outcome"] == "abandoned");
    assert_eq!(
        [sums[0], sums[2]],
        [answered, abandoned],
        "answered and abandoned: counted, and in the results"
    );
}
