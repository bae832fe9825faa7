//! Runs the dialplan on the channel of an answered call: the applications that a dialer uses.
//!
//! What takes time sets a timer of the channel and ends the loop; the timer resumes it.

use crate::channel::{Digits, Key, Role, Slot, Target, Waits};
use crate::expression::{expand, is_true};
use crate::hangup::{By, End};
use crate::kind::Kind;
use crate::sim::Sim;
use crate::time::{Time, seconds};

/// A dialplan that takes no time at all is stopped after so many lines.
const LINES_AT_ONCE: usize = 1_000;
/// How long a sound plays whose length nobody knows.
const SOUND: Time = Time::from_secs(3);

/// What an application leaves to do.
enum Flow {
    Next,
    Goto(String, String, u32),
    Blocked,
    End(u16),
}

impl Sim {
    /// Runs from where the channel points, until something takes time or the call ends.
    pub(crate) fn run(&mut self, key: Key) {
        for _ in 0..LINES_AT_ONCE {
            let Some(channel) = self.channels.get(key) else { return };
            let line = self.dialplan.line(&channel.context, &channel.exten, channel.priority);
            let Some(line) = line else { return self.end_call(key, End { cause: 0, by: By::Dialplan }) };
            let (app, data) = (line.app.clone(), line.data.clone());
            let data = self.expanded(key, &data);
            self.new_exten(key, &app, &data);
            match self.execute(key, &app, &data) {
                Flow::Next => self.point(key, None),
                Flow::Goto(context, exten, priority) => self.point(key, Some((context, exten, priority))),
                Flow::Blocked => return,
                Flow::End(cause) => return self.end_call(key, End { cause, by: By::Dialplan }),
            }
        }
        self.end_call(key, End { cause: 0, by: By::Dialplan });
    }

    /// Runs the one application that an Originate named.
    pub(crate) fn start_app(&mut self, key: Key, app: &str, data: &str) {
        let data = self.expanded(key, data);
        match self.execute(key, app, &data) {
            Flow::Blocked => {}
            Flow::End(cause) => self.end_call(key, End { cause, by: By::Application }),
            Flow::Next | Flow::Goto(..) => self.end_call(key, End { cause: 0, by: By::Application }),
        }
    }

    /// Goes on after an application that took time.
    pub(crate) fn resume(&mut self, key: Key) {
        let Some(channel) = self.channels.get(key) else { return };
        if matches!(channel.role, Role::InDialplan) {
            self.point(key, None);
            self.run(key);
        } else {
            self.end_call(key, End { cause: 0, by: By::Application });
        }
    }

    fn point(&mut self, key: Key, to: Option<(String, String, u32)>) {
        let Some(channel) = self.channels.get_mut(key) else { return };
        match to {
            None => channel.priority += 1,
            Some((context, exten, priority)) => {
                (channel.context, channel.exten, channel.priority) = (context, exten, priority);
            }
        }
    }

    fn execute(&mut self, key: Key, app: &str, data: &str) -> Flow {
        match app.to_ascii_lowercase().as_str() {
            "noop" | "verbose" | "answer" | "musiconhold" | "ringing" | "progress" => Flow::Next,
            "set" => self.app_set(key, data),
            "wait" => self.block(key, Waits::Time, seconds(data.trim().parse().unwrap_or(0.0))),
            "playback" | "background" => self.block(key, Waits::Time, SOUND),
            "amd" => self.app_amd(key, data),
            "userevent" => self.app_user_event(key, data),
            "goto" => self.target(key, data).unwrap_or(Flow::End(0)),
            "gotoif" => self.app_goto_if(key, data),
            "execif" => self.app_exec_if(key, data),
            "queue" => self.app_queue(key, data),
            "hangup" => Flow::End(data.trim().parse().unwrap_or(16)),
            "busy" => Flow::End(17),
            "congestion" => Flow::End(34),
            _ => Flow::End(0),
        }
    }

    fn block(&mut self, key: Key, what: Waits, delay: Time) -> Flow {
        if let Some(channel) = self.channels.get_mut(key) {
            channel.waits = what;
        }
        self.set_timer(key, Slot::Near, delay);
        Flow::Blocked
    }

    fn app_set(&mut self, key: Key, data: &str) -> Flow {
        if let Some((name, value)) = data.split_once('=') {
            let name = name.trim().trim_start_matches('_').to_owned();
            self.var_set(key, &name, value.trim().trim_matches('"'));
        }
        Flow::Next
    }

    fn app_amd(&mut self, key: Key, data: &str) -> Flow {
        let far = self.far_of(key);
        let plan = self.channels.get(far).and_then(|channel| channel.plan.as_ref());
        let after = plan.map_or(Time::ZERO, |plan| plan.verdict.after);
        let limit = total_analysis(data);
        self.block(key, Waits::Amd, limit.map_or(after, |limit| limit.min(after)))
    }

