//! A database as a daemon has it after years: many leads, and many plans, lists and campaigns. The rows of the catalog are made by
//! the daemon that is measured, so that the database is one of its own; the leads are filled in.

use std::path::Path;

use super::client::Client;
use super::parts::{Daemon, Setup};
use super::site::Site;
use crate::store;

/// Headers of an action.
type Headers<'a> = &'a [(&'a str, &'a str)];

/// What a database is to hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stock<'a> {
    /// Campaigns in status 0, each with a plan and a list of its own.
    pub(super) campaigns: u64,
    /// Leads, spread evenly over the lists of the campaigns.
    pub(super) leads: u64,
    /// The first two digits of their numbers: how they behave (`by_number` of the simulated Asterisk).
    pub(super) digits: &'a str,
    /// Headers of the plans.
    pub(super) base: Headers<'a>,
    /// More of them.
    pub(super) plan: Headers<'a>,
    /// Headers of the destination; without them answered calls go to the plan's queue.
    pub(super) destination: Option<Headers<'a>>,
}

impl Stock<'_> {
    /// One campaign for calls that are answered by an application.
    pub(super) const PLAIN: Self = Stock {
        campaigns: 1,
        leads: 0,
        digits: "14",
        base: &[("DialMode", "4"), ("TrunkName", "carrier"), ("TechName", "PJSIP"), ("DialTimeout", "30000")],
        plan: &[],
        destination: Some(&[("Type", "1"), ("Application", "Wait"), ("Data", "60")]),
    };
}

/// Makes the database of a folder; returns its campaigns, in the order in which they were made.
pub(super) fn prepare(
    binary: &Path,
    site: &Site,
    setup: Setup<'_>,
    stock: Stock<'_>,
) -> anyhow::Result<Vec<String>> {
    // What is lost with the power is made anew.
    let daemon = Daemon::start(binary, site, Setup { synchronous: "normal", ..setup })?;
    let mut client = Client::login(&daemon.ami)?;
    let (lists, campaigns) = create(&mut client, stock)?;
    daemon.stop()?;
    let each = stock.leads / stock.campaigns.max(1);
    let shares = lists.iter().map(|list| (&**list, each));
    store::fill(&site.file("bench.db"), shares, stock.digits)?;
    Ok(campaigns)
}

/// Makes campaigns, each with a plan and a list of its own; returns the lists and the campaigns.
pub(super) fn create(client: &mut Client, stock: Stock<'_>) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let destination = stock.destination.map(|headers| client.create("OutDestinationCreate", headers));
    let destination = destination.transpose()?;
    let plan: Vec<(&str, &str)> = stock.base.iter().chain(stock.plan).copied().collect();
    let plans = client.create_all("OutPlanCreate", &vec![plan; usize::try_from(stock.campaigns)?])?;
    let lists = client.create_all("OutDlmaCreate", &vec![vec![("Name", "bench")]; plans.len()])?;
    let campaigns: Vec<Vec<(&str, &str)>> = plans
        .iter()
        .zip(&lists)
        .map(|(plan, list)| {
            let campaign = [("Name", "bench"), ("Plan", &**plan), ("Dlma", list)];
            campaign.into_iter().chain(destination.as_deref().map(|uuid| ("Dest", uuid))).collect()
        })
        .collect();
    let campaigns = client.create_all("OutCampaignCreate", &campaigns)?;
    Ok((lists, campaigns))
}
