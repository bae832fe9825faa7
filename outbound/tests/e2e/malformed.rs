//! A thousand actions that are not as the contract says: each is refused by name, and nothing comes of any of them, neither
//! in the database nor in Asterisk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use super::fixtures::campaign;
use super::instance::{asterisk, no_channels, script};
use super::observer::Observer;
use super::support::{Bench, action, until};

type Values = &'static [&'static str];

/// What would leave a dial string, or is no number.
const DIAL_STRINGS: Values = &[
    "1&PJSIP/2",
    "1&&2",
    "1@evil",
    "1@pstn/n",
    "Local/1@pstn",
    "PJSIP/1",
    "1/n",
    "1/n,g",
    "1,2",
    "1,,U(sub)",
    "1)",
    "(1)",
    "1|System(id)",
    "1;rm",
    "1|2",
    "`id`",
    "$(id)",
    "${EXEC(id)}",
    "$[1+1]",
    "1^2",
    "1!2",
    "1?2",
    "1=2",
    "1:2",
    "1~2",
    "1\"2",
    "1'2",
    "1\\n2",
    "1\t2",
    "1\u{b}2",
    "1%0d%0aAction: Command",
    "<1>",
    "1x",
    "x",
    "+",
    "-",
    ".",
    "sip:",
    "sip:@x",
    "sip:a",
    "sip:a@",
    "sip:a@b@c",
    "sip:a/b@c",
    "sip:a@b/c",
    "sip:a@b&PJSIP/c",
    "sip:${X}@b",
    "SIP:a@b",
    "tel:1",
    "٣٤٥",
    "１２３",
    "1\u{a0}2",
    LONG,
];
const LONG: &str = "1111111111222222222233333333334444444444555555555566666666667777777777888888888899999999";
const NO_NUMBERS: Values =
    &["abc", "--1", "+1", "1.5", "0x10", "1e3", "1 2", "NaN", "٣", "-9999999999", "99999999999999999999"];
const NAMES: Values =
    &["a/b", "a@b", "a,b", "a b", "a&b", "a;b", "a|b", "a)b", "${X}", "$[1]", "a\"b", "ü", LONG];
const TRUNKS: Values =
    &["a/b", "a@b", "a,", ",a", "a,a", "a:0", "a:101", "a:x", "a:1:2", "a b", "a&b", "${X}", "a\"b", LONG];
const NO_DECIMALS: Values =
    &["abc", "0", "-1", "+1", "1,5", "1.234", ".5", "1.", "1e3", "NaN", "inf", "99999999999"];
const NO_WORDS: Values = &["x", "Level", "NONE", "1", "level,adaptive", "${X}"];
const LONG_SOUND: &str = match str::from_utf8(&[b'x'; 201]) {
    Ok(text) => text,
    Err(_) => "",
};
const TECHS: Values = &["PJSIP/x", "a b", "${X}", "sip://", "/", "Local/1@pstn", "PJ-SIP", LONG];
const CALLER_IDS: Values = &["${EXEC(id)}", "$[1]", "a<b<c>", "a\tb", LONG];
const SIP_HEADERS: Values = &["From", "to", "Contact", "v", "X UUI", "X-UUI: a", "X-UUI#1", "${X}", LONG];
const VARIABLES: Values = &["noequals", "=x", "a b=c", "CHANNEL(x)=1", "ü=1", "${X}=1", "a,b=1"];
const UUIDS: Values = &[
    "x",
    "0",
    "' OR 1=1; --",
    "92dadd08-ac3c-47dc-a41b-10040643ee3",
    "92dadd08-ac3c-47dc-a41b-10040643ee388",
    "92dadd08ac3c47dca41b10040643ee38",
    "{92dadd08-ac3c-47dc-a41b-10040643ee3}",
    "g2dadd08-ac3c-47dc-a41b-10040643ee38",
];
const EXPANSIONS: Values = &["${EXEC(id)}", "$[1+1]", "a${X}b"];
const TEXTS: Values = &[TOO_LONG];
const TOO_LONG: &str = match str::from_utf8(&[b'x'; 1001]) {
    Ok(text) => text,
    Err(_) => "",
};
const TIMES: Values = &["x", "24:00:00", "23:60:00", "23:59:60", "9:30:00", "09:30"];
const DATES: Values = &["x", "2026-02-30", "2026-13-01", "26-01-01", "2026/01/01", "2026-01-01,"];
const DAYS: Values = &["x", "7", "0,", "0 1", "01", "-1", "Mon"];

