-- Calls that were answered for a queue, by the budget that they count for (a campaign's uuid or the name of a group) and the
-- day (since 1970-01-01, in the campaign's time zone). Written with the result of each call.
CREATE TABLE abandon_day (
    budget TEXT NOT NULL,
    day INTEGER NOT NULL,
    answered_persons INTEGER NOT NULL,
    answered_all INTEGER NOT NULL,
    abandoned INTEGER NOT NULL,
    late INTEGER NOT NULL,
    PRIMARY KEY (budget, day)
) WITHOUT ROWID;
