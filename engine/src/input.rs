//! The engine's two doors: what comes in, what goes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::dialing::{ClaimRequest, Claimed, Record, Setup};
use crate::model::{Change, Plan};
use crate::notify::Notify;
use crate::time::Mono;
use crate::value::Interface;

/// Which Asterisk, by its place in the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PbxId(pub usize);

/// What comes in.
#[derive(Debug, Clone)]
pub enum Input {
    /// A change of the catalog was committed. A campaign row with another status is a request for it
    /// ([`crate::catalog::Catalog::requested_status`]).
    Changed(Change),
    /// The answer to [`Output::NeedLeads`]; `None` when the store could not claim.
    Leads {
        /// The number of the request.
        request: u64,
        /// What was claimed.
        claimed: Option<Claimed>,
    },
    /// Leads of this list were added or changed.
    LeadsChanged {
        /// The list.
        dial_list: Uuid,
    },
    /// Leads are being imported into this list, or are no longer.
    ListImport {
        /// The list.
        dial_list: Uuid,
        /// What that means for campaigns; `None` where it is over.
        import: Option<ListImport>,
    },
    /// An Asterisk said something.
    Pbx(PbxId, PbxInput),
    /// Somebody wants this dialing to end. One that is ended already, or is being ended, stays as it is.
    HangUp {
        /// The dialing.
        dialing: Uuid,
    },
    /// No new calls from now on; those that are up stay up.
    ShutDown,
    /// An agent takes the lead that he is offered ([`crate::Engine::may_answer`] says whether he can).
    PreviewAccept {
        /// The offer, by the dialing that it becomes.
        dialing: Uuid,
    },
    /// An agent does not take it.
    PreviewRefuse {
        /// The offer.
        dialing: Uuid,
        /// When the lead may be had again, in milliseconds from now; the plan's retry delay where nothing is said.
        delay_ms: Option<u64>,
    },
    /// The answer to [`Output::AcceptLead`].
    PreviewAccepted {
        /// The offer.
        dialing: Uuid,
        /// The store has written that it is a dialing now.
        committed: bool,
    },
}

/// What an import means for campaigns that work through its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListImport {
    /// They call its leads as they come in, and do not end while more may come.
    Growing,
    /// They call nobody of the list until the import is over.
    Held,
}

/// What an Asterisk says.
#[derive(Debug, Clone)]
pub enum PbxInput {
    /// Logged in and fully booted. Snapshots of channels and queues follow.
    Up,
    /// The connection is gone.
    Down,
    /// Something happened to one of our calls.
    Call(Uuid, CallEvent),
    /// Something happened to a queue or its members.
    Queue(QueueEvent),
    /// All queues with their members: the answer to QueueStatus.
    Queues(Vec<QueueState>),
    /// All channels that carry a uuid: the answer to [`Output::ListChannels`].
    Channels {
        /// When they were asked for.
        asked: Mono,
        /// What is up, by the channel's Uniqueid.
        up: BTreeMap<Uuid, ChannelUp>,
        /// Of the calls of which nothing was heard, those that have never reached this Asterisk, as it says itself. One that
        /// was restarted, or may not be asked, does not know: then none.
        unreached: BTreeSet<Uuid>,
    },
}

/// A channel in a list of channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelUp {
    /// Its name.
    pub name: String,
    /// It was answered.
    pub answered: bool,
    /// It is in a bridge: it talks to somebody.
    pub bridged: bool,
    /// The queue that it is in, waiting or talking.
    pub queue: Option<String>,
    /// The name of another channel in its bridge.
    pub partner: Option<String>,
}

/// What happened to a call. Source of the meanings: transcripts of Asterisk 22.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEvent {
    /// Asterisk took the Originate.
    Accepted,
    /// Asterisk refused the Originate at once; no channel was made.
    Refused {
        /// Its words.
        message: String,
    },
    /// Newchannel.
    Channel {
        /// The channel's name.
        name: String,
    },
    /// DialBegin.
    DialBegin,
    /// DialEnd.
    DialEnd {
        /// ANSWER, BUSY, NOANSWER, CANCEL, CONGESTION, CHANUNAVAIL.
        status: String,
    },
    /// OriginateResponse.
    Originated {
        /// Response: Success.
        success: bool,
        /// Its `Reason`.
        reason: u16,
    },
    /// AMDSTATUS is known.
    Amd {
        /// HUMAN, MACHINE, NOTSURE, HANGUP.
        status: String,
    },
    /// AMDCAUSE is known.
    AmdCause {
        /// For instance `HUMAN-800-800`.
        cause: String,
    },
    /// It waits in a queue.
    QueueJoined {
        /// The queue.
        queue: String,
    },
    /// It left the queue without an agent: the caller hung up, or the queue's time was over.
    QueueAbandoned,
    /// The queue has given it up, or never took it: its time was over, nobody is logged in, there is no such queue.
    QueueGaveUp {
        /// QUEUESTATUS: TIMEOUT, JOINEMPTY, FULL ...; empty for an unknown queue.
        status: String,
    },
    /// An agent's phone rings for it.
    AgentCalled,
    /// That agent did not answer.
    AgentNoAnswer,
    /// An agent took it.
    AgentConnected {
        /// The queue.
        queue: String,
        /// The member's name.
        agent: String,
    },
    /// Preview: the party that was called first is in a bridge with the other one.
    Bridged,
    /// Preview: there is no agent for it, and the customer is not called. Asterisk never says this.
    NoAgent {
        /// Why, in words.
        message: String,
    },
    /// The channel is gone.
    Hangup {
        /// Q.850 cause, 0 where Asterisk names none.
        cause: u16,
        /// Its text.
        text: String,
    },
}

