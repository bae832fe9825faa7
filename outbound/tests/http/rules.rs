//! What holds for every resource: credentials, ETags, keys of creates, refusals, methods.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::support::Room;

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_for_the_daemons_user_alone_and_only_the_token_lets_in() {
    let room = Room::open().await;
    let mode = std::fs::metadata(room.dir().join("outbound.db.token")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let right = format!("bearer {}", room.token);
    let (short, basic) = (right[..right.len() - 1].to_owned(), format!("Basic {}", room.token));
    for (header, status) in [(&right, 200), (&short, 401), (&basic, 401), (&format!("{right}0"), 401)] {
        let answer = room.send("GET", "/api/v1/plans", &[("authorization", header)], "").await;
        assert_eq!(answer.status, status, "{header}");
    }
    for open in ["/healthz", "/api/openapi.json", "/api/docs"] {
        assert_eq!(room.send("GET", open, &[], "").await.status, 200, "{open}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_was_changed_meanwhile_is_refused() {
    let room = Room::open().await;
    let made = room.ask("POST", "plans", &[], "{}").await;
    let (path, first) =
        (format!("plans/{}", made.json()["uuid"].as_str().unwrap()), made.header("etag").to_owned());
    let shown = room.ask("GET", &path, &[("if-none-match", &first)], "").await;
    assert_eq!((shown.status.as_u16(), shown.header("etag"), shown.text.as_str()), (304, first.as_str(), ""));
    let changed = room.ask("PATCH", &path, &[("if-match", &first)], "{\"name\":\"a\"}").await;
    assert_eq!(changed.status, 200);
    for method in ["PATCH", "DELETE"] {
        assert_eq!(room.ask(method, &path, &[("if-match", &first)], "{\"name\":\"b\"}").await.status, 412);
    }
    assert_eq!(room.get(&path).await["name"], "a");
    assert_eq!(room.ask("GET", &path, &[("if-none-match", &first)], "").await.status, 200);
    let tag = changed.header("etag");
    assert_eq!(room.ask("DELETE", &path, &[("if-match", tag)], "").await.status, 204);
    let list = room.create("dial-lists", &json!({})).await;
    let lead = room.ask("POST", "leads", &[], &json!({ "dial_list": list["uuid"] }).to_string()).await;
    let path = format!("leads/{}", lead.json()["uuid"].as_str().unwrap());
    room.ask("PATCH", &path, &[], "{\"name\":\"a\"}").await;
    assert_eq!(room.ask("DELETE", &path, &[("if-match", lead.header("etag"))], "").await.status, 412);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_is_sent_twice_makes_one() {
    let room = Room::open().await;
    let key = [("idempotency-key", "abc")];
    let first = room.ask("POST", "plans", &key, "{\"name\":\"a\"}").await;
    let again = room.ask("POST", "plans", &key, "{\"name\":\"a\"}").await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(room.get("plans").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(room.ask("POST", "plans", &key, "{\"name\":\"b\"}").await.status, 422);
    // The same key for another kind of thing is another key; what was refused may be mended.
    assert_eq!(room.ask("POST", "queues", &key, "{\"name\":\"b\"}").await.status, 201);
    let key = [("idempotency-key", "def")];
    assert_eq!(room.ask("POST", "plans", &key, "{\"dial_mode\":\"x\"}").await.status, 422);
    assert_eq!(room.ask("POST", "plans", &key, "{\"dial_mode\":\"robo\"}").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_body_is_said_with_its_field() {
    let room = Room::open().await;
    let table = [
        ("plans", "{\"dial_timeout\":1}", "dial_timeout", "a known field, such as dial_timeout_ms"),
        ("plans", "{\"mode\":\"robo\"}", "mode", "a known field, such as dial_mode or amd_mode"),
        ("campaigns", "{\"list\":null}", "list", "a known field, such as dial_list"),
        ("queues", "{\"xyz\":1}", "xyz", "a known field, one of name, detail"),
        (
            "plans",
            "{\"dial_timeout_ms\":5}",
            "dial_timeout_ms",
            "a number of milliseconds from 1000 to 600000",
        ),
        ("plans", "{\"dial_timeout_ms\":\"5000\"}", "dial_timeout_ms", "a whole number from 1000 to 600000"),
        ("plans", "{\"dial_timeout_ms\":5000.5}", "dial_timeout_ms", "a whole number from 1000 to 600000"),
        (
            "plans",
            "{\"dial_mode\":4}",
            "dial_mode",
            "one of none, predictive, desktop, power, robo, redirect, progressive",
        ),
        (
            "plans",
            "{\"abandon_cap\":0}",
            "abandon_cap",
            "a number from 0.01 to 100 with at most two decimal places",
        ),
        ("plans", "{\"max_tries\":[1,1001]}", "max_tries[1]", "a number from 0 to 1000"),
        ("plans", "{\"variables\":{\"a b\":\"1\"}}", "variables", "name=value"),
        ("plans", "{\"name\":\"a\\nb\"}", "name", "text without line ends or NUL"),
        ("plans", "{\"name\":\"\"}", "name", "null, or text that is not empty"),
        ("plans", "{\"uuid\":\"x\"}", "uuid", "a body without it (it is only shown)"),
        ("campaigns", "{\"schedule\":{\"time_end\":\"9\"}}", "schedule.time_end", "a time hh:mm:ss"),
        ("campaigns", "{\"schedule\":{\"enabled\":1}}", "schedule.enabled", "true or false"),
        ("campaigns", "{\"schedule\":5}", "schedule", "an object"),
        ("leads", "{}", "dial_list", "a uuid such as 92dadd08-ac3c-47dc-a41b-10040643ee38"),
        ("leads", "{\"numbers\":[\"x\"]}", "dial_list", "a uuid such as"),
    ];
    for (path, body, field, expected) in table {
        let answer = room.ask("POST", path, &[], body).await;
        assert_eq!(answer.status, 422, "{body}: {answer:?}");
        let (own_field, own_expected) = answer.problem();
        assert_eq!(own_field, field, "{body}: {answer:?}");
        assert!(own_expected.starts_with(expected), "{body}: {own_expected}");
    }
    let nowhere = "{\"plan\":\"92dadd08-ac3c-47dc-a41b-10040643ee38\"}";
    let answer = room.ask("POST", "campaigns", &[], nowhere).await;
    let expected = ("plan".to_owned(), "the uuid of a plan that is there".to_owned());
    assert_eq!((answer.status.as_u16(), answer.problem()), (409, expected));
    for path in ["plans", "campaigns", "leads"] {
        assert_eq!(room.get(path).await["items"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_of_this_api_has_its_status() {
    let room = Room::open().await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20));
    for (method, path, body, status) in [
        ("POST", "plans", "{", 400),
        ("POST", "plans", "[]", 422),
        ("POST", "plans", "", 400),
        ("POST", "plans", large.as_str(), 413),
        ("GET", "nothing", "", 404),
        ("GET", "plans/x", "", 404),
        ("PUT", "plans", "{}", 405),
        ("POST", "results", "{}", 405),
    ] {
        let answer = room.ask(method, path, &[], body).await;
        assert_eq!(answer.status, status, "{method} {path}: {answer:?}");
        answer.problem();
    }
    let bearer = format!("Bearer {}", room.token);
    let form = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
    assert_eq!(room.send("POST", "/api/v1/plans", &form, "{}").await.status, 415);
    let options = room.ask("OPTIONS", "plans", &[], "").await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET,HEAD,POST"));
    let (head, get) = (room.ask("HEAD", "plans", &[], "").await, room.ask("GET", "plans", &[], "").await);
    assert_eq!((head.status, head.text.as_str(), head.header("etag")), (get.status, "", get.header("etag")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_is_told_what_to_do_next_in_the_words_of_the_api() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({ "name": "l" })).await;
    let plan = room.create("plans", &json!({ "dial_mode": "robo" })).await;
    let campaign = room.create("campaigns", &json!({ "dial_list": list["uuid"] })).await;
    let path = format!("campaigns/{}", campaign["uuid"].as_str().unwrap());
    let start = format!("{path}/start");
    let lacks = room.ask("POST", &start, &[], "").await;
    assert_eq!((lacks.status.as_u16(), lacks.problem().0.as_str()), (409, "plan"));
    assert!(lacks.text.contains("no plan is set: set plan of the campaign"), "{lacks:?}");
    let set = |body: serde_json::Value| {
        let (room, path) = (&room, &path);
        async move { assert_eq!(room.ask("PATCH", path, &[], &body.to_string()).await.status, 200) }
    };
    set(json!({ "plan": plan["uuid"], "dial_list": null })).await;
    let lacks = room.ask("POST", &start, &[], "").await;
    assert_eq!(lacks.problem().0, "dial_list");
    assert!(lacks.text.contains("no dial list is set") && !lacks.text.contains("dlma"), "{lacks:?}");
    set(json!({ "dial_list": list["uuid"] })).await;
    assert_eq!(room.ask("POST", &start, &[], "").await.status, 200);
    let used = room.ask("DELETE", &format!("plans/{}", plan["uuid"].as_str().unwrap()), &[], "").await;
    assert!(used.status == 409 && used.text.contains("which is not stopped: stop it first"), "{used:?}");
    let by_name = room.ask("GET", "dial-lists/l", &[], "").await;
    assert!(by_name.status == 404 && by_name.text.contains("its uuid is expected there"), "{by_name:?}");
    let patched = room.ask("PATCH", &path, &[], "{\"status\":\"start\"}").await;
    assert!(patched.text.contains("POST to .../start"), "{patched:?}");
    let put = room.ask("PUT", "campaigns", &[], "{}").await;
    assert!(
        put.status == 405
            && put.text.contains("the header Allow names them")
            && put.header("allow") == "GET,HEAD,POST",
        "{put:?}"
    );
    let unknown = room.ask("GET", "results?colour=red", &[], "").await;
    assert!(unknown.text.contains("there are campaign, lead, dial_list"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plus_that_came_as_a_blank_is_a_plus() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    room.create("leads", &json!({ "dial_list": list["uuid"], "numbers": ["+4331612345"] })).await;
    for number in ["%2B4331612345", "+4331612345", "%204331612345"] {
        let found = room.get(&format!("leads?number={number}")).await;
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{number}: {found}");
    }
}
