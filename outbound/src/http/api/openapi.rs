//! The OpenAPI 3.1 document, made of the operations and the tables of fields.

use engine::why::Code;
use serde_json::{Map, Value, json};

use super::fields::{self, Field, Kind};
use super::operations::{Answer, Operation, Sent};
use super::page::LIMIT_MAX;
use super::patterns::{CALLER_ID, DATE, DATES, DAYS, LINE, NAME, NUMBER, PLAIN, TIME, TRUNKS};
use super::{abandon, imports, live, people, results, webhooks};
use crate::http::session::COOKIE_NAME;

/// Where it is.
pub(super) const PATH: &str = "/api/openapi.json";

/// A cursor of what is in the order of uuids.
const CURSOR: &str = "^c[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

const ABOUT: &str = "Outbound call campaigns on Asterisk. Names are the field's words; times are UTC (RFC 3339). Errors are \
    problem details (RFC 9457) that name the field and say what was expected. Lists come in pages: send next_cursor as cursor to get \
    the one after. A change may carry If-Match with the ETag of what it changes, and is refused with 412 where that was changed \
    meanwhile. A create may carry an Idempotency-Key: sent again within 24 hours with the same body, it gets the same answer and \
    makes nothing new.";

/// The document.
pub(super) fn document(operations: &[Operation]) -> Value {
    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path.clone()).or_insert_with(|| json!({}));
        path[operation.method] = of(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Asterisk-outbound", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" } },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": COOKIE_NAME } },
            "schemas": schemas(),
            "responses": { "Problem": { "description": "What is wrong.",
                "content": { "application/problem+json": { "schema": to("Problem") } } } },
        },
    })
}

fn of(operation: &Operation) -> Value {
    let mut value = json!({
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": parameters(operation),
        "responses": responses(operation),
    });
    // Not a parameter: no schema says which value is right, and a tool that makes one up is always refused.
    let guard = if operation.guarded { " Takes If-Match with the ETag of what it changes." } else { "" };
    let key = if matches!(operation.answer, Answer::Created(_)) { " Takes an Idempotency-Key." } else { "" };
    let doc = format!("{}{guard}{key}", operation.doc);
    if !doc.is_empty() {
        value["description"] = json!(doc.trim_start());
    }
    if operation.sent == Sent::Csv {
        // Any octets may be sent, so there is no type that they could fail to have.
        let csv = json!({ "schema": { "contentMediaType": "text/csv" } });
        value["requestBody"] = json!({ "required": true, "content": { "text/csv": csv } });
    }
    if let Sent::Body(schema) | Sent::Perhaps(schema) = operation.sent {
        value["requestBody"] = json!({ "required": matches!(operation.sent, Sent::Body(_)),
            "content": { "application/json": { "schema": to(schema) } } });
    }
    value
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let mut all = Vec::new();
    let mut add = |place: &str, name: &str, doc: &str, schema: Value| {
        all.push(json!({ "in": place, "name": name, "required": place == "path", "description": doc, "schema": schema }));
    };
    if operation.path.contains("{id}") {
        add("path", "id", "Its uuid.", json!({ "type": "string", "format": "uuid" }));
    }
    if operation.path.contains("{delivery}") {
        add("path", "delivery", "The uuid of the delivery.", json!({ "type": "string", "format": "uuid" }));
    }
    if operation.path.contains("{name}") {
        add("path", "name", "The name of the user.", json!({ "type": "string", "pattern": people::NAME }));
    }
    for parameter in &operation.query {
        add("query", parameter.name, parameter.doc, parameter.schema.clone());
    }
    if matches!(operation.answer, Answer::Page(_)) {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": 100 });
        add("query", "limit", "At most so many.", limit);
        let cursor = if operation.counted { "^c[0-9]{1,15}$" } else { CURSOR };
        add(
            "query",
            "cursor",
            "The next_cursor of the page before.",
            json!({ "type": "string", "pattern": cursor }),
        );
    }
    let has_tag = operation.method == "get"
        && !matches!(operation.answer, Answer::Events(_) | Answer::File(_) | Answer::Csv);
    if matches!(operation.answer, Answer::Events(_)) {
        let doc = "The id of the last event that the client has.";
        add("header", "Last-Event-ID", doc, json!({ "type": "string" }));
    }
    if has_tag {
        add("header", "If-None-Match", "The ETag of what the client has.", json!({ "type": "string" }));
    }
    all
}

