//! The invariants. What happened is taken from the simulated Asterisks and from the rows that are committed, never from what the
//! engine believes; the first violation ends the run.

mod limits;
mod results;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use engine::dialing::DialingStatus;
use engine::limits::TrunkLimits;
use engine::model::CampaignStatus;
use engine::notify::Notify;
use engine::outcome::RES_ANSWER;
use engine::schedule::{self, Gate};
use engine::time::Wall;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::rows::Rows;
use super::seconds;
use limits::Pace;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub invariant: &'static str,
    /// What was found.
    pub text: String,
    /// When, in microseconds of virtual time.
    pub at: u64,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}: {}", self.invariant, seconds(self.at), self.text)
    }
}

/// A call that an Asterisk was asked for and took.
#[derive(Debug)]
pub(super) struct Dialed {
    pub(super) pbx: usize,
    pub(super) lead: Uuid,
    /// It had a channel.
    pub(super) channel: bool,
    /// Its end, as Asterisk knows it.
    pub(super) gone: Option<u64>,
    /// The daemon has heard of its answer.
    pub(super) answer_heard: bool,
    /// Something that was said about it was lost or late, so that its result may be wrong.
    pub(super) tainted: bool,
    pub(super) campaign: Uuid,
    pub(super) trunk: Option<String>,
    pub(super) is_agent: bool,
}

/// What is known of a lead's last call.
#[derive(Debug, Clone, Copy)]
struct LastCall {
    /// When its channel was gone, or when it was refused.
    gone: u64,
    retry_delay: u64,
}

/// All that is remembered to check.
#[derive(Debug, Default)]
pub(super) struct Watch {
    pub(super) violation: Option<Violation>,
    pub(super) now: u64,
    pub(super) dialed: BTreeMap<Uuid, Dialed>,
    /// Calls that are up, by Asterisk.
    pub(super) up: BTreeMap<usize, BTreeSet<Uuid>>,
    /// The channels of agents who were called.
    pub(super) agents: BTreeSet<Uuid>,
    by_lead: BTreeMap<Uuid, Vec<Uuid>>,
    rang: BTreeMap<(Uuid, u8), u32>,
    last: BTreeMap<Uuid, LastCall>,
    told: BTreeMap<Uuid, Option<DialingStatus>>,
    /// Campaigns whose stop was answered.
    pub(super) stopped: BTreeSet<Uuid>,
    /// Clock steps forward and starts of the daemon, in their order.
    clock: Vec<(u64, ClockEvent)>,
    paces: BTreeMap<(usize, String), Pace>,
    names: Vec<Arc<str>>,
    max_channels: Vec<u32>,
    max_cps: Vec<f64>,
    trunks: Vec<Vec<TrunkLimits>>,
    /// When a user changed a row, or a lead of a list, last.
    pub(super) touched: BTreeMap<Uuid, u64>,
    most_tries: BTreeMap<Uuid, [u32; engine::model::NUMBERS]>,
    pub(super) results: u64,
    /// The highest serial that each Asterisk was told, since it was started and told one.
    serials: BTreeMap<usize, u64>,
    /// An answer was lost, so that it may not be known what an Asterisk was told.
    pub(super) answers_lost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClockEvent {
    Forward(u64),
    Back,
    Started,
}

/// The longest retry delay of all plans, in microseconds.
fn longest_delay(rows: &Rows) -> u64 {
    rows.catalog.plans.values().map(|plan| plan.retry_delay_ms * 1_000).max().unwrap_or(0)
}

impl Watch {
    pub(super) fn new(pbxs: &[engine::PbxConfig]) -> Self {
        Self {
            names: pbxs.iter().map(|pbx| Arc::clone(&pbx.name)).collect(),
            max_channels: pbxs.iter().map(|pbx| pbx.limits.max_channels).collect(),
            max_cps: pbxs.iter().map(|pbx| pbx.limits.max_cps).collect(),
            trunks: pbxs.iter().map(|pbx| pbx.trunks.clone()).collect(),
            ..Self::default()
        }
    }

    pub(super) fn fail(&mut self, invariant: &'static str, text: impl FnOnce() -> String) {
        if self.violation.is_none() {
            self.violation = Some(Violation { invariant, text: text(), at: self.now });
        }
    }

    /// The clock was set forward by so many microseconds.
    pub(super) fn clock_forward(&mut self, by: u64) {
        self.clock.push((self.now, ClockEvent::Forward(by)));
    }