    /// AMD has made up its mind.
    pub(crate) fn amd_verdict(&mut self, key: Key) {
        let far = self.far_of(key);
        let Some(verdict) =
            self.channels.get(far).and_then(|channel| channel.plan.as_ref()).map(|plan| plan.verdict.clone())
        else {
            return;
        };
        let limit = self.channels.get(key).and_then(|channel| total_analysis(&channel.data));
        if let Some(limit) = limit.filter(|limit| *limit < verdict.after) {
            self.var_set(key, "AMDSTATUS", "NOTSURE");
            self.var_set(key, "AMDCAUSE", &format!("TOOLONG-{}", limit.as_millis()));
        } else {
            self.var_set(key, "AMDSTATUS", verdict.status);
            self.var_set(key, "AMDCAUSE", verdict.cause);
        }
        self.resume(key);
    }

    fn app_user_event(&mut self, key: Key, data: &str) -> Flow {
        if !self.wants(Kind::UserEvent) {
            return Flow::Next;
        }
        let mut parts = data.split(',');
        let name = parts.next().unwrap_or_default().trim();
        let headers: Vec<(&str, &str)> =
            parts.filter_map(|part| part.split_once(':')).map(|(n, v)| (n.trim(), v.trim())).collect();
        self.user_event(key, name, &headers);
        Flow::Next
    }

    fn app_goto_if(&mut self, key: Key, data: &str) -> Flow {
        let (condition, targets) = data.split_once('?').unwrap_or((data, ""));
        let (yes, no) = targets.split_once(':').unwrap_or((targets, ""));
        let target = if is_true(condition) { yes } else { no }.trim();
        if target.is_empty() { Flow::Next } else { self.target(key, target).unwrap_or(Flow::End(0)) }
    }

    fn app_exec_if(&mut self, key: Key, data: &str) -> Flow {
        let (condition, apps) = data.split_once('?').unwrap_or((data, ""));
        let (yes, no) = match apps.find("):") {
            Some(at) => (&apps[..=at], &apps[at + 2..]),
            None => (apps, ""),
        };
        let chosen = if is_true(condition) { yes } else { no }.trim();
        let Some((app, rest)) = chosen.split_once('(') else { return Flow::Next };
        self.execute(key, app, rest.strip_suffix(')').unwrap_or(rest))
    }

    /// `priority`, `exten,priority` or `context,exten,priority`.
    fn target(&self, key: Key, text: &str) -> Option<Flow> {
        let channel = self.channels.get(key)?;
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let (context, exten, priority) = match parts[..] {
            [priority] => (channel.context.as_str(), channel.exten.as_str(), priority),
            [exten, priority] => (channel.context.as_str(), exten, priority),
            [context, exten, priority] => (context, exten, priority),
            _ => return None,
        };
        Some(Flow::Goto(context.to_owned(), exten.to_owned(), priority.parse().ok()?))
    }

    fn app_queue(&mut self, key: Key, data: &str) -> Flow {
        let mut fields = data.split(',');
        let name = fields.next().unwrap_or_default().trim().to_owned();
        let timeout = fields.nth(3).and_then(|text| text.trim().parse::<f64>().ok());
        if self.join_queue(key, &name, timeout.filter(|s| *s > 0.0).map(seconds)) {
            Flow::Blocked
        } else {
            Flow::Next
        }
    }

    /// Runs the extension `h` of the context that the channel is in.
    pub(crate) fn run_h(&mut self, key: Key, cause: u16) {
        let Some(channel) = self.channels.get_mut(key) else { return };
        let context = channel.context.clone();
        if self.dialplan.line(&context, "h", 1).is_none() {
            return;
        }
        channel.set_var("HANGUPCAUSE", Digits::of(cause.into()).text());
        "h".clone_into(&mut channel.exten);
        channel.priority = 1;
        for priority in 1..=20 {
            let Some(line) = self.dialplan.line(&context, "h", priority) else { return };
            let (app, data) = (line.app.clone(), line.data.clone());
            let data = self.expanded(key, &data);
            self.new_exten(key, &app, &data);
            match app.to_ascii_lowercase().as_str() {
                "set" => drop(self.app_set(key, &data)),
                "userevent" => drop(self.app_user_event(key, &data)),
                _ => {}
            }
            self.point(key, None);
        }
    }

    fn expanded(&self, key: Key, text: &str) -> String {
        let Some(channel) = self.channels.get(key) else { return String::new() };
        expand(text, &|name: &str| match name {
            "UNIQUEID" => channel.uniqueid.clone(),
            "LINKEDID" | "CHANNEL(linkedid)" => channel.linkedid.clone(),
            "CHANNEL" => channel.name.clone(),
            "EXTEN" => channel.exten.clone(),
            "CONTEXT" => channel.context.clone(),
            "PRIORITY" => channel.priority.to_string(),
            "CALLERID(num)" => channel.cid.number.clone(),
            "CALLERID(name)" => channel.cid.name.clone(),
            "EPOCH" => self.unix(self.now).to_string(),
            other => channel.var(other).unwrap_or_default().to_owned(),
        })
    }

    /// Whether a call can go there: what an Originate is refused for.
    pub(crate) fn target_exists(&self, target: &Target) -> bool {
        match target {
            Target::App { .. } => true,
            Target::Exten { context, exten, priority } => {
                self.dialplan.line(context, exten, *priority).is_some()
            }
        }
    }
}

/// The fourth argument of AMD: how long it may think, in milliseconds.
fn total_analysis(data: &str) -> Option<Time> {
    data.split(',').nth(3).and_then(|text| text.trim().parse().ok()).map(Time::from_millis)
}
