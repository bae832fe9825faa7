//! The answer: reasons with their numbers, and what is added to them where more is known than the engine knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use super::Code;
use super::words::Leads;
use crate::model::{CampaignStatus, NUMBERS};
use crate::time::Wall;
use crate::value::Text;

/// One reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// Which.
    pub code: Code,
    /// In words and numbers.
    pub text: String,
    /// It has been so since, where that is known.
    pub since: Option<Wall>,
    /// It ends then, where that is known and nothing else happens before.
    pub until: Option<Wall>,
    /// The numbers of the text.
    pub figures: BTreeMap<&'static str, Figure>,
}

/// A number (or a name) of a reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// How many.
    Count(u64),
    /// A rate, or a share in percent.
    Number(f64),
    /// A name.
    Name(String),
}

/// What holds a campaign back in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The Asterisk; `None` where it is the whole campaign.
    pub asterisk: Option<Arc<str>>,
    /// Why.
    pub reason: Reason,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The campaign's name.
    pub name: Option<Text>,
    /// Where the campaign stands.
    pub status: CampaignStatus,
    /// It is started, and its calls ring or leads for some are being claimed.
    pub dialing: bool,
    /// What binds.
    pub reason: Reason,
    /// Everything that holds it back, by place.
    pub limits: Vec<Held>,
    /// What it has in flight.
    pub pulse: Pulse,
    /// The list that it works on.
    pub dial_list: Option<Uuid>,
    /// Its tries of each number, where other campaigns on the list have more: then not all leads that wait there wait for it.
    pub narrow_tries: Option<[u32; NUMBERS]>,
}

/// The answer in short.
#[derive(Debug, Clone, PartialEq)]
pub struct Short {
    /// The campaign.
    pub campaign: Uuid,
    /// Its name.
    pub name: Option<Text>,
    /// Where it stands.
    pub status: CampaignStatus,
    /// It is started, and its calls ring or leads for some are being claimed.
    pub dialing: bool,
    /// What binds.
    pub reason: Reason,
}

/// What a campaign has in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pulse {
    /// Calls that are not over.
    pub in_flight: u32,
    /// Of these, calls that nobody has answered yet.
    pub ringing: u32,
    /// Leads that are being claimed.
    pub claiming: u32,
    /// Leads that are offered to agents.
    pub offers: u32,
}

impl Pulse {
    pub(super) fn dials(self) -> bool {
        self.ringing > 0 || self.claiming > 0
    }
}

impl Why {
    /// Adds why an Asterisk is away, where that is among what is said.
    pub fn tell_cause(&mut self, asterisk: &str, cause: &str) {
        for held in &mut self.limits {
            if held.asterisk.as_deref() == Some(asterisk) && held.reason.code == Code::NotConnected {
                let told = format!("{} ({cause})", held.reason.text);
                self.reason.text = self.reason.text.replace(&held.reason.text, &told);
                held.reason.text = told;
            }
        }
    }

    /// Adds what the database says of the leads of the campaign's list.
    pub fn tell_leads(&mut self, leads: Leads) {
        let told = self.reason.clone().with_leads(leads);
        if let Some(held) = self.limits.iter_mut().find(|held| held.reason == self.reason) {
            held.reason = told.clone();
        }
        self.reason = told;
    }

    /// Adds what keeps the database from working.
    pub fn tell_trouble(&mut self, trouble: &str) {
        let limits = self.limits.iter_mut().map(|held| &mut held.reason);
        let of_store = |reason: &&mut Reason| matches!(reason.code, Code::Store | Code::Claiming);
        for reason in limits.chain([&mut self.reason]).filter(of_store) {
            reason.text = format!("{}: {trouble}", reason.text);
        }
    }
}

impl Reason {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), since: None, until: None, figures: BTreeMap::new() }
    }

    /// What to do next; `None` where nothing has to be done.
    pub fn advice(&self) -> Option<&'static str> {
        self.code.advice()
    }

    #[must_use]
    pub(super) fn count(mut self, name: &'static str, number: impl Into<u64>) -> Self {
        self.figures.insert(name, Figure::Count(number.into()));
        self
    }

    #[must_use]
    pub(super) fn number(mut self, name: &'static str, number: f64) -> Self {
        self.figures.insert(name, Figure::Number(number));
        self
    }

    #[must_use]
    pub(super) fn name(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.figures.insert(name, Figure::Name(text.into()));
        self
    }
}
