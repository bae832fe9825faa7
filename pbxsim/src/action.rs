//! The actions: how each is checked, answered and done.
//!
//! Ping, Login, Events and Filter are not here: the sessions of `ami::server` answer them.

mod core;
mod dialplan;
mod hangup;
mod originate;
mod queues;
mod show;

use crate::sim::{Out, SessionId, Sim};
use crate::time::Time;
use ami::{Class, ClassSet, Message};

/// The actions that the PBX knows, with the classes of which a user needs one and a description.
pub const ACTIONS: &[(&str, &[Class], &str)] = &[
    ("Command", &[Class::Command], "Execute Asterisk CLI Command."),
    ("CoreSettings", &[Class::System, Class::Reporting], "Show PBX core settings (version etc)."),
    ("CoreShowChannels", &[Class::System, Class::Reporting], "List currently active channels."),
    ("CoreStatus", &[Class::System, Class::Reporting], "Show PBX core status variables."),
    ("DialplanExtensionAdd", &[Class::System], "Add an extension to the dialplan"),
    ("DialplanExtensionRemove", &[Class::System], "Remove an extension from the dialplan"),
    ("GetConfig", &[Class::System, Class::Config], "Retrieve configuration."),
    ("Getvar", &[Class::Call, Class::Reporting], "Gets a channel variable or function value."),
    ("Hangup", &[Class::System, Class::Call], "Hangup channel."),
    ("Originate", &[Class::Originate], "Originate a call."),
    ("QueueAdd", &[Class::Agent], "Add interface to queue."),
    ("QueuePause", &[Class::Agent], "Makes a queue member temporarily unavailable."),
    ("QueueRemove", &[Class::Agent], "Remove interface from queue."),
    ("QueueStatus", &[], "Show queue status."),
    ("QueueSummary", &[], "Show queue summary."),
    ("Reload", &[Class::Config, Class::System], "Send a reload event."),
    ("Setvar", &[Class::Call], "Sets a channel variable or function value."),
    ("Status", &[Class::System, Class::Call, Class::Reporting], "List channel status."),
    ("UserEvent", &[Class::User], "Send an arbitrary event."),
];

/// The classes of which a user needs one for an action; none when there is no such action.
pub fn write_class(action: &str) -> Option<ClassSet> {
    let found = ACTIONS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(action));
    found.map(|(_, classes, _)| ClassSet::of(classes))
}

/// An action on its way: the answers go to the session that sent it.
pub(crate) struct Asked<'a> {
    pub(crate) session: SessionId,
    pub(crate) action: &'a Message,
}

impl Sim {
    /// Takes an action. Its answers are the next outputs; the events that it causes come after them.
    pub fn action(&mut self, session: SessionId, action: &Message, now: Time) {
        self.handle_timeout(now);
        let asked = Asked { session, action };
        match action.text("Action").to_ascii_lowercase().as_str() {
            "originate" => self.action_originate(&asked),
            "hangup" => self.action_hangup(&asked),
            "queuestatus" => self.queue_status(&asked),
            "queuesummary" => self.queue_summary(&asked),
            "getconfig" => self.get_config(&asked),
            "queueadd" => self.queue_add(&asked),
            "queueremove" => self.queue_remove(&asked),
            "queuepause" => self.queue_pause(&asked),
            "dialplanextensionadd" => self.extension_add(&asked),
            "dialplanextensionremove" => self.extension_remove(&asked),
            "command" => self.command(&asked),
            "reload" => self.action_reload(&asked),
            "coreshowchannels" => self.core_show_channels(&asked),
            "status" => self.action_status(&asked),
            "corestatus" => self.core_status(&asked),
            "coresettings" => self.core_settings(&asked),
            "getvar" => self.getvar(&asked),
            "setvar" => self.setvar(&asked),
            "userevent" => self.action_user_event(&asked),
            "ping" => self.ping(&asked),
            _ => self.refuse(&asked, "Invalid/unknown command"),
        }
    }

    pub(crate) fn reply(&mut self, asked: &Asked, message: Message) {
        self.out.push_back(Out::Reply { session: asked.session, message });
    }

    pub(crate) fn accept(&mut self, asked: &Asked, text: &str) {
        let mut message = asked.response("Success");
        message.push_lossy("Message", text);
        self.reply(asked, message);
    }

    pub(crate) fn refuse(&mut self, asked: &Asked, text: &str) {
        let mut message = asked.response("Error");
        message.push_lossy("Message", text);
        self.reply(asked, message);
    }

    pub(crate) fn list_start(&mut self, asked: &Asked, text: &str) {
        let mut message = asked.response("Success");
        message.push_lossy("EventList", "start");
        message.push_lossy("Message", text);
        self.reply(asked, message);
    }

    pub(crate) fn list_end(&mut self, asked: &Asked, event: &'static str, items: usize) {
        let mut message = Message::event(event);
        asked.tag(&mut message);
        message.push_lossy("EventList", "Complete");
        message.push_lossy("ListItems", &items.to_string());
        self.reply(asked, message);
    }
}

impl Asked<'_> {
    /// A header of the action, empty when it is not there.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.action.text(name)
    }

    pub(crate) fn response(&self, kind: &'static str) -> Message {
        let mut message = Message::response(kind);
        self.tag(&mut message);
        message
    }

    /// Adds the ActionID, if the action has one.
    pub(crate) fn tag(&self, message: &mut Message) {
        if let Some(id) = self.action.action_id() {
            message.push_lossy("ActionID", id);
        }
    }
}

/// What Asterisk takes for true.
pub(crate) fn is_yes(text: &str) -> bool {
    ["yes", "true", "y", "t", "1", "on"].iter().any(|yes| text.eq_ignore_ascii_case(yes))
}
