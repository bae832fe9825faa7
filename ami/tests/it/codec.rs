//! The codec against everything that a real Asterisk sent.

use std::time::Instant;

use ami::Message;
use ami::codec::{Decoder, LineEnd};
use proptest::prelude::*;

use crate::captures;

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Message> {
    let mut decoder = Decoder::new(LineEnd::Crlf);
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        while let Some(message) = decoder.next_message().unwrap() {
            messages.push(message);
        }
    }
    messages
}

fn name(message: &Message) -> String {
    let response = || format!("Response: {}", message.text("Response"));
    message.event_name().map_or_else(response, str::to_owned)
}

#[test]
fn every_block_of_every_transcript_is_read_by_its_name() {
    for capture in captures::all() {
        let messages = decode([capture.without_greeting()]);
        let names: Vec<_> = messages.iter().map(name).collect();
        assert_eq!(names, capture.blocks, "{}", capture.name);
    }
}

#[test]
fn every_transcript_is_written_back_octet_by_octet() {
    for capture in captures::all() {
        let octets = capture.without_greeting();
        let mut written = Vec::new();
        for message in decode([octets]) {
            message.encode(&mut written);
        }
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(octets), "{}", capture.name);
    }
}

#[test]
fn a_transcript_fed_octet_by_octet_gives_the_same() {
    for capture in captures::all() {
        let octets = capture.without_greeting();
        assert_eq!(decode(octets.chunks(1)), decode([octets]), "{}", capture.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn a_stream_cut_anywhere_gives_the_same(sizes in prop::collection::vec(1_usize..3000, 1..50)) {
        let octets: Vec<u8> = captures::all().iter().flat_map(|c| c.without_greeting().to_vec()).collect();
        let mut pieces = Vec::new();
        let mut rest = octets.as_slice();
        for size in sizes.iter().cycle() {
            let Some((piece, more)) = rest.split_at_checked(*size) else { break };
            pieces.push(piece);
            rest = more;
        }
        pieces.push(rest);
        prop_assert_eq!(decode(pieces), decode([octets.as_slice()]));
    }
}

/// `cargo test --release -p ami -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement"]
fn speed_of_reading() {
    let octets: Vec<u8> = captures::all().iter().flat_map(|c| c.without_greeting().to_vec()).collect();
    let rounds = 50;
    let start = Instant::now();
    let mut count = 0;
    for _ in 0..rounds {
        count += decode(octets.chunks(65536)).len();
    }
    let rate = (octets.len() * rounds) as f64 / start.elapsed().as_secs_f64() / 1e6;
    println!("{count} messages, {rate:.0} MB/s");
}
