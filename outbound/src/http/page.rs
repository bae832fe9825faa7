//! Lists in pages.

use serde::Serialize;

/// A page of a list.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    /// Its rows.
    pub(super) items: Vec<T>,
    /// For `cursor` of the next page; null where this is the last.
    pub(super) next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is short enough for one page.
    pub(super) fn whole(items: impl Iterator<Item = T>) -> Self {
        Self { items: items.collect(), next_cursor: None }
    }
}
