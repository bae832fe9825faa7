//! One Asterisk and the network between it and the daemon: how long messages take, and what becomes of them.

use pbxsim::Sim;

use super::dice::Dice;

/// What is done to the next messages.
#[derive(Debug, Default)]
pub(super) struct Tampering {
    pub(super) lost: u64,
    pub(super) late: u64,
    pub(super) doubled: u64,
    pub(super) reordered: u64,
    pub(super) unanswered: u64,
}

/// An Asterisk, and the way to it.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) sim: Sim,
    pub(super) dice: Dice,
    /// The session that it has with the daemon.
    pub(super) session: Option<u64>,
    /// Sessions up to this one were reset by the daemon: nothing of them is on the way any more.
    pub(super) reset: u64,
    /// Nobody can connect before.
    pub(super) reachable_at: u64,
    /// What is sent before this time, either way, is lost ...
    pub(super) dead_until: u64,
    /// ... unless the network brings the actions of the old connection after all, before its socket drops them.
    pub(super) brings_late: bool,
    /// What is sent before this time arrives after it.
    pub(super) stalled_until: u64,
    pub(super) tampering: Tampering,
    /// The action whose answer is lost, all of it.
    pub(super) lost_answer: Option<String>,
    last_in: u64,
    last_out: u64,
    last_late: u64,
}

/// A socket drops what it could not deliver after so long (`ami::client`).
const DROPPED_AFTER: u64 = 5_000_000;
/// A message takes from so long to so long, in microseconds.
const LATENCY: (u64, u64) = (100, 2_000);

impl Site {
    pub(super) fn new(sim: Sim, dice: Dice) -> Self {
        Self {
            sim,
            dice,
            session: None,
            reset: 0,
            reachable_at: 0,
            dead_until: 0,
            brings_late: false,
            last_late: 0,
            stalled_until: 0,
            tampering: Tampering::default(),
            lost_answer: None,
            last_in: 0,
            last_out: 0,
        }
    }

    pub(super) fn is_dead(&self, now: u64) -> bool {
        now < self.dead_until
    }

    /// When a message that is sent now arrives at the daemon.
    pub(super) fn arrives_in(&mut self, now: u64) -> u64 {
        self.last_in = self.arrival(now).max(self.last_in);
        self.last_in
    }

    /// When an action that is sent now arrives at Asterisk.
    pub(super) fn arrives_out(&mut self, now: u64) -> u64 {
        self.last_out = self.arrival(now).max(self.last_out);
        self.last_out
    }

    /// When an action arrives that is sent into a dead connection, where it does at all: behind those before it, and before its
    /// socket drops it.
    pub(super) fn arrives_late(&mut self, now: u64) -> Option<u64> {
        let from = self.dead_until.max(self.last_late);
        let until = now + DROPPED_AFTER;
        if !self.brings_late || from >= until {
            return None;
        }
        self.last_late = self.dice.between(from, until);
        Some(self.last_late)
    }

    fn arrival(&mut self, now: u64) -> u64 {
        now.max(self.stalled_until) + self.dice.between(LATENCY.0, LATENCY.1)
    }

    /// Whether this fault strikes the next message, of those that it may.
    pub(super) fn strikes(dice: &mut Dice, left: &mut u64) -> bool {
        if *left == 0 || !dice.hits(0.6) {
            return false;
        }
        *left -= 1;
        true
    }
}
