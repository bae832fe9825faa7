//! How much memory the daemon takes: with a long list, many calls in flight and many AMI clients that read all events.

use std::io::Read as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::calls::WORLD;
use super::client::Client;
use super::parts::{Daemon, Setup, Simulator};
use super::site::Site;
use super::stock::{self, Stock};
use super::usage;
use super::{Measure, Measured, Wish};

/// Calls at once, unless told.
const IN_FLIGHT: u32 = 1_000;
/// Leads on the list, unless told.
const LEADS: u64 = 10_000_000;
/// Clients that read all events.
const CLIENTS: usize = 100;
/// How long so many calls are in flight.
const LASTS: Duration = Duration::from_secs(12);
/// The longest until they are.
const BEGIN_MAX: Duration = Duration::from_secs(60);

pub(super) struct Memory {
    binary: PathBuf,
    wish: Wish,
    /// The database, which is used on and on, and its campaign.
    side: Option<(Site, Vec<String>)>,
}

impl Memory {
    pub(super) fn new(binary: PathBuf, wish: &Wish) -> Self {
        Self { binary, wish: wish.clone(), side: None }
    }

    fn setup<'a>(&self, asterisk: [&'a str; 3]) -> Setup<'a> {
        let max_channels = self.wish.in_flight.unwrap_or(IN_FLIGHT);
        Setup { asterisk, max_channels, max_cps: 100_000.0, synchronous: "full" }
    }

    fn side(&mut self) -> anyhow::Result<(Site, Vec<String>)> {
        if let Some(side) = self.side.take() {
            return Ok(side);
        }
        let site = Site::new(&self.wish, "memory")?;
        let leads = self.wish.leads.unwrap_or(LEADS);
        // Their calls last a second.
        let stock =
            Stock { campaigns: 1, leads, digits: "15", plan: &[("MaxRetryCnt1", "1")], ..Stock::PLAIN };
        let setup = self.setup(["127.0.0.1:9", "outbound", "outbound"]);
        let campaigns = stock::prepare(&self.binary, &site, setup, stock)?;
        Ok((site, campaigns))
    }

    fn measure(&self, site: &Site, campaigns: &[String]) -> anyhow::Result<Measured> {
        let simulator = Simulator::start(site, WORLD)?;
        let setup = self.setup([&simulator.address, "outbound", "outbound"]);
        let daemon = Daemon::start(&self.binary, site, setup)?;
        daemon.wait_ready()?;
        let (at_rest, _) = usage::memory_mb(daemon.pid())?;
        let mut control = Client::login(&daemon.ami)?.without_events()?;
        let readers = (0..CLIENTS).map(|_| read_all(Client::login(&daemon.ami)?.into_stream()));
        let readers = readers.collect::<anyhow::Result<Vec<_>>>()?;
        control.act_on_all("OutCampaignUpdate", campaigns, &[("Status", "1")])?;
        let (begun, wanted) = (Instant::now(), u64::from(setup.max_channels) * 9 / 10);
        while control.dialings()? < wanted {
            if begun.elapsed() > BEGIN_MAX {
                bail!("there are never {wanted} calls in flight");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(LASTS);
        let in_flight = control.dialings()?;
        let (_, most) = usage::memory_mb(daemon.pid())?;
        control.act_on_all("OutCampaignUpdate", campaigns, &[("Status", "0")])?;
        control.wait_for_rest()?;
        let results = std::fs::read(site.file("results.jsonl")).context("the results file")?;
        std::fs::remove_file(site.file("results.jsonl"))?;
        let calls = memchr::memchr_iter(b'\n', &results).count();
        daemon.stop()?;
        for reader in readers {
            reader.join().map_err(|_| anyhow::anyhow!("a reader has died"))??;
        }
        let details = vec![
            ("clients", CLIENTS as f64),
            ("calls in flight at the end", in_flight as f64),
            ("calls in all", calls as f64),
            ("MB before the first call and client", at_rest),
        ];
        Ok(Measured { value: most, details })
    }
}

impl Measure for Memory {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let (site, campaigns) = self.side()?;
        let measured = self.measure(&site, &campaigns);
        self.side = Some((site, campaigns));
        measured
    }
}

/// Takes all that comes until the daemon ends.
fn read_all(mut stream: TcpStream) -> anyhow::Result<std::thread::JoinHandle<std::io::Result<()>>> {
    let reader = std::thread::Builder::new().stack_size(256 << 10);
    let read = move || {
        let mut chunk = vec![0; 64 << 10];
        while stream.read(&mut chunk)? > 0 {}
        Ok(())
    };
    Ok(reader.spawn(read)?)
}
