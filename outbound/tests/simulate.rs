//! `outbound simulate` as a process.
#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn simulate(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_outbound"))
        .arg("simulate")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a process that has found an error reads no further
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The answers to `input`, one for each step.
fn served(policy: &str, input: &str) -> Vec<u64> {
    let output = simulate(&["--stdio", "--policy", policy], input);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answer = |line: &str| serde_json::from_str::<Value>(line).unwrap()["dial"].as_u64().unwrap();
    text(&output.stdout).lines().map(answer).collect()
}

/// The figures of `simulate --json`, without what a clock measured.
fn figures(arguments: &[&str]) -> Vec<Value> {
    let output = simulate(&[arguments, &["--json"]].concat(), "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut figures: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    for figure in &mut figures {
        let time = figure.as_object_mut().unwrap().remove("decision_time").unwrap();
        assert!(time["decisions"].as_u64() > Some(0), "{time}");
    }
    figures
}

const START: &str = r#"{"type":"start","protocol":1,"rep":0,"seats":20,"abandon_cap":0.03,"patience":2,"ring_timeout":25,"trunks":0,"cps":0,"amd":false,"tick":0.5}"#;

fn step(members: &str) -> String {
    format!(r#"{{"type":"step","t":12.5,{members}}}"#)
}

#[test]
fn each_step_has_one_answer_over_several_days() {
    let five = step(
        r#""events":[],"idle":5,"talk":2,"wrap":0,"away":0,"inflight":1,"waiting":0,"lines_free":999,"next_call":42"#,
    );
    let none = step(r#""events":[],"idle":5,"talk":0,"lines_free":0,"next_call":42"#);
    let end = r#"{"type":"end","t":28800.000}"#;
    let input = format!("{START}\n{five}\n{none}\n{end}\n{START}\n{five}\n\n{START}\n{none}\n{five}\n");
    assert_eq!(served("progressive", &input), [4, 0, 4, 0, 4]);
    assert_eq!(served("level:3", &input), [5, 0, 5, 0, 5]);
    assert_eq!(served("power:2", &input), [9, 0, 9, 0, 9]);
}

#[test]
fn unknown_members_and_events_are_ignored() {
    let start = START.replace("\"rep\":0", "\"rep\":0,\"colour\":{\"of\":[\"walls\"]}");
    let events = r#"{"e":"ready","t":0,"agent":7,"mood":"good"},{"e":"sneezed","t":1.5,"agent":7},{"e":"failed","t":2,"call":41,"why":"moonlight"}"#;
    let step =
        step(&format!(r#""events":[{events}],"idle":1,"lines_free":999,"next_call":42,"weather":null"#));
    assert_eq!(served("predictive", &format!("{start}\n{step}\n")).len(), 1);
}

#[test]
fn a_line_that_is_not_understood_is_named_and_ends_it() {
    let step = step(r#""idle":1"#);
    for (input, complaint) in [
        (format!("{START}\n{step}\n{{\"type\":\"step\",\n"), "line 3: EOF"),
        (format!("{START}\n\n{{\"type\":\"leap\"}}\n"), "line 3: unknown variant `leap`"),
        (format!("{START}\n{{\"type\":\"step\"}}\n"), "line 2: missing field `t`"),
        (
            format!("{START}\n{{\"type\":\"step\",\"t\":1,\"events\":[{{\"e\":\"ready\",\"t\":1}}]}}\n"),
            "line 2: missing field `agent`",
        ),
        (format!("{step}\n"), "line 1: no day has started"),
        (START.replace("\"protocol\":1", "\"protocol\":2"), "line 1: protocol 2 is not spoken here, but 1"),
    ] {
        let output = simulate(&["--stdio"], &input);
        assert_eq!(output.status.code(), Some(1), "{input}");
        assert!(text(&output.stderr).contains(complaint), "{complaint}: {}", text(&output.stderr));
    }
}

#[test]
fn the_same_seed_prints_the_same_json() {
    let arguments = [
        "--agents",
        "5",
        "--days",
        "2",
        "--day",
        "1500",
        "--warm-up",
        "300",
        "--policy",
        "predictive",
        "--policy",
        "power:2",
    ];
    let first = figures(&arguments);
    assert_eq!(first, figures(&[&arguments[..], &["--jobs", "1"]].concat()));
    assert_ne!(first, figures(&[&arguments[..], &["--seed", "2"]].concat()));
    assert_eq!(first.len(), 2);
    assert!(first[0]["utilisation"]["value"].as_f64() > Some(0.4), "{first:?}");
}

#[test]
fn a_dialer_on_the_other_side_of_the_protocol_does_as_in_this_process() {
    let room = [
        "--agents",
        "6",
        "--days",
        "2",
        "--day",
        "1200",
        "--warm-up",
        "300",
        "--machines",
        "0.2",
        "--amd",
        "--breaks",
        "1",
        "--cps",
        "3",
    ];
    let itself = format!("{} simulate --stdio", env!("CARGO_BIN_EXE_outbound"));
    let mut both = figures(&[&room[..], &["--policy", "predictive", "--against", &itself]].concat());
    let names = both.iter_mut().map(|figure| figure.as_object_mut().unwrap().remove("policy").unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["predictive", &itself]);
    assert_eq!(both[0], both[1]);
}

#[test]
fn a_dialer_that_goes_away_or_talks_nonsense_is_named() {
    for (command, complaint) in [("true", "true, day 0"), ("echo hello; cat", "this is no answer: hello")] {
        let output = simulate(&["--days", "1", "--against", command], "");
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(text(&output.stderr).contains(complaint), "{}", text(&output.stderr));
    }
}

#[test]
fn people_get_a_line_for_each_policy() {
    let output = simulate(
        &[
            "--days",
            "2",
            "--day",
            "4000",
            "--answer",
            "0.07",
            "--policy",
            "progressive",
            "--policy",
            "level:-1",
        ],
        "",
    );
    let printed = text(&output.stdout);
    let title = "20 agents, 7 % answered, 180 s talk, 15 s wrap-up; 2 days of 1.11 h, seed 1";
    assert_eq!(printed.lines().next(), Some(title));
    let first_words: Vec<&str> = printed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(first_words, ["20", "policy", "progressive", "level:-1"], "{printed}");
}
