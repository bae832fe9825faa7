//! Which dialplans are written on an Asterisk, and writing them.
//!
//! `dialplan reload` wipes what AMI has added, and on the command line it raises no event at all (Asterisk 22.10: only
//! `core reload` and `module reload pbx_config` raise Reload). So while calls are in flight somebody looks whether ours is
//! still there: [`Dialplan::is_gone`].

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ami::Message;
use ami::client::{ActionError, Client};
use engine::CONTEXT;
use engine::model::{DialMode, Plan};
use engine::preview::HOLDING;
use uuid::Uuid;

use super::actions::{self, Step};

/// The dialplans of one Asterisk.
pub(super) struct Dialplan {
    client: Client,
    written: Mutex<BTreeMap<Uuid, Vec<Step>>>,
}

impl Dialplan {
    pub(super) fn new(client: Client) -> Self {
        Self { client, written: Mutex::default() }
    }

    /// Writes the plan's steps, unless just these are written already.
    pub(super) fn ensure(&self, plan: &Plan) -> Result<(), ActionError> {
        if plan.dial_mode == DialMode::Desktop {
            self.ensure_steps(HOLDING, actions::holding())?;
        }
        self.ensure_steps(plan.uuid, actions::dialplan(plan))
    }

    fn ensure_steps(&self, extension: Uuid, steps: Vec<Step>) -> Result<(), ActionError> {
        let mut written = self.lock();
        if written.get(&extension) == Some(&steps) {
            return Ok(());
        }
        self.write(extension, &steps)?;
        written.insert(extension, steps);
        Ok(())
    }

    /// Writes everything again that was written: it may be gone.
    pub(super) fn restore(&self) -> Result<usize, ActionError> {
        let mut written = self.lock();
        let result = written.iter().try_for_each(|(plan, steps)| self.write(*plan, steps));
        if result.is_err() {
            written.clear();
        }
        result.map(|()| written.len())
    }

    /// Nothing counts as written any more.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    pub(super) fn remove(&self, plan: Uuid) {
        self.lock().remove(&plan);
        if let Ok(action) = actions::dialplan_remove(plan) {
            // Where the session is down, a restart or reload of Asterisk will have removed it, or it stays unused.
            let _ = self.client.submit(action);
        }
    }

    /// Asks Asterisk whether one of the dialplans that were written is missing.
    pub(super) async fn is_gone(&self) -> bool {
        let Some(plan) = self.lock().keys().next().copied() else { return false };
        let action =
            Message::action("ShowDialPlan").with("Context", CONTEXT).and_then(|a| a.with("Extension", plan));
        let Ok(action) = action else { return false };
        matches!(self.client.list(action).await, Err(ActionError::Refused(text)) if text.starts_with("Did not find"))
    }

    fn write(&self, plan: Uuid, steps: &[Step]) -> Result<(), ActionError> {
        // The last step first: an answer that comes in between runs into steps that all stand already, or finds no priority 1.
        for (at, step) in steps.iter().enumerate().rev() {
            self.client.submit(actions::dialplan_step(plan, at + 1, step)?)?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, Vec<Step>>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
