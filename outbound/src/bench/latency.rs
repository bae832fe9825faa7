//! How soon clients hear of what happens: from the moment at which an event of Asterisk's can be read by the daemon, to the one
//! at which a client has read the Out event that follows from it, at a thousand calls a second.
//!
//! The called ring for a second, answer, and hang up three seconds later, so the steps of a call lie apart. What Asterisk says of
//! one step comes at once, in several events; the clock of an Out event runs from the first of them, so what is measured is never less
//! than what is meant. OriginateResponse alone may come milliseconds later, by another thread of Asterisk: an update whose Status says
//! that it is there follows from it. A client hears of a call's end only when its result is on the disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::calls::WORLD;
use super::client::Client;
use super::figure::percentile;
use super::parts::{Daemon, Setup, Simulator};
use super::site::Site;
use super::stock::{self, Stock};
use super::tap::{Tap, Tape, field, messages};
use super::usage;
use super::{Measure, Measured, Wish};

/// Calls each second.
const RATE: u32 = 1_000;
/// Until the calls that begin are as many as those that end.
const WARM: Duration = Duration::from_secs(6);
/// What is counted.
const WINDOW: Duration = Duration::from_secs(8);
/// Events of a call that lie further apart belong to two steps: half of the shortest time between two.
const APART: Duration = Duration::from_millis(500);

const PLAN: [(&str, &str); 5] = [
    ("DialMode", "4"),
    ("TrunkName", "carrier"),
    ("TechName", "PJSIP"),
    ("MaxRetryCnt1", "1"),
    ("DialTimeout", "30000"),
];
const DESTINATION: [(&str, &str); 3] = [("Type", "1"), ("Application", "Wait"), ("Data", "60")];

pub(super) struct Latency {
    binary: PathBuf,
    wish: Wish,
}

impl Latency {
    pub(super) fn new(binary: PathBuf, wish: &Wish) -> Self {
        Self { binary, wish: wish.clone() }
    }
}

impl Measure for Latency {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let site = Site::new(&self.wish, "latency")?;
        let simulator = Simulator::start(&site, WORLD)?;
        let tap = Tap::start(&simulator.address)?;
        let setup = Setup {
            asterisk: [&tap.address, "outbound", "outbound"],
            max_channels: 10 * RATE,
            max_cps: f64::from(RATE),
            synchronous: "full",
        };
        let leads = u64::from(RATE) * (WARM + WINDOW).as_secs() * 2;
        let stock =
            Stock { base: &PLAN, destination: Some(&DESTINATION), digits: "11", leads, ..Stock::PLAIN };
        let campaign = stock::prepare(&self.binary, &site, setup, stock)?.remove(0);
        let daemon = Daemon::start(&self.binary, &site, setup)?;
        let mut client = Client::login(&daemon.ami)?;
        client.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")])?;
        let begun = Instant::now();
        let cpu = usage::cpu(daemon.pid())?;
        let mut heard = Tape::new();
        client.stream(|octets| {
            heard.push((Instant::now(), octets.to_vec()));
            begun.elapsed() >= WARM + WINDOW
        })?;
        let cpu = usage::cpu_since(daemon.pid(), &cpu)?.as_secs_f64() / begun.elapsed().as_secs_f64();
        let tapes = tap.take();
        daemon.stop()?;
        let steps = Steps::of(&tapes.asterisk);
        let (mut updates, mut ends) = (steps.latencies(&heard, "OutDialingUpdate", begun + WARM), Vec::new());
        ends.extend(steps.latencies(&heard, "OutDialingDelete", begun + WARM));
        let rate = ends.len() as f64 / WINDOW.as_secs_f64();
        if rate < 0.9 * f64::from(RATE) {
            bail!("{rate:.0} calls ended a second: not what was to be measured");
        }
        let details = vec![
            ("calls/s", rate),
            ("updates, p50 in ms", percentile(&mut updates, 50.0)),
            ("updates, p99 in ms", percentile(&mut updates, 99.0)),
            ("ends (on the disk first), p50 in ms", percentile(&mut ends, 50.0)),
            ("ends (on the disk first), p99 in ms", percentile(&mut ends, 99.0)),
            ("daemon, processors", cpu),
        ];
        let mut all = [updates, ends].concat();
        Ok(Measured { value: percentile(&mut all, 99.0), details })
    }
}

