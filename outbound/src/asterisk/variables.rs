//! What a call carries: the variables that users set, our own, and the SIP header that a plan asks for, each as the value
//! of one `Variable` header of an Originate.
//!
//! Asterisk 22 takes such a value as it is: it expands nothing in it, splits it at commas that are not in quotes
//! (capture A59) and, where a name comes twice, keeps the first. A line of more than 1,024 octets fails the action.

use std::collections::BTreeSet;

use engine::dial_string::tech;
use engine::dialing::Setup;
use engine::model::Plan;
use engine::value::Text;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// The longest line of an Originate, in octets; Asterisk reads 1,024 with the line's end.
const LINE_MAX: usize = 1_000;

/// The `Variable` headers of a call. Where a name is set more than once, the closest to the lead counts, and ours before all.
pub(super) fn headers(setup: &Setup, plan: &Plan) -> Vec<String> {
    let mut headers = variables(setup);
    headers.extend(sip_header(setup, plan));
    headers
}

/// The same without the SIP header, which is for the customer's call alone.
pub(super) fn variables(setup: &Setup) -> Vec<String> {
    let mut room = [[0; Hyphenated::LENGTH]; 3];
    let [dialing, campaign, lead] = &mut room;
    let texts = &setup.lead_texts;
    let own = [
        ("OUT_DIALING_UUID", Some(&*setup.uuid.hyphenated().encode_lower(dialing))),
        ("OUT_CAMPAIGN_UUID", Some(&*setup.campaign.hyphenated().encode_lower(campaign))),
        ("OUT_LEAD_UUID", Some(&*setup.lead.hyphenated().encode_lower(lead))),
        ("OUT_LEAD_NAME", texts.name.as_ref().map(Text::as_str)),
        ("OUT_LEAD_UKEY", texts.ukey.as_ref().map(Text::as_str)),
        ("OUT_LEAD_UDATA", texts.udata.as_ref().map(Text::as_str)),
    ];
    let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let users = setup.variables.iter().map(|v| (v.name.as_str(), v.value.as_str()));
    let all: Vec<(&str, &str)> = users.chain(own).collect();
    let mut seen = Seen::of(all.len());
    let mut headers = Vec::with_capacity(all.len() + 1);
    for (name, value) in all.into_iter().rev() {
        if seen.is_new(name.trim_start_matches('_')) {
            headers.push(header(setup.uuid, inheritance(name), name, value));
        }
    }
    headers.reverse();
    headers
}

/// Two underscores have every channel down the line inherit a variable. Who wrote underscores meant them.
fn inheritance(name: &str) -> &'static str {
    if name.starts_with('_') { "" } else { "__" }
}

/// Names that have come: in a list, as long as looking through it is cheaper than keeping order.
enum Seen<'a> {
    Few(Vec<&'a str>),
    Many(BTreeSet<&'a str>),
}

impl<'a> Seen<'a> {
    fn of(count: usize) -> Self {
        if count <= 16 { Self::Few(Vec::with_capacity(count)) } else { Self::Many(BTreeSet::new()) }
    }

    fn is_new(&mut self, name: &'a str) -> bool {
        match self {
            Self::Few(names) if names.contains(&name) => false,
            Self::Few(names) => {
                names.push(name);
                true
            }
            Self::Many(names) => names.insert(name),
        }
    }
}

/// The lead's `udata` in the plan's `uui_field`: a dialplan function that is written on the new channel, before it dials.
/// Only PJSIP has it.
fn sip_header(setup: &Setup, plan: &Plan) -> Option<String> {
    let (field, udata) = (plan.uui_field.as_ref()?, setup.lead_texts.udata.as_ref()?);
    if tech(plan) != "PJSIP" {
        return None;
    }
    let value: String = udata.as_str().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(header(setup.uuid, "", &format!("PJSIP_HEADER(add,{field})"), &value))
}

/// `name=value`, quoted where it must be; cut where its line would be too long.
fn header(dialing: Uuid, inheritance: &str, name: &str, value: &str) -> String {
    // Both quotes are counted, whether they are needed or not.
    let room = LINE_MAX.saturating_sub("Variable: =\"\"".len() + inheritance.len() + name.len());
    let cut = cut(value, room);
    if cut.len() < value.len() {
        tracing::debug!(%dialing, variable = name, octets = value.len(), kept = cut.len(), "a value was cut: its line would be too long");
    }
    if cut.contains([',', '"', '\\']) || cut.trim() != cut {
        let escaped = cut.replace('\\', "\\\\").replace('"', "\\\"");
        format!("{inheritance}{name}=\"{escaped}\"")
    } else {
        [inheritance, name, "=", cut].concat()
    }
}

/// The longest beginning that takes no more than so many octets once it is quoted.
fn cut(value: &str, room: usize) -> &str {
    let mut octets = 0;
    for (at, c) in value.char_indices() {
        octets += c.len_utf8() + usize::from(matches!(c, '"' | '\\'));
        if octets > room {
            return &value[..at];
        }
    }
    value
}

#[cfg(test)]
#[path = "variables_tests.rs"]
pub(super) mod tests;
