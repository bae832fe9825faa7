//! The keys and numbers that a list has, for an import that looks for leads that are there already. On disk, in a file that
//! goes with its owner, so that memory stays flat whatever the length of the list.
//!
//! Nearly every key of a file is new: a filter in memory says so without a look at the disk. New keys go there many at a time and in
//! order, because one by one each of them would touch a page of its own.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params_from_iter};
use twox_hash::XxHash3_128;
use uuid::Uuid;

use super::StoreError;

/// Keys that go to the disk together: as many as a map of 2^18 places holds.
const AT_ONCE: usize = (1 << 18) / 8 * 7;
/// Keys of one statement.
const ROWS: usize = 50;
/// Blocks of 512 bits of the filter: 16 MiB. Of 3 million keys it takes one in ten thousand new ones for known, of 30 million one
/// in five; then the disk is looked at.
const BLOCKS: usize = 1 << 18;
/// Bits of each key in its block.
const BITS: u32 = 6;

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
    fn hash(self) -> u128 {
        let (kind, text) = match self {
            Self::UKey(text) => (0, text),
            Self::Number(text) => (1, text),
        };
        XxHash3_128::oneshot_with_seed(kind, text.as_bytes())
    }
}

/// Leads by their keys.
pub struct KnownLeads {
    connection: Connection,
    filter: Filter,
    /// Those that are not on the disk yet.
    new: HashMap<u128, Uuid>,
    /// Leads that have changed since they were noted, with the keys that they have now.
    changed: HashMap<Uuid, Vec<u128>>,
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
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192; \
             CREATE TABLE known (key BLOB PRIMARY KEY NOT NULL, uuid BLOB NOT NULL) WITHOUT ROWID; BEGIN",
        )?;
        Ok(Self { connection, filter: Filter::new(), new: HashMap::new(), changed: HashMap::new() })
    }

    /// Notes whose a key is. Who had it first keeps it, as long as he has it.
    ///
    /// # Errors
    /// What the database says.
    pub fn note(&mut self, key: LeadKey<'_>, uuid: Uuid) -> Result<(), StoreError> {
        let hash = key.hash();
        if let Some(now) = self.changed.get_mut(&uuid).filter(|now| !now.contains(&hash)) {
            now.push(hash);
        }
        if self.find(key)?.is_some() {
            return Ok(());
        }
        self.filter.add(hash);
        self.new.insert(hash, uuid);
        if self.new.len() >= AT_ONCE { self.write() } else { Ok(()) }
    }

    /// Notes that a lead has these keys now, and no others.
    ///
    /// # Errors
    /// What the database says.
    pub fn change<'a>(
        &mut self,
        uuid: Uuid,
        mut keys: impl Iterator<Item = LeadKey<'a>>,
    ) -> Result<(), StoreError> {
        self.changed.insert(uuid, Vec::new());
        keys.try_for_each(|key| self.note(key, uuid))
    }

    /// Whose a key is.
    ///
    /// # Errors
    /// What the database says.
    pub fn find(&self, key: LeadKey<'_>) -> Result<Option<Uuid>, StoreError> {
        Ok(self.noted(key)?.filter(|(_, has_it)| *has_it).map(|(uuid, _)| uuid))
    }

    /// True where who is noted for a key has lost it: it may be somebody else's whose it was as well.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_lost(&self, key: LeadKey<'_>) -> Result<bool, StoreError> {
        Ok(self.noted(key)?.is_some_and(|(_, has_it)| !has_it))
    }

    /// Who is noted for a key, and whether he has it still.
    fn noted(&self, key: LeadKey<'_>) -> Result<Option<(Uuid, bool)>, StoreError> {
        let hash = key.hash();
        let owner = if self.filter.may_have(hash) { self.owner(hash)? } else { None };
        let has_it = |uuid: &Uuid| self.changed.get(uuid).is_none_or(|now| now.contains(&hash));
        Ok(owner.map(|uuid| (uuid, has_it(&uuid))))
    }

    fn owner(&self, hash: u128) -> Result<Option<Uuid>, StoreError> {
        if let Some(uuid) = self.new.get(&hash) {
            return Ok(Some(*uuid));
        }
        let mut statement = self.connection.prepare_cached("SELECT uuid FROM known WHERE key = ?1")?;
        let found = statement.query_row([hash.to_be_bytes()], |row| row.get::<_, [u8; 16]>(0)).optional()?;
        Ok(found.map(Uuid::from_bytes))
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let mut new: Vec<_> = self.new.drain().collect();
        new.sort_unstable_by_key(|(hash, _)| *hash);
        for rows in new.chunks(ROWS) {
            let sql = format!("INSERT OR REPLACE INTO known VALUES (?,?){}", ",(?,?)".repeat(rows.len() - 1));
            let values = rows.iter().flat_map(|(hash, uuid)| [hash.to_be_bytes(), uuid.into_bytes()]);
            self.connection.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        }
        Ok(())
    }
}

