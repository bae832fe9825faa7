//! Leads and results as files, and leads back in.

use std::time::Duration;

use outbound::store;
use pbxsim::Scenario;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use super::client::Bench;
use super::support::{Answer, Room};

/// Longer than anything takes unless it hangs.
const HANG: Duration = Duration::from_secs(60);

async fn file(room: &Room, path: &str) -> Answer {
    let answer = room.ask("GET", path, &[], "").await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer
}

fn rows(csv: &str) -> Vec<csv::StringRecord> {
    csv::ReaderBuilder::new().from_reader(csv.as_bytes()).into_records().map(Result::unwrap).collect()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn import(room: &Room, list: &Value, csv: &str) -> Value {
    let bearer = format!("Bearer {}", room.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    let path = format!("/api/v1/dial-lists/{}/imports?wait=25", list["uuid"].as_str().unwrap());
    let answer = room.send("POST", &path, &headers, csv).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["state"]), (202, &json!("done")), "{answer:?}");
    answer.json()
}

/// What a user may set of a lead, but for its list.
fn values(lead: &Value) -> Value {
    let fields = ["name", "detail", "ukey", "udata", "email", "numbers", "variables"];
    fields
        .iter()
        .map(|field| ((*field).to_owned(), lead[*field].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test(flavor = "multi_thread")]
async fn exported_leads_come_in_again_with_all_their_values() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({ "name": "Käufer" })).await;
    let leads = [
        json!({ "name": "Ann", "numbers": ["+43123", null, "sip:a@b"] }),
        json!({ "name": "=1+2", "detail": "-5", "ukey": "+cmd|' /C calc'!A0", "udata": "@x", "email": "'quoted'",
            "numbers": ["030 123-4", "+49*30#"], "variables": { "EMPTY": "", "SUM": "=A1", "SIGN": "'-" } }),
        json!({ "name": " blanks ", "detail": "a \"quote\", a comma; a semicolon", "udata": "'", "numbers": [null, "1"],
            "variables": { "CITY": "Graz", "TAB": "\tx" } }),
    ];
    for lead in &leads {
        let mut lead = lead.clone();
        lead["dial_list"] = list["uuid"].clone();
        room.create("leads", &lead).await;
    }
    let of_list = |list: &Value| format!("dial_list={}", list["uuid"].as_str().unwrap());
    let exported = file(&room, &format!("leads/export?{}", of_list(&list))).await;
    assert!(exported.header("content-type").starts_with("text/csv"));
    let name = exported.header("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"K_ufer 20") && name.contains("''K%C3%A4ufer%2020"),
        "{name}"
    );
    let header = "name,detail,ukey,udata,email,number1,number2,number3,number4,number5,number6,number7,number8,\
         lead_uuid,lead_status,lead_tries,lead_res_dial,lead_res_dial_detail,lead_res_hangup,lead_res_hangup_detail,\
         lead_created,lead_updated,variable:CITY,variable:EMPTY,variable:SIGN,variable:SUM,variable:TAB\r\n";
    assert!(exported.text.starts_with(header), "{}", exported.text);
    for record in rows(&exported.text) {
        for cell in &record {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!formula || cell.parse::<f64>().is_ok(), "{cell:?}");
        }
    }
    assert_eq!(exported.text.lines().count(), 4);
    let other = room.create("dial-lists", &json!({})).await;
    assert_eq!(import(&room, &other, &exported.text).await["imported"], 3);
    let before = room.get(&format!("leads?{}", of_list(&list))).await;
    let after = room.get(&format!("leads?{}", of_list(&other))).await;
    for (before, after) in before["items"].as_array().unwrap().iter().zip(after["items"].as_array().unwrap())
    {
        assert_eq!(values(before), values(after));
    }
    let json = file(&room, &format!("leads/export?format=jsonl&{}", of_list(&list))).await;
    assert_eq!(json.header("content-type"), "application/x-ndjson");
    assert_eq!(json!(lines(&json.text)), before["items"], "the objects of the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_what_the_filters_leave_and_nothing_is_a_file_too() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    for n in 0..1_200 {
        let body = json!({ "dial_list": list["uuid"], "name": format!("Customer {n}"), "ukey": format!("k{}", n % 3), "numbers": [format!("55{n}")] });
        if n < 5 {
            room.create("leads", &body).await;
        }
    }
    let mut csv = "name,ukey,phone\r\n".to_owned();
    for n in 5..1_200 {
        csv += &format!("Customer {n},k{},55{n}\r\n", n % 3);
    }
    import(&room, &list, &csv).await;
    for (query, found) in [
        ("", 1_200),
        ("?ukey=k1", 400),
        ("?number=557", 1),
        ("?name=CUSTOMER%2011", 111),
        ("?status=dialing", 0),
        ("?dial_list=92dadd08-ac3c-47dc-a41b-10040643ee38", 0),
    ] {
        let csv = file(&room, &format!("leads/export{query}")).await;
        assert_eq!(rows(&csv.text).len(), found, "{query}");
        let and = if query.is_empty() { "?" } else { "&" };
        let json = file(&room, &format!("leads/export{query}{and}format=jsonl")).await;
        assert_eq!(lines(&json.text).len(), found, "{query}");
    }
    for (path, field) in [
        ("leads/export?format=xml", "format"),
        ("leads/export?limit=5", "limit"),
        ("leads/export?status=gone", "status"),
        ("results/export?outcome=lost", "outcome"),
        ("results/export?since=now", "since"),
        ("results/export?cursor=c1", "cursor"),
    ] {
        let refused = room.ask("GET", path, &[], "").await;
        assert_eq!((refused.status.as_u16(), refused.problem().0.as_str()), (422, field), "{path}");
    }
    let none = file(&room, "results/export").await;
    assert!(none.text.starts_with("seq,outcome,dial_addr,") && none.text.lines().count() == 1, "{none:?}");
    assert_eq!(file(&room, "results/export?format=jsonl").await.text, "");
    let viewer = room.create("tokens", &json!({ "name": "screen", "role": "viewer" })).await;
    let bearer = format!("Bearer {}", viewer["token"].as_str().unwrap());
    let seen = room.send("GET", "/api/v1/leads/export", &[("authorization", &bearer)], "").await;
    assert_eq!((seen.status.as_u16(), rows(&seen.text).len()), (200, 1_200));
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_exported_as_they_are_listed() {
    let room = Room::simulated(Scenario { by_number: true, ..Scenario::default() }).await;
    let plan = json!({ "dial_mode": "robo", "tech_name": "Local", "trunk_name": "pstn", "max_tries": [1] });
    let plan = room.create("plans", &plan).await;
    let list = room.create("dial-lists", &json!({})).await;
    let mut csv = "ukey,phone,variable:FORMULA\n".to_owned();
    for n in 0..8 {
        csv += &format!("k{n},{}00000{n},=1+1\n", 11 + 21 * (n % 2));
    }
    import(&room, &list, &csv).await;
    let campaign =
        room.create("campaigns", &json!({ "plan": plan["uuid"], "dial_list": list["uuid"] })).await;
    let campaign = campaign["uuid"].as_str().unwrap();
    room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
    assert_eq!(room.ask("POST", &format!("campaigns/{campaign}/start"), &[], "").await.status, 200);
    let results = format!("results?campaign={campaign}");
    let all = room.until(&results, |page| page["items"].as_array().unwrap().len() == 8).await;
    let json = file(&room, &format!("results/export?campaign={campaign}&format=jsonl")).await;
    assert_eq!(json!(lines(&json.text)), all["items"], "the objects of the list, in its order");
    let csv = file(&room, "results/export").await;
    assert!(csv.header("content-disposition").contains("filename=\"results 20"));
    let header: Vec<_> = csv.text.lines().next().unwrap().split(',').map(str::to_owned).collect();
    let found = rows(&csv.text);
    assert_eq!(found.len(), 8);
    for (row, result) in found.iter().zip(all["items"].as_array().unwrap()) {
        for (column, cell) in header.iter().zip(row) {
            let value = &result[column];
            let expected = match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(cell, expected, "{column}");
        }
    }
    let (number, lead) = (&all["items"][3]["dial_addr"], &all["items"][3]["dl_list_uuid"]);
    let number = format!("number={}", number.as_str().unwrap());
    for (query, count) in [
        (number.as_str(), 1),
        (&format!("lead={}", lead.as_str().unwrap()), 1),
        (&format!("dial_list={}", list["uuid"].as_str().unwrap()), 8),
        ("until=2001-01-01T00:00:00Z", 0),
        ("since=2001-01-01T00:00:00Z", 8),
        ("since=2001-01-01T02:00%2B02:00&until=9000-01-01%2000:00Z", 8),
        ("outcome=machine", 0),
    ] {
        let found = file(&room, &format!("results/export?{query}&format=jsonl")).await;
        assert_eq!(lines(&found.text).len(), count, "{query}");
    }
}

