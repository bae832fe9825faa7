//! Leads out of CSV over HTTP, while the daemon works.

use pbxsim::Scenario;
use serde_json::{Value, json};

use super::support::{Answer, Room};

async fn send(room: &Room, list: &Value, query: &str, csv: &str) -> Answer {
    let bearer = format!("Bearer {}", room.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    let path = format!("/api/v1/dial-lists/{}/import{query}", list["uuid"].as_str().unwrap());
    room.send("POST", &path, &headers, csv).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_in_when_it_is_answered_and_only_once_and_what_is_refused_is_told() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({ "name": "customers" })).await;
    let mut csv = "name;phone\n".to_owned();
    for n in 0..3_000 {
        csv += &format!("Customer {n};+4930{n:07}\n");
    }
    csv += "Bad;not a number\n\u{e9};\u{e9}\nToo;many;fields;here\n";
    let first = send(&room, &list, "", &csv).await;
    assert_eq!(first.status, 200, "{first:?}");
    let first = first.json();
    assert_eq!(
        (&first["imported"], &first["refused"], &first["done_before"]),
        (&json!(3_000), &json!(3), &json!(0))
    );
    assert_eq!(
        (&first["refused_rows"][0]["line"], &first["refused_rows"][0]["field"]),
        (&json!(3_002), &json!("phone"))
    );
    let again = send(&room, &list, "", &csv).await.json();
    assert_eq!((&again["imported"], &again["done_before"]), (&json!(0), &json!(3_003)));
    let once_more = send(&room, &list, "?again=true", "phone\n+4930999\n").await.json();
    assert_eq!(once_more["imported"], 1);
    let found = room.get(&format!("leads?dial_list={}&cursor=c2999", list["uuid"].as_str().unwrap())).await;
    assert_eq!(found["items"][0]["name"], "Customer 2999");
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_leads_is_refused_and_puts_nothing_in() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    for (query, csv, status, field) in [
        ("", "", 409, "body"),
        ("", "colour,phone\nred,+4930\n", 409, "map"),
        ("?map=colour", "colour,phone\nred,+4930\n", 422, "map"),
        ("?again=perhaps", "phone\n+4930\n", 422, "again"),
        ("?country=DE", "phone\n+4930\n", 422, "country"),
    ] {
        let refused = send(&room, &list, query, csv).await;
        assert_eq!((refused.status.as_u16(), refused.problem().0.as_str()), (status, field), "{query} {csv}");
    }
    let mapped =
        send(&room, &list, "?map=colour=variable:COLOUR&dry_run=true", "colour,phone\nred,+4930123\n").await;
    assert_eq!(mapped.json()["imported"], 1);
    let leads = format!("leads?dial_list={}", list["uuid"].as_str().unwrap());
    assert_eq!(room.get(&leads).await["items"], json!([]));
    let json =
        room.ask("POST", &format!("dial-lists/{}/import", list["uuid"].as_str().unwrap()), &[], "{}").await;
    assert_eq!(json.status, 415);
    let nowhere = json!({ "uuid": "92dadd08-ac3c-47dc-a41b-10040643ee38" });
    assert_eq!(send(&room, &nowhere, "", "phone\n+4930\n").await.status, 404);
    let long = format!("phone\n{}", "+49301234567\n".repeat(3 << 20));
    assert_eq!(send(&room, &list, "", &long).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_runs_dials_what_is_imported() {
    let room = Room::simulated(Scenario { by_number: true, ..Scenario::default() }).await;
    let plan = json!({ "dial_mode": "robo", "tech_name": "Local", "trunk_name": "pstn", "list_end": "keep_running", "max_tries": [1] });
    let plan = room.create("plans", &plan).await;
    let list = room.create("dial-lists", &json!({})).await;
    let campaign =
        room.create("campaigns", &json!({ "plan": plan["uuid"], "dial_list": list["uuid"] })).await;
    let campaign = campaign["uuid"].as_str().unwrap();
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    assert_eq!(room.ask("POST", &format!("campaigns/{campaign}/start"), &[], "").await.status, 200);
    room.until(&format!("campaigns/{campaign}/why"), |why| why["reason"] == "list_empty").await;
    send(&room, &list, "", "phone\n1100001\n1100002\n").await;
    room.until(&format!("results?campaign={campaign}"), |page| page["items"].as_array().unwrap().len() == 2)
        .await;
}
