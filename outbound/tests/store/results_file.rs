//! The file of results: each result is one line, whatever happens.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::dialing::{DialRoute, Dialing, Ended, Setup};
use engine::model::{Lead, Variable};
use engine::time::Wall;
use engine::value::VariableName;
use outbound::results::{ResultsFile, result_json};
use outbound::store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::fixtures::{LIST, Room, claim, end, ended, fill, request};
use crate::heard::until;
use crate::small_disk::SmallDisk;

/// Anything has to happen within this.
const LONGEST: Duration = Duration::from_secs(10);

fn an_end() -> Ended {
    let lead = Lead::new(Uuid::from_u128(7), LIST, Wall(0));
    ended(&engine::dialing::Claim { dialing: Uuid::from_u128(9), serial: 1, lead, index: 0 })
}

async fn make_results(store: &Store, count: u32) {
    for claimed in claim(store, request(count)).await.claims {
        end(store, ended(&claimed)).await;
    }
}

/// A follower that can be stopped, and has then written everything.
async fn follow(store: &Store, path: &Path) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let file = ResultsFile::open(store.clone(), path).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    (stop, tokio::spawn(file.run(async { drop(stopped.await) })))
}

async fn export(store: &Store, path: &Path) {
    let (stop, done) = follow(store, path).await;
    stop.send(()).unwrap();
    done.await.unwrap();
}

/// All lines, after a look that each is whole and none is there twice.
fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(BTreeSet::from_iter(&lines).len(), lines.len(), "a line is there twice");
    for line in &lines {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    lines
}

#[test]
fn a_result_has_the_contracts_keys() {
    let mut ended = an_end();
    let name = VariableName::parse("A").unwrap();
    let setup = Setup {
        destination: Some(Uuid::from_u128(5)),
        route: DialRoute::Application { application: "Playback".to_owned(), data: None },
        variables: ["1", "2"].map(|value| Variable { name: name.clone(), value: value.to_owned() }).to_vec(),
        created: Wall(1_760_000_000_123_456_789),
        ..(*ended.dialing.setup).clone()
    };
    ended.dialing = Dialing { setup: Arc::new(setup), ..ended.dialing };
    let json = result_json(&ended);
    assert_eq!(
        json,
        "{\"dialing_uuid\":\"00000000-0000-0000-0000-000000000009\",\
         \"camp_uuid\":\"00000000-0000-0000-0000-0000000000ca\",\
         \"plan_uuid\":\"00000000-0000-0000-0000-0000000000ba\",\
         \"dlma_uuid\":\"00000000-0000-0000-0000-000000000011\",\
         \"dest_uuid\":\"00000000-0000-0000-0000-000000000005\",\
         \"dl_list_uuid\":\"00000000-0000-0000-0000-000000000007\",\
         \"dial_channel\":\"PJSIP/+1202555@trunk\",\"dial_addr\":\"+1 202 555\",\"dial_index\":1,\
         \"dial_trycnt\":1,\"dial_timeout\":30000,\"dial_type\":1,\"dial_exten\":null,\"dial_context\":null,\
         \"dial_application\":\"Playback\",\"dial_data\":null,\"channel_name\":null,\"res_dial\":3,\
         \"res_hangup\":19,\"res_hangup_detail\":\"User alerting, no answer\",\"res_amd\":null,\
         \"res_amd_detail\":null,\"tm_dialing\":\"2025-10-09T08:53:20.123456789Z\",\"tm_dial_begin\":null,\
         \"tm_dial_end\":null,\"tm_hangup\":\"1970-01-01T00:00:00.000002000Z\",\"variables\":{\"A\":\"2\"},\
         \"outcome\":\"no_answer\"}"
    );
}

