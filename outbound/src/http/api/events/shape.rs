//! What each event looks like: its type, and JSON with what happened to what.

use engine::model::{Campaign, Destination, DialList, Plan, Queue};
use engine::notify::Notify;
use engine::time::Wall;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::rows;
use crate::driver::wall;
use crate::imports::Step;

/// Said first: from here on nothing is missing.
pub(super) const READY: &str = "ready";
/// Said first where some of what happened is gone.
pub(super) const RESET: &str = "reset";

/// Types that can be asked for.
pub(in crate::http::api) const TYPES: [&str; 32] = [
    "campaign.created",
    "campaign.updated",
    "campaign.status",
    "campaign.deleted",
    "plan.created",
    "plan.updated",
    "plan.deleted",
    "dial_list.created",
    "dial_list.updated",
    "dial_list.deleted",
    "destination.created",
    "destination.updated",
    "destination.deleted",
    "queue.created",
    "queue.updated",
    "queue.deleted",
    "lead.created",
    "lead.updated",
    "lead.deleted",
    "dialing.created",
    "dialing.updated",
    "dialing.ended",
    "dialing.released",
    "preview.offered",
    "preview.ended",
    Step::Created.as_str(),
    Step::Started.as_str(),
    Step::Updated.as_str(),
    Step::Ended.as_str(),
    AGENT,
    AGENT_GONE,
    ASTERISK,
];

pub(super) const AGENT: &str = "agent.changed";
pub(super) const AGENT_GONE: &str = "agent.removed";
pub(super) const ASTERISK: &str = "asterisk.changed";
/// Of these, those that nobody tells: they are looked for.
pub(super) const OBSERVED: [&str; 3] = [AGENT, AGENT_GONE, ASTERISK];

/// An event before it has an id.
pub(super) struct Shaped {
    pub(super) kind: &'static str,
    pub(super) campaign: Option<Uuid>,
    pub(super) data: String,
}

/// What a change is, and what it is about. What is gone has only its uuid; a dialing that has ended is not for here.
pub(super) fn of_change(notify: &Notify) -> (&'static str, Option<Uuid>, Value) {
    let gone = |uuid: &Uuid| json!({ "uuid": uuid });
    match notify {
        Notify::CampaignCreated(row) => ("campaign.created", Some(row.uuid), rows::row::<Campaign>(row)),
        Notify::CampaignUpdated(row) => ("campaign.updated", Some(row.uuid), rows::row::<Campaign>(row)),
        Notify::CampaignDeleted(uuid) => ("campaign.deleted", Some(*uuid), gone(uuid)),
        Notify::PlanCreated(row) => ("plan.created", None, rows::row::<Plan>(row)),
        Notify::PlanUpdated(row) => ("plan.updated", None, rows::row::<Plan>(row)),
        Notify::PlanDeleted(uuid) => ("plan.deleted", None, gone(uuid)),
        Notify::DialListCreated(row) => ("dial_list.created", None, rows::row::<DialList>(row)),
        Notify::DialListUpdated(row) => ("dial_list.updated", None, rows::row::<DialList>(row)),
        Notify::DialListDeleted(uuid) => ("dial_list.deleted", None, gone(uuid)),
        Notify::DestinationCreated(row) => ("destination.created", None, rows::row::<Destination>(row)),
        Notify::DestinationUpdated(row) => ("destination.updated", None, rows::row::<Destination>(row)),
        Notify::DestinationDeleted(uuid) => ("destination.deleted", None, gone(uuid)),
        Notify::QueueCreated(row) => ("queue.created", None, rows::row::<Queue>(row)),
        Notify::QueueUpdated(row) => ("queue.updated", None, rows::row::<Queue>(row)),
        Notify::QueueDeleted(uuid) => ("queue.deleted", None, gone(uuid)),
        Notify::LeadCreated(row) => ("lead.created", None, rows::lead(row)),
        Notify::LeadUpdated(row) => ("lead.updated", None, rows::lead(row)),
        Notify::LeadDeleted(uuid) => ("lead.deleted", None, gone(uuid)),
        Notify::DialingCreated(row) => ("dialing.created", Some(row.setup.campaign), rows::dialing(row)),
        Notify::DialingUpdated(row) => ("dialing.updated", Some(row.setup.campaign), rows::dialing(row)),
        Notify::DialingDeleted(uuid) => ("dialing.released", None, gone(uuid)),
        Notify::PreviewOffered(offer) => ("preview.offered", Some(offer.campaign), rows::preview(offer)),
        Notify::PreviewEnded { dialing, end } => {
            ("preview.ended", None, json!({ "uuid": dialing, "end": end.to_string() }))
        }
    }
}

/// The event: type, time, campaign, and what it is about; with the result, as JSON, of a dialing that has ended.
pub(super) fn event(
    kind: &'static str,
    at: Wall,
    campaign: Option<Uuid>,
    object: &Value,
    result: Option<&str>,
) -> Shaped {
    let (time, about) = (rows::time(at), json!(campaign));
    let result = result.map(|result| format!(",\"result\":{result}")).unwrap_or_default();
    let data =
        format!("{{\"type\":\"{kind}\",\"time\":{time},\"campaign\":{about},\"object\":{object}{result}}}");
    Shaped { kind, campaign, data }
}

/// What is said first.
pub(super) fn of_stream(kind: &str) -> Value {
    let detail = match kind {
        RESET => "some of what happened since that id is not known any more: get everything anew",
        _ => "from here on nothing is missing",
    };
    json!({ "type": kind, "time": rows::time(wall()), "detail": detail })
}
