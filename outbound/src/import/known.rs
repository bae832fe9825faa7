//! Which rows are leads that the list has already, and what becomes of them.

use engine::value::{Number, Text};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::ImportError;
use super::rules::{By, Duplicates, Rules};
use crate::store::import::{LeadKeys, NewLead};
use crate::store::known::{KnownLeads, LeadKey};
use crate::store::{Arrivals, Store, StoreError};

/// Leads that are read at a time: a few milliseconds of the store's reader.
const READ_AT_ONCE: usize = 2_000;
/// The place of the ukey among the texts of a lead.
const UKEY: usize = 2;

/// What becomes of a row.
#[derive(Debug)]
pub(super) enum Fate {
    /// A new lead.
    New(NewLead),
    /// What a lead is given that is there, by its uuid.
    Update(NewLead),
    /// Nothing.
    Skip,
}

/// What a list has, what others add to it, and what the rows so far have added.
pub(super) struct Known {
    leads: KnownLeads,
    update: bool,
    by: By,
    store: Store,
    runtime: Handle,
    dial_list: Uuid,
    arrivals: Arrivals,
    /// Leads have changed since the list was read.
    is_stale: bool,
}

impl Known {
    /// Reads what a list has, on a thread that may block.
    pub(super) fn load(
        store: Store,
        runtime: Handle,
        dial_list: Uuid,
        rules: Rules,
    ) -> Result<Self, ImportError> {
        let mut known = Self {
            leads: KnownLeads::new()?,
            update: rules.duplicates == Duplicates::Update,
            by: rules.duplicates_by,
            // Before the first lead is read: so none is missed that comes meanwhile.
            arrivals: store.arrivals(dial_list),
            store,
            runtime,
            dial_list,
            is_stale: false,
        };
        known.read()?;
        Ok(known)
    }

    fn read(&mut self) -> Result<(), StoreError> {
        let mut row = 0;
        loop {
            let asked = self.store.lead_keys_after(self.dial_list, row, READ_AT_ONCE);
            let leads = self.runtime.block_on(asked)?;
            let Some((last, _)) = leads.last() else { return Ok(()) };
            row = *last;
            for (_, lead) in &leads {
                self.note(lead.uuid, lead.ukey.as_deref(), lead.numbers.iter().map(String::as_str))?;
            }
        }
    }

    /// Takes in what others have made of the list since the last time. A row whose lead they add behind this is as one that came before
    /// theirs.
    pub(super) fn catch_up(&mut self) -> Result<(), StoreError> {
        let Some(leads) = self.arrivals.take() else { return self.read() };
        self.is_stale |= !leads.is_empty();
        leads.iter().try_for_each(|LeadKeys { uuid, ukey, numbers }| {
            let numbers = numbers.iter().map(String::as_str);
            self.leads.change(*uuid, keys(self.by, ukey.as_deref(), numbers))
        })
    }

    /// Which lead a key is of. Where that has lost it, the list says who else has it.
    fn find(&mut self, key: LeadKey<'_>) -> Result<Option<Uuid>, StoreError> {
        let found = self.leads.find(key)?;
        if found.is_some() || !self.is_stale || !self.leads.is_lost(key)? {
            return Ok(found);
        }
        self.is_stale = false;
        self.read()?;
        self.leads.find(key)
    }

    fn note<'a>(
        &mut self,
        uuid: Uuid,
        ukey: Option<&'a str>,
        numbers: impl Iterator<Item = &'a str>,
    ) -> Result<(), StoreError> {
        for key in keys(self.by, ukey, numbers) {
            self.leads.note(key, uuid)?;
        }
        Ok(())
    }

    /// What becomes of a row that is a lead.
    pub(super) fn judge(&mut self, lead: NewLead) -> Result<Fate, StoreError> {
        let mut same = None;
        for key in keys(self.by, ukey(&lead), numbers(&lead)) {
            same = self.find(key)?;
            if same.is_some() {
                break;
            }
        }
        let fate = match same {
            Some(_) if !self.update => return Ok(Fate::Skip),
            Some(uuid) => Fate::Update(NewLead { uuid, ..lead }),
            None => Fate::New(lead),
        };
        if let Fate::New(lead) | Fate::Update(lead) = &fate {
            self.note(lead.uuid, ukey(lead), numbers(lead))?;
        }
        Ok(fate)
    }
}

fn ukey(lead: &NewLead) -> Option<&str> {
    lead.texts[UKEY].as_ref().map(Text::as_str)
}

fn numbers(lead: &NewLead) -> impl Iterator<Item = &str> {
    lead.numbers.iter().flatten().map(Number::as_str)
}

/// What a lead is known by: its ukey first.
fn keys<'a>(
    by: By,
    ukey: Option<&'a str>,
    numbers: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = LeadKey<'a>> {
    let ukey = ukey.filter(|_| by != By::Number).map(LeadKey::UKey);
    let numbers = numbers.filter(move |_| by != By::UKey).map(LeadKey::Number);
    ukey.into_iter().chain(numbers)
}
