-- How far imports of leads have come; written with each chunk of their rows.
CREATE TABLE import (
    id BLOB PRIMARY KEY NOT NULL,
    dlma BLOB NOT NULL,
    -- Rows of the source that are done: taken in, refused or empty. The octets are those of the report on the refused ones.
    records INTEGER NOT NULL, leads INTEGER NOT NULL, refused INTEGER NOT NULL, report_octets INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    tm_create INTEGER NOT NULL, tm_update INTEGER NOT NULL
) WITHOUT ROWID;
