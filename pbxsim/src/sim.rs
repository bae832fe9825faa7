//! The model's doors: actions and time in, answers and events out.
//!
//! `Sim` owns all state; what happens to calls, queues and agents is in the modules beside this one.

use crate::agent::Device;
use crate::calls_log::CallsLog;
use crate::channel::{Channels, Key, Slot};
use crate::dialplan::Dialplan;
use crate::draw::Chance;
use crate::kind::Wanted;
use crate::queue::Queue;
use crate::scenario::Scenario;
use crate::stats::Counts;
use crate::time::{Time, Timers};
use ami::{Class, Message};
use std::collections::{BTreeMap, VecDeque};

/// Who sent an action; the caller of the model gives the numbers.
pub type SessionId = u64;

/// What the model sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Out {
    /// An answer to an action: the `Response`, or an event of the list that it asked for.
    Reply {
        /// The session that sent the action.
        session: SessionId,
        /// The block.
        message: Message,
    },
    /// An event for every session that reads its class.
    Event {
        /// The class of the event.
        class: Class,
        /// The block.
        message: Message,
    },
    /// The PBX goes down: all sessions end here. What comes after is from the next life.
    Down,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Timer {
    Channel(Key, Slot),
    /// The agent of a device has done his work after the call, or ends his break.
    Agent(usize),
}

/// A simulated Asterisk.
#[derive(Debug)]
pub struct Sim {
    pub(crate) scenario: Scenario,
    pub(crate) now: Time,
    pub(crate) chance: Chance,
    pub(crate) out: VecDeque<Out>,
    pub(crate) timers: Timers<Timer>,
    pub(crate) channels: Channels,
    pub(crate) dialplan: Dialplan,
    /// Global variables.
    pub(crate) globals: BTreeMap<String, String>,
    pub(crate) queues: BTreeMap<String, Queue>,
    pub(crate) devices: Vec<Device>,
    pub(crate) device_at: BTreeMap<String, usize>,
    pub(crate) trunk_use: BTreeMap<String, crate::trunk::Use>,
    pub(crate) wanted: Wanted,
    pub(crate) counts: Counts,
    pub(crate) log: CallsLog,
    pub(crate) serial: Serial,
    pub(crate) booted: Time,
    pub(crate) reloaded: Time,
    pub(crate) this_second: (u64, u32),
}

/// Numbers that only go up.
#[derive(Debug, Default)]
pub(crate) struct Serial {
    pub(crate) local: u32,
    pub(crate) sip: u32,
    pub(crate) uniqueid: u64,
    pub(crate) calls: u64,
}

impl Sim {
    /// A PBX that has just started, in the world of this scenario. The same seed and the same actions at the same
    /// times give the same outputs.
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let mut sim = Self {
            now: Time::ZERO,
            chance: Chance::new(seed),
            out: VecDeque::new(),
            timers: Timers::new(),
            channels: Channels::default(),
            dialplan: Dialplan::new(),
            globals: BTreeMap::new(),
            queues: BTreeMap::new(),
            devices: Vec::new(),
            device_at: BTreeMap::new(),
            trunk_use: BTreeMap::new(),
            wanted: Wanted::ALL,
            counts: Counts::default(),
            log: CallsLog::new(scenario.calls_log),
            serial: Serial::default(),
            booted: Time::ZERO,
            reloaded: Time::ZERO,
            this_second: (0, 0),
            scenario,
        };
        sim.set_up_queues();
        sim.out.clear();
        sim
    }

    /// From now on only these events are built.
    pub fn want(&mut self, wanted: Wanted) {
        self.wanted = wanted;
    }

    /// What to send next, in order.
    pub fn poll_event(&mut self) -> Option<Out> {
        self.out.pop_front()
    }

    /// When the next thing happens by itself.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Lets everything happen that is due at `now`, each at its own time.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some((at, timer)) = self.timers.pop(now) {
            self.now = self.now.max(at);
            match timer {
                Timer::Channel(key, slot) => self.channel_timer(key, slot),
                Timer::Agent(device) => self.agent_timer(device),
            }
        }
        self.now = self.now.max(now);
    }

    /// The time of the last action or timeout.
    pub fn now(&self) -> Time {
        self.now
    }

    fn channel_timer(&mut self, key: Key, slot: Slot) {
        let Some(channel) = self.channels.get_mut(key) else { return };
        channel.timers[slot as usize] = None;
        match slot {
            Slot::Far => self.far_step(key),
            Slot::Near => self.near_done(key),
            Slot::Timeout => self.dial_timeout(key),
            Slot::Response => self.originate_success(key),
            Slot::Poll => self.queue_poll(key),
            Slot::Expire => self.queue_expired(key),
            Slot::Agent => self.agent_leg_timer(key),
        }
    }

    /// Sets a timer of a channel, in place of the one that was there.
    pub(crate) fn set_timer(&mut self, key: Key, slot: Slot, delay: Time) {
        self.cancel(key, slot);
        let Some(channel) = self.channels.get_mut(key) else { return };
        channel.timers[slot as usize] = Some(self.timers.set(self.now + delay, Timer::Channel(key, slot)));
    }

    pub(crate) fn cancel(&mut self, key: Key, slot: Slot) {
        let Some(channel) = self.channels.get_mut(key) else { return };
        if let Some(id) = channel.timers[slot as usize].take() {
            self.timers.cancel(id);
        }
    }

    pub(crate) fn cancel_all(&mut self, key: Key) {
        let Some(channel) = self.channels.get_mut(key) else { return };
        for id in channel.timers.iter_mut().filter_map(Option::take) {
            self.timers.cancel(id);
        }
    }

    /// Unix time in seconds of a moment of the simulation.
    pub(crate) fn unix(&self, at: Time) -> u64 {
        self.scenario.epoch_unix_s + at.as_secs()
    }

    /// The Uniqueid that Asterisk makes when nobody gives one.
    pub(crate) fn new_uniqueid(&mut self) -> String {
        self.serial.uniqueid += 1;
        format!("{}.{}", self.unix(self.now), self.serial.uniqueid)
    }

    /// A UUID for a bridge.
    pub(crate) fn new_uuid(&mut self) -> String {
        let (a, b) = (self.chance.number(), self.chance.number());
        let hex = format!("{a:016x}{b:016x}");
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// Whether a channel with this Uniqueid is up.
    pub fn is_up(&self, uniqueid: &str) -> bool {
        self.channels.id_in_use(uniqueid)
    }

    /// The world becomes another one: what is changed counts for what begins from now on. Queues and agents stay as they were
    /// set up.
    pub fn change(&mut self, now: Time, change: impl FnOnce(&mut Scenario)) {
        self.handle_timeout(now);
        change(&mut self.scenario);
    }

    /// Channels that are up.
    pub fn channels_up(&self) -> usize {
        self.channels.len()
    }

    /// Timers that are set: with the channels, a measure of what the model remembers.
    pub fn timers_set(&self) -> usize {
        self.timers.len()
    }
}
