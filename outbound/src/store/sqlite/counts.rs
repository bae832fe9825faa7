//! How the leads of a list stand, counted when somebody asks: counters kept with each change would make every claim and
//! every result a second write.

use rusqlite::{Connection, Result, params};
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

/// Leads that are counted at a time: some milliseconds.
const PART: i64 = 20_000;

/// Some of the leads of a list, counted.
pub(in crate::store) struct Part {
    pub(in crate::store) counts: LeadCounts,
    /// The row id of the last of them; the next part begins behind it. None where this was the end of the list.
    pub(in crate::store) last: Option<i64>,
}

impl LeadCounts {
    /// These and those.
    pub(in crate::store) fn and(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            finished: self.finished + other.finished,
            available: self.available + other.available,
            dialing: self.dialing + other.dialing,
            called: self.called + other.called,
        }
    }
}

/// Counts the next leads behind a row id; all are 0 for a list that is not there.
pub(in crate::store) fn of_part(connection: &Connection, list: Uuid, after: i64) -> Result<Part> {
    of_leads(connection, list, after, PART)
}

fn of_leads(connection: &Connection, list: Uuid, after: i64, most: i64) -> Result<Part> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), ifnull(sum(closed != 0), 0), ifnull(sum(closed = 0 AND status = 0), 0), ifnull(sum(status = 1), 0), \
         ifnull(sum(called), 0), max(id) \
         FROM (SELECT id, closed, status, \
         trycnt1 + trycnt2 + trycnt3 + trycnt4 + trycnt5 + trycnt6 + trycnt7 + trycnt8 > 0 AS called \
         FROM lead WHERE dlma = (SELECT id FROM dlma WHERE uuid = ?1) AND tm_delete IS NULL AND id > ?2 ORDER BY id LIMIT ?3)",
    )?;
    statement.query_row(params![list.as_bytes(), after, most], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let counts = LeadCounts {
            total: count(0)?,
            finished: count(1)?,
            available: count(2)?,
            dialing: count(3)?,
            called: count(4)?,
        };
        Ok(Part { counts, last: row.get(5)? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema;

    #[test]
    fn parts_add_up_to_the_list_whatever_stands_between_its_leads() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let (list, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        for (id, uuid) in [(1, list), (2, other)] {
            let sql = "INSERT INTO dlma (id, uuid, variables, tm_create) VALUES (?1, ?2, '[]', 0)";
            connection.execute(sql, params![id, uuid.as_bytes()]).unwrap();
        }
        for lead in 1..=20_u128 {
            let sql = "INSERT INTO lead (uuid, dlma, status, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, trycnt6, trycnt7, \
                trycnt8, res_dial, res_hangup, variables, tm_create, tm_delete) \
                VALUES (?1, ?2, 0, ?3, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', 0, ?4)";
            let deleted = (lead % 10 == 0).then_some(1);
            let (uuid, list) = (Uuid::from_u128(lead), 1 + i64::from(lead % 3 == 0));
            connection.execute(sql, params![uuid.as_bytes(), list, lead % 2 == 0, deleted]).unwrap();
        }
        // Of 1 to 20 without those that 3 or 10 divide: 12 leads, 5 of them even.
        let wanted = LeadCounts { total: 12, available: 12, called: 5, ..LeadCounts::default() };
        for most in [1, 2, 5, 12, 100] {
            let (mut counts, mut next) = (LeadCounts::default(), Some(0));
            while let Some(after) = next {
                let part = of_leads(&connection, list, after, most).unwrap();
                (counts, next) = (counts.and(part.counts), part.last);
            }
            assert_eq!(counts, wanted, "{most} at a time");
        }
    }
}
