//! Headers as fields: what passes, what is refused with which words.

mod reaching;

use engine::model::{RulesPatch, Variable};
use engine::value::{CallerId, Trunks};

use super::*;

type Read = fn(&Message) -> Result<Command, Refusal>;

const UUID: &str = "92dadd08-ac3c-47dc-a41b-10040643ee38";

#[test]
fn every_plan_header_becomes_its_field() {
    let action = action(&[
        ("name", "A"),
        ("DETAIL", ""),
        ("DialMode", "6"),
        ("DialTimeout", "600000"),
        ("CallerId", "5551234"),
        ("AnswerHandle", "2"),
        ("DlEndHandle", "0"),
        ("RetryDelay", "2592000000"),
        ("TrunkName", "t1"),
        ("TechName", "sip/"),
        ("QueueName", "sales"),
        ("AmdMode", "7"),
        ("ServiceLevel", "-1000"),
        ("MaxRetry1", "1"),
        ("MaxRetryCnt8", "1000"),
        ("UuiField", "X-UUI"),
        ("Variable", "a=1"),
        ("variable", "b="),
        ("pacing", "level"),
        ("AbandonCap", "2.5"),
        ("Nonsense", "x\ny"),
    ]);
    let rules = |name| match name {
        "Pacing" => Some("level"),
        "AbandonCap" => Some("2.5"),
        _ => None,
    };
    let mut max_tries = [None; NUMBERS];
    (max_tries[0], max_tries[7]) = (Some(1), Some(1000));
    let expected = PlanPatch {
        name: Some(Text::parse("A").ok()),
        detail: Some(None),
        dial_mode: Some(DialMode::Progressive),
        dial_timeout_ms: Some(600_000),
        caller_id: Some(CallerId::parse("5551234").ok()),
        answer_handle: Some(AnswerHandle::HumanPossible),
        list_end: Some(ListEnd::KeepRunning),
        retry_delay_ms: Some(2_592_000_000),
        trunk_name: Some(Trunks::parse("t1").ok()),
        tech_name: Some(Tech::parse("sip/").ok()),
        queue_name: Some(Name::parse("sales").ok()),
        amd_mode: Some(AmdMode::from_code(7).unwrap()),
        service_level: Some(-1000),
        uui_field: Some(Name::parse("X-UUI").ok()),
        variables: Some(vec![var("a=1"), var("b=")]),
        rules: RulesPatch::read(rules).unwrap(),
        max_tries,
    };
    assert_eq!(plan(&action), Ok(expected));
}

#[test]
fn an_absent_header_leaves_its_field_and_an_empty_one_sets_null_or_the_default() {
    assert_eq!(plan(&action(&[])), Ok(PlanPatch::default()));
    assert_eq!(campaign(&action(&[])), Ok(CampaignPatch::default()));
    assert_eq!(destination(&action(&[])), Ok(DestinationPatch::default()));
    assert_eq!(lead(&action(&[])), Ok(LeadPatch::default()));
    let names =
        ["DialMode", "DialTimeout", "AnswerHandle", "DlEndHandle", "RetryDelay", "AmdMode", "ServiceLevel"];
    let empty: Vec<_> = names.into_iter().chain(MAX_RETRY_CNT).map(|name| (name, "")).collect();
    let mut plan = Plan::new(Uuid::nil(), Wall(0));
    let default = plan.clone();
    plan.dial_mode = DialMode::Robo;
    plan.dial_timeout_ms = 1_000;
    plan.answer_handle = AnswerHandle::HumanOnly;
    plan.list_end = ListEnd::KeepRunning;
    plan.retry_delay_ms = 0;
    plan.amd_mode = AmdMode::from_code(1).unwrap();
    plan.service_level = 3;
    plan.max_tries = [1; NUMBERS];
    super::plan(&action(&empty)).unwrap().apply(&mut plan);
    assert_eq!(plan, default);
    let cleared = campaign(&action(&[("Plan", ""), ("ScTimeStart", ""), ("ScMode", "")])).unwrap();
    assert_eq!((cleared.plan, cleared.schedule.time_start), (Some(None), Some(None)));
    assert_eq!(cleared.schedule.enabled, Some(false));
}

