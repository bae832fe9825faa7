//! One call as the engine follows it: events move it forward, in whatever order Asterisk sends them, until it is
//! over. Nothing here decides whether to call again.

use std::time::Duration;

use uuid::Uuid;

use crate::abandon::{Counts, Tally};
use crate::broken::{Rule, is_broken};
use crate::dialing::{Dialing, DialingStatus, Ended, Snapshot};
use crate::input::{CallEvent, ChannelUp, PbxId};
use crate::limits::TrunkId;
use crate::model::{Lead, NUMBERS};
use crate::outcome::{self, Observed};
use crate::time::{Mono, Now};
use crate::value::AbandonFrom;

/// How long the second of two last events may follow the first: OriginateResponse and Hangup come from different
/// threads of Asterisk. Also how long a Hangup may follow a list of channels that lacks the channel.
pub const GRACE: Duration = Duration::from_secs(3);
/// How long the first sign of a channel may follow an OriginateResponse that says Failure: they come from different threads too,
/// and where the other side refuses at once, up to a quarter of the channels are told of after it, by up to 30 ms
/// (measured: 200 in flight, two cores that others use as well). Where nothing is told of, there was no channel
/// (captures A32, B26, B27).
pub const NO_CHANNEL_GRACE: Duration = Duration::from_secs(1);
/// How long a call of an earlier process that its Asterisk has never heard of may still show up: a process that was killed may
/// have left its Originate on the way, and the kernel drops what it could not deliver after five seconds. A session that we
/// gave up ourselves was reset: nothing of it is on the way for long.
pub const UNREACHED_GRACE: Duration = Duration::from_secs(7);

/// An agent counts as late when he came so much later than he may: events need their time, and their two ends are told by
/// different threads of Asterisk.
const LATE_BY: Duration = Duration::from_millis(250);

/// A call in flight.
#[derive(Debug)]
pub struct Call {
    /// What clients are shown.
    pub dialing: Dialing,
    /// The Asterisk that makes it.
    pub pbx: PbxId,
    /// The trunk that it takes there.
    pub(crate) trunk: TrunkId,
    /// Its line was told what it says.
    pub(crate) line_told: bool,
    /// Originate was sent at; `None` where an earlier process did so.
    pub requested: Option<Mono>,
    /// It is over at this time: one of the last two events was seen, or a list of all channels lacked it.
    pub deadline: Option<Mono>,
    /// The lead it was made for, as it was claimed.
    pub lead: Lead,
    /// Rows for the result, where asked for.
    pub snapshot: Option<Box<Snapshot>>,
    /// It is to be hung up: asked for (last) at this time.
    pub hangup_wanted: Option<Mono>,
    /// Its channel is of tech Local (see [`Call::hangup_target`]).
    pub local: bool,
    /// The queue whose agents are counted for it.
    pub queue: Option<String>,
    /// The answer goes to a queue.
    pub for_queue: bool,
    /// The answer goes through machine detection.
    pub detects: bool,
    /// How long its person may wait for an agent; `None`: any wait without an agent is too long.
    pub patience: Option<Patience>,
    /// What it has added to the budget of abandoned calls.
    pub tally: Option<Tally>,
    /// Which results of detection may pass, as bits of [`crate::model::AmdMode`]; 0 without detection.
    pub amd_passing: u8,
    pub(crate) seen: Seen,
}

