//! Answers to actions: the same words and headers as in the recordings.

use crate::capture::{headers, load, parse};
use crate::driver::{replay, world};
use ami::Message;
use pbxsim::{Scenario, Sim};

fn answers(run: &[Message]) -> Vec<(String, String, String)> {
    let all = run.iter().filter(|message| message.event_name().is_none());
    all.map(|m| (m.text("ActionID").to_owned(), m.text("Response").to_owned(), m.text("Message").to_owned()))
        .collect()
}

fn check(name: &str, scenario: Scenario, compare_answers: bool) -> Vec<Message> {
    let capture = load(name);
    let mut sim = Sim::new(scenario, 3);
    let ours = replay(&mut sim, &capture.sent, 60_000);
    if compare_answers {
        assert_eq!(answers(&ours), answers(&capture.received), "{name}");
    }
    let (expected, found) = (headers(&capture.received), headers(&ours));
    for (event, list) in &found {
        if let Some(real) = expected.get(event) {
            assert_eq!(list, real, "{name}: headers of {event}");
        }
    }
    ours
}

fn with_members() -> Scenario {
    let mut scenario = world();
    scenario.agents.count = 1;
    scenario.queues.push(pbxsim::scenario::QueueSetup { name: "dyn".to_owned(), ..Default::default() });
    scenario.agents.queues = vec!["salessip".to_owned()];
    scenario
}

#[test]
fn lists_of_queues() {
    check("C01_queue_summary", with_members(), true);
    check("C02_queue_status", with_members(), true);
}

#[test]
fn the_state_of_the_pbx() {
    check("C20_core_status", world(), true);
}

#[test]
fn errors_of_originate_and_hangup() {
    check("C30_originate_bad", world(), true);
    check("C33_hangup_errors", world(), true);
}

#[test]
fn members_come_pause_and_go() {
    let capture = load("C03_queue_members");
    let known = ["QueueAdd", "QueuePause", "QueueRemove", "QueueStatus"];
    let sent: Vec<_> =
        capture.sent.into_iter().filter(|(_, action)| known.contains(&action.text("Action"))).collect();
    let ids: Vec<String> = sent.iter().map(|(_, action)| action.text("ActionID").to_owned()).collect();
    let ours = replay(&mut Sim::new(with_members(), 3), &sent, 60_000);
    let real: Vec<_> = answers(&capture.received).into_iter().filter(|(id, ..)| ids.contains(id)).collect();
    assert_eq!(answers(&ours), real);
    let (expected, found) = (headers(&capture.received), headers(&ours));
    for event in ["QueueMemberAdded", "QueueMemberPause", "QueueMemberRemoved", "QueueMember", "QueueParams"]
    {
        assert_eq!(found.get(event), expected.get(event), "{event}");
    }
}

#[test]
fn a_reload_is_told_and_wipes_what_was_added() {
    let ours = check("C34_reload", world(), true);
    let told = ours.iter().filter(|message| message.event_name() == Some("Reload"));
    let told: Vec<_> = told.map(|m| (m.text("Module"), m.text("Status"))).collect();
    assert_eq!(told, [("app_queue", "0"), ("pbx_config.so", "0"), ("nosuch", "2"), ("All", "0")]);

    let mut sim = Sim::new(world(), 1);
    let add = "Action: DialplanExtensionAdd\r\nContext: res\r\nExtension: x\r\nPriority: 1\r\nApplication: NoOp\r\n";
    let call =
        "Action: Originate\r\nChannel: PJSIP/1055@carrier\r\nContext: res\r\nExten: x\r\nAsync: true\r\n";
    let reload = "Action: Command\r\nCommand: dialplan reload\r\n";
    let sent: Vec<_> = [call, add, add, call, reload, call].map(|text| (0, parse(text))).to_vec();
    let ours = replay(&mut sim, &sent, 1);
    let said: Vec<_> = ours.iter().filter(|m| m.event_name().is_none()).map(|m| m.text("Message")).collect();
    assert_eq!(
        said,
        [
            "Extension does not exist.",
            "Added requested extension",
            "That extension and priority already exist at that context",
            "Originate successfully queued",
            "Command output follows",
            "Extension does not exist.",
        ]
    );
}

