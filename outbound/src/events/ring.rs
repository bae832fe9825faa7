//! The events of the last while, and their ids. An id is `EPOCH-NUMBER`: within an epoch nothing is missing between two numbers; what
//! happened between two epochs is not here, so an id of an earlier one is too old.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

/// Events that are kept at most ...
const EVENTS_MAX: usize = 20_000;
/// ... and their octets.
const OCTETS_MAX: usize = 16 << 20;

/// The place of an event: all of them in one order, also across restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventId {
    /// When the epoch began, in microseconds since 1970.
    pub(crate) epoch: u64,
    /// From 1; 0 is the beginning.
    pub(crate) number: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.number)
    }
}

impl FromStr for EventId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (epoch, number) = text.split_once('-').ok_or(())?;
        Ok(Self { epoch: epoch.parse().map_err(drop)?, number: number.parse().map_err(drop)? })
    }
}

/// An event, written down.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its type.
    pub(crate) kind: &'static str,
    /// The campaign that it is about.
    pub(crate) campaign: Option<Uuid>,
    /// As it is sent.
    pub(crate) frame: Vec<u8>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Ring {
    epoch: u64,
    /// The number of the event that is in front.
    front: u64,
    events: VecDeque<Arc<Event>>,
    octets: usize,
    events_max: usize,
    octets_max: usize,
}

impl Ring {
    /// Without events.
    pub(crate) fn new(epoch: u64) -> Self {
        Self {
            epoch,
            front: 1,
            events: VecDeque::new(),
            octets: 0,
            events_max: EVENTS_MAX,
            octets_max: OCTETS_MAX,
        }
    }

    /// The last event's id.
    pub(crate) fn last(&self) -> EventId {
        EventId { epoch: self.epoch, number: self.front + self.events.len() as u64 - 1 }
    }

    /// Adds an event whose frame is made with its id; the oldest go where there are too many. The last one always stays.
    pub(crate) fn push(&mut self, kind: &'static str, campaign: Option<Uuid>, data: &str) {
        let last = self.last();
        let id = EventId { number: last.number + 1, ..last };
        let frame = format!("id: {id}\nevent: {kind}\ndata: {data}\n\n").into_bytes();
        self.octets += frame.len();
        self.events.push_back(Arc::new(Event { kind, campaign, frame }));
        while self.events.len() > 1 && (self.events.len() > self.events_max || self.octets > self.octets_max)
        {
            if let Some(gone) = self.events.pop_front() {
                self.octets -= gone.frame.len();
                self.front += 1;
            }
        }
    }

    /// The events behind an id, at most `count`; `None` where some of them are gone, or where there has never been such an id.
    pub(crate) fn after(&self, id: EventId, count: usize) -> Option<Vec<Arc<Event>>> {
        if id.epoch != self.epoch || id > self.last() || id.number + 1 < self.front {
            return None;
        }
        let skipped = usize::try_from(id.number + 1 - self.front).ok()?;
        Some(self.events.iter().skip(skipped).take(count).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(ring: &Ring, epoch: u64, number: u64) -> Option<Vec<&'static str>> {
        let events = ring.after(EventId { epoch, number }, 10)?;
        Some(events.iter().map(|event| event.kind).collect())
    }

    #[test]
    fn an_id_leads_to_all_behind_it_or_is_too_old() {
        let mut ring = Ring { events_max: 3, ..Ring::new(7) };
        assert_eq!(kinds(&ring, 7, 0), Some(vec![]));
        for kind in ["a", "b", "c", "d"] {
            ring.push(kind, None, "{}");
        }
        assert_eq!(ring.last(), EventId { epoch: 7, number: 4 });
        assert_eq!(kinds(&ring, 7, 0), None, "the first is gone");
        assert_eq!(kinds(&ring, 7, 1), Some(vec!["b", "c", "d"]));
        assert_eq!(kinds(&ring, 7, 3), Some(vec!["d"]));
        assert_eq!(kinds(&ring, 7, 4), Some(vec![]));
        for (epoch, number) in [(7, 5), (6, 3), (8, 3), (7, u64::MAX)] {
            assert_eq!(kinds(&ring, epoch, number), None, "{epoch}-{number}");
        }
    }

    #[test]
    fn a_ring_has_bounds_of_octets_and_keeps_what_came_last() {
        let mut ring = Ring { octets_max: 100, ..Ring::new(7) };
        let small = "{}";
        ring.push("a", None, small);
        ring.push("b", None, small);
        ring.push("c", None, &"x".repeat(200));
        assert_eq!(kinds(&ring, 7, 2), Some(vec!["c"]));
        assert_eq!(kinds(&ring, 7, 1), None);
        ring.push("d", None, small);
        assert_eq!((kinds(&ring, 7, 3), ring.events.len()), (Some(vec!["d"]), 1));
    }

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = EventId { epoch: 1_764_000_000_000_000, number: 12 };
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "5", "a-b", "1-", "-1", "1-2-3", "99999999999999999999-1"] {
            assert_eq!(wrong.parse::<EventId>(), Err(()), "{wrong}");
        }
    }
}
