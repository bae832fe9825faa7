//! Where listeners read events from. There is one ring for all of them, and each only knows how far it has come: so one that is slow
//! costs no memory and holds nobody up, and is sent away when what it has not read yet is gone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::ring::{Event, EventId, Ring};
use crate::driver::wall;

/// Listeners at a time.
pub(crate) const LISTENERS_MAX: usize = 256;
/// Events that a listener takes at once.
const AT_ONCE: usize = 128;

/// See the module.
#[derive(Debug)]
pub(crate) struct Hub {
    /// `None` while nobody listens.
    ring: Mutex<Option<Ring>>,
    /// The epoch of the last ring: the next one is later, whatever the clock does.
    epoch: Mutex<u64>,
    /// Changes with each event, and where the ring is made or dropped.
    head: watch::Sender<()>,
    listeners: watch::Sender<usize>,
    /// Of these, those who want to hear of agents and Asterisks.
    observers: AtomicUsize,
}

/// A place among the listeners, given up when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    hub: Arc<Hub>,
    observes: bool,
}

impl Hub {
    /// Without listeners.
    pub(crate) fn new() -> Self {
        let (head, listeners) = (watch::Sender::new(()), watch::Sender::new(0));
        Self {
            ring: Mutex::default(),
            epoch: Mutex::default(),
            head,
            listeners,
            observers: AtomicUsize::new(0),
        }
    }

    /// A place for one listener; `None` where all are taken.
    pub(crate) fn enter(self: &Arc<Self>, observes: bool) -> Option<Place> {
        let free = self.listeners.send_if_modified(|listeners| {
            let free = *listeners < LISTENERS_MAX;
            *listeners += usize::from(free);
            free
        });
        if !free {
            return None;
        }
        self.observers.fetch_add(usize::from(observes), Ordering::Relaxed);
        Some(Place { hub: Arc::clone(self), observes })
    }

    /// How many listen; changes with them.
    pub(crate) fn listeners(&self) -> watch::Receiver<usize> {
        self.listeners.subscribe()
    }

    /// Whether anybody wants to hear of agents and Asterisks.
    pub(crate) fn is_observed(&self) -> bool {
        self.observers.load(Ordering::Relaxed) > 0
    }

    /// Tells when there may be something new.
    pub(crate) fn head(&self) -> watch::Receiver<()> {
        self.head.subscribe()
    }

    /// The last event's id; `None` while events are not taken in.
    pub(crate) fn last(&self) -> Option<EventId> {
        self.with(|ring| ring.as_ref().map(Ring::last))
    }

    /// What comes behind an id, at most a few at once; `None` where that is too old.
    pub(crate) fn after(&self, id: EventId) -> Option<Vec<Arc<Event>>> {
        self.with(|ring| ring.as_ref()?.after(id, AT_ONCE))
    }

    /// Begins a new epoch, without events.
    pub(crate) fn begin(&self) {
        let now = u64::try_from(wall().0 / 1_000).unwrap_or(0);
        let mut epoch = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        *epoch = now.max(*epoch + 1);
        self.with(|ring| *ring = Some(Ring::new(*epoch)));
        self.head.send_replace(());
    }

    /// Drops all events.
    pub(crate) fn end(&self) {
        self.with(|ring| *ring = None);
        self.head.send_replace(());
    }

    /// Adds events, and wakes the listeners once.
    pub(crate) fn add(&self, add: impl FnOnce(&mut Ring)) {
        self.with(|ring| ring.as_mut().map(add));
        self.head.send_replace(());
    }

    fn with<T>(&self, work: impl FnOnce(&mut Option<Ring>) -> T) -> T {
        work(&mut self.ring.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Place {
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hub.observers.fetch_sub(usize::from(self.observes), Ordering::Relaxed);
        self.hub.listeners.send_modify(|listeners| *listeners -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_and_given_up() {
        let hub = Arc::new(Hub::new());
        let mut places: Vec<_> = (0..LISTENERS_MAX).map(|_| hub.enter(false).unwrap()).collect();
        assert!(hub.enter(true).is_none() && !hub.is_observed());
        places.pop();
        let place = hub.enter(true).unwrap();
        assert!(hub.is_observed());
        drop(place);
        assert_eq!((*hub.listeners().borrow(), hub.is_observed()), (LISTENERS_MAX - 1, false));
    }

    #[test]
    fn each_epoch_is_later_and_knows_no_id_of_another() {
        let hub = Hub::new();
        assert_eq!(hub.last(), None);
        hub.begin();
        let first = hub.last().unwrap();
        hub.add(|ring| ring.push("a", None, "{}"));
        assert_eq!(hub.after(first).unwrap().len(), 1);
        hub.begin();
        assert!(hub.after(first).is_none() && hub.last().unwrap() > first);
        hub.end();
        assert!(hub.last().is_none());
    }
}
