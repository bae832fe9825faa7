//! The decoder, in both modes: a stream gives the same however it is cut, what waits is bounded, and what was read is
//! written back the same.
#![no_main]

use ami::Message;
use ami::codec::{DecodeError, Decoder, Limits, LineEnd};
use libfuzzer_sys::fuzz_target;

/// So small that a fuzzer reaches them.
const SMALL: Limits = Limits { line: 40, message: 160, headers: 6 };
const ROOMY: Limits = Limits { line: 1 << 20, message: 1 << 22, headers: 1 << 16 };

type Read = Result<Message, (DecodeError, Message)>;

fuzz_target!(|data: &[u8]| {
    let [how, pace, stream @ ..] = data else { return };
    let line_end = if how & 1 == 0 { LineEnd::Crlf } else { LineEnd::Any };
    let limits = if how & 2 == 0 { SMALL } else { Limits::default() };
    let (whole, _) = read(line_end, limits, [stream]);
    let (cut, waiting) = read(line_end, limits, Cuts { rest: stream, state: u32::from(*pace) });
    assert_eq!(whole, cut, "the same whole and in pieces");
    let (singly, most) = read(line_end, limits, stream.chunks(1));
    assert_eq!(whole, singly, "the same whole and octet by octet");
    // A block at its limit, and a line that is not known to be too long.
    let bound = limits.message + limits.line + 4;
    assert!(waiting.max(most) <= bound, "{waiting} and {most} octets wait");
    if line_end == LineEnd::Crlf {
        write_back(stream);
    }
});

/// Everything that comes of a stream in pieces, and the most that ever waited after a piece.
fn read<'a>(
    line_end: LineEnd,
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Read>, usize) {
    let mut decoder = Decoder::with_limits(line_end, limits);
    let (mut all, mut most) = (Vec::new(), 0);
    for piece in pieces {
        decoder.feed(piece);
        while let Some(next) = decoder.next_message().transpose() {
            if let Ok(message) = &next {
                assert!(!message.is_empty() && message.len() <= limits.headers);
            }
            all.push(next.map_err(|error| (error, decoder.take_rejected())));
        }
        most = most.max(decoder.buffered());
    }
    (all, most)
}

/// What was read, written and read again, is what it was.
fn write_back(stream: &[u8]) {
    let (first, _) = read(LineEnd::Crlf, ROOMY, [stream]);
    let messages: Vec<Message> = first.into_iter().filter_map(Result::ok).collect();
    let mut written = Vec::new();
    for message in &messages {
        message.encode(&mut written);
    }
    let (second, _) = read(LineEnd::Crlf, ROOMY, [&written[..]]);
    let second: Vec<Message> =
        second.into_iter().map(|read| read.expect("what we wrote is well made")).collect();
    assert_eq!(messages, second);
}

/// Pieces of 1 to 16 octets.
struct Cuts<'a> {
    rest: &'a [u8],
    state: u32,
}

impl<'a> Iterator for Cuts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, rest) = self.rest.split_at(((self.state >> 24) as usize % 16 + 1).min(self.rest.len()));
        self.rest = rest;
        Some(piece)
    }
}
