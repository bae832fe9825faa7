//! What a measurement is told, and the folder in which it works.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

/// What was wished for on the command line.
#[derive(Debug, Clone)]
pub struct Wish {
    /// How often each is measured.
    pub runs: usize,
    /// Another binary, measured in turn with this one.
    pub vs: Option<PathBuf>,
    /// Calls at once, where a measurement can be told.
    pub in_flight: Option<u32>,
    /// Leads on the list, where a measurement can be told.
    pub leads: Option<u64>,
    /// Where its files are; they go when it is done.
    pub scratch: PathBuf,
    /// Whether the logs of the parts and the databases stay.
    pub keep: bool,
}

/// A folder of one's own, gone with the value.
#[derive(Debug)]
pub(super) struct Site {
    dir: TempDir,
}

impl Site {
    pub(super) fn new(wish: &Wish, name: &str) -> anyhow::Result<Self> {
        let mut dir = tempfile::Builder::new()
            .prefix(&format!("outbound-bench-{name}-"))
            .tempdir_in(&wish.scratch)
            .with_context(|| format!("no folder can be made in {} (--scratch)", wish.scratch.display()))?;
        dir.disable_cleanup(wish.keep);
        Ok(Self { dir })
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}
