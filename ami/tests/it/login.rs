//! Who gets in, and who cannot keep others out.

use std::time::{Duration, Instant};

use ami::server::{Account, ServerConfig};
use ami::{ClassSet, SecretDigest};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::wire::{Server, Wire, in_time};

/// `printf 'sealed:outbound:sealedpw' | md5sum`
const SEALED: &str = "132a415ad146a805adbd0c4b49e270c2";

#[tokio::test]
async fn a_user_whose_digest_alone_is_known_logs_in_with_the_plain_secret_only() {
    let digest = SecretDigest::new("outbound", SEALED).unwrap();
    let accounts = vec![Account::new("sealed", digest, ClassSet::ALL, ClassSet::ALL)];
    let server = Server::with(ServerConfig { accounts, ..Server::config() }).await;
    Wire::login(server.address, "sealed").await;
    let mut wire = Wire::connect(server.address).await;
    let wrong = wire.ask("Action: Login\r\nUsername: sealed\r\nSecret: sealed\r\n\r\n").await;
    assert_eq!(wrong.text("Message"), "Authentication failed");
    let mut wire = Wire::connect(server.address).await;
    let challenge = wire.ask("Action: Challenge\r\nAuthType: MD5\r\n\r\n").await;
    // Neither the key of the digest nor the one of the secret.
    for known in [SEALED, "sealedpw"] {
        let key = ami::Secret::new(known).key(challenge.text("Challenge"));
        let login = format!("Action: Login\r\nUsername: sealed\r\nAuthType: MD5\r\nKey: {key}\r\n\r\n");
        let mut wire = Wire::connect(server.address).await;
        wire.ask("Action: Challenge\r\nAuthType: MD5\r\n\r\n").await;
        assert_eq!(wire.ask(&login).await.text("Message"), "Authentication failed");
    }
}

#[tokio::test]
async fn a_flood_of_connections_that_never_log_in_keeps_nobody_out() {
    let config = ServerConfig { max_unauthenticated: 10, max_sessions: 30, ..Server::config() };
    let server = Server::with(config).await;
    let mut inside = Wire::login(server.address, "dialer").await;
    let mut flood = Vec::new();
    for _ in 0..60 {
        flood.push(TcpStream::connect(server.address).await.unwrap());
    }
    let mut users = Vec::new();
    for _ in 0..15 {
        users.push(Wire::login(server.address, "lean").await);
    }
    assert_eq!(inside.ask("Action: Ping\r\n\r\n").await.text("Ping"), "Pong");
    let mut first = Vec::new();
    let _ = in_time(flood[0].read_to_end(&mut first)).await;
    assert!(first.len() < 40, "the first of the flood got no more than the greeting");
}

#[tokio::test]
async fn wrong_logins_take_turns_and_right_ones_come_through() {
    let login_delay = Duration::from_millis(100);
    let config = ServerConfig { login_delay, max_failed_logins: 2, ..Server::config() };
    let server = Server::with(config).await;
    let start = Instant::now();
    let wrong = || async {
        let mut wire = Wire::connect(server.address).await;
        let answer = wire.ask("Action: Login\r\nUsername: dialer\r\nSecret: x\r\n\r\n").await;
        assert_eq!(answer.text("Message"), "Authentication failed");
    };
    tokio::join!(wrong(), wrong(), wrong(), wrong(), wrong(), wrong());
    assert!(start.elapsed() >= 3 * login_delay, "six at once, two at a time");
    Wire::login(server.address, "dialer").await;
}

#[tokio::test]
async fn who_waits_for_a_turn_too_long_is_refused() {
    let (login_delay, login_timeout) = (Duration::from_millis(300), Duration::from_millis(50));
    let config = ServerConfig { login_delay, login_timeout, max_failed_logins: 1, ..Server::config() };
    let server = Server::with(config).await;
    let mut one = Wire::connect(server.address).await;
    one.send("Action: Login\r\nUsername: dialer\r\nSecret: x\r\n\r\n").await;
    let mut other = Wire::connect(server.address).await;
    other.send("Action: Login\r\nUsername: dialer\r\nSecret: x\r\n\r\n").await;
    assert_eq!(one.next().await.text("Message"), "Authentication failed");
    assert_eq!(other.next().await.text("Message"), "Authentication failed");
}
