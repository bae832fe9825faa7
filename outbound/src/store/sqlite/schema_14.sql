-- Imports that are over, for webhooks: one row for each time that an import was, the last 10,000.
CREATE TABLE import_end (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    import BLOB NOT NULL, dlma BLOB NOT NULL,
    -- as in import_file
    state INTEGER NOT NULL, campaigns INTEGER NOT NULL,
    -- of the file
    name TEXT,
    error TEXT,
    imported INTEGER NOT NULL, updated INTEGER NOT NULL, skipped INTEGER NOT NULL, refused INTEGER NOT NULL,
    time INTEGER NOT NULL
);
CREATE TRIGGER import_is_over AFTER UPDATE OF state ON import_file WHEN OLD.state < 2 AND NEW.state >= 2 BEGIN
    INSERT INTO import_end (import, dlma, state, campaigns, name, error, imported, updated, skipped, refused, time)
        SELECT NEW.id, NEW.dlma, NEW.state, NEW.campaigns,
            CASE WHEN json_valid(NEW.wish) THEN json_extract(NEW.wish, '$.parameters.name') END, NEW.error,
            coalesce(i.leads, 0), coalesce(i.updated, 0), coalesce(i.skipped, 0), coalesce(i.refused, 0),
            coalesce(NEW.tm_end, NEW.tm_create)
        FROM (SELECT 1) LEFT JOIN import AS i ON i.id = NEW.id;
    DELETE FROM import_end WHERE seq <= (SELECT max(seq) FROM import_end) - 10000;
END;
-- How far a webhook has come in it; types has the bit 4 for it.
ALTER TABLE webhook ADD COLUMN import_seq INTEGER NOT NULL DEFAULT 0;
