//! The ways to the driver: from Asterisks and users through a bounded queue, from the store through completions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use engine::dialing::Claimed;
use engine::why::{Short, Why};
use engine::{Engine, ListImport, PbxId, PbxInput};
use tokio::sync::{Notify, mpsc, oneshot};
use uuid::Uuid;

use super::Counts;
use crate::admin::{Command, Prepared, PreviewCommand};
use crate::ami_server::Answer;
use crate::faults;
use crate::metrics::Measured;
use crate::store::StoreError;

/// Inputs that may wait for the driver; then those who bring them wait.
pub(super) const INBOX_CAPACITY: usize = 8192;

/// What reaches the driver from outside.
pub enum Wake {
    /// An Asterisk said something.
    Pbx(PbxId, PbxInput),
    /// Somebody wants a change.
    Command(Box<Command>, Answer),
    /// An agent answers an offer.
    Preview(PreviewCommand, Answer),
    /// Somebody wants a dialing to end; whether there is one is answered.
    HangUp(Uuid, oneshot::Sender<bool>),
    /// Leads are being imported into a list, or are no longer; answered when the engine knows.
    ListImport(Uuid, Option<ListImport>, oneshot::Sender<()>),
    /// Somebody wants to look.
    Read(Box<dyn FnOnce(&Engine) + Send>),
    /// Somebody wants to know why a campaign places no calls.
    Why(Uuid, oneshot::Sender<Option<Why>>),
    /// Somebody wants to know that of the campaigns behind a uuid, in short; at most so many.
    Reasons(Option<Uuid>, usize, oneshot::Sender<Vec<Short>>),
    /// Somebody wants to know how much is in hand.
    Count(oneshot::Sender<Counts>),
    /// Somebody reads all figures.
    Measure(oneshot::Sender<Measured>),
    /// Somebody wants to know whether calls could be placed: why not, for each Asterisk, unless one is ready.
    Absences(oneshot::Sender<Vec<String>>),
    /// Somebody wants to know of each Asterisk that is given no calls why, by its name.
    Away(oneshot::Sender<Vec<(String, String)>>),
    /// Somebody waits until everything that has happened is written.
    Written(oneshot::Sender<()>),
    /// The daemon ends: the sender is told when everything is written.
    ShutDown(oneshot::Sender<()>),
}

/// What the store has done.
pub(super) enum Completion {
    /// Leads were claimed.
    Claimed { request: u64, result: Result<Claimed, StoreError> },
    /// It is written that an offered lead is being dialed, or is not.
    LeadAccepted { dialing: Uuid, committed: Result<(), StoreError> },
    /// A record is committed.
    Recorded,
    /// Leads of a list are new or have changed.
    LeadsChanged(Uuid),
    /// A change is committed, or is not.
    Applied { prepared: Prepared, answer: Answer, result: Result<(), StoreError> },
}

/// The way from the store to the driver. Not bounded by itself: there is one completion for each request to the store, and these
/// are bounded.
#[derive(Clone, Default)]
pub(super) struct Completions {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Vec<Completion>>,
    wake: Notify,
    held: AtomicBool,
}

impl Completions {
    pub(super) fn send(&self, completion: Completion) {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(completion);
        if !self.shared.held.load(Ordering::Acquire) {
            self.shared.wake.notify_one();
        }
    }

    /// While this is held the driver is not woken: what one commit has done is told at once, not one by one.
    pub(super) fn hold(&self, held: bool) {
        self.shared.held.store(held, Ordering::Release);
        if !held {
            self.shared.wake.notify_one();
        }
    }

    /// Takes all that has come; waits for something. May be cancelled.
    pub(super) async fn take(&self) -> Vec<Completion> {
        loop {
            let waiting =
                std::mem::take(&mut *self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !waiting.is_empty() {
                return waiting;
            }
            self.shared.wake.notified().await;
        }
    }
}

/// The way to the driver. Clones lead to the same one.
#[derive(Clone)]
pub struct Inbox {
    sender: mpsc::Sender<Wake>,
}

impl Inbox {
    pub(super) fn new(sender: mpsc::Sender<Wake>) -> Self {
        Self { sender }
    }

