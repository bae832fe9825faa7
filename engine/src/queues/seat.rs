//! One agent in one queue: what he is doing there, and how long his wrap-up lasts.

use std::iter::Sum;
use std::time::Duration;

use crate::input::Member;
use crate::time::{Mono, Now, Wall};

/// Asterisk's device states in which app_queue calls an agent: not in use, and unknown (a phone that tells nothing).
const NOT_IN_USE: u8 = 1;
const UNKNOWN: u8 = 0;
const RINGING: u8 = 6;
/// Device states of a phone that is not there.
const INVALID: u8 = 4;
const UNAVAILABLE: u8 = 5;

/// What an agent is doing, as one of his queues sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentState {
    /// A call could be given to him at once.
    Idle,
    /// His phone rings or he talks, for whichever queue or for himself.
    Busy,
    /// His last call is over and the wrap-up time is not.
    WrapUp,
    /// Paused, his phone is not there, or he is no member any more.
    Away,
}

/// What a queue offers now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Staff {
    /// Agents who could take a call at once.
    pub idle: u32,
    /// Agents whose phone is there and who are not paused.
    pub logged_in: u32,
    /// Agents whose phone rings.
    pub ringing: u32,
}

/// What the members of a queue are doing, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crowd {
    /// Could take a call at once.
    pub idle: u32,
    /// Their phones ring.
    pub ringing: u32,
    /// Talk, or dial, for whichever queue or for themselves.
    pub talking: u32,
    /// Have a wrap-up time that is not over.
    pub wrap_up: u32,
    /// Paused.
    pub paused: u32,
    /// Members whose phone is not there.
    pub unavailable: u32,
}

impl Crowd {
    /// Those whose phone is there and who are not paused.
    pub fn logged_in(self) -> u32 {
        self.idle + self.ringing + self.talking + self.wrap_up
    }
}

impl Sum for Crowd {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, more| Self {
            idle: sum.idle + more.idle,
            ringing: sum.ringing + more.ringing,
            talking: sum.talking + more.talking,
            wrap_up: sum.wrap_up + more.wrap_up,
            paused: sum.paused + more.paused,
            unavailable: sum.unavailable + more.unavailable,
        })
    }
}

/// A member of a queue.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) member: Member,
    pub(super) wrapup: Wrapup,
    pub(super) state: AgentState,
    /// One of his queues has given him a call that is not over.
    pub(super) on_call: bool,
}

/// A wrap-up that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wrapup {
    /// When the call ended that it follows, in Asterisk's words.
    last_call_s: i64,
    length_s: u32,
    /// It lasts until then; none where it is over.
    pub(super) until: Option<Mono>,
}

impl Seat {
    /// His own wrap-up time wins over his queue's, as in app_queue.
    pub(super) fn wrapup_s(&self, of_queue: u32) -> u32 {
        if self.member.wrapup_s > 0 { self.member.wrapup_s } else { of_queue }
    }

    /// What he is doing.
    pub(super) fn doing(&self) -> AgentState {
        let Member { status, paused, .. } = self.member;
        match status {
            INVALID | UNAVAILABLE => AgentState::Away,
            _ if self.on_call => AgentState::Busy,
            _ if paused => AgentState::Away,
            NOT_IN_USE | UNKNOWN if self.wrapup.until.is_some() => AgentState::WrapUp,
            NOT_IN_USE | UNKNOWN => AgentState::Idle,
            _ => AgentState::Busy,
        }
    }

    /// Where this member counts in the queue's crowd.
    pub(super) fn place(&self) -> Crowd {
        let mut crowd = Crowd::default();
        let place = match (self.state, self.member.status) {
            (_, INVALID | UNAVAILABLE) => &mut crowd.unavailable,
            _ if self.member.paused => &mut crowd.paused,
            (AgentState::Idle, _) => &mut crowd.idle,
            (AgentState::WrapUp, _) => &mut crowd.wrap_up,
            (AgentState::Busy, RINGING) if !self.on_call => &mut crowd.ringing,
            (AgentState::Busy | AgentState::Away, _) => &mut crowd.talking,
        };
        *place = 1;
        crowd
    }

    /// What this member adds to the staff of the queue.
    pub(super) fn staff(&self) -> Staff {
        let Member { status, paused, .. } = self.member;
        Staff {
            idle: u32::from(self.state == AgentState::Idle),
            logged_in: u32::from(!paused && !matches!(status, INVALID | UNAVAILABLE)),
            // The phone of one who has answered may be seen to ring for a moment more.
            ringing: u32::from(status == RINGING && !self.on_call),
        }
    }
}

impl Wrapup {
    /// Wrap-up cannot be seen in AMI: app_queue keeps callers from an agent for the wrap-up time after his last call, while
    /// his state is 1 already (capture B09). So it is counted from LastCall, once for each call: from then on our own clock
    /// may be set, and one that differs from Asterisk's never makes it longer than it is.
    pub(super) fn follow(self, last_call_s: i64, length_s: u32, now: Now) -> Self {
        if self.last_call_s == last_call_s && self.length_s == length_s {
            return self;
        }
        let length = Duration::from_secs(u64::from(length_s));
        let last_call = Wall(last_call_s.saturating_mul(1_000_000_000));
        let over = last_call.after_ms(u64::from(length_s) * 1000);
        let left = if last_call_s == 0 { Duration::ZERO } else { over.since(now.wall).min(length) };
        Self { last_call_s, length_s, until: (!left.is_zero()).then(|| now.mono.after(left)) }
    }
}

impl Staff {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            idle: self.idle + other.idle,
            logged_in: self.logged_in + other.logged_in,
            ringing: self.ringing + other.ringing,
        }
    }

    #[must_use]
    pub(super) fn less(self, other: Self) -> Self {
        Self {
            idle: self.idle - other.idle,
            logged_in: self.logged_in - other.logged_in,
            ringing: self.ringing - other.ringing,
        }
    }
}
