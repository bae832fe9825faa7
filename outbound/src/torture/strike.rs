//! What each fault does, and how it is over.

use super::faults::{Fault, Kind};
use super::world::{Due, Heal, Own, World};
use super::{SECOND, duration, seconds};

/// A daemon that died is back after so long at most.
const AWAY_MAX: u64 = 10 * SECOND;
/// The daemon pings an Asterisk so often, and waits for the answer so long: a dead connection is noticed in between.
const NOTICED: (u64, u64) = (2 * SECOND, 5 * SECOND);
/// What an Asterisk needs to be back.
const BOOTS: (u64, u64) = (SECOND, 6 * SECOND);

impl World {
    pub(super) fn strikes(&mut self, fault: usize) {
        let fault = self.faults[fault];
        self.trace.note(self.now, || format!("FAULT {fault}"));
        let pbx = usize::try_from(fault.roll % self.sites.len() as u64).unwrap_or(0);
        let count = 1 + fault.roll / 8 % 20;
        match fault.kind {
            Kind::Crash => {
                // Somewhere, or where it hurts most.
                if fault.roll.is_multiple_of(3) {
                    self.dies_on_call = true;
                } else {
                    self.dies_in.get_or_insert(1 + fault.roll / 8 % 60);
                }
                self.away = (fault.length).clamp(SECOND / 20, AWAY_MAX);
            }
            Kind::Lost => self.sites[pbx].tampering.lost += count,
            Kind::Late => self.sites[pbx].tampering.late += count,
            Kind::Doubled => self.sites[pbx].tampering.doubled += count,
            Kind::Reordered => self.sites[pbx].tampering.reordered += count,
            Kind::NoResponse => self.sites[pbx].tampering.unanswered += count,
            Kind::Cut => self.cut(pbx, fault.length.min(5 * SECOND)),
            Kind::HalfOpen => {
                // Of a daemon that dies meanwhile, the network may bring what it sent last; one that lives resets the session.
                let late = (fault.roll / 8).is_multiple_of(2);
                self.sites[pbx].brings_late = late;
                self.dies_on_call |= late && (fault.roll / 16).is_multiple_of(2);
                let length = fault.length.max(NOTICED.1);
                let length = if late { length.min(NOTICED.1 + 2 * SECOND) } else { length };
                self.half_open(pbx, length);
            }
            Kind::Stall => {
                let until = self.now + fault.length.min(NOTICED.0);
                self.sites[pbx].stalled_until = until;
            }
            Kind::Restart | Kind::Kill | Kind::AmiRestart => self.asterisk_restarts(pbx, fault),
            Kind::Reload => {
                self.sites[pbx].sim.reload_dialplan(duration(self.now));
                self.hear(pbx);
                // The daemon looks for its dialplan twenty times a second; pbxsim cannot show one.
                self.later(SECOND / 10, Own::DialplanGone(pbx));
            }
            Kind::SlowDisk => {
                self.disk.latency = (10_000, SECOND);
                self.agenda.at(self.now + fault.length, Due::Heals(Heal::Disk));
            }
            Kind::FullDisk => {
                self.disk.full = true;
                self.agenda.at(self.now + fault.length, Due::Heals(Heal::FullDisk));
            }
            Kind::ClockForward => {
                let by = if fault.roll.is_multiple_of(3) { fault.length / 20 } else { fault.length * 60 };
                self.clock_set += nanos(by);
                self.watch.clock_forward(by);
            }
            Kind::ClockBack => {
                self.clock_set -= nanos(fault.length);
                self.watch.clock_back();
            }
            Kind::Daylight => {}
            Kind::Agents => self.agents(pbx, fault),
            Kind::Trunk => self.trunk(pbx, fault),
            Kind::Admin => {
                if fault.roll.is_multiple_of(2) {
                    // While it is written, other things happen.
                    self.disk.latency = (50_000, SECOND / 2);
                    self.agenda.at(self.now + SECOND, Due::Heals(Heal::Disk));
                }
                self.administer(fault);
            }
        }
    }

    pub(super) fn heals(&mut self, heal: Heal) {
        self.trace.note(self.now, || format!("over: {heal:?}"));
        match heal {
            Heal::Disk => {
                self.disk.latency = self.setup.disk_latency;
            }
            Heal::FullDisk => self.disk.full = false,
            Heal::Agent { pbx, number } => {
                let sim = &mut self.sites[pbx].sim;
                sim.handle_timeout(duration(self.now));
                sim.log_agent_in(number);
                sim.pause_agent(number, false, "");
                self.hear(pbx);
            }
            Heal::Deaf { pbx } => {
                let share = self.setup.scenarios[pbx].agents.deaf_share;
                self.sites[pbx].sim.change(duration(self.now), |world| world.agents.deaf_share = share);
                self.hear(pbx);
            }
            Heal::Trunk { pbx } => {
                let was = self.setup.scenarios[pbx].clone();
                self.sites[pbx].sim.change(duration(self.now), |world| {
                    (world.customers.mix, world.trunks) = (was.customers.mix, was.trunks);
                    (world.max_channels, world.max_calls_per_s) = (was.max_channels, was.max_calls_per_s);
                });
                self.hear(pbx);
            }
        }
    }

