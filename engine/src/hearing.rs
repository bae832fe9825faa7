//! What each event does to a call. Every function says whether clients can see a change.

use std::time::Duration;

use crate::broken::{Rule, is_broken};
use crate::calls::{Call, GRACE, NO_CHANNEL_GRACE};
use crate::dialing::DialingStatus;
use crate::input::{CallEvent, ChannelUp};
use crate::outcome;
use crate::time::Now;

impl Call {
    /// True where clients can see a change.
    pub(crate) fn take(&mut self, event: CallEvent, now: Now) -> bool {
        let progress = &mut self.dialing.progress;
        match event {
            CallEvent::Accepted => self.rise(DialingStatus::OriginateRequested),
            // What has a channel was not refused.
            CallEvent::Refused { .. } if self.seen.channel => false,
            CallEvent::Refused { message } => {
                progress.res_dial_detail = Some(message.clone());
                self.seen.refused = Some(message);
                self.rise(DialingStatus::Error)
            }
            CallEvent::Channel { name } => {
                self.seen.channel = true;
                put(&mut progress.channel_name, Some(name)) | self.rise(DialingStatus::ChannelCreated)
            }
            CallEvent::DialBegin => {
                progress.dial_begin.get_or_insert(now.wall);
                self.rise(DialingStatus::DialBegin)
            }
            CallEvent::DialEnd { status } => self.dial_end(status, now),
            CallEvent::Originated { success, reason } => self.originated(success, reason, now),
            CallEvent::Amd { status } => {
                let changed = put(&mut progress.res_amd, Some(status));
                self.seen.judged_at.get_or_insert(now.mono);
                self.seen.answered_at.get_or_insert(now.mono);
                changed | self.handed_on()
            }
            CallEvent::AmdCause { cause } => {
                put(&mut progress.res_amd_detail, (!cause.is_empty()).then_some(cause))
            }
            CallEvent::QueueJoined { queue } => {
                let changed = put(&mut progress.queue, Some(queue));
                self.seen.answered_at.get_or_insert(now.mono);
                changed | self.handed_on()
            }
            CallEvent::QueueAbandoned => {
                self.seen.left_queue = true;
                self.seen.left_at.get_or_insert(now.mono);
                self.handed_on()
            }
            CallEvent::QueueGaveUp { .. } => {
                self.seen.gave_up = true;
                self.seen.left_at.get_or_insert(now.mono);
                self.handed_on()
            }
            CallEvent::AgentCalled => {
                self.seen.offered = true;
                self.handed_on()
            }
            CallEvent::AgentNoAnswer => {
                self.seen.offered = false;
                self.handed_on()
            }
            CallEvent::AgentConnected { queue, agent } => {
                self.seen.connected = true;
                self.seen.connected_at.get_or_insert(now.mono);
                progress.connected.get_or_insert(now.wall);
                put(&mut progress.queue, Some(queue))
                    | put(&mut progress.agent, Some(agent))
                    | self.handed_on()
            }
            CallEvent::Bridged => false,
            CallEvent::NoAgent { message } => {
                progress.res_dial_detail = Some(message);
                self.seen.no_agent = true;
                true
            }
            CallEvent::Hangup { cause, text } => self.hung_up(cause, text, now),
        }
    }

    fn rise(&mut self, status: DialingStatus) -> bool {
        let progress = &mut self.dialing.progress;
        let higher = if is_broken(Rule::StatusFalls) { status } else { progress.status.max(status) };
        put(&mut progress.status, higher)
    }

    fn answered(&mut self) -> bool {
        self.seen.answered = true;
        put(&mut self.dialing.progress.res_dial, outcome::RES_ANSWER)
    }

    fn answered_now(&mut self, now: Now) -> bool {
        self.seen.answered_at.get_or_insert(now.mono);
        self.answered()
    }

    /// Only an answered call gets to detection or to a queue, whether or not its answer was seen.
    fn handed_on(&mut self) -> bool {
        self.seen.handed_on = true;
        self.answered()
    }

    fn dial_end(&mut self, status: String, now: Now) -> bool {
        let answered = status == "ANSWER" && self.seen.originated.is_none_or(|(success, _)| success);
        self.dialing.progress.dial_end.get_or_insert(now.wall);
        let changed = answered && self.answered_now(now);
        self.seen.dial_status.get_or_insert(status);
        changed | self.rise(DialingStatus::DialEnd)
    }

    fn originated(&mut self, success: bool, reason: u16, now: Now) -> bool {
        if self.seen.originated.is_some() {
            return false;
        }
        self.dialing.progress.dial_end.get_or_insert(now.wall);
        self.seen.originated = Some((success, reason));
        let mut changed = false;
        if success {
            changed |= self.answered_now(now);
        } else {
            let res_dial = self.verdict().res_dial;
            changed |= put(&mut self.dialing.progress.res_dial, res_dial);
            self.last_of_two(if self.seen.channel { GRACE } else { NO_CHANNEL_GRACE }, now);
        }
        changed | self.rise(DialingStatus::OriginateResponse)
    }

    fn hung_up(&mut self, cause: u16, text: String, now: Now) -> bool {
        if self.seen.cause.is_some() {
            return false;
        }
        self.seen.cause = Some(cause);
        self.seen.left_at.get_or_insert(now.mono);
        let res_dial = self.verdict().res_dial;
        let progress = &mut self.dialing.progress;
        progress.res_hangup = cause;
        progress.res_hangup_detail = (!text.is_empty()).then_some(text);
        progress.hangup = Some(now.wall);
        progress.res_dial = res_dial;
        self.last_of_two(GRACE, now);
        self.rise(DialingStatus::Hangup);
        true
    }

    /// The first of its two last events is here: the other may come within `grace`.
    fn last_of_two(&mut self, grace: Duration, now: Now) {
        self.seen.ended_at.get_or_insert(now.mono);
        self.deadline.get_or_insert(now.mono.after(grace));
    }

    pub(crate) fn found(&mut self, channel: &ChannelUp, now: Now) -> bool {
        self.seen.channel = true;
        let mut changed = self.rise(DialingStatus::ChannelCreated);
        if self.dialing.progress.channel_name.is_none() {
            changed |= put(&mut self.dialing.progress.channel_name, Some(channel.name.clone()));
        }
        if channel.answered && self.seen.originated.is_none() {
            // The answer came while nobody listened.
            self.seen.originated = Some((true, outcome::RES_ANSWER));
            changed |= self.answered() | self.rise(DialingStatus::OriginateResponse);
        }
        if let Some(queue) = channel.queue.as_ref().filter(|_| self.for_queue) {
            self.seen.handed_on = true;
            if self.dialing.progress.queue.is_none() {
                changed |= put(&mut self.dialing.progress.queue, Some(queue.clone()));
            }
        }
        if channel.answered && channel.bridged && self.for_queue && !self.seen.connected {
            self.seen.connected = true;
            self.dialing.progress.connected.get_or_insert(now.wall);
            self.seen.partner.clone_from(&channel.partner);
            changed = true;
        }
        changed
    }
}

/// Puts a value in its place; true where it is another.
fn put<T: PartialEq>(place: &mut T, value: T) -> bool {
    let other = *place != value;
    *place = value;
    other
}