    /// The clock was set back.
    pub(super) fn clock_back(&mut self) {
        self.clock.push((self.now, ClockEvent::Back));
    }

    /// The daemon was started: what was told of statuses, and the rates, begin anew.
    pub(super) fn started(&mut self, rows: &Rows) {
        self.clock.push((self.now, ClockEvent::Started));
        self.paces.clear();
        self.told.values_mut().for_each(|status| {
            if status.is_some() {
                *status = Some(DialingStatus::None);
            }
        });
        use CampaignStatus::{Start, Starting};
        let stopped = rows.catalog.campaigns.values().filter(|row| !matches!(row.status, Start | Starting));
        self.stopped = stopped.map(|row| row.uuid).collect();
    }

    /// A customer or an agent is about to be called: the Originate leaves the daemon.
    pub(super) fn leaves(&mut self, uuid: Uuid, rows: &Rows) {
        if !rows.is_claimed(uuid) {
            self.fail("claim before dial", || format!("{uuid} is dialed, and its claim is not committed"));
        }
    }

    /// A customer is about to be called.
    pub(super) fn retry_delay(&mut self, lead: Uuid, rows: &Rows) {
        let Some(&LastCall { gone, mut retry_delay }) = self.last.get(&lead) else { return };
        if self.clock.iter().any(|(at, event)| *at >= gone && *event != ClockEvent::Started) {
            // It holds for the longest delay of all plans, as they are now.
            retry_delay = retry_delay.min(longest_delay(rows));
        }
        let waited = self.now.saturating_sub(gone);
        if waited + self.hurried_since(gone) < retry_delay {
            self.fail("RetryDelay", || {
                let lead = super::trace::short(lead);
                format!("{lead} is dialed again after {}, not {}", seconds(waited), seconds(retry_delay))
            });
        }
    }

    /// By how much a lead may come sooner because wall time, in which its next try is written down, was set: steps of less than a
    /// second are followed, and a process that is started knows nothing of those before it.
    fn hurried_since(&self, since: u64) -> u64 {
        let mut hurried = 0;
        let mut unknown = 0;
        for (_, event) in self.clock.iter().filter(|(at, _)| *at >= since) {
            match event {
                ClockEvent::Forward(by) if *by <= 1_000_000 => hurried += by,
                ClockEvent::Forward(by) => unknown += by,
                ClockEvent::Started => hurried += std::mem::take(&mut unknown),
                // What is left of a step forward may be less than a second.
                ClockEvent::Back => hurried += unknown.min(1_000_000),
            }
        }
        hurried
    }

    /// An Asterisk took an Originate; it says itself whether a call is up.
    pub(super) fn reached(
        &mut self,
        uuid: Uuid,
        dialed: Dialed,
        index: u8,
        is_up: impl Fn(usize, Uuid) -> bool,
    ) {
        let (lead, pbx, is_agent, channel) = (dialed.lead, dialed.pbx, dialed.is_agent, dialed.channel);
        if self.dialed.contains_key(&uuid) {
            self.fail("no ChannelId twice", || format!("{uuid} is dialed a second time"));
        }
        if !is_agent {
            let now = self.now;
            let others = self.by_lead.entry(lead).or_default();
            others.retain(|other| self.dialed.get(other).is_some_and(|d| is_up(d.pbx, *other)));
            let other = others.first().copied();
            others.push(uuid);
            if let Some(other) = other.filter(|_| channel) {
                self.fail("one live channel for each lead", || {
                    format!("{} has {other} up, and {uuid} too", super::trace::short(lead))
                });
            }
            let last = LastCall { gone: now, retry_delay: 0 };
            self.last.insert(lead, last);
            if channel {
                *self.rang.entry((lead, index)).or_default() += 1;
            }
        }
        if channel {
            self.up.entry(pbx).or_default().insert(uuid);
        }
        self.dialed.insert(uuid, dialed);
    }

    /// How often a number may be tried, at most, under this plan.
    pub(super) fn allow_tries(&mut self, plan: Uuid, tries: &[u32; engine::model::NUMBERS]) {
        let most = self.most_tries.entry(plan).or_default();
        most.iter_mut().zip(tries).for_each(|(most, tries)| *most = (*most).max(*tries));
    }

    pub(super) fn tries(&mut self, lead: Uuid, index: u8, plan: Uuid) {
        let rang = self.rang.get(&(lead, index)).copied().unwrap_or(0);
        let most = self.most_tries.get(&plan).map_or(u32::MAX, |most| most[usize::from(index) - 1]);
        if rang > most {
            let lead = super::trace::short(lead);
            self.fail("tries", || format!("number {index} of {lead} was called {rang} times, not {most}"));
        }
    }

