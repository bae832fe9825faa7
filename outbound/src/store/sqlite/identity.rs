//! What makes the claims of this store its own: the number in their uuids, and serials that only grow.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use engine::store_id::{MARK_PLACES, StoreId};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::store::StoreError;

const KEY: &str = "store_id";

/// Gives new claims their uuids and serials.
#[derive(Debug)]
pub(in crate::store) struct Identity {
    pub(in crate::store) store: StoreId,
    pub(in crate::store) last_serial: i64,
    /// Places of marks that are not taken while this process lives: those of the claims that were open at its start. Where they
    /// were never sent, that is seen by what their places hold, however often the process dies.
    kept_places: BTreeSet<u64>,
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
        let mut statement = connection.prepare("SELECT serial FROM dialing")?;
        let open: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        // Microseconds since 1970: more than claims can use up, and higher than those of earlier runs. Where the clock was set
        // back, at least higher than those of the claims that are open.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let clock = i64::try_from(since.as_micros()).unwrap_or(i64::MAX / 2);
        let last_serial = open.iter().copied().fold(clock, i64::max);
        let mut kept_places: BTreeSet<u64> = open.iter().map(|serial| place(*serial)).collect();
        if kept_places.len() as u64 > MARK_PLACES / 2 {
            kept_places.clear();
        }
        Ok(Self { store, last_serial, kept_places })
    }

    /// The uuid and the serial of a new claim.
    pub(super) fn next(&mut self) -> (Uuid, i64) {
        self.last_serial += 1;
        while self.kept_places.contains(&place(self.last_serial)) {
            self.last_serial += 1;
        }
        (self.store.dialing(Uuid::new_v4()), self.last_serial)
    }
}

fn place(serial: i64) -> u64 {
    serial.cast_unsigned() % MARK_PLACES
}
