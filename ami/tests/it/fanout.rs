//! Many clients, all of whom get every event in order, whatever one of them does.

use std::time::{Duration, Instant};

use ami::server::ServerConfig;
use ami::{Class, Message};
use memchr::memmem::Finder;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval};

use crate::wire::{Server, Wire, in_time};

/// An event of about the size of an OutDialingUpdate.
fn event(number: u64, micros: u128) -> Message {
    let event = Message::event("OutDialingUpdate").with("Privilege", "message,all").unwrap();
    let event = event.with("Number", number).unwrap().with("Detail", "x".repeat(700)).unwrap();
    event.with("Stamp", format!("{number}/{micros}")).unwrap()
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

/// Delays of a client's events in us, and how many reads they took.
struct Seen {
    delays: Vec<u64>,
    reads: u64,
}

/// Reads a client's events, and nothing of them but their last header: what a real client does with them is its own.
async fn follow(mut stream: TcpStream, start: Instant, events: u64) -> Seen {
    let (mut seen, mut text, mut chunk) = (Seen { delays: Vec::new(), reads: 0 }, Vec::new(), vec![0; 65536]);
    let stamp = Finder::new("\r\nStamp: ");
    while (seen.delays.len() as u64) < events {
        let octets = in_time(stream.read(&mut chunk)).await.unwrap();
        assert!(octets > 0, "cut after {} events", seen.delays.len());
        let now = u64::try_from(start.elapsed().as_micros()).unwrap();
        seen.reads += 1;
        text.extend_from_slice(&chunk[..octets]);
        let mut from = 0;
        while let Some(at) = stamp.find(&text[from..]) {
            let value = &text[from + at + stamp.needle().len()..];
            let Some(end) = memchr::memchr(b'\r', value).filter(|end| value.len() >= end + 4) else { break };
            let value = std::str::from_utf8(&value[..end]).unwrap();
            let (number, micros) = value.split_once('/').unwrap();
            assert_eq!(number.parse::<usize>().unwrap(), seen.delays.len());
            seen.delays.push(now - micros.parse::<u64>().unwrap());
            from += at + stamp.needle().len() + end + 4;
        }
        text.drain(..from);
    }
    seen
}

/// `cargo test --release -p ami -- --ignored --nocapture fanout`. Server and clients share the cores.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn fanout_to_500_clients_at_700_events_a_second() {
    let (clients, events, rate) = (500, 5 * 700, 700.0);
    let server = Server::start().await;
    let start = Instant::now();
    let mut reading = Vec::new();
    for _ in 0..clients {
        let wire = Wire::login(server.address, "dialer").await;
        reading.push(tokio::spawn(follow(wire.stream, start, events)));
    }
    let _lazy = Wire::login(server.address, "dialer").await;
    let broadcast = server.broadcast.clone();
    let mut tick = interval(Duration::from_secs_f64(1.0 / rate));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0..events {
        tick.tick().await;
        broadcast.publish(Class::Message, &event(number, start.elapsed().as_micros()));
    }
    let (mut all, mut reads) = (Vec::new(), 0);
    for client in reading {
        let seen = client.await.unwrap();
        all.extend(seen.delays);
        reads += seen.reads;
    }
    assert_eq!(all.len() as u64, clients * events);
    all.sort_unstable();
    let [p50, p99, p999] =
        [500, 990, 999].map(|share| Duration::from_micros(all[(all.len() - 1) * share / 1000]));
    println!(
        "{clients} clients, {rate} events/s: delay p50 {p50:.1?}, p99 {p99:.1?} (target 20 ms), p99.9 {p999:.1?}; {} events in {reads} reads",
        all.len()
    );
}
