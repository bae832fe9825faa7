//! Leads as clients make, change, import, look at and count them.

use std::collections::BTreeSet;

use engine::model::{Lead, NUMBERS};
use engine::time::Wall;
use engine::why::Leads;
use uuid::Uuid;

use super::import::{ImportChunk, ImportFile, ImportProgress, LeadKeys};
use super::sqlite::job::Job;
use super::sqlite::{self, counts, import_file, lead, lead_search, left};
use super::{Arrivals, LeadCounts, LeadPage, LeadSearch, ListedImport, Store, StoreError};

impl Store {
    /// Adds a lead to its list.
    ///
    /// # Errors
    /// [`StoreError::UnknownDialList`], or what the database says.
    pub async fn create_lead(&self, lead: Lead) -> Result<(), StoreError> {
        self.ask(|done| Job::CreateLead(Box::new(lead), done)).await
    }

    /// Changes what users may change of a lead; the rest stays, whatever `change` does. With other numbers, a lead
    /// that was put aside may be dialed again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::UnknownDialList`], or what the database says.
    pub async fn update_lead(
        &self,
        uuid: Uuid,
        change: impl FnOnce(&mut Lead) + Send + 'static,
    ) -> Result<Lead, StoreError> {
        self.ask(|done| Job::UpdateLead(uuid, Box::new(change), done)).await
    }

    /// Deletes a lead (softly). A claim that is open stays open until its result.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or what the database says.
    pub async fn delete_lead(&self, uuid: Uuid, at: Wall) -> Result<(), StoreError> {
        self.ask(|done| Job::DeleteLead(uuid, at, done)).await
    }

    /// Takes in some leads of an import; `done` is called when they are committed.
    pub fn import_leads(
        &self,
        chunk: ImportChunk,
        done: impl FnOnce(Result<(), StoreError>) + Send + 'static,
    ) {
        self.request(Job::ImportLeads(Box::new(chunk), Box::new(done)));
    }

    /// How far an import has come; `None` where it has not begun.
    ///
    /// # Errors
    /// What the database says.
    pub async fn import_progress(&self, import: Uuid) -> Result<Option<ImportProgress>, StoreError> {
        self.reader.read(move |connection| sqlite::import::progress(connection, import)).await
    }

    /// Writes how the import of a file stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_import(&self, file: ImportFile) -> Result<(), StoreError> {
        self.ask(|done| Job::ImportFile(Box::new(file), done)).await
    }

    /// The import of a file, with how far it has come.
    ///
    /// # Errors
    /// What the database says.
    pub async fn import_file(&self, id: Uuid) -> Result<Option<ListedImport>, StoreError> {
        self.reader.read(move |connection| import_file::by_id(connection, id)).await
    }

    /// Imports of files whose seq is below `before`, newest first, into one list or into all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn import_files(
        &self,
        dial_list: Option<Uuid>,
        before: i64,
        count: usize,
    ) -> Result<Vec<ListedImport>, StoreError> {
        self.reader.read(move |connection| import_file::newest(connection, dial_list, before, count)).await
    }

    /// Follows what clients add to a list, change in it or take away from it. Whoever reads the list behind this misses nothing.
    pub fn arrivals(&self, dial_list: Uuid) -> Arrivals {
        self.followers.follow(dial_list)
    }

    /// What the leads of a list behind a row are known by, each with its own row, in the order of creation.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lead_keys_after(
        &self,
        dial_list: Uuid,
        row: i64,
        count: usize,
    ) -> Result<Vec<(i64, LeadKeys)>, StoreError> {
        self.reader.read(move |connection| import_file::keys_after(connection, dial_list, row, count)).await
    }

    /// A lead that is not deleted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lead(&self, uuid: Uuid) -> Result<Option<Lead>, StoreError> {
        self.reader.read(move |connection| lead::by_uuid(connection, uuid)).await
    }

    /// The first leads of a list, or of all, in the order of creation.
    ///
    /// # Errors
    /// What the database says.
    pub async fn leads(&self, dial_list: Option<Uuid>, count: usize) -> Result<Vec<Lead>, StoreError> {
        self.reader.read(move |connection| lead::first(connection, dial_list, count)).await
    }

    /// A page of leads, in the order of creation. One search takes some milliseconds: its page may be short, or empty, and says where
    /// to go on.
    ///
    /// # Errors
    /// What the database says.
    pub async fn search_leads(&self, search: LeadSearch) -> Result<LeadPage, StoreError> {
        self.reader.read(move |connection| lead_search::search(connection, &search)).await
    }

    /// The row of the newest lead, in whichever list; 0 where there are none.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_lead(&self) -> Result<i64, StoreError> {
        self.reader.read(lead_search::newest).await
    }

    /// The names of the variables of all leads that a search goes by, read part by part; only its rows and its list count.
    ///
    /// # Errors
    /// What the database says.
    pub async fn variable_names(&self, mut search: LeadSearch) -> Result<BTreeSet<String>, StoreError> {
        let mut names = BTreeSet::new();
        loop {
            let (part, next);
            (part, next, search) = self
                .reader
                .read(move |connection| {
                    let mut part = BTreeSet::new();
                    let next = lead_search::variable_names(connection, &search, &mut part)?;
                    Ok((part, next, search))
                })
                .await?;
            names.extend(part);
            let Some(next) = next else { return Ok(names) };
            search.after = next;
        }
    }

    /// How the leads of a list stand; all are 0 for a list that is not there. Kept with each change, so as quick for ten million.
    ///
    /// # Errors
    /// What the database says.
    pub async fn lead_counts(&self, dial_list: Uuid) -> Result<LeadCounts, StoreError> {
        self.reader.read(move |connection| counts::of_list(connection, dial_list)).await
    }

    /// How the leads of a list stand for who waits for them: whether there are any, and how many wait for their next try at this
    /// time, of who has only so many tries of each number where these are given. Found by index, at most 100,000 of them counted (10,000
    /// with tries): some milliseconds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn leads_left(
        &self,
        dial_list: Uuid,
        now: Wall,
        tries: Option<[u32; NUMBERS]>,
    ) -> Result<Leads, StoreError> {
        self.reader.read(move |connection| left::of_list(connection, dial_list, now, tries)).await
    }
}
