//! Live events: what a listener hears of a campaign, and how he comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::client::Bench;
use super::listening::{Heard, Listening};
use super::support::Room;

const CALLS: usize = 12;

async fn listen(room: &Room, query: &str, more: &[(&str, &str)]) -> (Listening, Heard) {
    let bearer = format!("Bearer {}", room.token);
    let own = [("authorization", bearer.as_str())];
    Listening::start(room.address(), query, &[&own, more].concat()).await
}

/// A campaign that calls some numbers, started.
async fn campaign(room: &Room) -> String {
    let plan = json!({ "dial_mode": "progressive", "queue_name": "sales", "tech_name": "Local",
        "trunk_name": "pstn", "max_tries": [1], "dial_timeout_ms": 3000, "abandon_rule": "none" });
    let plan = room.create("plans", &plan).await;
    let list = room.create("dial-lists", &json!({})).await;
    for at in 0..CALLS {
        let number = format!("{}{at:04}", if at % 3 == 0 { 210 } else { 160 });
        room.create("leads", &json!({ "dial_list": list["uuid"], "numbers": [number] })).await;
    }
    let made = room.create("campaigns", &json!({ "plan": plan["uuid"], "dial_list": list["uuid"] })).await;
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    let uuid = made["uuid"].as_str().unwrap().to_owned();
    let started = room.ask("POST", &format!("campaigns/{uuid}/start"), &[], "").await;
    assert_eq!(started.status, 200, "{started:?}");
    uuid
}

async fn room() -> Room {
    let agents = Agents { count: 4, ..Agents::default() };
    Room::simulated(Scenario { by_number: true, agents, ..Scenario::default() }).await
}

fn stopped(heard: &Heard) -> bool {
    heard.kind == "campaign.status" && heard.data["object"]["status"] == "stop"
}

