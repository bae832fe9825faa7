//! The server against raw sockets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ami::client::{ClientConfig, Incoming, connect};
use ami::codec::Limits;
use ami::server::{Broadcast, ServerConfig, serve_stream};
use ami::{Class, Message};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

use crate::wire::{Actions, LONG_LIST, Server, Wire, in_time};

fn event(name: &'static str, channel: &str) -> Message {
    Message::event(name).with("Privilege", "call,all").unwrap().with("Channel", channel).unwrap()
}

#[tokio::test]
async fn actions_in_one_write_are_answered_in_order() {
    let server = Server::start().await;
    let mut wire = Wire::connect(server.address).await;
    let mut actions =
        "Action: Login\r\nUsername: dialer\r\nSecret: dialerpw\r\nEvents: off\r\n\r\n".to_owned();
    for number in 0..1000 {
        actions += &format!("Action: Echo\r\nActionID: {number}\r\nText: {number}\r\n\r\n");
    }
    assert_eq!(wire.ask(&actions).await.text("Message"), "Authentication accepted");
    for number in 0..1000 {
        let response = wire.next().await;
        let headers: Vec<_> = response.iter().collect();
        let number = number.to_string();
        assert_eq!(headers, [("Response", "Success"), ("ActionID", &number), ("Message", &number)]);
    }
}

#[tokio::test]
async fn an_action_octet_by_octet_is_one_action() {
    let server = Server::start().await;
    let mut wire = Wire::login(server.address, "dialer").await;
    wire.stream.set_nodelay(true).unwrap();
    for octet in b"Action: Echo\r\nActionID: 1\r\nText: whole\r\n\r\n" {
        wire.stream.write_all(&[*octet]).await.unwrap();
        wire.stream.flush().await.unwrap();
    }
    assert_eq!(wire.next().await.text("Message"), "whole");
}

#[tokio::test]
async fn the_response_comes_before_the_event_it_causes_and_others_see_the_event_too() {
    let server = Server::start().await;
    let mut one = Wire::login(server.address, "dialer").await;
    let mut other = Wire::login(server.address, "lean").await;
    assert_eq!(one.ask("Action: Say\r\nText: hello\r\n\r\n").await.text("Message"), "Said");
    assert_eq!(one.next().await.text("Text"), "hello");
    assert_eq!(other.next().await.text("Text"), "hello");
}

#[tokio::test]
async fn a_session_sees_the_events_of_its_mask_its_account_and_its_filters() {
    let server = Server::start().await;
    let mut wire = Wire::login(server.address, "lean").await;
    let publish = |class: Class, name| server.broadcast.publish(class, &event(name, "Local/1@x-1;1"));
    publish(Class::Security, "Hidden");
    publish(Class::Call, "Seen");
    assert_eq!(wire.next().await.event_name(), Some("Seen"));

    assert_eq!(wire.ask("Action: Events\r\nEventMask: user\r\n\r\n").await.text("Events"), "On");
    publish(Class::Call, "Hidden");
    publish(Class::User, "Seen");
    assert_eq!(wire.next().await.event_name(), Some("Seen"));

    assert_eq!(wire.ask("Action: Events\r\nEventMask: on\r\n\r\n").await.text("Events"), "On");
    let filter = "Action: Filter\r\nOperation: Add\r\n";
    let added = wire.ask(&format!("{filter}MatchCriteria: name(Hangup)\r\n\r\n")).await;
    assert_eq!(added.text("Message"), "Success");
    publish(Class::Call, "HangupRequest");
    publish(Class::Call, "Hangup");
    assert_eq!(wire.next().await.event_name(), Some("Hangup"));
    let list = wire.ask("Action: List\r\nCount: 1\r\n\r\n").await;
    assert_eq!(list.text("EventList"), "start");
    assert_eq!(wire.next().await.event_name(), Some("Entry"));
    assert_eq!(wire.next().await.event_name(), Some("ListComplete"));
}

