//! Opening, closing and crashing: what is particular to a database in a file.

use std::sync::Arc;

use engine::dialing::{OpenClaim, Record};
use engine::model::{
    AmdMode, AnswerHandle, Campaign, CampaignRules, CampaignStatus, Change, Destination, DestinationKind,
    DialList, DialMode, ListEnd, Percent, Plan, PlanRules, Queue, Schedule, Stamps, Variable,
};
use engine::time::Wall;
use engine::value::{CallerId, Name, PacingRule, Tech, Text, Trunks, VariableName, Zone};
use outbound::store::{ResultSearch, StoreError};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::fixtures::{self, CAMPAIGN, LIST, Room, apply, claim, ended, fill, record, request, try_claim};

const TENTH_VERSION: [&str; 10] = [
    include_str!("../../src/store/sqlite/schema_1.sql"),
    include_str!("../../src/store/sqlite/schema_2.sql"),
    include_str!("../../src/store/sqlite/schema_3.sql"),
    include_str!("../../src/store/sqlite/schema_4.sql"),
    include_str!("../../src/store/sqlite/schema_5.sql"),
    include_str!("../../src/store/sqlite/schema_6.sql"),
    include_str!("../../src/store/sqlite/schema_7.sql"),
    include_str!("../../src/store/sqlite/schema_8.sql"),
    include_str!("../../src/store/sqlite/schema_9.sql"),
    include_str!("../../src/store/sqlite/schema_10.sql"),
];

fn text(words: &str) -> Option<Text> {
    Some(Text::parse(words).unwrap())
}

fn name(words: &str) -> Option<Name> {
    Some(Name::parse(words).unwrap())
}

fn variables() -> Vec<Variable> {
    vec![Variable { name: VariableName::parse("A").unwrap(), value: "=\"1\"".into() }]
}

fn stamps() -> Stamps {
    Stamps { created: Wall(1), updated: Some(Wall(2)), deleted: None }
}

fn plan() -> Plan {
    Plan {
        uuid: Uuid::from_u128(1),
        name: text("plan"),
        detail: text("detail"),
        dial_mode: DialMode::Progressive,
        dial_timeout_ms: u32::MAX,
        caller_id: CallerId::parse("\"N\" <1>").ok(),
        answer_handle: AnswerHandle::HumanPossible,
        list_end: ListEnd::KeepRunning,
        retry_delay_ms: u64::MAX,
        trunk_name: Trunks::parse("carrier1:3,carrier2").ok(),
        tech_name: Tech::parse("sip/").ok(),
        queue_name: name("sales"),
        amd_mode: AmdMode::from_code(5).unwrap(),
        service_level: -3,
        max_tries: [1, 2, 3, 4, 5, 6, 7, 8],
        uui_field: name("X-UUI"),
        variables: variables(),
        rules: PlanRules {
            pacing: Some(PacingRule::Level),
            abandon_cap: Percent::parse("2.5").ok(),
            ..PlanRules::default()
        },
        stamps: stamps(),
    }
}

fn dial_list() -> DialList {
    DialList {
        uuid: Uuid::from_u128(2),
        name: text("list"),
        detail: text("detail"),
        variables: variables(),
        stamps: stamps(),
    }
}

fn destination() -> Destination {
    Destination {
        uuid: Uuid::from_u128(3),
        name: text("destination"),
        detail: text("detail"),
        kind: DestinationKind::Application,
        exten: name("s"),
        context: name("default"),
        priority: Some(7),
        application: name("Playback"),
        data: text("hello-world"),
        variables: variables(),
        stamps: stamps(),
    }
}

fn queue() -> Queue {
    Queue { uuid: Uuid::from_u128(4), name: text("sales"), detail: text("detail"), stamps: stamps() }
}

fn campaign() -> Campaign {
    Campaign {
        uuid: CAMPAIGN,
        name: text("campaign"),
        detail: text("detail"),
        status: CampaignStatus::ForceStopping,
        plan: Some(Uuid::from_u128(1)),
        dial_list: Some(Uuid::from_u128(2)),
        destination: Some(Uuid::from_u128(3)),
        next_campaign: Some(Uuid::from_u128(4)),
        schedule: Schedule {
            enabled: true,
            time_start: text("08:00:00"),
            time_end: text("20:00:00"),
            date_start: text("2026-01-01"),
            date_end: text("2026-12-31"),
            date_list: text("2026-05-05"),
            date_list_except: text("2026-06-06"),
            day_list: text("1,2"),
        },
        window_handled: Some(Wall(1_795_437_360_000_000_000)),
        rules: CampaignRules { time_zone: Zone::parse("Europe/Berlin").ok(), ..CampaignRules::default() },
        stamps: stamps(),
    }
}

