//! Logging in: `Challenge` and `Login`, and what a fresh session gets.

use std::sync::Arc;

use rand::RngExt as _;
use tokio::time::{sleep, timeout_at};

use super::replier::with_text;
use super::session::Session;
use super::{Account, Handler};
use crate::class::{Class, ClassSet};
use crate::message::Message;
use crate::secret::Credential;

/// As much of a refused user name as the log shows.
const LOGGED_NAME_CHARS: usize = 64;

/// Why a login is refused. The log says it; the client learns only that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error("no such user")]
    UnknownUser,
    #[error("wrong secret")]
    WrongSecret,
    #[error("MD5 login without a challenge before it")]
    NoChallenge,
    #[error("MD5 challenge login of a user whose secret is known as a digest only: use a plain login")]
    DigestOnly,
    #[error("the user may not come from that address")]
    NotPermitted,
    #[error("too many failed logins from that address, for the whole login timeout")]
    NoTurn,
}

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
        let address = self.peer.ip();
        let turn = timeout_at(self.login_by, self.ticket.gate().login_turn(address)).await;
        let found = turn.map_err(|_| Refused::NoTurn).and_then(|()| self.authenticate(action));
        let account = match found {
            Ok(account) => account,
            Err(refused) => return self.refuse_login(action, refused).await,
        };
        if !self.ticket.log_in() {
            return self.outbound.finish();
        }
        let mask = ClassSet::from_event_mask(action.text("Events")).unwrap_or(ClassSet::ALL);
        self.reply(action, with_text("Success", "Authentication accepted"));
        self.outbound.set_limit(self.server.config.send_buffer);
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

    async fn refuse_login(&self, action: &Message, refused: Refused) {
        let address = self.peer.ip();
        self.ticket.gate().login_failed(address);
        let account: String = action.text("Username").chars().take(LOGGED_NAME_CHARS).collect();
        tracing::warn!(%address, port = self.peer.port(), account, reason = %refused, "AMI login refused");
        sleep(self.server.config.login_delay).await;
        self.reply(action, with_text("Error", "Authentication failed"));
        self.outbound.finish();
    }

    fn authenticate(&self, action: &Message) -> Result<Arc<Account>, Refused> {
        let name = action.text("Username");
        let accounts = &self.server.config.accounts;
        let account = accounts.iter().find(|account| account.name == name).ok_or(Refused::UnknownUser)?;
        let challenged = action.text("AuthType").eq_ignore_ascii_case("MD5");
        let known = match &account.credential {
            Credential::Digest(_) if challenged => return Err(Refused::DigestOnly),
            Credential::Digest(digest) => {
                action.get("Secret").is_some_and(|given| digest.matches(name, given))
            }
            Credential::Secret(secret) if challenged => {
                let challenge = self.challenge.as_deref().ok_or(Refused::NoChallenge)?;
                action.get("Key").is_some_and(|key| secret.matches_key(challenge, key))
            }
            Credential::Secret(secret) => action.get("Secret").is_some_and(|given| secret.matches(given)),
        };
        if !known {
            return Err(Refused::WrongSecret);
        }
        let address = self.peer.ip();
        let permitted =
            account.permit.is_empty() || account.permit.iter().any(|network| network.contains(address));
        if permitted { Ok(Arc::new(account.clone())) } else { Err(Refused::NotPermitted) }
    }
}