#[test]
fn an_empty_variable_clears_and_counts_nothing_beside_others() {
    assert_eq!(dial_list(&action(&[("Variable", "")])).unwrap().variables, Some(vec![]));
    let both = dial_list(&action(&[("Variable", ""), ("Variable", "a=1")])).unwrap();
    assert_eq!(both.variables, Some(vec![var("a=1")]));
}

#[test]
fn a_uuid_is_taken_in_either_case() {
    let read = campaign(&action(&[("Plan", &UUID.to_uppercase())])).unwrap();
    assert_eq!(read.plan.flatten().unwrap().to_string(), UUID);
}

#[test]
fn a_campaign_with_everything_is_read() {
    let action = action(&[
        ("Uuid", UUID),
        ("Status", "30"),
        ("Dlma", UUID),
        ("Dest", UUID),
        ("NextCampaign", UUID),
        ("ScMode", "1"),
        ("ScTimeStart", "09:00:00"),
        ("ScTimeEnd", "17:00:00"),
        ("ScDateStart", "2015-12-01"),
        ("ScDateEnd", "2015-12-31"),
        ("ScDateList", "2015-12-01,2015-12-02"),
        ("ScDateListExcept", "2015-12-24"),
        ("ScDayList", "1,2,3"),
    ]);
    let Ok(Command::UpdateCampaign { uuid, patch, status }) = update_campaign(&action) else { panic!() };
    assert_eq!((uuid.to_string().as_str(), status), (UUID, Some(CampaignStatus::ForceStopping)));
    assert_eq!([patch.dial_list, patch.destination, patch.next_campaign], [Some(Some(uuid)); 3]);
    let schedule = patch.schedule;
    let texts = [schedule.time_start, schedule.date_end, schedule.date_list, schedule.day_list];
    let texts = texts.map(|text| text.flatten().unwrap().to_string());
    assert_eq!(texts, ["09:00:00", "2015-12-31", "2015-12-01,2015-12-02", "1,2,3"]);
    assert_eq!(schedule.enabled, Some(true));
}

#[test]
fn a_bad_value_is_refused_with_its_header_and_what_was_expected() {
    const A_UUID: &str = "a uuid such as 92dadd08-ac3c-47dc-a41b-10040643ee38 expected";
    const STATUS: &str = "one of 0, 1, 2, 10, 11, 12, 30 expected";
    let table: &[(Read, &str, &[&str], &str)] = &[
        (create_plan, "Name", &["a\nb"], "text without line ends or NUL, at most 1000 characters expected"),
        (create_plan, "DialMode", &["7", "-1", "x", "1.0", " 1", "256"], "a number from 0 to 6 expected"),
        (
            create_plan,
            "DialTimeout",
            &["999", "600001", "-5000", "30s", "+30000", "99999999999999999999", "30000\n"],
            "a number of milliseconds from 1000 to 600000 expected",
        ),
        (create_plan, "AnswerHandle", &["3"], "0, 1 or 2 expected"),
        (create_plan, "DlEndHandle", &["2"], "0 or 1 expected"),
        (
            create_plan,
            "RetryDelay",
            &["-1", "2592000001"],
            "a number of milliseconds from 0 to 2592000000 expected",
        ),
        (create_plan, "AmdMode", &["8"], "a number from 0 to 7 expected"),
        (create_plan, "ServiceLevel", &["-1001", "1001", "--1", "-"], "a number from -1000 to 1000 expected"),
        (create_plan, "MaxRetryCnt1", &["-1", "1001"], "a number from 0 to 1000 expected"),
        (create_plan, "MaxRetry8", &["x"], "a number from 0 to 1000 expected"),
        (create_destination, "Type", &["2"], "0 or 1 expected"),
        (create_destination, "Priority", &["0", "10000"], "a number from 1 to 9999 expected"),
        (create_campaign, "Plan", &["x", "92dadd08ac3c47dca41b10040643ee38"], A_UUID),
        (create_campaign, "Dlma", &["{92dadd08-ac3c-47dc-a41b-10040643ee38}"], A_UUID),
        (create_campaign, "Dest", &["92dadd08-ac3c-47dc-a41b-10040643ee3g"], A_UUID),
        (create_campaign, "NextCampaign", &["-"], A_UUID),
        (create_campaign, "ScMode", &["2"], "0 or 1 expected"),
        (create_campaign, "ScTimeStart", &["24:00:00"], "a time hh:mm:ss expected"),
        (create_campaign, "ScTimeEnd", &["9:00"], "a time hh:mm:ss expected"),
        (create_campaign, "ScDateStart", &["2015-02-29"], "a date YYYY-MM-DD expected"),
        (create_campaign, "ScDateEnd", &["today"], "a date YYYY-MM-DD expected"),
        (create_campaign, "ScDateList", &["2015-12-01,"], "dates YYYY-MM-DD"),
        (create_campaign, "ScDateListExcept", &["2015-12-1"], "dates YYYY-MM-DD"),
        (create_campaign, "ScDayList", &["7"], "days 0 to 6"),
        (update_campaign, "Status", &["3", "", "31", "start"], STATUS),
        (update_campaign, "Uuid", &["", "x"], A_UUID),
        (delete_plan, "Uuid", &["", "x"], A_UUID),
        (|action| create_lead(action).map(|_| panic!()), "DlmaUuid", &["", "x"], A_UUID),
        (|action| update_lead(action).map(|_| panic!()), "Uuid", &["", "x"], A_UUID),
        (lead_alone, "DlmaUuid", &["", "x"], A_UUID),
    ];
    refused(table);
}

