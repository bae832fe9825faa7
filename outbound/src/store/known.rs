//! The keys and numbers that a list has, for an import that looks for leads that are there already. On disk, in a file that
//! goes with its owner, so that memory stays flat whatever the length of the list.

use rusqlite::{Connection, OptionalExtension, params};
use twox_hash::XxHash3_128;
use uuid::Uuid;

use super::StoreError;

/// What a lead is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeadKey<'a> {
    /// Its ukey.
    UKey(&'a str),
    /// One of its numbers.
    Number(&'a str),
}

impl LeadKey<'_> {
    /// Two keys have the same one by chance once in 2^128 times.
    fn hash(self) -> [u8; 16] {
        let (kind, text) = match self {
            Self::UKey(text) => (0, text),
            Self::Number(text) => (1, text),
        };
        XxHash3_128::oneshot_with_seed(kind, text.as_bytes()).to_be_bytes()
    }
}

/// Leads by their keys.
#[derive(Debug)]
pub struct KnownLeads {
    connection: Connection,
}

impl KnownLeads {
    /// Of a list that is empty.
    ///
    /// # Errors
    /// What the database says: no place for temporary files.
    pub fn new() -> Result<Self, StoreError> {
        // A path of no letters is a file that nobody else sees, and that goes with the connection.
        let connection = Connection::open("")?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384; \
             CREATE TABLE known (key BLOB PRIMARY KEY NOT NULL, uuid BLOB NOT NULL) WITHOUT ROWID; BEGIN",
        )?;
        Ok(Self { connection })
    }

    /// Notes whose a key is. Who had it first keeps it.
    ///
    /// # Errors
    /// What the database says.
    pub fn note(&mut self, key: LeadKey<'_>, uuid: Uuid) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached("INSERT OR IGNORE INTO known VALUES (?1, ?2)")?;
        statement.execute(params![key.hash(), uuid.as_bytes()])?;
        Ok(())
    }

    /// Whose a key is.
    ///
    /// # Errors
    /// What the database says.
    pub fn find(&self, key: LeadKey<'_>) -> Result<Option<Uuid>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT uuid FROM known WHERE key = ?1")?;
        let found = statement.query_row([key.hash()], |row| row.get::<_, [u8; 16]>(0)).optional()?;
        Ok(found.map(Uuid::from_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_whose_it_was_first_and_a_number_is_no_ukey() {
        let mut known = KnownLeads::new().unwrap();
        let [ann, bob] = [1, 2].map(Uuid::from_u128);
        known.note(LeadKey::UKey("7"), ann).unwrap();
        known.note(LeadKey::Number("7"), bob).unwrap();
        known.note(LeadKey::UKey("7"), bob).unwrap();
        assert_eq!(known.find(LeadKey::UKey("7")), Ok(Some(ann)));
        assert_eq!(known.find(LeadKey::Number("7")), Ok(Some(bob)));
        assert_eq!(known.find(LeadKey::Number("70")), Ok(None));
    }
}
