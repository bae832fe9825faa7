//! The two halves of a connection. The one that reads is told when something comes, or looks for itself while much comes: Asterisk
//! sends each event by itself, and the kernel wakes a thread for each that somebody is to be told of, whether it is
//! wanted then or not. So while much comes nobody is told, and the half that writes never is.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncReadExt as _;
use tokio::task::consume_budget;
use tokio::time::sleep;

/// Where the kernel has no room for what is to be written, it is looked for again after this.
const ROOM_AGAIN: Duration = Duration::from_millis(1);

/// Whence a session reads.
pub(super) trait Source {
    /// Waits until something has come, and reads it; 0 octets are the end. May be cancelled. `rest`: between two looks; without one
    /// it is told.
    async fn read(&mut self, chunk: &mut [u8], rest: Option<Duration>) -> io::Result<usize>;
}

/// The half that reads.
#[derive(Debug)]
pub(super) enum Reader {
    /// The runtime is told when something comes.
    Told(tokio::net::TcpStream),
    /// Nobody is.
    Looks(TcpStream),
    /// It could not be changed from one to the other.
    Lost,
}

/// The half that writes. Where the kernel has no room it looks again: Asterisk reads all the time, so that is rare, and it lasts no
/// longer than a Ping may take.
#[derive(Debug)]
pub(super) struct Writer(TcpStream);

/// Both halves of a connection.
///
/// # Errors
/// What the system has against one more file descriptor.
pub(super) fn split(stream: tokio::net::TcpStream) -> io::Result<(Reader, Writer)> {
    let stream = stream.into_std()?;
    let writer = Writer(stream.try_clone()?);
    Ok((Reader::Looks(stream), writer))
}

impl Reader {
    fn told(&mut self) -> io::Result<&mut tokio::net::TcpStream> {
        *self = match std::mem::replace(self, Self::Lost) {
            Self::Looks(stream) => Self::Told(tokio::net::TcpStream::from_std(stream)?),
            same => same,
        };
        if let Self::Told(stream) = self { Ok(stream) } else { Err(ErrorKind::NotConnected.into()) }
    }

    fn looks(&mut self) -> io::Result<&mut TcpStream> {
        *self = match std::mem::replace(self, Self::Lost) {
            Self::Told(stream) => Self::Looks(stream.into_std()?),
            same => same,
        };
        if let Self::Looks(stream) = self { Ok(stream) } else { Err(ErrorKind::NotConnected.into()) }
    }
}

impl Source for Reader {
    async fn read(&mut self, chunk: &mut [u8], rest: Option<Duration>) -> io::Result<usize> {
        let Some(rest) = rest else { return self.told()?.read(chunk).await };
        let stream = self.looks()?;
        loop {
            // Also where there is always something, other tasks have their turn.
            consume_budget().await;
            match now(|| stream.read(chunk))? {
                Some(octets) => return Ok(octets),
                None => sleep(rest).await,
            }
        }
    }
}

impl Writer {
    /// Writes all of it.
    pub(super) async fn write_all(&self, mut octets: &[u8]) -> io::Result<()> {
        while !octets.is_empty() {
            consume_budget().await;
            match now(|| (&self.0).write(octets))? {
                Some(0) => return Err(ErrorKind::WriteZero.into()),
                Some(written) => octets = &octets[written..],
                None => sleep(ROOM_AGAIN).await,
            }
        }
        Ok(())
    }

    /// Has the connection end without what the kernel still holds: an Originate of a session that is given up must not arrive later,
    /// when its lead may be called by another one.
    pub(super) fn forget_unsent(&self) {
        if let Err(error) = SockRef::from(&self.0).set_linger(Some(Duration::ZERO)) {
            tracing::debug!(%error, "the connection ends without a reset");
        }
    }
}

/// What can be done at once; `None` where that is nothing now.
fn now(mut act: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match act() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done.map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Both ways to read.
    const WAYS: [Option<Duration>; 2] = [None, Some(Duration::from_millis(1))];

    async fn connection() -> (Reader, Writer, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (reader, writer) = split(near.unwrap()).unwrap();
        (reader, writer, far.unwrap().0)
    }

    #[tokio::test]
    async fn all_that_comes_is_read_in_its_order_whichever_way() {
        let (mut reader, _writer, mut far) = connection().await;
        let sent: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
        let expected = sent.clone();
        let sender = tokio::spawn(async move {
            for part in sent.chunks(1_234) {
                far.write_all(part).await.unwrap();
            }
        });
        let (mut read, mut chunk) = (Vec::new(), vec![0; 4_096]);
        for turn in 0.. {
            // Three turns each way: the changes fall everywhere.
            let octets = reader.read(&mut chunk, WAYS[turn / 3 % 2]).await.unwrap();
            if octets == 0 {
                break;
            }
            read.extend_from_slice(&chunk[..octets]);
        }
        assert!(read == expected);
        sender.await.unwrap();
    }

    #[tokio::test]
    async fn the_end_and_a_reset_are_seen_whichever_way() {
        for way in WAYS {
            let (mut reader, _writer, far) = connection().await;
            drop(far);
            assert_eq!(reader.read(&mut [0; 16], way).await.unwrap(), 0);
            let (mut reader, _writer, far) = connection().await;
            SockRef::from(&far).set_linger(Some(Duration::ZERO)).unwrap();
            drop(far);
            let error = reader.read(&mut [0; 16], way).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    #[tokio::test]
    async fn a_read_that_was_given_up_has_taken_nothing() {
        for way in WAYS {
            let (mut reader, _writer, mut far) = connection().await;
            let mut chunk = [0; 16];
            let given_up = tokio::select! {
                biased;
                _ = reader.read(&mut chunk, way) => false,
                () = tokio::task::yield_now() => true,
            };
            assert!(given_up);
            far.write_all(b"Event: A").await.unwrap();
            let other = WAYS.into_iter().find(|other| *other != way).unwrap();
            assert_eq!(reader.read(&mut chunk, other).await.unwrap(), 8);
            assert_eq!(&chunk[..8], b"Event: A");
        }
    }

    #[tokio::test]
    async fn what_finds_no_room_is_written_when_there_is_some() {
        let (reader, writer, mut far) = connection().await;
        let octets: Vec<u8> = (0..4_000_000_u32).flat_map(u32::to_be_bytes).collect();
        let mut read = Vec::new();
        let (written, came) = tokio::join!(
            async {
                let written = writer.write_all(&octets).await;
                drop((reader, writer));
                written
            },
            far.read_to_end(&mut read)
        );
        written.unwrap();
        came.unwrap();
        assert!(read == octets);
    }

    #[tokio::test]
    async fn others_have_their_turn_while_there_is_always_something_to_do() {
        let (mut reader, writer, mut far) = connection().await;
        far.write_all(&[0; 2_000]).await.unwrap();
        let busy = tokio::spawn(async move {
            for _ in 0..1_000 {
                reader.read(&mut [0], WAYS[1]).await.unwrap();
                writer.write_all(b"x").await.unwrap();
            }
        });
        tokio::task::yield_now().await;
        assert!(!busy.is_finished());
        busy.await.unwrap();
    }

    #[tokio::test]
    async fn what_was_not_sent_is_forgotten_with_both_halves() {
        let (reader, writer, mut far) = connection().await;
        writer.write_all(b"Action: Ping\r\n").await.unwrap();
        writer.forget_unsent();
        drop((reader, writer));
        let mut read = Vec::new();
        assert_eq!(far.read_to_end(&mut read).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}
