//! `/metrics` as Prometheus reads it, what documentation, dashboard and alerts make of it; and the probes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use regex::Regex;
use serde_json::{Value, json};

use super::client::Bench;
use super::support::Room;

/// A family of the page.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    samples: BTreeMap<String, f64>,
}

/// Reads a page by the rules of the text format, and holds it against them.
fn read(page: &str) -> BTreeMap<String, Family> {
    let sample =
        Regex::new(r#"^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$"#).unwrap();
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let (mut help, mut now) = (String::new(), String::new());
    assert!(page.ends_with('\n'));
    for line in page.lines() {
        if let Some(text) = line.strip_prefix("# HELP ") {
            let (name, words) = text.split_once(' ').unwrap();
            assert!(words.ends_with('.') && !words.contains("  "), "{line}");
            help = name.to_owned();
        } else if let Some(text) = line.strip_prefix("# TYPE ") {
            let (name, kind) = text.split_once(' ').unwrap();
            assert_eq!(name, help);
            now = name.to_owned();
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            let family = Family { kind: kind.to_owned(), ..Family::default() };
            assert!(families.insert(now.clone(), family).is_none(), "twice: {name}");
        } else {
            let parts = sample.captures(line).unwrap_or_else(|| panic!("not a sample: {line}"));
            let family = families.get_mut(&now).unwrap();
            let suffix = parts[1].strip_prefix(&now).unwrap_or_else(|| panic!("{line} in {now}"));
            let suffixes: &[&str] =
                if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line}");
            let key = format!("{suffix}{{{}}}", parts.get(2).map_or("", |labels| labels.as_str()));
            let value = parts[3].parse().unwrap();
            assert!(family.samples.insert(key, value).is_none(), "twice: {line}");
        }
    }
    families.values().filter(|family| family.kind == "histogram").for_each(is_a_histogram);
    families
}

