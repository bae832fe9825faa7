//! Actions about the PBX as a whole, and about variables of channels.

use super::Asked;
use crate::emit::global;
use crate::sim::Sim;
use crate::time::Time;
use ami::Message;

/// The version that the simulated PBX says it has.
pub(super) const VERSION: &str = "22.10.1";
pub(super) const VERSION_LINE: &str = "Asterisk 22.10.1 built by pbxsim";

impl Sim {
    pub(super) fn core_status(&mut self, asked: &Asked) {
        let (start, reload) = (self.date_time(self.booted), self.date_time(self.reloaded));
        let calls = self.channels.iter().filter(|(_, channel)| channel.linkedid == channel.uniqueid).count();
        let mut message = asked.response("Success");
        for (name, value) in [
            ("CoreStartupDate", start.0.as_str()),
            ("CoreStartupTime", &start.1),
            ("CoreReloadDate", &reload.0),
            ("CoreReloadTime", &reload.1),
            ("CoreCurrentCalls", &calls.to_string()),
            ("CoreProcessedCalls", &self.serial.calls.to_string()),
        ] {
            message.push_lossy(name, value);
        }
        self.reply(asked, message);
    }

    pub(super) fn core_settings(&mut self, asked: &Asked) {
        let limit = self.scenario.max_channels.to_string();
        let mut message = asked.response("Success");
        for (name, value) in [
            ("AMIversion", "11.0.0"),
            ("AsteriskVersion", VERSION),
            ("SystemName", ""),
            ("CoreMaxCalls", limit.as_str()),
            ("CoreMaxLoadAvg", "0.000000"),
            ("CoreRunUser", ""),
            ("CoreRunGroup", ""),
            ("CoreMaxFilehandles", "0"),
            ("CoreRealTimeEnabled", "No"),
            ("CoreCDRenabled", "Yes"),
            ("CoreHTTPenabled", "No"),
            ("SoundsSearchCustomDir", "No"),
        ] {
            message.push_lossy(name, value);
        }
        self.reply(asked, message);
    }

    pub(super) fn ping(&mut self, asked: &Asked) {
        let mut message = asked.response("Success");
        message.push_lossy("Ping", "Pong");
        let time = format!("{}.{:06}", self.unix(self.now), self.now.subsec_micros());
        message.push_lossy("Timestamp", &time);
        self.reply(asked, message);
    }

    pub(super) fn getvar(&mut self, asked: &Asked) {
        let name = asked.text("Variable");
        if name.is_empty() {
            return self.refuse(asked, "No variable specified");
        }
        let value = match (asked.text("Channel"), self.channels.find(asked.text("Channel"))) {
            ("", _) => self.globals.get(global(name).unwrap_or(name)).cloned().unwrap_or_default(),
            (_, None) => return self.refuse(asked, "No such channel"),
            (_, Some(key)) => self.channels.get(key).map_or_else(String::new, |channel| match name {
                "CHANNEL(state)" => channel.state.text().to_owned(),
                other => channel.var(other).unwrap_or_default().to_owned(),
            }),
        };
        let mut message = asked.response("Success");
        message.push_lossy("Variable", name);
        message.push_lossy("Value", &value);
        self.reply(asked, message);
    }

    pub(super) fn setvar(&mut self, asked: &Asked) {
        let (name, value) = (asked.text("Variable"), asked.text("Value"));
        if name.is_empty() {
            return self.refuse(asked, "No variable specified");
        }
        let key = self.channels.find(asked.text("Channel"));
        if key.is_none() && !asked.text("Channel").is_empty() {
            return self.refuse(asked, "No such channel");
        }
        self.accept(asked, "Variable Set");
        match key {
            Some(key) => self.var_set(key, name, value),
            None => drop(self.globals.insert(global(name).unwrap_or(name).to_owned(), value.to_owned())),
        }
    }

    pub(super) fn action_user_event(&mut self, asked: &Asked) {
        self.accept(asked, "Event Sent");
        if !self.wants(crate::kind::Kind::UserEvent) {
            return;
        }
        let mut message = Message::event("UserEvent");
        message.push_lossy("Privilege", "user,all");
        asked.tag(&mut message);
        for (name, value) in asked.action.iter() {
            if !name.eq_ignore_ascii_case("Action") && !name.eq_ignore_ascii_case("ActionID") {
                // It came as a header, so it can go as one.
                drop(message.push(name, value));
            }
        }
        self.out.push_back(crate::sim::Out::Event { class: ami::Class::User, message });
    }

    /// Date and time of day (UTC) of a moment, as `2026-11-23` and `01:28:13`.
    fn date_time(&self, at: Time) -> (String, String) {
        let unix = self.unix(at);
        let (days, second) = (unix / 86_400, unix % 86_400);
        // Days to a civil date, after Howard Hinnant's `civil_from_days`.
        let z = days + 719_468;
        let (era, day_of_era) = (z / 146_097, z % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let date = format!("{year:04}-{month:02}-{day:02}");
        (date, format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60))
    }
}
