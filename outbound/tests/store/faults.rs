//! What breaks under the store while it is open: full disks, locks, damage, files that are moved away. Whatever it is, no
//! claim is granted that is not in the database, and what has happened is written when it is over.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use engine::dialing::{Claim, Record};
use outbound::store::{Cause, Store, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::fixtures::{self, LIST, Room, claim, ended, fill, open, request, try_claim};
use crate::heard::{listen, said_of, until};
use crate::small_disk::SmallDisk;

/// From the end of a cause to the first claim, at most.
const BACK_WITHIN: Duration = Duration::from_secs(5);

fn url(directory: &Path) -> String {
    format!("sqlite:{}", directory.join("outbound.db").display())
}

async fn cause_of_claiming(store: &Store) -> Cause {
    match try_claim(store, request(1)).await {
        Err(StoreError::Unwritable(trouble)) => trouble.cause,
        other => panic!("{other:?}"),
    }
}

/// Open claims in the database, as another program sees them.
fn open_claims(database: &Path) -> usize {
    let other = Connection::open(database).unwrap();
    let count: i64 = other.query_row("SELECT count(*) FROM dialing", [], |row| row.get(0)).unwrap();
    usize::try_from(count).unwrap()
}

/// Hands the ends of these claims to the store.
fn end_all(store: &Store, claims: &[Claim]) -> Vec<oneshot::Receiver<()>> {
    let end = |claim: &Claim| {
        let (done, written) = oneshot::channel();
        store.record(Record::Ended(Box::new(ended(claim))), move || done.send(()).unwrap_or_default());
        written
    };
    claims.iter().map(end).collect()
}

/// Waits until a lead can be claimed again, looking each 100 ms; says how long it took.
async fn claims_again(store: &Store) -> Duration {
    let begun = Instant::now();
    while try_claim(store, request(1)).await.is_err() {
        assert!(begun.elapsed() < BACK_WITHIN, "not back within {BACK_WITHIN:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    begun.elapsed()
}

/// Waits until the log has these lines about a database, and no others.
async fn said(database: &Path, lines: &[&str]) {
    let fits = || {
        let said = said_of(database);
        said.len() == lines.len() && said.iter().zip(lines).all(|(said, line)| said.contains(line))
    };
    let in_time =
        tokio::time::timeout(Duration::from_secs(8), until("log lines", Duration::from_secs(9), fits));
    assert!(in_time.await.is_ok(), "{:#?}", said_of(database));
}

async fn dialings_of_results(store: &Store) -> Vec<String> {
    let rows = store.results_after(0, 1_000).await.unwrap();
    let dialing = |(_, json): &(i64, String)| {
        let result: serde_json::Value = serde_json::from_str(json).unwrap();
        result["dialing_uuid"].as_str().unwrap().to_owned()
    };
    rows.iter().map(dialing).collect()
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_claimed_and_all_is_written_in_order_when_there_is_room() {
    let Some(disk) = SmallDisk::in_memory(16) else { return };
    listen();
    let database = disk.path().join("outbound.db");
    let (store, _) = open(&url(disk.path())).unwrap();
    fill(&store, 400).await;
    let mut claims = claim(&store, request(50)).await.claims;
    disk.fill();
    // There may be room in the log's file for some more; one claim needs a page more of it than another.
    let mut refused = 0;
    while refused < 5 {
        match try_claim(&store, request(1)).await {
            Ok(more) => {
                claims.extend(more.claims);
                refused = 0;
            }
            Err(_) => refused += 1,
        }
    }
    assert_eq!(cause_of_claiming(&store).await, Cause::Full);
    let written = end_all(&store, &claims);
    for _ in 0..3 {
        assert_eq!(cause_of_claiming(&store).await, Cause::Full);
    }
    assert_eq!(open_claims(&database), claims.len(), "a claim that was answered as failed is not open");
    assert_eq!(store.leads(Some(LIST), 1_000).await.unwrap().len(), 400, "reads are served");
    assert_eq!(store.trouble().unwrap().cause, Cause::Full);
    disk.empty();
    let took = claims_again(&store).await;
    for written in written {
        written.await.unwrap();
    }
    println!("full disk: claimed again {took:?} after there was room");
    assert_eq!(
        dialings_of_results(&store).await,
        claims.iter().map(|c| c.dialing.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(store.trouble(), None);
    said(&database, &["cannot be written to: no call is placed until it can; results are kept in memory, and it goes on by itself its disk is full", "can be written to again"]).await;
}

#[tokio::test]
async fn a_full_disk_at_the_start_leaves_an_old_database_to_its_program() {
    let Some(disk) = SmallDisk::in_memory(1) else { return };
    let database = disk.path().join("outbound.db");
    let old = Connection::open(&database).unwrap();
    old.execute_batch(include_str!("../../src/store/sqlite/schema_1.sql")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    disk.fill();
    let mut unchanged = 0;
    // A little more room each time: it fails at each place where it can.
    while let Err(error) = open(&url(disk.path())) {
        let StoreError::Unopenable { trouble, .. } = &error else { panic!("{error}") };
        assert_eq!(trouble.cause, Cause::Full, "{error}");
        let copy = Room::of_files_in(disk.path());
        let old = Connection::open(copy.path("outbound.db")).unwrap();
        let version: i64 = old.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        // All of the way or nothing of it.
        if version == 1 {
            let insert = "INSERT INTO dlma (uuid, variables, tm_create) VALUES (x'00', '[]', 1)";
            old.execute_batch(insert).unwrap();
            unchanged += 1;
        } else {
            assert!(version > 6, "after {unchanged} failures it is {version}");
        }
        disk.give_back(4_096);
    }
    println!("full disk at the start: failed {unchanged} times in the middle of a migration");
    assert!(unchanged > 5, "{unchanged}");
}

#[tokio::test]
async fn a_disk_that_may_not_be_written_to_is_waited_out() {
    let Some(disk) = SmallDisk::of_ext4(8) else { return };
    listen();
    let database = disk.path().join("outbound.db");
    let (store, _) = open(&url(disk.path())).unwrap();
    fill(&store, 10).await;
    let claims = claim(&store, request(2)).await.claims;
    // A file system is not made read-only by hand while a file is open; an attribute refuses writes as it would.
    let attribute = |how: &str| {
        let log = disk.path().join("outbound.db-wal");
        assert!(Command::new("chattr").arg(how).arg(log).status().unwrap().success());
    };
    attribute("+i");
    let cause = cause_of_claiming(&store).await;
    assert!(matches!(cause, Cause::ReadOnly | Cause::Disk), "{cause:?}");
    let written = end_all(&store, &claims);
    assert!(try_claim(&store, request(1)).await.is_err());
    assert_eq!(store.leads(Some(LIST), 100).await.unwrap().len(), 10);
    attribute("-i");
    let took = claims_again(&store).await;
    for written in written {
        written.await.unwrap();
    }
    println!("refused writes: claimed again {took:?} after they were allowed");
    said(&database, &["cannot be written to", "can be written to again"]).await;
    store.close().await.unwrap();
    disk.remount("ro");
    let refused = open(&url(disk.path())).unwrap_err();
    let StoreError::Unopenable { trouble, .. } = &refused else { panic!("{refused}") };
    assert_eq!(trouble.cause, Cause::ReadOnly, "{refused}");
    disk.remount("rw");
    assert_eq!(open(&url(disk.path())).unwrap().0.results_after(0, 10).await.unwrap().len(), 2);
}

/// Another process that has a database locked; it lets go when the value is dropped.
struct Locker {
    child: Child,
    /// It ends with an error where nobody listens.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Locker {
    fn lock(database: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "faults::the_process_that_locks_a_database"])
            .env("DATABASE_TO_LOCK", database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("locked")));
        Self { child, _lines: lines }
    }
}

impl Drop for Locker {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "a process that other tests start"]
fn the_process_that_locks_a_database() {
    let Some(database) = std::env::var_os("DATABASE_TO_LOCK") else { return };
    let connection = Connection::open(database).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    println!("locked");
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_out() {
    let room = Room::new();
    listen();
    let (store, _) = room.open();
    fill(&store, 10).await;
    let claims = claim(&store, request(3)).await.claims;
    let locker = Locker::lock(&room.path("outbound.db"));
    let written = end_all(&store, &claims);
    assert_eq!(cause_of_claiming(&store).await, Cause::Locked);
    assert_eq!(store.leads(Some(LIST), 100).await.unwrap().len(), 10, "reads are served");
    // The same as at the start: it is said who is in the way, not that the disk is broken.
    let copied = fixtures::open(&room.url()).unwrap_err();
    assert!(matches!(copied, StoreError::Held { .. }), "{copied}");
    drop(locker);
    let took = claims_again(&store).await;
    for written in written {
        written.await.unwrap();
    }
    println!("locked: claimed again {took:?} after it was let go");
    said(&room.path("outbound.db"), &["another program has it locked", "can be written to again"]).await;
}

#[tokio::test]
async fn limits_that_grow_while_nothing_can_be_written_bring_leads_back_later() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 1).await;
    let once = engine::dialing::ClaimRequest { max_tries: [1; 8], widest_tries: [1; 8], ..request(1) };
    fixtures::set_limits(&store, [1; 8]).await;
    let claims = claim(&store, once).await.claims;
    fixtures::end(&store, ended(&claims[0])).await;
    let later = engine::dialing::ClaimRequest { due: engine::time::Wall(9_000), ..request(1) };
    assert_eq!(claim(&store, later.clone()).await.claims.len(), 0, "it is put aside");
    let other = Connection::open(room.path("outbound.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (done, mut set) = oneshot::channel();
    store.set_limits(LIST, [2; 8], move |result| done.send(result).unwrap());
    assert_eq!(cause_of_claiming(&store).await, Cause::Locked);
    assert!(set.try_recv().is_err(), "it is not refused");
    other.execute_batch("ROLLBACK").unwrap();
    set.await.unwrap().unwrap();
    assert_eq!(claim(&store, later).await.claims.len(), 1);
}

/// Writes over the first page of a table or an index, in the file of a store that is closed.
pub(crate) fn damage(database: &Path, what: &str) {
    let connection = Connection::open(database).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u64 = connection.query_row(sql, [what], |row| row.get::<_, u32>(0)).unwrap().into();
    let size: u64 =
        connection.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0)).unwrap().into();
    drop(connection);
    let file = std::fs::OpenOptions::new().write(true).open(database).unwrap();
    file.write_all_at(&[0xa5; 512], (page - 1) * size).unwrap();
}

#[tokio::test]
async fn from_a_damaged_page_on_nothing_is_claimed_and_what_can_be_read_is() {
    let room = Room::new();
    listen();
    let (store, _) = room.open();
    fill(&store, 100).await;
    let claims = claim(&store, request(3)).await.claims;
    fixtures::end(&store, ended(&claims[0])).await;
    store.close().await.unwrap();
    let database = room.path("outbound.db");
    damage(&database, "lead_next");
    let (store, loaded) = room.open();
    assert_eq!(loaded.open_claims.len(), 2);
    assert_eq!(store.results_after(0, 10).await.unwrap().len(), 1);
    for _ in 0..3 {
        assert_eq!(cause_of_claiming(&store).await, Cause::Damaged);
    }
    // An end changes its lead, and so the damaged index.
    let kept = end_all(&store, &claims[1..]);
    assert_eq!(store.leads(Some(LIST), 100).await.unwrap().len(), 100);
    assert_eq!(cause_of_claiming(&store).await, Cause::Damaged, "it does not mend itself");
    assert_eq!(store.trouble().unwrap().cause, Cause::Damaged);
    said(&database, &["is damaged: no call is placed any more; what still can be read and written is the database is damaged"]).await;
    assert_eq!(store.close().await, Err(StoreError::Lost(2)));
    drop(kept);
}

#[tokio::test]
async fn damage_that_only_a_reader_meets_stops_claims_too_and_results_are_written() {
    let room = Room::new();
    listen();
    let (store, _) = room.open();
    fill(&store, 100).await;
    store.close().await.unwrap();
    damage(&room.path("outbound.db"), "lead_list");
    let (store, _) = room.open();
    let claims = claim(&store, request(1)).await.claims;
    let read = store.leads(Some(LIST), 100).await;
    assert!(
        matches!(&read, Err(StoreError::Unreadable(trouble)) if trouble.cause == Cause::Damaged),
        "{read:?}"
    );
    assert_eq!(cause_of_claiming(&store).await, Cause::Damaged);
    // An end touches other pages.
    fixtures::end(&store, ended(&claims[0])).await;
    assert_eq!(store.results_after(0, 10).await.unwrap().len(), 1);
    assert_eq!(cause_of_claiming(&store).await, Cause::Damaged, "it does not mend itself");
    said(&room.path("outbound.db"), &["is damaged"]).await;
}

#[tokio::test]
async fn nothing_is_written_into_a_database_that_was_moved_away_until_it_is_back() {
    let room = Room::new();
    listen();
    let (store, _) = room.open();
    fill(&store, 10).await;
    let claims = claim(&store, request(2)).await.claims;
    let (database, away) = (room.path("outbound.db"), room.path("away.db"));
    std::fs::rename(&database, &away).unwrap();
    assert_eq!(cause_of_claiming(&store).await, Cause::Gone);
    let written = end_all(&store, &claims);
    assert_eq!(store.leads(Some(LIST), 100).await.unwrap().len(), 10, "reads are served");
    // An older one in its place is no better.
    std::fs::write(&database, b"").unwrap();
    assert_eq!(cause_of_claiming(&store).await, Cause::Gone);
    std::fs::rename(&away, &database).unwrap();
    let took = claims_again(&store).await;
    for written in written {
        written.await.unwrap();
    }
    println!("moved away: claimed again {took:?} after it was back");
    assert_eq!(open_claims(&database), 1);
    said(&database, &["its path no longer leads to the file that was opened", "can be written to again"])
        .await;
}

#[tokio::test]
async fn a_log_or_a_directory_that_is_gone_stops_claims_too() {
    let room = Room::new();
    let directory = room.path("directory");
    std::fs::create_dir(&directory).unwrap();
    let (store, _) = open(&url(&directory)).unwrap();
    fill(&store, 10).await;
    std::fs::rename(&directory, room.path("elsewhere")).unwrap();
    assert_eq!(cause_of_claiming(&store).await, Cause::Gone);
    std::fs::rename(room.path("elsewhere"), &directory).unwrap();
    claims_again(&store).await;
    std::fs::remove_file(directory.join("outbound.db-wal")).unwrap();
    assert_eq!(cause_of_claiming(&store).await, Cause::Gone);
}

#[tokio::test]
async fn a_lock_file_that_was_removed_is_made_again() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 2).await;
    std::fs::remove_file(room.path("outbound.db.lock")).unwrap();
    assert_eq!(claim(&store, request(1)).await.claims.len(), 1);
    assert!(matches!(fixtures::open(&room.url()).unwrap_err(), StoreError::Held { .. }));
}

#[tokio::test]
async fn a_lock_file_names_process_and_host_and_one_of_an_earlier_version_is_read_too() {
    let room = Room::new();
    let (store, _) = room.open();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let refused = fixtures::open(&room.url()).unwrap_err().to_string();
    let named =
        format!("is in use by process {} on host {}: stop that one first", std::process::id(), host.trim());
    assert!(refused.contains(&named), "{refused}");
    for (content, named) in
        [("4711\n", "in use by process 4711: stop"), ("", "in use by another process: stop")]
    {
        std::fs::write(room.path("outbound.db.lock"), content).unwrap();
        let refused = fixtures::open(&room.url()).unwrap_err().to_string();
        assert!(refused.contains(named), "{refused}");
    }
    drop(store);
}
