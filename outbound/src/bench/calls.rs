//! How many complete calls a second: from the lead on its list to the result in the file, on the simulated Asterisk over TCP,
//! with all events to one client. The called answer at once and hang up at once, so that nothing but the work limits the rate.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::client::{Client, Counter};
use super::parts::{Daemon, Setup, Simulator};
use super::site::Site;
use super::stock::{self, Stock};
use super::usage;
use super::{Measure, Measured, Wish};
use crate::store::Synchronous;

/// Calls at once, unless told.
const IN_FLIGHT: u32 = 500;
/// Leads, unless told: each is called once.
const LEADS: u64 = 50_000;
/// The results file may come so much later than the last event.
const FILE_MAX: Duration = Duration::from_secs(30);

/// Numbers that answer and hang up at once.
pub(super) const WORLD: &str = "by_number = true\n";

pub(super) struct Calls {
    binary: PathBuf,
    wish: Wish,
    synchronous: Synchronous,
}

impl Calls {
    pub(super) fn new(binary: PathBuf, wish: &Wish, synchronous: Synchronous) -> Self {
        Self { binary, wish: wish.clone(), synchronous }
    }
}

impl Measure for Calls {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let (leads, in_flight) = (self.wish.leads.unwrap_or(LEADS), self.wish.in_flight.unwrap_or(IN_FLIGHT));
        let site = Site::new(&self.wish, "calls")?;
        let simulator = Simulator::start(&site, WORLD)?;
        let setup = Setup {
            asterisk: [&simulator.address, "outbound", "outbound"],
            max_channels: in_flight,
            max_cps: 100_000.0,
            synchronous: if self.synchronous == Synchronous::Full { "full" } else { "normal" },
        };
        let stock =
            Stock { campaigns: 1, leads, digits: "14", plan: &[("MaxRetryCnt1", "1")], ..Stock::PLAIN };
        let campaigns = stock::prepare(&self.binary, &site, setup, stock)?;
        let daemon = Daemon::start(&self.binary, &site, setup)?;
        let mut client = Client::login(&daemon.ami)?;
        let (daemon_cpu, sim_cpu) = (usage::cpu(daemon.pid())?, usage::cpu(simulator.pid())?);
        client.act_on_all("OutCampaignUpdate", &campaigns, &[("Status", "1")])?;
        let begun = Instant::now();
        let (mut ended, mut octets) = (Counter::of("Event: OutDialingDelete\r\n"), 0);
        client.stream(|chunk| {
            ended.feed(chunk);
            octets += chunk.len();
            ended.count >= leads
        })?;
        // The clock runs until the results file has them too.
        let lines = wait_for_results(&site, leads)?;
        let took = begun.elapsed().as_secs_f64();
        if lines != leads {
            bail!("{lines} results of {leads} calls");
        }
        let calls = leads as f64;
        let (daemon_cpu, sim_cpu) =
            (usage::cpu_since(daemon.pid(), &daemon_cpu)?, usage::cpu_since(simulator.pid(), &sim_cpu)?);
        let (rss, _) = usage::memory_mb(daemon.pid())?;
        daemon.stop()?;
        let details = vec![
            ("in flight", f64::from(in_flight)),
            ("daemon, µs of a processor for a call", daemon_cpu.as_secs_f64() * 1e6 / calls),
            ("simulated Asterisk, µs of a processor for a call", sim_cpu.as_secs_f64() * 1e6 / calls),
            ("octets of events for a call", octets as f64 / calls),
            ("daemon's memory, MB", rss),
        ];
        Ok(Measured { value: calls / took, details })
    }
}

/// Counts the lines of the results file until there are so many.
fn wait_for_results(site: &Site, wanted: u64) -> anyhow::Result<u64> {
    let deadline = Instant::now() + FILE_MAX;
    loop {
        let text = std::fs::read(site.file("results.jsonl")).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', &text).count() as u64;
        if lines >= wanted {
            return Ok(lines);
        }
        if Instant::now() > deadline {
            bail!("{lines} results of {wanted} in the file {FILE_MAX:?} after the last call");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
