//! The world that a seed draws: Asterisks with their customers and agents, plans, lists, leads and campaigns. Times are short,
//! so that some minutes hold some hundreds of calls.

use std::sync::Arc;

use engine::PbxConfig;
use engine::catalog::Catalog;
use engine::limits::{Limits, TrunkLimits};
use engine::model::{
    AmdMode, AnswerHandle, Campaign, CampaignStatus, Destination, DestinationKind, DialList, DialMode, Lead,
    ListEnd, NUMBERS, Plan, Rules,
};
use engine::time::Wall;
use engine::value::{Name, Number, Tech, Text, Trunks};
use jiff::tz::TimeZone;
use pbxsim::Scenario;
use pbxsim::scenario::{Agents, Amd, Customers, Mix, QueueSetup, Spread};
use uuid::Uuid;

use super::dice::{Dice, Stream};
use super::faults::{Fault, Kind};

/// The zone of the daemon: it has summer time.
const ZONE: &str = "Europe/Berlin";
/// A Monday: 2026-03-23 12:36:00 UTC.
const MONDAY_S: i64 = 1_774_269_360;
/// Summer time of that zone begins, and ends, in 2026.
const CHANGES_S: [i64; 2] = [1_774_746_000, 1_792_890_000];
/// The trunks that plans name; the second one may have limits of its own.
const TRUNKS: [&str; 4] = ["alpha", "beta", "alpha:3,beta", "beta,alpha"];

/// What is there at the start.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) pbxs: Vec<PbxConfig>,
    pub(super) scenarios: Vec<Scenario>,
    pub(super) catalog: Catalog,
    pub(super) leads: Vec<Lead>,
    pub(super) zone: TimeZone,
    /// Wall time of the start.
    pub(super) epoch: Wall,
    /// A transaction takes from so long to so long, in microseconds.
    pub(super) disk_latency: (u64, u64),
    /// Results hold the rows as they were.
    pub(super) snapshots: bool,
}

/// The identities of rows, so that they can be read in a trace.
pub(super) fn plan_uuid(n: usize) -> Uuid {
    Uuid::from_u128(0x00a1_0000_0000_4000_8000_0000_0000_0000 | n as u128)
}

pub(super) fn list_uuid(n: usize) -> Uuid {
    Uuid::from_u128(0x0011_0000_0000_4000_8000_0000_0000_0000 | n as u128)
}

pub(super) fn campaign_uuid(n: usize) -> Uuid {
    Uuid::from_u128(0x00ca_0000_0000_4000_8000_0000_0000_0000 | n as u128)
}

pub(super) fn lead_uuid(n: usize) -> Uuid {
    Uuid::from_u128(0x1ead_0000_0000_4000_8000_0000_0000_0000 | n as u128)
}

impl Setup {
    pub(super) fn draw(seed: u64, faults: &[Fault], crowd: u64) -> Self {
        let dice = &mut Dice::new(seed, Stream::Setup);
        let daylight = faults.iter().find(|fault| fault.kind == Kind::Daylight);
        let epoch = daylight.map_or(MONDAY_S, |fault| {
            let change = CHANGES_S[usize::try_from(fault.roll % 2).unwrap_or(0)];
            change - i64::try_from(fault.at / 1_000_000).unwrap_or(0)
        });
        let epoch = Wall(epoch * 1_000_000_000);
        let asterisks = dice.of(&[1, 1, 2, 2, 3]);
        let (mut pbxs, mut scenarios) = (Vec::new(), Vec::new());
        for n in 1..=asterisks {
            pbxs.push(pbx(n, dice));
            scenarios.push(scenario(dice, epoch));
        }
        let mut catalog = Catalog::default();
        let plans = 1 + dice.below(3);
        for n in 0..plans {
            let plan = plan(plan_uuid(n), epoch, dice);
            catalog.plans.insert(plan.uuid, Arc::new(plan));
        }
        let lists = 1 + dice.below(3);
        let mut leads = Vec::new();
        for n in 0..lists {
            let list = list_uuid(n);
            catalog.dial_lists.insert(list, Arc::new(DialList::new(list, epoch)));
            for _ in 0..dice.between(5, crowd / lists as u64) {
                leads.push(lead(leads.len(), list, epoch, dice));
            }
        }
        let destination = destination(epoch);
        catalog.destinations.insert(destination.uuid, Arc::new(destination.clone()));
        let campaigns = 1 + dice.below(4);
        for n in 0..campaigns {
            let mut row = Campaign::new(campaign_uuid(n), epoch);
            row.plan = Some(plan_uuid(dice.below(plans)));
            row.dial_list = Some(list_uuid(dice.below(lists)));
            row.status = if dice.hits(0.9) { CampaignStatus::Start } else { CampaignStatus::Stop };
            if dice.hits(0.2) {
                row.destination = Some(destination.uuid);
            }
            if n > 0 && dice.hits(0.2) {
                row.next_campaign = Some(campaign_uuid(n - 1));
            }
            limit(&mut row, dice);
            schedule(&mut row, epoch, dice);
            catalog.campaigns.insert(row.uuid, Arc::new(row));
        }
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        let disk_latency = dice.of(&[(200, 4_000), (1_000, 20_000), (20_000, 200_000)]);
        let snapshots = dice.hits(0.2);
        Self { pbxs, scenarios, catalog, leads, zone, epoch, disk_latency, snapshots }
    }
}

