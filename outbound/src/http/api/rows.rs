//! Rows as JSON: the fields of their tables, always all of them, in the field's words.

use std::collections::BTreeMap;
use std::sync::Arc;

use ami::Message;
use engine::catalog::Catalog;
use engine::dialing::Dialing;
use engine::model::{Campaign, Destination, DialList, Lead, Plan, Queue, Stamps, Variable};
use engine::preview::Offer;
use engine::time::Wall;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fields::{self, Field};
use crate::admin::{Command, Refusal};
use crate::ami_server::parse;
use crate::format::Nanos;

/// How a kind of row is changed.
pub(super) struct Changes {
    pub(super) create: fn(&Message) -> Result<Command, Refusal>,
    pub(super) update: fn(&Message) -> Result<Command, Refusal>,
    pub(super) delete: fn(&Message) -> Result<Command, Refusal>,
}

/// A row of the catalog.
pub(super) trait Row: Serialize + Send + Sync + 'static {
    /// Its place under `/api/v1`.
    const PATH: &'static str;
    /// What one of them is called, and how its schema is.
    const ONE: &'static str;
    const SCHEMA: &'static str;
    const FIELDS: &'static [Field];
    /// Fields that lists can be filtered by, beside the name.
    const FILTERS: &'static [&'static str];
    const CHANGES: Changes;

    fn rows(catalog: &Catalog) -> &BTreeMap<Uuid, Arc<Self>>;
    fn stamps(&self) -> &Stamps;
}

macro_rules! row {
    ($row:ident: $path:literal, $one:literal, $fields:ident, $filters:expr, $rows:ident, $create:ident, $update:ident, $delete:ident) => {
        impl Row for $row {
            const PATH: &'static str = $path;
            const ONE: &'static str = $one;
            const SCHEMA: &'static str = stringify!($row);
            const FIELDS: &'static [Field] = fields::$fields;
            const FILTERS: &'static [&'static str] = $filters;
            const CHANGES: Changes =
                Changes { create: parse::$create, update: parse::$update, delete: parse::$delete };

            fn rows(catalog: &Catalog) -> &BTreeMap<Uuid, Arc<Self>> {
                &catalog.$rows
            }

            fn stamps(&self) -> &Stamps {
                &self.stamps
            }
        }
    };
}

row!(Campaign: "campaigns", "campaign", CAMPAIGN, &["status", "plan", "dial_list", "destination"], campaigns,
    create_campaign, update_campaign, delete_campaign);
row!(Plan: "plans", "plan", PLAN, &["dial_mode", "queue_name", "trunk_name"], plans, create_plan, update_plan, delete_plan);
row!(DialList: "dial-lists", "dial list", DIAL_LIST, &[], dial_lists, create_dial_list, update_dial_list, delete_dial_list);
row!(Destination: "destinations", "destination", DESTINATION, &["kind"], destinations,
    create_destination, update_destination, delete_destination);
row!(Queue: "queues", "queue", QUEUE, &[], queues, create_queue, update_queue, delete_queue);

/// A row of the catalog.
pub(super) fn row<T: Row>(row: &T) -> Value {
    represent(row, row.stamps(), T::FIELDS)
}

/// A lead.
pub(super) fn lead(lead: &Lead) -> Value {
    represent(lead, &lead.stamps, fields::LEAD)
}

fn represent(row: &impl Serialize, stamps: &Stamps, fields: &[Field]) -> Value {
    // Keys are texts and nothing in a row can fail to be written.
    let Ok(Value::Object(mut row)) = serde_json::to_value(row) else { return Value::Null };
    if let Some(Value::Object(rules)) = row.remove("rules") {
        row.extend(rules);
    }
    if let Some(Value::Array(variables)) = row.remove("variables") {
        row.insert("variables".to_owned(), object_of(&variables));
    }
    row.insert("created".to_owned(), time(stamps.created));
    row.insert("updated".to_owned(), stamps.updated.map_or(Value::Null, time));
    let mut shown = Map::new();
    for field in fields {
        let (object, key) = field.name.split_once('.').unwrap_or((field.name, ""));
        if key.is_empty() || !shown.contains_key(object) {
            shown.insert(object.to_owned(), row.remove(object).unwrap_or(Value::Null));
        }
    }
    Value::Object(shown)
}

fn object_of(variables: &[Value]) -> Value {
    let text = |variable: &Value, key: &str| variable[key].as_str().unwrap_or_default().to_owned();
    let pairs = variables.iter().map(|v| (text(v, "name"), text(v, "value").into()));
    Value::Object(pairs.collect())
}

/// A time, as everywhere in the API: RFC 3339, UTC.
pub(super) fn time(wall: Wall) -> Value {
    Value::String(Nanos(wall).to_string())
}

fn variables(variables: &[Variable]) -> Value {
    variables
        .iter()
        .map(|v| (v.name.as_str().to_owned(), Value::from(v.value.as_str())))
        .collect::<Map<_, _>>()
        .into()
}

/// A dialing that is alive.
pub(super) fn dialing(row: &Dialing) -> Value {
    let (setup, progress) = (&*row.setup, &row.progress);
    let when = |at: Option<Wall>| at.map_or(Value::Null, time);
    json!({
        "uuid": setup.uuid,
        "status": progress.status,
        "campaign": setup.campaign,
        "plan": setup.plan,
        "dial_list": setup.dial_list,
        "destination": setup.destination,
        "lead": setup.lead,
        "asterisk": &*setup.asterisk,
        "number": setup.address,
        "number_index": setup.index,
        "try_count": setup.try_count,
        "dial_timeout_ms": setup.timeout_ms,
        "dial_channel": setup.channel,
        "channel_name": progress.channel_name,
        "queue": progress.queue,
        "agent": progress.agent,
        "res_dial": progress.res_dial,
        "res_amd": progress.res_amd,
        "res_amd_detail": progress.res_amd_detail,
        "res_hangup": progress.res_hangup,
        "res_hangup_detail": progress.res_hangup_detail,
        "variables": variables(&setup.variables),
        "created": time(setup.created),
        "updated": when(progress.updated),
        "dial_begin": when(progress.dial_begin),
        "dial_end": when(progress.dial_end),
        "connected": when(progress.connected),
    })
}

/// An offer to an agent.
pub(super) fn preview(offer: &Offer) -> Value {
    json!({
        "uuid": offer.dialing,
        "campaign": offer.campaign,
        "plan": offer.plan,
        "queue": offer.queue,
        "agent": offer.agent,
        "interface": offer.interface,
        "seconds": offer.seconds,
        "number": offer.lead.numbers[offer.index],
        "number_index": offer.index + 1,
        "try_count": offer.try_count(),
        "lead": lead(&offer.lead),
        "created": time(offer.created),
    })
}
