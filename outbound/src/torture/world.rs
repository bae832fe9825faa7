//! The world: what is due next, one thing after the other, under virtual time. The daemon takes each input in and carries out what
//! the engine wants, one step at a time, so that a crash can come between any two.

use std::collections::BTreeMap;

use ami::Message;
use engine::PbxInput;
use engine::time::{Mono, Now, Wall};
use pbxsim::{Sim, Wanted};

use super::daemon::Daemon;
use super::dice::{Dice, Stream};
use super::disk::{Disk, Written};
use super::faults::Fault;
use super::rows::Rows;
use super::setup::Setup;
use super::site::Site;
use super::trace::Trace;
use super::watch::Watch;
use crate::asterisk::actions;
use crate::asterisk::translate::Heard;

/// Something that is due.
#[derive(Debug)]
pub(super) enum Due {
    /// An action arrives at an Asterisk.
    Action { pbx: usize, session: u64, late: bool, action: Box<Message> },
    /// What an Asterisk said arrives at the daemon.
    Heard { pbx: usize, session: u64, heard: Vec<Heard> },
    /// An answer arrives.
    Reply { pbx: usize, session: u64, message: Box<Message> },
    /// The daemon is logged in.
    Up { pbx: usize, session: u64 },
    /// A session ends, as its Asterisk sees it.
    SessionEnds { pbx: usize, session: u64 },
    /// The daemon notices the end of a session.
    Down { pbx: usize, session: u64 },
    /// An action was not answered in time.
    Unanswered { pbx: usize, session: u64, number: u64 },
    /// A transaction ends.
    DiskEnds,
    /// The disk may begin what waits.
    DiskBegins,
    /// Something that a life of the daemon has to do or hears; with it, it is gone.
    Own { life: u64, what: Own },
    /// The daemon is started.
    Start,
    /// A user starts a campaign that was stopped.
    Starts(uuid::Uuid),
    /// A fault strikes.
    Strikes(usize),
    /// What a fault did is over.
    Heals(Heal),
}

/// What is the daemon's own.
#[derive(Debug)]
pub(super) enum Own {
    /// It tries to connect.
    Connect(usize),
    /// Channels, or queues, are to be asked for again.
    ChannelsAgain(usize),
    QueuesAgain(usize),
    /// Queues are compared every now and then.
    QueuesWatch(usize),
    /// It finds its dialplan gone.
    DialplanGone(usize),
    /// A list, or the end of a session, reaches the driver.
    Listed(usize, Box<PbxInput>),
    /// A list of channels is not held back any more.
    ListIsFree(usize),
    /// The store's answer reaches the driver.
    Written(Box<Written>),
    /// An agent answers an offer.
    Answer(uuid::Uuid),
}

/// What ends by itself.
#[derive(Debug)]
pub(super) enum Heal {
    Disk,
    FullDisk,
    Agent { pbx: usize, number: usize },
    Deaf { pbx: usize },
    Trunk { pbx: usize },
}

/// What is due, by time; of the same time in the order in which it was noted.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    due: BTreeMap<(u64, u64), Due>,
    serial: u64,
}

impl Agenda {
    pub(super) fn at(&mut self, at: u64, due: Due) {
        self.serial += 1;
        self.due.insert((at, self.serial), due);
    }

    fn next(&self) -> Option<u64> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    fn pop(&mut self) -> Option<Due> {
        self.due.pop_first().map(|(_, due)| due)
    }
}

/// Everything.
#[derive(Debug)]
pub(super) struct World {
    pub(super) setup: Setup,
    pub(super) now: u64,
    /// By how much wall time was set, in nanoseconds.
    pub(super) clock_set: i64,
    pub(super) agenda: Agenda,
    pub(super) dice: Dice,
    pub(super) disk_dice: Dice,
    pub(super) sites: Vec<Site>,
    pub(super) daemon: Option<Daemon>,
    pub(super) disk: Disk,
    pub(super) watch: Watch,
    pub(super) trace: Trace,
    pub(super) faults: Vec<Fault>,
    pub(super) lives: u64,
    pub(super) sessions: u64,
    pub(super) started: u64,
    /// The daemon dies after so many steps more.
    pub(super) dies_in: Option<u64>,
    /// It dies when it has sent its next Originate.
    pub(super) dies_on_call: bool,
    /// How long it is then away.
    pub(super) away: u64,
    /// Agents answer all offers, and take them.
    pub(super) calm: bool,
    pub(super) calls: u64,
}

