//! The way of a long answer to its client: a piece goes out when there is room, a client that takes none for too long is cut off, and
//! what does not come to its end ends as a connection that breaks, never as a file that looks whole.

use std::io;
use std::time::Duration;

use axum::body::Body;
use futures_util::stream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::access::{Access, Credentials};
use crate::http::door::{Cut, Ending};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The client takes a piece.
    pub(super) taken: Duration,
    /// It is looked as often whether he may still have it.
    pub(super) check: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { taken: Duration::from_secs(60), check: Duration::from_secs(2) }
    }
}

/// Whether there is still somebody who takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    Gone,
}

/// None is the end.
type Piece = io::Result<Option<Vec<u8>>>;

/// The side that writes.
pub(super) struct Sending {
    pieces: mpsc::Sender<Piece>,
    shown: (Access, Credentials),
    cut: Option<Cut>,
    bounds: Bounds,
    checked: Instant,
    ending: Option<Ending>,
}

/// What is told of a failure, and ends with the door.
pub(super) struct Way {
    pieces: mpsc::Sender<Piece>,
    ending: Option<Ending>,
}

/// A body, and what writes it.
pub(super) fn channel(
    shown: (Access, Credentials),
    (ending, cut): (Option<Ending>, Option<Cut>),
    bounds: Bounds,
) -> (Sending, Body) {
    let (pieces, taken) = mpsc::channel::<Piece>(1);
    let sending = Sending { pieces, shown, cut, bounds, checked: Instant::now(), ending };
    let body = stream::unfold(Some(taken), |taken| async {
        let mut taken = taken?;
        match taken.recv().await {
            Some(Ok(Some(octets))) => Some((Ok(octets), Some(taken))),
            Some(Ok(None)) => None,
            Some(Err(error)) => Some((Err(error), None)),
            // Who wrote has gone without a word.
            None => Some((Err(io::Error::other("broken off")), None)),
        }
    });
    (sending, Body::from_stream(body))
}

impl Sending {
    /// The way that is told of a failure.
    pub(super) fn way(&self) -> Way {
        Way { pieces: self.pieces.clone(), ending: self.ending.clone() }
    }

    /// Sends octets, once the ones before are taken.
    ///
    /// # Errors
    /// The client may have no more of it, or takes nothing.
    pub(super) async fn send(&mut self, octets: Vec<u8>) -> io::Result<Taken> {
        if self.checked.elapsed() >= self.bounds.check {
            self.checked = Instant::now();
            let (access, credentials) = &self.shown;
            if !access.still_knows(credentials) {
                return Err(io::Error::other("its client is not known any more"));
            }
        }
        if octets.is_empty() {
            // An empty piece would be none; whether somebody is there is seen all the same.
            return Ok(if self.pieces.is_closed() { Taken::Gone } else { Taken::Yes });
        }
        self.put(Some(octets)).await
    }

    /// Says that this was all.
    pub(super) async fn end(self) -> io::Result<Taken> {
        self.put(None).await
    }

    async fn put(&self, piece: Option<Vec<u8>>) -> io::Result<Taken> {
        match timeout(self.bounds.taken, self.pieces.send(Ok(piece))).await {
            Ok(Ok(())) => Ok(Taken::Yes),
            Ok(Err(_)) => Ok(Taken::Gone),
            Err(_) => {
                // Its connection is full, and looks at no body that ends.
                if let Some(cut) = &self.cut {
                    cut.cut();
                }
                Err(io::Error::from(io::ErrorKind::TimedOut))
            }
        }
    }
}

impl Way {
    /// Goes along until all is sent. What fails, or is overtaken by the end of the door, breaks the body off.
    pub(super) async fn follow(mut self, write: impl Future<Output = io::Result<Taken>> + Send) {
        let ending = async {
            match &mut self.ending {
                Some(ending) => ending.come().await,
                None => std::future::pending().await,
            }
        };
        let written = tokio::select! {
            written = write => written,
            () = ending => Err(io::Error::other("the daemon ends")),
        };
        if let Err(error) = written {
            tracing::info!(%error, "an export was broken off");
            // Where there is no room nobody reads it, and the body ends without an end.
            let _ = self.pieces.try_send(Err(error));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn sent_by<F>(
        bounds: Bounds,
        cut: Option<Cut>,
        write: impl FnOnce(Sending) -> F,
    ) -> (Body, tokio::task::JoinHandle<()>)
    where
        F: Future<Output = io::Result<Taken>> + Send + 'static,
    {
        let (sending, body) = channel((Access::in_memory().await, Credentials::None), (None, cut), bounds);
        let (way, write) = (sending.way(), write(sending));
        (body, tokio::spawn(way.follow(write)))
    }

    #[tokio::test]
    async fn what_comes_to_its_end_is_whole_and_what_does_not_is_an_error() {
        let (body, _) = sent_by(Bounds::default(), None, |mut sending| async move {
            sending.send(b"one ".to_vec()).await?;
            sending.send(Vec::new()).await?;
            sending.send(b"two".to_vec()).await?;
            sending.end().await
        })
        .await;
        assert_eq!(to_bytes(body, 100).await.unwrap(), "one two");
        let (body, _) = sent_by(Bounds::default(), None, |mut sending| async move {
            sending.send(b"one".to_vec()).await?;
            Err(io::Error::other("the disk"))
        })
        .await;
        assert!(to_bytes(body, 100).await.is_err());
        // Who writes ends without a word: a panic.
        let (body, _) = sent_by(Bounds::default(), None, |mut sending| async move {
            sending.send(b"one".to_vec()).await?;
            Ok(Taken::Yes)
        })
        .await;
        assert!(to_bytes(body, 100).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_cut_off() {
        let cut = Cut::default();
        let (body, writing) = sent_by(Bounds::default(), Some(cut.clone()), |mut sending| async move {
            while sending.send(vec![b'x'; 100]).await? == Taken::Yes {}
            Ok(Taken::Gone)
        })
        .await;
        let begin = Instant::now();
        cut.come().await;
        assert!(begin.elapsed() >= Bounds::default().taken);
        writing.await.unwrap();
        assert!(to_bytes(body, 1_000).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_not_known_any_more_gets_no_more_of_it() {
        let (body, writing) = sent_by(Bounds::default(), None, |mut sending| async move {
            sending.send(b"one".to_vec()).await?;
            tokio::time::sleep(Bounds::default().check).await;
            sending.send(b"two".to_vec()).await
        })
        .await;
        assert!(to_bytes(body, 100).await.is_err());
        writing.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_has_gone_ends_the_work() {
        let (body, writing) = sent_by(Bounds::default(), None, |mut sending| async move {
            while sending.send(b"x".to_vec()).await? == Taken::Yes {}
            Ok(Taken::Gone)
        })
        .await;
        drop(body);
        writing.await.unwrap();
    }
}