#[tokio::test]
async fn every_row_comes_back_after_a_restart() {
    let room = Room::new();
    let (store, loaded) = room.open();
    assert!(loaded.plans.is_empty() && loaded.campaigns.is_empty() && loaded.open_claims.is_empty());
    apply(&store, Change::PlanCreated(Arc::new(Plan::new(plan().uuid, Wall(1))))).await;
    apply(&store, Change::PlanUpdated(Arc::new(plan()))).await;
    apply(&store, Change::DialListCreated(Arc::new(dial_list()))).await;
    apply(&store, Change::DestinationCreated(Arc::new(destination()))).await;
    apply(&store, Change::QueueCreated(Arc::new(Queue::new(queue().uuid, Wall(1))))).await;
    apply(&store, Change::QueueUpdated(Arc::new(queue()))).await;
    apply(&store, Change::CampaignCreated(Arc::new(campaign()))).await;
    store.close().await.unwrap();
    let (_store, loaded) = room.open();
    assert_eq!(loaded.plans, [plan()]);
    assert_eq!(loaded.dial_lists, [dial_list()]);
    assert_eq!(loaded.destinations, [destination()]);
    assert_eq!(loaded.queues, [queue()]);
    assert_eq!(loaded.campaigns, [campaign()]);
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date_with_its_rows() {
    let room = Room::new();
    let first = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    first.execute_batch(include_str!("../../src/store/sqlite/schema_1.sql")).unwrap();
    first.execute_batch("INSERT INTO dlma VALUES (1, x'00000000000000000000000000000011', 'list', NULL, '[]', 1, NULL, NULL, NULL)").unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    drop(first);
    let (store, loaded) = room.open();
    let list = DialList { name: text("list"), ..DialList::new(LIST, Wall(1)) };
    assert_eq!((loaded.dial_lists, loaded.queues), (vec![list], vec![]));
    apply(&store, Change::QueueCreated(Arc::new(queue()))).await;
    store.close().await.unwrap();
    assert_eq!(room.open().1.queues, [queue()]);
}

#[tokio::test]
async fn plans_campaigns_and_open_claims_of_the_second_version_come_along() {
    let room = Room::new();
    let second = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    second.execute_batch(include_str!("../../src/store/sqlite/schema_1.sql")).unwrap();
    second.execute_batch(include_str!("../../src/store/sqlite/schema_2.sql")).unwrap();
    second.execute_batch(include_str!("second_version.sql")).unwrap();
    second.pragma_update(None, "user_version", 2).unwrap();
    drop(second);
    let loaded = room.open().1;
    let [plan] = &loaded.plans[..] else { panic!("{:?}", loaded.plans) };
    assert_eq!(
        (plan.trunk_name.clone(), &plan.rules),
        (Trunks::parse("carrier.1").ok(), &PlanRules::default())
    );
    let [campaign] = &loaded.campaigns[..] else { panic!("{:?}", loaded.campaigns) };
    assert_eq!((campaign.status, campaign.window_handled), (CampaignStatus::Start, None));
    assert_eq!((campaign.schedule.enabled, &campaign.rules), (true, &CampaignRules::default()));
    let [open] = &loaded.open_claims[..] else { panic!("{:?}", loaded.open_claims) };
    assert_eq!((&open.trunk, &*open.asterisk, open.claim.index), (&None, "pbx", 1));
    assert!(loaded.tallies.is_empty());
}

#[tokio::test]
async fn results_of_the_tenth_version_are_found_by_lead_number_list_and_campaign() {
    let room = Room::new();
    let tenth = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    for script in TENTH_VERSION {
        tenth.execute_batch(script).unwrap();
    }
    tenth.execute_batch(include_str!("tenth_version.sql")).unwrap();
    tenth.pragma_update(None, "user_version", 10).unwrap();
    drop(tenth);
    let (store, _) = room.open();
    let found = async |wanted: ResultSearch| {
        let page = store.search_results(ResultSearch { limit: 10, ..wanted }).await.unwrap();
        assert_eq!(page.next, None);
        page.results.iter().map(|(seq, _)| *seq).collect::<Vec<_>>()
    };
    let (lead, none) = (Some(Uuid::from_u128(0x21)), ResultSearch::default);
    assert_eq!(found(ResultSearch { lead, ..none() }).await, [3, 1]);
    assert_eq!(found(ResultSearch { lead: Some(Uuid::from_u128(0x22)), ..none() }).await, [2]);
    assert_eq!(found(ResultSearch { number: Some("+4930".to_owned()), ..none() }).await, [2, 1]);
    assert_eq!(found(ResultSearch { dial_list: Some(Uuid::from_u128(0x11)), ..none() }).await, [3, 2, 1]);
    assert_eq!(found(ResultSearch { campaign: Some(Uuid::from_u128(2)), ..none() }).await, [2, 1]);
    assert_eq!(found(none()).await, [4, 3, 2, 1], "one that is no JSON keeps nothing from coming along");
    store.close().await.unwrap();
    fixtures::counts_are_true(&room);
}

#[tokio::test]
async fn deleted_rows_stay_in_the_database_and_are_not_loaded() {
    let room = Room::new();
    let (store, _) = room.open();
    let deleted = Stamps { deleted: Some(Wall(3)), ..stamps() };
    apply(&store, Change::PlanDeleted(Arc::new(Plan { stamps: deleted, ..plan() }))).await;
    apply(&store, Change::DialListDeleted(Arc::new(DialList { stamps: deleted, ..dial_list() }))).await;
    apply(&store, Change::DestinationDeleted(Arc::new(Destination { stamps: deleted, ..destination() })))
        .await;
    apply(&store, Change::QueueDeleted(Arc::new(Queue { stamps: deleted, ..queue() }))).await;
    apply(&store, Change::CampaignDeleted(Arc::new(Campaign { stamps: deleted, ..campaign() }))).await;
    store.close().await.unwrap();
    let (store, loaded) = room.open();
    assert!(loaded.plans.is_empty() && loaded.dial_lists.is_empty());
    assert!(loaded.destinations.is_empty() && loaded.queues.is_empty() && loaded.campaigns.is_empty());
    store.close().await.unwrap();
    let database = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    for table in ["plan", "dlma", "destination", "queue", "campaign"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE tm_delete = 3");
        assert_eq!(database.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), 1, "{table}");
    }
}

