//! The actions that belong to the session itself, whatever the handler does.

use std::time::{SystemTime, UNIX_EPOCH};

use super::replier::with_text;
use super::session::Session;
use super::{Account, Command, Handler};
use crate::class::{Class, ClassSet};
use crate::message::Message;

/// An action of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Builtin {
    Challenge,
    Events,
    Filter,
    ListCommands,
    Login,
    Logoff,
    Ping,
}

impl Builtin {
    const ALL: [(Self, Command); 7] = [
        (Self::Challenge, Command { name: "Challenge", synopsis: "Generate Challenge for MD5 Auth." }),
        (Self::Events, Command { name: "Events", synopsis: "Control Event Flow." }),
        (
            Self::Filter,
            Command { name: "Filter", synopsis: "Dynamically add filters for the current manager session." },
        ),
        (Self::ListCommands, Command { name: "ListCommands", synopsis: "List available manager commands." }),
        (Self::Login, Command { name: "Login", synopsis: "Login Manager." }),
        (Self::Logoff, Command { name: "Logoff", synopsis: "Logoff Manager." }),
        (Self::Ping, Command { name: "Ping", synopsis: "Keepalive command." }),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, command)| command.name.eq_ignore_ascii_case(name));
        found.map(|(builtin, _)| *builtin)
    }

    /// What a session may do that has not logged in.
    pub(super) fn before_login(self) -> bool {
        matches!(self, Self::Challenge | Self::Login | Self::Logoff)
    }

    pub(super) fn write_class(self) -> ClassSet {
        if self == Self::Filter { ClassSet::from(Class::System) } else { ClassSet::NONE }
    }
}

impl<H: Handler> Session<H> {
    pub(super) fn ping(&self, action: &Message) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut response = Message::response("Success");
        response.push_lossy("Ping", "Pong");
        response.push_lossy("Timestamp", &format!("{}.{:06}", now.as_secs(), now.subsec_micros()));
        self.reply(action, response);
    }

    pub(super) fn events(&self, action: &Message) {
        let Some(mask) = ClassSet::from_event_mask(action.text("EventMask")) else {
            return self.reply(action, with_text("Error", "Invalid event mask"));
        };
        let mut response = Message::response("Success");
        response.push_lossy("Events", if mask.is_empty() { "Off" } else { "On" });
        self.outbound.set_wanted(|wanted| wanted.mask = mask);
        self.reply(action, response);
    }

    pub(super) fn filter(&self, action: &Message) {
        if !action.text("Operation").eq_ignore_ascii_case("Add") {
            return self.reply(action, with_text("Error", "Unknown operation"));
        }
        let (criteria, text) = (action.text("MatchCriteria"), action.text("Filter"));
        let added = self.outbound.set_wanted(|wanted| wanted.filters.add(criteria, text));
        self.reply(
            action,
            match added {
                Ok(()) => with_text("Success", "Success"),
                Err(error) => with_text("Error", &error.to_string()),
            },
        );
    }

    pub(super) fn list_commands(&self, action: &Message, account: &Account) {
        let builtin = Builtin::ALL.iter().map(|(builtin, command)| (command.clone(), builtin.write_class()));
        let handler = &self.server.handler;
        let more = handler.commands().into_iter();
        let more = more.filter_map(|command| handler.write_class(command.name).map(|class| (command, class)));
        let mut lines: Vec<_> =
            builtin.chain(more).filter(|(_, class)| account.write.permits(*class)).collect();
        lines.sort_by_key(|(command, _)| command.name);
        let mut response = Message::response("Success");
        for (command, class) in lines {
            response.push_lossy(command.name, &format!("{} (Priv: {class})", command.synopsis));
        }
        self.reply(action, response);
    }

    pub(super) fn logoff(&self, action: &Message) {
        self.reply(action, with_text("Goodbye", "Thanks for all the fish."));
        self.outbound.finish();
    }
}