/// When the steps of each call began, as Asterisk told them.
struct Steps(HashMap<String, Vec<Step>>);

struct Step {
    first: Instant,
    last: Instant,
    response: Option<Instant>,
}

impl Steps {
    fn of(tape: &Tape) -> Self {
        let mut steps: HashMap<String, Vec<Step>> = HashMap::new();
        messages(tape, |at, message| {
            let event = field(message, "Event");
            let call = match event {
                "OriginateResponse" => field(message, "ActionID"),
                "DialBegin" | "DialEnd" => field(message, "DestUniqueid"),
                "Newchannel" | "Hangup" => field(message, "Uniqueid"),
                // Entries of lists name channels too, and are no steps.
                _ => return,
            };
            let steps = steps.entry(call.to_owned()).or_default();
            if steps.last().is_none_or(|step| at - step.last >= APART) {
                steps.push(Step { first: at, last: at, response: None });
            }
            if let Some(step) = steps.last_mut() {
                step.last = at;
                if event == "OriginateResponse" {
                    step.response = Some(at);
                }
            }
        });
        Self(steps)
    }

    /// Milliseconds to each event of this name that was heard from `since` on.
    fn latencies(&self, heard: &Tape, name: &str, since: Instant) -> Vec<f64> {
        let mut latencies = Vec::new();
        messages(heard, |at, message| {
            if at < since || field(message, "Event") != name {
                return;
            }
            let steps = self.0.get(field(message, "Uuid")).into_iter().flatten();
            if let Some(step) = steps.rev().find(|step| step.first <= at) {
                let response = step.response.filter(|response| *response <= at);
                let from = response.filter(|_| field(message, "Status") == "5").unwrap_or(step.first);
                latencies.push((at - from).as_secs_f64() * 1e3);
            }
        });
        latencies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_an_event_runs_from_the_first_word_of_the_step_before_it() {
        let start = Instant::now();
        let at = |ms: u64, text: &str| (start + Duration::from_millis(ms), text.as_bytes().to_vec());
        let asterisk = vec![
            at(0, "Event: Newchannel\r\nUniqueid: a\r\n\r\n"),
            at(
                1_000,
                "Event: DialEnd\r\nUniqueid: x\r\nDestUniqueid: a\r\n\r\nEvent: Hangup\r\nUniqueid: b\r\n\r\n",
            ),
            at(
                1_003,
                "Event: OriginateResponse\r\nActionID: a\r\n\r\nResponse: Success\r\nActionID: b\r\n\r\n",
            ),
            at(3_900, "Event: CoreShowChannel\r\nUniqueid: a\r\n\r\n"),
            at(4_000, "Event: Hangup\r\nUniqueid: a\r\n\r\n"),
        ];
        let heard = vec![
            at(2, "Event: OutDialingUpdate\r\nUuid: a\r\n\r\n"),
            at(1_001, "Event: OutDialingUpdate\r\nUuid: a\r\n\r\n"),
            at(1_004, "Event: OutDialingUpdate\r\nUuid: a\r\nStatus: 5\r\n\r\n"),
            at(1_005, "Event: OutDialingDelete\r\nUuid: b\r\n\r\n"),
            at(4_009, "Event: OutDialingDelete\r\nUuid: a\r\n\r\n"),
        ];
        let steps = Steps::of(&asterisk);
        let rounded = |name, since| {
            let ms = steps.latencies(&heard, name, start + Duration::from_millis(since));
            ms.into_iter().map(f64::round).collect::<Vec<_>>()
        };
        assert_eq!(rounded("OutDialingUpdate", 0), [2.0, 1.0, 1.0]);
        assert_eq!(rounded("OutDialingDelete", 0), [5.0, 9.0]);
        assert_eq!(rounded("OutDialingDelete", 2_000), [9.0]);
    }
}