/// How long a person may wait for an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// So long.
    pub wait: Duration,
    /// From when.
    pub from: AbandonFrom,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) channel: bool,
    pub(crate) answered: bool,
    pub(crate) handed_on: bool,
    pub(crate) half_named: bool,
    /// Asterisk said something about it at this time (last).
    pub(crate) heard_at: Option<Mono>,
    /// A list of channels lacked it ...
    pub(crate) lost: bool,
    /// ... and its Asterisk has never heard of it.
    pub(crate) unreached: bool,
    pub(crate) originated: Option<(bool, u16)>,
    pub(crate) dial_status: Option<String>,
    pub(crate) cause: Option<u16>,
    pub(crate) refused: Option<String>,
    pub(crate) offered: bool,
    pub(crate) connected: bool,
    pub(crate) left_queue: bool,
    pub(crate) gave_up: bool,
    /// It was answered; `None` also where that was not heard.
    pub(crate) answered_at: Option<Mono>,
    /// Detection was through with it.
    pub(crate) judged_at: Option<Mono>,
    pub(crate) connected_at: Option<Mono>,
    /// It left the queue, or was gone.
    pub(crate) left_at: Option<Mono>,
    /// The first of its two last events came.
    pub(crate) ended_at: Option<Mono>,
    pub(crate) no_agent: bool,
    /// It left by itself early, as an earlier process has seen.
    pub(crate) left_early: bool,
    /// The channel that it talks to, where only a list of channels told that it does.
    pub(crate) partner: Option<String>,
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
    /// It left its queue without an agent; it may hear the message for such cases.
    Left,
}

