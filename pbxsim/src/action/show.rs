//! Lists of channels: what a dialer asks after a reconnect.

use super::Asked;
use crate::channel::{Channel, Key, PLAIN};
use crate::sim::Sim;
use ami::Message;

impl Sim {
    pub(super) fn core_show_channels(&mut self, asked: &Asked) {
        self.list_start(asked, "Channels will follow");
        let items: Vec<Message> =
            self.channels.iter().map(|(_, channel)| self.shown(asked, channel)).collect();
        let count = items.len();
        for item in items {
            self.reply(asked, item);
        }
        self.list_end(asked, "CoreShowChannelsComplete", count);
    }

    fn shown(&self, asked: &Asked, channel: &Channel) -> Message {
        let up = self.now.saturating_sub(channel.since).as_secs();
        let mut message = Message::event("CoreShowChannel");
        asked.tag(&mut message);
        channel.describe(&PLAIN, &mut message);
        message.push_lossy("Application", &channel.app);
        message.push_lossy("ApplicationData", &channel.data);
        let duration = format!("{:02}:{:02}:{:02}", up / 3_600, up / 60 % 60, up % 60);
        message.push_lossy("Duration", &duration);
        message.push_lossy("BridgeId", channel.bridge.as_deref().unwrap_or_default());
        message
    }

    pub(super) fn action_status(&mut self, asked: &Asked) {
        let wanted: Vec<Key> = match asked.text("Channel") {
            "" => self.channels.keys(),
            name => match self.channels.find(name) {
                Some(key) => vec![key],
                None => return self.refuse(asked, "No such channel"),
            },
        };
        self.list_start(asked, "Channel status will follow");
        let items: Vec<Message> = wanted
            .iter()
            .filter_map(|key| self.channels.get(*key))
            .map(|c| self.status_of(asked, c))
            .collect();
        let count = items.len();
        for item in items {
            self.reply(asked, item);
        }
        let mut message = Message::event("StatusComplete");
        asked.tag(&mut message);
        message.push_lossy("EventList", "Complete");
        message.push_lossy("ListItems", &count.to_string());
        message.push_lossy("Items", &count.to_string());
        self.reply(asked, message);
    }

    fn status_of(&self, asked: &Asked, channel: &Channel) -> Message {
        let (tech, format) = if channel.is_local() { ("Local", "slin") } else { ("PJSIP", "ulaw") };
        let mut message = Message::event("Status");
        message.push_lossy("Privilege", "Call");
        channel.describe(&PLAIN, &mut message);
        let formats = format!("({format})");
        let seconds = self.now.saturating_sub(channel.since).as_secs().to_string();
        for (name, value) in [
            ("Type", tech),
            ("DNID", ""),
            ("EffectiveConnectedLineNum", crate::channel::or_unknown(&channel.line.number)),
            ("EffectiveConnectedLineName", crate::channel::or_unknown(&channel.line.name)),
            ("TimeToHangup", "0"),
            ("BridgeID", channel.bridge.as_deref().unwrap_or_default()),
            ("Application", &channel.app),
            ("Data", &channel.data),
            ("Nativeformats", &formats),
            ("Readformat", format),
            ("Readtrans", ""),
            ("Writeformat", format),
            ("Writetrans", ""),
            ("Callgroup", "0"),
            ("Pickupgroup", "0"),
            ("Seconds", &seconds),
        ] {
            message.push_lossy(name, value);
        }
        for (name, value) in asked_variables(asked, channel) {
            message.push_lossy("Variable", &format!("{name}={value}"));
        }
        asked.tag(&mut message);
        message
    }
}

fn asked_variables<'a>(asked: &'a Asked, channel: &'a Channel) -> Vec<(&'a str, &'a str)> {
    if super::is_yes(asked.text("AllVariables")) {
        return channel.vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    }
    let names = asked.text("Variables").split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| (name, channel.var(name).unwrap_or("(null)"))).collect()
}
