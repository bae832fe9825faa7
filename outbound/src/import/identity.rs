//! What makes an import and its leads their own: an id that the same file has for the same list, and uuids that come one
//! behind the other.

use std::io::{self, Read};

use engine::time::Wall;
use twox_hash::XxHash3_128;
use uuid::Uuid;

const PIECE: usize = 256 << 10;

/// The id of a file's import into a list, by its content. Two files that differ have the same one by chance in 2^128 times.
pub(super) fn of_content(dial_list: Uuid, mut file: impl Read) -> io::Result<Uuid> {
    let mut hash = XxHash3_128::new();
    hash.write(dial_list.as_bytes());
    let mut piece = vec![0; PIECE];
    let mut size = 0u64;
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => {
                hash.write(&piece[..read]);
                size += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    hash.write(&size.to_be_bytes());
    Ok(Uuid::from_u128(hash.finish_128()))
}

/// Gives leads their uuids: of version 4 by their form, as clients expect it, but begun with the time and a count, so that
/// the index on them grows at its end; 62 of their bits are random.
#[derive(Debug, Default)]
pub(super) struct Uuids {
    /// Milliseconds, times 4,096, and the count.
    last: u64,
}

impl Uuids {
    /// Of leads that are made at this time, or after those before.
    pub(super) fn next(&mut self, created: Wall) -> Uuid {
        let milliseconds = u64::try_from(created.0 / 1_000_000).unwrap_or(0);
        self.last = (self.last + 1).max(milliseconds << 12);
        let (time, count) = (self.last >> 12 & ((1 << 48) - 1), self.last & 0xfff);
        let high = time << 16 | 0x4000 | count;
        let low = rand::random::<u64>() >> 2 | 1 << 63;
        Uuid::from_u64_pair(high, low)
    }
}

#[cfg(test)]
mod tests {
    use uuid::{Variant, Version};

    use super::*;

    #[test]
    fn an_import_is_known_by_list_and_content() {
        let (list, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let id = |list, content: &[u8]| of_content(list, content).unwrap();
        assert_eq!(id(list, b"phone\n1\n"), id(list, b"phone\n1\n"));
        assert_ne!(id(list, b"phone\n1\n"), id(other, b"phone\n1\n"));
        assert_ne!(id(list, b"phone\n1\n"), id(list, b"phone\n2\n"));
        assert_ne!(id(list, b""), id(list, b"\0"));
    }

    #[test]
    fn uuids_grow_also_where_the_clock_goes_back_and_are_of_version_4() {
        let mut uuids = Uuids::default();
        let times = [1_700_000_000_000, 1_700_000_000_000, 1_600_000_000_000, 1_700_000_000_009];
        let given: Vec<Uuid> = times.map(|ms: i64| uuids.next(Wall(ms * 1_000_000))).to_vec();
        assert!(given.windows(2).all(|pair| pair[0] < pair[1]), "{given:?}");
        for uuid in given {
            assert_eq!((uuid.get_version(), uuid.get_variant()), (Some(Version::Random), Variant::RFC4122));
        }
        let many: Vec<Uuid> = (0..10_000).map(|_| uuids.next(Wall(1_700_000_000_009_000_000))).collect();
        assert!(many.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