/// Of which resources; which headers of their Create and Update; what each of them must refuse.
const FIELDS: &[(&[&str], &[&str], Values)] = &[
    (&["DlList"], &NUMBER, DIAL_STRINGS),
    (&["DlList"], &["Name", "UKey", "UData"], EXPANSIONS),
    (&["DlList"], &["UKey", "UData", "Email"], TEXTS),
    (&["DlList"], &["DlmaUuid"], UUIDS),
    (&["Plan"], &["DialMode", "AnswerHandle", "DlEndHandle", "AmdMode"], NO_NUMBERS),
    (&["Plan"], &["DialTimeout", "RetryDelay", "ServiceLevel"], NO_NUMBERS),
    (&["Plan"], &MAX_RETRY_CNT, NO_NUMBERS),
    (&["Plan"], &MAX_RETRY, NO_NUMBERS),
    (&["Plan"], &["QueueName"], NAMES),
    (&["Plan"], &["TrunkName"], TRUNKS),
    (&["Plan"], &["PowerRatio"], NO_DECIMALS),
    (&["Plan"], &["AbandonSeconds", "AbandonWindow", "PreviewSeconds"], NO_NUMBERS),
    (&["Plan"], &["Pacing", "AbandonRule", "AbandonFrom", "AbandonCount", "PreviewFirst"], NO_WORDS),
    (&["Plan"], &["AbandonCap"], &["0", "100.01", "3 %", "1.234", "-1"]),
    (&["Plan"], &["AbandonMessage"], &["a&b", "a,b", "${X}", "a b", "a;b", LONG_SOUND]),
    (&["Plan"], &["TechName"], TECHS),
    (&["Plan"], &["CallerId"], CALLER_IDS),
    (&["Plan"], &["UuiField"], SIP_HEADERS),
    (&["Destination"], &["Type", "Priority"], NO_NUMBERS),
    (&["Destination"], &["Exten", "Context", "Application"], NAMES),
    (&["Destination"], &["Data"], TEXTS),
    (&["Campaign"], &["Plan", "Dlma", "Dest", "NextCampaign"], UUIDS),
    (&["Campaign"], &["ScMode"], NO_NUMBERS),
    (&["Campaign"], &["ScTimeStart", "ScTimeEnd"], TIMES),
    (&["Campaign"], &["ScDateStart", "ScDateEnd", "ScDateList", "ScDateListExcept"], DATES),
    (&["Campaign"], &["ScDayList"], DAYS),
    (&["Campaign"], &["ScTimeZone"], &["x", "Europe/Nowhere", "../etc/passwd", "+01:00", LONG]),
    (&["Campaign"], &["Weight", "MaxChannels"], NO_NUMBERS),
    (&["Campaign"], &["MaxCps"], NO_DECIMALS),
    (&["Campaign"], &["AbandonGroup"], NAMES),
    (&["Plan", "Dlma", "DlList", "Destination"], &["Variable"], VARIABLES),
    (&["Plan", "Dlma", "DlList", "Destination", "Campaign", "Queue"], &["Name", "Detail"], TEXTS),
];
/// Actions of other kinds, or headers that only one action has.
const OTHERS: &[(&str, &str, Values)] = &[
    ("OutPlanUpdate", "Uuid", UUIDS),
    ("OutPlanDelete", "Uuid", UUIDS),
    ("OutDlmaUpdate", "Uuid", UUIDS),
    ("OutDlmaDelete", "Uuid", UUIDS),
    ("OutDlListUpdate", "Uuid", UUIDS),
    ("OutDlListDelete", "Uuid", UUIDS),
    ("OutDestinationUpdate", "Uuid", UUIDS),
    ("OutDestinationDelete", "Uuid", UUIDS),
    ("OutCampaignUpdate", "Uuid", UUIDS),
    ("OutCampaignUpdate", "Status", NO_NUMBERS),
    ("OutCampaignDelete", "Uuid", UUIDS),
    ("OutQueueUpdate", "Uuid", UUIDS),
    ("OutQueueDelete", "Uuid", UUIDS),
    ("OutDlListShow", "Count", NO_NUMBERS),
];
const NUMBER: [&str; 8] =
    ["Number1", "Number2", "Number3", "Number4", "Number5", "Number6", "Number7", "Number8"];
const MAX_RETRY: [&str; 8] =
    ["MaxRetry1", "MaxRetry2", "MaxRetry3", "MaxRetry4", "MaxRetry5", "MaxRetry6", "MaxRetry7", "MaxRetry8"];
const MAX_RETRY_CNT: [&str; 8] = [
    "MaxRetryCnt1",
    "MaxRetryCnt2",
    "MaxRetryCnt3",
    "MaxRetryCnt4",
    "MaxRetryCnt5",
    "MaxRetryCnt6",
    "MaxRetryCnt7",
    "MaxRetryCnt8",
];

