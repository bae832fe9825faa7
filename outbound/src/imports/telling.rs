//! What of imports is told to those who listen to live events: that one has come, begins, goes on and is over. How far it is is looked at
//! once a second while somebody listens, beside the import, which waits for nobody.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::{Imports, View};

/// How far an import is is told at most as often.
const TOLD_EACH: Duration = Duration::from_secs(1);

/// What is told of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its file has come, or it is to go on after it had failed or was cancelled.
    Created,
    /// Its rows are being taken in, from the first one or, after a restart of the daemon, from where it was.
    Started,
    /// It has come further.
    Updated,
    /// Nothing more comes of it: it is done, has failed or was cancelled.
    Ended,
}

impl Step {
    /// The type of its event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "import.created",
            Self::Started => "import.started",
            Self::Updated => "import.updated",
            Self::Ended => "import.ended",
        }
    }
}

impl Imports {
    /// Tells a step with the import as it is now.
    pub(super) async fn told(&self, step: Step, id: Uuid) {
        let events = &self.0.events;
        if !events.is_on() {
            return;
        }
        match self.get(id).await {
            Ok(Some(view)) => events.import(step, view),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(import = %id, %error, "how an import stands cannot be read, and is not told");
                events.lose();
            }
        }
    }

    /// Tells how far an import is, as long as it is asked to.
    pub(super) async fn tell_how_far(&self, id: Uuid) -> Infallible {
        let mut each = interval(TOLD_EACH);
        each.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before: Option<View> = None;
        loop {
            each.tick().await;
            if !self.0.events.is_on() {
                continue;
            }
            // One that cannot be read now is told the next time.
            let Ok(Some(now)) = self.get(id).await else { continue };
            if before.as_ref().is_some_and(|before| *before != now) {
                self.0.events.import(Step::Updated, now.clone());
            }
            before = Some(now);
        }
    }
}