#[test]
fn a_dialer_that_lost_its_connection_finds_its_calls_again() {
    let call = "Action: Originate\r\nChannelId: id-1\r\nChannel: Local/1255@pstn/n\r\nContext: dialer\r\n\
                Exten: talk\r\nVariable: CALLREF=r1\r\nAsync: true\r\n";
    let status = "Action: Status\r\nActionID: s\r\nVariables: CALLREF,CAMPAIGN\r\n";
    let show = "Action: CoreShowChannels\r\nActionID: c\r\n";
    let one = "Action: Status\r\nActionID: o\r\nChannel: gone\r\n";
    let sent = [(0, parse(call)), (3_000, parse(status)), (3_000, parse(show)), (3_000, parse(one))];
    let ours = replay(&mut Sim::new(world(), 1), &sent, 3_000);
    let found = headers(&ours);
    for (name, event) in [
        ("C10_recovery_coreshowchannels", "CoreShowChannel"),
        ("C10_recovery_coreshowchannels", "CoreShowChannelsComplete"),
        ("C11_recovery_status", "Status"),
        ("C11_recovery_status", "StatusComplete"),
    ] {
        assert_eq!(found.get(event), headers(&load(name).received).get(event), "{event}");
    }
    let item = ours.iter().find(|message| message.event_name() == Some("Status")).unwrap();
    assert_eq!(item.all("Variable").collect::<Vec<_>>(), ["CALLREF=r1", "CAMPAIGN=(null)"]);
    assert_eq!(ours.last().unwrap().text("Message"), "No such channel");
}

#[test]
fn a_dialers_own_dialplan_sends_persons_to_the_queue_and_hangs_up_on_machines() {
    let lines = [
        ("AMD", ""),
        ("UserEvent", "Detected,Id: ${UNIQUEID},Status: ${AMDSTATUS},Cause: ${AMDCAUSE}"),
        ("GotoIf", r#"$["${AMDSTATUS}" = "HUMAN" | "${AMDSTATUS}" = "NOTSURE"]?5"#),
        ("Hangup", "21"),
        ("Queue", "sales,,,,5"),
        ("Hangup", ""),
    ];
    let add = |(priority, (app, data)): (usize, (&str, &str))| {
        parse(&format!(
            "Action: DialplanExtensionAdd\r\nContext: res\r\nExtension: x\r\nPriority: {}\r\n\
             Application: {app}\r\nApplicationData: {data}\r\n",
            priority + 1
        ))
    };
    let mut sent: Vec<_> = lines.into_iter().enumerate().map(|line| (0, add(line))).collect();
    for (number, id) in [("7055", "person"), ("7155", "machine")] {
        sent.push((
            0,
            parse(&format!(
                "Action: Originate\r\nChannel: Local/{number}@pstn/n\r\nChannelId: {id}\r\nContext: res\r\n\
                 Exten: x\r\nAsync: true\r\n"
            )),
        ));
    }
    let ours = replay(&mut Sim::new(world(), 1), &sent, 60_000);
    let of = |event: &str, header: &str| -> Vec<(String, String)> {
        let all = ours.iter().filter(|message| message.event_name() == Some(event));
        all.map(|m| (m.text("Uniqueid").to_owned(), m.text(header).to_owned())).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(of("UserEvent", "Status"), [pair("person", "HUMAN"), pair("machine", "MACHINE")]);
    assert_eq!(of("QueueCallerJoin", "Queue"), [pair("person", "sales")]);
    assert!(of("Hangup", "Cause").contains(&pair("machine", "21")));
    assert!(of("Hangup", "Cause").contains(&pair("person", "16")));
}
