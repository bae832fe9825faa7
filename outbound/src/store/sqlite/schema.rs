//! The tables, and how an older database comes to them.

use rusqlite::{Connection, TransactionBehavior};

use crate::store::StoreError;

/// One script for each version; the database's `user_version` counts those that have run.
const MIGRATIONS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
    include_str!("schema_11.sql"),
    include_str!("schema_12.sql"),
    include_str!("schema_13.sql"),
    include_str!("schema_14.sql"),
];

/// Brings the database to the newest version in one transaction: a crash or a full disk in the middle of it leaves the
/// version that was there, for the program that was there.
pub(in crate::store) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    migrate_by(connection, MIGRATIONS)
}

fn migrate_by(connection: &mut Connection, scripts: &[&str]) -> Result<(), StoreError> {
    // Read inside the transaction: what was read before could be another process's past.
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = version(&step, scripts.len())?;
    let Some(missing) = scripts.get(version..).filter(|missing| !missing.is_empty()) else {
        return Ok(());
    };
    for script in missing {
        step.execute_batch(script)?;
    }
    step.pragma_update(None, "user_version", i64::try_from(scripts.len()).unwrap_or(i64::MAX))?;
    Ok(step.commit()?)
}

/// The version of a database that this program knows; 0 where it has no tables yet.
pub(in crate::store) fn known_version(connection: &Connection) -> Result<usize, StoreError> {
    version(connection, MIGRATIONS.len())
}

fn version(connection: &Connection, known: usize) -> Result<usize, StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let newer = || StoreError::Newer { found, known: i64::try_from(known).unwrap_or(i64::MAX) };
    usize::try_from(found).ok().filter(|version| *version <= known).ok_or_else(newer)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE note (text TEXT NOT NULL); INSERT INTO note VALUES ('kept');";
    const SECOND: &str = "ALTER TABLE note ADD COLUMN at INTEGER NOT NULL DEFAULT 0;";
    const BREAKS: &str =
        "CREATE TABLE more (x); UPDATE note SET text = 'lost'; INSERT INTO nowhere VALUES (1);";

    #[test]
    fn a_migration_that_fails_halfway_leaves_the_old_version_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&mut connection, &[FIRST]).unwrap();
        let tables = |connection: &Connection| {
            let sql = "SELECT group_concat(sql) FROM sqlite_schema";
            connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
        };
        let before = tables(&connection);
        migrate_by(&mut connection, &[FIRST, SECOND, BREAKS]).unwrap_err();
        assert_eq!(tables(&connection), before);
        assert_eq!(version(&connection, 1), Ok(1));
        migrate_by(&mut connection, &[FIRST]).unwrap();
        migrate_by(&mut connection, &[FIRST, SECOND]).unwrap();
        let kept = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let note: (String, i64) = connection.query_row("SELECT * FROM note", [], kept).unwrap();
        assert_eq!((note, version(&connection, 2)), (("kept".to_owned(), 0), Ok(2)));
        assert_eq!(migrate_by(&mut connection, &[FIRST]), Err(StoreError::Newer { found: 2, known: 1 }));
    }
}
