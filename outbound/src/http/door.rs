//! The connections of the HTTP front door, each within bounds of time and size: axum's own server has none for clients that send
//! their request octet by octet, or nothing, or read no answer.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ami::server::Tls;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt as _;

use super::guard::Peer;

/// Rest after a failed accept (usually: no file descriptor is free).
const ACCEPT_REST: Duration = Duration::from_millis(100);
/// How long connections have at the end for the answers that are under way.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);
/// Octets of the head of a request, and of what is read at once.
const HEAD_OCTETS: usize = 16 << 10;

/// The bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Connections at a time; more wait with the kernel until one is over.
    pub(super) connections: usize,
    /// The head of a request has come by then, counted from the connection's beginning or the answer before; so has a handshake.
    pub(super) head: Duration,
    /// A request is answered by then, its body included unless that is a file of leads. Answers that go on (live events) have only begun by then; who does not take
    /// them in is cut by the bound below.
    pub(super) answer: Duration,
    /// A client whose kernel has taken nothing for so long is cut.
    pub(super) unacknowledged: Duration,
    /// Octets of the body of a request.
    pub(super) body_octets: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            unacknowledged: Duration::from_secs(30),
            body_octets: 1 << 20,
        }
    }
}

/// With each request: tells answers without an end of their own that the door closes.
#[derive(Debug, Clone)]
pub(super) struct Ending(watch::Receiver<()>);

impl Ending {
    /// Waits until the door closes.
    pub(super) async fn come(&mut self) {
        // Nothing is ever sent: it closes when the sender is dropped.
        while self.0.changed().await.is_ok() {}
    }
}

/// With each request: cuts its connection off. A client that reads too slowly hears of nothing that his answer says.
#[derive(Debug, Clone, Default)]
pub(super) struct Cut(Arc<Notify>);

impl Cut {
    /// Ends the connection at once.
    pub(super) fn cut(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody does.
    pub(super) async fn come(&self) {
        self.0.notified().await;
    }
}

/// Serves clients, by TLS where it is given, until `stop` is done; then answers that are under way have a moment.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    router: Router,
    bounds: Bounds,
    stop: impl Future<Output = ()>,
) {
    let router = router
        .layer(DefaultBodyLimit::max(bounds.body_octets))
        .layer(middleware::from_fn_with_state(bounds.answer, in_time));
    let (closing, closed) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        while connections.try_join_next().is_some() {}
        tokio::select! {
            () = &mut stop => break,
            _ = connections.join_next(), if connections.len() >= bounds.connections => {}
            accepted = listener.accept(), if connections.len() < bounds.connections => match accepted {
                Ok((stream, address)) => {
                    let peer = Peer { address, secure: tls.is_some() };
                    let connection = connection(stream, tls.clone(), peer, router.clone(), bounds, closed.clone());
                    connections.spawn(connection);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot take an HTTP client");
                    sleep(ACCEPT_REST).await;
                }
            }
        }
    }
    drop((listener, closing));
    let _ = timeout(SHUTDOWN_GRACE, async { while connections.join_next().await.is_some() {} }).await;
}

async fn connection(
    stream: TcpStream,
    tls: Option<Tls>,
    peer: Peer,
    router: Router,
    bounds: Bounds,
    closed: watch::Receiver<()>,
) {
    // A connection that refuses an option works all the same.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(bounds.unacknowledged));
    let Some(tls) = tls else { return speak(stream, peer, router, bounds, closed).await };
    match timeout(bounds.head, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, peer, router, bounds, closed).await,
        Ok(Err(error)) => tracing::debug!(%error, address = %peer.address, "no TLS with an HTTP client"),
        Err(_) => tracing::debug!(address = %peer.address, "an HTTP client has begun no TLS in time"),
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    bounds: Bounds,
    mut closed: watch::Receiver<()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head).max_buf_size(HEAD_OCTETS);
    let (ending, cut) = (Ending(closed.clone()), Cut::default());
    let own_cut = cut.clone();
    let router = router.map_request(move |mut request: axum::http::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(ending.clone());
        request.extensions_mut().insert(cut.clone());
        request
    });
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = own_cut.come() => return tracing::debug!("an HTTP client that read too slowly was cut off"),
        _ = closed.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "an HTTP connection ended badly");
    }
}

async fn in_time(State(bound): State<Duration>, request: Request, next: Next) -> Response {
    if is_upload(&request) {
        return next.run(request).await;
    }
    match timeout(bound, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the daemon does not answer in time\n").into_response(),
    }
}