/// Buckets never fall, and the last has all.
fn is_a_histogram(family: &Family) {
    let bound = Regex::new(r#",?le="([^"]+)""#).unwrap();
    let mut series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for (key, count) in family.samples.iter().filter_map(|(k, c)| Some((k.strip_prefix("_bucket")?, c))) {
        let le = bound.captures(key).unwrap()[1].parse().unwrap();
        series.entry(bound.replace(key, "").into_owned()).or_default().push((le, *count));
    }
    for (labels, mut buckets) in series {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{labels}: {buckets:?}");
        let (last, all) = *buckets.last().unwrap();
        assert!(
            last.is_infinite() && family.samples[&format!("_count{labels}")] == all,
            "{labels}: {buckets:?}"
        );
    }
}

async fn scraped(room: &Room) -> BTreeMap<String, Family> {
    let answer = room.send("GET", "/metrics", &[], "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "text/plain; version=0.0.4; charset=utf-8")
    );
    assert!(
        !answer.text.contains("2100001") && !answer.text.contains("1600"),
        "a phone number: {}",
        answer.text
    );
    read(&answer.text)
}

fn value(families: &BTreeMap<String, Family>, name: &str, key: &str) -> f64 {
    let family = &families[name];
    *family.samples.get(key).unwrap_or_else(|| panic!("{name}{key}: {family:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_agree_with_the_results_and_gauges_with_what_there_is() {
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 3, ..Agents::default() }, ..Scenario::default() };
    let room = Room::simulated(scenario).await;
    let plan = json!({ "dial_mode": "progressive", "queue_name": "sales", "tech_name": "Local", "trunk_name": "pstn",
        "max_tries": [2], "dial_timeout_ms": 3000, "retry_delay_ms": 500, "abandon_cap": 3 });
    let plan = room.create("plans", &plan).await;
    let list = room.create("dial-lists", &json!({})).await;
    for number in ["2100001", "2100002", "3000003", "1600004", "1600005", "1600006", "5100007", "4000008"] {
        room.create("leads", &json!({ "dial_list": list["uuid"], "numbers": [number] })).await;
    }
    let campaign =
        room.create("campaigns", &json!({ "plan": plan["uuid"], "dial_list": list["uuid"] })).await;
    let campaign = campaign["uuid"].as_str().unwrap().to_owned();
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    let label = format!("{{campaign=\"{campaign}\"}}");
    assert!(
        scraped(&room).await["outbound_campaign_calls_in_flight"].samples.is_empty(),
        "it is not started"
    );
    let started = room.ask("POST", &format!("campaigns/{campaign}/start"), &[], "").await;
    assert_eq!(started.status, 200, "{started:?}");
    room.until("dialings", |page| page["items"] != json!([])).await;
    let at_work = scraped(&room).await;
    for family in ["calls_in_flight", "abandoned_ratio", "abandon_cap_ratio", "abandon_budget_calls"] {
        value(&at_work, &format!("outbound_campaign_{family}"), &label);
    }
    assert_eq!(value(&at_work, "outbound_campaign_abandon_cap_ratio", &label), 0.03);
    let agents = at_work["outbound_agents"].samples.iter().filter(|(key, _)| key.contains("queue=\"sales\""));
    assert_eq!(agents.map(|(_, count)| count).sum::<f64>(), 3.0);
    room.until(&format!("campaigns/{campaign}"), |campaign| campaign["status"] == "stop").await;
    let ended = scraped(&room).await;
    let all: f64 = ended["outbound_calls_total"].samples.values().sum();
    // Counted when they end, to be read when they are committed.
    #[expect(clippy::cast_precision_loss, reason = "a few calls")]
    let is_all = |page: &Value| page["items"].as_array().unwrap().len() as f64 >= all;
    let results = room.until("results?limit=1000", is_all).await;
    let results = results["items"].as_array().unwrap();
    let mut by_outcome: BTreeMap<&str, f64> = BTreeMap::new();
    results.iter().for_each(|r| *by_outcome.entry(r["outcome"].as_str().unwrap()).or_default() += 1.0);
    let counted = ended["outbound_calls_total"].samples.iter().filter(|(_, count)| **count > 0.0);
    let counted: BTreeMap<&str, f64> =
        counted.map(|(key, count)| (&key["{outcome=\"".len()..key.len() - 2], *count)).collect();
    assert_eq!(counted, by_outcome);
    assert_eq!(value(&ended, "outbound_attempts_total", "{asterisk=\"pbx1\"}"), all);
    assert_eq!(value(&ended, "outbound_answer_to_agent_seconds", "_count{}"), by_outcome["answered"]);
    assert!(value(&ended, "outbound_asterisk_originate_seconds", "_count{asterisk=\"pbx1\"}") >= 1.0);
    assert!(value(&ended, "outbound_store_batch_size", "_sum{}") >= 8.0);
    assert_eq!(value(&ended, "outbound_asterisk_ready", "{asterisk=\"pbx1\"}"), 1.0);
    assert_eq!(value(&ended, "outbound_asterisk_reconnects_total", "{asterisk=\"pbx1\"}"), 0.0);
    assert_eq!(value(&ended, "outbound_calls_in_flight", "{asterisk=\"pbx1\"}"), 0.0);
    assert!(ended["outbound_pacing_decisions_total"].samples.values().sum::<f64>() >= 1.0);
    assert!(ended["outbound_campaign_calls_in_flight"].samples.is_empty(), "it has stopped");
}

/// Every word in a text that looks like a metric.
fn named(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\b(?:outbound|process)_[a-z_]+\b").unwrap();
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// All texts under these keys, however deep.
fn under<'a>(value: &'a Value, keys: &[&str], found: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| match value {
            Value::String(text) if keys.contains(&key.as_str()) => found.push(text),
            _ => under(value, keys, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| under(value, keys, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documentation_dashboard_and_alerts_name_the_metrics_that_there_are() {
    let room = Room::open().await;
    let families = scraped(&room).await;
    let all: BTreeSet<String> = families.keys().cloned().collect();
    assert_eq!(named(&file("docs/metrics.md")), all, "docs/metrics.md");
    let of_histograms = families.iter().filter(|(_, family)| family.kind == "histogram");
    let series = |name: &String| ["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}"));
    let of_histograms: Vec<_> = of_histograms.flat_map(|(name, _)| series(name)).collect();
    let plain =
        families.iter().filter(|(_, family)| family.kind != "histogram").map(|(name, _)| name.clone());
    let known: BTreeSet<String> = plain.chain(of_histograms).collect();
    let dashboard: Value = serde_json::from_str(&file("contrib/grafana-dashboard.json")).unwrap();
    let mut queries = Vec::new();
    under(&dashboard, &["expr", "definition"], &mut queries);
    assert!(queries.len() > 20);
    for query in queries {
        let names = named(query);
        assert!(!names.is_empty() && names.is_subset(&known), "{query}");
    }
    for panel in dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row") {
        let said = |text: &Value| text.as_str().is_some_and(|text| !text.is_empty());
        let defaults = &panel["fieldConfig"]["defaults"];
        assert!(said(&panel["title"]) && said(&panel["description"]) && said(&defaults["unit"]), "{panel}");
        assert!(defaults["thresholds"]["steps"][0]["color"].is_string(), "{panel}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{panel}");
    }
    let alerts = file("contrib/prometheus-alerts.yml");
    assert!(named(&alerts).is_subset(&known), "{:?}", named(&alerts).difference(&known));
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_need_a_token_behind_a_proxy() {
    let room = Room::open().await;
    let by_proxy = ("x-forwarded-for", "192.0.2.1");
    assert_eq!(room.send("GET", "/metrics", &[by_proxy], "").await.status, 401);
    let bearer = format!("Bearer {}", room.token);
    let known = room.send("GET", "/metrics", &[by_proxy, ("authorization", &bearer)], "").await;
    assert_eq!(known.status, 200);
    assert_eq!(room.send("POST", "/metrics", &[], "").await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_whether_it_is_ready_hears_what_is_missing() {
    let bench = Bench::start().await;
    assert_eq!(bench.ask("GET", "/healthz", &[], None).await.text, "ok\n");
    let answer = bench.ask("GET", "/readyz", &[], None).await;
    let nowhere = "no Asterisk is connected: none is in the config\n";
    assert_eq!((answer.status, answer.text.as_str()), (503, nowhere));
    bench.stop().await;
    let room = Room::open().await;
    let answer = room.send("GET", "/readyz", &[], "").await;
    let expected = Regex::new(r"^no Asterisk is connected: pbx1 has been away for \d+ s \(.+\)\n$").unwrap();
    assert!(answer.status == 503 && expected.is_match(&answer.text), "{answer:?}");
    let room = Room::simulated(Scenario::default()).await;
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    let answer = room.send("GET", "/readyz", &[], "").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "ready\n"));
}
