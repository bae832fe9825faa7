//! Plans: how calls are made.

use serde::Serialize;
use uuid::Uuid;

use super::{NUMBERS, PlanRules, Stamps, Variable, codes};
use crate::time::Wall;
use crate::value::{CallerId, Name, Tech, Text, Trunks};

/// The retry delay where a plan says nothing else, in milliseconds.
pub const RETRY_DELAY_MS: u64 = 50_000;

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
    /// The trunk, or several that share the calls; with tech `Local`, dialplan contexts.
    pub trunk_name: Option<Trunks>,
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
    /// What is set beyond the contract.
    pub rules: PlanRules,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

codes!(DialMode: None = 0, Predictive = 1, Desktop = 2, Power = 3, Robo = 4, Redirect = 5, Progressive = 6);

codes!(AnswerHandle: All = 0, HumanOnly = 1, HumanPossible = 2);

codes!(ListEnd: KeepRunning = 0, Stop = 1);

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
            rules: PlanRules::default(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_handle_narrows_what_detection_lets_pass() {
        let amd = AmdMode::from_code(7).unwrap();
        assert_eq!(amd.passing(AnswerHandle::All), 7);
        assert_eq!(amd.passing(AnswerHandle::HumanOnly), 1);
        assert_eq!(amd.passing(AnswerHandle::HumanPossible), 5);
        assert_eq!(AmdMode::from_code(8), None);
    }
}
