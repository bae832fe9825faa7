//! Offers of leads to agents: what agents say to them, and what the store says to that.

use engine::Input;
use engine::preview::Declined;
use engine::time::Now;
use uuid::Uuid;

use super::Driver;
use crate::admin::{PreviewCommand, Refusal};
use crate::ami_server::Answer;
use crate::store::StoreError;

impl Driver {
    /// An agent has answered an offer. An acceptance is answered when it is written.
    pub(super) fn preview(&mut self, command: PreviewCommand, answer: Answer, now: Now) {
        let (PreviewCommand::Accept(dialing) | PreviewCommand::Refuse { dialing, .. }) = command;
        // What the engine has still to carry out does not change what is offered; but who is late is late.
        let declined = self.engine.may_answer(dialing);
        match command {
            PreviewCommand::Accept(_) => {
                self.engine.handle(Input::PreviewAccept { dialing }, now);
                match declined.map(|()| self.engine.may_answer(dialing)) {
                    Ok(Err(Declined::Accepting)) => {
                        self.acceptances.insert(dialing, answer);
                    }
                    Ok(Ok(()) | Err(_)) => answer(Err(Declined::Withdrawn.into())),
                    Err(declined) => answer(Err(declined.into())),
                }
            }
            PreviewCommand::Refuse { delay_ms, .. } => {
                answer(declined.map(|()| dialing).map_err(Refusal::from));
                self.engine.handle(Input::PreviewRefuse { dialing, delay_ms }, now);
            }
        }
    }

    pub(super) fn lead_accepted(&mut self, dialing: Uuid, committed: Result<(), StoreError>, now: Now) {
        self.with_store = self.with_store.saturating_sub(1);
        let begins = self.engine.begins_when_written(dialing, now);
        self.engine.handle(Input::PreviewAccepted { dialing, committed: committed.is_ok() }, now);
        let Some(answer) = self.acceptances.remove(&dialing) else { return };
        answer(match committed {
            Err(error) => Err(Refusal::NotStored(error.to_string())),
            Ok(()) if begins => Ok(dialing),
            Ok(()) => Err(Declined::Withdrawn.into()),
        });
    }
}
