//! What the daemon uses while nothing is to be done: campaigns that run and have nobody to call (half of them on empty lists, half
//! with leads that wait for their next try), and many more that do not run.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::calls::WORLD;
use super::client::Client;
use super::parts::{Daemon, Setup, Simulator};
use super::site::Site;
use super::stock::{self, Stock};
use super::usage;
use super::{Measure, Measured, Wish};

/// Campaigns that do not run.
const STOPPED: u64 = 10_000;
/// Campaigns that run, on empty lists, and as many whose leads wait.
const RUNNING: u64 = 50;
/// Leads of each of these.
const WAITING: u64 = 10;
/// How long it is looked at.
const LASTS: Duration = Duration::from_secs(20);
/// Threads that are kept for a while after the start have ended by then.
const SETTLES: Duration = Duration::from_secs(12);

pub(super) struct Idle {
    binary: PathBuf,
    wish: Wish,
    site: Option<Site>,
}

impl Idle {
    pub(super) fn new(binary: PathBuf, wish: &Wish) -> Self {
        Self { binary, wish: wish.clone(), site: None }
    }

    fn prepare(&self) -> anyhow::Result<Site> {
        let site = Site::new(&self.wish, "idle")?;
        // Busy: each is tried again after an hour, up to three times.
        let plan = [("MaxRetryCnt1", "3"), ("RetryDelay", "3600000"), ("DlEndHandle", "0")];
        let stock =
            Stock { campaigns: RUNNING, leads: RUNNING * WAITING, digits: "20", plan: &plan, ..Stock::PLAIN };
        let nowhere = setup(["127.0.0.1:9", "outbound", "outbound"]);
        let running = stock::prepare(&self.binary, &site, nowhere, stock)?;
        let simulator = Simulator::start(&site, WORLD)?;
        let setup = Setup { synchronous: "normal", ..setup([&simulator.address, "outbound", "outbound"]) };
        let daemon = Daemon::start(&self.binary, &site, setup)?;
        let mut client = Client::login(&daemon.ami)?.without_events()?;
        client.act_on_all("OutCampaignUpdate", &running, &[("Status", "1")])?;
        let mut client = Client::login(&daemon.ami)?;
        let (_, running) =
            stock::create(&mut client, Stock { campaigns: RUNNING, plan: &plan, ..Stock::PLAIN })?;
        stock::create(&mut client, Stock { campaigns: STOPPED, plan: &plan, ..Stock::PLAIN })?;
        let mut client = client.without_events()?;
        client.act_on_all("OutCampaignUpdate", &running, &[("Status", "1")])?;
        client.wait_for_rest()?;
        daemon.stop()?;
        Ok(site)
    }

    fn measure(&self, site: &Site) -> anyhow::Result<Measured> {
        let simulator = Simulator::start(site, WORLD)?;
        let daemon = Daemon::start(&self.binary, site, setup([&simulator.address, "outbound", "outbound"]))?;
        daemon.wait_ready()?;
        let _clients = [Client::login(&daemon.ami)?, Client::login(&daemon.ami)?];
        std::thread::sleep(SETTLES);
        let (begun, before) = (Instant::now(), usage::cpu(daemon.pid())?);
        std::thread::sleep(LASTS);
        let used = usage::cpu_since(daemon.pid(), &before)?;
        let share = used.as_secs_f64() / begun.elapsed().as_secs_f64();
        let (rss, _) = usage::memory_mb(daemon.pid())?;
        daemon.stop()?;
        let details = vec![
            ("campaigns that run", (2 * RUNNING) as f64),
            ("campaigns that do not", STOPPED as f64),
            ("daemon's memory, MB", rss),
        ];
        Ok(Measured { value: share * 100.0, details })
    }
}

impl Measure for Idle {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let site = match self.site.take() {
            Some(site) => site,
            None => self.prepare()?,
        };
        let measured = self.measure(&site);
        self.site = Some(site);
        measured
    }
}

fn setup(asterisk: [&str; 3]) -> Setup<'_> {
    Setup { asterisk, max_channels: 500, max_cps: 100_000.0, synchronous: "full" }
}
