//! Events on their way out: how a block is built from channels and values, unless nobody wants it.

use crate::channel::{Channel, DEST, Digits, Key, LOCAL_ONE, LOCAL_TWO, PLAIN};
use crate::kind::Kind;
use crate::sim::{Out, Sim};
use ami::Message;

/// More headers of an event, after those that describe channels.
pub(crate) type Extra<'a> = &'a [(&'static str, &'a str)];

fn begin(kind: Kind) -> Message {
    let mut message = Message::event(kind.name());
    message.push_lossy("Privilege", kind.privilege());
    message
}

impl Sim {
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        self.wanted.holds(kind)
    }

    fn send(&mut self, kind: Kind, mut message: Message, extra: Extra) {
        for (name, value) in extra {
            message.push_lossy(name, value);
        }
        self.out.push_back(Out::Event { class: kind.class(), message });
    }

    /// An event that describes no channel.
    pub(crate) fn plain_event(&mut self, kind: Kind, extra: Extra) {
        if self.wants(kind) {
            self.send(kind, begin(kind), extra);
        }
    }

    /// An event about one channel.
    pub(crate) fn channel_event(&mut self, kind: Kind, key: Key, extra: Extra) {
        if !self.wants(kind) {
            return;
        }
        let Some(channel) = self.channels.get(key) else { return };
        let mut message = begin(kind);
        channel.describe(&PLAIN, &mut message);
        self.send(kind, message, extra);
    }

    /// An event about a call to `dest`, made by `from` or by nobody (an Originate).
    pub(crate) fn dial_event(&mut self, kind: Kind, from: Option<Key>, dest: Key, extra: Extra) {
        if !self.wants(kind) {
            return;
        }
        let Some(dest) = self.channels.get(dest) else { return };
        let mut message = begin(kind);
        if let Some(from) = from.and_then(|key| self.channels.get(key)) {
            from.describe(&PLAIN, &mut message);
        }
        dest.describe(&DEST, &mut message);
        self.send(kind, message, extra);
    }

    pub(crate) fn var_set(&mut self, key: Key, name: &str, value: &str) {
        if let Some(global) = global(name) {
            return drop(self.globals.insert(global.to_owned(), value.to_owned()));
        }
        if let Some(channel) = self.channels.get_mut(key) {
            channel.set_var(name, value);
        }
        self.channel_event(Kind::VarSet, key, &[("Variable", name), ("Value", value)]);
    }

    /// The same with a number, which is made text only if it is wanted or kept.
    pub(crate) fn var_set_number(&mut self, key: Key, name: &str, value: u64) {
        self.var_set(key, name, Digits::of(value).text());
    }

    pub(crate) fn device_state(&mut self, device: &str, state: &str) {
        self.plain_event(Kind::DeviceStateChange, &[("Device", device), ("State", state)]);
    }

    pub(crate) fn new_exten(&mut self, key: Key, app: &str, data: &str) {
        if let Some(channel) = self.channels.get_mut(key) {
            app.clone_into(&mut channel.app);
            data.clone_into(&mut channel.data);
        }
        if !self.wants(Kind::Newexten) {
            return;
        }
        let Some(exten) = self.channels.get(key).map(|channel| channel.exten.clone()) else { return };
        self.channel_event(
            Kind::Newexten,
            key,
            &[("Extension", &exten), ("Application", app), ("AppData", data)],
        );
    }

    pub(crate) fn local_bridge(&mut self, one: Key, two: Key, optimize: bool) {
        if !self.wants(Kind::LocalBridge) {
            return;
        }
        let (Some(a), Some(b)) = (self.channels.get(one), self.channels.get(two)) else { return };
        let mut message = begin(Kind::LocalBridge);
        a.describe(&LOCAL_ONE, &mut message);
        b.describe(&LOCAL_TWO, &mut message);
        message.push_lossy("Context", &a.context);
        message.push_lossy("Exten", &a.exten);
        message.push_lossy("LocalOptimization", if optimize { "Yes" } else { "No" });
        self.send(Kind::LocalBridge, message, &[]);
    }

    /// Bridge events: `key` enters or leaves, or nobody does (create, destroy).
    pub(crate) fn bridge_event(&mut self, kind: Kind, id: &str, key: Option<Key>, channels: &'static str) {
        if !self.wants(kind) {
            return;
        }
        let mut message = begin(kind);
        for (name, value) in [
            ("BridgeUniqueid", id),
            ("BridgeType", "basic"),
            ("BridgeTechnology", "simple_bridge"),
            ("BridgeCreator", "<unknown>"),
            ("BridgeName", "<unknown>"),
            ("BridgeNumChannels", channels),
            ("BridgeVideoSourceMode", "none"),
        ] {
            message.push_lossy(name, value);
        }
        if let Some(channel) = key.and_then(|key| self.channels.get(key)) {
            channel.describe(&PLAIN, &mut message);
        }
        self.send(kind, message, &[]);
    }

    /// The last words of a channel, which leaves the store.
    pub(crate) fn hangup_event(&mut self, key: Key, cause: u16, tech_cause: Option<u16>) -> Option<Channel> {
        let number = Digits::of(cause.into());
        let headers = [("Cause", number.text()), ("Cause-txt", crate::cause::text(cause))];
        match tech_cause.map(|code| Digits::of(code.into())) {
            Some(code) => {
                let with_tech = [headers[0], headers[1], ("TechCause", code.text())];
                self.channel_event(Kind::Hangup, key, &with_tech);
            }
            None => self.channel_event(Kind::Hangup, key, &headers),
        }
        self.cancel_all(key);
        self.channels.remove(key)
    }

    /// The five reports about the sound of a SIP call that Asterisk sets at its end.
    pub(crate) fn sound_reports(&mut self, key: Key) {
        if !self.wants(Kind::VarSet) {
            return;
        }
        let reports = [
            (
                "RTPAUDIOQOS",
                "ssrc=1866167094;themssrc=0;lp=0;rxjitter=0.000000;rxcount=0;txjitter=0.000000;txcount=0;\
                 rlp=0;rtt=0.000000;rxmes=0.000000;txmes=0.000000",
            ),
            ("RTPAUDIOQOSJITTER", "minrxjitter=000.000000;maxrxjitter=000.000000;"),
            ("RTPAUDIOQOSLOSS", "  minrxlost=000.000000;  maxrxlost=000.000000;"),
            ("RTPAUDIOQOSRTT", "     minrtt=000.000000;     maxrtt=000.000000;"),
            ("RTPAUDIOQOSMES", "   minrxmes=000.000000;   maxrxmes=000.000000;"),
        ];
        for (name, value) in reports {
            self.channel_event(Kind::VarSet, key, &[("Variable", name), ("Value", value)]);
        }
    }
}

impl Sim {
    /// A UserEvent; its headers are the dialplan's own, and those that can not be headers are left out.
    pub(crate) fn user_event(&mut self, key: Key, name: &str, headers: &[(&str, &str)]) {
        let Some(channel) = self.channels.get(key) else { return };
        let mut message = begin(Kind::UserEvent);
        channel.describe(&PLAIN, &mut message);
        message.push_lossy("UserEvent", name);
        for (name, value) in headers {
            // A bad header of the dialplan is dropped, as Asterisk does; the event goes out without it.
            drop(message.push(name, value));
        }
        self.send(Kind::UserEvent, message, &[]);
    }
}

/// The variable in `GLOBAL(variable)`.
pub(crate) fn global(name: &str) -> Option<&str> {
    name.strip_prefix("GLOBAL(")?.strip_suffix(')')
}
