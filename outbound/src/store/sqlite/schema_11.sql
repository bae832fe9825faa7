-- Which results are those of a lead (its row), of a dial list (its row) and of a number, so that one customer's are found among millions.
-- Not columns of result: an upgrade would write each of its rows anew.
CREATE TABLE result_lead (lead INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (lead, seq)) WITHOUT ROWID;
CREATE TABLE result_list (dlma INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (dlma, seq)) WITHOUT ROWID;
CREATE TABLE result_number (number TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (number, seq)) WITHOUT ROWID;
CREATE INDEX result_camp ON result (camp);
INSERT INTO result_lead SELECT lead.id, seq
    FROM result CROSS JOIN lead ON lead.uuid = unhex(json_extract(json, '$.dl_list_uuid'), '-') WHERE json_valid(json) ORDER BY seq;
INSERT INTO result_list SELECT dlma.id, seq
    FROM result CROSS JOIN dlma ON dlma.uuid = unhex(json_extract(json, '$.dlma_uuid'), '-') WHERE json_valid(json) ORDER BY seq;
INSERT INTO result_number SELECT json_extract(json, '$.dial_addr'), seq
    FROM result WHERE json_valid(json) AND json_extract(json, '$.dial_addr') IS NOT NULL ORDER BY seq;
