//! Imports from files: the library's run against a database in a file, and `outbound list import` as a process.
#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use engine::dialing::ClaimRequest;
use engine::model::{Change, DialList, Lead, NUMBERS};
use engine::time::Wall;
use engine::value::{Number, Text};
use outbound::import::{self, Choices, Duplicates, ImportError, Options, Rules, Seen, Source, Summary};
use outbound::store::{CACHE_MIB, Loaded, Store, StoreOptions, Synchronous};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

/// What a process may take for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory with a config, a database and a file to import.
struct Room(TempDir);

impl Room {
    fn new(csv: &str) -> Self {
        let room = Self(tempfile::tempdir().unwrap());
        fs::write(room.path("leads.csv"), csv).unwrap();
        let config = format!("[store]\nurl = \"{}\"\n", room.url());
        fs::write(room.path("outbound.toml"), config).unwrap();
        room
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path("outbound.db").display())
    }

    fn open(&self) -> (Store, Loaded) {
        let options = StoreOptions { url: self.url(), synchronous: Synchronous::Full, cache_mib: CACHE_MIB };
        Store::open(&options).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outbound"));
        let ours = ["list", "import", "leads.csv"];
        let given = if arguments.first() == Some(&"-") { &ours[..2] } else { &ours[..] };
        command.args(given).args(arguments).current_dir(self.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn import(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> Option<T> {
        let database = Connection::open(self.path("outbound.db")).unwrap();
        database.busy_timeout(PATIENCE).unwrap();
        database.query_row(sql, [], |row| row.get(0)).optional().unwrap_or_default()
    }

    fn leads(&self) -> i64 {
        self.sql("SELECT count(*) FROM lead").unwrap()
    }

    /// Starts an import and returns when a part of it is in.
    fn begin(&self) -> Child {
        let child = self.command(&["--list", "l", "--create"]).spawn().unwrap();
        self.wait_for_a_row("SELECT records FROM import");
        child
    }

    fn wait_for_a_row(&self, sql: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.sql::<i64>(sql).is_none() {
            assert!(Instant::now() < deadline, "nothing came of it: {sql}");
            std::thread::yield_now();
        }
    }
}

fn rows(count: u32) -> String {
    let mut csv = "ukey,phone\n".to_owned();
    (0..count).for_each(|n| writeln!(csv, "K{n},+43316{n:06}").unwrap());
    csv
}

fn interrupt(child: &Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn run(
    room: &Room,
    store: &Store,
    list: Uuid,
    watch: impl FnMut(Seen) -> bool + Send + 'static,
) -> Result<Summary, ImportError> {
    let source = Source::File(File::open(room.path("leads.csv")).unwrap());
    import::run(store.clone(), source, options(room, list), watch).await
}

fn options(room: &Room, dial_list: Uuid) -> Options {
    let report = room.path("report.csv");
    let (choices, rules) = (Choices::default(), Rules::default());
    Options { dial_list, choices, rules, dry_run: false, report, again: false, id: None }
}

/// A database with one list.
async fn with_list(room: &Room) -> (Store, Uuid) {
    assert_eq!(room.import(&["--list", "l", "--create", "--map", "ukey=udata"]).status.code(), Some(0));
    let (store, loaded) = room.open();
    (store, loaded.dial_lists[0].uuid)
}

#[tokio::test]
async fn an_import_that_is_cut_off_by_a_crash_goes_on_and_each_lead_is_in_once() {
    let first = Room::new("ukey,phone\nx,1\n");
    let (store, list) = with_list(&first).await;
    let mut csv = rows(2_000) + "bad,none\n";
    csv += rows(4_000).strip_prefix("ukey,phone\n").unwrap();
    fs::write(first.path("leads.csv"), csv + "bad,none\n").unwrap();
    // What another directory has of its files is all that a crash leaves.
    let left = Room::new(&fs::read_to_string(first.path("leads.csv")).unwrap());
    let begun = run(&first, &store, list, |seen| seen.progress.rows() < 3_000).await.unwrap();
    assert_eq!((begun.imported, begun.refused, begun.finished), (3_000, 1, false));
    for name in ["outbound.db", "outbound.db-wal", "report.csv"] {
        fs::copy(first.path(name), left.path(name)).unwrap();
    }
    // A row that was reported in a chunk that was not committed.
    let mut report = fs::OpenOptions::new().append(true).open(left.path("report.csv")).unwrap();
    report.write_all(b"6003,phone,uncommitted,bad,none\n").unwrap();
    let (store, _) = left.open();
    let rest = run(&left, &store, list, |_| true).await.unwrap();
    assert_eq!((rest.done_before, rest.imported, rest.refused, rest.finished), (3_001, 3_000, 1, true));
    let keys = "SELECT group_concat(ukey) FROM (SELECT ukey FROM lead WHERE ukey IS NOT NULL ORDER BY id)";
    let expected: Vec<String> = (0..2_000).chain(0..4_000).map(|n| format!("K{n}")).collect();
    assert_eq!(left.sql::<String>(keys).unwrap(), expected.join(","));
    let report = fs::read_to_string(left.path("report.csv")).unwrap();
    let lines: Vec<&str> = report.lines().collect();
    assert!(lines[1].starts_with("2002,") && lines[2].starts_with("6003,phone,\"a number"), "{report}");
    assert_eq!(lines.len(), 3, "{report}");
    let again = run(&left, &store, list, |_| true).await.unwrap();
    assert_eq!((again.rows, again.done_before, again.finished), (0, 6_002, true));
}

#[tokio::test]
async fn an_import_stops_when_it_is_told_to_and_another_list_knows_nothing_of_it() {
    let room = Room::new("ukey,phone\nx,1\n");
    let (store, list) = with_list(&room).await;
    fs::write(room.path("leads.csv"), rows(5_000)).unwrap();
    let stopped = run(&room, &store, list, |seen| seen.progress.rows() < 2_000).await.unwrap();
    assert_eq!((stopped.imported, stopped.finished), (2_000, false));
    let unknown = run(&room, &store, Uuid::nil(), |_| true).await.unwrap_err();
    assert!(matches!(unknown, ImportError::Store(_)), "{unknown}");
    let rest = run(&room, &store, list, |_| true).await.unwrap();
    assert_eq!((rest.imported, rest.done_before, rest.finished), (3_000, 2_000, true));
}

#[tokio::test]
async fn a_stream_with_an_id_goes_on_when_it_comes_again_from_its_beginning() {
    let room = Room::new("ukey,phone\nx,1\n");
    let (store, list) = with_list(&room).await;
    let options = Options { id: Some(Uuid::from_u128(7)), ..options(&room, list) };
    let stream = || Source::Stream(Box::new(std::io::Cursor::new(rows(3_000))));
    let stopped = import::run(store.clone(), stream(), options.clone(), |_| false).await.unwrap();
    assert_eq!((stopped.imported, stopped.finished), (1_000, false));
    let rest = import::run(store, stream(), options, |_| true).await.unwrap();
    assert_eq!((rest.imported, rest.done_before, rest.finished), (2_000, 1_000, true));
}

/// What others do to the list between two chunks is seen by the rows behind, as what the list had at the beginning.
#[tokio::test(flavor = "multi_thread")]
async fn leads_that_others_add_or_change_while_an_import_runs_are_known_to_the_rows_behind() {
    for (duplicates, imported) in
        [(Duplicates::Skip, 2_996), (Duplicates::Update, 2_996), (Duplicates::Take, 3_000)]
    {
        let room = Room::new("ukey,phone\nx,1\n");
        let (store, list) = with_list(&room).await;
        let other = another_list(&store).await;
        store.create_lead(lead(list, 1, "before", "43316002999")).await.unwrap();
        let clients = store.clone();
        let others = async move {
            // By a key, by a number, by a new number of one that was there; and what concerns no row behind.
            clients.create_lead(lead(list, 2, "K2000", "1")).await.unwrap();
            clients.create_lead(lead(list, 3, "new", "+43316002001")).await.unwrap();
            let other_number = |lead: &mut Lead| lead.numbers[0] = Number::parse("+43316002002").ok();
            clients.update_lead(Uuid::from_u128(1), other_number).await.unwrap();
            clients.create_lead(lead(list, 4, "K1", "2")).await.unwrap();
            clients.create_lead(lead(other, 5, "K2005", "+43316002006")).await.unwrap();
            clients.create_lead(lead(list, 6, "last", "+43316002999")).await.unwrap();
        };
        let done = imported_beside(&room, &store, list, duplicates, others).await;
        assert_eq!((done.imported, done.finished), (imported, true), "{duplicates}");
        let others = [done.skipped, done.updated];
        let expected = match duplicates {
            Duplicates::Skip => [4, 0],
            Duplicates::Update => [0, 4],
            Duplicates::Take => [0, 0],
        };
        assert_eq!(others, expected);
        let number = |n: u128| {
            let store = store.clone();
            async move { store.lead(Uuid::from_u128(n)).await.unwrap().unwrap().numbers[0].clone() }
        };
        let given = if duplicates == Duplicates::Update { "+43316002000" } else { "1" };
        assert_eq!(number(2).await, Number::parse(given).ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_leads_lose_while_an_import_runs_are_those_of_who_has_them_still_or_of_nobody() {
    for duplicates in [Duplicates::Skip, Duplicates::Update] {
        let room = Room::new("ukey,phone\nx,1\n");
        let (store, list) = with_list(&room).await;
        let other = another_list(&store).await;
        for (uuid, ukey, number) in [
            (1, "K2000", "1"),
            (2, "b", "+43316002001"),
            (3, "c", "+43316002002"),
            (4, "d", "+43316002003"),
            (5, "e", "+43316002003"),
            (6, "K2004", "6"),
        ] {
            store.create_lead(lead(list, uuid, ukey, number)).await.unwrap();
        }
        let clients = store.clone();
        let others = async move {
            let uuid = Uuid::from_u128;
            let other_number = |lead: &mut Lead| lead.numbers[0] = Number::parse("22").ok();
            clients.update_lead(uuid(2), other_number).await.unwrap();
            clients.update_lead(uuid(3), move |lead: &mut Lead| lead.dial_list = other).await.unwrap();
            for gone in [1, 4, 6] {
                clients.delete_lead(uuid(gone), Wall(2)).await.unwrap();
            }
            clients.create_lead(lead(list, 7, "K2004", "7")).await.unwrap();
        };
        let done = imported_beside(&room, &store, list, duplicates, others).await;
        // 5 has the number of 4 still, and 7 has the key of 6.
        assert_eq!((done.imported, done.skipped + done.updated), (2_998, 2), "{duplicates}");
        let number =
            async |n: u128| store.lead(Uuid::from_u128(n)).await.unwrap().unwrap().numbers[0].clone();
        let given = if duplicates == Duplicates::Update { "+43316002004" } else { "7" };
        assert_eq!([number(7).await, number(2).await], [given, "22"].map(|text| Number::parse(text).ok()));
    }
}

/// An import of 3,000 rows; what others do meanwhile comes between its first two chunks.
async fn imported_beside(
    room: &Room,
    store: &Store,
    list: Uuid,
    duplicates: Duplicates,
    others: impl Future<Output = ()> + Send + 'static,
) -> Summary {
    fs::write(room.path("leads.csv"), rows(3_000)).unwrap();
    let (runtime, mut others) = (tokio::runtime::Handle::current(), Some(others));
    let mut options = options(room, list);
    options.rules.duplicates = duplicates;
    let watch = move |_| {
        if let Some(others) = others.take() {
            runtime.block_on(others);
        }
        true
    };
    let source = Source::File(File::open(room.path("leads.csv")).unwrap());
    import::run(store.clone(), source, options, watch).await.unwrap()
}

fn lead(list: Uuid, uuid: u128, ukey: &str, number: &str) -> Lead {
    let mut lead = Lead::new(Uuid::from_u128(uuid), list, Wall(1));
    lead.ukey = Text::parse(ukey).ok();
    lead.numbers[0] = Number::parse(number).ok();
    lead
}

async fn another_list(store: &Store) -> Uuid {
    let other = Uuid::from_u128(99);
    let (made, answer) = tokio::sync::oneshot::channel();
    let change = Change::DialListCreated(Arc::new(DialList::new(other, Wall(1))));
    store.apply(change, move |result| made.send(result).unwrap());
    answer.await.unwrap().unwrap();
    other
}

#[tokio::test]
async fn claims_have_their_turn_while_an_import_runs() {
    let room = Room::new("ukey,phone\nx,1\n");
    let (store, list) = with_list(&room).await;
    fs::write(room.path("leads.csv"), rows(20_000)).unwrap();
    let (answer, answers) = mpsc::channel();
    let sent = Arc::new(AtomicU64::new(0));
    let dialer = store.clone();
    // Each time that a chunk has gone to the writer, a dialer asks for a lead behind it.
    let done = run(&room, &store, list, move |_| {
        let chunks = sent.fetch_add(1, Ordering::SeqCst) + 1;
        let (answer, sent) = (answer.clone(), Arc::clone(&sent));
        dialer.claim(one_lead_of(list), move |claimed| {
            let sent_meanwhile = sent.load(Ordering::SeqCst) - chunks;
            answer.send((claimed.unwrap().claims[0].lead.uuid, sent_meanwhile)).unwrap();
        });
        true
    });
    assert!(done.await.unwrap().finished);
    let answers: Vec<(Uuid, u64)> = answers.iter().collect();
    assert_eq!(answers.iter().map(|(lead, _)| lead).collect::<BTreeSet<_>>().len(), 21);
    assert!(answers.iter().all(|&(_, sent_meanwhile)| sent_meanwhile <= 2), "{answers:?}");
}

fn one_lead_of(dial_list: Uuid) -> ClaimRequest {
    ClaimRequest {
        campaign: Uuid::from_u128(1),
        plan: Uuid::from_u128(2),
        dial_list,
        destination: None,
        asterisk: "pbx1".into(),
        trunk: None,
        count: 1,
        reserve: false,
        max_tries: [1; NUMBERS],
        widest_tries: [1; NUMBERS],
        due: Wall(1),
    }
}

#[test]
fn an_import_that_is_killed_goes_on_and_each_lead_is_in_once() {
    let count = 100_000;
    let room = Room::new(&rows(count));
    let mut child = room.begin();
    child.kill().unwrap();
    child.wait().unwrap();
    let before = room.leads();
    assert!((1..i64::from(count)).contains(&before), "{before}");
    let output = room.import(&["--list", "l", "--json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["done_before"], before, "{summary}");
    assert_eq!(summary["imported"], i64::from(count) - before, "{summary}");
    assert!(summary["peak_resident_kb"].as_u64() > Some(1_000), "{summary}");
    assert_eq!(output.status.code(), Some(0));
    let keys = room.sql::<i64>("SELECT count(DISTINCT ukey) FROM lead");
    assert_eq!((keys, room.leads()), (Some(count.into()), count.into()));
}

#[test]
fn sigint_ends_an_import_behind_a_chunk_and_says_how_to_go_on() {
    let room = Room::new(&rows(100_000));
    let child = room.begin();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("stopped: start the same command again"), "{}", said(&output));
    let records = room.sql::<i64>("SELECT records FROM import").unwrap();
    assert!(records < 100_000 && records == room.leads(), "{records}");
}

#[test]
fn an_import_that_waits_for_more_on_standard_input_is_ended_by_signals() {
    let room = Room::new("");
    let mut child = room.command(&["-", "--list", "l", "--create"]).spawn().unwrap();
    let mut open = child.stdin.take().unwrap();
    open.write_all(rows(1_500).as_bytes()).unwrap();
    room.wait_for_a_row("SELECT records FROM import");
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    drop(open);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("given up while it waited for more"), "{}", said(&output));
    assert_eq!(room.leads(), 1_000);
}

#[test]
fn refused_rows_are_reported_with_their_reasons_and_can_be_mended() {
    let room = Room::new(
        "Name;Telefon;Ort\r\nAnn;+43 1 (234) 5;Graz\r\nBob;none;Linz\r\n\"C;d\";;Wels\r\n\r\nEve;1;\n",
    );
    let mapped = ["--list", "l", "--create", "--map", "telefon=number1", "--map", "Ort=variable:CITY"];
    let output = room.import(&mapped);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("imported 2 of 4 rows, refused 2"), "{}", said(&output));
    let report = fs::read_to_string(room.path("leads.csv.rejected.csv")).unwrap();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], "rejected_line;rejected_field;rejected_reason;Name;Telefon;Ort");
    assert!(
        lines[1].starts_with("3;Telefon;a number of digits") && lines[1].ends_with(";Bob;none;Linz"),
        "{report}"
    );
    assert_eq!(lines[2], "4;;at least one number expected;\"C;d\";;Wels");
    let stored = room.sql::<String>("SELECT name || number1 || variables FROM lead WHERE id = 1");
    assert_eq!(stored.as_deref(), Some("Ann+4312345[[\"CITY\",\"Graz\"]]"));
    let mended = report.replace(";none;", ";2;").replace("\";;", "\";3;");
    fs::write(room.path("leads.csv"), mended).unwrap();
    assert_eq!(room.import(&mapped).status.code(), Some(0));
    let names = room.sql::<String>("SELECT group_concat(name, '|') FROM lead");
    assert_eq!(names.as_deref(), Some("Ann|Eve|Bob|C;d"));
}

#[test]
fn a_file_is_taken_in_once_unless_it_is_wanted_again() {
    let room = Room::new(&rows(3));
    assert_eq!(room.import(&["--list", "l", "--create"]).status.code(), Some(0));
    let second = room.import(&["--list", "l"]);
    assert_eq!((second.status.code(), room.leads()), (Some(0), 3));
    assert!(said(&second).contains("in this list already (3 rows): --again"), "{}", said(&second));
    let list = room.sql::<Vec<u8>>("SELECT uuid FROM dlma").unwrap();
    let list = Uuid::from_slice(&list).unwrap().to_string();
    assert_eq!(room.import(&["--list", &list, "--again"]).status.code(), Some(0));
    assert_eq!(room.leads(), 6);
    assert_eq!(room.import(&["--list", "other", "--create"]).status.code(), Some(0));
    assert_eq!(room.leads(), 9);
    let uuids = room.sql::<String>("SELECT group_concat(hex(uuid)) FROM lead").unwrap();
    assert_eq!(uuids.split(',').collect::<BTreeSet<_>>().len(), 9);
}

#[test]
fn a_file_whose_rows_were_all_refused_may_come_with_another_mapping() {
    let room = Room::new("a,b\nAnn,1\nBob,2\n");
    let wrong = room.import(&["--list", "l", "--create", "--map", "a=number1", "--map", "b=name"]);
    assert_eq!((wrong.status.code(), room.leads()), (Some(3), 0));
    let right = room.import(&["--list", "l", "--map", "b=number1", "--map", "a=name"]);
    assert_eq!((right.status.code(), room.leads()), (Some(0), 2), "{}", said(&right));
}

#[test]
fn standard_input_is_taken_in_as_often_as_it_comes() {
    let room = Room::new("");
    for _ in 0..2 {
        let mut child = room.command(&["-", "--list", "l", "--create"]).spawn().unwrap();
        child.stdin.take().unwrap().write_all(rows(5).as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    assert_eq!(room.leads(), 10);
}

#[test]
fn a_dry_run_says_what_would_be_refused_and_opens_no_database() {
    let room = Room::new("phone\n1\nx\n");
    let output = room.import(&["--dry-run"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("would import 1 of 2 rows, refused 1"), "{}", said(&output));
    assert!(!room.path("outbound.db").exists());
    assert!(fs::read_to_string(room.path("leads.csv.rejected.csv")).unwrap().contains("\n3,phone,"));
}

#[test]
fn what_is_in_the_way_is_named() {
    let room = Room::new("phone,Age\n1,7\n");
    let refused = |arguments: &[&str], parts: &[&str]| {
        let output = room.import(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        for part in parts {
            assert!(said(&output).contains(part), "{part}: {}", said(&output));
        }
    };
    refused(&["--list", "l"], &["no dial list \"l\"", "--create", "there are none"]);
    refused(&["--list", "l", "--create"], &["\"Age\" is no field", "--ignore \"Age\"", "number1"]);
    refused(&["--list", &Uuid::nil().to_string(), "--create"], &["--create makes one by a name"]);
    refused(&["--list", "m"], &["there are \"l\""]);
    refused(&["--list", "l", "--report", "./leads.csv"], &["written over leads.csv"]);
    let (store, _) = room.open();
    let pid = std::process::id().to_string();
    refused(&["--list", "l"], &[&pid, "so the file goes to the daemon", "no token: "]);
    drop(store);
    fs::remove_file(room.path("leads.csv")).unwrap();
    refused(&["--list", "l"], &["cannot open leads.csv"]);
}
