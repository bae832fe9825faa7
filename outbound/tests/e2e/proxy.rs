//! A network between the daemon and an Asterisk that can fail: a TCP proxy that lets nothing through, silently, one way or
//! both, as lost packets do; or that takes single events out of what Asterisk says.
//!
//! What is held back while the way is closed goes on when it is open again, as TCP sends it again; unless its sender has
//! reset the connection meanwhile: then it is lost with the connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Which ways are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ways {
    pub(crate) to_asterisk: bool,
    pub(crate) to_daemon: bool,
}

impl Ways {
    pub(crate) const OPEN: Self = Self { to_asterisk: true, to_daemon: true };
    pub(crate) const CUT: Self = Self { to_asterisk: false, to_daemon: false };
    pub(crate) const DEAF: Self = Self { to_asterisk: true, to_daemon: false };
    pub(crate) const MUTE: Self = Self { to_asterisk: false, to_daemon: true };
}

/// Events that get lost: names, and how many of a hundred.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holes {
    pub(crate) events: &'static [&'static str],
    pub(crate) percent: u32,
    pub(crate) seed: u64,
}

/// Events that were taken out, by name.
pub(crate) type Lost = Arc<Mutex<BTreeMap<String, usize>>>;

/// The proxy. Ends with the value.
pub(crate) struct Proxy {
    pub(crate) address: String,
    ways: watch::Sender<Ways>,
    breaks: watch::Sender<u32>,
    pub(crate) lost: Lost,
}

impl Proxy {
    /// A proxy to this address.
    pub(crate) async fn start(to: &str, holes: Option<Holes>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (ways, seen) = watch::channel(Ways::OPEN);
        let (breaks, broken) = watch::channel(0);
        let lost = Lost::default();
        tokio::spawn(accept(listener, to.to_owned(), seen, broken, (holes, Arc::clone(&lost))));
        Self { address, ways, breaks, lost }
    }

    pub(crate) fn set(&self, ways: Ways) {
        self.ways.send_replace(ways);
    }

    /// Resets all connections.
    pub(crate) fn break_all(&self) {
        self.breaks.send_modify(|times| *times += 1);
    }
}

async fn accept(
    listener: TcpListener,
    to: String,
    mut ways: watch::Receiver<Ways>,
    broken: watch::Receiver<u32>,
    (holes, lost): (Option<Holes>, Lost),
) {
    loop {
        // While nothing gets through, nobody's call is taken.
        if ways.wait_for(|ways| *ways == Ways::OPEN).await.is_err() {
            return;
        }
        let Ok((near, _)) = listener.accept().await else { continue };
        let (to, ways, broken) = (to.clone(), ways.clone(), broken.clone());
        let sieve = Sieve::new(holes, Arc::clone(&lost));
        tokio::spawn(async move {
            if let Ok(far) = TcpStream::connect(to).await {
                carry(near, far, ways, broken, sieve).await;
            }
        });
    }
}

async fn carry(
    near: TcpStream,
    far: TcpStream,
    ways: watch::Receiver<Ways>,
    mut broken: watch::Receiver<u32>,
    sieve: Sieve,
) {
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let out =
        pump(near_read, far_write, ways.clone(), |ways| ways.to_asterisk, Sieve::new(None, Arc::default()));
    let back = pump(far_read, near_write, ways, |ways| ways.to_daemon, sieve);
    tokio::pin!(out, back);
    broken.mark_unchanged();
    // Where one side has ended, what is under way the other way is of no use to it.
    let (near, far) = tokio::select! {
        ends = &mut out => ends,
        ends = &mut back => ends,
        _ = broken.changed() => return,
    };
    for socket in [near, far] {
        let _ = socket2::SockRef::from(socket.as_ref()).set_linger(Some(Duration::ZERO));
    }
}

/// Carries one way until its source ends. Gives both ends back, the second by its write half.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut ways: watch::Receiver<Ways>,
    open: impl Fn(&Ways) -> bool,
    mut sieve: Sieve,
) -> (End, End) {
    let mut chunk = vec![0; 64 << 10];
    loop {
        let is_open = ways.wait_for(|ways| open(ways)).await.is_ok();
        if !is_open || from.as_ref().take_error().is_ok_and(|error| error.is_some()) {
            return (End::Read(from), End::Write(to));
        }
        let octets = tokio::select! {
            read = from.read(&mut chunk) => read.unwrap_or(0),
            _ = ways.changed() => continue,
        };
        let passed = sieve.pass(&chunk[..octets]);
        if octets == 0 || to.write_all(&passed).await.is_err() {
            return (End::Read(from), End::Write(to));
        }
    }
}

enum End {
    Read(OwnedReadHalf),
    Write(OwnedWriteHalf),
}

impl AsRef<TcpStream> for End {
    fn as_ref(&self) -> &TcpStream {
        match self {
            Self::Read(half) => half.as_ref(),
            Self::Write(half) => half.as_ref(),
        }
    }
}

/// Takes events out.
struct Sieve {
    holes: Option<Holes>,
    dice: StdRng,
    /// What has come of the next message.
    begun: Vec<u8>,
    lost: Lost,
}

impl Sieve {
    fn new(holes: Option<Holes>, lost: Lost) -> Self {
        Self {
            holes,
            dice: StdRng::seed_from_u64(holes.map_or(0, |holes| holes.seed)),
            begun: Vec::new(),
            lost,
        }
    }

    fn pass(&mut self, octets: &[u8]) -> Vec<u8> {
        let Some(Holes { events, percent, .. }) = self.holes else { return octets.to_vec() };
        self.begun.extend_from_slice(octets);
        let mut passed = Vec::new();
        while let Some(end) = self.begun.windows(4).position(|four| four == b"\r\n\r\n") {
            let message: Vec<u8> = self.begun.drain(..end + 4).collect();
            let name =
                message.strip_prefix(b"Event: ").and_then(|rest| rest.split(|octet| *octet == b'\r').next());
            let hit = name.and_then(|name| events.iter().find(|event| event.as_bytes() == name));
            match hit.filter(|_| self.dice.random_range(0..100) < percent) {
                Some(event) => *self.lost.lock().unwrap().entry((*event).to_owned()).or_default() += 1,
                None => passed.extend(message),
            }
        }
        // The greeting is a line, and no message follows before we answer.
        if self.begun.starts_with(b"Asterisk Call Manager") && self.begun.ends_with(b"\r\n") {
            passed.append(&mut self.begun);
        }
        passed
    }
}
