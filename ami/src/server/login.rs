//! Logging in: `Challenge` and `Login`, and what a fresh session gets.

use std::sync::Arc;

use rand::RngExt as _;
use tokio::time::sleep;

use super::replier::with_text;
use super::session::Session;
use super::{Account, Handler};
use crate::class::{Class, ClassSet};
use crate::message::Message;

impl<H: Handler> Session<H> {
    /// `Challenge`: a number that the key of an MD5 login is made of.
    pub(super) fn challenge(&mut self, action: &Message) {
        if !action.text("AuthType").eq_ignore_ascii_case("MD5") {
            return self.reply(action, with_text("Error", "Must specify AuthType"));
        }
        let challenge =
            self.challenge.get_or_insert_with(|| rand::rng().random_range(1..=i32::MAX).to_string());
        let mut response = Message::response("Success");
        response.push_lossy("Challenge", challenge);
        self.reply(action, response);
    }

    /// `Login`. A wrong one is answered late and ends the session.
    pub(super) async fn login(&mut self, action: &Message) {
        if self.account.is_some() {
            return self.reply(action, with_text("Success", "Already authenticated"));
        }
        let Some(account) = self.authenticate(action) else {
            tracing::warn!(peer = %self.peer, account = action.text("Username"), "AMI login refused");
            sleep(self.server.config.login_delay).await;
            self.reply(action, with_text("Error", "Authentication failed"));
            return self.outbound.finish();
        };
        let mask = ClassSet::from_event_mask(action.text("Events")).unwrap_or(ClassSet::ALL);
        self.reply(action, with_text("Success", "Authentication accepted"));
        self.outbound.set_wanted(|wanted| {
            wanted.read = account.read;
            wanted.mask = mask;
        });
        self.membership = Some(self.server.broadcast.join(Arc::clone(&self.outbound)));
        // Only after the session is among those that get events: what becomes ready in between is then not missed.
        let system = ClassSet::from(Class::System);
        if account.read.contains(system)
            && mask.contains(system)
            && let Some(event) = self.server.handler.fully_booted(self.server.started.elapsed())
        {
            self.outbound.push_message(&event);
        }
        self.account = Some(account);
    }

    fn authenticate(&self, action: &Message) -> Option<Arc<Account>> {
        let name = action.get("Username")?;
        let account = self.server.config.accounts.iter().find(|account| account.name == name)?;
        let known = if action.text("AuthType").eq_ignore_ascii_case("MD5") {
            account.secret.matches_key(self.challenge.as_deref()?, action.get("Key")?)
        } else {
            account.secret.matches(action.get("Secret")?)
        };
        let address = self.peer.ip();
        let permitted =
            account.permit.is_empty() || account.permit.iter().any(|network| network.contains(address));
        (known && permitted).then(|| Arc::new(account.clone()))
    }
}
