//! Leads out of CSV over HTTP, while the daemon works.

use std::sync::Arc;
use std::time::Duration;

use engine::ListImport;
use engine::model::{Change, DialList};
use engine::time::Wall;
use outbound::imports::{Asked, Wish};
use outbound::store::Store;
use outbound::store::import::{ImportFile, ImportState};
use pbxsim::Scenario;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{Answer, Room};

fn id(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}")).to_owned()
}

async fn post(room: &Room, path: &str, csv: &str) -> Answer {
    let bearer = format!("Bearer {}", room.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    room.send("POST", &format!("/api/v1/{path}"), &headers, csv).await
}

async fn send(room: &Room, list: &Value, query: &str, csv: &str) -> Answer {
    post(room, &format!("dial-lists/{}/imports{query}", id(list, "uuid")), csv).await
}

/// An import to its end.
async fn import(room: &Room, list: &Value, query: &str, csv: &str) -> Value {
    let sent = send(room, list, query, csv).await;
    assert_eq!(sent.status, 202, "{query}: {sent:?}");
    assert_eq!(sent.header("location"), format!("/api/v1/imports/{}", id(&sent.json(), "id")));
    let is_over = |import: &Value| !["waiting", "running"].contains(&import["state"].as_str().unwrap());
    room.until(&format!("imports/{}", id(&sent.json(), "id")), is_over).await
}

fn counts(import: &Value) -> [u64; 4] {
    ["imported", "updated", "skipped", "refused"].map(|name| import[name].as_u64().unwrap())
}

async fn leads(room: &Room, list: &Value) -> Vec<Value> {
    let page = room.get(&format!("leads?dial_list={}&limit=1000", id(list, "uuid"))).await;
    page["items"].as_array().unwrap().clone()
}

fn names(leads: &[Value]) -> Vec<&str> {
    leads.iter().map(|lead| lead["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_in_once_and_what_is_refused_is_in_the_report() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({ "name": "customers" })).await;
    let mut csv = "name;phone\n".to_owned();
    for n in 0..3_000 {
        csv += &format!("Customer {n};+4930{n:07}\n");
    }
    csv += "Bad;not a number\n\u{e9};\u{e9}\nToo;many;fields;here\n";
    let first = import(&room, &list, "?name=all.csv", &csv).await;
    assert_eq!((&first["state"], counts(&first)), (&json!("done"), [3_000, 0, 0, 3]));
    assert_eq!(
        (&first["name"], &first["rows"], &first["octets"]),
        (&json!("all.csv"), &json!(3_003), &json!(csv.len()))
    );
    let report = room.ask("GET", &format!("imports/{}/report", id(&first, "id")), &[], "").await;
    assert!(report.header("content-type").starts_with("text/csv"), "{report:?}");
    assert!(report.text.contains("\n3002;phone;") && report.text.lines().count() == 4, "{report:?}");
    let again = send(&room, &list, "?name=all.csv", &csv).await;
    assert_eq!((again.status.as_u16(), id(&again.json(), "id")), (200, id(&first, "id")));
    let once_more = import(&room, &list, "?again=true", "phone\n+4930999\n").await;
    assert_eq!((counts(&once_more), &once_more["error"]), ([1, 0, 0, 0], &Value::Null));
    assert_eq!(
        room.ask("GET", &format!("imports/{}/report", id(&once_more, "id")), &[], "").await.status,
        404
    );
    let found = room.get(&format!("leads?dial_list={}&cursor=c2999", id(&list, "uuid"))).await;
    assert_eq!(
        (found["items"].as_array().unwrap().len(), &found["items"][0]["name"]),
        (2, &json!("Customer 2999"))
    );
    let listed = room.get(&format!("imports?dial_list={}", id(&list, "uuid"))).await;
    assert_eq!(listed["items"], json!([once_more, first]));
    let page = room.get("imports?limit=1").await;
    let next = room.get(&format!("imports?limit=1&cursor={}", id(&page, "next_cursor"))).await;
    assert_eq!((&next["items"][0]["id"], &next["next_cursor"]), (&first["id"], &Value::Null));
}

/// The rows of a report hold what customers have typed; a spreadsheet opens it, and an import takes it in when it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_has_no_formulas_and_is_imported_with_the_values_that_the_file_had() {
    let room = Room::open().await;
    let [here, there] =
        [room.create("dial-lists", &json!({})).await, room.create("dial-lists", &json!({})).await];
    let file = |bad: &str| {
        let rows = [
            format!("=1+2,@d,{bad},+49 30-111,-2+3"),
            format!("+cmd|' /C calc'!A0,'@e,{bad},-49301,+7"),
            format!(" -- ,=x ',{bad},'030 1-2,plain"),
        ];
        format!("name,detail,phone,phone2,=odd\n{}\n", rows.join("\n"))
    };
    let query = "?map=%3Dodd=variable:ODD";
    let refused = import(&room, &here, query, &file("@mend")).await;
    assert_eq!(counts(&refused), [0, 0, 0, 3]);
    let report = room.ask("GET", &format!("imports/{}/report", id(&refused, "id")), &[], "").await.text;
    let formula =
        |cell: &&str| cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    let found: Vec<&str> = report.split([',', '\n']).filter(formula).collect();
    assert!(found.is_empty() && report.contains("'@mend"), "{found:?}: {report}");
    let mended = import(&room, &here, query, &report.replace("'@mend", "+4930777")).await;
    assert_eq!(counts(&mended), [3, 0, 0, 0]);
    assert_eq!(counts(&import(&room, &there, query, &file("+4930777")).await), [3, 0, 0, 0]);
    let values = async |list: &Value| -> Vec<Value> {
        let leads = leads(&room, list).await;
        leads
            .iter()
            .map(|lead| json!([lead["name"], lead["detail"], lead["numbers"], lead["variables"]]))
            .collect()
    };
    let [mended, whole] = [values(&here).await, values(&there).await];
    assert_eq!(mended, whole);
    assert_eq!(
        (&whole[0][0], &whole[0][2][1], &whole[0][3]["ODD"]),
        (&json!("=1+2"), &json!("+4930111"), &json!("-2+3"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_of_leads_is_refused_and_puts_nothing_in() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    for (query, csv, status, field) in [
        ("", "", 409, "body"),
        ("", "colour,phone\nred,+4930\n", 409, "map"),
        ("?columns=name", "colour,phone\nred,+4930\n", 409, "map"),
        ("?map=colour", "colour,phone\nred,+4930\n", 422, "map"),
        ("?again=perhaps", "phone\n+4930\n", 422, "again"),
        ("?default_country=de", "phone\n+4930\n", 422, "default_country"),
        ("?encoding=latin1", "phone\n+4930\n", 422, "encoding"),
        ("?duplicates=merge", "phone\n+4930\n", 422, "duplicates"),
        ("?wait=26", "phone\n+4930\n", 422, "wait"),
        ("?colour=red", "phone\n+4930\n", 422, "colour"),
    ] {
        let refused = send(&room, &list, query, csv).await;
        assert_eq!((refused.status.as_u16(), refused.problem().0.as_str()), (status, field), "{query} {csv}");
    }
    let looked = import(
        &room,
        &list,
        "?map=colour=variable:COLOUR&dry_run=true",
        "colour,phone\nred,+4930123\nblue,\n",
    )
    .await;
    assert_eq!(
        (&looked["state"], &looked["dry_run"], counts(&looked)),
        (&json!("done"), &json!(true), [1, 0, 0, 1])
    );
    assert_eq!(leads(&room, &list).await, Vec::<Value>::new());
    let path = format!("dial-lists/{}/imports", id(&list, "uuid"));
    assert_eq!(room.ask("POST", &path, &[], "{}").await.status, 415);
    let nowhere = json!({ "uuid": "92dadd08-ac3c-47dc-a41b-10040643ee38" });
    assert_eq!(send(&room, &nowhere, "", "phone\n+4930\n").await.status, 404);
    assert_eq!(room.ask("GET", "imports/92dadd08-ac3c-47dc-a41b-10040643ee38", &[], "").await.status, 404);
    assert_eq!(
        std::fs::read_dir(room.dir().join("outbound.db.imports")).unwrap().count(),
        1,
        "a report, and no file"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_that_are_there_are_left_out_or_updated_by_key_or_number() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    let first = "ukey,name,phone,variable:CITY\nk1,Ann,+4930111,Graz\nk2,Bob,+4930222,\n";
    assert_eq!(counts(&import(&room, &list, "", first).await), [2, 0, 0, 0]);
    let rows = "ukey,name,phone\nk1,Anna,+4930119\nk3,Bobby,+4930222\nk4,Carl,+4930444\nk4,Carla,+4930555\n";
    let skipped = import(&room, &list, "?duplicates=skip", rows).await;
    assert_eq!(counts(&skipped), [1, 0, 3, 0]);
    assert_eq!(names(&leads(&room, &list).await), ["Ann", "Bob", "Carl"]);
    let updated = import(&room, &list, "?duplicates=update&duplicates_by=ukey", rows).await;
    assert_eq!(counts(&updated), [1, 3, 0, 0]);
    let all = leads(&room, &list).await;
    assert_eq!(names(&all), ["Anna", "Bob", "Carla", "Bobby"]);
    assert_eq!((&all[0]["numbers"][0], &all[0]["variables"]["CITY"]), (&json!("+4930119"), &json!("Graz")));
    let empty =
        import(&room, &list, "?duplicates=update&duplicates_by=number", "name,phone,email\n,+4930119,a@b\n")
            .await;
    assert_eq!(counts(&empty), [0, 1, 0, 0]);
    let all = leads(&room, &list).await;
    assert_eq!(
        (&all[0]["name"], &all[0]["email"]),
        (&json!("Anna"), &json!("a@b")),
        "an empty cell takes nothing away"
    );
    let looked =
        import(&room, &list, "?duplicates=skip&dry_run=true", "name,phone\nX,+4930119\nY,+4930120\n").await;
    assert_eq!(counts(&looked), [1, 0, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_a_country_become_e_164_and_text_of_windows_is_read() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    let csv = "name,phone,mobile\nAnn,030 123456,\nBob,12,\nEve,+1 (202) 555-0143,0171/1234567\n";
    let done = import(&room, &list, "?default_country=DE&map=mobile=number2", csv).await;
    assert_eq!(counts(&done), [2, 0, 0, 1]);
    let all = leads(&room, &list).await;
    assert_eq!(
        (&all[0]["numbers"][0], &all[1]["numbers"][1]),
        (&json!("+4930123456"), &json!("+491711234567"))
    );
    let by_place = import(&room, &list, "?columns=number2,,name", "a,a,\n030777,x,Zoe\n").await;
    assert_eq!(counts(&by_place), [1, 0, 0, 0]);
    assert_eq!(leads(&room, &list).await[2]["numbers"][1], "030777");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_beginning_of_a_file_is_shown_with_what_is_wrong() {
    let room = Room::open().await;
    let csv = "Customer;Phone;Colour\nAnn;030 123456;red\nBob;n/a;blue\n";
    let shown = post(&room, "imports/preview", csv).await.json();
    assert_eq!((&shown["separator"], &shown["columns"][1]["field"]), (&json!(";"), &json!("number1")));
    assert_eq!(
        (&shown["columns"][2]["field"], &shown["columns"][2]["samples"]),
        (&Value::Null, &json!(["red", "blue"]))
    );
    assert!(shown["problem"].as_str().unwrap().contains("\"Customer\", \"Colour\" are no fields"), "{shown}");
    let shown =
        post(&room, "imports/preview?columns=name,number1,&default_country=DE&rows=2", csv).await.json();
    assert_eq!(shown["problem"], Value::Null);
    assert_eq!(shown["rows"][0]["values"], json!(["Ann", "+4930123456", null]));
    assert_eq!((&shown["rows"][1]["line"], &shown["rows"][1]["field"]), (&json!(3), &json!("Phone")));
    assert_eq!(post(&room, "imports/preview", "").await.status, 409);
    assert_eq!(post(&room, "imports/preview?rows=0", csv).await.problem().0, "rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_runs_dials_what_is_imported_as_it_comes_in() {
    let (room, list, campaign) = started().await;
    room.until(&format!("campaigns/{campaign}/why"), |why| why["reason"] == "list_empty").await;
    import(&room, &list, "?wait=1", "phone\n1100001\n1100002\n").await;
    room.until(&format!("results?campaign={campaign}"), |page| page["items"].as_array().unwrap().len() == 2)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_to_be_used_when_it_is_complete_waits_for_the_last_row_and_a_cancelled_import_lets_it_go()
 {
    let (room, list, campaign) = started().await;
    // It cannot come to its end before somebody ends it: what comes first is longer.
    let first =
        send(&room, &list, "?usable=complete", &format!("phone\n{}", "11000\n".repeat(400_000))).await.json();
    let second = send(&room, &list, "?usable=complete", "phone\n1100001\n1100002\n").await.json();
    let why = room.until(&format!("campaigns/{campaign}/why"), |why| why["reason"] == "list_import").await;
    assert!(why["text"].as_str().unwrap().contains("when that is complete"), "{why}");
    assert_eq!((&second["state"], &second["usable"]), (&json!("waiting"), &json!("complete")));
    let cancel = |import: &Value| format!("imports/{}/cancel", id(import, "id"));
    let ended = room.ask("POST", &cancel(&second), &[], "").await;
    assert_eq!((ended.status.as_u16(), &ended.json()["state"]), (200, &json!("cancelled")));
    let ended = room.ask("POST", &cancel(&first), &[], "").await.json();
    assert_eq!(ended["state"], "cancelled", "{ended}");
    assert!(ended["imported"].as_u64() < Some(400_000), "{ended}");
    assert_eq!(room.ask("POST", &cancel(&first), &[], "").await.status, 409);
    room.until(&format!("campaigns/{campaign}/why"), |why| why["reason"] != "list_import").await;
    let again = import(&room, &list, "?usable=complete", "phone\n1100001\n1100002\n").await;
    assert_eq!(
        (&again["id"], &again["state"], counts(&again)),
        (&second["id"], &json!("done"), [2, 0, 0, 0])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_an_import_that_runs_has_whole_rows() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    // It cannot come to its end before somebody ends it.
    let csv = format!("name,phone\n{}", format!("{},none\n", "x".repeat(50)).repeat(800_000));
    let sent = send(&room, &list, "", &csv).await.json();
    let path = format!("imports/{}", id(&sent, "id"));
    let mut reports = 0;
    while reports < 5 {
        let report = room.ask("GET", &format!("{path}/report"), &[], "").await;
        if report.status == 404 {
            assert!(report.json()["detail"].as_str().unwrap().contains("so far"), "{report:?}");
            continue;
        }
        let whole =
            |line: &str| line.starts_with(|first: char| first.is_ascii_digit()) && line.ends_with("xxx,none");
        assert!(
            report.text.ends_with('\n') && report.text.lines().skip(1).all(whole),
            "{}",
            report.text.len()
        );
        reports += 1;
    }
    let ended = room.ask("POST", &format!("{path}/cancel"), &[], "").await.json();
    assert_eq!(ended["state"], "cancelled", "{ended}");
    let report = room.ask("GET", &format!("{path}/report"), &[], "").await;
    assert_eq!(report.text.lines().count() as u64, ended["refused"].as_u64().unwrap() + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_imports_leave_of_a_daemon_with_a_database_in_memory_goes_with_it() {
    let config = "[store]\nurl = \"sqlite::memory:\"\n[ami]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n";
    let running = outbound::serve::start(&outbound::config::parse(config).unwrap()).await.unwrap();
    let list = DialList::new(Uuid::from_u128(7), Wall(1));
    let (done, made) = tokio::sync::oneshot::channel();
    let change = Change::DialListCreated(Arc::new(list.clone()));
    running.daemon.store.apply(change, move |result| done.send(result).unwrap());
    made.await.unwrap().unwrap();
    let imports = running.daemon.imports.clone();
    let mut changes = imports.changes();
    let body = futures_util::stream::iter([Ok::<_, std::io::Error>("phone\n+4930111\nnone\n".into())]);
    let taken = imports.receive(list.uuid, Wish::default(), Asked::default(), body).await.unwrap();
    let id = taken.0.file.id;
    while !imports.get(id).await.unwrap().unwrap().file.state.is_over() {
        tokio::time::timeout(Duration::from_secs(60), changes.changed()).await.unwrap().unwrap();
    }
    let places = || std::fs::read_dir(std::env::temp_dir()).unwrap().map(|entry| entry.unwrap().path());
    let report = places()
        .map(|place| place.join(format!("{id}.rejected.csv")))
        .find(|report| report.exists())
        .unwrap();
    running.stop().await;
    assert!(!report.parent().unwrap().exists());
    let body = futures_util::stream::iter([Ok::<_, std::io::Error>("phone\n+4930222\n".into())]);
    assert!(imports.receive(list.uuid, Wish::default(), Asked::default(), body).await.is_err());
    assert!(!report.parent().unwrap().exists(), "who comes too late makes it no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_an_earlier_build_has_left_goes_on_as_it_was_wished() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let config = format!(
        "[store]\nurl = \"sqlite:{}\"\n[ami]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n",
        path("outbound.db").display()
    );
    let config = outbound::config::parse(&config).unwrap();
    let (store, _) = Store::open(&config.store.options()).unwrap();
    let list = DialList::new(Uuid::from_u128(7), Wall(1));
    let (done, made) = tokio::sync::oneshot::channel();
    store.apply(Change::DialListCreated(Arc::new(list.clone())), move |result| done.send(result).unwrap());
    made.await.unwrap().unwrap();
    let id = Uuid::from_u128(8);
    let wish = r#"{"parameters":{"country":"DE","map":"Who = name, Tel=Phone"},"by":"ann","octets":28}"#;
    let file = ImportFile {
        id,
        dial_list: list.uuid,
        state: ImportState::Waiting,
        campaigns: Some(ListImport::Growing),
        wish: wish.to_owned(),
        error: None,
        created: Wall(1),
        begun: None,
        ended: None,
    };
    store.put_import(file).await.unwrap();
    store.close().await.unwrap();
    std::fs::create_dir(path("outbound.db.imports")).unwrap();
    std::fs::write(path("outbound.db.imports").join(format!("{id}.csv")), "Who,Tel\nAnn,030 123456\n")
        .unwrap();
    let running = outbound::serve::start(&config).await.unwrap();
    let imports = running.daemon.imports.clone();
    let mut changes = imports.changes();
    while !imports.get(id).await.unwrap().unwrap().file.state.is_over() {
        tokio::time::timeout(Duration::from_secs(60), changes.changed()).await.unwrap().unwrap();
    }
    let ended = imports.get(id).await.unwrap().unwrap();
    assert_eq!((ended.file.state, ended.file.error), (ImportState::Done, None));
    let leads = running.daemon.store.leads(Some(list.uuid), 10).await.unwrap();
    let found: Vec<_> = leads
        .iter()
        .map(|lead| [lead.name.as_ref().unwrap().as_str(), lead.numbers[0].as_ref().unwrap().as_str()])
        .collect();
    assert_eq!(found, [["Ann", "+4930123456"]]);
    running.stop().await;
}

/// A room whose campaign runs on an empty list.
async fn started() -> (Room, Value, String) {
    let room = Room::simulated(Scenario { by_number: true, ..Scenario::default() }).await;
    let plan = json!({ "dial_mode": "robo", "tech_name": "Local", "trunk_name": "pstn", "list_end": "keep_running", "max_tries": [1] });
    let plan = room.create("plans", &plan).await;
    let list = room.create("dial-lists", &json!({})).await;
    let campaign =
        room.create("campaigns", &json!({ "plan": plan["uuid"], "dial_list": list["uuid"] })).await;
    let campaign = id(&campaign, "uuid");
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    assert_eq!(room.ask("POST", &format!("campaigns/{campaign}/start"), &[], "").await.status, 200);
    (room, list, campaign)
}
