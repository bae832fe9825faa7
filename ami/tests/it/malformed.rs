//! A thousand actions that are none, on one session: each is answered or skipped, nothing else happens.

use ami::codec::Limits;
use ami::server::ServerConfig;
use ami::{Class, Message};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::AsyncWriteExt as _;

use crate::wire::{Server, Wire, in_time};

const LIMITS: Limits = Limits { line: 1024, message: 16384, headers: 128 };

fn garbage(random: &mut StdRng, octets: usize) -> Vec<u8> {
    // No line ends: those are put in where they are wanted.
    (0..octets).map(|_| random.random::<u8>()).filter(|octet| !matches!(octet, b'\n' | b'\r')).collect()
}

/// One block that ends with a blank line.
fn malformed(random: &mut StdRng, number: usize) -> Vec<u8> {
    let action = |more: &str| format!("Action: Echo\r\nActionID: m{number}\r\n{more}").into_bytes();
    let mut block = match number % 10 {
        0 => b"no colon at all\r\nnor here".to_vec(),
        1 => action(&format!("X: {}", "x".repeat(random.random_range(1020..100_000)))),
        2 => action("X: a\0b\r\nText: \0"),
        3 => action("Text: a\rb\r\rActionID: other\r"),
        4 => action(&"X: y\r\n".repeat(random.random_range(125..5000))),
        5 => format!("Text: first\r\nActionID: m{number}\r\nAction: NoSuchAction").into_bytes(),
        6 => garbage(random, 300),
        7 => [garbage(random, 50), b": ".to_vec(), garbage(random, 4000)].concat(),
        8 => b": \r\n:\r\n : :\r\nAction:\r\nAction: Echo\r\n\tfolded".to_vec(),
        _ => action(&format!("{}: {}", "N".repeat(900), "v".repeat(random.random_range(0..200)))),
    };
    block.extend_from_slice(b"\r\n\r\n");
    block
}

#[tokio::test]
async fn a_thousand_malformed_actions_are_answered_or_skipped_and_disturb_nobody() {
    let server = Server::with(ServerConfig { limits: LIMITS, ..Server::config() }).await;
    let mut hostile = Wire::login(server.address, "dialer").await;
    let mut other = Wire::login(server.address, "lean").await;
    let mut random = StdRng::seed_from_u64(1);
    for number in 0..1000 {
        in_time(hostile.stream.write_all(&malformed(&mut random, number))).await.unwrap();
        hostile.send(&format!("Action: Ping\r\nActionID: after{number}\r\n\r\n")).await;
        let mut answers = 0;
        loop {
            let answer = hostile.next().await;
            assert!(matches!(answer.text("Response"), "Error" | "Success"), "{number}: {answer:?}");
            if answer.action_id() == Some(&format!("after{number}")) {
                break;
            }
            answers += 1;
            assert!(answers <= 2, "{number}: {answer:?}");
        }
        if number % 100 == 0 {
            let event = Message::event("Mark").with("Number", number).unwrap();
            server.broadcast.publish(Class::Call, &event);
            assert_eq!(other.next().await, event);
            assert_eq!(hostile.next().await, event);
            assert_eq!(other.ask("Action: Ping\r\n\r\n").await.text("Ping"), "Pong");
        }
    }
}

#[tokio::test]
async fn a_block_that_never_ends_is_answered_once_and_takes_no_memory() {
    let server = Server::with(ServerConfig { limits: LIMITS, ..Server::config() }).await;
    let mut hostile = Wire::login(server.address, "dialer").await;
    let line = "X: unterminated\r\n".repeat(1000);
    for _ in 0..1000 {
        hostile.send(&line).await;
    }
    let answer = hostile.next().await;
    assert_eq!(answer.text("Message"), "Too many lines in message or allocation failure");
    assert_eq!(hostile.ask("\r\nAction: Ping\r\n\r\n").await.text("Ping"), "Pong");
}

#[tokio::test]
async fn before_the_login_nothing_malformed_gets_further_than_an_error() {
    let server = Server::with(ServerConfig { limits: LIMITS, ..Server::config() }).await;
    let mut wire = Wire::connect(server.address).await;
    let mut random = StdRng::seed_from_u64(2);
    for number in 0..100 {
        in_time(wire.stream.write_all(&malformed(&mut random, number))).await.unwrap();
    }
    wire.send("Action: Challenge\r\nAuthType: MD5\r\nActionID: end\r\n\r\n").await;
    loop {
        let answer = wire.next().await;
        if answer.action_id() == Some("end") {
            return assert_eq!(answer.text("Response"), "Success");
        }
        assert_eq!(answer.text("Response"), "Error");
    }
}