    /// A channel is gone, as its Asterisk knows.
    pub(super) fn gone(&mut self, uuid: Uuid) {
        let now = self.now;
        let Some(dialed) = self.dialed.get_mut(&uuid).filter(|dialed| dialed.gone.is_none()) else { return };
        dialed.gone = Some(now);
        if let Some(up) = self.up.get_mut(&dialed.pbx) {
            up.remove(&uuid);
        }
        if let Some(last) = self.last.get_mut(&dialed.lead).filter(|_| !dialed.is_agent) {
            last.gone = now;
        }
    }

    /// An Asterisk is told that claims up to this serial may have reached it.
    pub(super) fn told_serial(&mut self, pbx: usize, serial: u64) {
        self.serials.insert(pbx, serial);
    }

    /// The daemon hears that a call was answered.
    pub(super) fn hears_answer(&mut self, uuid: Uuid) {
        if let Some(dialed) = self.dialed.get_mut(&uuid) {
            dialed.answer_heard = true;
        }
    }

    /// All channels of an Asterisk are gone.
    pub(super) fn all_gone(&mut self, pbx: usize) {
        self.serials.remove(&pbx);
        for uuid in self.up.remove(&pbx).unwrap_or_default() {
            self.gone(uuid);
            self.taint(uuid);
        }
    }

    /// Something about a call was lost or late.
    pub(super) fn taint(&mut self, uuid: Uuid) {
        if let Some(dialed) = self.dialed.get_mut(&uuid) {
            dialed.tainted = true;
        }
    }

    /// What the daemon knew of calls that have no result yet is gone, but for what was written of their answers; that is all of
    /// them where nothing waited to be written.
    pub(super) fn taint_open(&mut self, rows: &Rows, written: bool) {
        for (uuid, dialed) in &mut self.dialed {
            let answer = rows.claimed_by(*uuid).and_then(|open| open.answer.as_ref());
            let is_known = answer.is_some_and(|answer| answer.progress.res_dial == RES_ANSWER)
                || written && dialed.answer_heard;
            dialed.tainted |= !is_known && !rows.results.contains_key(uuid);
        }
    }

    /// A dialing begins.
    pub(super) fn begins(&mut self, uuid: Uuid, campaign: Uuid) {
        if self.stopped.contains(&campaign) {
            self.fail("no call after a stop", || {
                format!("{uuid} begins after the stop of its campaign was answered")
            });
        }
    }

    /// The same at this moment of wall time: no window is closed.
    pub(super) fn in_window(&mut self, campaign: Uuid, rows: &Rows, zone: &TimeZone, wall: Wall) {
        let Some(row) = rows.catalog.campaigns.get(&campaign).filter(|row| row.schedule.enabled) else {
            return;
        };
        if let Gate::Closed(_) = schedule::gate(&row.schedule, zone, wall) {
            self.fail("schedules", || {
                format!("{} begins a call outside of its windows", super::trace::short(campaign))
            });
        }
    }

    /// Clients are told.
    pub(super) fn told(&mut self, notify: &Notify, rows: &Rows) {
        match notify {
            Notify::DialingCreated(dialing) => {
                let uuid = dialing.setup.uuid;
                if self.told.insert(uuid, Some(dialing.progress.status)).is_some() {
                    self.fail("events in order", || format!("{uuid} is created twice"));
                }
            }
            Notify::DialingUpdated(dialing) => {
                let (uuid, status) = (dialing.setup.uuid, dialing.progress.status);
                match self.told.insert(uuid, Some(status)) {
                    Some(None) => {
                        self.fail("events in order", || format!("{uuid} is updated after its end was told"))
                    }
                    Some(Some(before)) if status < before => {
                        self.fail("events in order", || {
                            format!("{uuid} falls from {before:?} to {status:?}")
                        });
                    }
                    Some(Some(_)) | None => {}
                }
            }
            Notify::DialingDeleted(uuid) => {
                if self.told.insert(*uuid, None) == Some(None) {
                    self.fail("events in order", || format!("{uuid} is deleted twice"));
                }
                if !rows.results.contains_key(uuid) && !rows.given_back.contains(uuid) {
                    self.fail("told when it is written", || {
                        format!("the end of {uuid} is told, and it has no result")
                    });
                }
            }
            _ => {}
        }
    }
}
