//! Lists full of made-up leads, for measurements: ten million of them in a minute.

use std::path::Path;

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::counts;
use crate::store::{StoreError, Trouble};

/// Leads in one transaction.
const AT_ONCE: u64 = 500_000;

/// Fills lists (uuid, number of leads) of a database that no daemon works with. The leads have a name, a key and one number:
/// these digits and eight more. Only columns that each version of the database has are written, so that other binaries can be
/// measured too.
///
/// # Errors
/// What the database says; a list that is not there.
pub fn fill<'a>(
    path: &Path,
    lists: impl IntoIterator<Item = (&'a str, u64)>,
    digits: &str,
) -> Result<(), StoreError> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    connection.pragma_update(None, "cache_size", -256 * 1024)?;
    for (list, leads) in lists {
        fill_list(&mut connection, list, digits, leads)?;
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    // Else the first one to sync something else would write all of it.
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::Unwritable(Trouble::of_io(&error)))
}

fn fill_list(connection: &mut Connection, list: &str, digits: &str, leads: u64) -> Result<(), StoreError> {
    let list = Uuid::try_parse(list).map_err(|_| StoreError::UnknownDialList)?;
    let list: i64 =
        connection
            .query_row("SELECT id FROM dlma WHERE uuid = ?1", params![list.as_bytes()], |row| row.get(0))?;
    let mut from = 0;
    while from < leads {
        let until = leads.min(from + AT_ONCE);
        let transaction = connection.transaction()?;
        // Uuids of version 4 in form; in order, so that making them costs no disk.
        transaction.execute(
            "WITH RECURSIVE n(i) AS (SELECT ?2 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?3) \
             INSERT INTO lead (uuid, dlma, name, status, ukey, number1, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, \
             trycnt6, trycnt7, trycnt8, res_dial, res_hangup, variables, tm_create) \
             SELECT unhex(printf('%012x4000800000000000%04x', i / 65536 + ?1 * 16777216, i % 65536)), ?1, 'Customer ' || i, 0, 'K' || i, \
             ?4 || printf('%08d', i), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', 1795400000000000000 + i FROM n",
            params![list, from.cast_signed(), until.cast_signed(), digits],
        )?;
        transaction.commit()?;
        from = until;
    }
    let counts = "SELECT count(*) FROM sqlite_schema WHERE name = 'lead_count'";
    if connection.query_row(counts, [], |row| row.get::<_, i64>(0))? > 0 {
        counts::add(connection, list, usize::try_from(leads).unwrap_or(usize::MAX), 0)?;
    }
    Ok(())
}
