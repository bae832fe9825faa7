//! The rows that users make: plans, dial lists, leads, destinations, campaigns.
//!
//! Field names are the field's words; the contract's AMI names are given in the docs where they differ.

use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::time::Wall;
use crate::value::{CallerId, Name, Number, Tech, Text, VariableName};

/// How many numbers a lead may have.
pub const NUMBERS: usize = 8;
/// The retry delay where a plan says nothing else, in milliseconds.
pub const RETRY_DELAY_MS: u64 = 50_000;

/// A channel variable that a call is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: VariableName,
    /// Its value.
    pub value: String,
}

/// When a row was made, changed and (softly) deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Stamps {
    /// Made at.
    pub created: Wall,
    /// Last changed at.
    pub updated: Option<Wall>,
    /// Deleted at: the row is kept, but neither shown nor usable.
    pub deleted: Option<Wall>,
}

/// How a plan paces its calls (contract: `DialMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DialMode {
    /// 0: the campaign cannot start.
    #[default]
    None,
    /// 1: calls ahead of the agents who become free.
    Predictive,
    /// 2: an agent is offered the customer first.
    Desktop,
    /// 3: a fixed number of calls for each available agent.
    Power,
    /// 4: no agents; bounded by channels and call rate.
    Robo,
    /// 5: answered calls go to a dialplan destination, whatever queue there is.
    Redirect,
    /// 6: one call for each idle agent.
    Progressive,
}

/// What a plan does with an answer (contract: `AnswerHandle`); acts only with machine detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerHandle {
    /// 0: every answer passes.
    #[default]
    All,
    /// 1: only what was surely a person passes.
    HumanOnly,
    /// 2: a person, or not sure.
    HumanPossible,
}

/// Answer machine detection (contract: `AmdMode`): a bit mask of what may pass; 0 means that nothing is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct AmdMode(u8);

/// What happens when no lead of the list can be dialed any more (contract: `DlEndHandle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListEnd {
    /// 0: the campaign stays in status 1 and waits for leads.
    KeepRunning,
    /// 1: the campaign stops.
    Stop,
}

/// How calls are made (contract: `OutPlan*`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Identity; also the extension of its dialplan.
    pub uuid: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// Pacing.
    pub dial_mode: DialMode,
    /// How long a callee may ring, in milliseconds.
    pub dial_timeout_ms: u32,
    /// What the callee sees.
    pub caller_id: Option<CallerId>,
    /// Which answers pass.
    pub answer_handle: AnswerHandle,
    /// What happens at the end of the list (contract: `DlEndHandle`).
    pub list_end: ListEnd,
    /// At least this long between two tries of one lead, in milliseconds.
    pub retry_delay_ms: u64,
    /// The trunk; with tech `Local`, a dialplan context.
    pub trunk_name: Option<Name>,
    /// The channel technology; `PJSIP` where none is set.
    pub tech_name: Option<Tech>,
    /// The queue whose agents take the calls.
    pub queue_name: Option<Name>,
    /// Answer machine detection.
    pub amd_mode: AmdMode,
    /// Calls allowed over the number of available agents (predictive).
    pub service_level: i32,
    /// How often each of the eight numbers may be tried (contract: `MaxRetryCnt1..8`).
    pub max_tries: [u32; NUMBERS],
    /// SIP header that carries the lead's `udata`.
    pub uui_field: Option<Name>,
    /// Channel variables of each call.
    pub variables: Vec<Variable>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// A dial list (contract: dlma); its leads are kept by the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DialList {
    /// Identity.
    pub uuid: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// Channel variables of each call to its leads.
    pub variables: Vec<Variable>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// Where an answered call goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Type 0: a place in the dialplan.
    Exten {
        /// Extension.
        exten: Name,
        /// Context.
        context: Name,
        /// Priority, from 1.
        priority: u32,
    },
    /// Type 1: a dialplan application.
    Application {
        /// Its name.
        application: Name,
        /// Its arguments.
        data: Option<Text>,
    },
}

/// A place for answered calls (contract: `OutDestination*`). Its fields may be set one by one, so it may be unusable for
/// a while: [`Destination::route`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Identity.
    pub uuid: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// 0 = extension, 1 = application.
    pub kind: DestinationKind,
    /// Type 0: extension.
    pub exten: Option<Name>,
    /// Type 0: context.
    pub context: Option<Name>,
    /// Type 0: priority, 1 where none is set.
    pub priority: Option<u32>,
    /// Type 1: application.
    pub application: Option<Name>,
    /// Type 1: its arguments.
    pub data: Option<Text>,
    /// Channel variables of each call.
    pub variables: Vec<Variable>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// The contract's destination types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// 0.
    #[default]
    Exten,
    /// 1.
    Application,
}

/// Campaign status, with the contract's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignStatus {
    /// 0.
    #[default]
    Stop,
    /// 1.
    Start,
    /// 2.
    Pause,
    /// 10: no new calls; 0 when the last has ended.
    Stopping,
    /// 11.
    Starting,
    /// 12: no new calls; 2 when the last has ended.
    Pausing,
    /// 30: every channel is hung up; then 0.
    ForceStopping,
}