    /// The daemon dies at once. What it has sent arrives, or the last of it does not; the disk has the last transaction, or not.
    pub(super) fn die(&mut self) {
        (self.dies_in, self.dies_on_call) = (None, false);
        if self.daemon.take().is_none() {
            return;
        }
        self.trace.note(self.now, || format!("the daemon dies, and is back in {}", seconds(self.away)));
        for pbx in 0..self.sites.len() {
            let site = &mut self.sites[pbx];
            if let Some(session) = site.session {
                let at = self.now + site.dice.between(0, 2_500);
                self.agenda.at(at, Due::SessionEnds { pbx, session });
            }
        }
        let written = self.disk.is_idle();
        let committed = self.disk_dice.hits(0.5);
        let done = self.disk.crash(committed);
        self.done(done);
        self.watch.taint_open(&self.disk.rows, written);
        self.agenda.at(self.now + self.away, Due::Start);
    }

    /// A connection is cut; it can be made again after this time.
    fn cut(&mut self, pbx: usize, away: u64) {
        let site = &mut self.sites[pbx];
        site.reachable_at = site.reachable_at.max(self.now + away);
        let Some(session) = site.session else { return };
        let ends = self.now + site.dice.between(0, 2_500);
        self.agenda.at(ends, Due::SessionEnds { pbx, session });
        let noticed = ends + site.dice.between(0, 2_500);
        self.agenda.at(noticed, Due::Down { pbx, session });
    }

    fn half_open(&mut self, pbx: usize, length: u64) {
        let site = &mut self.sites[pbx];
        site.dead_until = self.now + length;
        let Some(session) = site.session else { return };
        let noticed = self.now + site.dice.between(NOTICED.0, NOTICED.1);
        // What is sent from now on is lost, and what is on its way.
        self.agenda.at(noticed, Due::SessionEnds { pbx, session });
        self.agenda.at(noticed, Due::Down { pbx, session });
    }

    fn asterisk_restarts(&mut self, pbx: usize, fault: Fault) {
        let at = duration(self.now);
        let boots = fault.length.clamp(BOOTS.0, BOOTS.1);
        let sim = &mut self.sites[pbx].sim;
        match fault.kind {
            Kind::Restart => sim.restart(at, false),
            Kind::Kill => sim.kill(at),
            _ => sim.restart(at, true),
        }
        self.hear(pbx);
        if fault.kind != Kind::AmiRestart {
            self.watch.all_gone(pbx);
        }
        let boots = if fault.kind == Kind::AmiRestart { boots / 4 } else { boots };
        let site = &mut self.sites[pbx];
        site.reachable_at = site.reachable_at.max(self.now + boots);
    }

    fn agents(&mut self, pbx: usize, fault: Fault) {
        let (at, until) = (duration(self.now), self.now + fault.length);
        let count = self.setup.scenarios[pbx].agents.count;
        let sim = &mut self.sites[pbx].sim;
        sim.handle_timeout(at);
        match fault.roll / 8 % 3 {
            0 => {
                sim.change(at, |world| world.agents.deaf_share = 1.0);
                self.agenda.at(until, Due::Heals(Heal::Deaf { pbx }));
            }
            what => {
                // All of them, or every second one.
                let step = 1 + usize::try_from(fault.roll / 64 % 2).unwrap_or(0);
                for number in (1..=count).step_by(step) {
                    if what == 1 {
                        sim.log_agent_out(number)
                    } else {
                        sim.pause_agent(number, true, "gone")
                    }
                    self.agenda.at(until, Due::Heals(Heal::Agent { pbx, number }));
                }
            }
        }
        self.hear(pbx);
    }

    fn trunk(&mut self, pbx: usize, fault: Fault) {
        let what = fault.roll / 8 % 4;
        self.sites[pbx].sim.change(duration(self.now), |world| match what {
            0 => {
                world.customers.mix = pbxsim::scenario::Mix { congested: 1.0, ..pbxsim::scenario::Mix::NONE };
            }
            1 => world.customers.mix = pbxsim::scenario::Mix { silent: 1.0, ..pbxsim::scenario::Mix::NONE },
            2 => {
                // The endpoint beta is not there.
                let agents = (1..=world.agents.count).map(|n| format!("{}{n}", world.agents.prefix));
                world.trunks = agents.chain(["alpha".to_owned()]).collect();
            }
            _ => world.max_channels = 2,
        });
        self.agenda.at(self.now + fault.length, Due::Heals(Heal::Trunk { pbx }));
        self.hear(pbx);
    }
}

fn nanos(micros: u64) -> i64 {
    i64::try_from(micros.saturating_mul(1_000)).unwrap_or(i64::MAX)
}
