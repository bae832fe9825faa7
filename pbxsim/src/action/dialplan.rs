//! Actions that change the dialplan, and the reloads that wipe the changes.

use super::{Asked, is_yes};
use crate::sim::Sim;

/// The modules that `Action: Reload` finds.
const MODULES: [&str; 6] = ["app_queue", "pbx_config", "chan_pjsip", "res_pjsip", "manager", "logger"];

impl Sim {
    pub(super) fn extension_add(&mut self, asked: &Asked) {
        let [context, exten, priority, app] =
            ["Context", "Extension", "Priority", "Application"].map(|name| asked.text(name));
        if [context, exten, priority, app].iter().any(|text| text.is_empty()) {
            let why = "Context, Extension, Priority, and Application must be defined for a new extension.";
            return self.refuse(asked, why);
        }
        let Some(priority) = priority.parse::<u32>().ok().filter(|priority| *priority > 0) else {
            return self.refuse(asked, "The priority specified was invalid.");
        };
        let replace = is_yes(asked.text("Replace"));
        let data = asked.text("ApplicationData");
        match self.dialplan.add((context, exten, priority), (app, data), replace) {
            Ok(()) => self.accept(asked, "Added requested extension"),
            Err(why) => self.refuse(asked, &why.to_string()),
        }
    }

    pub(super) fn extension_remove(&mut self, asked: &Asked) {
        let (context, exten) = (asked.text("Context"), asked.text("Extension"));
        if context.is_empty() || exten.is_empty() {
            return self.refuse(asked, "Context and Extension must be provided");
        }
        let priority = match asked.text("Priority") {
            "" => None,
            text => match text.parse() {
                Ok(priority) => Some(priority),
                Err(_) => return self.refuse(asked, "The priority specified was invalid"),
            },
        };
        if self.dialplan.remove(context, exten, priority) {
            self.accept(asked, "Removed the requested extension");
        } else {
            self.refuse(asked, "The requested extension does not exist");
        }
    }

    pub(super) fn action_reload(&mut self, asked: &Asked) {
        let given = asked.text("Module");
        let module = given.strip_suffix(".so").unwrap_or(given);
        if given.is_empty() {
            self.accept(asked, "Module Reloaded");
            return self.reload_all("All");
        }
        if !MODULES.contains(&module) {
            self.refuse(asked, "No such module");
            let headers = [("Module", given), ("Status", "2")];
            return self.plain_event(crate::kind::Kind::Reload, &headers);
        }
        self.accept(asked, "Module Reloaded");
        if module == "pbx_config" {
            return self.reload_all(given);
        }
        self.plain_event(crate::kind::Kind::Reload, &[("Module", given), ("Status", "0")]);
    }

    pub(super) fn command(&mut self, asked: &Asked) {
        let line = asked.text("Command").trim();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["dialplan", "reload"] => {
                self.output(asked, "Success", "Dialplan reloaded.");
                self.reload_from_command_line();
            }
            ["module", "reload"] | ["core", "reload"] => {
                self.output(asked, "Success", "");
                self.reload_all("All");
            }
            ["module", "reload", "pbx_config.so" | "pbx_config"] => {
                self.output(asked, "Success", "Module 'pbx_config.so' reloaded successfully.");
                self.reload_all("pbx_config.so");
            }
            ["core", "show", "version"] => self.output(asked, "Success", super::core::VERSION_LINE),
            ["queue", "reload", ..] | ["queue", "show", ..] => self.output(asked, "Success", ""),
            _ => {
                let text = format!(
                    "No such command '{line}' (type 'core show help {line}' for other possible commands)"
                );
                self.output(asked, "Error", &text);
            }
        }
    }

    fn reload_from_command_line(&mut self) {
        if self.scenario.dialplan_reload_event {
            self.reload_all("pbx_config.so");
        } else {
            self.dialplan.reload();
            self.reloaded = self.now;
        }
    }

    fn output(&mut self, asked: &Asked, response: &'static str, text: &str) {
        let mut message = asked.response(response);
        message.push_lossy("Message", "Command output follows");
        message.push_lossy("Output", text);
        self.reply(asked, message);
    }
}
