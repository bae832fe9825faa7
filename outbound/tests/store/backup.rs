//! Copies of a database that is worked with.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use outbound::store::backup::{BackupError, Progress, backup};
use outbound::store::{Cause, Store, StoreError};
use rusqlite::Connection;

use crate::faults::damage;
use crate::fixtures::{self, LIST, Room, claim, end, ended, fill, request};
use crate::small_disk::SmallDisk;

fn copy(room: &Room, to: &Path, replace: bool) -> Result<u64, BackupError> {
    backup(&room.url(), to, replace, |_| true)
}

/// Claims leads and ends their calls until it is told to stop; the longest wait for a claim.
async fn work(store: Store, stop: Arc<AtomicBool>) -> Duration {
    let mut longest = Duration::ZERO;
    while !stop.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let claims = claim(
            &store,
            engine::dialing::ClaimRequest {
                max_tries: [1_000; 8],
                widest_tries: [1_000; 8],
                due: engine::time::Wall(9_000),
                ..request(5)
            },
        )
        .await
        .claims;
        longest = longest.max(asked.elapsed());
        for claimed in &claims {
            end(&store, ended(claimed)).await;
        }
    }
    longest
}

fn count(database: &Connection, sql: &str) -> i64 {
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_under_load_is_a_store_as_it_was_at_one_moment() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 2_000).await;
    let stop = Arc::new(AtomicBool::new(false));
    let working = tokio::spawn(work(store.clone(), Arc::clone(&stop)));
    let target = Room::new();
    let (url, to) = (room.url(), target.path("outbound.db"));
    let (mut steps, mut last) = (0, None);
    let copied = tokio::task::spawn_blocking(move || {
        for replace in [false, true, true] {
            let size = backup(&url, &to, replace, |progress| {
                (steps, last) = (steps + 1, Some(progress));
                true
            });
            assert_eq!(size.unwrap(), to.metadata().unwrap().len());
        }
        (steps, last)
    });
    let (steps, last) = copied.await.unwrap();
    assert_eq!((steps >= 6, last), (true, Some(Progress::Checks)));
    stop.store(true, Ordering::Relaxed);
    println!("a claim took {:?} at most while copies were made", working.await.unwrap());
    let names = std::fs::read_dir(target.directory.path()).unwrap().count();
    assert_eq!(names, 1, "nothing but the copy is left");
    let look = Connection::open(target.path("outbound.db")).unwrap();
    let claimed = count(&look, "SELECT count(*) FROM lead WHERE status = 1");
    let open = "SELECT count(*) FROM lead JOIN dialing d ON d.lead = lead.id AND d.uuid = lead.dialing WHERE status = 1";
    assert_eq!((count(&look, open), count(&look, "SELECT count(*) FROM dialing")), (claimed, claimed));
    let (tries, results) =
        (count(&look, "SELECT sum(trycnt1) FROM lead"), count(&look, "SELECT count(*) FROM result"));
    assert_eq!(tries, results, "each result is one try");
    drop(look);
    let (restored, loaded) = target.open();
    assert_eq!(i64::try_from(loaded.open_claims.len()).unwrap(), claimed);
    assert_eq!(restored.leads(Some(LIST), 3_000).await.unwrap().len(), 2_000);
    for open in &loaded.open_claims {
        end(&restored, ended(&open.claim)).await;
    }
    assert_eq!(claim(&restored, request(1)).await.claims.len(), 1);
}

