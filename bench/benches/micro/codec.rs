//! Octets and messages.

use ami::codec::{Decoder, LineEnd};
use bench::daemon;
use bench::rows;
use bench::script::{Kind, Script};
use divan::Bencher;
use engine::model::DialMode;
use engine::notify::Notify;
use engine::store_id::StoreId;
use outbound::asterisk::reached::Marks;
use uuid::Uuid;

/// The messages of a call with an agent: in the order of the wire, some of them.
const MESSAGES: [(&str, usize); 8] = [
    ("Response", 0),
    ("Newchannel", 1),
    ("DialBegin", 2),
    ("DialEnd", 3),
    ("OriginateResponse", 4),
    ("QueueMemberStatus", 7),
    ("AgentConnect", 10),
    ("Hangup", 11),
];

fn message(name: &str) -> Vec<u8> {
    let script = Script::of(Kind::Agent).unwrap();
    let at = MESSAGES.into_iter().find(|(known, _)| *known == name).unwrap().1;
    let mut octets = Vec::new();
    script.write(at, Uuid::from_u128(0xfeed_beef_feed_4eef_8eed_beef_feed_beef), 7, 7, &mut octets);
    let text = String::from_utf8_lossy(&octets);
    assert!(text.starts_with(&format!("Event: {name}\r\n")) || at == 0, "{text}");
    octets
}

#[divan::bench(args = MESSAGES.map(|(name, _)| name))]
fn decode(bencher: Bencher<'_, '_>, name: &str) {
    let octets = message(name);
    let (mut decoder, mut messages) = (Decoder::new(LineEnd::Crlf), Vec::new());
    bencher.bench_local(|| {
        messages.clear();
        daemon::decode(&mut decoder, &octets, &mut messages).unwrap();
    });
}

#[divan::bench(args = MESSAGES.map(|(name, _)| name))]
fn translate(bencher: Bencher<'_, '_>, name: &str) {
    let (mut decoder, mut messages) = (Decoder::new(LineEnd::Crlf), Vec::new());
    daemon::decode(&mut decoder, &message(name), &mut messages).unwrap();
    let mut inputs = Vec::new();
    bencher.bench_local(|| {
        inputs.clear();
        daemon::translate(&messages[0], &mut inputs);
    });
}

#[divan::bench]
fn encode_originate(bencher: Bencher<'_, '_>) {
    let plan = rows::plan(DialMode::Progressive).unwrap();
    let dialing = rows::dialing(&rows::claim(1, rows::LIST, rows::CAMPAIGN).unwrap(), &plan);
    let mut octets = Vec::new();
    bencher.bench_local(|| {
        octets.clear();
        daemon::originate(&mut octets, Marks(StoreId::new(1)), &dialing.setup, &plan);
    });
}

#[divan::bench]
fn build_dialing_event(bencher: Bencher<'_, '_>) {
    let notify = dialing_event();
    bencher.bench_local(|| outbound::ami_server::event(&notify));
}

#[divan::bench]
fn encode_dialing_event(bencher: Bencher<'_, '_>) {
    let message = outbound::ami_server::event(&dialing_event());
    let mut octets = Vec::new();
    bencher.bench_local(|| {
        octets.clear();
        message.encode(&mut octets);
    });
}

/// An OutDialingUpdate.
pub(crate) fn dialing_event() -> Notify {
    let plan = rows::plan(DialMode::Progressive).unwrap();
    Notify::DialingUpdated(rows::dialing(&rows::claim(1, rows::LIST, rows::CAMPAIGN).unwrap(), &plan))
}