/// Asks for an export and reads nothing but the head of the answer.
async fn begin(bench: &Bench) -> (TcpStream, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(bench.address).await.unwrap();
    let token = bench.token_file();
    let request = format!(
        "GET /api/v1/leads/export?format=jsonl HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(HANG, stream.read_u8()).await.unwrap().unwrap());
    }
    (stream, String::from_utf8(head).unwrap())
}

/// A daemon with more leads than go into the buffers of a connection.
async fn with_many_leads() -> Bench {
    let bench = Bench::start().await;
    let list = bench.as_admin("POST", "/api/v1/dial-lists", Some(&json!({}))).await.json();
    let dir = bench.end().await;
    store::fill(&dir.path().join("outbound.db"), [(list["uuid"].as_str().unwrap(), 40_000)], "+49").unwrap();
    Bench::start_in(dir).await
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_read_slowly_hold_up_nobody_and_have_places() {
    let bench = with_many_leads().await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        let (stream, head) = begin(&bench).await;
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
        slow.push(stream);
    }
    let busy = bench.as_admin("GET", "/api/v1/results/export", None).await;
    busy.is_problem(503);
    assert_eq!(busy.header("retry-after"), Some("10"));
    let other = timeout(HANG, bench.as_admin("GET", "/api/v1/leads?limit=1000", None)).await.unwrap();
    assert_eq!(other.json()["items"].as_array().unwrap().len(), 1_000);
    // One goes away, and his place is free.
    drop(slow.pop());
    let freed = async {
        while bench.as_admin("GET", "/api/v1/results/export", None).await.status == 503 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(HANG, freed).await.unwrap();
    // One reads on after all, and has everything.
    let mut rest = String::new();
    timeout(HANG, slow.pop().unwrap().read_to_string(&mut rest)).await.unwrap().unwrap();
    assert!(rest.ends_with("\r\n0\r\n\r\n") && rest.matches("\"ukey\":\"K").count() == 40_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_broken_off_does_not_look_whole() {
    let bench = with_many_leads().await;
    let (mut stream, _) = begin(&bench).await;
    // The daemon ends in the middle of it.
    let dir: TempDir = bench.end().await;
    let mut rest = Vec::new();
    let _ = timeout(HANG, stream.read_to_end(&mut rest)).await.unwrap();
    assert!(!rest.ends_with(b"\r\n0\r\n\r\n"), "{} octets", rest.len());
    drop(dir);
}
