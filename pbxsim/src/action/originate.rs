//! `Action: Originate`: the checks at the door, in the order in which Asterisk makes them.

use super::Asked;
use crate::channel::{Party, Target};
use crate::originate::Order;
use crate::sim::Sim;
use crate::time::Time;
use ami::Message;

/// A ChannelId may have so many octets.
const LONGEST_ID: usize = 149;
/// The Timeout of an Originate that names none, in milliseconds.
const TIMEOUT_MS: u64 = 30_000;

impl Sim {
    pub(super) fn action_originate(&mut self, asked: &Asked) {
        match self.order(asked) {
            Ok(order) => {
                self.accept(asked, "Originate successfully queued");
                self.originate(order);
            }
            Err(why) => self.refuse(asked, why),
        }
    }

    fn order(&self, asked: &Asked) -> Result<Order, &'static str> {
        let channel = asked.text("Channel");
        if channel.is_empty() {
            return Err("Channel not specified");
        }
        let target = target(asked)?;
        let timeout = match asked.text("Timeout") {
            "" => TIMEOUT_MS,
            text => text.parse().map_err(|_| "Invalid timeout")?,
        };
        if !channel.contains('/') {
            return Err("Invalid channel");
        }
        let id = |name| Some(asked.text(name)).filter(|id| !id.is_empty()).map(str::to_owned);
        let ids = (id("ChannelId"), id("OtherChannelId"));
        if [&ids.0, &ids.1].into_iter().flatten().any(|id| id.len() > LONGEST_ID) {
            // Asterisk ends this text with a bare LF, which our own messages can not hold.
            return Err("Uniqueid length exceeds maximum of 149");
        }
        let named = match &target {
            Target::Exten { context, exten, .. } => !context.is_empty() && !exten.is_empty(),
            Target::App { .. } => false,
        };
        if named && !self.target_exists(&target) {
            return Err("Extension does not exist.");
        }
        Ok(Order {
            action_id: asked.action.action_id().map(str::to_owned),
            channel: channel.to_owned(),
            ids,
            target,
            timeout: Time::from_millis(timeout),
            caller: party(asked.text("CallerID")),
            account: asked.text("Account").to_owned(),
            vars: variables(asked.action),
        })
    }
}

fn target(asked: &Asked) -> Result<Target, &'static str> {
    let priority = match asked.text("Priority") {
        "" => 1,
        text => text.parse().map_err(|_| "Invalid priority")?,
    };
    let (context, exten) = (asked.text("Context").to_owned(), asked.text("Exten").to_owned());
    let app = asked.text("Application");
    Ok(if app.is_empty() {
        Target::Exten { context, exten, priority }
    } else {
        Target::App { app: app.to_owned(), data: asked.text("Data").to_owned() }
    })
}

/// `"Name" <number>`, `Name <number>` or a number alone.
fn party(text: &str) -> Party {
    match text.split_once('<') {
        Some((name, number)) => Party {
            number: number.split('>').next().unwrap_or_default().trim().to_owned(),
            name: name.trim().trim_matches('"').to_owned(),
        },
        None => Party { number: text.trim().to_owned(), name: String::new() },
    }
}

/// All `Variable` headers; each may hold several at commas. A name without `=` is dropped, quotes are lost.
fn variables(action: &Message) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for header in action.all("Variable") {
        for part in at_commas(header) {
            let Some((name, value)) = part.split_once('=') else { continue };
            let name = name.trim().trim_start_matches('_');
            found.push((name.to_owned(), value.to_owned()));
        }
    }
    found
}

fn at_commas(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => parts.push(String::new()),
            _ => {
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    parts
}
