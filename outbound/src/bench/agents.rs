//! How soon an agent who has become free is dialed for: from the moment at which QueueMemberStatus can be read by the daemon, to the one
//! at which the Originate is on the wire. The claim of the lead is between the two, on the disk.
//!
//! In progressive mode each agent who becomes idle asks for one call, and nothing else does, as everybody who is called answers. So the
//! first Originate belongs to the first agent who waits for one, the second to the second, from the start of the campaign on.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::client::{Client, Counter};
use super::figure::percentile;
use super::parts::{Daemon, Setup, Simulator};
use super::site::Site;
use super::stock::{self, Stock};
use super::tap::{Tap, Tape, Tapes, field, messages};
use super::usage;
use super::{Measure, Measured, Wish};

/// Agents of the queue.
const AGENTS: usize = 500;
/// Until the agents are out of step with each other.
const WARM: Duration = Duration::from_secs(5);
/// What is counted.
const WINDOW: Duration = Duration::from_secs(10);
/// Calls that no agent had asked for, of a hundred; with more it is no matching.
const UNASKED_MAX: f64 = 1.0;
/// More leads than are called.
const LEADS: u64 = 20_000;

const PLAN: [(&str, &str); 6] = [
    ("DialMode", "6"),
    ("TrunkName", "carrier"),
    ("TechName", "PJSIP"),
    ("MaxRetryCnt1", "1"),
    ("DialTimeout", "30000"),
    ("QueueName", "sales"),
];

/// Everybody answers after a moment, and talks for a moment.
fn world() -> String {
    format!(
        "[customers]\nmachine_share = 0.0\nsetup_s = {{ mean = 0.1, cv = 0.3 }}\nring_s = {{ mean = 0.3, cv = 0.5 }}\n\
         talk_s = {{ mean = 0.8, cv = 0.5 }}\n\
         [customers.mix]\nanswer = 1.0\nbusy = 0.0\nno_answer = 0.0\nunallocated = 0.0\ncongested = 0.0\ndeclined = 0.0\nsilent = 0.0\n\
         [agents]\ncount = {AGENTS}\nanswer_s = {{ mean = 0.2, cv = 0.5 }}\n"
    )
}

pub(super) struct Agents {
    binary: PathBuf,
    wish: Wish,
}

impl Agents {
    pub(super) fn new(binary: PathBuf, wish: &Wish) -> Self {
        Self { binary, wish: wish.clone() }
    }
}

impl Measure for Agents {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let site = Site::new(&self.wish, "agents")?;
        let simulator = Simulator::start(&site, &world())?;
        let tap = Tap::start(&simulator.address)?;
        let setup = Setup {
            asterisk: [&tap.address, "outbound", "outbound"],
            max_channels: 10_000,
            max_cps: 100_000.0,
            synchronous: "full",
        };
        let stock = Stock { base: &PLAN, destination: None, digits: "1", leads: LEADS, ..Stock::PLAIN };
        let campaign = stock::prepare(&self.binary, &site, setup, stock)?.remove(0);
        let daemon = Daemon::start(&self.binary, &site, setup)?;
        let mut client = Client::login(&daemon.ami)?;
        tap.take();
        client.act("OutCampaignUpdate", &[("Uuid", &campaign), ("Status", "1")])?;
        let (begun, cpu) = (Instant::now(), usage::cpu(daemon.pid())?);
        let mut ended = Counter::of("Event: OutDialingDelete\r\n");
        client.stream(|octets| {
            ended.feed(octets);
            begun.elapsed() >= WARM + WINDOW
        })?;
        let seconds = begun.elapsed().as_secs_f64();
        let cpu = usage::cpu_since(daemon.pid(), &cpu)?.as_secs_f64() / seconds;
        let tapes = tap.take();
        daemon.stop()?;
        let Answers { mut waits, unasked } = Answers::of(&tapes, AGENTS, begun + WARM);
        let unasked = 100.0 * unasked as f64 / (waits.len().max(1)) as f64;
        if waits.is_empty() || unasked > UNASKED_MAX {
            bail!("{} calls for agents, and {unasked:.1} % more that none had asked for", waits.len());
        }
        let details = vec![
            ("calls/s", waits.len() as f64 / WINDOW.as_secs_f64()),
            ("p50 in ms", percentile(&mut waits, 50.0)),
            ("p90 in ms", percentile(&mut waits, 90.0)),
            ("calls that no agent had asked for, %", unasked),
            ("daemon, processors", cpu),
        ];
        Ok(Measured { value: percentile(&mut waits, 99.0), details })
    }
}

