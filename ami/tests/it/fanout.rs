//! Many clients, all of whom get every event in order, whatever one of them does.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ami::server::{Broadcast, ServerConfig};
use ami::{Class, Message};
use memchr::memmem::Finder;
use tokio::net::TcpStream;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::wire::{Server, Wire};

/// Longer than the measurement takes unless it hangs.
const LONGEST: Duration = Duration::from_secs(60);

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
async fn follow(stream: TcpStream, chunk: &RefCell<Vec<u8>>, start: Instant, events: u64) -> Seen {
    let (mut seen, mut begun) = (Seen { delays: Vec::new(), reads: 0 }, Vec::new());
    let stamp = Finder::new("\r\nStamp: ");
    while (seen.delays.len() as u64) < events {
        stream.readable().await.unwrap();
        let mut chunk = chunk.borrow_mut();
        let Ok(octets) = stream.try_read(&mut chunk) else { continue };
        assert!(octets > 0, "cut after {} events", seen.delays.len());
        let now = u64::try_from(start.elapsed().as_micros()).unwrap();
        seen.reads += 1;
        let mut text = &chunk[..octets];
        if !begun.is_empty() {
            begun.extend_from_slice(text);
            text = &begun;
        }
        while let Some(at) = stamp.find(text) {
            let value = &text[at + stamp.needle().len()..];
            let Some(end) = memchr::memchr(b'\r', value).filter(|end| value.len() >= end + 4) else { break };
            let (number, micros) = std::str::from_utf8(&value[..end]).unwrap().split_once('/').unwrap();
            assert_eq!(number.parse::<usize>().unwrap(), seen.delays.len());
            seen.delays.push(now - micros.parse::<u64>().unwrap());
            text = &value[end + 4..];
        }
        begun = text.to_vec();
    }
    seen
}

/// All clients, on a runtime of their own: on the server's they would wait for its tasks, which no real client does, and
/// that was most of what was measured. They read into one chunk, so that it stays in the processor's cache.
fn follow_all(streams: Vec<std::net::TcpStream>, start: Instant, events: u64) -> Vec<Seen> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (clients, chunk) = (LocalSet::new(), Rc::new(RefCell::new(vec![0; 1 << 18])));
    clients.block_on(&runtime, async {
        let follow = |stream| {
            let (stream, chunk) = (TcpStream::from_std(stream).unwrap(), Rc::clone(&chunk));
            spawn_local(timeout(LONGEST, async move { follow(stream, &chunk, start, events).await }))
        };
        let mut seen = Vec::new();
        for client in streams.into_iter().map(follow).collect::<Vec<_>>() {
            seen.push(client.await.unwrap().unwrap());
        }
        seen
    })
}

/// Stamps each event with the time at which it was due, so that a publisher that comes late counts too.
async fn publish(broadcast: Broadcast, start: Instant, events: u64, rate: f64) {
    let mut tick = interval(Duration::from_secs_f64(1.0 / rate));
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0..events {
        let due = tick.tick().await.into_std();
        broadcast.publish(Class::Message, &event(number, due.duration_since(start).as_micros()));
    }
}

/// `cargo test --release -p ami -- --ignored --nocapture fanout`. Server and clients share the cores.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn fanout_to_500_clients_at_700_events_a_second() {
    let (clients, events, rate) = (500, 5 * 700, 700.0);
    let server = Server::start().await;
    let start = Instant::now();
    let mut streams = Vec::new();
    for _ in 0..clients {
        let wire = Wire::login(server.address, "dialer").await;
        streams.push(wire.stream.into_std().unwrap());
    }
    let reading = std::thread::Builder::new().name("clients".to_owned());
    let reading = reading.spawn(move || follow_all(streams, start, events)).unwrap();
    let _lazy = Wire::login(server.address, "dialer").await;
    // As the daemon's driver does: from a task among those that write to the clients.
    tokio::spawn(publish(server.broadcast.clone(), start, events, rate)).await.unwrap();
    let (mut all, mut reads) = (Vec::new(), 0);
    for seen in tokio::task::spawn_blocking(|| reading.join().unwrap()).await.unwrap() {
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
