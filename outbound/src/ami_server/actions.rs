//! Every action that we answer: its name, its texts, how it is carried out.
//!
//! The contract's table of actions is [`known::ACTIONS`]; lists are in `lists`; `settings` is Asterisk's CoreSettings.

mod known;
mod lists;
mod settings;
#[cfg(test)]
mod tests;

use ami::Message;
use ami::class::{Class, ClassSet};
use ami::server::{Command, Handler, Replier};
use uuid::Uuid;

use self::known::{ACTIONS, Known, Run};
use super::core::{Answer, Core};
use super::parse;
use crate::admin::{Refusal, Resource};
use crate::faults;

/// The actions of our clients, carried out by a [`Core`].
pub struct Actions<C> {
    core: C,
}

impl<C: Core> Actions<C> {
    /// Actions on this core.
    pub fn new(core: C) -> Self {
        Self { core }
    }

    /// Reads an action into a command and hands it on. An error is answered by the caller, so no answer may have been
    /// made by then.
    async fn run(&self, known: &'static Known, action: &Message, replier: Replier) -> Result<(), Refusal> {
        parse::check_rights(action, replier.may_write(Class::System))?;
        match known.run {
            Run::Command(read) => {
                let command = read(action)?;
                self.core.command(command, answer(known, replier)).await;
            }
            Run::CreateLead => {
                let (dial_list, patch) = parse::create_lead(action)?;
                self.check_dial_list(Some(dial_list)).await?;
                self.core.create_lead(dial_list, patch, answer(known, replier)).await;
            }
            Run::UpdateLead => {
                let (uuid, patch) = parse::update_lead(action)?;
                self.check_dial_list(patch.dial_list).await?;
                self.core.update_lead(uuid, patch, answer(known, replier)).await;
            }
            Run::DeleteLead => {
                let uuid = parse::uuid(action)?;
                self.core.delete_lead(uuid, answer(known, replier)).await;
            }
            Run::Preview(read) => {
                let command = read(action)?;
                self.core.preview(command, answer(known, replier)).await;
            }
            Run::List(listing) => lists::answer(&self.core, listing, known, action, &replier).await?,
        }
        Ok(())
    }

    async fn check_dial_list(&self, named: Option<Uuid>) -> Result<(), Refusal> {
        let Some(uuid) = named else { return Ok(()) };
        match self.core.catalog(move |catalog| catalog.dial_lists.contains_key(&uuid)).await {
            Some(true) => Ok(()),
            Some(false) => Err(Refusal::Unknown(Resource::DialList)),
            None => Err(Refusal::ShuttingDown),
        }
    }
}

impl<C: Core> Handler for Actions<C> {
    async fn handle(&self, action: Message, replier: Replier) {
        let _ = faults::ends("session");
        let name = action.text("Action");
        if settings::is_named(name) {
            return replier.respond(settings::response());
        }
        let Some(known) = known(name) else { return };
        if let Err(refusal) = self.run(known, &action, replier.clone()).await {
            replier.error(&known.refused(&refusal));
        }
    }

    fn write_class(&self, action: &str) -> Option<ClassSet> {
        if settings::is_named(action) {
            return Some(settings::CLASSES);
        }
        known(action).map(|_| Class::Command.into())
    }

    fn commands(&self) -> Vec<Command> {
        let ours = ACTIONS.iter().map(|known| Command { name: known.name, synopsis: known.synopsis });
        ours.chain([settings::COMMAND]).collect()
    }
}

fn known(action: &str) -> Option<&'static Known> {
    ACTIONS.iter().find(|known| known.name.eq_ignore_ascii_case(action))
}

/// Responds with the action's texts when the core tells what became of it.
fn answer(known: &'static Known, replier: Replier) -> Answer {
    let pending = Pending { known, replier: Some(replier) };
    Box::new(move |result| pending.respond(result))
}

/// A response that is owed. Where nobody answers (the daemon ends), the client is told at least that.
struct Pending {
    known: &'static Known,
    replier: Option<Replier>,
}

impl Pending {
    fn respond(mut self, result: Result<Uuid, Refusal>) {
        self.send(result);
    }

    fn send(&mut self, result: Result<Uuid, Refusal>) {
        let Some(replier) = self.replier.take() else { return };
        match result {
            Ok(_) => replier.success(self.known.success),
            Err(refusal) => replier.error(&self.known.refused(&refusal)),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.send(Err(Refusal::ShuttingDown));
    }
}
