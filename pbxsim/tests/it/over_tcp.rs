//! The model behind a port, seen by a plain client.

use ami::Message;
use pbxsim::{Scenario, ServeOptions, SimHandle, Wanted, serve_handle};
use std::future::pending;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

pub(crate) struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Client {
    pub(crate) async fn connect(port: u16) -> Self {
        let stream = loop {
            // After a restart the port is closed for a moment.
            match TcpStream::connect(("127.0.0.1", port)).await {
                Ok(stream) => break stream,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        let (reader, writer) = stream.into_split();
        let mut client = Self { reader: BufReader::new(reader), writer };
        let mut greeting = String::new();
        client.reader.read_line(&mut greeting).await.unwrap();
        assert_eq!(greeting, "Asterisk Call Manager/11.0.0\r\n");
        client.send("Action: Login\r\nUsername: outbound\r\nSecret: outbound\r\n\r\n").await;
        while client.next().await.get("Response").is_none() {}
        client
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.writer.write_all(text.as_bytes()).await.unwrap();
    }

    pub(crate) async fn next(&mut self) -> Message {
        let mut block = String::new();
        loop {
            let before = block.len();
            let read = self.reader.read_line(&mut block).await.unwrap();
            assert_ne!(read, 0, "the server closed the connection");
            if &block[before..] == "\r\n" {
                return crate::capture::parse(&block);
            }
        }
    }

    async fn until(&mut self, event: &str) -> Vec<Message> {
        let mut seen = Vec::new();
        while seen.last().and_then(Message::event_name) != Some(event) {
            seen.push(self.next().await);
        }
        seen
    }
}

pub(crate) async fn start(scenario: Scenario, options: ServeOptions) -> (u16, SimHandle) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let handle = SimHandle::new(scenario, &options);
    let served = handle.clone();
    tokio::spawn(async move { serve_handle(listener, &served, options, pending()).await });
    (port, handle)
}

#[tokio::test]
async fn a_call_goes_through_and_the_answer_comes_before_its_events() {
    let options = ServeOptions { time_scale: 200.0, ..ServeOptions::default() };
    let (port, handle) = start(crate::driver::world(), options).await;
    let mut client = Client::connect(port).await;
    client
        .send(
            "Action: Originate\r\nActionID: 1\r\nChannel: Local/1155@pstn/n\r\nChannelId: one\r\n\
             Context: dialer\r\nExten: talk\r\nAsync: true\r\n\r\n",
        )
        .await;
    let seen = client.until("Hangup").await;
    let position = |name: &str| {
        seen.iter().position(|m| m.event_name().or_else(|| m.get("Message")) == Some(name)).unwrap()
    };
    assert!(position("Originate successfully queued") < position("Newchannel"));
    assert!(position("OriginateResponse") < position("Hangup"));
    assert_eq!(handle.with(|sim, _| sim.counts().answered), 1);
}

#[tokio::test]
async fn a_reload_and_a_restart_reach_the_client() {
    let (port, handle) = start(crate::driver::world(), ServeOptions::default()).await;
    let mut client = Client::connect(port).await;
    client.send("Action: CoreStatus\r\nActionID: c\r\n\r\n").await;
    while client.next().await.get("CoreStartupDate").is_none() {}
    handle.with(|sim, now| sim.reload_dialplan(now));
    assert_eq!(client.until("Reload").await.last().unwrap().text("Status"), "0");
    handle.with(|sim, now| sim.restart(now, false));
    client.until("Shutdown").await;
    let mut rest = String::new();
    assert_eq!(client.reader.read_line(&mut rest).await.unwrap(), 0);
    Client::connect(port).await;
}

/// `cargo test --release -p pbxsim -- --ignored --nocapture rate`
#[tokio::test]
#[ignore = "a measurement"]
async fn rate_of_complete_calls_over_tcp() {
    const CALLS: usize = 50_000;
    const IN_FLIGHT: usize = 100;
    let wanted = std::env::var("ALL_EVENTS").is_err();
    let names =
        ["OriginateResponse", "Hangup", "Newstate", "DialEnd", "DialBegin", "Newchannel", "DialState"];
    let wanted = if wanted { Wanted::names(&names) } else { Wanted::ALL };
    let (port, _) = start(crate::driver::world(), ServeOptions { wanted, ..Default::default() }).await;
    let mut client = Client::connect(port).await;
    let call = |n: usize| {
        format!(
            "Action: Originate\r\nActionID: {n}\r\nChannel: PJSIP/14{n:07}@carrier\r\nChannelId: id-{n}-x\r\n\
             Context: rate\r\nExten: s\r\nPriority: 1\r\nCallerID: 5550001\r\nAsync: true\r\n\r\n"
        )
    };
    let start = std::time::Instant::now();
    let (mut sent, mut over, mut line) = (0, 0, String::new());
    while over < CALLS {
        let mut batch = String::new();
        while sent < CALLS && sent - over < IN_FLIGHT {
            batch.push_str(&call(sent));
            sent += 1;
        }
        client.send(&batch).await;
        while sent - over > IN_FLIGHT / 2 || (sent == CALLS && over < CALLS) {
            line.clear();
            client.reader.read_line(&mut line).await.unwrap();
            over += usize::from(line == "Event: Hangup\r\n");
        }
    }
    let rate = 50_000.0 / start.elapsed().as_secs_f64();
    println!("{rate:.0} calls/s over TCP");
}

/// The model alone.
#[test]
#[ignore = "a measurement"]
fn rate_of_the_model() {
    for (what, wanted) in [("all events", Wanted::ALL), ("no events", Wanted::NONE)] {
        let mut sim = pbxsim::Sim::new(crate::driver::world(), 1);
        sim.want(wanted);
        let start = std::time::Instant::now();
        let mut events = 0;
        for n in 0..100_000 {
            let call = crate::capture::parse(&format!(
                "Action: Originate\r\nActionID: {n}\r\nChannel: PJSIP/14{n:07}@carrier\r\nChannelId: id-{n}-x\r\n\
                 Context: rate\r\nExten: s\r\nPriority: 1\r\nCallerID: 5550001\r\nAsync: true\r\n\r\n"
            ));
            let now = pbxsim::Time::from_millis(n * 2);
            sim.action(1, &call, now);
            while sim.poll_event().is_some() {
                events += 1;
            }
        }
        let rate = 100_000.0 / start.elapsed().as_secs_f64();
        println!("{rate:.0} calls/s, {what}: {} outputs a call", events / 100_000);
    }
}