fn pbx(n: usize, dice: &mut Dice) -> PbxConfig {
    let limits = Limits {
        max_channels: u32::try_from(dice.between(3, 16)).unwrap_or(16),
        max_cps: dice.of(&[1.0, 3.0, 8.0, 20.0]),
    };
    let beta = dice.hits(0.5).then(|| TrunkLimits {
        name: Name::parse("beta").unwrap_or_else(|_| unreachable!("a name")),
        max_channels: dice.hits(0.7).then(|| u32::try_from(dice.between(1, 5)).unwrap_or(5)),
        max_cps: dice.hits(0.4).then(|| dice.of(&[0.5, 2.0, 5.0])),
    });
    PbxConfig { name: format!("pbx{n}").into(), limits, trunks: beta.into_iter().collect() }
}

fn scenario(dice: &mut Dice, epoch: Wall) -> Scenario {
    let spread = |mean: f64| Spread { mean, cv: 0.6 };
    let mix = Mix { answer: dice.of(&[0.2, 0.4, 0.7]), no_answer: 0.2, silent: 0.03, ..Mix::default() };
    let customers = Customers {
        mix,
        busy_after_ringing: 0.3,
        machine_share: 0.2,
        amd: Amd::default(),
        setup_s: spread(0.3),
        ring_s: spread(2.0),
        patience_s: spread(4.0),
        talk_s: spread(dice.of(&[2.0, 6.0, 15.0])),
        customer_hangs_up: 0.6,
        machine_s: spread(3.0),
    };
    let agents = Agents {
        count: dice.of(&[1, 3, 6, 10]),
        answer_s: spread(0.7),
        deaf_share: dice.of(&[0.0, 0.1]),
        wrap_up_s: spread(dice.of(&[0.0, 2.0])),
        break_share: dice.of(&[0.0, 0.1]),
        break_s: spread(10.0),
        ..Agents::default()
    };
    let queue = |name: &str, wrapuptime_s: f64| QueueSetup {
        name: name.to_owned(),
        timeout_s: 5.0,
        wrapuptime_s,
        ..QueueSetup::default()
    };
    Scenario {
        epoch_unix_s: u64::try_from(epoch.0 / 1_000_000_000).unwrap_or(0),
        customers,
        agents,
        queues: vec![queue("sales", 0.0), queue("support", 2.0)],
        calls_log: 1_000_000,
        ..Scenario::default()
    }
}

