use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits { line: 20, message: 60, headers: 4 };

/// All that a decoder makes of octets fed in pieces.
fn decode(decoder: &mut Decoder, pieces: &[&[u8]]) -> Vec<Result<Message, DecodeError>> {
    let mut made = Vec::new();
    for piece in pieces {
        decoder.feed(piece);
        while let Some(next) = decoder.next_message().transpose() {
            made.push(next);
        }
    }
    made
}

fn headers(message: &Message) -> Vec<(&str, &str)> {
    message.iter().collect()
}

#[test]
fn leading_blank_lines_are_skipped_and_one_blank_after_the_colon_is_eaten() {
    let mut decoder = Decoder::new(LineEnd::Crlf);
    let made = decode(&mut decoder, &[b"\r\n\r\nA:1\r\nB: 2\r\nC:  3\r\nD:\r\nno colon\r\n\r\n"]);
    let [Ok(message)] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!(headers(message), [("A", "1"), ("B", "2"), ("C", " 3"), ("D", ""), ("no colon", "")]);
}

#[test]
fn a_bare_lf_belongs_to_the_value_from_asterisk_and_ends_the_line_from_a_client() {
    let octets = b"Message: too long\n\r\n\r\n";
    let made = decode(&mut Decoder::new(LineEnd::Crlf), &[octets]);
    assert_eq!(made[0].as_ref().unwrap().get("Message"), Some("too long\n"));
    let made = decode(&mut Decoder::new(LineEnd::Any), &[b"action: ping\nactionid: 1\n\n"]);
    assert_eq!(headers(made[0].as_ref().unwrap()), [("action", "ping"), ("actionid", "1")]);
}

#[test]
fn octets_that_are_no_utf8_are_replaced() {
    let made = decode(&mut Decoder::new(LineEnd::Any), &[b"Name: a\xffb\nOther: \xc3\xa4\n\n"]);
    assert_eq!(headers(made[0].as_ref().unwrap()), [("Name", "a\u{fffd}b"), ("Other", "\u{e4}")]);
}

#[test]
fn the_greeting_is_one_line_before_the_first_message() {
    let mut decoder = Decoder::new(LineEnd::Crlf);
    decoder.feed(b"Asterisk Call");
    assert_eq!(decoder.next_line(), Ok(None));
    decoder.feed(b" Manager/11.0.0\r\nA: 1\r\n\r\n");
    assert_eq!(decoder.next_line().unwrap().as_deref(), Some("Asterisk Call Manager/11.0.0"));
    assert_eq!(decoder.next_message().unwrap().unwrap().get("A"), Some("1"));
}

#[test]
fn each_fault_is_told_once_and_the_next_message_is_read() {
    let long_line = format!("ActionID: 7\r\nX: {}\r\nrest: 1\r\n\r\n", "x".repeat(100));
    let long_block = format!("ActionID: 7\r\n{}\r\n", "X: 1234567890\r\n".repeat(5));
    let many = "A: 1\r\n".repeat(5) + "\r\n";
    let cases = [
        (long_line.as_str(), DecodeError::LineTooLong { limit: 20 }, 1),
        (long_block.as_str(), DecodeError::MessageTooLong { limit: 60 }, 4),
        (many.as_str(), DecodeError::TooManyHeaders { limit: 4 }, 4),
        ("A: \0\r\n\r\n", DecodeError::Nul, 1),
    ];
    for line_end in [LineEnd::Crlf, LineEnd::Any] {
        for (octets, error, kept) in cases {
            let stream = format!("{octets}B: 2\r\n\r\n");
            for size in 1..stream.len() {
                let pieces: Vec<_> = stream.as_bytes().chunks(size).collect();
                let mut decoder = Decoder::with_limits(line_end, SMALL);
                let made = decode(&mut decoder, &pieces);
                let good = Message::new().with("B", 2).unwrap();
                assert_eq!(made, [Err(error), Ok(good)], "{stream:?} by {size}");
                assert_eq!(decoder.take_rejected().len(), kept);
            }
        }
    }
}

#[test]
fn a_line_and_a_block_may_be_as_long_as_the_limit() {
    let octets = format!("X: {}\r\n\r\n", "x".repeat(17));
    assert!(decode(&mut Decoder::with_limits(LineEnd::Any, SMALL), &[octets.as_bytes()])[0].is_ok());
    let octets = "X: 1234567890\r\n".repeat(4) + "\r\n";
    assert!(decode(&mut Decoder::with_limits(LineEnd::Any, SMALL), &[octets.as_bytes()])[0].is_ok());
}

#[test]
fn an_endless_line_takes_bounded_memory() {
    let mut decoder = Decoder::with_limits(LineEnd::Crlf, SMALL);
    let mut errors = 0;
    for _ in 0..10_000 {
        errors += decode(&mut decoder, &[&[b'x'; 97]]).len();
        assert!(decoder.buffered() <= SMALL.line + 2);
    }
    assert_eq!(errors, 1);
    assert!(decoder.buffer.capacity() < 1000);
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => prop::sample::select(b"\r\n:\0 aA".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..400)
}

fn cut<'a>(octets: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
    ends.extend([0, octets.len()]);
    ends.sort_unstable();
    ends.windows(2).map(|pair| &octets[pair[0]..pair[1]]).collect()
}

proptest! {
    /// What is a fault must not depend on how TCP cut the stream, nor may memory grow beyond the limits.
    #[test]
    fn garbage_gives_the_same_however_it_is_cut(
        octets in octets(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        for line_end in [LineEnd::Crlf, LineEnd::Any] {
            let whole = decode(&mut Decoder::with_limits(line_end, SMALL), &[&octets]);
            let mut decoder = Decoder::with_limits(line_end, SMALL);
            let mut made = Vec::new();
            for piece in cut(&octets, &cuts) {
                made.extend(decode(&mut decoder, &[piece]));
                prop_assert!(decoder.buffered() <= SMALL.message + SMALL.line + 2);
            }
            prop_assert_eq!(&made, &whole);
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        list in prop::collection::vec(("[A-Za-z][A-Za-z0-9(),/;-]{0,10}", "[^\r\n\0]{0,30}"), 1..20),
    ) {
        let mut message = Message::new();
        for (name, value) in &list {
            message.push(name, value).unwrap();
        }
        let mut wire = Vec::new();
        message.encode(&mut wire);
        for line_end in [LineEnd::Crlf, LineEnd::Any] {
            let made = decode(&mut Decoder::new(line_end), &[&wire]);
            prop_assert_eq!(made, vec![Ok(message.clone())]);
        }
    }
}