/// Action, header, value.
fn malformed() -> Vec<(&'static str, &'static str, &'static str)> {
    let mut fields = OTHERS.to_vec();
    for (resources, headers, values) in FIELDS {
        for resource in *resources {
            for verb in ["Create", "Update"] {
                let action: &str = format!("Out{resource}{verb}").leak();
                fields.extend(headers.iter().map(|header| (action, *header, *values)));
            }
        }
    }
    let each =
        |(action, header, values): (_, _, Values)| values.iter().map(move |value| (action, header, *value));
    fields.into_iter().flat_map(each).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_malformed_actions_are_refused_by_name_and_nothing_comes_of_them() {
    let pbx = asterisk("malformed");
    let observer = Observer::start(&pbx).await;
    let mut bench = Bench::start(&pbx, "").await;
    let rows_of = rows_at_work(&mut bench).await;
    until("the call in the observer's eyes", || (observer.dialed().len() == 1).then_some(())).await;
    no_channels("malformed").await;
    let look = || (rows(bench.dir.path()), log(), observer.dialed());
    let before = look();

    let actions = malformed();
    let injections = actions.iter().filter(|(_, header, _)| header.starts_with("Number")).count();
    assert!(injections >= 100 && actions.len() - injections >= 900, "{injections} of {}", actions.len());
    for (name, header, value) in &actions {
        // Of a header that repeats, the first counts.
        let mut sent = action(name, &[(header, value)]);
        let (_, good) = rows_of.iter().find(|(resource, _)| name[3..].starts_with(*resource)).unwrap();
        for (header, uuid) in good {
            sent = sent.with(header, uuid).unwrap();
        }
        let response = bench.client.call(sent).await.unwrap();
        let text = response.text("Message");
        let refused = response.text("Response") == "Error" && text.contains(&format!("{header}: "));
        assert!(refused, "{name} {header}: {value}\n{response:?}");
    }
    println!("{} malformed actions, {injections} of them injections into numbers", actions.len());
    no_channels("malformed").await;
    let after = look();
    let changed: Vec<_> = after.0.symmetric_difference(&before.0).collect();
    assert!(changed.is_empty(), "rows: {changed:#?}");
    assert_eq!(after.1, before.1, "Asterisk's log");
    assert_eq!(after.2, before.2, "what was dialed");
    bench.set_status(&rows_of["Campaign"][0].1, "30").await;
    bench.stop().await;
}

/// A row of each resource, and a campaign that has dialed one lead and would dial each other one that came. Returns for
/// each resource the headers that a good action on it has.
async fn rows_at_work(bench: &mut Bench) -> BTreeMap<&'static str, Vec<(&'static str, String)>> {
    let plan = [
        ("TechName", "Local"),
        ("TrunkName", "pstn"),
        ("DialMode", "4"),
        ("DlEndHandle", "0"),
        ("MaxRetryCnt1", "1"),
        ("QueueName", "sales"),
    ];
    // Busy.
    let (campaign, plan, leads) = campaign(bench, &plan, &[&["2100001"]]).await;
    let destination = bench.create("Destination", &[("Exten", "talk"), ("Context", "dialer")]).await;
    let queue = bench.create("Queue", &[("Name", "sales")]).await;
    let dlma = bench.lead(&leads[0]).await.text("DlmaUuid").to_owned();
    bench.set_status(&campaign, "1").await;
    bench.wait(0, |e| e.event_name() == Some("OutDialingDelete")).await;
    // The last row that comes of a call says that its result is in the file.
    let exported = || rows(bench.dir.path()).into_iter().find(|row| row.contains("results_exported"));
    until("the note that the result is in its file", exported).await;
    BTreeMap::from([
        ("Plan", vec![("Uuid", plan)]),
        ("Dlma", vec![("Uuid", dlma.clone())]),
        ("DlList", vec![("Uuid", leads[0].clone()), ("DlmaUuid", dlma)]),
        ("Destination", vec![("Uuid", destination)]),
        ("Queue", vec![("Uuid", queue)]),
        ("Campaign", vec![("Uuid", campaign)]),
    ])
}

/// All rows of all tables.
fn rows(dir: &Path) -> BTreeSet<String> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Connection::open_with_flags(dir.join("outbound.db"), flags).unwrap();
    let mut tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut rows = BTreeSet::new();
    for table in tables.map(Result::unwrap) {
        let mut query = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = query.column_count();
        let mut found = query.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|at| row.get(at).unwrap()).collect();
            rows.insert(format!("{table}: {values:?}"));
        }
    }
    rows
}

/// What Asterisk has complained of.
fn log() -> String {
    std::fs::read_to_string(script(&["log", "--instance", "malformed"]).trim()).unwrap()
}
