//! One call attempt: what was set up, how far it has come, how it ended.
//!
//! The rules that move it are in [`crate::calls`]; what its end means is in [`crate::outcome`].

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::abandon::Tally;
use crate::model::{CampaignStatus, Lead, LeadTexts, NUMBERS, Variable};
use crate::time::Wall;
use crate::value::Name;

/// Dialing status, with the contract's codes. It never falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialingStatus {
    /// 0: the lead is claimed, nothing was asked of Asterisk yet.
    #[default]
    None,
    /// 1: Originate is on its way.
    OriginateRequested,
    /// 2: Asterisk dials.
    DialBegin,
    /// 3: there is a channel.
    ChannelCreated,
    /// 4: dialing has ended, with an answer or without.
    DialEnd,
    /// 5: Asterisk has told how the Originate ended.
    OriginateResponse,
    /// 6: the channel is gone.
    Hangup,
    /// 10: Asterisk refused the Originate.
    Error,
}

impl DialingStatus {
    /// The contract's number.
    pub fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::OriginateRequested => 1,
            Self::DialBegin => 2,
            Self::ChannelCreated => 3,
            Self::DialEnd => 4,
            Self::OriginateResponse => 5,
            Self::Hangup => 6,
            Self::Error => 10,
        }
    }
}

/// Where the answered call goes (contract: `DialType`, `DialExten` ...).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DialRoute {
    /// 0: a place in the dialplan.
    Exten {
        /// Extension.
        exten: String,
        /// Context.
        context: String,
        /// Priority, from 1.
        priority: u32,
    },
    /// 1: an application.
    Application {
        /// Its name.
        application: String,
        /// Its arguments.
        data: Option<String>,
    },
}

/// What stays the same from the first moment of a dialing to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setup {
    /// Identity; also the channel's Uniqueid and the Originate's ActionID.
    pub uuid: Uuid,
    /// The serial of its claim.
    pub serial: u64,
    /// Its campaign.
    pub campaign: Uuid,
    /// Its plan.
    pub plan: Uuid,
    /// Its dial list.
    pub dial_list: Uuid,
    /// Its destination, where the campaign has one.
    pub destination: Option<Uuid>,
    /// Its lead.
    pub lead: Uuid,
    /// What the call carries of its lead.
    pub lead_texts: LeadTexts,
    /// The Asterisk that makes the call, by its name in the config.
    pub asterisk: Arc<str>,
    /// Which of the lead's numbers, 1 to 8.
    pub index: u8,
    /// The number as the lead has it.
    pub address: String,
    /// What Asterisk dials; empty where the plan's technology cannot dial the number.
    pub channel: String,
    /// Which try of this number this is, from 1.
    pub try_count: u32,
    /// How long it may ring, in milliseconds.
    pub timeout_ms: u32,
    /// Where an answer goes.
    pub route: DialRoute,
    /// Caller id.
    pub caller_id: Option<String>,
    /// Channel variables.
    pub variables: Vec<Variable>,
    /// Claimed at.
    pub created: Wall,
}

/// How far a dialing has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The contract's status.
    pub status: DialingStatus,
    /// The channel's name.
    pub channel_name: Option<String>,
    /// The queue it waits in or was taken from.
    pub queue: Option<String>,
    /// The agent (queue member name) it talks to.
    pub agent: Option<String>,
    /// What the callee did (contract: `ResDial`).
    pub res_dial: u16,
    /// The same in words.
    pub res_dial_detail: Option<String>,
    /// AMDSTATUS.
    pub res_amd: Option<String>,
    /// AMDCAUSE.
    pub res_amd_detail: Option<String>,
    /// Q.850 cause of the hangup.
    pub res_hangup: u16,
    /// Its text.
    pub res_hangup_detail: Option<String>,
    /// Last changed at.
    pub updated: Option<Wall>,
    /// Asterisk began to dial at.
    pub dial_begin: Option<Wall>,
    /// Dialing ended at (answer or refusal).
    pub dial_end: Option<Wall>,
    /// An agent took the call at.
    pub connected: Option<Wall>,
    /// The channel was gone at.
    pub hangup: Option<Wall>,
}

/// A dialing as it can be shown: cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialing {
    /// What stays the same.
    pub setup: Arc<Setup>,
    /// How far it has come.
    pub progress: Progress,
}

/// How an attempt ended, in the field's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered, and handed on.
    Answered,
    /// Answered, taken by detection for a machine (or not surely a person) and hung up.
    Machine,
    /// Answered by a person who was to go to a queue, and no agent took the call: nobody came within the plan's
    /// seconds, or the person left after them. Who left earlier was not kept waiting: `Answered`.
    Abandoned,
    /// Busy.
    Busy,
    /// Rang, or was silent, until it was given up.
    NoAnswer,
    /// No circuit, or the carrier is overloaded.
    Congestion,
    /// Not reachable in any other way: unallocated, declined, unknown endpoint ...
    Failed,
    /// Asterisk refused the Originate before it made a channel.
    Refused,
    /// The call is over, but how it ended was never seen.
    Unknown,
    /// Preview: the agent's own phone was not answered, so the customer was never called.
    NoAgent,
}

