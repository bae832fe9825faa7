//! One call as the engine follows it: events move it forward, in whatever order Asterisk sends them, until it is
//! over. Nothing here decides whether to call again.

use std::time::Duration;

use uuid::Uuid;

use crate::dialing::{Dialing, DialingStatus, Ended, Snapshot};
use crate::input::{CallEvent, ChannelUp, PbxId};
use crate::model::{Lead, NUMBERS};
use crate::outcome::{self, Observed};
use crate::time::{Mono, Now};

/// How long the second of two last events may follow the first: OriginateResponse and Hangup come from different
/// threads of Asterisk. Also how long a Hangup may follow a list of channels that lacks the channel.
pub const GRACE: Duration = Duration::from_secs(3);

/// A call in flight.
#[derive(Debug)]
pub struct Call {
    /// What clients are shown.
    pub dialing: Dialing,
    /// The Asterisk that makes it.
    pub pbx: PbxId,
    /// Originate was sent at.
    pub requested: Mono,
    /// It is over at this time, whatever else comes; set when one of the last two events was seen.
    pub deadline: Option<Mono>,
    /// The lead it was made for, as it was claimed.
    pub lead: Lead,
    /// Rows for the result, where asked for.
    pub snapshot: Option<Box<Snapshot>>,
    /// It is to be hung up: asked for at this time.
    pub hangup_wanted: Option<Mono>,
    /// The channel of tech Local that we hang up is its other half (see [`Call::hangup_target`]).
    pub local: bool,
    /// The queue whose agents are counted for it.
    pub queue: Option<String>,
    /// The answer goes to a queue.
    pub for_queue: bool,
    /// The answer goes through machine detection.
    pub detects: bool,
    /// Which results of detection may pass, as bits of [`crate::model::AmdMode`]; 0 without detection.
    pub amd_passing: u8,
    seen: Seen,
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Seen {
    channel: bool,
    answered: bool,
    originated: Option<(bool, u16)>,
    dial_status: Option<String>,
    cause: Option<u16>,
    refused: Option<String>,
    offered: bool,
    connected: bool,
    left_queue: bool,
}

/// What an event did to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that anybody can see.
    None,
    /// Something that clients are told.
    Changed,
    /// The call is over.
    Over,
}

/// Where a call stands, for pacing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not answered yet.
    Dialing,
    /// Answered, and no agent is on it yet.
    Answered,
    /// An agent's phone rings for it.
    Offered,
    /// With an agent.
    Connected,
}

impl Call {
    /// A call that is about to be made.
    pub fn new(dialing: Dialing, pbx: PbxId, lead: Lead, requested: Mono) -> Self {
        Self {
            dialing,
            pbx,
            requested,
            deadline: None,
            lead,
            snapshot: None,
            hangup_wanted: None,
            local: false,
            queue: None,
            for_queue: false,
            detects: false,
            amd_passing: 0,
            seen: Seen::default(),
        }
    }

    /// Its identity.
    pub fn uuid(&self) -> Uuid {
        self.dialing.setup.uuid
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        if self.seen.connected {
            Stage::Connected
        } else if self.seen.offered {
            Stage::Offered
        } else if self.seen.answered {
            Stage::Answered
        } else {
            Stage::Dialing
        }
    }

    /// True once its channel was seen.
    pub fn has_channel(&self) -> bool {
        self.seen.channel
    }

    /// What to name in a Hangup. Of a Local channel it is the other half: a Hangup of the half that waits in the queue
    /// suppresses AgentComplete and leaves the agent in use for ever (captures A12b, A12c).
    pub fn hangup_target(&self) -> String {
        let uuid = self.uuid();
        if self.local { format!("{uuid};2") } else { uuid.to_string() }
    }

    /// Takes an event in.
    pub fn on(&mut self, event: CallEvent, now: Now) -> Effect {
        let before = self.dialing.progress.clone();
        self.take(event, now);
        if self.is_over(now) {
            return Effect::Over;
        }
        if self.dialing.progress == before {
            return Effect::None;
        }
        self.dialing.progress.updated = Some(now.wall);
        Effect::Changed
    }

    fn take(&mut self, event: CallEvent, now: Now) {
        let progress = &mut self.dialing.progress;
        match event {
            CallEvent::Accepted => self.rise(DialingStatus::OriginateRequested),
            CallEvent::Refused { message } => {
                progress.res_dial_detail = Some(message.clone());
                self.seen.refused = Some(message);
                self.rise(DialingStatus::Error);
            }
            CallEvent::Channel { name } => {
                progress.channel_name = Some(name);
                self.seen.channel = true;
                self.rise(DialingStatus::ChannelCreated);
            }
            CallEvent::DialBegin => {
                progress.dial_begin.get_or_insert(now.wall);
                self.rise(DialingStatus::DialBegin);
            }
            CallEvent::DialEnd { status } => self.dial_end(status, now),
            CallEvent::Originated { success, reason } => self.originated(success, reason, now),
            CallEvent::Amd { status } => progress.res_amd = Some(status),
            CallEvent::AmdCause { cause } => {
                progress.res_amd_detail = (!cause.is_empty()).then_some(cause);
            }
            CallEvent::QueueJoined { queue } => progress.queue = Some(queue),
            CallEvent::QueueAbandoned => self.seen.left_queue = true,
            CallEvent::AgentCalled => self.seen.offered = true,
            CallEvent::AgentNoAnswer => self.seen.offered = false,
            CallEvent::AgentConnected { queue, agent } => {
                progress.queue = Some(queue);
                progress.agent = Some(agent);
                progress.connected.get_or_insert(now.wall);
                self.seen.connected = true;
                self.answered();
            }
            CallEvent::Hangup { cause, text } => self.hung_up(cause, text, now),
        }
    }