/// How long agents waited until they were dialed for.
struct Answers {
    /// In milliseconds.
    waits: Vec<f64>,
    /// Calls for nobody.
    unasked: usize,
}

impl Answers {
    /// Of a tape that begins with the campaign, when so many agents are idle; what comes before `since` is matched, and not
    /// counted.
    fn of(tapes: &Tapes, idle: usize, since: Instant) -> Self {
        let mut happened = became_idle(&tapes.asterisk);
        messages(&tapes.daemon, |at, message| {
            if message.starts_with("Action: Originate") {
                happened.push((at, false));
            }
        });
        happened.sort_by_key(|(at, _)| *at);
        // Those who are idle at the start wait since then, whenever that was.
        let mut waiting: VecDeque<Option<Instant>> = vec![None; idle].into();
        let (mut answers, mut credit) = (Self { waits: Vec::new(), unasked: 0 }, 0);
        for (at, is_agent) in happened {
            if is_agent && credit > 0 {
                credit -= 1;
            } else if is_agent {
                waiting.push_back(Some(at));
            } else if let Some(asked) = waiting.pop_front() {
                answers.waits.extend(
                    asked.filter(|asked| *asked >= since).map(|asked| (at - asked).as_secs_f64() * 1e3),
                );
            } else {
                credit += 1;
                answers.unasked += usize::from(at >= since);
            }
        }
        answers
    }
}

/// When an agent who was not idle has become so.
fn became_idle(tape: &Tape) -> Vec<(Instant, bool)> {
    let (mut busy, mut idle): (BTreeSet<String>, Vec<(Instant, bool)>) = Default::default();
    messages(tape, |at, message| {
        if field(message, "Event") != "QueueMemberStatus" {
            return;
        }
        let is_idle = field(message, "Status") == "1"
            && field(message, "InCall") == "0"
            && field(message, "Paused") == "0";
        let agent = field(message, "Interface");
        if !is_idle {
            busy.insert(agent.to_owned());
        } else if busy.remove(agent) {
            idle.push((at, true));
        }
    });
    idle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_belongs_to_the_agent_who_waits_longest() {
        let start = Instant::now();
        let at = |ms: u64, text: String| (start + Duration::from_millis(ms), text.into_bytes());
        let member = |ms, agent: &str, status: u8, in_call: u8| {
            let event = "Event: QueueMemberStatus\r\nInterface";
            at(ms, format!("{event}: {agent}\r\nStatus: {status}\r\nPaused: 0\r\nInCall: {in_call}\r\n\r\n"))
        };
        let call = |ms| at(ms, "Action: Originate\r\nChannel: x\r\n\r\n".to_owned());
        let tapes = Tapes {
            asterisk: vec![
                member(0, "a", 2, 1),
                member(1, "b", 6, 0),
                member(100, "a", 1, 1),
                member(101, "a", 1, 0),
                member(102, "a", 1, 0),
                member(104, "b", 1, 0),
                member(200, "a", 2, 0),
                member(300, "a", 1, 0),
                member(400, "b", 2, 0),
                member(500, "b", 1, 0),
            ],
            // The first two are for those who were idle at the start; the one at 290 is for nobody, and takes a's place at 300.
            daemon: vec![call(50), call(60), call(103), call(110), call(290), call(507)],
        };
        let answers = Answers::of(&tapes, 2, start + Duration::from_millis(90));
        let rounded: Vec<f64> = answers.waits.iter().map(|ms| ms.round()).collect();
        assert_eq!((rounded, answers.unasked), (vec![2.0, 6.0, 7.0], 1));
        assert_eq!(Answers::of(&tapes, 2, start + Duration::from_millis(400)).waits.len(), 1);
    }
}
