//! Codec against transcripts of a real Asterisk; client and server against each other and against raw sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails should stop there")]

mod captures;
mod client;
mod codec;
mod fanout;
mod login;
mod malformed;
mod server;
mod tls;
mod transcripts;
mod wire;
