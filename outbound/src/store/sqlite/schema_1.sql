-- Times are nanoseconds since 1970 (UTC); uuids are 16 octets; variables are a JSON list of [name, value].
CREATE TABLE plan (
    uuid BLOB PRIMARY KEY NOT NULL,
    name TEXT, detail TEXT,
    dial_mode INTEGER NOT NULL, dial_timeout INTEGER NOT NULL, caller_id TEXT, answer_handle INTEGER NOT NULL,
    dl_end_handle INTEGER NOT NULL, retry_delay INTEGER NOT NULL, trunk_name TEXT, tech_name TEXT, queue_name TEXT,
    amd_mode INTEGER NOT NULL, service_level INTEGER NOT NULL,
    max_retry_cnt1 INTEGER NOT NULL, max_retry_cnt2 INTEGER NOT NULL, max_retry_cnt3 INTEGER NOT NULL,
    max_retry_cnt4 INTEGER NOT NULL, max_retry_cnt5 INTEGER NOT NULL, max_retry_cnt6 INTEGER NOT NULL,
    max_retry_cnt7 INTEGER NOT NULL, max_retry_cnt8 INTEGER NOT NULL,
    uui_field TEXT, variables TEXT NOT NULL,
    tm_create INTEGER NOT NULL, tm_update INTEGER, tm_delete INTEGER
);

CREATE TABLE dlma (
    id INTEGER PRIMARY KEY,
    uuid BLOB UNIQUE NOT NULL,
    name TEXT, detail TEXT, variables TEXT NOT NULL,
    tm_create INTEGER NOT NULL, tm_update INTEGER, tm_delete INTEGER,
    -- The widest numbers of tries that the list was last worked with.
    widest_tries TEXT
);

CREATE TABLE destination (
    uuid BLOB PRIMARY KEY NOT NULL,
    name TEXT, detail TEXT,
    type INTEGER NOT NULL, exten TEXT, context TEXT, priority INTEGER, application TEXT, data TEXT,
    variables TEXT NOT NULL,
    tm_create INTEGER NOT NULL, tm_update INTEGER, tm_delete INTEGER
);

CREATE TABLE campaign (
    uuid BLOB PRIMARY KEY NOT NULL,
    name TEXT, detail TEXT,
    status INTEGER NOT NULL, plan BLOB, dlma BLOB, dest BLOB, next_campaign BLOB,
    sc_mode INTEGER NOT NULL, sc_time_start TEXT, sc_time_end TEXT, sc_date_start TEXT, sc_date_end TEXT,
    sc_date_list TEXT, sc_date_list_except TEXT, sc_day_list TEXT,
    tm_create INTEGER NOT NULL, tm_update INTEGER, tm_delete INTEGER
);

CREATE TABLE lead (
    id INTEGER PRIMARY KEY,
    uuid BLOB UNIQUE NOT NULL,
    dlma INTEGER NOT NULL REFERENCES dlma(id),
    name TEXT, detail TEXT,
    status INTEGER NOT NULL, ukey TEXT, udata TEXT,
    dialing BLOB, dialing_camp BLOB, dialing_plan BLOB,
    number1 TEXT, number2 TEXT, number3 TEXT, number4 TEXT, number5 TEXT, number6 TEXT, number7 TEXT, number8 TEXT,
    email TEXT,
    trycnt1 INTEGER NOT NULL, trycnt2 INTEGER NOT NULL, trycnt3 INTEGER NOT NULL, trycnt4 INTEGER NOT NULL,
    trycnt5 INTEGER NOT NULL, trycnt6 INTEGER NOT NULL, trycnt7 INTEGER NOT NULL, trycnt8 INTEGER NOT NULL,
    res_dial INTEGER NOT NULL, res_dial_detail TEXT, res_hangup INTEGER NOT NULL, res_hangup_detail TEXT,
    variables TEXT NOT NULL,
    tm_create INTEGER NOT NULL, tm_update INTEGER, tm_delete INTEGER,
    -- When it may be tried (again); 0 = not tried yet.
    next_try INTEGER NOT NULL DEFAULT 0,
    -- 0 = open, 1 = answered, 2 = put aside: no number left under dlma.widest_tries.
    closed INTEGER NOT NULL DEFAULT 0
);
-- The next lead of a list: the index holds only what may be claimed, in the order of claims (then by id).
CREATE INDEX lead_next ON lead(dlma, next_try) WHERE status = 0 AND closed = 0 AND tm_delete IS NULL;
-- A list in the order of creation.
CREATE INDEX lead_list ON lead(dlma) WHERE tm_delete IS NULL;
-- What comes back when the limits of a list grow.
CREATE INDEX lead_aside ON lead(dlma) WHERE closed = 2;

-- One row for each open claim.
CREATE TABLE dialing (
    uuid BLOB PRIMARY KEY NOT NULL,
    lead INTEGER NOT NULL REFERENCES lead(id),
    dlma INTEGER NOT NULL,
    camp BLOB NOT NULL, plan BLOB NOT NULL, dest BLOB,
    asterisk TEXT NOT NULL,
    -- Which number, 1 to 8, and which try of it, from 1.
    idx INTEGER NOT NULL, trycnt INTEGER NOT NULL,
    tm_create INTEGER NOT NULL
) WITHOUT ROWID;

-- One row for each ended dialing. The last row is never removed, so a seq is never given twice.
CREATE TABLE result (
    seq INTEGER PRIMARY KEY,
    dialing BLOB NOT NULL,
    camp BLOB NOT NULL,
    tm_end INTEGER NOT NULL,
    json TEXT NOT NULL
);

CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
