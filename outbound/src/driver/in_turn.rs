//! What is told to clients, and when. What ends something is told when it is written down: a client that hears of the end of a
//! dialing finds its lead free and its result there, and a crash right after it leaves nothing to be told again. A dialing's
//! beginning was committed with its claim, and how far it has come is not written at all.

use std::collections::VecDeque;

use engine::notify::Notify;

/// What waits to be told until the records before it are committed. The store keeps the order of records.
#[derive(Debug, Default)]
pub(crate) struct InTurn {
    /// Each with the number of records that were handed to the store before it.
    untold: VecDeque<(u64, Notify)>,
    recorded: u64,
    committed: u64,
}

impl InTurn {
    /// A record was handed to the store.
    pub(crate) fn recorded(&mut self) {
        self.recorded += 1;
    }

    /// The next record is committed.
    pub(crate) fn committed(&mut self) {
        self.committed += 1;
    }

    /// Takes something that is to be told; gives it back where that may be now. Then [`next`](Self::next) may have more.
    pub(crate) fn take(&mut self, notify: Notify) -> Option<Notify> {
        if matches!(notify, Notify::DialingCreated(_) | Notify::DialingUpdated(_)) {
            return Some(notify);
        }
        if engine::broken::is_broken(engine::broken::Rule::ToldBeforeCommit) {
            return Some(notify);
        }
        self.untold.push_back((self.recorded, notify));
        None
    }

    /// How much waits.
    pub(crate) fn waiting(&self) -> usize {
        self.untold.len()
    }

    /// The next thing that may be told now.
    pub(crate) fn next(&mut self) -> Option<Notify> {
        let (record, _) = self.untold.front()?;
        if *record > self.committed {
            return None;
        }
        self.untold.pop_front().map(|(_, notify)| notify)
    }
}
