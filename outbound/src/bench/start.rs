//! How long the daemon takes from the start of its process until it could dial (`/readyz`): on a big database that was closed in
//! order, and on the same after a SIGKILL with calls in flight.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::calls::WORLD;
use super::client::Client;
use super::parts::{Daemon, Setup, Simulator};
use super::site::Site;
use super::stock::{self, Stock};
use super::{Measure, Measured, Wish};

/// Leads, unless told.
const LEADS: u64 = 10_000_000;
/// Campaigns, each with a plan and a list of its own.
const CAMPAIGNS: u64 = 1_000;
/// Calls in flight when it is killed, unless told.
const IN_FLIGHT: u32 = 1_000;
/// Campaigns that have them.
const RUNNING: usize = 10;
/// The longest until there are so many.
const BEGIN_MAX: Duration = Duration::from_secs(60);

pub(super) struct Start {
    binary: PathBuf,
    wish: Wish,
    /// The database, which is used on and on, and its campaigns.
    side: Option<(Site, Vec<String>)>,
}

impl Start {
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
        let site = Site::new(&self.wish, "start")?;
        let leads = self.wish.leads.unwrap_or(LEADS);
        // Their calls last ten seconds.
        let plan = [("MaxRetryCnt1", "1"), ("DlEndHandle", "0")];
        let stock = Stock { campaigns: CAMPAIGNS, leads, digits: "16", plan: &plan, ..Stock::PLAIN };
        let setup = self.setup(["127.0.0.1:9", "outbound", "outbound"]);
        let campaigns = stock::prepare(&self.binary, &site, setup, stock)?;
        Ok((site, campaigns))
    }

    fn measure(&self, site: &Site, campaigns: &[String]) -> anyhow::Result<Measured> {
        let simulator = Simulator::start(site, WORLD)?;
        let setup = self.setup([&simulator.address, "outbound", "outbound"]);
        let daemon = Daemon::start(&self.binary, site, setup)?;
        let ready = daemon.wait_ready()?;
        let running = &campaigns[..RUNNING.min(campaigns.len())];
        let mut control = Client::login(&daemon.ami)?.without_events()?;
        control.act_on_all("OutCampaignUpdate", running, &[("Status", "1")])?;
        let begun = Instant::now();
        while control.dialings()? < u64::from(setup.max_channels) {
            if begun.elapsed() > BEGIN_MAX {
                bail!("there are never {} calls in flight", setup.max_channels);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        daemon.kill()?;
        let daemon = Daemon::start(&self.binary, site, setup)?;
        let ready_again = daemon.wait_ready()?;
        let mut control = Client::login(&daemon.ami)?.without_events()?;
        let taken_over = control.dialings()?;
        control.act_on_all("OutCampaignUpdate", running, &[("Status", "30")])?;
        control.wait_for_rest()?;
        daemon.stop()?;
        let details = vec![
            ("after a SIGKILL, s", ready_again.as_secs_f64()),
            ("calls that are taken over then", taken_over as f64),
            ("campaigns", campaigns.len() as f64),
        ];
        Ok(Measured { value: ready.as_secs_f64(), details })
    }
}

impl Measure for Start {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let (site, campaigns) = self.side()?;
        let measured = self.measure(&site, &campaigns);
        self.side = Some((site, campaigns));
        measured
    }
}
