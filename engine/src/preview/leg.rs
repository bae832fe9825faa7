//! The agent's side of a dialing as data: how far it is, what it waits for, and the words for its failures.

use std::sync::Arc;

use uuid::Uuid;

use super::{HOLDING, agent_channel};
use crate::dialing::{DialRoute, Setup};
use crate::input::PbxId;
use crate::model::Plan;
use crate::placing::CONTEXT;
use crate::time::Mono;
use crate::value::Interface;

/// The agent's side of a dialing. It is kept until the dialing has ended and his channel is gone.
#[derive(Debug)]
pub(crate) struct Leg {
    pub(super) pbx: PbxId,
    pub(super) queue: String,
    pub(super) agent: String,
    /// None where an earlier process called him: his channel alone is known.
    pub(super) interface: Option<Interface>,
    pub(super) customer_first: bool,
    pub(super) plan: Arc<Plan>,
    pub(super) setup: Arc<Setup>,
    /// Whose Originate is to be sent as soon as the rate allows.
    pub(super) due: Option<Party>,
    pub(super) phone: Phone,
    /// The agent's Originate was sent at.
    pub(super) asked: Option<Mono>,
    /// The customer's Originate was sent: his phone may ring.
    pub(super) customer_called: bool,
    /// The dialing has ended.
    pub(super) over: bool,
    /// The two were connected.
    pub(super) talked: bool,
    /// The agent's channel is to be hung up: asked for (last) at this time.
    pub(super) hangup_wanted: Option<Mono>,
    /// The agent is gone: if the customer is still there then, he is hung up.
    pub(super) end_customer_at: Option<Mono>,
}

/// The two sides of a preview call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Party {
    Agent,
    Customer,
}

/// How far the agent's phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phone {
    /// Nothing was asked of Asterisk.
    Idle,
    /// The Originate is sent.
    Asked,
    /// He has answered.
    Up,
    /// It is over.
    Gone,
}

impl Leg {
    pub(crate) fn pbx(&self) -> PbxId {
        self.pbx
    }

    /// True where its dialing has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whom its agent is, where that is known.
    pub(super) fn agent_key(&self) -> Option<(PbxId, String)> {
        self.interface.as_ref().map(|interface| (self.pbx, interface.as_str().to_owned()))
    }
}

/// Where the customer goes when he answers: to the agent who waits, or to where he waits for the agent.
pub(super) fn route(dialing: Uuid, customer_first: bool) -> DialRoute {
    if customer_first {
        return DialRoute::Exten { exten: HOLDING.to_string(), context: CONTEXT.to_owned(), priority: 1 };
    }
    DialRoute::Application {
        application: "Bridge".to_owned(),
        data: Some(bridge_data(agent_channel(dialing))),
    }
}

/// The data of Asterisk's Bridge: the other channel, which is hung up with this one.
pub fn bridge_data(channel: Uuid) -> String {
    format!("{channel},x")
}

/// What the Q.850 cause of a phone that did not answer says of it.
pub(super) fn phone_cause(cause: u16) -> &'static str {
    phone_failure(match cause {
        17 => 5,
        18 | 19 => 3,
        _ => 0,
    })
}

/// What a failed Originate says of the agent's phone, by its Reason.
pub(super) fn phone_failure(reason: u16) -> &'static str {
    match reason {
        3 => "The agent did not answer",
        5 => "The agent's phone is busy",
        _ => "The agent's phone cannot be reached",
    }
}
