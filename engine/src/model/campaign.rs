//! Campaigns: a plan that works through a dial list.

use serde::Serialize;
use uuid::Uuid;

use super::{CampaignRules, Stamps, codes};
use crate::time::Wall;
use crate::value::Text;

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
    /// The start of the schedule's window that was handled last, until the close of that window is handled.
    #[serde(skip)]
    pub window_handled: Option<Wall>,
    /// What is set beyond the contract.
    pub rules: CampaignRules,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

codes!(CampaignStatus: Stop = 0, Start = 1, Pause = 2, Stopping = 10, Starting = 11, Pausing = 12, ForceStopping = 30);

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
            window_handled: None,
            rules: CampaignRules::default(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }
}