/// Says of most keys that were never added that they were not; of each that was, that it may have been. The bits of a key are in
/// one block, which is one look into memory.
struct Filter(Vec<[u64; 8]>);

impl Filter {
    fn new() -> Self {
        Self(vec![[0; 8]; BLOCKS])
    }

    fn add(&mut self, hash: u128) {
        let (block, bits) = place(hash);
        bits.for_each(|(word, bit)| self.0[block][word] |= bit);
    }

    fn may_have(&self, hash: u128) -> bool {
        let (block, mut bits) = place(hash);
        bits.all(|(word, bit)| self.0[block][word] & bit != 0)
    }
}

/// The block of a key, and its bits there: the words and the bits in them.
fn place(hash: u128) -> (usize, impl Iterator<Item = (usize, u64)>) {
    let low = move |shift: u32, below: usize| (hash >> shift) as usize % below;
    (low(64, BLOCKS), (0..BITS).map(move |bit| (low(9 * bit, 8), 1 << low(9 * bit + 3, 64))))
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

    #[test]
    fn a_lead_that_changes_has_the_keys_that_it_has_then() {
        let mut known = KnownLeads::new().unwrap();
        let [ann, bob] = [1, 2].map(Uuid::from_u128);
        let number = LeadKey::Number;
        ["1", "2"].into_iter().for_each(|text| known.note(number(text), ann).unwrap());
        known.write().unwrap();
        known.change(ann, [number("2"), number("3")].into_iter()).unwrap();
        let found = |known: &KnownLeads| ["1", "2", "3"].map(|text| known.find(number(text)).unwrap());
        assert_eq!(found(&known), [None, Some(ann), Some(ann)]);
        assert_eq!(["1", "2", "4"].map(|text| known.is_lost(number(text))), [Ok(true), Ok(false), Ok(false)]);
        known.note(number("1"), bob).unwrap();
        known.note(number("2"), bob).unwrap();
        known.write().unwrap();
        assert_eq!(found(&known), [Some(bob), Some(ann), Some(ann)]);
        known.change(ann, std::iter::empty()).unwrap();
        assert_eq!(found(&known), [Some(bob), None, None]);
        known.note(number("3"), ann).unwrap();
        assert_eq!(found(&known), [Some(bob), None, Some(ann)], "it has it again");
    }

    #[test]
    fn keys_are_known_before_and_after_they_have_gone_to_the_disk() {
        let mut known = KnownLeads::new().unwrap();
        let uuid = |n: usize| Uuid::from_u128(n as u128);
        let number = |n: usize| format!("+1202{n:08}");
        let count = AT_ONCE + 1_000;
        (0..count).for_each(|n| known.note(LeadKey::Number(&number(n)), uuid(n)).unwrap());
        assert_eq!(known.new.len(), 1_000, "the others are on the disk");
        for n in (0..count).step_by(97) {
            known.note(LeadKey::Number(&number(n)), uuid(n + 1)).unwrap();
            assert_eq!(known.find(LeadKey::Number(&number(n))), Ok(Some(uuid(n))), "the first keeps it");
        }
        assert!((count..2 * count).all(|n| known.find(LeadKey::Number(&number(n))) == Ok(None)));
        let mistaken =
            (count..2 * count).filter(|n| known.filter.may_have(LeadKey::Number(&number(*n)).hash()));
        assert!(mistaken.count() < count / 1_000);
    }
}
