//! How the leads of a list stand: kept with each change by the triggers of `schema_13.sql`, and with new leads by [`add`];
//! those that are being dialed are in the table of open claims.

use rusqlite::{Connection, OptionalExtension, Result, params};
use uuid::Uuid;

/// How the leads of a list stand. A lead may count more than once: one that is being dialed again was called before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeadCounts {
    /// Leads that are not deleted.
    pub total: u64,
    /// Answered, or without a number that has tries left.
    pub finished: u64,
    /// Neither finished nor held by a dialing; their next try may still have to wait.
    pub available: u64,
    /// Being dialed.
    pub dialing: u64,
    /// Tried at least once.
    pub called: u64,
}

/// So many new leads, open, are in a list (its row), so many of them already called.
pub(super) fn add(connection: &Connection, list: i64, leads: usize, called: usize) -> Result<()> {
    let sql = "UPDATE lead_count SET total = total + ?2, called = called + ?3 WHERE dlma = ?1";
    let [leads, called] = [leads, called].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    connection.prepare_cached(sql)?.execute([list, leads, called]).map(drop)
}

/// The counts of a list; all are 0 for one that is not there. The cost grows with the calls that are under way, and not with the list.
pub(in crate::store) fn of_list(connection: &Connection, list: Uuid) -> Result<LeadCounts> {
    let mut statement = connection.prepare_cached(
        "SELECT total, finished, called, held, dialing FROM lead_count CROSS JOIN ( \
         SELECT count(*) FILTER (WHERE closed = 0) AS held, count(*) FILTER (WHERE status = 1) AS dialing \
         FROM dialing CROSS JOIN lead ON lead.id = dialing.lead \
         WHERE lead.dlma = (SELECT id FROM dlma WHERE uuid = ?1) AND lead.tm_delete IS NULL) \
         WHERE dlma = (SELECT id FROM dlma WHERE uuid = ?1)",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let (total, finished, called) = (count(0)?, count(1)?, count(2)?);
        let available = total.saturating_sub(finished).saturating_sub(count(3)?);
        Ok(LeadCounts { total, finished, available, dialing: count(4)?, called })
    };
    Ok(statement.query_row(params![list.as_bytes()], read).optional()?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema;

    const COUNTED: &str = "SELECT count(*), ifnull(sum(closed != 0), 0), ifnull(sum(closed = 0 AND status = 0), 0), \
        ifnull(sum(status = 1), 0), ifnull(sum(trycnt1 + trycnt8 > 0), 0) FROM lead WHERE dlma = ?1 AND tm_delete IS NULL";

    /// A lead that is held has an open claim, and no other has.
    const OPEN_CLAIMS: &str = "DELETE FROM dialing; \
        INSERT INTO dialing (uuid, lead, dlma, camp, plan, asterisk, idx, trycnt, tm_create, serial) \
        SELECT uuid, id, 1, x'', x'', '', 1, 1, 0, id FROM lead WHERE status != 0";

    /// A number that looks random, and is the same each time.
    fn scattered(step: u64, salt: u64) -> u64 {
        (step * 8 + salt)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
            .wrapping_mul(0xbf58_476d_1ce4_e5b9)
            >> 33
    }

    #[test]
    fn they_are_those_of_the_rows_whatever_is_done_to_them() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        for list in 1..=2_u8 {
            let sql = "INSERT INTO dlma (id, uuid, variables, tm_create) VALUES (?1, ?2, '[]', 0)";
            connection.execute(sql, params![list, Uuid::from_u128(list.into()).as_bytes()]).unwrap();
        }
        for step in 0..2_000_u64 {
            let [what, id, a, b] = [1, 2, 3, 4].map(|salt| scattered(step, salt));
            let (id, list) = (id % 40, 1 + a % 2);
            let uuid = Uuid::from_u128(u128::from(step) + 100);
            let sql = match what % 9 {
                0 | 1 => {
                    "INSERT INTO lead (uuid, dlma, status, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, trycnt6, trycnt7, \
                    trycnt8, res_dial, res_hangup, variables, tm_create, id) VALUES (?5, ?2, 0, ?4 % 2, 0, 0, 0, 0, 0, 0, \
                    0, 0, 0, '[]', 0, ?1) ON CONFLICT (id) DO NOTHING"
                }
                2 => "UPDATE lead SET status = ?3 % 3 WHERE id = ?1",
                3 => "UPDATE lead SET closed = ?3 % 3, trycnt8 = ?4 % 3 WHERE id = ?1",
                4 => "UPDATE lead SET status = 0, trycnt1 = trycnt1 + 1, closed = ?4 % 3 WHERE id = ?1",
                5 => "UPDATE lead SET dlma = ?2, closed = iif(closed = 2, 0, closed) WHERE id = ?1",
                6 => "UPDATE lead SET tm_delete = iif(?3 % 3 = 0, NULL, 1) WHERE id = ?1",
                7 => "DELETE FROM lead WHERE id = ?1 AND status = 0 AND ?3 % 4 = 0",
                _ => {
                    "UPDATE lead SET dlma = ?2, status = ?3 % 3, tm_delete = iif(?4 % 2, NULL, 1) WHERE id = ?1"
                }
            };
            let mut statement = connection.prepare(sql).unwrap();
            let used = statement.parameter_count();
            for at in 1..=used {
                match at {
                    1 => statement.raw_bind_parameter(1, id.cast_signed()),
                    2 => statement.raw_bind_parameter(2, list.cast_signed()),
                    3 => statement.raw_bind_parameter(3, a.cast_signed()),
                    4 => statement.raw_bind_parameter(4, b.cast_signed()),
                    _ => statement.raw_bind_parameter(at, uuid.as_bytes()),
                }
                .unwrap();
            }
            if statement.raw_execute().unwrap() == 1 && sql.starts_with("INSERT") {
                add(&connection, list.cast_signed(), 1, usize::from(b % 2 == 1)).unwrap();
            }
            connection.execute_batch(OPEN_CLAIMS).unwrap();
            for list in 1..=2_u8 {
                let there = connection.query_row(COUNTED, [list], |row| {
                    Ok([row.get::<_, u32>(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
                });
                let LeadCounts { total, finished, available, dialing, called } =
                    of_list(&connection, Uuid::from_u128(list.into())).unwrap();
                assert_eq!(
                    [total, finished, available, dialing, called],
                    there.unwrap().map(u64::from),
                    "{step}: {sql}"
                );
            }
        }
        assert!(of_list(&connection, Uuid::from_u128(1)).unwrap().total > 3, "there was something to count");
        assert_eq!(of_list(&connection, Uuid::from_u128(3)).unwrap(), LeadCounts::default());
    }
}
