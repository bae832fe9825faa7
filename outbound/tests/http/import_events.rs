//! Live events of imports: what is told of one, to its end.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::listening::{Heard, Listening};
use super::support::{Answer, Room};

const TYPES: &str = "?type=import.created,import.started,import.updated,import.ended";

async fn listen(room: &Room, query: &str) -> Listening {
    let bearer = format!("Bearer {}", room.token);
    let (listening, first) =
        Listening::start(room.address(), query, &[("authorization", bearer.as_str())]).await;
    assert_eq!(first.kind, "ready");
    listening
}

async fn send(room: &Room, list: &Value, csv: &str) -> Value {
    let bearer = format!("Bearer {}", room.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/csv")];
    let path = format!("/api/v1/dial-lists/{}/imports", list["uuid"].as_str().unwrap());
    let sent: Answer = room.send("POST", &path, &headers, csv).await;
    assert_eq!(sent.status, 202, "{sent:?}");
    sent.json()
}

async fn cancel(room: &Room, import: &Value) -> Value {
    let path = format!("imports/{}/cancel", import["id"].as_str().unwrap());
    let cancelled = room.ask("POST", &path, &[], "").await;
    assert_eq!(cancelled.status, 200, "{cancelled:?}");
    cancelled.json()
}

fn is_end_of(heard: &Heard, import: &Value) -> bool {
    heard.kind == "import.ended" && heard.data["object"]["id"] == import["id"]
}

fn steps<'a>(heard: &'a [Heard], import: &Value) -> Vec<(&'a str, &'a Value)> {
    let of = heard.iter().filter(|heard| heard.data["object"]["id"] == import["id"]);
    of.map(|heard| (heard.kind.as_str(), &heard.data["object"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_told_from_its_file_to_its_end_as_the_api_shows_it() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    let mut listening = listen(&room, TYPES).await;
    let mut ends = listen(&room, "?type=import.ended,plan.created").await;
    let mut of_a_campaign = listen(&room, "?campaign=92dadd08-ac3c-47dc-a41b-10040643ee38").await;
    let import = send(&room, &list, "phone\n+4930111\nnone\n+4930222\n").await;
    let heard = listening.until(|heard| is_end_of(heard, &import)).await;
    let told = steps(&heard, &import);
    assert_eq!((told[0].0, told[1].0), ("import.created", "import.started"), "{told:?}");
    assert_eq!((&told[0].1["state"], &told[1].1["state"]), (&json!("waiting"), &json!("running")));
    let (kind, end) = told[told.len() - 1];
    let path = format!("imports/{}", import["id"].as_str().unwrap());
    assert_eq!((kind, end), ("import.ended", &room.get(&path).await));
    assert_eq!(
        (&end["state"], &end["dial_list"], &end["imported"], &end["refused"]),
        (&json!("done"), &list["uuid"], &json!(2), &json!(1))
    );
    let last = heard.last().unwrap();
    assert_eq!((&last.data["type"], &last.data["campaign"]), (&json!("import.ended"), &Value::Null));
    room.create("plans", &json!({})).await;
    let kinds: Vec<String> =
        ends.until(|heard| heard.kind == "plan.created").await.into_iter().map(|heard| heard.kind).collect();
    assert_eq!(kinds, ["import.ended", "plan.created"]);
    // What fails ends, too.
    let broken = send(&room, &list, &format!("phone\n+4930333\n\"{}", "1".repeat(2 << 20))).await;
    let heard = listening.until(|heard| is_end_of(heard, &broken)).await;
    let (_, end) = steps(&heard, &broken).pop().unwrap();
    assert!(
        end["state"] == "failed" && end["error"].as_str().unwrap().contains("the row of line 3"),
        "{end}"
    );
    room.stop().await;
    assert_eq!(of_a_campaign.next().await, None, "imports are about no campaign");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_an_import_is_is_told_once_a_second_and_one_that_is_cancelled_ends() {
    let room = Room::open().await;
    let list = room.create("dial-lists", &json!({})).await;
    let mut listening = listen(&room, TYPES).await;
    let begun = Instant::now();
    // So long that it is not over when it is ended below.
    let long = send(&room, &list, &format!("phone\n{}", "11000\n".repeat(1_000_000))).await;
    let waiting = send(&room, &list, "phone\n1100001\n").await;
    cancel(&room, &waiting).await;
    let mut heard = listening.until(|heard| is_end_of(heard, &waiting)).await;
    let told = steps(&heard, &waiting);
    assert_eq!(told.iter().map(|step| step.0).collect::<Vec<_>>(), ["import.created", "import.ended"]);
    assert_eq!(told[1].1["state"], "cancelled");
    let updated = |heard: &[Heard]| heard.iter().filter(|heard| heard.kind == "import.updated").count();
    while updated(&heard) < 2 {
        heard.push(listening.next().await.unwrap());
    }
    let end = cancel(&room, &long).await;
    heard.extend(listening.until(|heard| is_end_of(heard, &long)).await);
    assert!(updated(&heard) as u64 <= begun.elapsed().as_secs() + 1, "at most one a second");
    let told = steps(&heard, &long);
    let rows: Vec<u64> = told.iter().map(|step| step.1["rows"].as_u64().unwrap()).collect();
    assert!(rows.is_sorted() && rows[3] > 0, "{rows:?}");
    assert_eq!(told.last(), Some(&("import.ended", &end)));
}