#[tokio::test]
async fn nothing_is_replaced_unless_it_is_asked_for_and_the_store_itself_never() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 3).await;
    let to = room.path("copy.db");
    std::fs::write(&to, "mine").unwrap();
    assert!(matches!(copy(&room, &to, false), Err(BackupError::Exists(_))));
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
    copy(&room, &to, true).unwrap();
    for own in ["outbound.db", "outbound.db-wal", "outbound.db-shm", "outbound.db.lock"] {
        assert!(matches!(copy(&room, &room.path(own), true), Err(BackupError::IsTheStore(_))), "{own}");
    }
    std::os::unix::fs::symlink(room.path("outbound.db"), room.path("link.db")).unwrap();
    assert!(matches!(copy(&room, &room.path("link.db"), true), Err(BackupError::IsTheStore(_))));
    std::fs::write(room.path("other.db-wal"), "").unwrap();
    assert!(matches!(copy(&room, &room.path("other.db"), false), Err(BackupError::Leftover(_))));
    assert!(matches!(copy(&room, room.directory.path(), true), Err(BackupError::Exists(_))));
    let nowhere = copy(&room, &room.path("no/where.db"), false);
    assert!(
        matches!(&nowhere, Err(BackupError::Unwritable { trouble, .. }) if trouble.cause == Cause::NoPlace)
    );
    assert_eq!(claim(&store, request(1)).await.claims.len(), 1);
}

#[tokio::test]
async fn what_is_no_store_of_ours_is_not_copied() {
    let room = Room::new();
    let to = room.path("copy.db");
    let of = |url: &str| backup(url, &to, false, |_| true);
    assert!(matches!(of("sqlite::memory:"), Err(BackupError::NoFile(_))));
    assert!(matches!(of("postgres://u:p@h/d"), Err(BackupError::Store(StoreError::PostgresUnavailable))));
    assert!(matches!(copy(&room, &to, false), Err(BackupError::NoDatabase(_))));
    assert!(!room.path("outbound.db").exists(), "none is made by the look");
    let other = Connection::open(room.path("outbound.db")).unwrap();
    other.execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(copy(&room, &to, false), Err(BackupError::NotAStore(_))));
    other.pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(copy(&room, &to, false), Err(BackupError::Store(StoreError::Newer { found: 99, .. }))));
    drop(other);
    std::fs::write(
        room.path("outbound.db"),
        "no database at all, but long enough to be looked at".repeat(100),
    )
    .unwrap();
    let refused = copy(&room, &to, false);
    assert!(
        matches!(&refused, Err(BackupError::Unreadable { trouble, .. }) if trouble.cause == Cause::Damaged),
        "{refused:?}"
    );
    assert!(!to.exists());
}

#[tokio::test]
async fn a_copy_that_cannot_be_finished_leaves_nothing_behind() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 2_000).await;
    let given_up = backup(&room.url(), &room.path("copy.db"), false, |_| false);
    assert!(matches!(given_up, Err(BackupError::GivenUp)));
    store.close().await.unwrap();
    damage(&room.path("outbound.db"), "lead_list");
    let damaged = copy(&room, &room.path("copy.db"), false);
    assert!(
        matches!(&damaged, Err(BackupError::Damaged { findings, .. }) if !findings.is_empty()),
        "{damaged:?}"
    );
    let mut names: Vec<_> =
        std::fs::read_dir(room.directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.retain(|name| !name.to_string_lossy().starts_with("outbound.db"));
    assert!(names.is_empty(), "{names:?}");
}

#[tokio::test]
async fn a_disk_that_is_too_small_for_the_copy_is_named() {
    let Some(disk) = SmallDisk::in_memory(1) else { return };
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 100).await;
    disk.fill();
    disk.give_back(40_000);
    let refused = copy(&room, &disk.path().join("copy.db"), false);
    assert!(
        matches!(&refused, Err(BackupError::Unwritable { trouble, .. }) if trouble.cause == Cause::Full),
        "{refused:?}"
    );
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("cannot write the copy") && said.contains("make room"), "{said}");
    assert_eq!(std::fs::read_dir(disk.path()).unwrap().count(), 1, "only what has filled it");
    fixtures::claim(&store, request(1)).await;
}

#[tokio::test]
async fn a_daemon_on_another_machine_makes_its_backups_itself() {
    let room = Room::new();
    let (store, _) = room.open();
    std::fs::write(room.path("outbound.db.lock"), "7 on host pbx-far\n").unwrap();
    let refused = copy(&room, &room.path("copy.db"), false).unwrap_err().to_string();
    assert!(refused.contains("in use by process 7 on host pbx-far: make the backup there"), "{refused}");
    store.close().await.unwrap();
    copy(&room, &room.path("copy.db"), false).unwrap();
}
