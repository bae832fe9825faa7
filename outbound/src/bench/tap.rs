//! A tap in the line between the daemon and its Asterisk: passes octets on in both directions, and writes down when. What it
//! has written down is looked at afterwards, so that the line is as quick as without it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context as _;

/// Octets of one read.
const READ_OCTETS: usize = 256 << 10;

/// Octets and when they came: of what is passed on, the moment before they can be read on the other side.
pub(super) type Tape = Vec<(Instant, Vec<u8>)>;

/// What went over the line.
#[derive(Debug, Default)]
pub(super) struct Tapes {
    /// What Asterisk said.
    pub(super) asterisk: Tape,
    /// What the daemon said.
    pub(super) daemon: Tape,
}

/// The tap; with the value it takes no more connections.
pub(super) struct Tap {
    /// Where the daemon finds its Asterisk.
    pub(super) address: String,
    tapes: Arc<Mutex<Tapes>>,
    ended: Arc<AtomicBool>,
}

impl Tap {
    /// A tap in front of this Asterisk.
    pub(super) fn start(asterisk: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port for the tap")?;
        let address = listener.local_addr()?.to_string();
        let (tapes, ended) = (Arc::new(Mutex::new(Tapes::default())), Arc::new(AtomicBool::new(false)));
        let tap = Self { address, tapes: Arc::clone(&tapes), ended: Arc::clone(&ended) };
        let asterisk = asterisk.to_owned();
        std::thread::spawn(move || {
            for daemon in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                // A line that does not come about is one that the daemon complains of.
                let _ = daemon.and_then(|daemon| join(daemon, &asterisk, &tapes));
            }
        });
        Ok(tap)
    }

    /// What went over the line so far.
    pub(super) fn take(&self) -> Tapes {
        std::mem::take(&mut self.tapes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address);
    }
}

fn join(daemon: TcpStream, asterisk: &str, tapes: &Arc<Mutex<Tapes>>) -> std::io::Result<()> {
    let asterisk = TcpStream::connect(asterisk)?;
    asterisk.set_nodelay(true)?;
    daemon.set_nodelay(true)?;
    let (to_daemon, to_asterisk) = (daemon.try_clone()?, asterisk.try_clone()?);
    let (heard, said) = (Arc::clone(tapes), Arc::clone(tapes));
    std::thread::spawn(move || pass(asterisk, to_daemon, &heard, |tapes| &mut tapes.asterisk));
    std::thread::spawn(move || pass(daemon, to_asterisk, &said, |tapes| &mut tapes.daemon));
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, tapes: &Mutex<Tapes>, tape: fn(&mut Tapes) -> &mut Tape) {
    let mut chunk = vec![0; READ_OCTETS];
    while let Ok(octets @ 1..) = from.read(&mut chunk) {
        let at = Instant::now();
        if to.write_all(&chunk[..octets]).is_err() {
            break;
        }
        let mut tapes = tapes.lock().unwrap_or_else(PoisonError::into_inner);
        tape(&mut tapes).push((at, chunk[..octets].to_vec()));
    }
    // The end of one side is the end of both.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

/// Hands over each message of a tape, without its blank line, with the moment at which it was complete.
pub(super) fn messages(tape: &Tape, mut take: impl FnMut(Instant, &str)) {
    let mut rest = Vec::new();
    for (at, octets) in tape {
        rest.extend_from_slice(octets);
        let mut from = 0;
        while let Some(length) = memchr::memmem::find(&rest[from..], b"\r\n\r\n") {
            take(*at, &String::from_utf8_lossy(&rest[from..from + length]));
            from += length + 4;
        }
        rest.drain(..from);
    }
}

/// The value of a header; empty where there is none.
pub(super) fn field<'a>(message: &'a str, name: &str) -> &'a str {
    let mut values = message.split("\r\n").filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    values.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_message_has_come_when_its_last_octet_has() {
        let start = Instant::now();
        let text = "Event: A\r\nX: 1\r\n\r\nEvent: B\r\n\r\n";
        let tape: Tape =
            (0_u64..).zip(text.bytes()).map(|(at, b)| (start + Duration::from_millis(at), vec![b])).collect();
        let mut seen = Vec::new();
        messages(&tape, |at, message| {
            seen.push((
                (at - start).as_millis(),
                field(message, "Event").to_owned(),
                field(message, "X").to_owned(),
            ));
        });
        assert_eq!(seen, [(17, "A".into(), "1".into()), (29, "B".into(), String::new())]);
    }

    #[test]
    fn what_is_said_on_either_side_comes_out_on_the_other_and_is_on_the_tapes() {
        let asterisk = TcpListener::bind("127.0.0.1:0").unwrap();
        let tap = Tap::start(&asterisk.local_addr().unwrap().to_string()).unwrap();
        let mut near = TcpStream::connect(&tap.address).unwrap();
        let (mut far, _) = asterisk.accept().unwrap();
        near.write_all(b"ping").unwrap();
        let mut chunk = [0; 4];
        far.read_exact(&mut chunk).unwrap();
        assert_eq!(&chunk, b"ping");
        far.write_all(b"pong").unwrap();
        near.read_exact(&mut chunk).unwrap();
        assert_eq!(&chunk, b"pong");
        drop(far);
        assert_eq!(near.read(&mut chunk).unwrap(), 0, "the end is passed on too");
        let tapes = tap.take();
        let octets = |tape: Tape| tape.into_iter().flat_map(|(_, octets)| octets).collect::<Vec<u8>>();
        assert_eq!((octets(tapes.daemon), octets(tapes.asterisk)), (b"ping".to_vec(), b"pong".to_vec()));
    }
}
