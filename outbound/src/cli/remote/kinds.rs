//! What there is to be worked on: the word on the command line, its place in the API, its fields, and what is shown of it.

use crate::http::api::fields::{self, Field, Kind as Type};

/// A kind of thing.
#[derive(Debug)]
pub(super) struct Kind {
    /// The command.
    pub(super) word: &'static str,
    pub(super) about: &'static str,
    /// Under /api/v1.
    pub(super) path: &'static str,
    /// What identifies one in a path.
    pub(super) key: &'static str,
    /// What can be set.
    pub(super) fields: &'static [Field],
    /// Fields that only a create takes.
    pub(super) fixed: &'static [&'static str],
    /// Parameters of its list.
    pub(super) filters: &'static [&'static str],
    /// What a table shows.
    pub(super) columns: &'static [&'static str],
    pub(super) verbs: &'static [Verb],
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    List,
    Show,
    Create,
    Change,
    Delete,
    /// A POST to this place behind it.
    Post(&'static str, &'static str),
    /// What the daemon says at this place behind it.
    Get(&'static str, &'static str),
    /// All of a list as a file.
    Export,
    /// The rows that an import has refused, as a file.
    Report,
    Why,
    Watch,
}

use Verb::{Change, Create, Delete, Export, Get, List, Post, Report, Show, Watch, Why};

const ALL: &[Verb] = &[List, Show, Create, Change, Delete];

const fn text(name: &'static str, doc: &'static str) -> Field {
    Field { name, header: "-", kind: Type::Text, doc, nullable: false }
}

const ROLE: Field = Field {
    kind: Type::Words(&["viewer", "supervisor", "admin"]),
    ..text("role", "What it may do: look; run campaigns; everything.")
};

const USER: &[Field] = &[
    text("name", "The name to sign in with."),
    ROLE,
    text("password", "10 to 256 characters. Others on this machine can see it while the command runs."),
    Field {
        kind: Type::Switch,
        ..text("must_change_password", "The password is good for one sign-in. Default true.")
    },
];

const TOKEN: &[Field] = &[
    text("name", "Whose or what for."),
    ROLE,
    Field {
        kind: Type::Integer(1, 3_650),
        ..text("expires_in_days", "How long it is good for. Default 365.")
    },
];

