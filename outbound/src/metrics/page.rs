//! The page: every family there is, also those that have no sample now.

use std::collections::BTreeMap;

use engine::figures::REASONS;

use super::text::{Kind, Page};
use super::{Measured, process};
use crate::core::Daemon;

/// What an agent is doing, in the order of [`super::AsteriskFigures::queues`].
const AGENT_STATES: [&str; 4] = ["idle", "busy", "wrap_up", "away"];

pub(super) fn written(daemon: &Daemon, measured: &Measured) -> String {
    let mut page = Page::default();
    let version = env!("CARGO_PKG_VERSION");
    let help = "Always 1; its label is the version of the daemon.";
    page.family("outbound_build_info", Kind::Gauge, help).sample(&[("version", version)], 1);
    calls(&mut page, measured);
    campaigns(&mut page, measured);
    asterisks(&mut page, measured);
    store(&mut page, daemon);
    queues(&mut page, daemon, measured);
    process::write(&mut page);
    page.into_text()
}

fn calls(page: &mut Page, measured: &Measured) {
    let help = "Dialings that have ended since the start, by outcome as in results.";
    let mut ended = page.family("outbound_calls_total", Kind::Counter, help);
    measured.meters.outcomes().for_each(|(outcome, count)| ended.sample(&[("outcome", outcome)], count));
    let help = "Originates sent since the start to call customers.";
    let mut attempts = page.family("outbound_attempts_total", Kind::Counter, help);
    for asterisk in &measured.asterisks {
        attempts.sample(&[("asterisk", &asterisk.name)], asterisk.meter.attempts());
    }
    let help = "Calls that an Asterisk has, those included whose leads are on their way.";
    let mut in_flight = page.family("outbound_calls_in_flight", Kind::Gauge, help);
    for asterisk in &measured.asterisks {
        in_flight.sample(&[("asterisk", &asterisk.name)], asterisk.calls);
    }
    let help = "From the answer of a customer to the agent, machine detection included, of calls that have ended with an agent.";
    page.histograms("outbound_answer_to_agent_seconds", help)
        .sample(&[], &measured.meters.answer_to_agent.snapshot());
    let help = "Leads that are offered to agents (preview).";
    page.family("outbound_offers", Kind::Gauge, help).sample(&[], measured.counts.engine.offers);
    let help = "Members of a queue by what they are doing; an agent of several queues is in each.";
    let mut agents = page.family("outbound_agents", Kind::Gauge, help);
    for asterisk in &measured.asterisks {
        for (queue, counts) in &asterisk.queues {
            for (state, count) in AGENT_STATES.iter().zip(counts) {
                agents.sample(&[("asterisk", &asterisk.name), ("queue", queue), ("state", state)], count);
            }
        }
    }
}

fn campaigns(page: &mut Page, measured: &Measured) {
    let help = "Decisions how many calls to place since the start, by what bound them.";
    let mut decisions = page.family("outbound_pacing_decisions_total", Kind::Counter, help);
    measured.decisions.iter().for_each(|(reason, count)| decisions.sample(&[("reason", reason)], count));
    let help = "Campaigns that are started or have calls, by what bound their last decision.";
    let mut bound = page.family("outbound_campaigns", Kind::Gauge, help);
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for campaign in &measured.campaigns {
        *by_reason.entry(campaign.reason.unwrap_or("undecided")).or_default() += 1;
    }
    for reason in REASONS.iter().chain(&["undecided"]) {
        bound.sample(&[("reason", reason)], by_reason.get(reason).copied().unwrap_or(0));
    }
    let ids: Vec<String> = measured.campaigns.iter().map(|campaign| campaign.campaign.to_string()).collect();
    let campaigns = || ids.iter().map(String::as_str).zip(&measured.campaigns);
    let help = "Calls of a campaign; of campaigns that are started or have calls, as all of the next three.";
    let mut calls = page.family("outbound_campaign_calls_in_flight", Kind::Gauge, help);
    campaigns().for_each(|(id, figures)| calls.sample(&[("campaign", id)], figures.calls));
    let help = "The largest share of abandoned calls in the windows of the plan's rule, 0 to 1.";
    let mut shares = page.family("outbound_campaign_abandoned_ratio", Kind::Gauge, help);
    campaigns().for_each(|(id, figures)| shares.sample(&[("campaign", id)], figures.abandoned_share));
    let help = "The cap on that share, 0 to 1; of campaigns that have one.";
    let mut caps = page.family("outbound_campaign_abandon_cap_ratio", Kind::Gauge, help);
    campaigns()
        .filter_map(|(id, figures)| Some((id, figures.cap?)))
        .for_each(|(id, cap)| caps.sample(&[("campaign", id)], cap));
    let help = "So many of the next calls may be abandoned, 0 where the budget is used up; of campaigns that have a cap.";
    let mut budgets = page.family("outbound_campaign_abandon_budget_calls", Kind::Gauge, help);
    campaigns()
        .filter_map(|(id, figures)| Some((id, figures.budget_left?)))
        .for_each(|(id, left)| budgets.sample(&[("campaign", id)], left));
}