#[tokio::test]
async fn a_campaigns_status_is_written_with_the_window_that_it_goes_with_and_that_by_itself() {
    let room = Room::new();
    let (store, _) = room.open();
    apply(&store, Change::CampaignCreated(Arc::new(campaign()))).await;
    let status = CampaignStatus::Start;
    record(
        &store,
        Record::CampaignStatus {
            campaign: CAMPAIGN,
            status,
            updated: Wall(9),
            window_handled: Some(Wall(8)),
        },
    )
    .await;
    store.close().await.unwrap();
    let stamps = Stamps { updated: Some(Wall(9)), ..stamps() };
    let expected = Campaign { status, stamps, window_handled: Some(Wall(8)), ..campaign() };
    let (store, loaded) = room.open();
    assert_eq!(loaded.campaigns, std::slice::from_ref(&expected));
    record(&store, Record::CampaignWindow { campaign: CAMPAIGN, handled: None }).await;
    store.close().await.unwrap();
    assert_eq!(room.open().1.campaigns, [Campaign { window_handled: None, ..expected }]);
}

#[tokio::test]
async fn a_crash_leaves_open_claims_to_be_found() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 3).await;
    let destination = Some(Uuid::from_u128(3));
    let wanted = engine::dialing::ClaimRequest { destination, ..request(2) };
    let claims = claim(&store, wanted.clone()).await.claims;
    fixtures::end(&store, ended(&claims[0])).await;
    let crashed = room.after_crash();
    let (store, loaded) = crashed.open();
    let open = OpenClaim {
        claim: claims[1].clone(),
        campaign: wanted.campaign,
        plan: wanted.plan,
        destination,
        asterisk: Arc::clone(&wanted.asterisk),
        trunk: wanted.trunk,
        created: wanted.due,
        answer: None,
    };
    assert_eq!(loaded.open_claims, [open]);
    assert_eq!(store.results_after(0, 10).await.unwrap().len(), 1);
    fixtures::end(&store, ended(&claims[1])).await;
    assert_eq!(store.results_after(0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_written_is_kept_until_it_can() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 3).await;
    let claims = claim(&store, request(2)).await.claims;
    let other = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let written: Vec<_> = claims
        .iter()
        .map(|claim| {
            let (done, written) = oneshot::channel();
            store.record(Record::Ended(Box::new(ended(claim))), move || done.send(()).unwrap());
            written
        })
        .collect();
    assert!(matches!(try_claim(&store, request(1)).await, Err(StoreError::Unwritable(_))));
    assert!(matches!(store.create_lead(fixtures::lead(9)).await, Err(StoreError::Unwritable(_))));
    assert_eq!(store.results_after(0, 10).await.unwrap(), []);
    other.execute_batch("ROLLBACK").unwrap();
    for written in written {
        written.await.unwrap();
    }
    let results = store.results_after(0, 10).await.unwrap();
    assert!(results[0].1.contains(&claims[0].dialing.to_string()), "{results:?}");
    assert!(results[1].1.contains(&claims[1].dialing.to_string()), "{results:?}");
    assert_eq!(claim(&store, request(1)).await.claims.len(), 1);
}

