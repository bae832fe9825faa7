//! Webhooks: what a receiver gets, whatever it answers.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::StatusCode;
use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use serde_json::{Value, json};

use super::client::Bench;
use super::support::Room;
use crate::receiver::{Came, Receiver, SECRET};

const CALLS: usize = 8;

async fn room() -> Room {
    let agents = Agents { count: 4, ..Agents::default() };
    Room::simulated(Scenario { by_number: true, agents, ..Scenario::default() }).await
}

async fn webhook(room: &Room, url: &str, more: &Value) -> String {
    let mut body = json!({ "url": url, "secret": SECRET, "types": ["dialing.ended", "campaign.status"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = room.create("webhooks", &body).await;
    assert!(made["secret"].is_null(), "it is shown to nobody");
    made["id"].as_str().unwrap().to_owned()
}

/// A campaign that has called some numbers.
async fn campaign(room: &Room) -> String {
    campaign_of(room, CALLS).await
}

async fn campaign_of(room: &Room, calls: usize) -> String {
    let plan = json!({ "dial_mode": "progressive", "queue_name": "sales", "tech_name": "Local",
        "trunk_name": "pstn", "max_tries": [1], "dial_timeout_ms": 3000, "abandon_rule": "none" });
    let plan = room.create("plans", &plan).await;
    let list = room.create("dial-lists", &json!({})).await;
    for at in 0..calls {
        let number = format!("150{at:04}");
        room.create("leads", &json!({ "dial_list": list["uuid"], "numbers": [number] })).await;
    }
    let body = json!({ "plan": plan["uuid"], "dial_list": list["uuid"] });
    let made = room.create("campaigns", &body).await;
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    let uuid = made["uuid"].as_str().unwrap().to_owned();
    let started = room.ask("POST", &format!("campaigns/{uuid}/start"), &[], "").await;
    assert_eq!(started.status, 200, "{started:?}");
    let results = format!("results?campaign={uuid}");
    room.until(&results, |results| results["items"].as_array().unwrap().len() == calls).await;
    uuid
}

fn ended(came: &[Came]) -> Vec<&Value> {
    came.iter().filter(|came| came.body["type"] == "dialing.ended").map(|came| &came.body["result"]).collect()
}

fn all_ended(came: &[Came]) -> bool {
    ended(came).len() >= CALLS
}

#[tokio::test(flavor = "multi_thread")]
async fn each_result_and_each_status_comes_signed_and_says_which_was_first() {
    let room = room().await;
    let receiver = Receiver::start(|_, _| Some(StatusCode::NO_CONTENT)).await;
    let hook = webhook(&room, &receiver.url(), &json!({})).await;
    let campaign = campaign(&room).await;
    let came = receiver
        .until(|came| all_ended(came) && came.iter().any(|came| came.body["status"] == "start"))
        .await;
    assert!(came.iter().all(|came| came.attempt == 1 && came.body["campaign"] == campaign.as_str()));
    let mut statuses: Vec<_> = came.iter().filter(|came| came.body["status"].is_string()).collect();
    statuses.sort_by_key(|came| came.body["time"].as_str());
    assert_eq!([&statuses[0].body["status"], &statuses[1].body["status"]], ["starting", "start"]);
    let results = room.get("results").await;
    let oldest_first: Vec<_> = results["items"].as_array().unwrap().iter().rev().collect();
    let mut by_seq = ended(&came);
    by_seq.sort_by_key(|result| result["seq"].as_i64());
    assert_eq!(by_seq, oldest_first);
    let path = format!("webhooks/{hook}/deliveries");
    let done = room
        .until(&format!("{path}?state=done"), |done| done["items"].as_array().unwrap().len() >= CALLS + 2)
        .await;
    assert!(done["items"].as_array().unwrap().iter().all(|row| row["status"] == 204 && row["tries"] == 1));
    assert_eq!(room.get(&format!("{path}?state=waiting")).await["items"], json!([]));
    let first = room.get(&format!("{path}?limit=3")).await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = room.get(&format!("{path}?limit=100&cursor={cursor}")).await;
    let pages = [&first, &second].map(|page| page["items"].as_array().unwrap().clone()).concat();
    assert_eq!(json!(pages), done["items"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_each_import_comes_with_its_counts_to_who_wants_it() {
    let room = room().await;
    let receiver = Receiver::start(|_, _| Some(StatusCode::OK)).await;
    webhook(&room, &receiver.url(), &json!({ "types": ["import.ended"] })).await;
    let campaign_only = Receiver::start(|_, _| Some(StatusCode::OK)).await;
    let other = json!({ "types": ["import.ended"], "campaign": "92dadd08-ac3c-47dc-a41b-10040643ee38" });
    let other = webhook(&room, &campaign_only.url(), &other).await;
    webhook(&room, &campaign_only.url(), &json!({ "types": ["campaign.status"] })).await;
    let list = room.create("dial-lists", &json!({})).await;
    let bearer = format!("Bearer {}", room.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    let broken = format!("phone\n+4930333\n\"{}", "1".repeat(2 << 20));
    let mut sent = Vec::new();
    for (query, csv) in [
        ("?name=a.csv", "phone\n+4930111\nnone\n+4930222\n"),
        ("?duplicates=skip", "phone\n+4930111\n+4930444\n"),
        ("?dry_run=true", "phone\n+4930555\nnone\n"),
        ("", broken.as_str()),
    ] {
        let path = format!("/api/v1/dial-lists/{}/imports{query}", list["uuid"].as_str().unwrap());
        sent.push(room.send("POST", &path, &headers, csv).await.json());
    }
    let came = receiver.until(|came| came.len() >= sent.len()).await;
    let of = |at: usize| {
        let one = came.iter().find(|came| came.body["import"]["id"] == sent[at]["id"]).unwrap();
        assert_eq!((&one.body["type"], &one.body["campaign"]), (&json!("import.ended"), &Value::Null));
        one.body["import"].clone()
    };
    for (at, state) in ["done", "done", "done", "failed"].into_iter().enumerate() {
        let shown = room.get(&format!("imports/{}", sent[at]["id"].as_str().unwrap())).await;
        let told = of(at);
        assert_eq!(told["state"], state);
        for (name, value) in told.as_object().unwrap() {
            assert_eq!(*value, shown[name], "{name} of {shown}");
        }
    }
    assert_eq!(
        (&of(0)["name"], &of(0)["refused"], &of(1)["skipped"]),
        (&json!("a.csv"), &json!(1), &json!(1))
    );
    assert_eq!((&of(2)["dry_run"], &of(2)["imported"]), (&json!(true), &json!(1)));
    campaign(&room).await;
    let came = campaign_only.until(|came| came.len() >= 2).await;
    assert!(came.iter().all(|came| came.body["type"] == "campaign.status"), "{came:?}");
    assert_eq!(room.get(&format!("webhooks/{other}/deliveries")).await["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_badly_comes_again_and_holds_up_nothing_behind_it() {
    let room = room().await;
    // The first two get a bad answer twice; a redirect is one too.
    let receiver = Receiver::start(|_, came| {
        let seq = came.body["result"]["seq"].as_i64().unwrap();
        Some(match (seq, came.attempt) {
            (1, 1..=2) => StatusCode::INTERNAL_SERVER_ERROR,
            (2, 1..=2) => StatusCode::FOUND,
            _ => StatusCode::OK,
        })
    })
    .await;
    webhook(&room, &receiver.url(), &json!({ "types": ["dialing.ended"] })).await;
    campaign(&room).await;
    let came = receiver.until(|came| came.iter().filter(|came| came.attempt == 3).count() == 2).await;
    assert!(came.iter().all(|came| came.path == "/hook"), "a redirect is not followed");
    let of = |seq: i64| came.iter().filter(|came| came.body["result"]["seq"] == seq).collect::<Vec<_>>();
    for seq in [1, 2] {
        let tries = of(seq);
        assert_eq!(tries.iter().map(|came| came.attempt).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(tries.iter().all(|came| came.delivery == tries[0].delivery && came.body == tries[0].body));
    }
    let at = |seq: i64, attempt| {
        came.iter().position(|came| came.body["result"]["seq"] == seq && came.attempt == attempt).unwrap()
    };
    assert!(at(8, 1) < at(1, 3), "the last one did not wait for the first");
    assert_eq!(came.len(), CALLS + 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_never_answers_holds_up_no_other() {
    let room = room().await;
    let deaf = Receiver::start(|_, _| None).await;
    let well = Receiver::start(|_, _| Some(StatusCode::OK)).await;
    let other = json!({ "campaign": "92dadd08-ac3c-47dc-a41b-10040643ee38" });
    webhook(&room, &deaf.url(), &json!({})).await;
    webhook(&room, &well.url(), &json!({})).await;
    let filtered = Receiver::start(|_, _| Some(StatusCode::OK)).await;
    webhook(&room, &filtered.url(), &other).await;
    campaign(&room).await;
    well.until(all_ended).await;
    assert!(deaf.came().len() <= 1 && filtered.came().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn several_deliveries_are_on_their_way_to_a_receiver_that_takes_its_time_and_each_comes() {
    const MANY: usize = 40;
    let room = room().await;
    let slow = Receiver::start(|_, _| Some(StatusCode::OK)).await;
    slow.take(None);
    let hook = webhook(&room, &slow.url(), &json!({ "types": ["dialing.ended"] })).await;
    campaign_of(&room, MANY).await;
    assert_eq!(slow.most_open(), 1, "one that has never answered is asked by one");
    slow.take(Some(Duration::from_millis(200)));
    let all = |came: &[Came]| {
        ended(came).iter().map(|result| result["seq"].as_i64()).collect::<BTreeSet<_>>().len() == MANY
    };
    slow.until(all).await;
    assert!((2..=8).contains(&slow.most_open()), "{}", slow.most_open());
    let done = format!("webhooks/{hook}/deliveries?state=done");
    room.until(&done, |done| done["items"].as_array().unwrap().len() == MANY).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_for_a_day_is_dead_and_can_be_tried_again() {
    let room = room().await;
    let receiver = Receiver::start(|_, _| Some(StatusCode::IM_A_TEAPOT)).await;
    let hook = webhook(&room, &receiver.url(), &json!({ "types": ["dialing.ended"] })).await;
    campaign(&room).await;
    receiver.until(all_ended).await;
    let path = format!("webhooks/{hook}/deliveries");
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    let tried = |page: &Value| count(page) == CALLS && page["items"][0]["status"] == 418;
    room.until(&format!("{path}?state=waiting"), tried).await;
    // A day later.
    let database = rusqlite::Connection::open(room.dir().join("outbound.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database.execute("UPDATE delivery SET tm_begin = 0, due = 0 WHERE seq <= 3", []).unwrap();
    let dead = room.until(&format!("{path}?state=dead"), |page| count(page) == 3).await;
    let dead: Vec<_> =
        dead["items"].as_array().unwrap().iter().map(|row| row["uuid"].as_str().unwrap()).collect();
    assert_eq!(room.get(&path).await["items"].as_array().unwrap().len(), CALLS);
    receiver.answer(|_, _| Some(StatusCode::OK));
    let before = receiver.came().len();
    let again = format!("{path}/{}/retry", dead[0]);
    assert_eq!(room.ask("POST", &again, &[], "").await.status, 204);
    receiver.until(|came| came[before..].iter().any(|came| came.delivery == dead[0])).await;
    room.until(&format!("{path}?state=dead"), |page| count(page) == 2).await;
    room.until(&format!("{path}?state=done"), |page| page.to_string().contains(dead[0])).await;
    assert_eq!(room.ask("POST", &again, &[], "").await.status, 409, "it is done");
    let nobody = format!("{path}/{}/retry", uuid::Uuid::nil());
    assert_eq!(room.ask("POST", &nobody, &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_is_disabled_is_told_nothing_of_that_time_and_one_that_is_deleted_nothing() {
    let room = room().await;
    let receiver = Receiver::start(|_, _| Some(StatusCode::OK)).await;
    let hook = webhook(&room, &receiver.url(), &json!({ "enabled": false })).await;
    let first = campaign(&room).await;
    let path = format!("webhooks/{hook}");
    let changed = room.ask("PATCH", &path, &[], "{\"enabled\":true,\"types\":[\"dialing.ended\"]}").await;
    assert_eq!((changed.status.as_u16(), &changed.json()["enabled"]), (200, &json!(true)));
    let second = campaign(&room).await;
    let came = receiver.until(all_ended).await;
    assert!(came.iter().all(|came| came.body["campaign"] == second.as_str()), "not {first}: {came:?}");
    assert_eq!(room.ask("DELETE", &path, &[], "").await.status, 204);
    assert_eq!(room.ask("GET", &path, &[], "").await.status, 404);
    assert_eq!(room.ask("GET", &format!("{path}/deliveries"), &[], "").await.status, 404);
    let witness = Receiver::start(|_, _| Some(StatusCode::OK)).await;
    webhook(&room, &witness.url(), &json!({})).await;
    campaign(&room).await;
    witness.until(all_ended).await;
    assert_eq!(receiver.came().len(), CALLS);
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_for_admins_and_what_is_wrong_with_one_is_said() {
    let bench = Bench::start().await;
    let body = json!({ "url": "http://127.0.0.1:1/", "secret": SECRET, "types": ["dialing.ended"] });
    for role in ["viewer", "supervisor"] {
        let token = bench.token(role, role).await;
        bench.by_token(&token, "GET", "/api/v1/webhooks", None).await.is_problem(403);
        bench.by_token(&token, "POST", "/api/v1/webhooks", Some(&body)).await.is_problem(403);
    }
    for (field, wrong) in [
        ("url", json!("file:///etc/passwd")),
        ("url", json!("http://user:password@127.0.0.1/")),
        ("secret", json!("short")),
        ("types", json!([])),
        ("types", json!(["dialing.created"])),
    ] {
        let mut bad = body.clone();
        bad[field] = wrong;
        let problem = bench.as_admin("POST", "/api/v1/webhooks", Some(&bad)).await.is_problem(422);
        assert_eq!(problem["field"], field);
    }
    let mut ids = BTreeSet::new();
    for _ in 0..32 {
        let made = bench.as_admin("POST", "/api/v1/webhooks", Some(&body)).await;
        assert_eq!(made.status, 201);
        ids.insert(made.json()["id"].to_string());
    }
    bench.as_admin("POST", "/api/v1/webhooks", Some(&body)).await.is_problem(409);
    let bench = bench.restart().await;
    let all = bench.as_admin("GET", "/api/v1/webhooks", None).await;
    assert!(!all.text.contains(SECRET));
    let kept: BTreeSet<_> =
        all.json()["items"].as_array().unwrap().iter().map(|row| row["id"].to_string()).collect();
    assert_eq!(kept, ids);
    bench.stop().await;
}
