//! Rows to work with, and a directory for each test.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::dialing::{
    Claim, ClaimRequest, Claimed, DialRoute, Dialing, Ended, Outcome, Progress, Record, Setup,
};
use engine::model::{Change, DialList, Lead, LeadTexts, NUMBERS};
use engine::time::Wall;
use engine::value::{Name, Number};
use outbound::store::{CACHE_MIB, Loaded, Store, StoreError, StoreOptions, Synchronous};
use tempfile::TempDir;
use tokio::sync::oneshot;
use uuid::Uuid;

pub(crate) const CAMPAIGN: Uuid = Uuid::from_u128(0xca);
pub(crate) const PLAN: Uuid = Uuid::from_u128(0xba);
pub(crate) const LIST: Uuid = Uuid::from_u128(0x11);

/// A directory with a database, gone with the test.
pub(crate) struct Room {
    pub(crate) directory: TempDir,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.path("outbound.db").display())
    }

    pub(crate) fn open(&self) -> (Store, Loaded) {
        open(&self.url()).unwrap()
    }

    /// What a crash at this moment would leave: database and log as they are now, in a place of their own.
    pub(crate) fn after_crash(&self) -> Self {
        Self::of_files_in(self.directory.path())
    }

    /// The same of any directory.
    pub(crate) fn of_files_in(directory: &Path) -> Self {
        let copy = Self::new();
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(entry.path(), copy.directory.path().join(entry.file_name())).unwrap();
            }
        }
        copy
    }
}

/// What is kept of how the leads of each list stand is what there is.
pub(crate) fn counts_are_true(room: &Room) {
    let database = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    let rows = |sql: &str| -> Vec<[i64; 4]> {
        let mut statement = database.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]);
        statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let kept = rows("SELECT dlma, total, finished, called FROM lead_count ORDER BY dlma");
    let there = rows(
        "SELECT dlma.id, count(lead.id), coalesce(sum(closed > 0), 0), \
         coalesce(sum(max(trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, trycnt6, trycnt7, trycnt8) > 0), 0) \
         FROM dlma LEFT JOIN lead ON lead.dlma = dlma.id AND lead.tm_delete IS NULL GROUP BY dlma.id ORDER BY dlma.id",
    );
    assert_eq!(kept, there, "list, total, finished, called");
    let held = rows("SELECT id, status, closed, 0 FROM lead WHERE status != 0 ORDER BY id");
    let claimed =
        rows("SELECT lead.id, status, closed, 0 FROM dialing JOIN lead ON lead.id = lead ORDER BY lead.id");
    assert_eq!(held, claimed, "leads that are held, and those of open claims: id, status, closed");
}

pub(crate) fn open(url: &str) -> Result<(Store, Loaded), StoreError> {
    Store::open(&StoreOptions { url: url.to_owned(), synchronous: Synchronous::Full, cache_mib: CACHE_MIB })
}

pub(crate) fn number(digits: &str) -> Option<Number> {
    Some(Number::parse(digits).unwrap())
}

pub(crate) fn lead(n: u32) -> Lead {
    let mut lead = Lead::new(Uuid::from_u128(0x1ead_0000 + u128::from(n)), LIST, Wall(i64::from(n)));
    lead.numbers[0] = number(&format!("+1202555{n:04}"));
    lead
}

/// Makes the list with so many leads, and gives their uuids.
pub(crate) async fn fill(store: &Store, leads: u32) -> Vec<Uuid> {
    apply(store, Change::DialListCreated(Arc::new(DialList::new(LIST, Wall(1))))).await;
    let mut uuids = Vec::new();
    for n in 0..leads {
        let lead = lead(n);
        uuids.push(lead.uuid);
        store.create_lead(lead).await.unwrap();
    }
    uuids
}

pub(crate) async fn apply(store: &Store, change: Change) {
    let (done, answer) = oneshot::channel();
    store.apply(change, move |result| done.send(result).unwrap());
    answer.await.unwrap().unwrap();
}

pub(crate) fn request(count: u32) -> ClaimRequest {
    ClaimRequest {
        campaign: CAMPAIGN,
        plan: PLAN,
        dial_list: LIST,
        destination: None,
        asterisk: "pbx1".into(),
        trunk: Name::parse("carrier1").ok(),
        count,
        reserve: false,
        max_tries: [2; NUMBERS],
        widest_tries: [2; NUMBERS],
        due: Wall(1_000),
    }
}

pub(crate) async fn try_claim(store: &Store, request: ClaimRequest) -> Result<Claimed, StoreError> {
    let (done, answer) = oneshot::channel();
    store.claim(request, move |result| done.send(result).unwrap());
    answer.await.unwrap()
}

pub(crate) async fn claim(store: &Store, request: ClaimRequest) -> Claimed {
    try_claim(store, request).await.unwrap()
}

pub(crate) async fn set_limits(store: &Store, widest_tries: [u32; NUMBERS]) {
    let (done, answer) = oneshot::channel();
    store.set_limits(LIST, widest_tries, move |result| done.send(result).unwrap());
    answer.await.unwrap().unwrap();
}

pub(crate) async fn record(store: &Store, record: Record) {
    let (done, answer) = oneshot::channel();
    store.record(record, move || done.send(()).unwrap());
    answer.await.unwrap();
}

/// The end of a claim's dialing: not answered, to be tried again at 5,000.
pub(crate) fn ended(claim: &Claim) -> Ended {
    let setup = Setup {
        uuid: claim.dialing,
        serial: claim.serial,
        campaign: CAMPAIGN,
        plan: PLAN,
        dial_list: LIST,
        destination: None,
        lead: claim.lead.uuid,
        lead_texts: LeadTexts::default(),
        asterisk: "pbx1".into(),
        index: u8::try_from(claim.index).unwrap() + 1,
        address: "+1 202 555".to_owned(),
        channel: "PJSIP/+1202555@trunk".to_owned(),
        try_count: claim.lead.tries[claim.index] + 1,
        timeout_ms: 30_000,
        route: DialRoute::Exten { exten: PLAN.to_string(), context: "res_outbound".to_owned(), priority: 1 },
        caller_id: None,
        variables: Vec::new(),
        created: Wall(1_000),
    };
    let progress = Progress {
        res_dial: 3,
        res_dial_detail: Some("No Answer".to_owned()),
        res_hangup: 19,
        res_hangup_detail: Some("User alerting, no answer".to_owned()),
        hangup: Some(Wall(2_000)),
        ..Progress::default()
    };
    Ended {
        dialing: Dialing { setup: Arc::new(setup), progress },
        outcome: Outcome::NoAnswer,
        counts: true,
        done: false,
        next_try: Wall(5_000),
        tally: None,
        snapshot: None,
    }
}

pub(crate) async fn end(store: &Store, ended: Ended) {
    record(store, Record::Ended(Box::new(ended))).await;
}