fn of<'a>(heard: &'a [Heard], kind: &str) -> Vec<&'a Value> {
    heard.iter().filter(|heard| heard.kind == kind).map(|heard| &heard.data["object"]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_a_campaign_is_heard_in_its_order_with_the_result_of_each_call() {
    let room = room().await;
    let (mut listening, first) = listen(&room, "", &[]).await;
    assert_eq!(first.kind, "ready");
    let campaign = campaign(&room).await;
    let mut heard = listening.until(|heard| heard.kind == "campaign.status").await;
    // It ends when its list is used up and nothing is to be called again.
    let ended = |heard: &[Heard]| of(heard, "dialing.ended").len();
    while ended(&heard) < CALLS {
        heard.push(listening.next().await.unwrap());
    }
    assert_eq!(of(&heard, "lead.created").len(), CALLS);
    assert_eq!((of(&heard, "plan.created").len(), of(&heard, "campaign.created").len()), (1, 1));
    let statuses: Vec<_> = of(&heard, "campaign.status").iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses[..2], [json!("starting"), json!("start")]);
    let mut steps: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in heard.iter().filter(|heard| heard.kind.starts_with("dialing.")) {
        assert_eq!(one.data["campaign"], campaign.as_str());
        assert_eq!(one.data["type"], one.kind.as_str());
        let uuid = one.data["object"]["uuid"].as_str().unwrap().to_owned();
        steps.entry(uuid).or_default().push(&one.kind);
    }
    assert_eq!(steps.len(), CALLS);
    for steps in steps.values() {
        let (first, rest) = steps.split_first().unwrap();
        let (last, between) = rest.split_last().unwrap();
        assert_eq!((*first, *last), ("dialing.created", "dialing.ended"));
        assert!(!between.is_empty() && between.iter().all(|kind| *kind == "dialing.updated"), "{steps:?}");
    }
    let results = room.get("results").await;
    let mut kept: BTreeMap<_, _> = BTreeMap::new();
    for result in results["items"].as_array().unwrap() {
        let mut result = result.clone();
        result.as_object_mut().unwrap().remove("seq");
        kept.insert(result["dialing_uuid"].to_string(), result);
    }
    let told: BTreeMap<_, _> = heard
        .iter()
        .filter(|heard| heard.kind == "dialing.ended")
        .map(|heard| (heard.data["result"]["dialing_uuid"].to_string(), heard.data["result"].clone()))
        .collect();
    assert_eq!(told, kept, "the result is in the store when its end is told");
    let outcomes: BTreeSet<_> = told.values().map(|result| result["outcome"].as_str().unwrap()).collect();
    assert!(outcomes.contains("answered") && outcomes.len() > 1, "{outcomes:?}");
    // Agents were busy and became idle again.
    let agents = of(&heard, "agent.changed");
    assert!(agents.iter().any(|agent| agent["state"] == "busy"), "{agents:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_connection_again_and_again_misses_nothing_and_hears_nothing_twice() {
    let room = room().await;
    let (mut steady, first) = listen(&room, "", &[]).await;
    let (other, ready) = listen(&room, "", &[]).await;
    assert_eq!((ready.kind.as_str(), &ready.id), ("ready", &first.id));
    drop(other);
    let campaign = campaign(&room).await;
    let (mut last, mut pieces) = (ready.id, Vec::new());
    let end = |heard: &Heard| heard.kind == "plan.deleted";
    // By header and by query in turn; each hears some events and goes.
    for round in 0..400 {
        let query = format!("?last_event_id={last}");
        let (query, headers) = if round % 2 == 0 {
            (query.as_str(), vec![])
        } else {
            ("?last_event_id=0-0", vec![("last-event-id", last.as_str())])
        };
        let (mut listening, first) = listen(&room, query, &headers).await;
        assert_eq!((first.kind.as_str(), &first.id), ("ready", &last));
        let all_ended = |pieces: &[Heard]| of(pieces, "dialing.ended").len() == CALLS;
        for _ in 0..5 {
            if !all_ended(&pieces) {
                pieces.push(listening.next().await.unwrap());
            }
        }
        last = pieces.last().unwrap().id.clone();
        if all_ended(&pieces) {
            break;
        }
    }
    room.ask("POST", &format!("campaigns/{campaign}/stop"), &[], "").await;
    let plan = room.create("plans", &json!({})).await;
    room.ask("DELETE", &format!("plans/{}", plan["uuid"].as_str().unwrap()), &[], "").await;
    let (mut listening, _) = listen(&room, &format!("?last_event_id={last}"), &[]).await;
    pieces.extend(listening.until(end).await);
    let whole = steady.until(end).await;
    assert_eq!(of(&whole, "dialing.ended").len(), CALLS);
    assert_eq!(pieces, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_lets_pass_what_it_says() {
    let room = room().await;
    let (mut types, _) = listen(&room, "?type=dialing.ended,campaign.status", &[]).await;
    let (mut nothing, _) = listen(&room, "?campaign=92dadd08-ac3c-47dc-a41b-10040643ee38", &[]).await;
    let (mut all, _) = listen(&room, "", &[]).await;
    let first = campaign(&room).await;
    let (mut one, _) = listen(&room, &format!("?campaign={first}"), &[]).await;
    let second = campaign(&room).await;
    for uuid in [&second, &first] {
        room.until("dialings/summary", |count| count["count"] == 0).await;
        room.ask("POST", &format!("campaigns/{uuid}/stop"), &[], "").await;
    }
    let of_first = |heard: &Heard| heard.data["campaign"] == first.as_str();
    let whole = all.until(|heard| stopped(heard) && of_first(heard)).await;
    let wanted: Vec<_> = whole
        .iter()
        .filter(|heard| heard.kind == "dialing.ended" || heard.kind == "campaign.status")
        .cloned()
        .collect();
    assert_eq!(types.until(|heard| stopped(heard) && of_first(heard)).await, wanted);
    let heard = one.until(stopped).await;
    assert!(heard.iter().all(of_first));
    room.stop().await;
    assert_eq!(nothing.next().await, None, "nothing of another campaign, until the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_says_nothing_any_more_is_answered_with_reset() {
    let bench = Bench::start().await;
    let bearer = format!("Bearer {}", bench.token_file());
    let own = ("authorization", bearer.as_str());
    let (mut listening, ready) = Listening::start(bench.address, "", &[own]).await;
    let body = json!({});
    bench.as_admin("POST", "/api/v1/plans", Some(&body)).await;
    let created = listening.next().await.unwrap();
    assert_eq!(created.kind, "plan.created");
    let number =
        |id: &str| id.split_once('-').map(|(a, b)| (a.parse::<u64>().unwrap(), b.parse::<u64>().unwrap()));
    for odd in ["0-1", "x", "1", "99999999999999999-1", &format!("{}9", created.id)] {
        let (_, first) = Listening::start(bench.address, "", &[own, ("last-event-id", odd)]).await;
        assert_eq!((first.kind.as_str(), &first.id), ("reset", &created.id), "{odd}");
    }
    let bench = bench.restart().await;
    assert_eq!(listening.next().await, None, "it has ended with the daemon");
    for id in [ready.id, created.id] {
        let (_, first) = Listening::start(bench.address, "", &[own, ("last-event-id", &id)]).await;
        assert_eq!(first.kind, "reset");
        assert!(number(&first.id) > number(&id), "{} comes after {id}", first.id);
    }
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_listened_to_is_refused_with_what_can_be() {
    let room = Room::open().await;
    for (query, field) in
        [("type=dialing.end", "type"), ("type=", "type"), ("campaign=7", "campaign"), ("limit=5", "limit")]
    {
        let answer = room.ask("GET", &format!("events?{query}"), &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.problem().0), (422, field.to_owned()), "{query}");
    }
    assert_eq!(room.send("GET", "/api/v1/events", &[], "").await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn listening_ends_with_the_session_or_the_token_and_with_the_daemon() {
    let bench = Bench::start().await;
    bench.user("vera", "viewer").await;
    let cookie = bench.sign_in("vera", "vera's password").await.cookie();
    let made = json!({"name": "screen", "role": "viewer"});
    let made = bench.as_admin("POST", "/api/v1/tokens", Some(&made)).await.json();
    let bearer = format!("Bearer {}", made["token"].as_str().unwrap());
    let admin = format!("Bearer {}", bench.token_file());
    let (mut by_cookie, _) = Listening::start(bench.address, "", &[("cookie", &cookie)]).await;
    let (mut by_token, _) = Listening::start(bench.address, "", &[("authorization", &bearer)]).await;
    let (mut by_admin, _) = Listening::start(bench.address, "", &[("authorization", &admin)]).await;
    bench.by_cookie(&cookie, "DELETE", "/api/v1/session", None).await;
    let token = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.as_admin("DELETE", &token, None).await.status, 204);
    assert_eq!((by_cookie.next().await, by_token.next().await), (None, None));
    bench.as_admin("POST", "/api/v1/plans", Some(&json!({}))).await;
    assert_eq!(by_admin.next().await.unwrap().kind, "plan.created");
    let start = Instant::now();
    let stop = tokio::spawn(bench.stop());
    assert_eq!(timeout(Duration::from_secs(20), by_admin.next()).await.unwrap(), None);
    stop.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_and_fifty_listen_and_one_of_them_reads_nothing() {
    let room = room().await;
    let (_deaf, _) = listen(&room, "", &[]).await;
    let mut all = Vec::new();
    for _ in 0..150 {
        all.push(listen(&room, "?type=dialing.ended", &[]).await.0);
    }
    campaign(&room).await;
    let mut heard = Vec::new();
    for listening in &mut all {
        let mut own = Vec::new();
        for _ in 0..CALLS {
            own.push(listening.next().await.unwrap());
        }
        heard.push(own);
    }
    assert!(heard.iter().all(|own| *own == heard[0]));
}
