//! Campaigns, plans, dial lists, destinations, queues: made, shown, changed, deleted, listed.

use serde_json::json;

use super::support::Room;

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_row_is_made_shown_changed_and_deleted() {
    let room = Room::open().await;
    let kinds = [
        (
            "plans",
            json!({ "dial_mode": "robo", "abandon_cap": 2.5, "max_tries": [1, 2], "variables": { "a": "1" } }),
        ),
        ("dial-lists", json!({ "variables": { "CITY": "Bonn" } })),
        ("destinations", json!({ "kind": "application", "application": "Playback", "data": "beep" })),
        ("queues", json!({ "detail": "x" })),
        (
            "campaigns",
            json!({ "weight": 3, "max_cps": 0.5, "schedule": { "enabled": false, "day_list": "1,2" } }),
        ),
    ];
    for (kind, mut body) in kinds {
        body["name"] = json!("first");
        let made = room.ask("POST", kind, &[], &body.to_string()).await;
        assert_eq!(made.status, 201, "{kind}: {made:?}");
        let (row, place) = (made.json(), made.header("location").to_owned());
        assert_eq!(place, format!("/api/v1/{kind}/{}", row["uuid"].as_str().unwrap()));
        let path = place.trim_start_matches("/api/v1/");
        assert_eq!(room.get(path).await, row);
        for (field, value) in body.as_object().unwrap() {
            if field != "max_tries" && field != "schedule" {
                assert_eq!(&row[field], value, "{kind}.{field}");
            }
        }
        let changed = room.ask("PATCH", path, &[], "{\"name\":\"second\",\"detail\":null}").await;
        assert_eq!(
            (changed.status.as_u16(), &changed.json()["name"]),
            (200, &json!("second")),
            "{changed:?}"
        );
        assert_eq!(changed.json()["detail"], json!(null));
        assert!(changed.json()["updated"].is_string());
        let list = room.get(&format!("{kind}?name=SECO")).await;
        assert_eq!(list["items"], json!([changed.json()]), "{kind}");
        assert_eq!(room.get(&format!("{kind}?name=first")).await["items"], json!([]));
        assert_eq!(room.ask("DELETE", path, &[], "").await.status, 204);
        for method in ["GET", "DELETE", "PATCH"] {
            assert_eq!(room.ask(method, path, &[], "{}").await.status, 404, "{method} {kind}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_keep_what_they_were_given_and_null_sets_the_default() {
    let room = Room::open().await;
    let plan = room
        .create("plans", &json!({ "max_tries": [1, null, 3], "dial_timeout_ms": 5000, "abandon_window": [1, 30], "pacing": "level" }))
        .await;
    assert_eq!(plan["max_tries"], json!([1, 5, 3, 5, 5, 5, 5, 5]));
    assert_eq!((&plan["abandon_window"], &plan["pacing"]), (&json!([1, 30]), &json!("level")));
    let path = format!("plans/{}", plan["uuid"].as_str().unwrap());
    let body = "{\"dial_timeout_ms\":null,\"abandon_window\":null,\"max_tries\":null,\"pacing\":null}";
    let plan = room.ask("PATCH", &path, &[], body).await.json();
    assert_eq!((&plan["dial_timeout_ms"], &plan["abandon_window"]), (&json!(30_000), &json!(null)));
    assert_eq!((&plan["max_tries"], &plan["pacing"]), (&json!(vec![5; 8]), &json!(null)));
    let schedule = json!({ "enabled": true, "time_start": "09:00:00", "date_list_except": "2026-12-24" });
    let campaign =
        room.create("campaigns", &json!({ "schedule": schedule, "time_zone": "Europe/Berlin" })).await;
    for (field, value) in schedule.as_object().unwrap() {
        assert_eq!(&campaign["schedule"][field], value);
    }
    assert_eq!((&campaign["status"], &campaign["schedule"]["time_end"]), (&json!("stop"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_through_a_list_once() {
    let room = Room::open().await;
    for n in 0..7 {
        room.create(
            "plans",
            &json!({ "name": n.to_string(), "dial_mode": if n < 2 { "robo" } else { "power" } }),
        )
        .await;
    }
    let (mut names, mut query) = (Vec::new(), "plans?limit=3".to_owned());
    loop {
        let page = room.get(&query).await;
        names.extend(
            page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("plans?limit=3&cursor={next}");
    }
    names.sort();
    assert_eq!(names, ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!(room.get("plans?dial_mode=robo").await["items"].as_array().unwrap().len(), 2);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("cursor=x", "cursor"),
        ("dial_mode=fast", "dial_mode"),
        ("dialmode=robo", "dialmode"),
        ("limit=1&limit=2", "limit"),
    ] {
        let answer = room.ask("GET", &format!("plans?{query}"), &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.problem().0.as_str()), (422, field), "{query}");
    }
    assert!(room.ask("GET", "plans?dialmode=x", &[], "").await.text.contains("did you mean dial_mode?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_cannot_do_what_it_is_asked_says_why() {
    let room = Room::open().await;
    let plan = room.create("plans", &json!({})).await;
    let campaign = room.create("campaigns", &json!({ "plan": plan["uuid"] })).await;
    let path = format!("campaigns/{}", campaign["uuid"].as_str().unwrap());
    let refused = room.ask("POST", &format!("{path}/start"), &[], "").await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.text.contains("dial mode"), "{refused:?}");
    let plan_path = format!("plans/{}", plan["uuid"].as_str().unwrap());
    room.ask("PATCH", &plan_path, &[], "{\"dial_mode\":\"robo\"}").await;
    let list = room.create("dial-lists", &json!({})).await;
    let body = json!({ "dial_list": list["uuid"] }).to_string();
    assert_eq!(room.ask("PATCH", &path, &[], &body).await.status, 200);
    let started = room.ask("POST", &format!("{path}/start"), &[], "").await;
    assert_eq!(started.status, 200, "{started:?}");
    for used in [&plan_path, &format!("dial-lists/{}", list["uuid"].as_str().unwrap()), &path] {
        assert_eq!(room.ask("DELETE", used, &[], "").await.status, 409, "{used}");
    }
    assert_eq!(room.get("campaigns?status=stop").await["items"], json!([]));
    assert_eq!(room.ask("POST", &format!("{path}/force-stop"), &[], "").await.status, 200);
    room.until(&path, |campaign| campaign["status"] == "stop").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_http_changes_ami_clients_hear_of_and_the_other_way() {
    let mut room = Room::open().await;
    let plan = room.create("plans", &json!({ "name": "A", "dial_mode": "robo" })).await;
    let event = room.event("OutPlanCreate").await;
    assert_eq!((event.text("Uuid"), event.text("DialMode")), (plan["uuid"].as_str().unwrap(), "4"));
    let update = Message::action("OutPlanUpdate").with("Uuid", event.text("Uuid")).unwrap();
    room.ami.call(update.with("DialTimeout", 7000).unwrap()).await.unwrap();
    let path = format!("plans/{}", event.text("Uuid"));
    assert_eq!(room.get(&path).await["dial_timeout_ms"], 7000);
    room.ask("DELETE", &path, &[], "").await;
    assert_eq!(room.event("OutPlanDelete").await.text("Uuid"), plan["uuid"].as_str().unwrap());
}

use ami::Message;
