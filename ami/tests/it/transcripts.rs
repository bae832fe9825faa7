//! The server answers the session's actions as a real Asterisk did: the same headers in the same order.
//!
//! Left out are events of class security, which we do not raise, and two answers of Asterisk to what our decoder skips:
//! a blank line by itself (C22) and the tail of a line that was too long (C23).

use ami::Secret;
use ami::codec::{Decoder, Limits, LineEnd};
use ami::{Message, server::ServerConfig};

use crate::captures::{Capture, main_session};
use crate::wire::{Server, Wire};

/// Headers whose values differ from run to run.
const VARIABLE: [&str; 4] = ["Timestamp", "Challenge", "Uptime", "LastReload"];

#[tokio::test]
async fn sessions_answer_as_asterisk_did() {
    for name in [
        "D01_login_ok",
        "D02_login_events_off",
        "D03_login_bad_secret",
        "D04_login_unknown_user",
        "D05_login_md5_ok",
        "D06_login_md5_bad",
        "D07_action_before_login",
        "D08_challenge_bad_type",
        "D09_login_twice",
        "D11_http_request",
        "D34_filter_syntax_errors",
        "D36_filter_no_system_class",
    ] {
        compare(&main_session(name), None).await;
    }
}

#[tokio::test]
async fn actions_of_a_session_are_answered_as_asterisk_did() {
    for name in ["C21_ping_events_logoff", "C22_unknown_action", "C23_long_line", "C25_burst"] {
        compare(&main_session(name), Some("dialer")).await;
    }
}

async fn compare(capture: &Capture, user: Option<&str>) {
    // What Asterisk takes: 1,024 octets with the line end, and 128 headers.
    let limits = Limits { line: 1022, message: 65536, headers: 128 };
    let server = Server::with(ServerConfig { limits, ..Server::config() }).await;
    let mut wire = match user {
        Some(user) => Wire::login(server.address, user).await,
        None => Wire::connect(server.address).await,
    };
    let mut expected = expected(capture).into_iter();
    let mut challenge = String::new();
    for octets in &capture.sent {
        wire.send(&with_key(octets, &challenge, &capture.name)).await;
        for _ in 0..octets.matches("Action:").count().max(1) {
            // The blank line by itself has no answer from us.
            if octets.trim().is_empty() {
                continue;
            }
            let wanted = expected.next().unwrap();
            let got = wire.next().await;
            assert_eq!(masked(&got), masked(&wanted), "{}: {octets}", capture.name);
            challenge = got.get("Challenge").map_or(challenge, str::to_owned);
            if got.text("Message") == "Authentication accepted"
                && expected.as_slice().first().is_some_and(|next| next.event_name() == Some("FullyBooted"))
            {
                assert_eq!(masked(&wire.next().await), masked(&expected.next().unwrap()));
            }
        }
    }
    assert_eq!(expected.len(), 0, "{}: {:?}", capture.name, expected.as_slice());
    if capture.closed {
        assert_eq!(wire.next_or_end().await, None, "{} stays open", capture.name);
    }
    drop(wire);
    server.stop().await;
}

fn expected(capture: &Capture) -> Vec<Message> {
    let mut decoder = Decoder::new(LineEnd::Crlf);
    decoder.feed(capture.without_greeting());
    let mut blocks = Vec::new();
    while let Some(block) = decoder.next_message().unwrap() {
        let security = block.text("Privilege").starts_with("security");
        let skipped = block.text("Message") == "Missing action in request"
            && block.action_id().is_none()
            && capture.name.starts_with('C');
        if !security && !skipped {
            blocks.push(block);
        }
    }
    blocks
}

/// The key of the transcript belongs to the challenge of the transcript.
fn with_key(octets: &str, challenge: &str, name: &str) -> String {
    match octets.split_once("Key: ") {
        Some((before, _)) if name.starts_with("D05") => {
            format!("{before}Key: {}\r\n\r\n", Secret::new("dialerpw").key(challenge))
        }
        _ => octets.to_owned(),
    }
}

fn masked(message: &Message) -> Vec<(String, String)> {
    let mask = |(name, value): (&str, &str)| {
        let value = if VARIABLE.contains(&name) { "*" } else { value };
        (name.to_owned(), value.to_owned())
    };
    message.iter().map(mask).collect()
}
