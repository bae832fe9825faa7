-- The serial of an open claim: it only grows. 0 in claims of older versions.
ALTER TABLE dialing ADD COLUMN serial INTEGER NOT NULL DEFAULT 0;
-- What is known of its answer, as JSON; none before it was answered.
ALTER TABLE dialing ADD COLUMN answer TEXT;