/// A plan; admin actions draw from the same.
pub(super) fn plan(uuid: Uuid, now: Wall, dice: &mut Dice) -> Plan {
    let mut plan = Plan::new(uuid, now);
    plan.dial_mode = dice.of(&[
        DialMode::Predictive,
        DialMode::Predictive,
        DialMode::Progressive,
        DialMode::Power,
        DialMode::Robo,
        DialMode::Robo,
        DialMode::Redirect,
        DialMode::Desktop,
    ]);
    plan.dial_timeout_ms = dice.of(&[4_000, 8_000]);
    plan.list_end = if dice.hits(0.85) { ListEnd::Stop } else { ListEnd::KeepRunning };
    plan.retry_delay_ms = dice.of(&[1_000, 5_000, 20_000]);
    let local = dice.hits(0.15) && plan.dial_mode != DialMode::Desktop;
    let trunks = if local { "pstn" } else { dice.of(&TRUNKS) };
    plan.trunk_name = Trunks::parse(trunks).ok();
    plan.tech_name = if local { Tech::parse("Local").ok() } else { None };
    let needs_queue = !matches!(plan.dial_mode, DialMode::Robo | DialMode::Redirect);
    if needs_queue || dice.hits(0.5) {
        plan.queue_name = Name::parse(dice.of(&["sales", "sales", "support"])).ok();
    }
    if dice.hits(0.3) {
        plan.amd_mode = AmdMode::from_code(dice.of(&[1, 5, 7])).unwrap_or_default();
        plan.answer_handle =
            dice.of(&[AnswerHandle::All, AnswerHandle::HumanOnly, AnswerHandle::HumanPossible]);
    }
    plan.max_tries = [u32::try_from(dice.between(1, 3)).unwrap_or(1); NUMBERS];
    let settings = [
        ("PreviewFirst", dice.of(&["agent", "customer"])),
        ("PowerRatio", dice.of(&["1", "1.5", "3"])),
        ("AbandonSeconds", dice.of(&["2", "4"])),
        ("PreviewSeconds", "5"),
    ];
    for (name, text) in settings {
        let set = plan.rules.set(name, text);
        debug_assert!(set.is_ok(), "{name}: {text}");
    }
    plan
}

/// A lead with its numbers, which nobody else has.
pub(super) fn lead(n: usize, list: Uuid, now: Wall, dice: &mut Dice) -> Lead {
    let mut lead = Lead::new(lead_uuid(n), list, now);
    let count = match dice.below(10) {
        0..6 => 1,
        6..9 => 2,
        _ => 3 + dice.below(NUMBERS - 2),
    };
    for (place, number) in lead.numbers.iter_mut().zip(1..=count) {
        *place = Number::parse(&format!("55{n:05}{number}")).ok();
    }
    lead
}

/// An announcement, instead of the plan's queue.
fn destination(now: Wall) -> Destination {
    let mut destination = Destination::new(Uuid::from_u128(0xde_0000_0000_0000), now);
    destination.kind = DestinationKind::Application;
    (destination.application, destination.data) = (Name::parse("Wait").ok(), Text::parse("2").ok());
    destination
}

fn limit(row: &mut Campaign, dice: &mut Dice) {
    let settings = [
        ("Weight", dice.hits(0.3), dice.of(&["2", "5"])),
        ("MaxChannels", dice.hits(0.3), dice.of(&["1", "3", "6"])),
        ("MaxCps", dice.hits(0.2), dice.of(&["0.5", "2"])),
        ("AbandonGroup", dice.hits(0.2), "all"),
    ];
    for (name, given, text) in settings {
        let set = if given { row.rules.set(name, text) } else { Ok(()) };
        debug_assert!(set.is_ok(), "{name}: {text}");
    }
}

/// Now and then a window that opens or closes within the run.
fn schedule(row: &mut Campaign, epoch: Wall, dice: &mut Dice) {
    if !dice.hits(0.2) {
        return;
    }
    let at = |minutes: i64| {
        let at = jiff::Timestamp::from_nanosecond(i128::from(epoch.0 + minutes * 60 * 1_000_000_000));
        let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
        let local = zone.to_datetime(at.unwrap_or_default());
        Text::parse(&format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())).ok()
    };
    let (start, end) = dice.of(&[(-60, 2), (1, 120), (-60, 120), (1, 3)]);
    row.schedule.enabled = true;
    (row.schedule.time_start, row.schedule.time_end) = (at(start), at(end));
    row.status = CampaignStatus::Stop;
}
