//! What users do to the leads of a list: create, change, delete; and bringing back those that were put aside.

use std::collections::BTreeMap;

use engine::model::{Lead, NUMBERS};
use engine::time::Wall;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::lead;
use crate::store::StoreError;

/// So many leads are brought back in one transaction, so that a big list does not hold up the writer.
const REVIVED_AT_ONCE: i64 = 1_000;
/// Lists whose limits are remembered; with more, they are read anew.
const LISTS_KNOWN_MAX: usize = 4_096;

/// The row id of a dial list that is not deleted.
pub(super) fn id_of(connection: &Connection, list: Uuid) -> rusqlite::Result<Option<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM dlma WHERE uuid = ?1 AND tm_delete IS NULL")?;
    statement.query_row(params![list.as_bytes()], |row| row.get(0)).optional()
}

pub(super) fn create(connection: &Connection, lead: &Lead) -> Result<(), StoreError> {
    let list = id_of(connection, lead.dial_list)?.ok_or(StoreError::UnknownDialList)?;
    Ok(lead::insert(connection, lead, list)?)
}

/// Changes a lead. What the dialer keeps in it stays as it is, whatever `change` does.
pub(super) fn update(
    connection: &Connection,
    uuid: Uuid,
    change: impl FnOnce(&mut Lead),
) -> Result<Lead, StoreError> {
    let stored = lead::stored_by_uuid(connection, uuid)?.ok_or(StoreError::NotFound)?;
    let before = stored.lead;
    let mut changed = before.clone();
    change(&mut changed);
    let lead = Lead {
        uuid,
        status: before.status,
        claim: before.claim,
        tries: before.tries,
        res_dial: before.res_dial,
        res_dial_detail: before.res_dial_detail,
        res_hangup: before.res_hangup,
        res_hangup_detail: before.res_hangup_detail,
        ..changed
    };
    let list = id_of(connection, lead.dial_list)?.ok_or(StoreError::UnknownDialList)?;
    // Another list has other limits.
    let another_chance = lead.numbers != before.numbers || lead.dial_list != before.dial_list;
    lead::update(connection, stored.id, &lead, list, another_chance)?;
    Ok(lead)
}

/// Deletes a lead softly; the list that it was on. A claim that is open stays open until its result.
pub(super) fn delete(connection: &Connection, uuid: Uuid, at: Wall) -> Result<Uuid, StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE lead SET tm_delete = ?2 WHERE uuid = ?1 AND tm_delete IS NULL \
         RETURNING (SELECT uuid FROM dlma WHERE id = lead.dlma)",
    )?;
    let list = statement.query_row(params![uuid.as_bytes(), at.0], |row| row.get(0)).optional()?;
    list.map(Uuid::from_bytes).ok_or(StoreError::NotFound)
}

/// What new limits mean for the leads of a list that were put aside.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NewLimits {
    /// Nothing: no number may be tried more often than before.
    Nothing,
    /// They are to be brought back, step by step.
    Revive(Walk),
}

/// How far the revival of a list has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walk {
    list: i64,
    after: i64,
    widest_tries: [u32; NUMBERS],
}

/// Compares limits with those that the list was last worked with, and keeps them.
pub(super) fn set_limits(
    connection: &Connection,
    list: Uuid,
    widest_tries: [u32; NUMBERS],
) -> Result<NewLimits, StoreError> {
    let id = id_of(connection, list)?.ok_or(StoreError::UnknownDialList)?;
    let before = kept_limits(connection, id)?;
    let walk = Walk { list: id, after: 0, widest_tries };
    match before {
        Some(before) if before == widest_tries => Ok(NewLimits::Nothing),
        Some(before) if before.iter().zip(widest_tries).all(|(&before, now)| now <= before) => {
            keep_limits(connection, &walk)?;
            Ok(NewLimits::Nothing)
        }
        Some(_) | None => Ok(NewLimits::Revive(walk)),
    }
}

/// One step of a revival; None when it is through. The limits are kept with the last step, so that a revival that
/// was cut off begins again.
pub(super) fn revive(connection: &Connection, walk: Walk) -> rusqlite::Result<Option<Walk>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM lead WHERE dlma = ?1 AND closed = 2 AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let ids =
        statement.query_map(params![walk.list, walk.after, REVIVED_AT_ONCE], |row| row.get::<_, i64>(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut reopen = connection.prepare_cached("UPDATE lead SET closed = 0 WHERE id = ?1")?;
    for id in &ids {
        reopen.execute([id])?;
    }
    match ids.last() {
        Some(&after) => Ok(Some(Walk { after, ..walk })),
        None => keep_limits(connection, &walk).map(|()| None),
    }
}

/// The limits under which lists were last worked with, as far as they were asked for since they changed.
#[derive(Debug, Default)]
pub(super) struct WidestTries(BTreeMap<i64, Option<[u32; NUMBERS]>>);

impl WidestTries {
    /// Those of a list; none where it was never worked with.
    pub(super) fn of(
        &mut self,
        connection: &Connection,
        list: i64,
    ) -> rusqlite::Result<Option<[u32; NUMBERS]>> {
        if let Some(known) = self.0.get(&list) {
            return Ok(*known);
        }
        let limits = kept_limits(connection, list)?;
        if self.0.len() >= LISTS_KNOWN_MAX {
            self.0.clear();
        }
        self.0.insert(list, limits);
        Ok(limits)
    }

    /// They have changed, or a change of them was taken back.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn kept_limits(connection: &Connection, list: i64) -> rusqlite::Result<Option<[u32; NUMBERS]>> {
    let mut statement = connection.prepare_cached("SELECT widest_tries FROM dlma WHERE id = ?1")?;
    let json: Option<String> = statement.query_row([list], |row| row.get(0))?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()))
}

fn keep_limits(connection: &Connection, walk: &Walk) -> rusqlite::Result<()> {
    let json = serde_json::json!(walk.widest_tries).to_string();
    connection
        .prepare_cached("UPDATE dlma SET widest_tries = ?2 WHERE id = ?1")?
        .execute(params![walk.list, json])?;
    Ok(())
}
