//! Rows and events for tests.

use std::sync::Arc;

use engine::catalog::Catalog;
use engine::input::{CallEvent, ChannelUp, Member};
use engine::limits::TrunkLimits;
use engine::model::{Campaign, CampaignRules, Destination, DialList, DialMode, Lead, Plan, Rules};
use engine::store_id::StoreId;
use engine::time::Wall;
use engine::value::{Name, Number};
use uuid::Uuid;

/// Its dialings' uuids end in 0x5707e.
pub const STORE: StoreId = StoreId::new(0x5707e);
pub const PLAN: Uuid = Uuid::from_u128(0x91);
pub const LIST: Uuid = Uuid::from_u128(0x11);
pub const CAMPAIGN: Uuid = Uuid::from_u128(0xca);
pub const ACCEPTED: CallEvent = CallEvent::Accepted;
pub const SUCCESS: CallEvent = CallEvent::Originated { success: true, reason: 4 };

pub fn robo() -> Plan {
    Plan { dial_mode: DialMode::Robo, ..Plan::new(PLAN, Wall(0)) }
}

pub fn queue_plan(dial_mode: DialMode) -> Plan {
    Plan { dial_mode, queue_name: Name::parse("sales").ok(), ..Plan::new(PLAN, Wall(0)) }
}

pub fn campaign(uuid: Uuid) -> Campaign {
    Campaign { plan: Some(PLAN), dial_list: Some(LIST), ..Campaign::new(uuid, Wall(0)) }
}

pub fn catalog(plan: Plan) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.plans.insert(plan.uuid, Arc::new(plan));
    catalog.dial_lists.insert(LIST, Arc::new(DialList::new(LIST, Wall(0))));
    catalog.campaigns.insert(CAMPAIGN, Arc::new(campaign(CAMPAIGN)));
    catalog
}

pub fn lead(n: u128, numbers: &[&str]) -> Lead {
    let mut lead = Lead::new(Uuid::from_u128(0x1ead << 64 | n), LIST, Wall(0));
    for (place, number) in lead.numbers.iter_mut().zip(numbers) {
        *place = Number::parse(number).ok();
    }
    lead
}

pub fn channel() -> CallEvent {
    CallEvent::Channel { name: "PJSIP/trunk-1".into() }
}

pub fn dial_end(status: &str) -> CallEvent {
    CallEvent::DialEnd { status: status.into() }
}

pub fn failure(reason: u16) -> CallEvent {
    CallEvent::Originated { success: false, reason }
}

pub fn hangup(cause: u16) -> CallEvent {
    CallEvent::Hangup { cause, text: "text".into() }
}

pub fn refused(message: &str) -> CallEvent {
    CallEvent::Refused { message: message.into() }
}

pub fn joined() -> CallEvent {
    CallEvent::QueueJoined { queue: "sales".into() }
}

pub fn connected() -> CallEvent {
    CallEvent::AgentConnected { queue: "sales".into(), agent: "Ann".into() }
}

pub fn member(interface: &str, status: u8) -> Member {
    Member {
        interface: interface.into(),
        name: interface.into(),
        status,
        paused: false,
        in_call: false,
        last_call_s: 0,
        wrapup_s: 0,
    }
}

pub fn up(answered: bool, bridged: bool) -> ChannelUp {
    ChannelUp { name: "PJSIP/trunk-1".into(), answered, bridged, queue: None, partner: None }
}

pub fn destination() -> Destination {
    let mut destination = Destination::new(Uuid::from_u128(0xde), Wall(0));
    (destination.exten, destination.context) = (Name::parse("s").ok(), Name::parse("answered").ok());
    destination
}

pub fn trunk(name: &str, max_channels: Option<u32>, max_cps: Option<f64>) -> TrunkLimits {
    TrunkLimits { name: Name::parse(name).unwrap(), max_channels, max_cps }
}

pub fn rules(settings: &[(&str, &str)]) -> CampaignRules {
    let mut rules = CampaignRules::default();
    settings.iter().for_each(|(name, text)| rules.set(name, text).unwrap());
    rules
}
