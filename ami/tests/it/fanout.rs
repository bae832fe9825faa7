//! Many clients, all of whom get every event in order, whatever one of them does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ami::server::ServerConfig;
use ami::{Class, Message};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval};

use crate::wire::{Server, Wire, in_time};

/// An event of about the size of an OutDialingUpdate.
fn event(number: u64, micros: u128) -> Message {
    let event = Message::event("OutDialingUpdate").with("Privilege", "message,all").unwrap();
    let event = event.with("Number", number).unwrap().with("Detail", "x".repeat(700)).unwrap();
    event.with("Stamp", micros).unwrap()
}

#[tokio::test]
async fn one_that_never_reads_changes_nothing_for_fifty() {
    let server = Server::with(ServerConfig { send_buffer: 1 << 20, ..Server::config() }).await;
    let _lazy = Wire::login(server.address, "dialer").await;
    let mut eager = Vec::new();
    for _ in 0..50 {
        eager.push(Wire::login(server.address, "dialer").await);
    }
    let mut number = 0;
    while server.broadcast.sessions() > 50 {
        for _ in 0..100 {
            server.broadcast.publish(Class::Message, &event(number, 0));
            number += 1;
        }
        let start = Instant::now();
        for wire in &mut eager {
            for expected in number - 100..number {
                assert_eq!(wire.next().await.text("Number"), expected.to_string());
            }
        }
        assert!(start.elapsed() < Duration::from_secs(5), "the others wait for the one that never reads");
        assert!(number < 50_000, "40 MB were taken for a client that does not read");
    }
    for wire in &mut eager {
        assert_eq!(wire.ask("Action: Ping\r\n\r\n").await.text("Ping"), "Pong");
    }
}

/// Reads a client's events and nothing else of them than number and stamp: what a real client does with them is its own.
async fn delays(mut stream: TcpStream, start: Instant, events: u64) -> Vec<u128> {
    let (mut delays, mut text, mut chunk) = (Vec::new(), Vec::new(), vec![0; 65536]);
    let number = |text: &[u8], name: &str| {
        let text = std::str::from_utf8(text).unwrap();
        let (_, value) = text.split_once(name).unwrap();
        value.split_once("\r\n").unwrap().0.parse::<u64>().unwrap()
    };
    while (delays.len() as u64) < events {
        let octets = in_time(stream.read(&mut chunk)).await.unwrap();
        assert!(octets > 0, "cut after {} events", delays.len());
        let now = start.elapsed().as_micros();
        text.extend_from_slice(&chunk[..octets]);
        let mut from = 0;
        // The stamp is the last header.
        while let Some(stamp) = memmem(&text[from..], b"\r\nStamp: ") {
            let Some(end) = memmem(&text[from + stamp + 2..], b"\r\n\r\n") else { break };
            let end = from + stamp + 2 + end + 4;
            assert_eq!(number(&text[from..end], "\r\nNumber: "), delays.len() as u64);
            delays.push(now - u128::from(number(&text[from + stamp..end], "Stamp: ")));
            from = end;
        }
        text.drain(..from);
    }
    delays
}

fn memmem(text: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, wanted)
}

/// `cargo test --release -p ami -- --ignored --nocapture fanout`. Server and clients share the cores.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn fanout_to_500_clients_at_700_events_a_second() {
    let (clients, events, rate) = (500, 5 * 700_u64, 700.0);
    let server = Server::start().await;
    let start = Instant::now();
    let mut reading = Vec::new();
    for _ in 0..clients {
        let wire = Wire::login(server.address, "dialer").await;
        reading.push(tokio::spawn(delays(wire.stream, start, events)));
    }
    let _lazy = Wire::login(server.address, "dialer").await;
    let broadcast = Arc::new(server.broadcast.clone());
    // By a thread of its own, as far as the cores allow; the calls of one moment make their events together.
    let mut tick = interval(Duration::from_secs_f64(1.0 / rate));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0..events {
        tick.tick().await;
        broadcast.publish(Class::Message, &event(number, start.elapsed().as_micros()));
    }
    let mut all = Vec::new();
    for client in reading {
        all.extend(client.await.unwrap());
    }
    all.sort_unstable();
    let ms = |share: f64| {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at = ((all.len() - 1) as f64 * share) as usize;
        #[expect(clippy::cast_precision_loss)]
        let ms = all[at] as f64 / 1000.0;
        ms
    };
    println!(
        "{clients} clients, {rate} events/s: delay p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, max {:.1} ms (target: p99 20 ms)",
        ms(0.5),
        ms(0.99),
        ms(0.999),
        ms(1.0)
    );
    assert_eq!(all.len() as u64, clients * events);
}