/// What happened to a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueEvent {
    /// A member is there, in this state: QueueMemberAdded, QueueMemberStatus, QueueMemberPause.
    Member {
        /// The queue.
        queue: String,
        /// The member.
        member: Member,
    },
    /// A member is gone.
    MemberGone {
        /// The queue.
        queue: String,
        /// The member's interface.
        interface: String,
    },
    /// A member is connected with a caller, whoever that is: AgentConnect.
    MemberConnected {
        /// The queue.
        queue: String,
        /// The member's interface.
        interface: String,
    },
    /// A caller, whoever that is, waits from now on: QueueCallerJoin.
    CallerJoined {
        /// The queue.
        queue: String,
        /// The Uniqueid of his channel.
        caller: String,
    },
    /// A caller waits no more, whatever became of him: QueueCallerLeave.
    CallerLeft {
        /// The queue.
        queue: String,
        /// The Uniqueid of his channel.
        caller: String,
    },
}

/// A queue member's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it is: the interface (`PJSIP/agent1`).
    pub interface: String,
    /// Name for people.
    pub name: String,
    /// Asterisk's device state: 1 not in use, 2 in use, 3 busy, 4 invalid, 5 unavailable, 6 ringing, 8 on hold.
    pub status: u8,
    /// Paused.
    pub paused: bool,
    /// Asterisk counts it as being in a call of a queue.
    pub in_call: bool,
    /// When its last call ended, in seconds since 1970; 0 for never.
    pub last_call_s: i64,
    /// Wrap-up time of this member in seconds, where he has one of his own (`Wrapuptime`); else 0, and his queue's counts.
    pub wrapup_s: u32,
}

/// A queue in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueState {
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<Member>,
    /// The Uniqueids of the callers who wait in it, ours included.
    pub callers: Vec<String>,
    /// `wrapuptime` in queues.conf, in seconds; 0 where that cannot be read.
    pub wrapup_s: u32,
    /// `shared_lastcall` in the `[general]` section of queues.conf (off unless set): the wrap-up after a call of one queue
    /// counts in all queues of an agent.
    pub shared_last_call: bool,
}

/// The call of an agent who has accepted a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCall {
    /// The id of his channel, also the Originate's ActionID.
    pub channel: Uuid,
    /// Where he is called.
    pub interface: Interface,
    /// The customer's channel, to which he is bridged when he answers; `None` where he waits for the customer in
    /// [`crate::preview::HOLDING`].
    pub bridge_to: Option<Uuid>,
    /// The customer's call: its number and name are what he sees, its variables what his call carries.
    pub customer: Arc<Setup>,
}

/// What goes out. The caller carries each out, in this order.
#[derive(Debug, Clone)]
pub enum Output {
    /// Claim leads; the answer is [`Input::Leads`].
    NeedLeads {
        /// The number of the request.
        request: u64,
        /// Which leads.
        claim: ClaimRequest,
    },
    /// Bring leads back that were put aside, because the limits of this list have changed; no answer.
    ReviveLeads {
        /// The list.
        dial_list: Uuid,
        /// The widest limits now.
        widest_tries: [u32; crate::model::NUMBERS],
    },
    /// Make a call.
    Originate {
        /// On this Asterisk.
        pbx: PbxId,
        /// All about it.
        setup: Arc<Setup>,
        /// The plan whose dialplan the answer needs.
        plan: Arc<Plan>,
    },
    /// Preview: write that an offered lead is being dialed; the answer is [`Input::PreviewAccepted`].
    AcceptLead {
        /// Its dialing.
        dialing: Uuid,
    },
    /// Preview: call an agent.
    OriginateAgent {
        /// On this Asterisk.
        pbx: PbxId,
        /// Whom, and what for.
        call: Box<AgentCall>,
        /// The plan of the dialing.
        plan: Arc<Plan>,
    },
    /// Hang a call up.
    Hangup {
        /// On this Asterisk.
        pbx: PbxId,
        /// The channel's id or name.
        channel: String,
        /// Q.850 cause to give.
        cause: u16,
    },
    /// List all channels; the answer is [`PbxInput::Channels`].
    ListChannels {
        /// On this Asterisk.
        pbx: PbxId,
        /// Calls of which nothing was heard, with the serials of their claims: have they reached it?
        unheard: Vec<(Uuid, u64)>,
    },
    /// Write the dialplan of this plan where it has changed or is missing.
    WriteDialplan {
        /// The plan.
        plan: Arc<Plan>,
    },
    /// Take the dialplan of this plan away.
    RemoveDialplan {
        /// The plan.
        plan: Uuid,
    },
    /// Write down.
    Record(Record),
    /// Tell everybody.
    Notify(Notify),
    /// A channel of ours belongs to no dialing any more: for the log. One that talks to nobody is hung up.
    Orphan {
        /// On this Asterisk.
        pbx: PbxId,
        /// The channel's id: that of a dialing that has ended.
        channel: Uuid,
        /// The channel's name.
        name: String,
        /// It is in a bridge, and so left alone.
        bridged: bool,
    },
    /// What a comparison has found, after an Asterisk came back or this process was started: for the log.
    Compared {
        /// The Asterisk.
        pbx: PbxId,
        /// Calls that are up there.
        up: usize,
        /// Calls that are not there any more.
        gone: usize,
        /// Calls that it has never heard of.
        unreached: usize,
    },
    /// A campaign's reason for not placing (more) calls has changed: for the log.
    Limited {
        /// The campaign.
        campaign: Uuid,
        /// The reason.
        limit: crate::pacing::Limit,
    },
}