impl World {
    pub(super) fn new(seed: u64, setup: Setup, faults: Vec<Fault>, traced: usize) -> Self {
        // Those that pass the daemon's filters.
        let events: Vec<&str> = actions::event_names().chain(["BridgeEnter"]).collect();
        let sites = setup.scenarios.iter().enumerate().map(|(at, scenario)| {
            let mut dice = Dice::new(seed, Stream::Wire(at));
            let mut sim = Sim::new(scenario.clone(), dice.number());
            sim.want(Wanted::names(&events));
            Site::new(sim, dice)
        });
        let setup_latency = setup.disk_latency;
        let rows = Rows::new(setup.catalog.clone(), setup.leads.clone());
        let mut watch = Watch::new(&setup.pbxs);
        for plan in setup.catalog.plans.values() {
            watch.allow_tries(plan.uuid, &plan.max_tries);
        }
        let mut agenda = Agenda::default();
        agenda.at(0, Due::Start);
        for (at, fault) in faults.iter().enumerate() {
            agenda.at(fault.at, Due::Strikes(at));
        }
        Self {
            sites: sites.collect(),
            setup,
            now: 0,
            clock_set: 0,
            agenda,
            dice: Dice::new(seed, Stream::World),
            disk_dice: Dice::new(seed, Stream::Disk),
            daemon: None,
            disk: Disk::new(rows, setup_latency),
            watch,
            trace: Trace::new(traced),
            faults,
            lives: 0,
            sessions: 0,
            started: 0,
            dies_in: None,
            dies_on_call: false,
            away: 0,
            calm: false,
            calls: 0,
        }
    }

    /// What the daemon's clocks say.
    pub(super) fn clock(&self) -> Now {
        let wall =
            Wall(self.setup.epoch.0 + i64::try_from(self.now * 1_000).unwrap_or(i64::MAX) + self.clock_set);
        let at = jiff::Timestamp::from_nanosecond(i128::from(wall.0)).unwrap_or_default();
        let offset_s = self.setup.zone.to_offset(at).seconds();
        Now { mono: Mono(self.now - self.started), wall, offset_s }
    }

    /// Goes on until this time, or to the first violation.
    pub(super) fn run_until(&mut self, until: u64) {
        while self.watch.violation.is_none() {
            let engine = self.daemon.as_ref().and_then(|daemon| daemon.engine.poll_timeout());
            let engine = engine.map(|at| at.0 + self.started);
            let sim = self.sites.iter().enumerate();
            let sim = sim.filter_map(|(at, site)| Some((micros(site.sim.poll_timeout()?), at))).min();
            let agenda = self.agenda.next();
            let times = [engine, sim.map(|(at, _)| at), agenda];
            let Some(next) = times.into_iter().flatten().min().filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            self.watch.now = self.now;
            if sim.is_some_and(|(at, _)| at == next) {
                let pbx = sim.map_or(0, |(_, pbx)| pbx);
                self.sites[pbx].sim.handle_timeout(std::time::Duration::from_micros(self.now));
                self.hear(pbx);
            } else if agenda == Some(next) {
                if let Some(due) = self.agenda.pop() {
                    self.comes(due);
                }
                self.go_on();
            } else {
                self.go_on();
            }
        }
        if self.watch.violation.is_none() {
            self.now = self.now.max(until);
            self.watch.now = self.now;
        }
    }

    /// The daemon does what is due by time, and carries out what the engine wants.
    fn go_on(&mut self) {
        let now = self.clock();
        let Some(daemon) = &mut self.daemon else { return };
        daemon.engine.handle_timeout(now);
        self.carry_out();
        self.check();
    }

    /// One step of the daemon; true where it dies here.
    pub(super) fn dies_here(&mut self) -> bool {
        let Some(left) = &mut self.dies_in else { return false };
        *left = left.saturating_sub(1);
        if *left > 0 {
            return false;
        }
        self.die();
        true
    }

    fn check(&mut self) {
        let Some(daemon) = &self.daemon else { return };
        let found = (daemon.engine.dialings().count() + daemon.engine.offers().count()) as u64;
        let (coming, going) = (daemon.claims_coming, daemon.ends_going);
        let open = self.disk.rows.open.len() as u64;
        if open != found + coming + going {
            self.watch.fail("claims = dialings", || {
                format!("{open} claims are open; {found} dialings and offers, {coming} on their way, {going} ended")
            });
        }
        let wrong = daemon.engine.audit();
        if !wrong.is_empty() {
            self.watch.fail("counts = recount", || wrong.join(", "));
        }
    }
}

/// Microseconds of a time of the simulator, rounded up.
fn micros(at: std::time::Duration) -> u64 {
    u64::try_from(at.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}
