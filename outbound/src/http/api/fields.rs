//! The fields of what users make: their names in JSON, what may stand there, what they mean, and the AMI header that each of them
//! is. One table for each kind of thing: bodies are read by it, errors are named by it, the OpenAPI document is written from it.

use crate::admin::bounds;

/// What may stand in a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Text; null where there is none.
    Text,
    /// A whole number in a range.
    Integer(i64, i64),
    /// A number in a range, with at most two decimal places.
    Decimal(f64, f64),
    /// One of these words, each with its AMI code.
    Codes(&'static [(&'static str, u8)]),
    /// One of these words, which AMI has too.
    Words(&'static [&'static str]),
    /// True or false.
    Switch,
    /// A uuid.
    Uuid,
    /// Whole numbers with the range of each, at most so many of them.
    Integers(i64, i64, usize),
    /// Whole numbers, one for each of the eight numbers of a lead.
    Each(i64, i64),
    /// Texts or nulls, one for each of the eight numbers of a lead.
    Numbers,
    /// An object of names and values.
    Variables,
    /// A time, RFC 3339 in UTC.
    Time,
    /// The call attempt that holds a lead: an object or null.
    Claim,
}

/// A field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// Its name in JSON; one dot leads into an object.
    pub(crate) name: &'static str,
    /// Its AMI header; empty where it cannot be set.
    pub(crate) header: &'static str,
    pub(crate) kind: Kind,
    /// What it means, with its unit and default.
    pub(crate) doc: &'static str,
    /// Null is a value of it.
    pub(crate) nullable: bool,
}

impl Field {
    /// True where clients may set it.
    pub(crate) fn is_set_by_clients(&self) -> bool {
        !self.header.is_empty()
    }
}

const fn set(name: &'static str, header: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, header, kind, doc, nullable: true }
}

/// A field that always has a value; null sets its default.
const fn always(name: &'static str, header: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, header, kind, doc, nullable: false }
}

const fn shown(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, header: "", kind, doc, nullable: false }
}

const UUID: Field = shown("uuid", Kind::Uuid, "Identity; made by the daemon.");
const NAME: Field = set("name", "Name", Kind::Text, "Name for people.");
const DETAIL: Field = set("detail", "Detail", Kind::Text, "Longer text for people.");
const CREATED: Field = shown("created", Kind::Time, "When it was made.");
const UPDATED: Field =
    Field { nullable: true, ..shown("updated", Kind::Time, "When it was changed last; null: never.") };
const VARIABLES: Field = always(
    "variables",
    "Variable",
    Kind::Variables,
    "Channel variables of its calls, as names and values; at most 24, each at most 980 octets in all. A body that has this field \
     sets all of them. Values with ${ or $[ need role admin.",
);

/// Fields of campaigns.
pub(crate) const CAMPAIGN: &[Field] = &[
    UUID,
    NAME,
    DETAIL,
    shown(
        "status",
        Kind::Codes(STATUS),
        "Where it stands. It is changed by start, pause, stop and force-stop.",
    ),
    set("plan", "Plan", Kind::Uuid, "The plan that says how calls are made."),
    set("dial_list", "Dlma", Kind::Uuid, "The dial list that it works through."),
    set("destination", "Dest", Kind::Uuid, "Where answered calls go, instead of the plan's queue."),
    set("next_campaign", "NextCampaign", Kind::Uuid, "Started when this one has ended its list."),
    always(
        "schedule.enabled",
        "ScMode",
        Kind::Switch,
        "True: it is started and stopped by its schedule. Default false.",
    ),
    set(
        "schedule.time_start",
        "ScTimeStart",
        Kind::Text,
        "A window opens at this time of each allowed day: hh:mm:ss. Null: midnight.",
    ),
    set(
        "schedule.time_end",
        "ScTimeEnd",
        Kind::Text,
        "It closes when this second is over: hh:mm:ss. Null: midnight.",
    ),
    set("schedule.date_start", "ScDateStart", Kind::Text, "The first day: YYYY-MM-DD."),
    set("schedule.date_end", "ScDateEnd", Kind::Text, "The last day: YYYY-MM-DD."),
    set("schedule.date_list", "ScDateList", Kind::Text, "Only these dates, with commas between them."),
    set(
        "schedule.date_list_except",
        "ScDateListExcept",
        Kind::Text,
        "Never on these dates, with commas between them.",
    ),
    set(
        "schedule.day_list",
        "ScDayList",
        Kind::Text,
        "Only these days, with commas between them; 0 = Sunday.",
    ),
    set(
        "time_zone",
        "ScTimeZone",
        Kind::Text,
        "Time zone of its schedule and its days, such as Europe/Berlin. Null: the daemon's.",
    ),
    set(
        "weight",
        "Weight",
        Kind::Integer(1, 100),
        "Its share of agents, trunks and Asterisks against other campaigns that want them. Null: 1.",
    ),
    set(
        "max_channels",
        "MaxChannels",
        Kind::Integer(1, 100_000),
        "The most calls that it may have at once. Null: no limit of its own.",
    ),
    set(
        "max_cps",
        "MaxCps",
        Kind::Decimal(0.01, 10_000.0),
        "The most calls that it may place in a second. Null: no limit of its own.",
    ),
    set(
        "abandon_group",
        "AbandonGroup",
        Kind::Text,
        "Campaigns of one group share one budget of abandoned calls.",
    ),
    CREATED,
    UPDATED,
];

