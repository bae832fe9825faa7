//! Variables as Asterisk reads them: quoted, inherited, never too long.

use std::sync::Arc;

use engine::dialing::DialRoute;
use engine::model::{LeadTexts, Variable};
use engine::time::Wall;
use engine::value::{Name, Tech, Text, VariableName};

use super::*;

#[test]
fn a_value_cannot_become_a_second_variable() {
    let header = |value| header(Uuid::nil(), "", "A", value);
    assert_eq!(header("plain"), "A=plain");
    assert_eq!(header("${X} $[1+1] (x [y {z | ; 'q"), "A=${X} $[1+1] (x [y {z | ; 'q");
    assert_eq!(header("1,B=2"), "A=\"1,B=2\"");
    assert_eq!(header("a\",B=\"2"), "A=\"a\\\",B=\\\"2\"");
    assert_eq!(header(" blanks "), "A=\" blanks \"");
    assert_eq!(header(""), "A=");
}

#[test]
fn a_line_never_passes_its_length_and_is_cut_between_characters() {
    for text in ["x", "ü", "漢", "\"", "\\", ",", " ", "a\\ü"] {
        let value = text.repeat(1_000);
        let header = header(Uuid::nil(), "__", "OUT_LEAD_UDATA", &value);
        let line = format!("Variable: {header}").len();
        assert!((LINE_MAX - 8..=LINE_MAX).contains(&line), "{text}: {line}");
        let kept = header.split_once('=').unwrap().1.trim_matches('"').replace("\\\\", "\\");
        assert!(text == "\"" || value.starts_with(&kept), "{text}");
    }
    let most = "x".repeat(LINE_MAX - "Variable: A=\"\"".len());
    assert_eq!(header(Uuid::nil(), "", "A", &most).len(), most.len() + 2);
}

#[test]
fn a_call_carries_the_users_variables_and_ours() {
    let setup =
        setup(&[("A", "plan"), ("_ONCE", "1"), ("__ALL", "2"), ("A", "lead"), ("OUT_LEAD_UUID", "x")]);
    let expected = [
        "_ONCE=1",
        "__ALL=2",
        "__A=lead",
        "__OUT_DIALING_UUID=00000000-0000-0000-0000-000000000001",
        "__OUT_CAMPAIGN_UUID=00000000-0000-0000-0000-000000000002",
        "__OUT_LEAD_UUID=00000000-0000-0000-0000-000000000003",
        "__OUT_LEAD_NAME=\"Doe, Jane\"",
        "__OUT_LEAD_UDATA=a;b",
    ];
    assert_eq!(headers(&setup, &Plan::new(Uuid::nil(), Wall(0))), expected);
}

#[test]
fn the_sip_header_needs_pjsip_a_field_and_data() {
    let mut plan = Plan::new(Uuid::nil(), Wall(0));
    let mut setup = setup(&[]);
    assert_eq!(sip_header(&setup, &plan), None);
    plan.uui_field = Name::parse("User-to-User").ok();
    assert_eq!(sip_header(&setup, &plan).as_deref(), Some("PJSIP_HEADER(add,User-to-User)=a;b"));
    setup.lead_texts.udata = Text::parse("a,\u{1}\t\"b\"").ok();
    let quoted = "PJSIP_HEADER(add,User-to-User)=\"a,  \\\"b\\\"\"";
    assert_eq!(sip_header(&setup, &plan).as_deref(), Some(quoted));
    plan.tech_name = Tech::parse("Local").ok();
    assert_eq!(sip_header(&setup, &plan), None);
    (plan.tech_name, setup.lead_texts.udata) = (Tech::parse("pjsip/").ok(), None);
    assert_eq!(sip_header(&setup, &plan), None);
}

pub(in crate::asterisk) fn setup(variables: &[(&str, &str)]) -> Setup {
    let variable = |&(name, value): &(&str, &str)| Variable {
        name: VariableName::parse(name).unwrap(),
        value: value.to_owned(),
    };
    let text = |text: &str| Text::parse(text).ok();
    Setup {
        uuid: Uuid::from_u128(1),
        serial: 1,
        campaign: Uuid::from_u128(2),
        plan: Uuid::nil(),
        dial_list: Uuid::nil(),
        destination: None,
        lead: Uuid::from_u128(3),
        lead_texts: LeadTexts { name: text("Doe, Jane"), ukey: None, udata: text("a;b") },
        asterisk: Arc::from("pbx1"),
        index: 1,
        address: "1".to_owned(),
        channel: "PJSIP/1@carrier".to_owned(),
        try_count: 1,
        timeout_ms: 30_000,
        route: DialRoute::Exten { exten: "x".to_owned(), context: "res_outbound".to_owned(), priority: 1 },
        caller_id: None,
        variables: variables.iter().map(variable).collect(),
        created: Wall(0),
    }
}
