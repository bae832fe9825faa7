//! What a real Asterisk takes from the daemon, as a share of what the same Asterisk takes from a bare flood. The two take turns,
//! with the same number of calls in flight, and the same calls: Local channels whose far side answers and hangs up at once. Between them
//! comes a flood that sends and hears what the daemon does: what that loses is the price of variables and events, not of the daemon.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::client::{Client, Counter};
use super::flood::{Flood, Target};
use super::parts::{Daemon, RealAsterisk, Setup};
use super::site::Site;
use super::stock::{self, Stock};
use super::usage;
use super::{Measure, Measured, Wish};

/// Calls at once, unless told.
const IN_FLIGHT: u32 = 50;
/// Turns of each side.
const TURNS: usize = 3;
/// What is not counted at the beginning of a turn.
const WARM: Duration = Duration::from_millis(700);
/// What is counted of a turn.
const WINDOW: Duration = Duration::from_secs(4);
/// More leads than any Asterisk takes in a turn.
const LEADS: u64 = 50_000;

const BARE: Target<'_> =
    Target { channel: "Local/1400000000@pstn/n", application: "Hangup", as_the_daemon: false };
const DRESSED: Target<'_> = Target { as_the_daemon: true, ..BARE };
const PLAN: [(&str, &str); 5] = [
    ("DialMode", "4"),
    ("TechName", "Local"),
    ("TrunkName", "pstn"),
    ("MaxRetryCnt1", "1"),
    ("DialTimeout", "30000"),
];
const DESTINATION: [(&str, &str); 2] = [("Type", "1"), ("Application", "Hangup")];

pub(super) struct Share {
    binary: PathBuf,
    wish: Wish,
    asterisk: RealAsterisk,
}

impl Share {
    pub(super) fn new(binary: PathBuf, wish: &Wish) -> anyhow::Result<Self> {
        Ok(Self { binary, wish: wish.clone(), asterisk: RealAsterisk::start("bench")? })
    }

    /// Calls a second of a flood.
    fn flood(&self, target: Target<'_>, in_flight: u32) -> anyhow::Result<Turn> {
        let mut flood = Flood::login(self.asterisk.login(), target)?;
        let (own, asterisk) = (usage::cpu_of_thread()?, self.asterisk.cpu()?);
        let rate = flood.run(in_flight as usize, WARM, WINDOW)?;
        let seconds = (WARM + WINDOW).as_secs_f64();
        let used = |before: Duration, after: Duration| (after - before).as_secs_f64() / seconds;
        Ok(Turn {
            rate,
            own: used(own, usage::cpu_of_thread()?),
            asterisk: used(asterisk, self.asterisk.cpu()?),
        })
    }

    /// Calls a second of the daemon: from the lead on its list to the event of its end at a client.
    fn daemon(&self, in_flight: u32) -> anyhow::Result<Turn> {
        let site = Site::new(&self.wish, "share")?;
        let setup = Setup {
            asterisk: self.asterisk.login(),
            max_channels: in_flight,
            max_cps: 100_000.0,
            synchronous: "full",
        };
        let stock = Stock {
            base: &PLAN,
            destination: Some(&DESTINATION),
            digits: "14",
            leads: LEADS,
            ..Stock::PLAIN
        };
        let campaign = stock::prepare(&self.binary, &site, setup, stock)?.remove(0);
        let daemon = Daemon::start(&self.binary, &site, setup)?;
        let (mut client, mut control) = (Client::login(&daemon.ami)?, Client::login(&daemon.ami)?);
        control.act("Events", &[("EventMask", "off")])?;
        let (own, asterisk) = (usage::cpu(daemon.pid())?, self.asterisk.cpu()?);
        control.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")])?;
        let mut ended = Counter::of("Event: OutDialingDelete\r\n");
        let begun = Instant::now();
        client.stream(|chunk| {
            ended.feed(chunk);
            begun.elapsed() >= WARM
        })?;
        let (from, before) = (Instant::now(), ended.count);
        client.stream(|chunk| {
            ended.feed(chunk);
            from.elapsed() >= WINDOW
        })?;
        let rate = (ended.count - before) as f64 / from.elapsed().as_secs_f64();
        let seconds = begun.elapsed().as_secs_f64();
        let used = |before: Duration, after: Duration| (after - before).as_secs_f64() / seconds;
        let turn = Turn {
            rate,
            own: usage::cpu_since(daemon.pid(), &own)?.as_secs_f64() / seconds,
            asterisk: used(asterisk, self.asterisk.cpu()?),
        };
        daemon.stop()?;
        self.asterisk.wait_until_idle()?;
        Ok(turn)
    }
}

/// What was seen in a turn.
#[derive(Debug, Clone, Copy)]
struct Turn {
    /// Calls a second.
    rate: f64,
    /// Processors that the one who dials used.
    own: f64,
    /// Processors that Asterisk used.
    asterisk: f64,
}

impl Turn {
    fn mean(turns: &[Self]) -> Self {
        let mean = |value: fn(&Self) -> f64| turns.iter().map(value).sum::<f64>() / turns.len() as f64;
        Self { rate: mean(|t| t.rate), own: mean(|t| t.own), asterisk: mean(|t| t.asterisk) }
    }
}

impl Measure for Share {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let in_flight = self.wish.in_flight.unwrap_or(IN_FLIGHT);
        let (mut floods, mut dressed, mut daemons) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..TURNS {
            floods.push(self.flood(BARE, in_flight)?);
            dressed.push(self.flood(DRESSED, in_flight)?);
            daemons.push(self.daemon(in_flight)?);
        }
        let (flood, dressed, daemon) = (Turn::mean(&floods), Turn::mean(&dressed), Turn::mean(&daemons));
        let details = vec![
            ("in flight", f64::from(in_flight)),
            ("flood, calls/s", flood.rate),
            ("flood with the daemon's Originates and events, calls/s", dressed.rate),
            ("daemon, calls/s", daemon.rate),
            ("flood, processors", flood.own),
            ("daemon, processors", daemon.own),
            ("Asterisk under the flood, processors", flood.asterisk),
            ("Asterisk under the daemon, processors", daemon.asterisk),
            ("Asterisk under the flood, µs of a processor for a call", 1e6 * flood.asterisk / flood.rate),
            (
                "Asterisk under the flood with the daemon's Originates, µs of a processor for a call",
                1e6 * dressed.asterisk / dressed.rate,
            ),
            ("Asterisk under the daemon, µs of a processor for a call", 1e6 * daemon.asterisk / daemon.rate),
        ];
        Ok(Measured { value: 100.0 * daemon.rate / flood.rate, details })
    }
}
