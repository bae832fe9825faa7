-- Queues that clients have noted down.
CREATE TABLE queue (
    uuid BLOB PRIMARY KEY NOT NULL,
    name TEXT, detail TEXT,
    tm_create INTEGER NOT NULL, tm_update INTEGER, tm_delete INTEGER
);
