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
];

/// Brings the database to the newest version, each step in a transaction of its own.
pub(in crate::store) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len();
    loop {
        // Read inside the transaction: what was read before could be another process's past.
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let newer = || StoreError::Newer { found, known: i64::try_from(known).unwrap_or(i64::MAX) };
        let version = usize::try_from(found).map_err(|_| newer())?;
        if version > known {
            return Err(newer());
        }
        let Some(script) = MIGRATIONS.get(version) else {
            return Ok(());
        };
        step.execute_batch(script)?;
        step.pragma_update(None, "user_version", found + 1)?;
        step.commit()?;
    }
}