#[track_caller]
fn refused(table: &[(Read, &str, &[&str], &str)]) {
    for (read, header, values, expected) in table {
        for value in *values {
            let refused = read(&action(&[(header, value)])).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("{header}: {expected}")), "{header}: {value:?}: {refused}");
        }
    }
}

#[test]
fn too_many_variables_are_refused() {
    let most = vec![("Variable", "a=1"); bounds::VARIABLES];
    assert!(dial_list(&action(&most)).is_ok());
    let refused = dial_list(&action(&[&most[..], &most[..1]].concat())).unwrap_err();
    assert_eq!(refused.to_string(), "Variable: at most 24 variables expected");
}

#[test]
fn both_spellings_of_the_retries_mean_the_same() {
    for i in 0..NUMBERS {
        for names in [MAX_RETRY, MAX_RETRY_CNT] {
            assert_eq!(plan(&action(&[(names[i], "3")])).unwrap().max_tries[i], Some(3));
        }
        let both = plan(&action(&[(MAX_RETRY[i], "3"), (MAX_RETRY_CNT[i], "4")])).unwrap();
        assert_eq!(both.max_tries[i], Some(4));
    }
}

#[test]
fn a_selection_is_all_one_or_nothing() {
    assert_eq!(selection(&action(&[]), "Uuid"), Selection::All);
    assert_eq!(selection(&action(&[("Uuid", "")]), "Uuid"), Selection::All);
    assert_eq!(selection(&action(&[("Uuid", UUID)]), "Uuid"), Selection::One(UUID.parse().unwrap()));
    assert_eq!(selection(&action(&[("Uuid", "x")]), "Uuid"), Selection::Nothing);
    assert_eq!(count(&action(&[])), Ok(100));
    assert_eq!(count(&action(&[("Count", "2000")])), Ok(2000));
    assert_eq!(
        count(&action(&[("Count", "0")])).unwrap_err().to_string(),
        "Count: a number from 1 to 2000 expected"
    );
}

fn lead_alone(action: &Message) -> Result<Command, Refusal> {
    lead(action).map(|patch| panic!("{patch:?}"))
}

fn action(headers: &[(&str, &str)]) -> Message {
    let block: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut decoder = ami::codec::Decoder::new(ami::codec::LineEnd::Crlf);
    decoder.feed(format!("Action: X\r\n{block}\r\n").as_bytes());
    decoder.next_message().unwrap().unwrap()
}

fn var(text: &str) -> Variable {
    crate::admin::variable(text).unwrap()
}
