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

/// Counts; all are 0 for a list that is not there.
pub(in crate::store) fn of_list(connection: &Connection, list: Uuid) -> Result<LeadCounts> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), ifnull(sum(closed != 0), 0), ifnull(sum(closed = 0 AND status = 0), 0), ifnull(sum(status = 1), 0), \
         ifnull(sum(trycnt1 + trycnt2 + trycnt3 + trycnt4 + trycnt5 + trycnt6 + trycnt7 + trycnt8 > 0), 0) \
         FROM lead WHERE dlma = (SELECT id FROM dlma WHERE uuid = ?1) AND tm_delete IS NULL",
    )?;
    statement.query_row(params![list.as_bytes()], |row| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        Ok(LeadCounts {
            total: count(0)?,
            finished: count(1)?,
            available: count(2)?,
            dialing: count(3)?,
            called: count(4)?,
        })
    })
}
