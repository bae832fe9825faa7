//! Leads, in pages and one by one.

use serde_json::{Value, json};

use super::support::Room;

fn path(row: &Value) -> String {
    format!("leads/{}", row["uuid"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_made_shown_changed_moved_and_deleted() {
    let mut room = Room::open().await;
    let (first, second) =
        (room.create("dial-lists", &json!({})).await, room.create("dial-lists", &json!({})).await);
    let body =
        json!({ "dial_list": first["uuid"], "name": "Ann", "ukey": "k1", "numbers": [null, "030 123"] });
    let lead = room.create("leads", &body).await;
    assert_eq!(lead["numbers"], json!([null, "030 123", null, null, null, null, null, null]));
    assert_eq!((&lead["status"], &lead["tries"]), (&json!("idle"), &json!(vec![0; 8])));
    assert_eq!(room.event("OutDlListCreate").await.text("Number2"), "030 123");
    assert_eq!(room.get(&path(&lead)).await, lead);
    let body = json!({ "dial_list": second["uuid"], "numbers": ["1"], "name": null }).to_string();
    let moved = room.ask("PATCH", &path(&lead), &[], &body).await.json();
    assert_eq!(
        (&moved["dial_list"], &moved["name"], &moved["ukey"]),
        (&second["uuid"], &json!(null), &json!("k1"))
    );
    assert_eq!((&moved["numbers"][0], &moved["numbers"][1]), (&json!("1"), &json!(null)));
    let nowhere = json!({ "dial_list": lead["uuid"] }).to_string();
    for (method, path) in [("POST", "leads".to_owned()), ("PATCH", path(&lead))] {
        let refused = room.ask(method, &path, &[], &nowhere).await;
        assert_eq!((refused.status.as_u16(), refused.problem().0.as_str()), (409, "dial_list"));
    }
    assert_eq!(room.ask("DELETE", &path(&lead), &[], "").await.status, 204);
    assert_eq!(room.ask("GET", &path(&lead), &[], "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_are_listed_by_list_key_and_number_page_by_page() {
    let room = Room::open().await;
    let lists = [room.create("dial-lists", &json!({})).await, room.create("dial-lists", &json!({})).await];
    for n in 0..10 {
        let body = json!({ "dial_list": lists[n % 2]["uuid"], "ukey": format!("k{n}"), "numbers": [format!("55{n}")] });
        room.create("leads", &body).await;
    }
    let list = lists[0]["uuid"].as_str().unwrap();
    let (mut keys, mut query) = (Vec::new(), format!("leads?dial_list={list}&limit=2"));
    loop {
        let page = room.get(&query).await;
        keys.extend(page["items"].as_array().unwrap().iter().map(|lead| lead["ukey"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("leads?dial_list={list}&limit=2&cursor={next}");
    }
    assert_eq!(json!(keys), json!(["k0", "k2", "k4", "k6", "k8"]));
    for (query, found) in
        [("ukey=k3", 1), ("number=557", 1), ("status=idle", 10), ("status=dialing", 0), ("number=55", 0)]
    {
        let page = room.get(&format!("leads?{query}")).await;
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
    }
    let campaign = room.create("campaigns", &json!({ "dial_list": lists[0]["uuid"] })).await;
    let stats = room.get(&format!("campaigns/{}/stats", campaign["uuid"].as_str().unwrap())).await;
    assert_eq!((&stats["total"], &stats["available"], &stats["called"]), (&json!(5), &json!(5), &json!(0)));
}
