//! Whose a channel is: the uuids of a store's dialings end in the store's own number, so that its channels are known on an
//! Asterisk that other dialers use too.

use std::fmt;

use uuid::Uuid;

use crate::preview::agent_channel;

/// The last 48 bits of a uuid, its `node`.
const NODE: u128 = (1 << 48) - 1;

/// So many places on an Asterisk hold the marks of a store's calls: a mark takes the place of that of a serial that is a multiple of
/// this lower.
pub const MARK_PLACES: u64 = 256;

/// The number of a store: drawn once, when the store is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreId(u64);

impl StoreId {
    /// Of a random number, of which 48 bits count.
    pub const fn new(number: u64) -> Self {
        Self(number & ((1 << 48) - 1))
    }

    /// The uuid of a dialing, from a random one (version 4, which it stays): 74 of its bits are random.
    pub fn dialing(self, random: Uuid) -> Uuid {
        Uuid::from_u128(random.as_u128() & !NODE | u128::from(self.0))
    }

    /// True for the channels of this store's dialings: those of customers, and of agents in previews.
    pub fn owns(self, channel: Uuid) -> bool {
        let ends = |uuid: Uuid| uuid.as_u128() & NODE == u128::from(self.0);
        ends(channel) || ends(agent_channel(channel))
    }
}

/// Twelve hexadecimal digits, as they stand at the end of its dialings' uuids.
impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

impl std::str::FromStr for StoreId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stores_dialings_are_told_from_those_of_others_and_stay_of_version_4() {
        let (ours, others) = (StoreId::new(0xabc_0123_4567_89ab), StoreId::new(7));
        let random = Uuid::from_u128(0xfeed_beef_feed_4eef_8eed_beef_feed_beef);
        let dialing = ours.dialing(random);
        assert_eq!(dialing.to_string(), "feedbeef-feed-4eef-8eed-0123456789ab");
        assert!(ours.owns(dialing) && ours.owns(agent_channel(dialing)));
        assert!(!others.owns(dialing) && !others.owns(agent_channel(dialing)) && !ours.owns(random));
        assert_eq!(ours.to_string().parse(), Ok(ours));
    }
}
