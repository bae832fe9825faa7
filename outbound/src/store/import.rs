//! Leads that come by the thousand: a chunk of them is written in one transaction, together with how far its import has
//! come, so that one that was cut off goes on behind what is in.

use engine::ListImport;
use engine::model::{Lead, NUMBERS, Variable};
use engine::time::Wall;
use engine::value::{Number, Text};
use uuid::Uuid;

/// Leads that one chunk may have. It holds up the writer for a few milliseconds, and claims have their turn between two.
pub const CHUNK_LEADS_MAX: usize = 1_000;

/// A new lead, nobody's and not tried yet. Its values are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLead {
    /// Identity.
    pub uuid: Uuid,
    /// Name, detail, ukey, udata and e-mail address, as [`engine::model::Lead`] has them.
    pub texts: [Option<Text>; 5],
    /// Its numbers, by index 1..8 less one.
    pub numbers: [Option<Number>; NUMBERS],
    /// Channel variables of its calls.
    pub variables: Vec<Variable>,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportProgress {
    /// Rows of the source that are done, in its order: taken in, refused or empty.
    pub records: u64,
    /// Leads that are in.
    pub leads: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Leads of the list that were given a row's values.
    pub updated: u64,
    /// Rows whose lead the list had already, and which were left out.
    pub skipped: u64,
    /// Octets of the report on those.
    pub report_octets: u64,
    /// True when nothing is left to do.
    pub finished: bool,
}

impl ImportProgress {
    /// Rows that are done, without empty ones.
    pub fn rows(&self) -> u64 {
        self.leads + self.refused + self.updated + self.skipped
    }
}

/// Some leads of an import, which are taken in all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportChunk {
    /// The import.
    pub import: Uuid,
    /// The dial list that they belong to.
    pub dial_list: Uuid,
    /// When they are made.
    pub created: Wall,
    /// With `updates`, at most [`CHUNK_LEADS_MAX`].
    pub leads: Vec<NewLead>,
    /// What leads that are there (or in `leads`) are given, by their uuids; what is none stays, and so do their tries. Those that are
    /// deleted meanwhile are left out.
    pub updates: Vec<NewLead>,
    /// Records of the chunks before this one; `None` for the first one of an import, which begins it anew.
    pub behind: Option<u64>,
    /// How far the import has come with this chunk.
    pub progress: ImportProgress,
}

/// The import of a file that the daemon was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFile {
    /// The import; how far it has come is in its [`ImportProgress`].
    pub id: Uuid,
    /// Where the leads go.
    pub dial_list: Uuid,
    /// How it stands.
    pub state: ImportState,
    /// What it means for campaigns on the list until it is over; `None` where rows are only looked at.
    pub campaigns: Option<ListImport>,
    /// What is wanted of the rows: a JSON object.
    pub wish: String,
    /// Why it has failed.
    pub error: Option<String>,
    /// When the file had come.
    pub created: Wall,
    /// When its rows were begun with.
    pub begun: Option<Wall>,
    /// When it was over.
    pub ended: Option<Wall>,
}

/// The import of a file as it was when it was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportEnd {
    /// The import.
    pub id: Uuid,
    /// Where the leads went.
    pub dial_list: Uuid,
    /// How it has ended.
    pub state: ImportState,
    /// Rows were only looked at.
    pub dry_run: bool,
    /// The name of the file.
    pub name: Option<String>,
    /// Why it has failed.
    pub error: Option<String>,
    /// What became of the rows, in counts of them.
    pub progress: ImportProgress,
    /// When it was over.
    pub ended: Wall,
}

/// How the import of a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportState {
    /// Others are before it.
    Waiting,
    /// Its rows are being taken in.
    Running,
    /// All rows were looked at.
    Done,
    /// It could not go on; what is in stays in.
    Failed,
    /// Somebody has ended it; what is in stays in.
    Cancelled,
}

impl ImportState {
    /// All of them, by their codes in the database.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// Its word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more comes of it by itself.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Whose lead a list has already: what a key or number is of. Of one that the list has no more, none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadKeys {
    /// The lead.
    pub uuid: Uuid,
    /// Its ukey.
    pub ukey: Option<String>,
    /// Its numbers.
    pub numbers: Vec<String>,
}

impl LeadKeys {
    /// Of a lead that is gone.
    pub(super) fn none(uuid: Uuid) -> Self {
        Self { uuid, ukey: None, numbers: Vec::new() }
    }
}

impl From<&Lead> for LeadKeys {
    fn from(lead: &Lead) -> Self {
        let numbers = lead.numbers.iter().flatten().map(|number| number.as_str().to_owned());
        let ukey = lead.ukey.as_ref().map(|ukey| ukey.as_str().to_owned());
        Self { uuid: lead.uuid, ukey, numbers: numbers.collect() }
    }
}