/// Every kind, in the order of the help.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        word: "campaign",
        about: "Campaigns: a plan that works through a dial list",
        path: "campaigns",
        key: "uuid",
        fields: fields::CAMPAIGN,
        fixed: &[],
        filters: &["status", "plan", "dial_list", "destination", "name"],
        columns: &["name", "status", "plan", "dial_list", "uuid"],
        verbs: &[
            List,
            Show,
            Create,
            Change,
            Delete,
            Post("start", "Start it"),
            Post("pause", "No new calls; those that are up end by themselves, then it is paused"),
            Post("stop", "No new calls; those that are up end by themselves, then it is stopped"),
            Post("force-stop", "Stop it and hang up all its calls"),
            Get("stats", "Count the leads of its dial list by how they stand"),
            Why,
            Watch,
        ],
    },
    Kind {
        word: "plan",
        about: "Plans: how calls are made",
        path: "plans",
        key: "uuid",
        fields: fields::PLAN,
        fixed: &[],
        filters: &["dial_mode", "queue_name", "trunk_name", "name"],
        columns: &["name", "dial_mode", "queue_name", "trunk_name", "tech_name", "uuid"],
        verbs: ALL,
    },
    Kind {
        word: "list",
        about: "Dial lists: whom to call; leads out of CSV files",
        path: "dial-lists",
        key: "uuid",
        fields: fields::DIAL_LIST,
        fixed: &[],
        filters: &["name"],
        columns: &["name", "detail", "created", "uuid"],
        verbs: &[
            List,
            Show,
            Create,
            Change,
            Delete,
            Get("stats", "Count its leads by how they stand"),
            Export,
        ],
    },
    Kind {
        word: "import",
        about: "Imports of leads out of files that a daemon was sent (outbound list import), newest first",
        path: "imports",
        key: "id",
        fields: &[],
        fixed: &[],
        filters: &["dial_list"],
        columns: &[
            "name",
            "state",
            "dial_list",
            "rows",
            "imported",
            "updated",
            "skipped",
            "refused",
            "created_at",
            "id",
        ],
        verbs: &[
            List,
            Show,
            Post("cancel", "End it; leads that are in stay in, and the same file goes on from there"),
            Report,
        ],
    },
    Kind {
        word: "lead",
        about: "Leads: customers with up to eight numbers",
        path: "leads",
        key: "uuid",
        fields: fields::LEAD,
        fixed: &["dial_list"],
        filters: &["dial_list", "status", "ukey", "number", "name"],
        columns: &["name", "ukey", "numbers", "status", "tries", "res_dial_detail", "uuid"],
        verbs: &[List, Show, Create, Change, Delete, Export],
    },
    Kind {
        word: "destination",
        about: "Destinations: dialplan places for answered calls",
        path: "destinations",
        key: "uuid",
        fields: fields::DESTINATION,
        fixed: &[],
        filters: &["kind", "name"],
        columns: &["name", "kind", "exten", "context", "priority", "application", "uuid"],
        verbs: ALL,
    },
    Kind {
        word: "dialing",
        about: "Dialings: call attempts that are alive",
        path: "dialings",
        key: "uuid",
        fields: &[],
        fixed: &[],
        filters: &["campaign", "asterisk"],
        columns: &["number", "status", "campaign", "asterisk", "agent", "created", "uuid"],
        verbs: &[List, Show, Post("hangup", "Hang it up")],
    },
    Kind {
        word: "result",
        about: "Results: dialings that have ended, newest first",
        path: "results",
        key: "seq",
        fields: &[],
        fixed: &[],
        filters: &["campaign", "dial_list", "lead", "number", "outcome", "since", "until"],
        columns: &["tm_hangup", "lead", "dial_addr", "outcome", "res_hangup_detail", "campaign"],
        verbs: &[List, Export],
    },
    Kind {
        word: "agent",
        about: "Agents: the members of the queues, and what each is doing",
        path: "agents",
        key: "name",
        fields: &[],
        fixed: &[],
        filters: &["asterisk", "queue", "state"],
        columns: &["name", "state", "paused", "queue", "interface", "asterisk"],
        verbs: &[List],
    },
    Kind {
        word: "queue",
        about: "Queues of the Asterisks, as they are now",
        path: "queues/live",
        key: "queue",
        fields: &[],
        fixed: &[],
        filters: &["asterisk", "queue"],
        columns: &[
            "queue",
            "asterisk",
            "logged_in",
            "idle",
            "ringing",
            "busy",
            "wrap_up",
            "away",
            "members",
            "other_callers",
        ],
        verbs: &[List],
    },
    Kind {
        word: "asterisk",
        about: "The Asterisks: state and capacity",
        path: "asterisks",
        key: "name",
        fields: &[],
        fixed: &[],
        filters: &[],
        columns: &["name", "state", "calls", "max_channels", "max_cps", "trunks"],
        verbs: &[List],
    },
    Kind {
        word: "user",
        about: "Users who sign in over HTTP (for admins)",
        path: "users",
        key: "name",
        fields: USER,
        fixed: &["name", "password", "must_change_password"],
        filters: &[],
        columns: &["name", "role", "must_change_password", "created_at", "updated_at"],
        verbs: ALL,
    },
    Kind {
        word: "token",
        about: "Tokens of programs (for admins)",
        path: "tokens",
        key: "id",
        fields: TOKEN,
        fixed: &["name", "role", "expires_in_days"],
        filters: &[],
        columns: &["name", "role", "created_at", "expires_at", "last_used_at", "id"],
        verbs: &[List, Show, Create, Delete],
    },
    Kind {
        word: "audit",
        about: "Who changed what, newest first (for admins)",
        path: "audit",
        key: "id",
        fields: &[],
        fixed: &[],
        filters: &[],
        columns: &["time", "kind", "who", "role", "address", "method", "path", "status"],
        verbs: &[List],
    },
];

impl Kind {
    /// What the command is called, too.
    pub(super) fn alias(&self) -> Option<&'static str> {
        (self.word == "result").then_some("results")
    }

    /// The field that one is named by, beside its key; none of what has no names.
    pub(super) fn name(&self) -> Option<&'static str> {
        match self.word {
            "lead" => Some("ukey"),
            "dialing" | "import" => None,
            _ => Some("name"),
        }
    }

    /// The kind that a field of this name leads to.
    pub(super) fn of_field(name: &str) -> Option<&'static Self> {
        let word = match name {
            "next_campaign" | "campaign" => "campaign",
            "dial_list" => "list",
            "plan" | "destination" | "lead" => name,
            _ => return None,
        };
        KINDS.iter().find(|kind| kind.word == word)
    }
}