/// When a campaign may call (contract: `Sc*`). Kept and shown as given; times are checked at the edge.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Schedule {
    /// ScMode 1: the schedule is in force.
    pub enabled: bool,
    /// `hh:mm:ss`.
    pub time_start: Option<Text>,
    /// `hh:mm:ss`.
    pub time_end: Option<Text>,
    /// `YYYY-MM-DD`.
    pub date_start: Option<Text>,
    /// `YYYY-MM-DD`.
    pub date_end: Option<Text>,
    /// Comma-separated dates.
    pub date_list: Option<Text>,
    /// Comma-separated dates.
    pub date_list_except: Option<Text>,
    /// Comma-separated days, 0 = Sunday.
    pub day_list: Option<Text>,
}

/// A campaign: a plan that works through a dial list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Campaign {
    /// Identity.
    pub uuid: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Its plan.
    pub plan: Option<Uuid>,
    /// Its dial list (contract: `Dlma`).
    pub dial_list: Option<Uuid>,
    /// Where answered calls go instead of the plan's queue (contract: `Dest`).
    pub destination: Option<Uuid>,
    /// Started when this one has ended its list.
    pub next_campaign: Option<Uuid>,
    /// When it may call.
    pub schedule: Schedule,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// Whether a lead is free, with the contract's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// 0.
    #[default]
    Idle,
    /// 1.
    Dialing,
    /// 2: reserved for a preview.
    Reserved,
}

/// A customer with up to eight numbers (contract: dl list entry).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lead {
    /// Identity.
    pub uuid: Uuid,
    /// Its dial list (contract: `DlmaUuid`).
    pub dial_list: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// Free or being dialed.
    pub status: LeadStatus,
    /// The user's own key.
    pub ukey: Option<Text>,
    /// The user's own data.
    pub udata: Option<Text>,
    /// The call attempt that holds it, and its campaign and plan.
    pub claim: Option<LeadClaim>,
    /// Its numbers, by index 1..8 less one.
    pub numbers: [Option<Number>; NUMBERS],
    /// E-mail address.
    pub email: Option<Text>,
    /// Tries so far of each number.
    pub tries: [u32; NUMBERS],
    /// The last `ResDial`.
    pub res_dial: u16,
    /// Its words.
    pub res_dial_detail: Option<Text>,
    /// The last `ResHangup`.
    pub res_hangup: u16,
    /// Its words.
    pub res_hangup_detail: Option<Text>,
    /// Channel variables of its calls.
    pub variables: Vec<Variable>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// Which call attempt holds a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeadClaim {
    /// The dialing.
    pub dialing: Uuid,
    /// Its campaign.
    pub campaign: Uuid,
    /// Its plan.
    pub plan: Uuid,
}

/// A committed change of the catalog: everything but leads and dialings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A plan is new.
    PlanCreated(Arc<Plan>),
    /// A plan has changed.
    PlanUpdated(Arc<Plan>),
    /// A plan is gone; the row is as it was, with `stamps.deleted` set.
    PlanDeleted(Arc<Plan>),
    /// A dial list is new.
    DialListCreated(Arc<DialList>),
    /// A dial list has changed.
    DialListUpdated(Arc<DialList>),
    /// A dial list is gone.
    DialListDeleted(Arc<DialList>),
    /// A destination is new.
    DestinationCreated(Arc<Destination>),
    /// A destination has changed.
    DestinationUpdated(Arc<Destination>),
    /// A destination is gone.
    DestinationDeleted(Arc<Destination>),
    /// A campaign is new.
    CampaignCreated(Arc<Campaign>),
    /// A campaign has changed.
    CampaignUpdated(Arc<Campaign>),
    /// A campaign is gone.
    CampaignDeleted(Arc<Campaign>),
}