#[tokio::test]
async fn an_action_needs_its_class() {
    let server = Server::start().await;
    let mut wire = Wire::login(server.address, "noorig").await;
    let refused = wire.ask("Action: Originate\r\nActionID: 1\r\n\r\n").await;
    assert_eq!(refused.text("Message"), "Permission denied");
    let commands = wire.ask("Action: ListCommands\r\n\r\n").await;
    assert_eq!(commands.get("Originate"), None);
    assert_eq!(commands.get("Ping"), Some("Keepalive command. (Priv: <none>)"));
    let mut wire = Wire::login(server.address, "dialer").await;
    let commands = wire.ask("Action: ListCommands\r\n\r\n").await;
    assert_eq!(commands.get("Originate"), Some("Originate a call. (Priv: originate,all)"));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_delays_nobody() {
    let server = Server::with(ServerConfig { send_buffer: 1 << 20, ..Server::config() }).await;
    let mut lazy = Wire::login(server.address, "dialer").await;
    let mut eager = Wire::login(server.address, "dialer").await;
    let long = event("Long", &"x".repeat(4000));
    // The kernel's buffers take some megabytes before ours fills. The other one reads each before the next is sent.
    let mut sent = 0;
    while server.broadcast.sessions() > 1 {
        server.broadcast.publish(Class::Call, &long);
        assert_eq!(eager.next().await, long);
        sent += 1;
        assert!(sent < 20_000, "80 MB were taken for a client that does not read");
    }
    let mut got = 0;
    while lazy.next_or_end().await.is_some() {
        got += 1;
    }
    assert!(got < sent);
    assert_eq!(eager.ask("Action: Ping\r\n\r\n").await.text("Ping"), "Pong");
}

#[tokio::test]
async fn a_list_that_is_longer_than_what_may_wait_reaches_who_reads_it() {
    let server = Server::with(ServerConfig { send_buffer: 64 << 10, ..Server::config() }).await;
    let mut wire = Wire::login(server.address, "dialer").await;
    assert_eq!(wire.ask("Action: LongList\r\n\r\n").await.text("Message"), "List will follow");
    for _ in 0..LONG_LIST {
        assert_eq!(wire.next().await.event_name(), Some("Entry"));
    }
    assert_eq!(wire.next().await.event_name(), Some("ListComplete"));
}

#[tokio::test]
async fn who_does_not_log_in_is_closed_without_a_word() {
    let config = ServerConfig { login_timeout: Duration::from_millis(50), ..Server::config() };
    let server = Server::with(config).await;
    let mut wire = Wire::connect(server.address).await;
    assert_eq!(wire.next_or_end().await, None);
}

#[tokio::test]
async fn sessions_beyond_the_limit_are_closed_at_once() {
    let server = Server::with(ServerConfig { max_sessions: 1, ..Server::config() }).await;
    let first = Wire::login(server.address, "dialer").await;
    let mut second = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let mut octets = Vec::new();
    let read = in_time(tokio::io::AsyncReadExt::read_to_end(&mut second, &mut octets)).await;
    assert!(octets.is_empty() && (read.is_err() || read.unwrap() == 0));
    drop(first);
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_and_the_session_goes_on() {
    let limits = Limits { line: 100, message: 300, headers: 10 };
    let server = Server::with(ServerConfig { limits, ..Server::config() }).await;
    let mut wire = Wire::login(server.address, "dialer").await;
    let line = format!("Action: Ping\r\nActionID: a\r\nX: {}\r\n\r\n", "x".repeat(1000));
    let block =
        format!("Action: Ping\r\nActionID: b\r\n{}\r\n", format!("X: {}\r\n", "x".repeat(90)).repeat(4));
    let many = format!("Action: Ping\r\nActionID: c\r\n{}\r\n", "X: y\r\n".repeat(20));
    for (octets, id, text) in [
        (line.as_str(), "a", "Failed to parse message: line too long"),
        (block.as_str(), "b", "Failed to parse message: a message is longer than 300 octets"),
        (many.as_str(), "c", "Too many lines in message or allocation failure"),
        (
            "Action: Ping\r\nActionID: d\r\nX: \0\r\n\r\n",
            "d",
            "Failed to parse message: a message holds a NUL octet",
        ),
    ] {
        let refused = wire.ask(octets).await;
        assert_eq!((refused.text("ActionID"), refused.text("Message")), (id, text));
        assert_eq!(wire.ask("Action: Ping\r\n\r\n").await.text("Ping"), "Pong");
    }
}

#[tokio::test]
async fn at_the_end_each_session_gets_what_is_still_for_it() {
    let server = Server::start().await;
    let mut wire = Wire::login(server.address, "dialer").await;
    for _ in 0..100 {
        server.broadcast.publish(Class::System, &Message::event("Last"));
    }
    server.stop().await;
    for _ in 0..100 {
        assert_eq!(wire.next().await.event_name(), Some("Last"));
    }
    assert_eq!(wire.next_or_end().await, None);
}

/// `cargo test --release -p ami -- --ignored --nocapture speed`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn speed_of_events_and_calls() {
    let server = Server::start().await;
    let config = ClientConfig::new("a", server.address.to_string(), "dialer", "dialerpw");
    let (client, mut incoming) = connect(config);
    assert!(matches!(incoming.recv().await, Some(Incoming::Up(_))));
    let (rounds, start) = (200_000, Instant::now());
    let long = event("Newchannel", &"x".repeat(300));
    let reading = tokio::spawn(async move {
        for _ in 0..rounds {
            incoming.recv().await.unwrap();
        }
        incoming
    });
    for round in 0..rounds {
        server.broadcast.publish(Class::Call, &long);
        // Stay below what a client may lag behind.
        if round % 1000 == 0 {
            tokio::task::yield_now().await;
            client.call(Message::action("Ping")).await.unwrap();
        }
    }
    let mut incoming = reading.await.unwrap();
    println!("{:.0} events/s", f64::from(rounds) / start.elapsed().as_secs_f64());
    let start = Instant::now();
    let reading = tokio::spawn(async move {
        for _ in 0..rounds {
            assert!(matches!(incoming.recv().await, Some(Incoming::Response(_))));
        }
    });
    for number in 0..rounds {
        let action = Message::action("Echo").with("ActionID", number).unwrap();
        client.submit(action).unwrap();
        if number % 1000 == 0 {
            client.call(Message::action("Ping")).await.unwrap();
        }
    }
    reading.await.unwrap();
    println!("{:.0} actions/s", f64::from(rounds) / start.elapsed().as_secs_f64());
}

/// A client at the other end of a pipe that holds a few octets; it has logged in and read no answer yet.
async fn behind_a_narrow_pipe() -> (tokio::io::DuplexStream, Broadcast, JoinHandle<()>) {
    let (mut near, far) = tokio::io::duplex(64);
    let (broadcast, config) = (Broadcast::new(), Server::config());
    let handler = Arc::new(Actions::new(broadcast.clone()));
    let peer = "127.0.0.1:1".parse().unwrap();
    let serving = tokio::spawn(serve_stream(far, peer, config, broadcast.clone(), handler));
    near.write_all(b"Action: Login\r\nUsername: dialer\r\nSecret: dialerpw\r\n\r\n").await.unwrap();
    (near, broadcast, serving)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_for_a_minute_is_cut_though_little_waits_for_it() {
    let (_near, broadcast, serving) = behind_a_narrow_pipe().await;
    let start = tokio::time::Instant::now();
    serving.await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(60));
    assert_eq!(broadcast.sessions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_stays_and_so_does_one_to_whom_nothing_is_said() {
    let (mut near, broadcast, serving) = behind_a_narrow_pipe().await;
    let mut octets = Vec::new();
    // Banner, answer and FullyBooted, 16 octets each 50 seconds.
    while !octets.ends_with(b"Status: Fully Booted\r\n\r\n") {
        tokio::time::sleep(Duration::from_secs(50)).await;
        let mut chunk = [0; 16];
        let got = near.read(&mut chunk).await.unwrap();
        octets.extend_from_slice(&chunk[..got]);
    }
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(broadcast.sessions(), 1);
    assert!(!serving.is_finished());
}