    fn rise(&mut self, status: DialingStatus) {
        let progress = &mut self.dialing.progress;
        progress.status = progress.status.max(status);
    }

    fn answered(&mut self) {
        self.seen.answered = true;
        self.dialing.progress.res_dial = outcome::RES_ANSWER;
    }

    fn dial_end(&mut self, status: String, now: Now) {
        self.dialing.progress.dial_end.get_or_insert(now.wall);
        if status == "ANSWER" {
            self.answered();
        }
        self.seen.dial_status = Some(status);
        self.rise(DialingStatus::DialEnd);
    }

    fn originated(&mut self, success: bool, reason: u16, now: Now) {
        self.dialing.progress.dial_end.get_or_insert(now.wall);
        self.seen.originated = Some((success, reason));
        if success {
            self.answered();
        } else {
            self.dialing.progress.res_dial = self.verdict().res_dial;
            self.deadline.get_or_insert(now.mono.after(GRACE));
        }
        self.rise(DialingStatus::OriginateResponse);
    }

    fn hung_up(&mut self, cause: u16, text: String, now: Now) {
        self.seen.cause = Some(cause);
        let res_dial = self.verdict().res_dial;
        let progress = &mut self.dialing.progress;
        progress.res_hangup = cause;
        progress.res_hangup_detail = (!text.is_empty()).then_some(text);
        progress.hangup.get_or_insert(now.wall);
        progress.res_dial = res_dial;
        self.deadline.get_or_insert(now.mono.after(GRACE));
        self.rise(DialingStatus::Hangup);
    }

    /// A call is over when its OriginateResponse and, where it had a channel, its Hangup are there; when it was
    /// refused; or when the second of the two is overdue.
    fn is_over(&self, now: Now) -> bool {
        if self.seen.refused.is_some() || self.deadline.is_some_and(|deadline| deadline <= now.mono) {
            return true;
        }
        match self.seen.originated {
            Some((true, _)) => self.seen.cause.is_some(),
            Some((false, _)) => self.seen.cause.is_some() || !self.seen.channel,
            None => false,
        }
    }

    /// Compares with a list of all channels that was asked for at `asked`.
    pub fn compare(&mut self, up: Option<&ChannelUp>, asked: Mono, now: Now) -> Effect {
        let before = self.dialing.progress.clone();
        match up {
            Some(channel) => self.found(channel),
            // What was asked of Asterisk only just now may not have a channel yet.
            None if self.requested.after(GRACE) > asked => return Effect::None,
            None => {
                self.deadline.get_or_insert(now.mono.after(GRACE));
            }
        }
        if self.dialing.progress == before { Effect::None } else { Effect::Changed }
    }

    fn found(&mut self, channel: &ChannelUp) {
        self.seen.channel = true;
        self.dialing.progress.channel_name.get_or_insert_with(|| channel.name.clone());
        self.rise(DialingStatus::ChannelCreated);
        if channel.answered && !self.seen.answered {
            // The answer came while nobody listened.
            self.answered();
            self.seen.originated.get_or_insert((true, outcome::RES_ANSWER));
            self.rise(DialingStatus::OriginateResponse);
        }
        if channel.answered && channel.bridged && self.for_queue {
            self.seen.connected = true;
        }
    }

    fn observed(&self) -> Observed<'_> {
        let amd = self.dialing.progress.res_amd.as_deref();
        let bit = amd.map_or(0, amd_bit);
        Observed {
            originated: self.seen.originated,
            dial_status: self.seen.dial_status.as_deref(),
            cause: self.seen.cause,
            refused: self.seen.refused.as_deref(),
            stopped_by_amd: self.detects && bit != 0 && self.amd_passing & bit == 0,
            for_queue: self.for_queue,
            hung_up_in_amd: self.detects && !self.seen.left_queue && matches!(amd, None | Some("HANGUP")),
            connected: self.seen.connected,
        }
    }

    fn verdict(&self) -> outcome::Verdict {
        outcome::judge(&self.observed())
    }

    /// Its one result. The lead may be tried again `retry_delay_ms` from now.
    pub fn end(mut self, retry_delay_ms: u64, now: Now) -> (Ended, Lead) {
        let verdict = self.verdict();
        let progress = &mut self.dialing.progress;
        progress.res_dial = verdict.res_dial;
        if progress.res_dial_detail.is_none() {
            let text = match verdict.outcome {
                crate::dialing::Outcome::Unknown => "Ended unseen: Asterisk no longer has the call",
                _ => outcome::res_dial_text(verdict.res_dial),
            };
            progress.res_dial_detail = Some(text.to_owned());
        }
        progress.status = progress.status.max(DialingStatus::Hangup);
        progress.updated = Some(now.wall);
        let setup = &self.dialing.setup;
        let mut lead = self.lead;
        if verdict.counts {
            lead.tries[usize::from(setup.index.saturating_sub(1)).min(NUMBERS - 1)] += 1;
        }
        let ended = Ended {
            outcome: verdict.outcome,
            counts: verdict.counts,
            done: verdict.done,
            next_try: now.wall.after_ms(retry_delay_ms),
            snapshot: self.snapshot,
            dialing: self.dialing,
        };
        (ended, lead)
    }
}

fn amd_bit(status: &str) -> u8 {
    match status {
        "HUMAN" => crate::model::AmdMode::HUMAN,
        "MACHINE" => crate::model::AmdMode::MACHINE,
        "NOTSURE" => crate::model::AmdMode::NOTSURE,
        _ => 0,
    }
}
