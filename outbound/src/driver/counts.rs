//! How much the driver has in hand: for the log, and to see that what it keeps is bounded by what is under way.

use engine::PbxId;
use engine::census::Census;

use super::Driver;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// What the engine keeps.
    pub engine: Census,
    /// Asterisks that are connected and compared.
    pub ready: usize,
    /// Asterisks in all.
    pub asterisks: usize,
    /// Inputs that wait for the driver.
    pub inbox: usize,
    /// Records and claims that the store has not answered yet.
    pub with_store: usize,
    /// Events that wait to be told until records are committed.
    pub untold: usize,
    /// What the driver remembers of campaigns and of dialings: commands, acceptances, limits told, Originates sent again.
    pub remembered: usize,
}

impl Driver {
    pub(super) fn counts(&self) -> Counts {
        let ready = (0..self.asterisks.len()).filter(|pbx| self.engine.is_ready(PbxId(*pbx))).count();
        Counts {
            engine: self.engine.census(),
            ready,
            asterisks: self.asterisks.len(),
            inbox: self.inputs.len(),
            with_store: self.with_store,
            untold: self.in_turn.waiting(),
            remembered: self.commands.len()
                + self.acceptances.len()
                + self.told_limits.len()
                + self.sent_again.len(),
        }
    }
}