fn responses(operation: &Operation) -> Value {
    let etag = json!({ "ETag": { "description": "The hash of this representation.", "schema": { "type": "string" } } });
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    let mut all = Map::new();
    let (status, answer) = match operation.answer {
        Answer::One(schema) => (
            "200",
            json!({ "description": "As it is now.", "headers": etag, "content": content(to(schema)) }),
        ),
        Answer::Page(schema) => {
            let page = json!({ "type": "object", "required": ["items", "next_cursor"], "properties": {
                "items": { "type": "array", "items": to(schema) },
                "next_cursor": { "type": ["string", "null"], "description": "The cursor of the next page; null: this was the last." } } });
            ("200", json!({ "description": "A page.", "headers": etag, "content": content(page) }))
        }
        Answer::Created(schema) => {
            let mut headers = etag;
            headers["Location"] = json!({ "description": "Where it is.", "schema": { "type": "string" } });
            (
                "201",
                json!({ "description": "It is made.", "headers": headers, "content": content(to(schema)) }),
            )
        }
        Answer::Accepted(schema) => {
            let headers =
                json!({ "Location": { "description": "Where it is.", "schema": { "type": "string" } } });
            let doc = "It will be done.";
            ("202", json!({ "description": doc, "headers": headers, "content": content(to(schema)) }))
        }
        Answer::Csv => {
            let csv = json!({ "text/csv": { "schema": { "type": "string" } } });
            ("200", json!({ "description": "The file.", "content": csv }))
        }
        Answer::Events(schema) => {
            let doc = "Events that go on; the data of each is this JSON.";
            (
                "200",
                json!({ "description": doc, "content": { "text/event-stream": { "schema": to(schema) } } }),
            )
        }
        Answer::File(schema) => ("200", file(schema)),
        Answer::Done | Answer::DoneOrCreated(_) => ("204", json!({ "description": "It is done." })),
    };
    all.insert(status.to_owned(), answer);
    if let Answer::DoneOrCreated(schema) = operation.answer {
        all.insert("201".to_owned(), json!({ "description": "It is made.", "content": content(to(schema)) }));
    }
    if let Answer::Accepted(schema) = operation.answer {
        all.insert(
            "200".to_owned(),
            json!({ "description": "It was asked for before.", "content": content(to(schema)) }),
        );
    }
    if operation.method == "get"
        && !matches!(operation.answer, Answer::Events(_) | Answer::File(_) | Answer::Csv)
    {
        all.insert("304".to_owned(), json!({ "description": "The client has it already." }));
    }
    for error in errors(operation) {
        all.insert(error.to_string(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    Value::Object(all)
}

/// What an operation may be refused with.
fn errors(operation: &Operation) -> Vec<u16> {
    let mut errors = vec![400, 401, 403, 503];
    errors.extend(operation.errors);
    if operation.path.contains('{') {
        errors.push(404);
    }
    if operation.guarded {
        errors.push(412);
    }
    if operation.sent != Sent::Nothing {
        errors.extend([413, 415, 422]);
    } else if operation.method == "get" {
        errors.push(422);
    }
    errors
}

/// A file to keep.
fn file(schema: &str) -> Value {
    let lines = format!("Each line is a {schema}.");
    json!({ "description": "A file.",
        "headers": { "Content-Disposition": { "description": "The name of the file.", "schema": { "type": "string" } } },
        "content": { "text/csv": { "schema": { "type": "string" } },
            "application/x-ndjson": { "schema": { "type": "string", "description": lines } } } })
}

pub(super) fn to(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// What is only shown, and is in no table of fields: members as [`plain`] reads them.
const OTHERS: &[(&str, &str)] = &[
    (
        "Stats",
        "campaign:uuid dial_list:uuid? total:count finished:count available:count dialing:count called:count counted:time?",
    ),
    (
        "ListStats",
        "dial_list:uuid total:count finished:count available:count dialing:count called:count counted:time",
    ),
    ("Count", "count:count"),
    (
        "Dialing",
        "uuid:uuid status:text campaign:uuid plan:uuid dial_list:uuid destination:uuid? lead:uuid asterisk:text number:text \
            number_index:count try_count:count dial_timeout_ms:count dial_channel:text channel_name:text? queue:text? agent:text? \
            res_dial:count res_amd:text? res_amd_detail:text? res_hangup:count res_hangup_detail:text? variables:object created:time updated:time? dial_begin:time? dial_end:time? connected:time?",
    ),
    (
        "Preview",
        "uuid:uuid campaign:uuid plan:uuid queue:text agent:text interface:text seconds:count number:text? number_index:count \
            try_count:count lead:object created:time",
    ),
    (
        "LiveQueue",
        "asterisk:text queue:text logged_in:count idle:count ringing:count busy:count wrap_up:count away:count members:count other_callers:count",
    ),
    ("Agent", "asterisk:text queue:text name:text interface:text state:state paused:switch in_call:switch"),
    (
        "Asterisk",
        "name:text state:presence why:text? calls:count max_channels:count max_cps:number trunks:trunks",
    ),
    (
        "Result",
        "seq:count dialing_uuid:uuid camp_uuid:uuid plan_uuid:uuid dlma_uuid:uuid dl_list_uuid:uuid dial_addr:text outcome:outcome res_dial:count",
    ),
    (
        "Why",
        "campaign:uuid name:text? status:status dialing:switch reason:reason text:text advice:text? since:time? until:time? limits:limits \
            figures:object",
    ),
    (
        "WhyInShort",
        "campaign:uuid name:text? status:status dialing:switch reason:reason text:text advice:text? since:time? until:time?",
    ),
    ("Limit", "asterisk:text? reason:reason text:text advice:text? since:time? until:time? figures:object"),
    ("Event", "type:text time:time"),
    ("Problem", "type:text status:count title:text detail:text"),
];

fn schemas() -> Value {
    let mut lead_create = input(fields::LEAD);
    lead_create["required"] = json!(["dial_list"]);
    let mut all = json!({
        "Campaign": shown(fields::CAMPAIGN), "CampaignInput": input(fields::CAMPAIGN),
        "Plan": shown(fields::PLAN), "PlanInput": input(fields::PLAN),
        "DialList": shown(fields::DIAL_LIST), "DialListInput": input(fields::DIAL_LIST),
        "Destination": shown(fields::DESTINATION), "DestinationInput": input(fields::DESTINATION),
        "Queue": shown(fields::QUEUE), "QueueInput": input(fields::QUEUE),
        "Lead": shown(fields::LEAD), "LeadInput": input(fields::LEAD), "LeadCreate": lead_create,
        "PreviewRefusal": input(fields::REFUSAL),
    });
    for (name, members) in OTHERS {
        all[*name] = plain(members);
    }
    all["Result"]["description"] = json!(
        "The record of an ended dialing, with the keys of the results file; see docs/manual.md, Results."
    );
    all["Event"]["properties"]["campaign"] = json!({ "type": ["string", "null"], "format": "uuid", "description": "The campaign that it is about." });
    all["Event"]["properties"]["object"] = json!({ "type": "object",
        "description": "What it is about, as the API shows it; only the uuid of what is gone." });
    all["Event"]["properties"]["result"] = json!({ "type": "object", "description": "Of a dialing that has ended: its Result, without the seq." });
    people::schemas(&mut all);
    webhooks::schemas(&mut all);
    imports::schemas(&mut all);
    all["Abandon"] = abandon::schema();
    let optional = |doc: &str| json!({ "type": "string", "description": doc });
    all["Problem"]["properties"]["field"] = optional("The field or parameter that is wrong.");
    all["Problem"]["properties"]["expected"] = optional("What would have been right there.");
    all
}

/// An object whose members are all there: `name:type`, with a question mark where it may be null.
pub(super) fn plain(members: &str) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, kind) in members.split_whitespace().filter_map(|member| member.split_once(':')) {
        let mut schema = match kind.trim_end_matches('?') {
            "uuid" => json!({ "type": "string", "format": "uuid" }),
            "time" => json!({ "type": "string", "format": "date-time" }),
            "count" => json!({ "type": "integer", "minimum": 0 }),
            "number" => json!({ "type": "number" }),
            "switch" => json!({ "type": "boolean" }),
            "object" => json!({ "type": "object" }),
            "outcome" => json!({ "type": "string", "enum": results::OUTCOMES }),
            "state" => json!({ "type": "string", "enum": live::AGENT_STATES }),
            "presence" => json!({ "type": "string", "enum": ["away", "comparing", "ready"] }),
            "role" => json!({ "type": "string", "enum": people::ROLES }),
            "caller" => json!({ "type": "string", "enum": ["user", "token"] }),
            "status" => {
                let words: Vec<&str> = fields::STATUS.iter().map(|(word, _)| *word).collect();
                json!({ "type": "string", "enum": words })
            }
            "reason" => {
                let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
                json!({ "type": "string", "enum": codes })
            }
            "limits" => json!({ "type": "array", "items": to("Limit") }),
            "trunks" => json!({ "type": "array", "items": { "type": "object" } }),
            _ => json!({ "type": "string" }),
        };
        if kind.ends_with('?') {
            schema["type"] = json!([schema["type"], "null"]);
        }
        properties.insert(name.to_owned(), schema);
        required.push(name);
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

/// What is shown: every field, always.
fn shown(fields: &[Field]) -> Value {
    let mut object = json!({ "type": "object", "properties": {} });
    for field in fields {
        let mut schema = loosened(of_field(field, field.nullable));
        if let (Kind::Text, Some(schema)) = (field.kind, schema.as_object_mut()) {
            schema.remove("enum");
        }
        put(&mut object, field, schema);
    }
    let names: Vec<String> =
        object["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    object["required"] = json!(names);
    object
}

/// What is shown may have come by AMI, and need not be what a body may have.
fn loosened(mut schema: Value) -> Value {
    if let Some(all) = schema.as_object_mut() {
        for rule in ["pattern", "minLength", "maxLength", "multipleOf", "propertyNames", "maxProperties"] {
            all.remove(rule);
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(inner).filter(|inner| inner.is_object()) {
            *inner = loosened(inner.take());
        }
    }
    schema
}

/// What is sent: the fields that clients may set; null sets the default.
fn input(fields: &[Field]) -> Value {
    let mut object = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    for field in fields.iter().filter(|field| field.is_set_by_clients()) {
        put(&mut object, field, of_field(field, field.nullable || !matches!(field.kind, Kind::Uuid)));
    }
    object
}

fn put(object: &mut Value, field: &Field, schema: Value) {
    match field.name.split_once('.') {
        None => object["properties"][field.name] = schema,
        Some((outer, inner)) => {
            if object["properties"][outer].is_null() {
                object["properties"][outer] =
                    json!({ "type": "object", "properties": {}, "additionalProperties": false });
            }
            object["properties"][outer]["properties"][inner] = schema;
        }
    }
}

fn of_field(field: &Field, nullable: bool) -> Value {
    let words = |words: Vec<&str>| json!({ "type": "string", "enum": words });
    let mut schema = match field.kind {
        Kind::Text => text(field.header),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Decimal(least, most) => {
            json!({ "type": "number", "minimum": least, "maximum": most, "multipleOf": 0.01 })
        }
        Kind::Codes(codes) => words(codes.iter().map(|(word, _)| *word).collect()),
        Kind::Words(all) => words(all.to_vec()),
        Kind::Integers(least, most, count) => json!({ "type": "array", "minItems": 1, "maxItems": count,
            "items": { "type": "integer", "minimum": least, "maximum": most } }),
        Kind::Each(least, most) => json!({ "type": "array", "maxItems": 8,
            "items": { "type": ["integer", "null"], "minimum": least, "maximum": most } }),
        Kind::Numbers => json!({ "type": "array", "maxItems": 8,
            "items": { "type": ["string", "null"], "minLength": 1, "maxLength": 64, "pattern": NUMBER } }),
        Kind::Variables => json!({ "type": "object", "maxProperties": 24,
            "propertyNames": { "pattern": "^[A-Za-z0-9_]{1,79}$" },
            "additionalProperties": { "type": "string", "maxLength": 400, "pattern": LINE } }),
        Kind::Claim => json!({ "type": "object" }),
    };
    if nullable {
        schema["type"] = json!([schema["type"], "null"]);
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
    }
    schema["description"] = json!(field.doc);
    schema
}

/// The schema of a text, by its header.
fn text(header: &str) -> Value {
    let (most, pattern) = match header {
        "CallerId" => (80, CALLER_ID),
        "TrunkName" => (671, TRUNKS),
        "TechName" => (80, "^[A-Za-z0-9_]{1,79}/?$"),
        "QueueName" | "Exten" | "Context" | "Application" | "AbandonGroup" => (79, NAME),
        // Of two letters there is one header of Asterisk's own; the others are in the description of what is refused.
        "UuiField" => (79, "^(?![Tt][Oo]$)[A-Za-z0-9_.+*-]{2,79}$"),
        "AbandonMessage" => (200, "^[A-Za-z0-9_./-]+$"),
        "ScTimeZone" => {
            let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
            return json!({ "type": "string", "enum": zones });
        }
        "ScTimeStart" | "ScTimeEnd" => (8, TIME),
        "ScDateStart" | "ScDateEnd" => (10, DATE),
        "ScDateList" | "ScDateListExcept" => (1_000, DATES),
        "ScDayList" => (1_000, DAYS),
        "Data" => (900, LINE),
        // What is only shown may be anything.
        "" => return json!({ "type": "string" }),
        "UKey" | "UData" | "Name" => (1_000, PLAIN),
        _ => (1_000, LINE),
    };
    json!({ "type": "string", "minLength": 1, "maxLength": most, "pattern": pattern })
}
