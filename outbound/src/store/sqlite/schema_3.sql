-- Settings beyond the contract: one JSON object, a setting's name and its text.
ALTER TABLE plan ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';
ALTER TABLE campaign ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';
