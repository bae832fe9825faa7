//! The abandoned calls of a campaign against the cap of its plan.

use serde_json::{Value, json};

use super::support::Room;

async fn made(room: &Room, path: &str, body: Value) -> Value {
    let answer = room.ask("POST", path, &[("content-type", "application/json")], &body.to_string()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_window_of_the_plans_rule_is_shown_with_its_cap() {
    let room = Room::open().await;
    let rules =
        json!({ "name": "strict", "abandon_cap": 2.5, "abandon_window": [1, 7], "abandon_count": "all" });
    let plan = made(&room, "plans", rules).await;
    let campaign = made(&room, "campaigns", json!({ "name": "strict", "plan": plan["uuid"] })).await;
    let path = format!("campaigns/{}/abandon", campaign["uuid"].as_str().unwrap());
    let window = |days| json!({ "days": days, "answered": 0, "abandoned": 0, "late": 0, "share": null });
    let expected = json!({ "campaign": campaign["uuid"], "cap": 2.5, "count": "all", "used_up": false, "left": 1,
        "windows": [window(1), window(7)] });
    assert_eq!(room.get(&path).await, expected, "nothing has been counted: the first may be abandoned");
    assert_eq!(room.ask("GET", &format!("{path}?days=1"), &[], "").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_plan_there_is_no_cap_and_without_a_campaign_nothing() {
    let room = Room::open().await;
    let campaign = made(&room, "campaigns", json!({ "name": "idle" })).await;
    let shown = room.get(&format!("campaigns/{}/abandon", campaign["uuid"].as_str().unwrap())).await;
    assert_eq!((&shown["cap"], &shown["left"], &shown["windows"]), (&json!(null), &json!(null), &json!([])));
    let unknown = "campaigns/92dadd08-ac3c-47dc-a41b-10040643ee38/abandon";
    assert_eq!(room.ask("GET", unknown, &[], "").await.status, 404);
}
