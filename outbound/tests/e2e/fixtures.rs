//! Plans, lists and campaigns as the tests need them, and what the results say of a lead.

use std::collections::BTreeMap;

use serde_json::Value;

use super::support::Bench;

/// Plan, list with these leads, campaign; not started yet. Returns campaign, plan and leads.
pub(crate) async fn campaign(
    bench: &mut Bench,
    plan: &[(&str, &str)],
    leads: &[&[&str]],
) -> (String, String, Vec<String>) {
    let plan = bench.create("Plan", plan).await;
    let (dlma, uuids) = list(bench, leads).await;
    let campaign = campaign_on(bench, &plan, &dlma, &[]).await;
    (campaign, plan, uuids)
}

/// A list with these leads.
pub(crate) async fn list(bench: &mut Bench, leads: &[&[&str]]) -> (String, Vec<String>) {
    let dlma = bench.create("Dlma", &[("Name", "list")]).await;
    let mut uuids = Vec::new();
    for numbers in leads {
        let names: Vec<String> = (1..=numbers.len()).map(|i| format!("Number{i}")).collect();
        let mut headers = vec![("DlmaUuid", dlma.as_str())];
        headers.extend(names.iter().map(String::as_str).zip(numbers.iter().copied()));
        uuids.push(bench.create("DlList", &headers).await);
    }
    (dlma, uuids)
}

/// A list with these numbers, one for each lead.
pub(crate) async fn list_of(bench: &mut Bench, numbers: &[String]) -> (String, Vec<String>) {
    let leads: Vec<[&str; 1]> = numbers.iter().map(|number| [number.as_str()]).collect();
    let leads: Vec<&[&str]> = leads.iter().map(|lead| &lead[..]).collect();
    list(bench, &leads).await
}

/// A campaign with this plan on this list.
pub(crate) async fn campaign_on(bench: &mut Bench, plan: &str, dlma: &str, more: &[(&str, &str)]) -> String {
    let headers = [&[("Name", "camp"), ("Plan", plan), ("Dlma", dlma)], more].concat();
    bench.create("Campaign", &headers).await
}

/// Runs a campaign with a plan like this on a list of these numbers, to its end. Returns campaign and leads.
pub(crate) async fn run_on(
    bench: &mut Bench,
    plan: &[(&str, &str)],
    called: &[String],
    more: &[(&str, &str)],
) -> (String, Vec<String>) {
    let plan = bench.create("Plan", plan).await;
    let (dlma, leads) = list_of(bench, called).await;
    let campaign = campaign_on(bench, &plan, &dlma, more).await;
    bench.set_status(&campaign, "1").await;
    bench.campaign_status(&campaign, "0").await;
    (campaign, leads)
}

/// So many numbers that begin with these digits.
pub(crate) fn numbers(digits: &str, count: usize) -> Vec<String> {
    (0..count).map(|at| format!("{digits}{at:05}")).collect()
}

/// The outcomes of a lead's calls, in the order of the results.
pub(crate) fn outcomes<'a>(results: &'a [Value], lead: &str) -> Vec<&'a str> {
    let of_lead = results.iter().filter(|result| result["dl_list_uuid"] == lead);
    of_lead.map(|result| result["outcome"].as_str().unwrap()).collect()
}

/// How many results there are of each outcome.
pub(crate) fn tally(results: &[Value]) -> BTreeMap<&str, usize> {
    let mut tally = BTreeMap::new();
    for result in results {
        *tally.entry(result["outcome"].as_str().unwrap()).or_default() += 1;
    }
    tally
}

/// Each call has one result: no dialing stands there twice.
pub(crate) fn one_result_for_each_dialing(results: &[Value]) {
    let mut seen = BTreeMap::new();
    for result in results {
        let before = seen.insert(result["dialing_uuid"].as_str().unwrap(), result);
        assert!(before.is_none(), "twice in the results: {before:#?} {result:#?}");
    }
}
