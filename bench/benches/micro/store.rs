//! The store: requests to its thread and back, each in a transaction of its own. `synchronous` is NORMAL here: a wait for the disk would be all
//! that is seen.

use std::cell::RefCell;
use std::sync::mpsc::channel;
use std::sync::{LazyLock, Mutex};

use bench::rows;
use divan::Bencher;
use engine::dialing::{Claim, ClaimRequest, Claimed, Ended, Outcome, Record};
use engine::model::{DialMode, NUMBERS, Plan};
use engine::time::Wall;
use outbound::store::{Store, Synchronous};
use tempfile::TempDir;

/// A list of so many leads in a database of its own, gone with it.
struct List {
    store: Store,
    plan: Plan,
    _directory: TempDir,
}

static SMALL: LazyLock<Mutex<List>> = LazyLock::new(|| Mutex::new(List::new(10_000)));
static LARGE: LazyLock<Mutex<List>> = LazyLock::new(|| Mutex::new(List::new(1_000_000)));

fn list(leads: u64) -> &'static Mutex<List> {
    if leads == 10_000 { &SMALL } else { &LARGE }
}

impl List {
    fn new(leads: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bench.db");
        let plan = rows::plan(DialMode::Robo).unwrap();
        rows::database(&path, &plan, leads).unwrap();
        let (store, _) = rows::open(&path, Synchronous::Normal).unwrap();
        Self { store, plan, _directory: directory }
    }

    fn claim(&self, count: u32) -> Claimed {
        let request = ClaimRequest {
            campaign: rows::CAMPAIGN,
            plan: rows::PLAN,
            dial_list: rows::LIST,
            destination: None,
            asterisk: "pbx1".into(),
            trunk: None,
            count,
            reserve: false,
            max_tries: [5; NUMBERS],
            widest_tries: [5; NUMBERS],
            due: Wall(rows::EPOCH.0),
        };
        let (done, answer) = channel();
        self.store.claim(request, move |claimed| drop(done.send(claimed)));
        answer.recv().unwrap().unwrap()
    }

    fn record(&self, records: Vec<Record>) {
        let (done, answer) = channel();
        let count = records.len();
        for record in records {
            let done = done.clone();
            self.store.record(record, move || done.send(()).unwrap());
        }
        assert_eq!(answer.iter().take(count).count(), count);
    }

    fn ended(&self, claim: &Claim) -> Record {
        let mut dialing = rows::dialing(claim, &self.plan);
        dialing.progress.hangup = Some(rows::EPOCH.after_ms(2_000));
        Record::Ended(Box::new(Ended {
            dialing,
            outcome: Outcome::Busy,
            counts: false,
            done: false,
            // At its old place, so that the list stays as it is.
            next_try: Wall(0),
            tally: None,
            snapshot: None,
        }))
    }
}

fn released(claimed: Claimed) -> Vec<Record> {
    let record = |claim: Claim| Record::Released { dialing: claim.dialing, lead: claim.lead.uuid };
    claimed.claims.into_iter().map(record).collect()
}

const LISTS: [u64; 2] = [10_000, 1_000_000];

/// Claims so many leads in one request.
#[divan::bench(consts = [1, 100], args = LISTS, sample_size = 1, sample_count = 500)]
fn claim<const COUNT: u32>(bencher: Bencher<'_, '_>, leads: u64) {
    let list = list(leads).lock().unwrap();
    let held = RefCell::new(Claimed::default());
    let give_back = || list.record(released(held.take()));
    bencher.with_inputs(give_back).bench_local_values(|()| {
        held.replace(list.claim(COUNT));
    });
    list.record(released(held.take()));
}

/// Writes the ends of so many calls, handed over at once.
#[divan::bench(consts = [1, 100], args = LISTS, sample_size = 1, sample_count = 300)]
fn record<const COUNT: u32>(bencher: Bencher<'_, '_>, leads: u64) {
    let list = list(leads).lock().unwrap();
    let next = || list.claim(COUNT).claims.iter().map(|claim| list.ended(claim)).collect::<Vec<_>>();
    bencher.with_inputs(next).bench_local_values(|records| list.record(records));
}