#[tokio::test]
async fn results_are_appended_as_they_are_committed() {
    let room = Room::new();
    let (store, _) = room.open();
    let path = room.path("results.jsonl");
    fill(&store, 1_300).await;
    make_results(&store, 1_200).await;
    let (stop, done) = follow(&store, &path).await;
    make_results(&store, 100).await;
    stop.send(()).unwrap();
    done.await.unwrap();
    let results = store.results_after(0, 2_000).await.unwrap();
    assert_eq!(lines(&path), results.into_iter().map(|(_, json)| json).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_restart_writes_only_what_is_missing() {
    let room = Room::new();
    let (store, _) = room.open();
    let path = room.path("results.jsonl");
    fill(&store, 20).await;
    for total in [10, 20] {
        make_results(&store, 10).await;
        export(&store, &path).await;
        assert_eq!(lines(&path).len(), total);
    }
}

#[tokio::test]
async fn a_crash_between_commit_and_append_loses_and_doubles_nothing() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 10).await;
    make_results(&store, 10).await;
    let results: Vec<String> =
        store.results_after(0, 10).await.unwrap().into_iter().map(|(_, json)| json).collect();
    let whole = results.iter().map(|line| format!("{line}\n")).collect::<String>();
    // Nothing was marked yet. Killed after any of these many bytes:
    for cut in [0, 1, results[0].len(), results[0].len() + 1, whole.len() / 2, whole.len() - 1, whole.len()] {
        let crashed = room.after_crash();
        let path = crashed.path("results.jsonl");
        std::fs::write(&path, &whole[..cut]).unwrap();
        export(&crashed.open().0, &path).await;
        assert_eq!(lines(&path), results, "cut after {cut}");
    }
}

#[tokio::test]
async fn a_renamed_file_is_left_and_a_new_one_is_begun() {
    let room = Room::new();
    let (store, _) = room.open();
    let (path, old) = (room.path("results.jsonl"), room.path("results.jsonl.1"));
    fill(&store, 5).await;
    make_results(&store, 2).await;
    export(&store, &path).await;
    let (stop, done) = follow(&store, &path).await;
    std::fs::rename(&path, &old).unwrap();
    make_results(&store, 3).await;
    stop.send(()).unwrap();
    done.await.unwrap();
    assert_eq!((lines(&old).len(), lines(&path).len()), (2, 3));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_gets_its_results_later() {
    let room = Room::new();
    let (store, _) = room.open();
    let (directory, moved) = (room.path("spool"), room.path("spool.away"));
    let path = directory.join("results.jsonl");
    std::fs::create_dir(&directory).unwrap();
    fill(&store, 4).await;
    let (stop, done) = follow(&store, &path).await;
    std::fs::rename(&directory, &moved).unwrap();
    make_results(&store, 4).await;
    stop.send(()).unwrap();
    done.await.unwrap();
    std::fs::create_dir(&directory).unwrap();
    export(&store, &path).await;
    assert_eq!(lines(&path).len() + lines(&moved.join("results.jsonl")).len(), 4);
}

#[tokio::test]
async fn on_a_full_disk_no_line_is_torn_and_all_follow_when_there_is_room() {
    let Some(disk) = SmallDisk::in_memory(1) else { return };
    let room = Room::new();
    let (store, _) = room.open();
    let path = disk.path().join("results.jsonl");
    fill(&store, 300).await;
    let (stop, done) = follow(&store, &path).await;
    make_results(&store, 10).await;
    until("the first lines", LONGEST, || lines(&path).len() == 10).await;
    disk.fill();
    make_results(&store, 200).await;
    // Some lines find room, and each that does is whole.
    for _ in 0..50 {
        assert!(lines(&path).len() < 210);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    disk.empty();
    let took = until("the other lines", LONGEST, || lines(&path).len() == 210).await;
    println!("full disk: the lines were written {took:?} after there was room");
    stop.send(()).unwrap();
    done.await.unwrap();
    assert_eq!(dialings_of(&lines(&path)).len(), 210);
}

#[tokio::test]
async fn where_the_mark_cannot_be_written_a_crash_doubles_no_line() {
    let room = Room::new();
    let (store, _) = room.open();
    let path = room.path("results.jsonl");
    fill(&store, 1_300).await;
    make_results(&store, 1_300).await;
    let other = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (_stop, following) = follow(&store, &path).await;
    until("all lines that may be there without a mark", LONGEST, || lines(&path).len() == 1_024).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(lines(&path).len(), 1_024);
    following.abort();
    other.execute_batch("ROLLBACK").unwrap();
    export(&store, &path).await;
    assert_eq!(dialings_of(&lines(&path)).len(), 1_300);
}

fn dialings_of(lines: &[String]) -> BTreeSet<String> {
    let dialing = |line: &String| {
        let result: serde_json::Value = serde_json::from_str(line).unwrap();
        result["dialing_uuid"].as_str().unwrap().to_owned()
    };
    lines.iter().map(dialing).collect()
}