macro_rules! codes {
    ($type:ident: $($variant:ident = $code:literal),+ $(,)?) => {
        impl $type {
            /// The contract's number.
            pub fn code(self) -> u8 {
                match self { $(Self::$variant => $code),+ }
            }

            /// From the contract's number.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes!(DialMode: None = 0, Predictive = 1, Desktop = 2, Power = 3, Robo = 4, Redirect = 5, Progressive = 6);
codes!(AnswerHandle: All = 0, HumanOnly = 1, HumanPossible = 2);
codes!(ListEnd: KeepRunning = 0, Stop = 1);
codes!(DestinationKind: Exten = 0, Application = 1);
codes!(LeadStatus: Idle = 0, Dialing = 1, Reserved = 2);
codes!(CampaignStatus: Stop = 0, Start = 1, Pause = 2, Stopping = 10, Starting = 11, Pausing = 12, ForceStopping = 30);

impl AmdMode {
    /// Bit of HUMAN.
    pub const HUMAN: u8 = 1;
    /// Bit of MACHINE.
    pub const MACHINE: u8 = 2;
    /// Bit of NOTSURE.
    pub const NOTSURE: u8 = 4;

    /// From the contract's number, 0 to 7.
    pub fn from_code(code: u8) -> Option<Self> {
        (code <= 7).then_some(Self(code))
    }

    /// The contract's number.
    pub fn code(self) -> u8 {
        self.0
    }

    /// True where calls go through detection.
    pub fn detects(self) -> bool {
        self.0 != 0
    }

    /// Which results may pass, as bits, when the plan also has an answer handle.
    pub fn passing(self, answers: AnswerHandle) -> u8 {
        self.0
            & match answers {
                AnswerHandle::All => Self::HUMAN | Self::MACHINE | Self::NOTSURE,
                AnswerHandle::HumanOnly => Self::HUMAN,
                AnswerHandle::HumanPossible => Self::HUMAN | Self::NOTSURE,
            }
    }
}

impl Plan {
    /// A plan with the contract's defaults.
    pub fn new(uuid: Uuid, created: Wall) -> Self {
        Self {
            uuid,
            name: None,
            detail: None,
            dial_mode: DialMode::None,
            dial_timeout_ms: 30_000,
            caller_id: None,
            answer_handle: AnswerHandle::All,
            list_end: ListEnd::Stop,
            retry_delay_ms: RETRY_DELAY_MS,
            trunk_name: None,
            tech_name: None,
            queue_name: None,
            amd_mode: AmdMode::default(),
            service_level: 0,
            max_tries: [5; NUMBERS],
            uui_field: None,
            variables: Vec::new(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }
}

impl DialList {
    /// An empty dial list.
    pub fn new(uuid: Uuid, created: Wall) -> Self {
        let stamps = Stamps { created, ..Stamps::default() };
        Self { uuid, name: None, detail: None, variables: Vec::new(), stamps }
    }
}

impl Destination {
    /// A destination without a place.
    pub fn new(uuid: Uuid, created: Wall) -> Self {
        Self {
            uuid,
            name: None,
            detail: None,
            kind: DestinationKind::Exten,
            exten: None,
            context: None,
            priority: None,
            application: None,
            data: None,
            variables: Vec::new(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }

    /// Where calls go, once the fields that its type needs are set.
    pub fn route(&self) -> Option<Route> {
        match self.kind {
            DestinationKind::Exten => Some(Route::Exten {
                exten: self.exten.clone()?,
                context: self.context.clone()?,
                priority: self.priority.unwrap_or(1),
            }),
            DestinationKind::Application => {
                Some(Route::Application { application: self.application.clone()?, data: self.data.clone() })
            }
        }
    }
}

impl Campaign {
    /// A campaign in status 0.
    pub fn new(uuid: Uuid, created: Wall) -> Self {
        Self {
            uuid,
            name: None,
            detail: None,
            status: CampaignStatus::Stop,
            plan: None,
            dial_list: None,
            destination: None,
            next_campaign: None,
            schedule: Schedule::default(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }
}

impl Lead {
    /// A lead without numbers.
    pub fn new(uuid: Uuid, dial_list: Uuid, created: Wall) -> Self {
        Self {
            uuid,
            dial_list,
            name: None,
            detail: None,
            status: LeadStatus::Idle,
            ukey: None,
            udata: None,
            claim: None,
            numbers: [const { None }; NUMBERS],
            email: None,
            tries: [0; NUMBERS],
            res_dial: 0,
            res_dial_detail: None,
            res_hangup: 0,
            res_hangup_detail: None,
            variables: Vec::new(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }

    /// The number to dial next: the lowest index that is set and has tries left. The index counts from 0.
    pub fn next_number(&self, max_tries: &[u32; NUMBERS]) -> Option<usize> {
        (0..NUMBERS).find(|&i| self.numbers[i].is_some() && self.tries[i] < max_tries[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_number_with_tries_left_is_next() {
        let mut lead = Lead::new(Uuid::nil(), Uuid::nil(), Wall(0));
        let limits = [2, 1, 1, 1, 1, 1, 1, 1];
        assert_eq!(lead.next_number(&limits), None);
        lead.numbers[0] = Number::parse("1").ok();
        lead.numbers[4] = Number::parse("2").ok();
        assert_eq!(lead.next_number(&limits), Some(0));
        lead.tries[0] = 2;
        assert_eq!(lead.next_number(&limits), Some(4));
        lead.tries[4] = 1;
        assert_eq!(lead.next_number(&limits), None);
    }

    #[test]
    fn an_answer_handle_narrows_what_detection_lets_pass() {
        let amd = AmdMode::from_code(7).unwrap();
        assert_eq!(amd.passing(AnswerHandle::All), 7);
        assert_eq!(amd.passing(AnswerHandle::HumanOnly), 1);
        assert_eq!(amd.passing(AnswerHandle::HumanPossible), 5);
        assert_eq!(AmdMode::from_code(8), None);
    }
}