/// A file takes as long as it takes: it is bounded by its length, and by the time in which nothing comes.
fn is_upload(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path().ends_with("/imports")
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio::time::Instant;

    use super::*;

    /// Longer than anything takes unless it hangs.
    const HANG: Duration = Duration::from_secs(20);
    const SHORT: Duration = Duration::from_millis(300);

    struct Door {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        serving: JoinHandle<()>,
    }

    async fn door(bounds: Bounds) -> Door {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", get("ok"))
            .route("/never", get(std::future::pending::<()>))
            .route("/stream", get(slow_stream))
            .route("/cut", get(cut_off))
            .route("/length", post(async |body: String| body.len().to_string()));
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            let _ = stopped.await;
        };
        Door { address, stop, serving: tokio::spawn(serve(listener, None, router, bounds, stopped)) }
    }

    /// Goes on for longer than any bound on answers in these tests.
    async fn slow_stream() -> axum::body::Body {
        axum::body::Body::from_stream(futures_util::stream::unfold(0, |at| async move {
            sleep(SHORT / 2).await;
            (at < 6).then(|| (Ok::<_, std::convert::Infallible>(at.to_string()), at + 1))
        }))
    }

    /// Says that the client reads too slowly, once it has begun.
    async fn cut_off(axum::Extension(cut): axum::Extension<Cut>) -> axum::body::Body {
        axum::body::Body::from_stream(futures_util::stream::unfold(0, move |at| {
            let cut = cut.clone();
            async move {
                if at > 0 {
                    cut.cut();
                    std::future::pending::<()>().await;
                }
                Some((Ok::<_, std::convert::Infallible>("begun"), at + 1))
            }
        }))
    }

    impl Door {
        async fn connect(&self) -> TcpStream {
            TcpStream::connect(self.address).await.unwrap()
        }

        /// Sends this and gives all that comes until the connection ends.
        async fn ask(&self, request: &str) -> String {
            let mut stream = self.connect().await;
            stream.write_all(request.as_bytes()).await.unwrap();
            rest_of(&mut stream).await
        }
    }

    async fn rest_of(stream: &mut TcpStream) -> String {
        let mut octets = Vec::new();
        // A connection that is cut may end with a reset.
        let _ = timeout(HANG, stream.read_to_end(&mut octets)).await.expect("it hangs");
        String::from_utf8(octets).unwrap()
    }

    #[tokio::test]
    async fn who_sends_a_head_octet_by_octet_or_nothing_at_all_is_cut() {
        let door = door(Bounds { head: SHORT, ..Bounds::default() }).await;
        let start = Instant::now();
        let mut silent = door.connect().await;
        let mut slow = door.connect().await;
        let (mut slow_reader, mut slow_writer) = slow.split();
        let dripping = async {
            for octet in b"GET / HTTP/1.1\r\nX-Padding: ".iter().chain(std::iter::repeat(&b'a')) {
                if slow_writer.write_all(&[*octet]).await.is_err() {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let mut octets = Vec::new();
        tokio::select! {
            () = dripping => {}
            ended = timeout(HANG, slow_reader.read_to_end(&mut octets)) => drop(ended.expect("it hangs")),
        }
        assert!(!octets.starts_with(b"HTTP/1.1 2"), "{octets:?}");
        assert_eq!(rest_of(&mut silent).await, "");
        assert!(start.elapsed() >= SHORT, "{:?}", start.elapsed());
    }

    #[tokio::test]
    async fn a_connection_that_rests_between_two_requests_is_closed() {
        let door = door(Bounds { head: SHORT, ..Bounds::default() }).await;
        let answer = door.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\nok"), "{answer}");
    }

    #[tokio::test]
    async fn a_request_that_is_not_answered_in_time_is_told_so() {
        let door = door(Bounds { answer: SHORT, ..Bounds::default() }).await;
        let close = "Host: a\r\nConnection: close\r\n";
        let answer = door.ask(&format!("GET /never HTTP/1.1\r\n{close}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        // A body that does not come counts too.
        let answer =
            door.ask(&format!("POST /length HTTP/1.1\r\n{close}Content-Length: 9\r\n\r\nfour")).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }

    #[tokio::test]
    async fn an_answer_that_has_begun_in_time_may_go_on() {
        let door = door(Bounds { answer: SHORT, head: SHORT, ..Bounds::default() }).await;
        let answer = door.ask("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("\r\n5\r\n0\r\n\r\n"), "{answer}");
    }

    #[tokio::test]
    async fn a_connection_that_is_cut_off_ends_in_the_middle_of_its_answer() {
        let door = door(Bounds::default()).await;
        let answer = door.ask("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answer.contains("begun") && !answer.ends_with("0\r\n\r\n"), "{answer}");
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_refused() {
        let door = door(Bounds { body_octets: 10, ..Bounds::default() }).await;
        for (octets, status) in [(10, "HTTP/1.1 200"), (11, "HTTP/1.1 413")] {
            let body = "x".repeat(octets);
            let head =
                format!("POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {octets}");
            let answer = door.ask(&format!("{head}\r\n\r\n{body}")).await;
            assert!(answer.starts_with(status), "{octets}: {answer}");
        }
    }

    #[tokio::test]
    async fn those_who_only_connect_keep_others_out_for_no_longer_than_the_time_of_a_head() {
        let door = door(Bounds { connections: 2, head: SHORT, ..Bounds::default() }).await;
        let _idle = (door.connect().await, door.connect().await);
        let answer = door.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }

    #[tokio::test]
    async fn neither_an_idle_client_nor_one_that_awaits_an_answer_holds_up_the_end() {
        let door = door(Bounds::default()).await;
        let mut idle = door.connect().await;
        let mut waits = door.connect().await;
        waits.write_all(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        // Both are inside once a third is answered.
        door.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        let start = Instant::now();
        door.stop.send(()).unwrap();
        timeout(HANG, door.serving).await.unwrap().unwrap();
        assert!(start.elapsed() < SHUTDOWN_GRACE * 2, "{:?}", start.elapsed());
        assert_eq!(rest_of(&mut idle).await + &rest_of(&mut waits).await, "");
    }
}
