//! A receiver of webhooks: an HTTP server that checks signatures, keeps what came, and answers as it is told.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// The longest wait for anything that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const SECRET: &str = "0123456789abcdef-secret";

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) path: String,
    pub(crate) delivery: String,
    pub(crate) attempt: u32,
    pub(crate) body: Value,
}

/// What is answered to the nth request, from 0; `None`: nothing, ever.
type Answers = Box<dyn Fn(usize, &Came) -> Option<StatusCode> + Send + Sync>;

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<Kept>,
    serving: JoinHandle<()>,
}

struct Kept {
    came: Mutex<Vec<Came>>,
    answers: Mutex<Answers>,
    /// How long each answer takes; no answer before somebody sets it, where it is `None`.
    takes: watch::Sender<Option<Duration>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Receiver {
    pub(crate) async fn start(
        answers: impl Fn(usize, &Came) -> Option<StatusCode> + Send + Sync + 'static,
    ) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), answers).await
    }

    pub(crate) async fn start_at(
        address: SocketAddr,
        answers: impl Fn(usize, &Came) -> Option<StatusCode> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Kept {
            came: Mutex::default(),
            answers: Mutex::new(Box::new(answers)),
            takes: watch::Sender::new(Some(Duration::ZERO)),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&state));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, state, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn answer(
        &self,
        answers: impl Fn(usize, &Came) -> Option<StatusCode> + Send + Sync + 'static,
    ) {
        *self.state.answers.lock().unwrap() = Box::new(answers);
    }

    /// Each answer takes so long from now on; `None`: none is given until this is set again.
    pub(crate) fn take(&self, takes: Option<Duration>) {
        self.state.takes.send_replace(takes);
    }

    /// Requests that were waiting for their answers at the same time, at most.
    pub(crate) fn most_open(&self) -> usize {
        self.state.most_open.load(Ordering::SeqCst)
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.state.came.lock().unwrap().clone()
    }

    /// All that came, once it is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&[Came]) -> bool) -> Vec<Came> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let came = self.came();
            if wanted(&came) {
                return came;
            }
            assert!(Instant::now() < deadline, "did not come: {came:#?}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A request that waits for its answer, until that is there or nobody waits any more.
struct Open(Arc<Kept>);

impl Open {
    fn new(kept: &Arc<Kept>) -> Self {
        let open = kept.open.fetch_add(1, Ordering::SeqCst) + 1;
        kept.most_open.fetch_max(open, Ordering::SeqCst);
        Self(Arc::clone(kept))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn receive(State(kept): State<Arc<Kept>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let text = std::str::from_utf8(&body).unwrap();
    let signature = header("x-outbound-signature");
    let time: i64 = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
    assert_eq!(signature, outbound::webhooks::signature(SECRET, time, text));
    let body: Value = serde_json::from_str(text).unwrap();
    let (delivery, attempt) = (header("x-outbound-delivery"), header("x-outbound-attempt").parse().unwrap());
    assert_eq!(
        (body["delivery"].as_str().unwrap(), body["type"].as_str().unwrap().to_owned()),
        (delivery.as_str(), header("x-outbound-event"))
    );
    let came = Came { path: uri.path().to_owned(), delivery, attempt, body };
    let answer = {
        let mut all = kept.came.lock().unwrap();
        all.push(came.clone());
        (kept.answers.lock().unwrap())(all.len() - 1, &came)
    };
    let _open = Open::new(&kept);
    let takes = kept.takes.subscribe().wait_for(Option::is_some).await.unwrap().unwrap_or_default();
    sleep(takes).await;
    match answer {
        Some(StatusCode::FOUND) => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Some(status) => status.into_response(),
        None => pending().await,
    }
}
