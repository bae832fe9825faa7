-- What imports have made of rows whose lead the list had already.
ALTER TABLE import ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;
-- Imports of files that the daemon was sent; how far they have come is in import.
CREATE TABLE import_file (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB UNIQUE NOT NULL,
    dlma BLOB NOT NULL,
    -- 0 waiting, 1 running, 2 done, 3 failed, 4 cancelled
    state INTEGER NOT NULL,
    -- What it means for campaigns on the list: 0 nothing, rows are only looked at; 1 they call leads as they come in; 2 they wait for its end
    campaigns INTEGER NOT NULL,
    -- What is wanted of the rows: a JSON object.
    wish TEXT NOT NULL,
    -- Why it has failed.
    error TEXT,
    tm_create INTEGER NOT NULL, tm_begin INTEGER, tm_end INTEGER
);
