-- How the leads of each list stand, kept with each change by triggers: so it is known at once of ten million leads. Which leads are
-- being dialed is in dialing: a trigger for each claim would cost a twentieth of a call. Who adds leads adds them here too: a trigger
-- for each of them would make an import a quarter slower.
CREATE TABLE lead_count (
    dlma INTEGER PRIMARY KEY,
    -- Leads that are not deleted; of them those that are closed, and those that were tried.
    total INTEGER NOT NULL DEFAULT 0,
    finished INTEGER NOT NULL DEFAULT 0,
    called INTEGER NOT NULL DEFAULT 0
);
INSERT INTO lead_count
    SELECT dlma.id, count(lead.id), ifnull(sum(closed != 0), 0),
        ifnull(sum(trycnt1 + trycnt2 + trycnt3 + trycnt4 + trycnt5 + trycnt6 + trycnt7 + trycnt8 > 0), 0)
    FROM dlma LEFT JOIN lead ON lead.dlma = dlma.id AND lead.tm_delete IS NULL GROUP BY dlma.id;

CREATE TRIGGER count_list AFTER INSERT ON dlma BEGIN
    INSERT INTO lead_count (dlma) VALUES (NEW.id);
END;

-- What calls do: the lead stays where it is.
CREATE TRIGGER count_called AFTER UPDATE OF closed, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, trycnt6, trycnt7, trycnt8 ON lead
WHEN NEW.tm_delete IS NULL AND OLD.tm_delete IS NULL AND NEW.dlma = OLD.dlma BEGIN
    UPDATE lead_count SET
        finished = finished + (NEW.closed != 0) - (OLD.closed != 0),
        called = called
            + (NEW.trycnt1 + NEW.trycnt2 + NEW.trycnt3 + NEW.trycnt4 + NEW.trycnt5 + NEW.trycnt6 + NEW.trycnt7 + NEW.trycnt8 > 0)
            - (OLD.trycnt1 + OLD.trycnt2 + OLD.trycnt3 + OLD.trycnt4 + OLD.trycnt5 + OLD.trycnt6 + OLD.trycnt7 + OLD.trycnt8 > 0)
        WHERE dlma = NEW.dlma;
END;

-- What users do: it is deleted (or is not any more), or goes to another list.
CREATE TRIGGER count_left AFTER UPDATE OF tm_delete, dlma ON lead
WHEN OLD.tm_delete IS NULL AND (NEW.tm_delete IS NOT NULL OR NEW.dlma != OLD.dlma) BEGIN
    UPDATE lead_count SET total = total - 1,
        finished = finished - (OLD.closed != 0),
        called = called - (OLD.trycnt1 + OLD.trycnt2 + OLD.trycnt3 + OLD.trycnt4 + OLD.trycnt5 + OLD.trycnt6 + OLD.trycnt7 + OLD.trycnt8 > 0)
        WHERE dlma = OLD.dlma;
END;
CREATE TRIGGER count_came AFTER UPDATE OF tm_delete, dlma ON lead
WHEN NEW.tm_delete IS NULL AND (OLD.tm_delete IS NOT NULL OR NEW.dlma != OLD.dlma) BEGIN
    UPDATE lead_count SET total = total + 1,
        finished = finished + (NEW.closed != 0),
        called = called + (NEW.trycnt1 + NEW.trycnt2 + NEW.trycnt3 + NEW.trycnt4 + NEW.trycnt5 + NEW.trycnt6 + NEW.trycnt7 + NEW.trycnt8 > 0)
        WHERE dlma = NEW.dlma;
END;
CREATE TRIGGER count_gone AFTER DELETE ON lead WHEN OLD.tm_delete IS NULL BEGIN
    UPDATE lead_count SET total = total - 1,
        finished = finished - (OLD.closed != 0),
        called = called - (OLD.trycnt1 + OLD.trycnt2 + OLD.trycnt3 + OLD.trycnt4 + OLD.trycnt5 + OLD.trycnt6 + OLD.trycnt7 + OLD.trycnt8 > 0)
        WHERE dlma = OLD.dlma;
END;
