//! Every operation: where it is, who carries it out, and what the OpenAPI document says of it.

use axum::routing::{MethodRouter, delete, get, patch, post};
use engine::model::{Campaign, Destination, DialList, Plan, Queue};
use serde_json::{Value, json};

use super::Api;
use super::fields::{Field, Kind};
use super::rows::Row;
use super::{
    abandon, catalog, events, exports, fields, imports, leads, live, people, results, webhooks, why,
};

/// What is sent with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Nothing,
    /// This schema.
    Body(&'static str),
    /// CSV.
    Csv,
    /// This schema, or nothing.
    Perhaps(&'static str),
}

/// What a request is answered with when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// 200 with this schema.
    One(&'static str),
    /// 200 with a page of this schema.
    Page(&'static str),
    /// 201 with this schema.
    Created(&'static str),
    /// 202 with this schema, or 200 where it was asked for before.
    Accepted(&'static str),
    /// 200 with a file of CSV.
    Csv,
    /// 204.
    Done,
    /// 204, or 201 with this schema.
    DoneOrCreated(&'static str),
    /// 200 with events that go on, each with data of this schema.
    Events(&'static str),
    /// 200 with a file: CSV, or JSON lines of this schema.
    File(&'static str),
}

/// A parameter of a query.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) schema: Value,
}

pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) tag: &'static str,
    pub(super) summary: String,
    pub(super) doc: &'static str,
    pub(super) query: Vec<Parameter>,
    pub(super) sent: Sent,
    pub(super) answer: Answer,
    /// Beside those that every operation may have.
    pub(super) errors: &'static [u16],
    /// It takes `If-Match`.
    pub(super) guarded: bool,
    /// Its cursors are numbers, not uuids.
    pub(super) counted: bool,
    pub(super) handler: MethodRouter<Api>,
}

impl Operation {
    pub(super) fn new(
        method: &'static str,
        path: String,
        tag: &'static str,
        summary: String,
        handler: MethodRouter<Api>,
    ) -> Self {
        let id = id_of(method, &path);
        let (doc, query) = ("", Vec::new());
        let (sent, answer, errors) = (Sent::Nothing, Answer::Done, &[][..]);
        Self {
            method,
            path,
            id,
            tag,
            summary,
            doc,
            query,
            sent,
            answer,
            errors,
            guarded: false,
            counted: false,
            handler,
        }
    }

    pub(super) fn doc(self, doc: &'static str) -> Self {
        Self { doc, ..self }
    }

    pub(super) fn query(self, query: Vec<Parameter>) -> Self {
        Self { query, ..self }
    }

    pub(super) fn sends(self, sent: Sent) -> Self {
        Self { sent, ..self }
    }

    pub(super) fn answers(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }

    pub(super) fn errors(self, errors: &'static [u16]) -> Self {
        Self { errors, ..self }
    }

    pub(super) fn counted(self) -> Self {
        Self { counted: true, ..self }
    }

    fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }
}

/// `GET /api/v1/dial-lists/{id}` is `get_dial_lists_id`.
fn id_of(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/api/v1/");
    let plain: String = path.chars().filter(|c| !matches!(c, '{' | '}')).collect();
    format!("{method}_{}", plain.replace(['/', '-'], "_"))
}

/// Every operation of the API.
pub(super) fn all() -> Vec<Operation> {
    let mut all = Vec::new();
    all.extend(of_rows::<Campaign>("CampaignInput", "Campaigns: a plan that works through a dial list."));
    all.extend(of_campaigns());
    all.extend(of_rows::<Plan>("PlanInput", "Plans: how calls are made."));
    all.extend(of_rows::<DialList>("DialListInput", "Dial lists: whom to call."));
    all.extend(imports::operations());
    all.extend(of_leads());
    all.extend(of_rows::<Destination>(
        "DestinationInput",
        "Destinations: dialplan places for answered calls.",
    ));
    all.extend(of_rows::<Queue>(
        "QueueInput",
        "Queues that clients have noted down. Calls do not use them: whose agents take the calls is the plan's queue_name.",
    ));
    all.extend(of_live());
    all.extend(of_previews());
    all.extend(of_results());
    all.push(of_events());
    all.extend(webhooks::operations());
    all.push(abandon::operation());
    all.extend(people::operations());
    all
}

/// List, create, get, change and delete.
fn of_rows<T: Row>(input: &'static str, doc: &'static str) -> [Operation; 5] {
    let (many, one) = (format!("/api/v1/{}", T::PATH), format!("/api/v1/{}/{{id}}", T::PATH));
    let tag = T::PATH;
    let mut filters: Vec<Parameter> = T::FILTERS.iter().filter_map(|name| filter(T::FIELDS, name)).collect();
    filters.push(text("name", "Only those whose name contains this, in any case."));
    [
        Operation::new("get", many.clone(), tag, format!("List {tag}"), get(catalog::list::<T>))
            .doc(doc)
            .query(filters)
            .answers(Answer::Page(T::SCHEMA)),
        Operation::new("post", many, tag, format!("Create a {}", T::ONE), post(catalog::create::<T>))
            .sends(Sent::Body(input))
            .answers(Answer::Created(T::SCHEMA))
            .errors(&[409]),
        Operation::new("get", one.clone(), tag, format!("Get a {}", T::ONE), get(catalog::get::<T>))
            .answers(Answer::One(T::SCHEMA)),
        Operation::new("patch", one.clone(), tag, format!("Change a {}", T::ONE), patch(catalog::patch::<T>))
            .doc("Only the fields that are there are changed; null takes a value away or sets the default.")
            .sends(Sent::Body(input))
            .answers(Answer::One(T::SCHEMA))
            .errors(&[409])
            .guarded(),
        Operation::new("delete", one, tag, format!("Delete a {}", T::ONE), delete(catalog::delete::<T>))
            .doc("What a campaign that is not stopped uses cannot be deleted.")
            .errors(&[409])
            .guarded(),
    ]
}

fn of_campaigns() -> [Operation; 8] {
    let ask = |way: &str, summary: &str, doc, handler| {
        Operation::new(
            "post",
            format!("/api/v1/campaigns/{{id}}/{way}"),
            "campaigns",
            summary.to_owned(),
            handler,
        )
        .doc(doc)
        .answers(Answer::One("Campaign"))
        .errors(&[409])
        .guarded()
    };
    [
        ask("start", "Start a campaign", "Answers with status starting; start follows at once. 409 says what it lacks.", post(catalog::ask_status::<1>)),
        ask("pause", "Pause a campaign", "No new calls; pausing until the last has ended, then pause. One that does not run stays as it is.", post(catalog::ask_status::<2>)),
        ask("stop", "Stop a campaign", "No new calls; stopping until the last has ended, then stop.", post(catalog::ask_status::<0>)),
        ask("force-stop", "Stop a campaign and hang up its calls", "Every call of it is hung up.", post(catalog::ask_status::<30>)),
        Operation::new("get", "/api/v1/campaigns/{id}/stats".to_owned(), "campaigns", "Count the leads of a campaign".to_owned(), get(catalog::stats))
            .doc("How the leads of its dial list stand, at counted.")
            .answers(Answer::One("Stats")),
        Operation::new("get", "/api/v1/dial-lists/{id}/stats".to_owned(), "dial-lists", "Count the leads of a dial list".to_owned(), get(catalog::list_stats))
            .doc("How its leads stand, at counted.")
            .answers(Answer::One("ListStats")),
        Operation::new("get", "/api/v1/campaigns/{id}/why".to_owned(), "campaigns", "Say why a campaign does not dial".to_owned(), get(why::why))
            .doc("What holds the campaign back now, from the decision itself: one reason that binds, with its numbers, and all limits by Asterisk. docs/http.md lists the reasons.")
            .answers(Answer::One("Why")),
        Operation::new("get", "/api/v1/campaigns/why".to_owned(), "campaigns", "Say why campaigns do not dial".to_owned(), get(why::all))
            .doc("The same of all campaigns in short: what their last decisions found.")
            .answers(Answer::Page("WhyInShort")),
    ]
}

fn lead_filters() -> Vec<Parameter> {
    let own = ["status", "ukey"].iter().filter_map(|name| filter(fields::LEAD, name));
    let mut filters = vec![uuid("dial_list", "Only leads of this dial list.")];
    filters.extend(own);
    filters.push(text("number", "Only leads that have this number, written as it was given."));
    filters.push(text("name", "Only leads whose name contains this, in any case."));
    filters
}

fn of_leads() -> [Operation; 6] {
    let (many, one) = ("/api/v1/leads".to_owned(), "/api/v1/leads/{id}".to_owned());
    [
        Operation::new("get", many.clone(), "leads", "List leads".to_owned(), get(leads::list))
            .doc("In the order in which they were made. With a filter other than dial_list one request looks for some milliseconds, at some ten thousand leads: a page may be short, or empty, and next_cursor says where to go on.")
            .query(lead_filters())
            .answers(Answer::Page("Lead"))
            .counted(),
        Operation::new("post", many, "leads", "Create a lead".to_owned(), post(leads::create))
            .sends(Sent::Body("LeadCreate"))
            .answers(Answer::Created("Lead"))
            .errors(&[409]),
        export("leads", "Export leads", lead_filters(), get(exports::leads))
            .doc("All that the filters leave, as a file, in the order in which they were made. CSV: the columns that an import takes, then how each stands (lead_...), then a column variable:NAME for each variable. A file that breaks off is not whole.")
            .answers(Answer::File("Lead")),
        Operation::new("get", one.clone(), "leads", "Get a lead".to_owned(), get(leads::get)).answers(Answer::One("Lead")),
        Operation::new("patch", one.clone(), "leads", "Change a lead".to_owned(), patch(leads::patch))
            .doc("Only the fields that are there are changed; null takes a value away. With other numbers, a lead without tries left may be called again.")
            .sends(Sent::Body("LeadInput"))
            .answers(Answer::One("Lead"))
            .errors(&[409])
            .guarded(),
        Operation::new("delete", one, "leads", "Delete a lead".to_owned(), delete(leads::delete))
            .doc("A call that it has goes on.")
            .guarded(),
    ]
}

fn of_live() -> [Operation; 7] {
    let read = |path: &str, tag, summary: &str, handler| {
        Operation::new("get", format!("/api/v1/{path}"), tag, summary.to_owned(), handler)
    };
    let asterisk = || text("asterisk", "Only those of this Asterisk, by its name in the config.");
    let queue = || text("queue", "Only those of this queue of Asterisk.");
    let state = Parameter {
        name: "state",
        doc: "Only agents who do this.",
        schema: json!({ "type": "string", "enum": live::AGENT_STATES }),
    };
    [
        read("dialings", "dialings", "List the dialings that are alive", get(live::dialings))
            .query(vec![uuid("campaign", "Only those of this campaign."), asterisk()])
            .answers(Answer::Page("Dialing")),
        read("dialings/summary", "dialings", "Count the dialings that are alive", get(live::summary))
            .answers(Answer::One("Count")),
        read("dialings/{id}", "dialings", "Get a dialing that is alive", get(live::dialing))
            .doc("One that has ended is a result.")
            .answers(Answer::One("Dialing")),
        Operation::new(
            "post",
            "/api/v1/dialings/{id}/hangup".to_owned(),
            "dialings",
            "Hang up".to_owned(),
            post(live::hang_up),
        )
        .doc("It ends as soon as its Asterisk has hung up; then there is its result. An attempt is counted."),
        read("queues/live", "queues", "Show the queues of the Asterisks", get(live::queues))
            .doc("As each Asterisk has them now.")
            .query(vec![asterisk(), queue()])
            .answers(Answer::Page("LiveQueue"))
            .counted(),
        read("agents", "agents", "Show the agents", get(live::agents))
            .doc("The members of the queues; one who is in several queues is there for each.")
            .query(vec![asterisk(), queue(), state])
            .answers(Answer::Page("Agent"))
            .counted(),
        read("asterisks", "asterisks", "Show the Asterisks", get(live::asterisks))
            .answers(Answer::Page("Asterisk"))
            .counted(),
    ]
}

fn of_previews() -> [Operation; 4] {
    let path = |rest: &str| format!("/api/v1/previews{rest}");
    [
        Operation::new("get", path(""), "previews", "List the offers to agents".to_owned(), get(live::previews))
            .doc("Dial mode desktop: leads that agents are offered, and have not answered to.")
            .query(vec![
                uuid("campaign", "Only those of this campaign."),
                text("queue", "Only those of this queue."),
                text("agent", "Only those for this agent, by the queue member's name."),
            ])
            .answers(Answer::Page("Preview")),
        Operation::new("get", path("/{id}"), "previews", "Get an offer".to_owned(), get(live::preview)).answers(Answer::One("Preview")),
        Operation::new("post", path("/{id}/accept"), "previews", "Accept an offer".to_owned(), post(live::accept))
            .doc("It is written when this is answered, before any phone rings; the offer becomes the dialing with its uuid.")
            .errors(&[409]),
        Operation::new("post", path("/{id}/refuse"), "previews", "Refuse an offer".to_owned(), post(live::refuse))
            .doc("The lead may be had again after a delay.")
            .sends(Sent::Perhaps("PreviewRefusal"))
            .errors(&[409]),
    ]
}

fn result_filters() -> Vec<Parameter> {
    let time =
        |name, doc| Parameter { name, doc, schema: json!({ "type": "string", "format": "date-time" }) };
    let outcome = Parameter {
        name: "outcome",
        doc: "Only those that ended so.",
        schema: json!({ "type": "string", "enum": results::OUTCOMES }),
    };
    vec![
        uuid("campaign", "Only those of this campaign."),
        uuid("lead", "Only those of this lead."),
        uuid("dial_list", "Only those of this dial list."),
        text("number", "Only calls to this number, as the lead has it."),
        outcome,
        time(
            "since",
            "Only those that ended at this time or later: as RFC 3339 has it. Without seconds, or with a blank for the T, it is taken as well.",
        ),
        time("until", "Only those that ended before this time."),
    ]
}

fn of_results() -> [Operation; 2] {
    [
        Operation::new("get", "/api/v1/results".to_owned(), "results", "Search results".to_owned(), get(results::list))
            .doc("Ended dialings, newest first; each as it stands in the results file, with its seq. Those of a lead, a number, a campaign or a list are found by index. By outcome and time one request looks for some milliseconds: a page may be short, or empty, and next_cursor says where to go on.")
            .query(result_filters())
            .answers(Answer::Page("Result"))
            .counted(),
        export("results", "Export results", result_filters(), get(exports::results))
            .doc("All that the filters leave, as a file, newest first. CSV: a column for each key of the results file, but for the rows that a record may hold; variables is a JSON object. A file that breaks off is not whole.")
            .answers(Answer::File("Result")),
    ]
}

fn export(
    path: &'static str,
    summary: &str,
    mut filters: Vec<Parameter>,
    handler: MethodRouter<Api>,
) -> Operation {
    let schema = json!({ "type": "string", "enum": exports::FORMATS, "default": "csv" });
    filters.push(Parameter { name: "format", doc: "CSV, or JSON lines: each what the list has.", schema });
    Operation::new("get", format!("/api/v1/{path}/export"), path, summary.to_owned(), handler).query(filters)
}

fn of_events() -> Operation {
    let kinds = events::TYPES.join("|").replace('.', "\\.");
    let types = json!({ "type": "string", "pattern": format!("^({kinds})(,({kinds}))*$") });
    Operation::new("get", "/api/v1/events".to_owned(), "events", "Hear what happens".to_owned(), get(events::listen))
        .doc("Server-sent events that go on until the client, the session or the daemon ends. The first one is ready, or reset: get everything anew. Who comes again with the id of the event that he had last (Last-Event-ID, as browsers do) misses nothing.")
        .query(vec![
            Parameter { name: "type", doc: "Only events of these types, with commas between them.", schema: types },
            uuid("campaign", "Only events that are about this campaign or its dialings."),
            text("last_event_id", "The id of the last event that the client has, where it cannot send the header Last-Event-ID."),
        ])
        .answers(Answer::Events("Event"))
}

fn uuid(name: &'static str, doc: &'static str) -> Parameter {
    Parameter { name, doc, schema: json!({ "type": "string", "format": "uuid" }) }
}

fn text(name: &'static str, doc: &'static str) -> Parameter {
    Parameter { name, doc, schema: json!({ "type": "string" }) }
}

fn filter(fields: &'static [Field], name: &'static str) -> Option<Parameter> {
    let field = fields.iter().find(|field| field.name == name)?;
    let schema = match field.kind {
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
        Kind::Codes(codes) => {
            json!({ "type": "string", "enum": codes.iter().map(|(word, _)| *word).collect::<Vec<_>>() })
        }
        _ => json!({ "type": "string" }),
    };
    Some(Parameter { name, doc: field.doc, schema })
}
