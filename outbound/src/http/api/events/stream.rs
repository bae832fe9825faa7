//! One listener: what is sent to him, and when it ends.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, stream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Filter;
use super::shape;
use crate::access::{Access, Credentials};
use crate::events::hub::{Hub, Place};
use crate::events::ring::EventId;
use crate::http::door::Ending;

/// Something is sent at least as often.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// It is looked as often whether he may still listen.
const CHECK: Duration = Duration::from_secs(2);
/// Browsers come again after this, in milliseconds.
const RETRY_MS: u32 = 2_000;

/// Somebody who listens.
pub(super) struct Listener {
    hub: Arc<Hub>,
    /// Held until he goes.
    _place: Place,
    filter: Filter,
    /// What is sent first.
    first: Option<Vec<u8>>,
    /// How far he has come.
    at: EventId,
    head: watch::Receiver<()>,
    shown: (Access, Credentials),
    ending: Option<Ending>,
    beat: Instant,
    check: Instant,
}

/// What a listener has waited for.
enum Woken {
    News,
    Beat,
    Check,
    End,
}

impl Listener {
    /// One who goes on behind an id, or (`Err`) has to get everything anew and goes on from here.
    pub(super) fn new(
        place: Place,
        filter: Filter,
        from: Result<EventId, EventId>,
        shown: (Access, Credentials),
        ending: Option<Ending>,
    ) -> Self {
        let (at, kind) = match from {
            Ok(at) => (at, shape::READY),
            Err(at) => (at, shape::RESET),
        };
        let first =
            format!("retry: {RETRY_MS}\nid: {at}\nevent: {kind}\ndata: {}\n\n", shape::of_stream(kind));
        let (hub, now) = (Arc::clone(place.hub()), Instant::now());
        let head = hub.head();
        let (beat, check) = (now + HEARTBEAT, now + CHECK);
        let first = Some(first.into_bytes());
        Self { hub, _place: place, filter, first, at, head, shown, ending, beat, check }
    }

    /// What is sent, until it ends: he may listen no longer, what he has not taken yet is gone, or the daemon ends.
    pub(super) fn frames(self) -> impl Stream<Item = Result<Vec<u8>, Infallible>> + Send + 'static {
        stream::unfold(self, |mut listener| async move {
            let frames = listener.next().await?;
            Some((Ok(frames), listener))
        })
    }

    async fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let mut ends = false;
        loop {
            self.head.borrow_and_update();
            if let Some(frames) = self.read()? {
                self.beat = Instant::now() + HEARTBEAT;
                return Some(frames);
            }
            if ends {
                return None;
            }
            match self.wait().await {
                Woken::News => {}
                Woken::Beat => {
                    self.beat = Instant::now() + HEARTBEAT;
                    // With the id of what he has come to: what his filter holds back need not be looked through again.
                    return Some(format!(": heartbeat\nid: {}\n\n", self.at).into_bytes());
                }
                Woken::Check => {
                    self.check = Instant::now() + CHECK;
                    let (access, credentials) = &self.shown;
                    if !access.still_knows(credentials) {
                        return None;
                    }
                }
                // The last events came before.
                Woken::End => ends = true,
            }
        }
    }

    /// What is there and he wants, `Some(None)` where there is nothing; `None` where some of it is gone.
    fn read(&mut self) -> Option<Option<Vec<u8>>> {
        loop {
            let events = self.hub.after(self.at)?;
            if events.is_empty() {
                return Some(None);
            }
            self.at.number += events.len() as u64;
            let wanted = events.iter().filter(|event| self.filter.lets(event));
            let frames = wanted.flat_map(|event| event.frame.iter().copied()).collect::<Vec<_>>();
            if !frames.is_empty() {
                return Some(Some(frames));
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let ending = async {
            match &mut self.ending {
                Some(ending) => ending.come().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = ending => Woken::End,
            () = sleep_until(self.check) => Woken::Check,
            _ = self.head.changed() => Woken::News,
            () = sleep_until(self.beat) => Woken::Beat,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt as _;

    use super::*;

    fn listener(hub: &Arc<Hub>, access: &Access) -> Listener {
        let from = Ok(hub.last().unwrap());
        let shown = (access.clone(), Credentials::None);
        Listener::new(hub.enter(false).unwrap(), Filter::default(), from, shown, None)
    }

    #[tokio::test]
    async fn who_is_slower_than_all_that_is_kept_is_sent_away_and_others_are_not() {
        let (hub, access) = (Arc::new(Hub::new()), Access::in_memory().await);
        hub.begin();
        let (mut slow, mut quick) =
            (pin!(listener(&hub, &access).frames()), pin!(listener(&hub, &access).frames()));
        for stream in [&mut slow, &mut quick] {
            let first = String::from_utf8(stream.next().await.unwrap().unwrap()).unwrap();
            assert!(first.starts_with("retry: 2000\nid: ") && first.contains("event: ready\n"), "{first}");
        }
        let (mut sent, mut heard) = (0, 0);
        // The one who reads in between hears all of more than is kept.
        while sent < 30_000 {
            hub.add(|ring| (0..100).for_each(|_| ring.push("plan.created", None, "{}")));
            sent += 100;
            while heard < sent {
                let frames = String::from_utf8(quick.next().await.unwrap().unwrap()).unwrap();
                heard += frames.matches("event: plan.created").count();
            }
        }
        assert_eq!(heard, sent);
        assert!(slow.next().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_listener_who_is_not_known_any_more_is_sent_away() {
        let (hub, access) = (Arc::new(Hub::new()), Access::in_memory().await);
        hub.begin();
        let mut stream = pin!(listener(&hub, &access).frames());
        stream.next().await.unwrap().unwrap();
        let start = Instant::now();
        assert!(stream.next().await.is_none());
        assert!(start.elapsed() < CHECK * 2, "{:?}", start.elapsed());
        assert_eq!(*hub.listeners().borrow(), 0, "the place is free");
    }
}