    /// Brings what an Asterisk said.
    pub async fn pbx(&self, pbx: PbxId, input: PbxInput) {
        let _ = faults::ends("link");
        // After the driver has ended nobody needs it.
        let _ = self.sender.send(Wake::Pbx(pbx, input)).await;
    }

    /// Asks for a change; `answer` is called with what came of it, before anybody is told of the change.
    pub async fn command(&self, command: Command, answer: Answer) {
        if let Err(mpsc::error::SendError(Wake::Command(_, answer))) =
            self.sender.send(Wake::Command(Box::new(command), answer)).await
        {
            answer(Err(crate::admin::Refusal::ShuttingDown));
        }
    }

    /// Brings an agent's answer to an offer; `answer` is called with what came of it.
    pub async fn preview(&self, command: PreviewCommand, answer: Answer) {
        if let Err(mpsc::error::SendError(Wake::Preview(_, answer))) =
            self.sender.send(Wake::Preview(command, answer)).await
        {
            answer(Err(crate::admin::Refusal::ShuttingDown));
        }
    }

    /// Asks for the end of a dialing; whether it is alive. `None` while the daemon ends.
    pub async fn hang_up(&self, dialing: Uuid) -> Option<bool> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Wake::HangUp(dialing, answer)).await.ok()?;
        answered.await.ok()
    }

    /// Says what an import means for the campaigns on a list; they know when this returns.
    pub async fn list_import(&self, dial_list: Uuid, import: Option<ListImport>) {
        let (answer, answered) = oneshot::channel();
        if self.sender.send(Wake::ListImport(dial_list, import, answer)).await.is_ok() {
            let _ = answered.await;
        }
    }

    /// Looks at the engine. `None` while the daemon ends.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let look: Box<dyn FnOnce(&Engine) + Send> = Box::new(move |engine| {
            let _ = answer.send(read(engine));
        });
        self.sender.send(Wake::Read(look)).await.ok()?;
        answered.await.ok()
    }

    /// Why a campaign places no (more) calls; `Some(None)` for one that is not there. `None` while the daemon ends.
    pub async fn why(&self, campaign: Uuid) -> Option<Option<Why>> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Wake::Why(campaign, answer)).await.ok()?;
        answered.await.ok()
    }

    /// The same in short, of at most `count` campaigns behind a uuid, in the order of their uuids: cheap, for overviews and
    /// metrics. `None` while the daemon ends.
    pub async fn reasons(&self, after: Option<Uuid>, count: usize) -> Option<Vec<Short>> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Wake::Reasons(after, count, answer)).await.ok()?;
        answered.await.ok()
    }

    /// The Asterisks that are given no calls, by name, with since when and why. `None` while the daemon ends.
    pub async fn away(&self) -> Option<Vec<(String, String)>> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Wake::Away(answer)).await.ok()?;
        answered.await.ok()
    }

    /// How much the driver has in hand. `None` while it ends.
    pub async fn counts(&self) -> Option<Counts> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Wake::Count(answer)).await.ok()?;
        answered.await.ok()
    }

    /// All figures. `None` while it ends.
    pub async fn measure(&self) -> Option<Measured> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Wake::Measure(answer)).await.ok()?;
        answered.await.ok()
    }

    /// Why no Asterisk is given calls, for each; empty where one is. `None` while the daemon ends.
    pub async fn absences(&self) -> Option<Vec<String>> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Wake::Absences(answer)).await.ok()?;
        answered.await.ok()
    }

    /// Returns when everything that has happened so far is written.
    pub async fn written(&self) {
        let (written, done) = oneshot::channel();
        if self.sender.send(Wake::Written(written)).await.is_ok() {
            let _ = done.await;
        }
    }

    /// No new calls from now on; returns when all that is known is written. Calls that are up stay up.
    pub async fn shut_down(&self) {
        let (ends, ended) = oneshot::channel();
        if self.sender.send(Wake::ShutDown(ends)).await.is_ok() {
            let _ = ended.await;
        }
    }
}