/// The statuses of a campaign.
pub(crate) const STATUS: &[(&str, u8)] = &[
    ("stop", 0),
    ("start", 1),
    ("pause", 2),
    ("stopping", 10),
    ("starting", 11),
    ("pausing", 12),
    ("force_stopping", 30),
];

const DIAL_MODES: &[(&str, u8)] = &[
    ("none", 0),
    ("predictive", 1),
    ("desktop", 2),
    ("power", 3),
    ("robo", 4),
    ("redirect", 5),
    ("progressive", 6),
];

/// Fields of plans.
pub(crate) const PLAN: &[Field] = &[
    UUID,
    NAME,
    DETAIL,
    always(
        "dial_mode",
        "DialMode",
        Kind::Codes(DIAL_MODES),
        "How calls are paced. desktop: preview. Default none, with which no campaign starts.",
    ),
    always(
        "dial_timeout_ms",
        "DialTimeout",
        Kind::Integer(*bounds::DIAL_TIMEOUT_MS.start(), *bounds::DIAL_TIMEOUT_MS.end()),
        "How long a callee may ring, in milliseconds. Default 30000.",
    ),
    set(
        "caller_id",
        "CallerId",
        Kind::Text,
        "What the callee sees: a number, or \"Name\" <number>; at most 80 characters.",
    ),
    always(
        "answer_handle",
        "AnswerHandle",
        Kind::Codes(&[("all", 0), ("human_only", 1), ("human_possible", 2)]),
        "With machine detection: which answers pass. Default all.",
    ),
    always(
        "list_end",
        "DlEndHandle",
        Kind::Codes(&[("keep_running", 0), ("stop", 1)]),
        "What the campaign does at the end of its list. Default stop.",
    ),
    always(
        "retry_delay_ms",
        "RetryDelay",
        Kind::Integer(*bounds::RETRY_DELAY_MS.start(), *bounds::RETRY_DELAY_MS.end()),
        "At least so long between two tries of a lead, in milliseconds. Default 50000.",
    ),
    set(
        "trunk_name",
        "TrunkName",
        Kind::Text,
        "The trunk, or several with weights: carrier1:3,carrier2:1. With tech_name Local: dialplan contexts.",
    ),
    set("tech_name", "TechName", Kind::Text, "The channel technology: PJSIP, SIP, Local ... Null: PJSIP."),
    set("queue_name", "QueueName", Kind::Text, "The queue of Asterisk whose agents take the calls."),
    always(
        "amd_mode",
        "AmdMode",
        Kind::Integer(0, 7),
        "Answer machine detection: what may pass, as a sum of 1 (human), 2 (machine), 4 (not sure). Default 0: no detection.",
    ),
    always(
        "service_level",
        "ServiceLevel",
        Kind::Integer(*bounds::SERVICE_LEVEL.start(), *bounds::SERVICE_LEVEL.end()),
        "With pacing level: calls over (below 0: under) the number of idle agents. Default 0.",
    ),
    always(
        "max_tries",
        "MaxRetryCnt",
        Kind::Each(*bounds::MAX_TRIES.start(), *bounds::MAX_TRIES.end()),
        "How often each of the eight numbers of a lead may be tried. Default 5; places that are missing get the default.",
    ),
    set(
        "uui_field",
        "UuiField",
        Kind::Text,
        "The SIP header that carries the lead's udata, such as User-to-User.",
    ),
    VARIABLES,
    set(
        "pacing",
        "Pacing",
        Kind::Words(&["adaptive", "level"]),
        "How dial mode predictive finds its number of calls. Null: adaptive.",
    ),
    set(
        "power_ratio",
        "PowerRatio",
        Kind::Decimal(1.0, 20.0),
        "Dial mode power: calls for each available agent.",
    ),
    set(
        "abandon_rule",
        "AbandonRule",
        Kind::Words(&["ftc", "ofcom", "none"]),
        "Where the rules about abandoned calls come from that are not set here. Null: ftc.",
    ),
    set(
        "abandon_cap",
        "AbandonCap",
        Kind::Decimal(0.01, 100.0),
        "The most of the answered calls that may be abandoned, in percent. Null: that of the rule.",
    ),
    set(
        "abandon_window",
        "AbandonWindow",
        Kind::Integers(1, 366, 4),
        "Over how many days, today included, that share is counted; each of several windows counts.",
    ),
    set(
        "abandon_seconds",
        "AbandonSeconds",
        Kind::Integer(1, 60),
        "So long may a person wait for an agent, in seconds.",
    ),
    set(
        "abandon_from",
        "AbandonFrom",
        Kind::Words(&["answer", "greeting"]),
        "From when those seconds count: the answer, or the end of the greeting. Null: greeting.",
    ),
    set(
        "abandon_count",
        "AbandonCount",
        Kind::Words(&["persons", "all"]),
        "What the share is one of: calls that persons answered, or all answered calls. Null: persons.",
    ),
    set(
        "abandon_message",
        "AbandonMessage",
        Kind::Text,
        "The sound file that is played to a person for whom no agent was there.",
    ),
    set(
        "preview_seconds",
        "PreviewSeconds",
        Kind::Integer(5, 3_600),
        "Preview: how long an offer stands, in seconds. Null: 30.",
    ),
    set(
        "preview_first",
        "PreviewFirst",
        Kind::Words(&["agent", "customer"]),
        "Preview: whose phone is called first. Null: agent.",
    ),
    CREATED,
    UPDATED,
];

