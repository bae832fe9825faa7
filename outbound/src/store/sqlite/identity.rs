//! What makes the claims of this store its own: the number in their uuids, and serials that only grow.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::store_id::StoreId;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::store::StoreError;

const KEY: &str = "store_id";

/// Gives new claims their uuids and serials.
#[derive(Debug)]
pub(in crate::store) struct Identity {
    pub(in crate::store) store: StoreId,
    pub(in crate::store) last_serial: i64,
}

impl Identity {
    /// That of a database, which is made where it has none yet.
    pub(in crate::store) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let kept: Option<String> = connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [KEY], |row| row.get(0))
            .optional()?;
        let store = match kept.and_then(|text| text.parse().ok()) {
            Some(store) => store,
            None => {
                let store = StoreId::new(rand::random());
                connection.execute(
                    "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",
                    [KEY, &store.to_string()],
                )?;
                store
            }
        };
        let highest: Option<i64> =
            connection.query_row("SELECT max(serial) FROM dialing", [], |row| row.get(0))?;
        // Microseconds since 1970: more than claims can use up, and higher than those of earlier runs. Where the clock was set
        // back, at least higher than those of the claims that are open.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let clock = i64::try_from(since.as_micros()).unwrap_or(i64::MAX / 2);
        Ok(Self { store, last_serial: clock.max(highest.unwrap_or(0)) })
    }

    /// The uuid and the serial of a new claim.
    pub(super) fn next(&mut self) -> (Uuid, i64) {
        self.last_serial += 1;
        (self.store.dialing(Uuid::new_v4()), self.last_serial)
    }
}
