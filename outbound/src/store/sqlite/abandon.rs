//! Counts of answered and abandoned calls by day.

use engine::abandon::{Counts, Day, Tally};
use engine::value::Days;
use rusqlite::{Connection, Result, params};

/// Adds one call. The caller writes its result in the same transaction, and each result only once: so this is exact,
/// whatever is killed in between. Days that no window can hold any more go.
pub(super) fn add(connection: &Connection, tally: &Tally) -> Result<()> {
    let Tally { budget, day, counts } = tally;
    let number = u64::cast_signed;
    connection
        .prepare_cached(
            "INSERT INTO abandon_day (budget, day, answered_persons, answered_all, abandoned, late) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (budget, day) DO UPDATE SET \
             answered_persons = answered_persons + excluded.answered_persons, \
             answered_all = answered_all + excluded.answered_all, \
             abandoned = abandoned + excluded.abandoned, late = late + excluded.late",
        )?
        .execute(params![
            budget,
            day.0,
            number(counts.answered_persons),
            number(counts.answered_all),
            number(counts.abandoned),
            number(counts.late)
        ])?;
    connection
        .prepare_cached("DELETE FROM abandon_day WHERE budget = ?1 AND day <= ?2")?
        .execute(params![budget, day.plus(-Days::MAX.cast_signed()).0])?;
    Ok(())
}

/// All counts.
pub(in crate::store) fn load(connection: &Connection) -> Result<Vec<Tally>> {
    let mut statement = connection.prepare(
        "SELECT budget, day, answered_persons, answered_all, abandoned, late FROM abandon_day ORDER BY budget, day",
    )?;
    let rows = statement.query_map([], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(|count| u64::try_from(count).unwrap_or(0));
        let counts = Counts {
            answered_persons: count(2)?,
            answered_all: count(3)?,
            abandoned: count(4)?,
            late: count(5)?,
        };
        Ok(Tally { budget: row.get(0)?, day: Day(row.get(1)?), counts })
    })?;
    rows.collect()
}