fn asterisks(page: &mut Page, measured: &Measured) {
    let help = "1 where an Asterisk is connected and compared, so that it is given calls; else 0.";
    let mut ready = page.family("outbound_asterisk_ready", Kind::Gauge, help);
    for asterisk in &measured.asterisks {
        ready.sample(&[("asterisk", &asterisk.name)], u8::from(asterisk.ready));
    }
    let help = "AMI sessions after the first since the start.";
    let mut reconnects = page.family("outbound_asterisk_reconnects_total", Kind::Counter, help);
    for asterisk in &measured.asterisks {
        reconnects.sample(&[("asterisk", &asterisk.name)], asterisk.meter.reconnects());
    }
    let help = "Round trips of AMI Pings, one a second.";
    let mut pings = page.histograms("outbound_asterisk_ping_seconds", help);
    for asterisk in &measured.asterisks {
        pings.sample(&[("asterisk", &asterisk.name)], &asterisk.meter.ping.snapshot());
    }
    let help = "From an Originate to Asterisk's response, the dialplan before it included; one at a time is measured.";
    let mut originates = page.histograms("outbound_asterisk_originate_seconds", help);
    for asterisk in &measured.asterisks {
        originates.sample(&[("asterisk", &asterisk.name)], &asterisk.meter.originate.snapshot());
    }
}

fn store(page: &mut Page, daemon: &Daemon) {
    let meter = daemon.store.meter();
    let help = "1 where leads can be claimed and results written, else 0.";
    let writable = u8::from(daemon.store.trouble().is_none());
    page.family("outbound_store_writable", Kind::Gauge, help).sample(&[], writable);
    let help = "Requests that one transaction of the store has done.";
    page.histograms("outbound_store_batch_size", help).sample(&[], &meter.batch.snapshot());
    let help = "Commits of the store that came through.";
    page.histograms("outbound_store_commit_seconds", help).sample(&[], &meter.commit.snapshot());
    let help = "Transactions of the store that were lost since the start; their records are tried again.";
    page.family("outbound_store_failures_total", Kind::Counter, help).sample(&[], meter.failures());
    let help = "Size of the write-ahead log of the database.";
    page.family("outbound_store_wal_bytes", Kind::Gauge, help).sample(&[], daemon.store.wal_octets());
}

fn queues(page: &mut Page, daemon: &Daemon, measured: &Measured) {
    let help = "What waits inside of the daemon: driver_inbox (inputs), store_writer (requests not taken up), store_answers (claims and \
                records not committed), untold_events (wait for a commit), results_file (results).";
    let mut depths = page.family("outbound_queue_depth", Kind::Gauge, help);
    depths.sample(&[("queue", "driver_inbox")], measured.counts.inbox);
    depths.sample(&[("queue", "store_writer")], daemon.store.waiting());
    depths.sample(&[("queue", "store_answers")], measured.counts.with_store);
    depths.sample(&[("queue", "untold_events")], measured.counts.untold);
    depths.sample(&[("queue", "results_file")], daemon.results_waiting());
    let help = "AMI clients that are logged in.";
    page.family("outbound_ami_clients", Kind::Gauge, help).sample(&[], daemon.broadcast.sessions());
    let help = "Octets that wait to be sent to AMI clients.";
    page.family("outbound_ami_clients_waiting_bytes", Kind::Gauge, help)
        .sample(&[], daemon.broadcast.waiting_octets());
}
