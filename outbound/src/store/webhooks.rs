//! Rows of webhooks, and of what is delivered to them.

use engine::model::CampaignStatus;
use engine::time::Wall;
use uuid::Uuid;

use super::import::ImportEnd;
use super::sqlite::job::Job;
use super::{Store, StoreError, sqlite};

/// Deliveries of a webhook that are done and still shown.
pub const DONE_MAX: i64 = 1_000;
/// Deliveries of a webhook that are dead and still shown.
pub const DEAD_MAX: i64 = 10_000;

/// What a webhook may be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    /// A dialing has ended: its result.
    DialingEnded,
    /// A campaign has another status.
    CampaignStatus,
    /// An import of leads is over.
    ImportEnded,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DialingEnded, Self::CampaignStatus, Self::ImportEnded];

    /// In the words of live events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DialingEnded => "dialing.ended",
            Self::CampaignStatus => "campaign.status",
            Self::ImportEnded => "import.ended",
        }
    }

    /// Its number in the database; also its bit.
    pub(super) fn code(self) -> i64 {
        match self {
            Self::DialingEnded => 1,
            Self::CampaignStatus => 2,
            Self::ImportEnded => 4,
        }
    }

    pub(super) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// Somebody who is told by HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// Which one.
    pub id: Uuid,
    /// Where it is told.
    pub url: String,
    /// What deliveries are signed with.
    pub secret: String,
    /// What it is told of; at least one.
    pub types: Vec<EventType>,
    /// Only of this campaign.
    pub campaign: Option<Uuid>,
    /// Nothing is told, or becomes a delivery, while it is not.
    pub enabled: bool,
    /// When it was made.
    pub created: Wall,
    /// When it was last changed.
    pub updated: Option<Wall>,
}

/// How it stands with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried, now or again.
    Waiting,
    /// The receiver has it.
    Done,
    /// It is tried no more.
    Dead,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Done, Self::Dead];

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    pub(super) fn code(self) -> i64 {
        match self {
            Self::Waiting => 0,
            Self::Done => 1,
            Self::Dead => 2,
        }
    }

    pub(super) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// One thing that one webhook is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its place in the order of deliveries.
    pub id: i64,
    /// Which one: the same in each try.
    pub uuid: Uuid,
    /// Of what.
    pub kind: EventType,
    /// Of the result, of the change of status, or of the import's end.
    pub seq: i64,
    /// How it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub due: Wall,
    /// Since when it is tried.
    pub begun: Wall,
    /// When it was last tried.
    pub updated: Option<Wall>,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// What there was instead of one.
    pub error: Option<String>,
}

/// A delivery that is due, with what is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its row.
    pub row: DeliveryRow,
    /// `None` where that is not known any more.
    pub told: Option<Told>,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The result of a dialing, as JSON, and its campaign.
    Result(Uuid, String),
    /// The status that a campaign has had since then.
    Status(Uuid, CampaignStatus, Wall),
    /// How an import has ended.
    Import(Box<ImportEnd>),
}

/// What has happened behind a webhook's cursors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct News {
    /// What it is to be told of.
    pub found: Vec<(EventType, i64)>,
    /// How far was looked: results, statuses and imports.
    pub seqs: (i64, i64, i64),
    /// Something may be behind that.
    pub more: bool,
}

/// One change of these rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookChange {
    /// Makes or changes a webhook. A new one is told of what happens from then on.
    Put(WebhookRow),
    /// It is not told of what has happened up to now.
    Skip(Uuid),
    /// Deletes it with its deliveries.
    Delete(Uuid),
    /// Makes deliveries of what has happened, and moves the cursors.
    Collect(Uuid, News, Wall),
    /// How tries ended: state, tries, due and what came back.
    Tried(Uuid, Vec<DeliveryRow>),
    /// Tries those again now that got no answer.
    AnswersAgain(Uuid, Wall),
    /// Tries one again from now on.
    Retry(Uuid, Uuid, Wall),
}

impl Store {
    /// All webhooks.
    ///
    /// # Errors
    /// What the database says.
    pub async fn webhooks(&self) -> Result<Vec<WebhookRow>, StoreError> {
        self.reader.read(sqlite::webhooks::load).await
    }

    /// Changes webhooks and deliveries: all of it or, where it cannot be written, nothing.
    ///
    /// # Errors
    /// What the database says.
    pub async fn change_webhooks(&self, changes: Vec<WebhookChange>) -> Result<(), StoreError> {
        self.ask(|done| Job::Webhooks(changes, done)).await
    }

    /// What has happened behind a webhook's cursors, of each type at most `count`; `None` where `waiting_max` deliveries wait already.
    ///
    /// # Errors
    /// What the database says.
    pub async fn webhook_news(
        &self,
        webhook: WebhookRow,
        count: i64,
        waiting_max: i64,
    ) -> Result<Option<News>, StoreError> {
        let read = move |connection: &rusqlite::Connection| {
            sqlite::webhooks::news(connection, &webhook, count, waiting_max)
        };
        self.reader.read(read).await
    }

    /// Deliveries of a webhook that are due, in their order, and when the next one is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn due_deliveries(
        &self,
        webhook: Uuid,
        now: Wall,
        count: i64,
    ) -> Result<(Vec<Due>, Option<Wall>), StoreError> {
        self.reader.read(move |connection| sqlite::webhooks::due(connection, webhook, now, count)).await
    }

    /// Deliveries of a webhook, in a state or in any, with ids below `before`, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn deliveries(
        &self,
        webhook: Uuid,
        state: Option<DeliveryState>,
        before: i64,
        count: i64,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let read = move |connection: &rusqlite::Connection| {
            sqlite::webhooks::deliveries(connection, webhook, state, before, count)
        };
        self.reader.read(read).await
    }

    /// A delivery of a webhook.
    ///
    /// # Errors
    /// What the database says.
    pub async fn delivery(&self, webhook: Uuid, uuid: Uuid) -> Result<Option<DeliveryRow>, StoreError> {
        self.reader.read(move |connection| sqlite::webhooks::one(connection, webhook, uuid)).await
    }
}
