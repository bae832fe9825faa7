-- Webhooks: who is told of what, and what was and will be delivered.
CREATE TABLE webhook (
    id BLOB PRIMARY KEY NOT NULL,
    url TEXT NOT NULL, secret TEXT NOT NULL,
    -- of bits: 1 dialing.ended, 2 campaign.status
    types INTEGER NOT NULL, camp BLOB, enabled INTEGER NOT NULL,
    -- What is behind these is no delivery yet.
    result_seq INTEGER NOT NULL, status_seq INTEGER NOT NULL,
    tm_create INTEGER NOT NULL, tm_update INTEGER
) WITHOUT ROWID;
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid BLOB NOT NULL,
    webhook BLOB NOT NULL,
    -- 1: the result with this seq; 2: the change of status with this seq
    type INTEGER NOT NULL, seq INTEGER NOT NULL,
    -- 0 waiting, 1 done, 2 dead
    state INTEGER NOT NULL, tries INTEGER NOT NULL,
    -- When it is tried next; since when it is tried.
    due INTEGER NOT NULL, tm_begin INTEGER NOT NULL, tm_update INTEGER,
    -- What the last try got: the status of an answer, or what was instead of one.
    status INTEGER, error TEXT
);
CREATE INDEX delivery_state ON delivery (webhook, state, id);
CREATE INDEX delivery_due ON delivery (webhook, due) WHERE state = 0;
-- The statuses that campaigns have had: the last 10,000.
CREATE TABLE campaign_status (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    camp BLOB NOT NULL, status INTEGER NOT NULL, time INTEGER NOT NULL
);
CREATE TRIGGER campaign_has_status AFTER UPDATE OF status ON campaign WHEN old.status <> new.status BEGIN
    INSERT INTO campaign_status (camp, status, time) VALUES (new.uuid, new.status, coalesce(new.tm_update, new.tm_create));
    DELETE FROM campaign_status WHERE seq <= (SELECT max(seq) FROM campaign_status) - 10000;
END;
