//! What a call costs the daemon where there is much of something, against where there is little of it: leads, or campaigns.
//! Both are measured in one run, in turn.

use std::path::PathBuf;
use std::time::Duration;

use super::calls::WORLD;
use super::client::{Client, Counter};
use super::parts::{Daemon, Setup, Simulator};
use super::site::Site;
use super::stock::{self, Stock};
use super::usage;
use super::{Measure, Measured, Wish};

/// Calls at once, unless told.
const IN_FLIGHT: u32 = 500;
/// Calls before those that are measured.
const BEFORE: u64 = 1_000;
/// Calls that are measured.
const MEASURED: u64 = 8_000;
/// Leads of the short list.
const FEW_LEADS: u64 = 10_000;
/// Leads of the long list, unless told.
const MANY_LEADS: u64 = 10_000_000;
/// Campaigns, where there are few. One alone is something else: its leads are claimed many at a time.
const FEW_CAMPAIGNS: u64 = 100;
/// Campaigns, where there are many.
const MANY_CAMPAIGNS: u64 = 1_000;
/// Leads of all campaigns together, however many there are.
const SHARED_LEADS: u64 = 100_000;

/// No Asterisk is there.
const NOWHERE: [&str; 3] = ["127.0.0.1:9", "outbound", "outbound"];

/// What there is much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Much {
    /// Leads on the list.
    Leads,
    /// Campaigns that run, each on a list of its own.
    Campaigns,
}

pub(super) struct Flat {
    binary: PathBuf,
    wish: Wish,
    much: Much,
    /// The database with many leads, which is used on and on.
    many_leads: Option<Side>,
    turns: usize,
}

/// A database, and the campaigns in it that are to run.
struct Side {
    site: Site,
    campaigns: Vec<String>,
}

impl Flat {
    pub(super) fn new(binary: PathBuf, wish: &Wish, much: Much) -> Self {
        Self { binary, wish: wish.clone(), much, many_leads: None, turns: 0 }
    }

    fn side(&self, leads: u64, campaigns: u64) -> anyhow::Result<Side> {
        let site = Site::new(&self.wish, "flat")?;
        let stock = Stock { campaigns, leads, digits: "14", plan: &[("MaxRetryCnt1", "1")], ..Stock::PLAIN };
        let setup = self.setup(NOWHERE);
        let campaigns = stock::prepare(&self.binary, &site, setup, stock)?;
        Ok(Side { site, campaigns })
    }

    fn setup<'a>(&self, asterisk: [&'a str; 3]) -> Setup<'a> {
        let max_channels = self.wish.in_flight.unwrap_or(IN_FLIGHT);
        Setup { asterisk, max_channels, max_cps: 100_000.0, synchronous: "full" }
    }

    /// Processor time for a call, while all campaigns run.
    fn cost(&self, side: &Side) -> anyhow::Result<Duration> {
        // They are started while there is no Asterisk, so that all work from the first call on.
        let daemon = Daemon::start(&self.binary, &side.site, self.setup(NOWHERE))?;
        let mut control = Client::login(&daemon.ami)?.without_events()?;
        control.act_on_all("OutCampaignUpdate", &side.campaigns, &[("Status", "1")])?;
        daemon.stop()?;
        let simulator = Simulator::start(&side.site, WORLD)?;
        let setup = self.setup([&simulator.address, "outbound", "outbound"]);
        let daemon = Daemon::start(&self.binary, &side.site, setup)?;
        let mut control = Client::login(&daemon.ami)?.without_events()?;
        let mut listener = Client::login(&daemon.ami)?;
        let mut ended = Counter::of("Event: OutDialingDelete\r\n");
        let mut until = |calls: u64| -> anyhow::Result<u64> {
            let wanted = ended.count + calls;
            listener.stream(|chunk| {
                ended.feed(chunk);
                ended.count >= wanted
            })?;
            Ok(ended.count)
        };
        let (from, before) = (until(BEFORE)?, usage::cpu(daemon.pid())?);
        let to = until(MEASURED)?;
        let used = usage::cpu_since(daemon.pid(), &before)?;
        drop(listener);
        control.act_on_all("OutCampaignUpdate", &side.campaigns, &[("Status", "0")])?;
        control.wait_for_rest()?;
        daemon.stop()?;
        Ok(used.div_f64((to - from) as f64))
    }

    /// The cost where there is little, and where there is much.
    fn costs(&mut self) -> anyhow::Result<[Duration; 2]> {
        let much = match self.much {
            Much::Campaigns => self.side(SHARED_LEADS, MANY_CAMPAIGNS)?,
            Much::Leads => match self.many_leads.take() {
                Some(side) => side,
                None => self.side(self.wish.leads.unwrap_or(MANY_LEADS), 1)?,
            },
        };
        let little = match self.much {
            Much::Campaigns => self.side(SHARED_LEADS, FEW_CAMPAIGNS)?,
            Much::Leads => self.side(FEW_LEADS, 1)?,
        };
        // The machine may get slower or faster meanwhile: each is first in turn.
        self.turns += 1;
        let costs = if self.turns.is_multiple_of(2) {
            let of_much = self.cost(&much)?;
            [self.cost(&little)?, of_much]
        } else {
            [self.cost(&little)?, self.cost(&much)?]
        };
        self.many_leads = (self.much == Much::Leads).then_some(much);
        Ok(costs)
    }
}

impl Measure for Flat {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let [little, much] = self.costs()?.map(|cost| cost.as_secs_f64() * 1e6);
        let details = vec![
            ("µs of a processor for a call, with little", little),
            ("µs of a processor for a call, with much", much),
        ];
        Ok(Measured { value: much / little, details })
    }
}