/// Leads to claim for a campaign on one Asterisk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// The campaign.
    pub campaign: Uuid,
    /// Its plan.
    pub plan: Uuid,
    /// Its dial list.
    pub dial_list: Uuid,
    /// Its destination.
    pub destination: Option<Uuid>,
    /// The Asterisk that will be asked to call.
    pub asterisk: Arc<str>,
    /// The trunk that the calls will take; `None` under a plan without one.
    pub trunk: Option<Name>,
    /// At most so many.
    pub count: u32,
    /// They are reserved for a preview (status 2), not dialed at once.
    pub reserve: bool,
    /// The plan's limits: how often each number may be tried.
    pub max_tries: [u32; NUMBERS],
    /// The widest limits of all running campaigns on this list. A lead that has no number left under these is
    /// put aside until the limits change.
    pub widest_tries: [u32; NUMBERS],
    /// Leads whose next try is due at or before this time may be taken.
    pub due: Wall,
}

/// A lead that was claimed for a dialing: committed before anybody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The dialing's uuid, made with the claim.
    pub dialing: Uuid,
    /// A number that only grows from claim to claim, also over restarts. Its call leaves it on Asterisk, so that it can be said
    /// later whether the call has ever got there.
    pub serial: u64,
    /// The lead as it was when it was claimed (status and claim already set).
    pub lead: Lead,
    /// Which of its numbers to dial, from 0.
    pub index: usize,
}

/// The answer to a [`ClaimRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claimed {
    /// The leads, at most as many as asked for.
    pub claims: Vec<Claim>,
    /// When the first lead that now waits will be due, where fewer than asked for were found. None: no lead of the
    /// list waits for a later try under these limits.
    pub next_due: Option<Wall>,
}

/// A claim that was found in the store at the start: its dialing may still be up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenClaim {
    /// The claim.
    pub claim: Claim,
    /// Its campaign.
    pub campaign: Uuid,
    /// Its plan.
    pub plan: Uuid,
    /// Its destination.
    pub destination: Option<Uuid>,
    /// The Asterisk that was asked.
    pub asterisk: Arc<str>,
    /// The trunk that it was to take, where it is known.
    pub trunk: Option<Name>,
    /// Claimed at.
    pub created: Wall,
    /// What was written of its answer.
    pub answer: Option<Answer>,
}

/// What is known of a call that was answered: written when it is answered, when detection has judged it, when an agent takes it
/// and when it leaves its queue, so that what was heard once is not lost with the process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// How far the dialing had come.
    pub progress: Progress,
    /// It got to detection or to a queue.
    pub handed_on: bool,
    /// It left its queue without an agent.
    pub left_queue: bool,
    /// The queue gave it up, or never took it.
    pub gave_up: bool,
    /// It left by itself before an agent had to be there.
    pub left_early: bool,
    /// What it adds to the budget of abandoned calls, where that is clear already.
    pub tally: Option<Tally>,
}

/// The one result of a dialing, for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The dialing in its last state.
    pub dialing: Dialing,
    /// What it came to.
    pub outcome: Outcome,
    /// True where it counts as a try of its number.
    pub counts: bool,
    /// True where the lead is done because it was answered.
    pub done: bool,
    /// When the lead may be tried again, if it has a number left.
    pub next_try: Wall,
    /// What it adds to the budget of abandoned calls, where it was answered for a queue.
    pub tally: Option<Tally>,
    /// The rows as they were, where results are to hold them.
    pub snapshot: Option<Box<Snapshot>>,
}

/// The rows behind a call, as they were when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Campaign.
    pub camp: Arc<crate::model::Campaign>,
    /// Plan.
    pub plan: Arc<crate::model::Plan>,
    /// Dial list.
    pub dlma: Arc<crate::model::DialList>,
    /// Destination.
    pub dest: Option<Arc<crate::model::Destination>>,
    /// Lead.
    pub dl_list: Lead,
}

/// What the engine wants written down. The driver hands records to the store in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A campaign has another status.
    CampaignStatus {
        /// The campaign.
        campaign: Uuid,
        /// Its new status.
        status: CampaignStatus,
        /// Since when.
        updated: Wall,
        /// Its [`Campaign::window_handled`](crate::model::Campaign::window_handled).
        window_handled: Option<Wall>,
    },
    /// A window of a campaign's schedule was handled, and its status stays as it is.
    CampaignWindow {
        /// The campaign.
        campaign: Uuid,
        /// Its [`Campaign::window_handled`](crate::model::Campaign::window_handled).
        handled: Option<Wall>,
    },
    /// A dialing was answered, or more is known of its answer.
    Answered {
        /// The dialing.
        dialing: Uuid,
        /// Its campaign.
        campaign: Uuid,
        /// Its lead.
        lead: Uuid,
        /// All that is known of it.
        answer: Box<Answer>,
    },
    /// A dialing has ended: one result, one lead free again.
    Ended(Box<Ended>),
    /// A claim whose Originate was never sent, or has never reached Asterisk, goes back; it does not count.
    Released {
        /// The dialing that did not come to be.
        dialing: Uuid,
        /// Its lead.
        lead: Uuid,
    },
    /// A reserved lead goes back because its agent did not take it; it does not count, but has to wait.
    Returned {
        /// The dialing that did not come to be.
        dialing: Uuid,
        /// Its lead.
        lead: Uuid,
        /// When it may be had again.
        next_try: Wall,
    },
}
