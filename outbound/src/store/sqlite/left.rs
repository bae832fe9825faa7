//! What a list has left for a campaign that waits for it, by index: the cost is bounded, however long the list.

use engine::model::NUMBERS;
use engine::time::Wall;
use engine::why::Leads;
use rusqlite::{Connection, Result, params};
use uuid::Uuid;

/// Leads that are counted; of more it is said that there are at least so many.
const COUNTED_MAX: u64 = 100_000;
/// The same where the rows themselves are read.
const READ_MAX: u64 = 10_000;

/// Whether a list has leads at all, and how many of them wait for their next try; with `tries` those that have a number which was tried
/// less often than these say.
pub(in crate::store) fn of_list(
    connection: &Connection,
    list: Uuid,
    now: Wall,
    tries: Option<[u32; NUMBERS]>,
) -> Result<Leads> {
    match tries {
        None => count(connection, list, now, COUNTED_MAX, None),
        Some(tries) => {
            let left =
                (1..).zip(tries).map(|(n, tries)| format!("number{n} IS NOT NULL AND trycnt{n} < {tries}"));
            let left = left.collect::<Vec<_>>().join(" OR ");
            count(connection, list, now, READ_MAX, Some(&left))
        }
    }
}

/// Of the first so many that wait, and one more, those for whom `only` is true.
fn count(connection: &Connection, list: Uuid, now: Wall, most: u64, only: Option<&str>) -> Result<Leads> {
    let waiting = |column: &str| {
        format!(
            "SELECT {column} FROM lead WHERE dlma = list.id AND status = 0 AND closed = 0 AND tm_delete IS NULL \
             AND next_try > ?2 LIMIT ?3"
        )
    };
    let own = only
        .map(|only| format!("(SELECT count(*) FROM ({}) WHERE own)", waiting(&format!("({only}) AS own"))));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT EXISTS (SELECT 1 FROM lead WHERE dlma = list.id AND tm_delete IS NULL), \
         (SELECT count(*) FROM ({})), {} FROM dlma AS list WHERE uuid = ?1",
        waiting("1"),
        own.as_deref().unwrap_or("NULL"),
    ))?;
    let limit = i64::try_from(most + 1).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![list.as_bytes(), now.0, limit])?;
    let Some(row) = rows.next()? else { return Ok(Leads { any: false, waiting: 0, at_least: false }) };
    let seen = row.get::<_, i64>(1)?.cast_unsigned();
    let own = row.get::<_, Option<i64>>(2)?.map_or(seen, i64::cast_unsigned);
    Ok(Leads { any: row.get(0)?, waiting: own.min(most), at_least: seen > most })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema;

    /// A list with leads that may be tried (again) at these times.
    fn list_of(next_tries: &[i64]) -> (Connection, Uuid) {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        let list = Uuid::from_u128(1);
        let sql = "INSERT INTO dlma (id, uuid, variables, tm_create) VALUES (1, ?1, '[]', 0)";
        connection.execute(sql, params![list.as_bytes()]).unwrap();
        for (n, next_try) in next_tries.iter().enumerate() {
            let sql = "INSERT INTO lead (uuid, dlma, status, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, trycnt6, trycnt7, \
                trycnt8, res_dial, res_hangup, variables, tm_create, next_try, closed) \
                VALUES (?1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', 0, ?2, ?3)";
            let closed = i64::from(*next_try < 0);
            let uuid = Uuid::from_u128(n as u128 + 10);
            connection.execute(sql, params![uuid.as_bytes(), next_try, closed]).unwrap();
        }
        (connection, list)
    }

    #[test]
    fn leads_that_wait_are_counted_up_to_a_bound() {
        // One may be tried at once, one is done, three wait.
        let (connection, list) = list_of(&[0, -1, 200, 300, 400]);
        let left = |now, most| count(&connection, list, Wall(now), most, None).unwrap();
        assert_eq!(left(100, 10), Leads { any: true, waiting: 3, at_least: false });
        assert_eq!(left(300, 10).waiting, 1);
        assert_eq!(left(100, 3), Leads { any: true, waiting: 3, at_least: false });
        assert_eq!(left(100, 2), Leads { any: true, waiting: 2, at_least: true });
    }

    #[test]
    fn leads_that_only_others_may_call_again_wait_for_nobody_else() {
        let (connection, list) = list_of(&[200, 300, 400]);
        connection.execute("UPDATE lead SET number1 = '1'", []).unwrap();
        connection.execute("UPDATE lead SET trycnt1 = 2 WHERE next_try = 200", []).unwrap();
        connection.execute("UPDATE lead SET trycnt1 = 2, number2 = '2' WHERE next_try = 300", []).unwrap();
        let waiting = |tries| of_list(&connection, list, Wall(100), tries).unwrap().waiting;
        assert_eq!(
            [None, Some([2; NUMBERS]), Some([3; NUMBERS]), Some([0; NUMBERS])].map(waiting),
            [3, 2, 3, 0]
        );
    }

    #[test]
    fn a_list_without_leads_and_one_that_is_not_there_have_none() {
        let none = Leads { any: false, waiting: 0, at_least: false };
        let (connection, list) = list_of(&[]);
        assert_eq!(of_list(&connection, list, Wall(0), None).unwrap(), none);
        assert_eq!(of_list(&connection, Uuid::from_u128(99), Wall(0), None).unwrap(), none);
    }

    #[test]
    fn they_are_found_by_an_index() {
        let (connection, _) = list_of(&[]);
        let sql = "EXPLAIN QUERY PLAN SELECT 1 FROM lead WHERE dlma = 1 AND status = 0 AND closed = 0 AND tm_delete IS NULL \
                   AND next_try > 5 LIMIT 10";
        let plan: String = connection.query_row(sql, [], |row| row.get(3)).unwrap();
        assert!(plan.contains("SEARCH lead USING INDEX lead_next (dlma=? AND next_try>?)"), "{plan}");
    }
}
