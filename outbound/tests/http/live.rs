//! What goes on: a campaign on a simulated Asterisk, watched over HTTP.

use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use serde_json::{Value, json};

use super::support::Room;

async fn campaign(room: &Room, mode: &str, numbers: &[&str]) -> Value {
    let plan = json!({ "dial_mode": mode, "queue_name": "sales", "tech_name": "Local", "trunk_name": "pstn",
        "max_tries": [1], "dial_timeout_ms": 3000, "abandon_rule": "none" });
    let plan = room.create("plans", &plan).await;
    let list = room.create("dial-lists", &json!({})).await;
    for number in numbers {
        room.create("leads", &json!({ "dial_list": list["uuid"], "numbers": [number] })).await;
    }
    let campaign =
        room.create("campaigns", &json!({ "plan": plan["uuid"], "dial_list": list["uuid"] })).await;
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    let path = format!("campaigns/{}", campaign["uuid"].as_str().unwrap());
    let started = room.ask("POST", &format!("{path}/start"), &[], "").await;
    assert_eq!(started.status, 200, "{started:?}");
    campaign
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_followed_from_its_agents_to_its_results() {
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 3, ..Agents::default() }, ..Scenario::default() };
    let room = Room::simulated(scenario).await;
    let numbers = ["2100001", "2100002", "3000003", "1600004"];
    let campaign = campaign(&room, "progressive", &numbers).await;
    let uuid = campaign["uuid"].as_str().unwrap();
    let agents = room.get("agents?queue=sales").await;
    assert_eq!(agents["items"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&agents["items"][0]["asterisk"], agents["items"][0]["name"].is_string()),
        (&json!("pbx1"), true)
    );
    assert_eq!(room.get("agents?limit=2").await["next_cursor"], "c2");
    assert_eq!(room.get("queues/live?queue=sales").await["items"][0]["logged_in"], 3);
    let dialings = room.until(&format!("dialings?campaign={uuid}"), |page| page["items"] != json!([])).await;
    let dialing = &dialings["items"][0];
    assert_eq!((&dialing["campaign"], &dialing["asterisk"]), (&json!(uuid), &json!("pbx1")));
    assert!(room.get("dialings/summary").await["count"].is_number());
    room.until(&format!("campaigns/{uuid}"), |campaign| campaign["status"] == "stop").await;
    // The last result may be on its way to the database.
    let results =
        room.until(&format!("results?campaign={uuid}&limit=3"), |page| page["items"][0]["seq"] == 4).await;
    let seqs: Vec<_> =
        results["items"].as_array().unwrap().iter().map(|r| r["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [4, 3, 2]);
    let rest = room
        .get(&format!("results?campaign={uuid}&limit=3&cursor={}", results["next_cursor"].as_str().unwrap()))
        .await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &json!(null)));
    for (query, found) in [
        ("outcome=busy", 2),
        ("number=3000003", 1),
        ("outcome=machine", 0),
        ("until=2020-01-01T00:00:00Z", 0),
    ] {
        assert_eq!(
            room.get(&format!("results?{query}")).await["items"].as_array().unwrap().len(),
            found,
            "{query}"
        );
    }
    let lead =
        room.get("results?number=2100001").await["items"][0]["dl_list_uuid"].as_str().unwrap().to_owned();
    assert_eq!(room.get(&format!("results?lead={lead}")).await["items"].as_array().unwrap().len(), 1);
    assert_eq!(room.get(&format!("campaigns/{uuid}/stats")).await["called"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialing_is_hung_up_by_a_supervisor_and_is_a_result_then() {
    let room = Room::simulated(Scenario { by_number: true, ..Scenario::default() }).await;
    let campaign = campaign(&room, "robo", &["1600001"]).await;
    let campaign = campaign["uuid"].as_str().unwrap();
    let dialings = format!("dialings?campaign={campaign}");
    let dialing = room.until(&dialings, |page| page["items"] != json!([])).await["items"][0].clone();
    let path = format!("dialings/{}/hangup", dialing["uuid"].as_str().unwrap());
    assert_eq!(room.ask("POST", &path, &[], "").await.status, 204);
    room.until(&dialings, |page| page["items"] == json!([])).await;
    let results =
        room.until(&format!("results?campaign={campaign}"), |page| page["items"] != json!([])).await;
    assert_eq!(results["items"][0]["dialing_uuid"], dialing["uuid"]);
    assert_eq!(room.ask("POST", &path, &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_refused_and_the_next_accepted() {
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 1, ..Agents::default() }, ..Scenario::default() };
    let mut room = Room::simulated(scenario).await;
    campaign(&room, "desktop", &["1600001", "1600002"]).await;
    let offer =
        room.until("previews?queue=sales", |page| page["items"] != json!([])).await["items"][0].clone();
    let path = format!("previews/{}", offer["uuid"].as_str().unwrap());
    assert_eq!(room.get(&path).await["lead"]["uuid"], offer["lead"]["uuid"]);
    let wrong = room.ask("POST", &format!("{path}/refuse"), &[], "{\"delay_ms\":-1}").await;
    assert_eq!((wrong.status.as_u16(), wrong.problem().0.as_str()), (422, "delay_ms"));
    assert_eq!(room.ask("POST", &format!("{path}/refuse"), &[], "{\"delay_ms\":60000}").await.status, 204);
    assert_eq!(room.event("OutPreviewEnd").await.text("Result"), "refused");
    assert_eq!(room.ask("POST", &format!("{path}/accept"), &[], "").await.status, 404);
    let next = room.until("previews", |page| page["items"] != json!([])).await["items"][0].clone();
    assert_ne!(next["lead"]["uuid"], offer["lead"]["uuid"]);
    let path = format!("previews/{}/accept", next["uuid"].as_str().unwrap());
    assert_eq!(room.ask("POST", &path, &[], "").await.status, 204);
    assert_eq!(room.event("OutDialingCreate").await.text("Uuid"), next["uuid"].as_str().unwrap());
}
