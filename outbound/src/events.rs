//! Live events: what happens, to those HTTP clients who listen.
//!
//! [`Feed`] is the way in: driver and front doors tell it what they tell AMI clients. While nobody listens it is off, and telling it costs
//! one look at a flag. `ring` keeps what was told, each event written once for all; `hub` is what listeners read it from. What an event
//! looks like, and who reads the ring, is in `http::api::events`.

pub(crate) mod hub;
pub(crate) mod ring;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::dialing::Ended;
use engine::notify::Notify;
use engine::time::Wall;
use tokio::sync::mpsc;

use crate::driver::wall;
use crate::imports::{Step, View};
use hub::Hub;

/// What was told and is not an event yet; more is lost, and listeners are told to get everything anew.
const TOLD_MAX: usize = 16_384;

/// What happened.
#[derive(Debug)]
pub(crate) enum Told {
    /// A change, and when it was told.
    Change(Wall, Box<Notify>),
    /// How a dialing ended; the change that says so comes when this is committed.
    Ended(Box<Ended>),
    /// A step of an import, and the import as it is then.
    Import(Wall, Step, Box<View>),
}

/// The way in. Clones lead to the same events.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
    told: mpsc::Sender<Told>,
}

struct Shared {
    on: AtomicBool,
    lost: AtomicBool,
    hub: Arc<Hub>,
}

/// The other end, for the one task that makes events of what it is told.
pub struct Follower {
    pub(crate) feed: Feed,
    pub(crate) told: mpsc::Receiver<Told>,
}

impl Feed {
    /// A feed that is off, and its other end.
    pub fn new() -> (Self, Follower) {
        let (sender, told) = mpsc::channel(TOLD_MAX);
        let hub = Arc::new(Hub::new());
        let shared = Shared { on: AtomicBool::new(false), lost: AtomicBool::new(false), hub };
        let feed = Self { shared: Arc::new(shared), told: sender };
        (feed.clone(), Follower { feed, told })
    }

    /// Tells a change. Never waits.
    pub fn tell(&self, notify: Notify) {
        if self.is_on() {
            self.send(Told::Change(wall(), Box::new(notify)));
        }
    }

    /// Tells how a dialing ended, before the change that says so.
    pub fn ended(&self, ended: &Ended) {
        if self.is_on() {
            self.send(Told::Ended(Box::new(ended.clone())));
        }
    }

    /// Tells a step of an import. Never waits.
    pub(crate) fn import(&self, step: Step, view: View) {
        if self.is_on() {
            self.send(Told::Import(wall(), step, Box::new(view)));
        }
    }

    /// Says that something cannot be told: listeners get everything anew.
    pub(crate) fn lose(&self) {
        self.shared.lost.store(true, Ordering::Release);
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.shared.hub
    }

    pub(crate) fn turn(&self, on: bool) {
        self.shared.on.store(on, Ordering::Release);
    }

    /// Whether something was told that nobody took in since the last time.
    pub(crate) fn take_lost(&self) -> bool {
        self.shared.lost.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.shared.on.load(Ordering::Acquire)
    }

    fn send(&self, told: Told) {
        if self.told.try_send(told).is_err() {
            self.lose();
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_feed_takes_nothing_while_it_is_off_and_says_what_it_lost_while_it_is_on() {
        let (feed, mut follower) = Feed::new();
        feed.tell(Notify::PlanDeleted(Uuid::nil()));
        assert!(follower.told.try_recv().is_err());
        feed.turn(true);
        for _ in 0..TOLD_MAX {
            feed.tell(Notify::PlanDeleted(Uuid::nil()));
        }
        assert!(!feed.take_lost());
        feed.tell(Notify::PlanDeleted(Uuid::nil()));
        assert!(feed.take_lost() && !feed.take_lost());
        assert!(follower.told.try_recv().is_ok());
    }
}