/// Fields of dial lists.
pub(crate) const DIAL_LIST: &[Field] = &[UUID, NAME, DETAIL, VARIABLES, CREATED, UPDATED];

/// Fields of destinations.
pub(crate) const DESTINATION: &[Field] = &[
    UUID,
    NAME,
    DETAIL,
    always(
        "kind",
        "Type",
        Kind::Codes(&[("exten", 0), ("application", 1)]),
        "A place in the dialplan, or an application. Default exten.",
    ),
    set("exten", "Exten", Kind::Text, "Kind exten: the extension."),
    set("context", "Context", Kind::Text, "Kind exten: the context."),
    set(
        "priority",
        "Priority",
        Kind::Integer(*bounds::PRIORITY.start(), *bounds::PRIORITY.end()),
        "Kind exten: the priority. Null: 1.",
    ),
    set(
        "application",
        "Application",
        Kind::Text,
        "Kind application: its name. Applications that run programs need role admin.",
    ),
    set("data", "Data", Kind::Text, "Kind application: its arguments; at most 900 octets."),
    VARIABLES,
    CREATED,
    UPDATED,
];

/// Fields of queues that were noted down.
pub(crate) const QUEUE: &[Field] = &[UUID, NAME, DETAIL, CREATED, UPDATED];

/// Statuses of leads.
pub(crate) const LEAD_STATUS: &[(&str, u8)] = &[("idle", 0), ("dialing", 1), ("reserved", 2)];

/// The word for the status of a lead, by its code.
pub(crate) fn lead_status(code: u8) -> &'static str {
    LEAD_STATUS.iter().find(|(_, own)| *own == code).map_or("", |(word, _)| word)
}

/// Fields of leads.
pub(crate) const LEAD: &[Field] = &[
    UUID,
    Field {
        nullable: false,
        ..set(
            "dial_list",
            "DlmaUuid",
            Kind::Uuid,
            "The dial list that it belongs to. To change it moves the lead.",
        )
    },
    set("name", "Name", Kind::Text, "Name for people; calls carry it, so without ${ and $[."),
    DETAIL,
    shown("status", Kind::Codes(LEAD_STATUS), "Whether a call attempt or an offer to an agent holds it."),
    set("ukey", "UKey", Kind::Text, "Your own key."),
    set("udata", "UData", Kind::Text, "Your own data; calls carry it."),
    set("email", "Email", Kind::Text, "E-mail address."),
    Field {
        nullable: false,
        ..set(
            "numbers",
            "Number",
            Kind::Numbers,
            "Its eight numbers, in the order in which they are tried; null where there is none. A body that has this field sets all eight.",
        )
    },
    shown("tries", Kind::Integers(0, 4_294_967_295, 8), "How often each number was tried."),
    Field {
        nullable: true,
        ..shown("claim", Kind::Claim, "The call attempt that holds it, with campaign and plan.")
    },
    shown(
        "res_dial",
        Kind::Integer(0, 65_535),
        "What the last dialing came to: 4 answered, 3 no answer, 5 busy, 8 congestion, 0 failed or never dialed.",
    ),
    Field { nullable: true, ..shown("res_dial_detail", Kind::Text, "The same in words.") },
    shown("res_hangup", Kind::Integer(0, 65_535), "The Q.850 cause of the last hang-up."),
    Field { nullable: true, ..shown("res_hangup_detail", Kind::Text, "The same in words.") },
    VARIABLES,
    CREATED,
    UPDATED,
];

/// What an agent says who refuses an offer.
pub(crate) const REFUSAL: &[Field] = &[set(
    "delay_ms",
    "Delay",
    Kind::Integer(*bounds::RETRY_DELAY_MS.start(), *bounds::RETRY_DELAY_MS.end()),
    "When the lead may be had again, in milliseconds. Null: the plan's retry delay.",
)];
