//! Things by their names: whatever is named is found by name or by its key, and tables show names for keys.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::kinds::Kind;
use super::values::escaped;
use crate::cli::client::{Client, Failure, code};

/// Candidates that an error names.
const NAMED_MAX: usize = 5;
/// Names that are looked up for one table; the rest stays as it is.
const LOOKED_UP_MAX: usize = 100;

/// See the module.
pub(super) struct Names<'a> {
    client: &'a Client,
    known: Mutex<HashMap<String, String>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, known: Mutex::default() }
    }

    /// The key of what is meant: a key as it is, else that of the only one with this name.
    ///
    /// # Errors
    /// Nothing or more than one has this name.
    pub(super) async fn key(&self, kind: &Kind, which: &str) -> anyhow::Result<String> {
        if which.parse::<uuid::Uuid>().is_ok() || !matches!(kind.key, "uuid" | "id") {
            return Ok(which.to_owned());
        }
        let Some(by) = kind.name() else {
            let (key, word) = (kind.key, kind.word);
            let article = if word.starts_with('i') { "an" } else { "a" };
            let text =
                format!("{which:?}: the {key} of {article} {word} expected; see `outbound {word} list`");
            return Err(Failure::new(code::USAGE, text).into());
        };
        // Users and tokens are few, and their lists have no filter.
        let query = if kind.key == "uuid" { format!("&{by}={}", escaped(which)) } else { String::new() };
        let found = self.client.items(kind.path, &query, 10_000).await?;
        let same: Vec<&Value> = found.iter().filter(|item| item[by] == which).collect();
        match same.as_slice() {
            [one] => Ok(one[kind.key].as_str().unwrap_or_default().to_owned()),
            [] => {
                let alike: Vec<_> =
                    found.iter().filter_map(|item| item["name"].as_str()).take(NAMED_MAX).collect();
                let hint = if kind.key == "uuid" && !alike.is_empty() {
                    format!("; there is {}", alike.join(", "))
                } else {
                    format!("; see `outbound {} list`", kind.word)
                };
                Err(Failure::new(code::NOT_FOUND, format!("no {} has the {by} {which:?}{hint}", kind.word))
                    .into())
            }
            all => {
                let keys: Vec<_> =
                    all.iter().filter_map(|item| item[kind.key].as_str()).take(NAMED_MAX).collect();
                let text = format!(
                    "{} of kind {} have the {by} {which:?}; say which: {}",
                    all.len(),
                    kind.word,
                    keys.join(", ")
                );
                Err(Failure::new(code::USAGE, text).into())
            }
        }
    }

    /// Puts names where rows have keys.
    ///
    /// # Errors
    /// The daemon does not answer.
    pub(super) async fn put_in(&self, items: &mut [Value]) -> anyhow::Result<()> {
        for item in items {
            for field in ["campaign", "plan", "dial_list", "destination"] {
                let Some(kind) = Kind::of_field(field) else { continue };
                if let Some(name) = self.name(kind, item[field].as_str()).await? {
                    item[field] = json!(name);
                }
            }
        }
        Ok(())
    }

    async fn name(&self, kind: &Kind, key: Option<&str>) -> anyhow::Result<Option<String>> {
        let Some(key) = key else { return Ok(None) };
        let known = |names: &Mutex<HashMap<String, String>>| {
            let names = names.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            (names.get(key).cloned(), names.len())
        };
        match known(&self.known) {
            (Some(name), _) => return Ok(Some(name)),
            (None, count) if count >= LOOKED_UP_MAX => return Ok(None),
            (None, _) => {}
        }
        let row = match self.client.get(&format!("{}/{key}", kind.path)).await {
            Ok(row) => row,
            // It is deleted.
            Err(error)
                if error.downcast_ref::<Failure>().is_some_and(|failure| failure.code == code::NOT_FOUND) =>
            {
                Value::Null
            }
            Err(error) => return Err(error),
        };
        let name = row["name"].as_str().unwrap_or(key).to_owned();
        let mut names = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        names.insert(key.to_owned(), name.clone());
        Ok(Some(name))
    }
}
