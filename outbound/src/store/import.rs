//! Leads that come by the thousand: a chunk of them is written in one transaction, together with how far its import has
//! come, so that one that was cut off goes on behind what is in.

use engine::model::{NUMBERS, Variable};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// Rows of the source that are done, in its order: taken in, refused or empty.
    pub records: u64,
    /// Leads that are in.
    pub leads: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Octets of the report on those.
    pub report_octets: u64,
    /// True when nothing is left to do.
    pub finished: bool,
}

impl ImportProgress {
    /// Nothing done yet.
    pub const NONE: Self = Self { records: 0, leads: 0, refused: 0, report_octets: 0, finished: false };
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
    /// At most [`CHUNK_LEADS_MAX`].
    pub leads: Vec<NewLead>,
    /// Records of the chunks before this one; `None` for the first one of an import, which begins it anew.
    pub behind: Option<u64>,
    /// How far the import has come with this chunk.
    pub progress: ImportProgress,
}
