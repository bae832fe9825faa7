//! Chunks of imported leads: all or nothing, in turn, and with others in between.

use std::sync::mpsc;

use engine::model::{Lead, NUMBERS, Stamps, Variable};
use engine::time::Wall;
use engine::value::{Number, Text, VariableName};
use outbound::store::import::{ImportChunk, ImportProgress, NewLead};
use outbound::store::{Store, StoreError};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::fixtures::{LIST, Room, claim, fill, number, request, try_claim};

const IMPORT: Uuid = Uuid::from_u128(0x1349);
const MADE: Wall = Wall(77);

fn new_lead(n: u32) -> NewLead {
    let mut numbers = [const { None }; NUMBERS];
    numbers[0] = number(&format!("+43316{n:06}"));
    let uuid = Uuid::from_u128(0x0c48_0000 + u128::from(n));
    NewLead { uuid, texts: [const { None }; 5], numbers, variables: Vec::new() }
}

/// Leads `from` to `to`, of an import that has done those before.
fn chunk(from: u32, to: u32) -> ImportChunk {
    let progress = ImportProgress { records: to.into(), leads: to.into(), ..ImportProgress::default() };
    ImportChunk {
        import: IMPORT,
        dial_list: LIST,
        created: MADE,
        leads: (from..to).map(new_lead).collect(),
        updates: Vec::new(),
        behind: (from > 0).then_some(from.into()),
        progress,
    }
}

async fn import(store: &Store, chunk: ImportChunk) -> Result<(), StoreError> {
    let (done, answer) = oneshot::channel();
    store.import_leads(chunk, move |result| done.send(result).unwrap());
    answer.await.unwrap()
}

async fn uuids(store: &Store) -> Vec<Uuid> {
    store.leads(Some(LIST), 10_000).await.unwrap().iter().map(|lead| lead.uuid).collect()
}

pub(crate) async fn imported_leads_are_as_the_file_had_them(store: Store) {
    fill(&store, 0).await;
    let text = |words: &str| Text::parse(words).ok();
    let mut full = new_lead(0);
    full.texts = ["Ann", "detail", "key", "data", "a@b"].map(text);
    full.numbers = [1, 2, 3, 4, 5, 6, 7, 8].map(|n: u32| Number::parse(&n.to_string()).ok());
    let name = VariableName::parse("CITY").unwrap();
    full.variables = vec![Variable { name, value: "\"Graz\" \\ \u{f6}".to_owned() }];
    // 230 leads are nine statements of 25 rows and five of one; the full one is in the first row, the sparse ones follow.
    let leads: Vec<NewLead> = std::iter::once(full.clone()).chain((1..230).map(new_lead)).collect();
    import(&store, ImportChunk { leads, ..chunk(0, 230) }).await.unwrap();
    let lead = |n: u32| {
        let plain = new_lead(n);
        let mut lead = Lead::new(plain.uuid, LIST, MADE);
        lead.numbers = plain.numbers;
        lead
    };
    let [name, detail, ukey, udata, email] = full.texts;
    let stamps = Stamps { created: MADE, ..Stamps::default() };
    let (numbers, variables) = (full.numbers, full.variables);
    let full = Lead { name, detail, ukey, udata, email, numbers, variables, stamps, ..lead(0) };
    let expected: Vec<Lead> = std::iter::once(full).chain((1..230).map(lead)).collect();
    assert_eq!(store.leads(Some(LIST), 1_000).await.unwrap(), expected);
    assert_eq!(store.import_progress(IMPORT).await, Ok(Some(chunk(0, 230).progress)));
}

pub(crate) async fn a_chunk_is_taken_in_all_or_not_at_all_and_spoils_no_other(store: Store) {
    let made = fill(&store, 1).await;
    import(&store, chunk(0, 30)).await.unwrap();
    let mut twice = chunk(30, 60);
    twice.leads[29].uuid = new_lead(7).uuid;
    let (spoilt, claimed) = tokio::join!(import(&store, twice), try_claim(&store, request(1)));
    assert!(matches!(spoilt, Err(StoreError::Database(_))), "{spoilt:?}");
    assert_eq!(claimed.unwrap().claims[0].lead.uuid, made[0]);
    assert_eq!(uuids(&store).await.len(), 31);
    assert_eq!(store.import_progress(IMPORT).await.unwrap().map(|progress| progress.records), Some(30));
    import(&store, chunk(30, 60)).await.unwrap();
    assert_eq!(uuids(&store).await.len(), 61);
}