impl Call {
    /// A call that is about to be made.
    pub fn new(dialing: Dialing, pbx: PbxId, lead: Lead, requested: Option<Mono>) -> Self {
        Self {
            dialing,
            pbx,
            trunk: TrunkId(0),
            line_told: false,
            requested,
            deadline: None,
            lead,
            snapshot: None,
            hangup_wanted: None,
            local: false,
            queue: None,
            for_queue: false,
            detects: false,
            patience: None,
            tally: None,
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
        } else if self.seen.left_queue || self.seen.gave_up {
            Stage::Left
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

    /// What to name in a Hangup. Of a Local channel it is first the other half: a Hangup of the half that waits in the queue
    /// suppresses AgentComplete and leaves the agent in use for ever (captures A12b, A12c). That half may be gone already,
    /// so from then on the channel itself is named.
    pub fn hangup_target(&mut self) -> String {
        let uuid = self.uuid();
        if !self.local || self.seen.half_named {
            return uuid.to_string();
        }
        self.seen.half_named = self.seen.channel;
        format!("{uuid};2")
    }

    /// Takes an event in.
    pub fn on(&mut self, event: CallEvent, now: Now) -> Effect {
        self.found_again();
        self.seen.heard_at = Some(now.mono);
        let changed = self.take(event, now);
        if self.is_over(now) {
            return Effect::Over;
        }
        self.changed(changed, now)
    }

    fn changed(&mut self, changed: bool, now: Now) -> Effect {
        if !changed {
            return Effect::None;
        }
        self.dialing.progress.updated = Some(now.wall);
        Effect::Changed
    }

    /// It shows a sign of life after a list of channels lacked it.
    fn found_again(&mut self) {
        if std::mem::take(&mut self.seen.lost) {
            self.deadline = None;
        }
        self.seen.unreached = false;
    }

    /// A call is over when its OriginateResponse and its Hangup are there; when it was refused; or when the second of the
    /// two is overdue: a call that failed may have had no channel.
    fn is_over(&self, now: Now) -> bool {
        if self.seen.refused.is_some()
            || self.seen.no_agent
            || self.deadline.is_some_and(|deadline| deadline <= now.mono)
        {
            return true;
        }
        self.seen.originated.is_some() && self.seen.cause.is_some()
    }

    /// It failed, and no channel of it was told of so far.
    pub(crate) fn has_failed_unseen(&self) -> bool {
        self.seen.originated.is_some_and(|(success, _)| !success) && !self.seen.channel
    }

    /// Nothing was heard of it since it was asked for, or since the start where an earlier process asked.
    pub(crate) fn is_unheard(&self) -> bool {
        !self.seen.channel && !self.seen.answered
    }

    /// Compares with a list of all channels that was asked for at `asked`, by a session that is up `since`; `unreached`: Asterisk
    /// says that it has never heard of the call.
    pub(crate) fn compare(
        &mut self,
        up: Option<&ChannelUp>,
        (since, asked): (Mono, Mono),
        unreached: bool,
        now: Now,
    ) -> Effect {
        let Some(channel) = up else {
            // What was asked of Asterisk only just now may not have a channel yet, and what was heard since the list was asked for is
            // younger than it; but what an earlier session has not delivered it never will.
            let fresh =
                self.requested.is_some_and(|asked_for| asked_for >= since && asked_for.after(GRACE) > asked)
                    || self.seen.heard_at.is_some_and(|heard| heard >= asked);
            let fresh = fresh && !is_broken(Rule::YoungCallMissed);
            if !fresh && self.deadline.is_none() {
                self.seen.lost = true;
                let unreached = unreached && self.is_unheard() && !is_broken(Rule::UnreachedCounts);
                self.seen.unreached = unreached || is_broken(Rule::GoneIsUnreached);
                let of_another = self.seen.unreached && self.requested.is_none();
                let grace = match of_another {
                    true if is_broken(Rule::NoGraceForUnreached) => Duration::ZERO,
                    true => UNREACHED_GRACE,
                    false => GRACE,
                };
                self.deadline = Some(now.mono.after(grace));
            }
            return Effect::None;
        };
        self.found_again();
        let changed = self.found(channel, now);
        self.changed(changed, now)
    }

    fn observed(&self) -> Observed<'_> {
        let amd = self.dialing.progress.res_amd.as_deref();
        let bit = amd.map_or(0, amd_bit);
        Observed {
            originated: self.seen.originated,
            handed_on: self.seen.handed_on,
            dial_status: self.seen.dial_status.as_deref(),
            cause: self.seen.cause,
            refused: self.seen.refused.as_deref(),
            stopped_by_amd: self.detects && bit != 0 && self.amd_passing & bit == 0,
            for_queue: self.for_queue,
            hung_up_in_amd: self.detects
                && !(self.seen.left_queue || self.seen.gave_up)
                && matches!(amd, None | Some("HANGUP")),
            connected: self.seen.connected,
            left: self.seen.left_queue || self.seen.gave_up,
            late: self.seen.connected_at.is_some() && self.outwaited(LATE_BY) == Some(true),
            left_early: self.has_left_early(),
            no_agent: self.seen.no_agent,
        }
    }

    /// The person left before an agent had to be there.
    pub(crate) fn has_left_early(&self) -> bool {
        self.seen.left_early || self.left_by_himself() && self.outwaited(Duration::ZERO) == Some(false)
    }

    /// He was seen in the queue, and neither the queue nor we have ended his wait.
    fn left_by_himself(&self) -> bool {
        let in_queue = self.dialing.progress.queue.is_some();
        in_queue && self.seen.left_at.is_some() && !self.seen.gave_up && self.hangup_wanted.is_none()
    }

    /// Whether the wait for an agent, to its end, was longer than it may be (by more than `by`); `None` where its beginning or
    /// its end was not heard, or it may last.
    fn outwaited(&self, by: Duration) -> Option<bool> {
        let patience = self.patience?;
        let began = match patience.from {
            AbandonFrom::Greeting if self.detects => self.seen.judged_at,
            AbandonFrom::Greeting | AbandonFrom::Answer => self.seen.answered_at,
        };
        let ended = self.seen.connected_at.or(self.seen.left_at)?;
        let waited = ended.since(began?);
        Some(if by.is_zero() { waited >= patience.wait } else { waited > patience.wait + by })
    }

    /// What it adds to its budget, as it stands.
    pub(crate) fn counts(&self) -> Counts {
        outcome::counts(&self.observed())
    }

    pub(crate) fn verdict(&self) -> outcome::Verdict {
        outcome::judge(&self.observed())
    }

    /// Its one result. The lead may be tried again `retry_delay_ms` from now.
    pub fn end(mut self, retry_delay_ms: u64, now: Now) -> (Ended, Lead) {
        let mut verdict = self.verdict();
        verdict.counts &= verdict.done || !is_broken(Rule::TriesNotCounted);
        let progress = &mut self.dialing.progress;
        progress.res_dial = verdict.res_dial;
        if progress.res_dial_detail.is_none() {
            let text = outcome::detail(&verdict);
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
            tally: self.tally,
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