#[tokio::test]
async fn a_record_that_the_database_refuses_spoils_no_other() {
    let room = Room::new();
    let (store, _) = room.open();
    fill(&store, 3).await;
    let claims = claim(&store, request(2)).await.claims;
    let other = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    let refuse = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON result WHEN NEW.dialing = x'{}' BEGIN SELECT RAISE(ABORT, 'no'); END",
        claims[0].dialing.simple()
    );
    other.execute_batch(&refuse).unwrap();
    store.record(Record::Ended(Box::new(ended(&claims[0]))), || {});
    fixtures::end(&store, ended(&claims[1])).await;
    assert_eq!(store.results_after(0, 10).await.unwrap().len(), 1);
    assert_eq!(claim(&store, request(1)).await.claims.len(), 1);
    other.execute_batch("DROP TRIGGER refuse").unwrap();
    drop(other);
    store.clone().close().await.unwrap();
    assert_eq!(room.open().0.results_after(0, 10).await.unwrap().len(), 2, "closing tries once more");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let room = Room::new();
    room.open().0.close().await.unwrap();
    let database = rusqlite::Connection::open(room.path("outbound.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    let error = fixtures::open(&room.url()).unwrap_err();
    assert_eq!(error, StoreError::Newer { found: 99, known: 14 });
}

#[tokio::test]
async fn a_second_daemon_is_refused_and_told_who_is_first() {
    let room = Room::new();
    let (store, _) = room.open();
    let error = fixtures::open(&room.url()).unwrap_err();
    let StoreError::Held { path, holder } = error else { panic!("{error}") };
    assert_eq!(path, room.directory.path().canonicalize().unwrap().join("outbound.db"));
    assert_eq!(holder.pid, std::process::id().to_string());
    store.close().await.unwrap();
    room.open();
}

#[tokio::test]
async fn a_closed_store_says_so_and_leaves_no_log() {
    let room = Room::new();
    let (store, _) = room.open();
    let clone = store.clone();
    store.close().await.unwrap();
    assert!(!room.path("outbound.db-wal").exists());
    assert_eq!(clone.leads(Some(LIST), 1).await, Err(StoreError::Closed));
    assert_eq!(try_claim(&clone, request(1)).await, Err(StoreError::Closed));
    assert_eq!(clone.close().await, Err(StoreError::Closed));
}

#[test]
fn a_url_that_names_no_database_is_refused() {
    assert_eq!(fixtures::open("postgres://u:p@h/d").unwrap_err(), StoreError::PostgresUnavailable);
    assert_eq!(fixtures::open("mysql:x").unwrap_err(), StoreError::UnknownUrl("mysql:x".into()));
    let nowhere = fixtures::open("sqlite:/nowhere/at/all.db").unwrap_err();
    assert!(matches!(nowhere, StoreError::Unopenable { .. }), "{nowhere}");
}