pub(crate) async fn a_chunk_that_is_not_the_next_one_is_refused(store: Store) {
    fill(&store, 0).await;
    assert_eq!(import(&store, chunk(10, 20)).await, Err(StoreError::NotNext), "it has not begun");
    import(&store, chunk(0, 10)).await.unwrap();
    assert_eq!(import(&store, chunk(20, 30)).await, Err(StoreError::NotNext), "one is missing");
    let last = chunk(10, 20);
    let progress = ImportProgress { finished: true, ..last.progress };
    import(&store, ImportChunk { progress, ..last }).await.unwrap();
    assert_eq!(import(&store, chunk(20, 30)).await, Err(StoreError::NotNext), "it is finished");
    assert_eq!(uuids(&store).await, (0..20).map(|n| new_lead(n).uuid).collect::<Vec<_>>());
    let unknown = ImportChunk { dial_list: Uuid::nil(), ..chunk(0, 10) };
    assert_eq!(import(&store, unknown).await, Err(StoreError::UnknownDialList));
}

pub(crate) async fn imported_leads_are_claimed_in_their_order_and_those_who_wait_are_told(store: Store) {
    fill(&store, 0).await;
    assert_eq!(claim(&store, request(1)).await.claims, []);
    let (told, lists) = mpsc::channel();
    store.set_on_lead_change(move |list| told.send(list).unwrap());
    import(&store, chunk(0, 40)).await.unwrap();
    assert_eq!(lists.recv().unwrap(), LIST);
    let claimed = claim(&store, request(40)).await.claims;
    let claimed: Vec<Uuid> = claimed.iter().map(|claim| claim.lead.uuid).collect();
    assert_eq!(claimed, (0..40).map(|n| new_lead(n).uuid).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_chunk_whose_commit_fails_leaves_nothing() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 0).await;
    import(&store, chunk(0, 10)).await.unwrap();
    let other = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(import(&store, chunk(10, 20)).await, Err(StoreError::Unwritable(_))));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(
        import(&store, chunk(20, 30)).await,
        Err(StoreError::NotNext),
        "one that was on its way behind it"
    );
    assert_eq!(uuids(&store).await.len(), 10);
    import(&store, chunk(10, 20)).await.unwrap();
    assert_eq!(uuids(&store).await.len(), 20);
}

#[tokio::test]
async fn a_claim_does_not_wait_for_the_chunks_behind_it() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 2).await;
    // The writer is held up in an answer until all of this waits for it.
    let (go, gone) = mpsc::channel::<()>();
    store.import_leads(chunk(0, 10), move |result| {
        result.unwrap();
        gone.recv().unwrap();
    });
    let path = room.path("outbound.db");
    let (answer, answers) = mpsc::channel();
    let leads_in = move || {
        let look = rusqlite::Connection::open(&path).unwrap();
        look.query_row("SELECT count(*) FROM lead", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    for round in 1..3 {
        let (claimed, taken, leads_in) = (answer.clone(), answer.clone(), leads_in.clone());
        store.claim(request(1), move |result| {
            assert_eq!(result.unwrap().claims.len(), 1);
            claimed.send(("claim", leads_in())).unwrap();
        });
        store.import_leads(chunk(round * 10, round * 10 + 10), move |result| {
            result.unwrap();
            taken.send(("chunk", 0)).unwrap();
        });
    }
    go.send(()).unwrap();
    drop(answer);
    let answers = tokio::task::spawn_blocking(move || answers.iter().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(answers, [("claim", 12), ("chunk", 0), ("claim", 22), ("chunk", 0)]);
    assert_eq!(uuids(&store).await.len(), 32);
}
