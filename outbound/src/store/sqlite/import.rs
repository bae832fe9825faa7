//! Imports of leads: a chunk of rows and the import's progress, written together.
//!
//! Many rows are one statement, which has parameters for no more than what differs between them: the statement is begun
//! once, and each of the table's trees is entered once, at its end.

use std::fmt::Write as _;

use engine::model::{Lead, LeadStatus, NUMBERS, Variable};
use engine::time::Wall;
use engine::value::{Number, Text};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Result, Row, ToSql, params};
use uuid::Uuid;

use super::claim::Cursors;
use super::counts;
use super::list;
use crate::store::StoreError;
use crate::store::import::{ImportChunk, ImportProgress, NewLead};

/// Columns for which a file may have values; `uuid` is before them, and always there.
const COLUMNS: [&str; 14] = [
    "name",
    "detail",
    "ukey",
    "udata",
    "email",
    "number1",
    "number2",
    "number3",
    "number4",
    "number5",
    "number6",
    "number7",
    "number8",
    "variables",
];
const VARIABLES: usize = COLUMNS.len() - 1;
/// Rows of one statement.
const ROWS: usize = 25;
/// The parameters of all its rows: list, time.
const SHARED: usize = 2;

/// Writes a chunk: all of it or, with an error, nothing.
pub(super) fn write(
    connection: &Connection,
    cursors: &mut Cursors,
    chunk: &ImportChunk,
) -> Result<(), StoreError> {
    let list = list::id_of(connection, chunk.dial_list)?.ok_or(StoreError::UnknownDialList)?;
    connection.prepare_cached("SAVEPOINT import")?.execute([])?;
    let written = note(connection, chunk)
        .and_then(|()| Ok(insert(connection, list, chunk)?))
        .and_then(|()| update(connection, chunk));
    // Where this fails, the transaction is as lost: so is what cannot be told from the error.
    if written.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO import")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE import")?.execute([])?;
    }
    cursors.forget(list);
    written
}

/// How far an import has come; `None` where it has not begun.
pub(in crate::store) fn progress(connection: &Connection, import: Uuid) -> Result<Option<ImportProgress>> {
    let mut statement = connection.prepare_cached(
        "SELECT records, leads, refused, updated, skipped, report_octets, finished FROM import WHERE id = ?1",
    )?;
    statement.query_row([import.as_bytes()], |row| read(row, 0)).optional()
}

/// Reads the columns of a progress, in the order of its fields.
pub(super) fn read(row: &Row<'_>, first: usize) -> Result<ImportProgress> {
    let count = |at: usize| row.get::<_, i64>(first + at).map(i64::cast_unsigned);
    Ok(ImportProgress {
        records: count(0)?,
        leads: count(1)?,
        refused: count(2)?,
        updated: count(3)?,
        skipped: count(4)?,
        report_octets: count(5)?,
        finished: row.get(first + 6)?,
    })
}

/// Notes the progress, if the chunk is the next one: without that before it, rows would be missing that nobody misses.
fn note(connection: &Connection, chunk: &ImportChunk) -> Result<(), StoreError> {
    let ImportChunk { import, dial_list, created, behind, progress, .. } = chunk;
    let ImportProgress { records, leads, refused, updated, skipped, report_octets, finished } = progress;
    let counts = [records, leads, refused, updated, skipped, report_octets].map(|count| count.cast_signed());
    let [records, leads, refused, updated, skipped, report_octets] = counts;
    let (sql, second): (_, &dyn ToSql) = match behind {
        None => (
            "INSERT OR REPLACE INTO import \
             (id, dlma, records, leads, refused, updated, skipped, report_octets, finished, tm_create, tm_update) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)",
            dial_list.as_bytes(),
        ),
        Some(behind) => (
            "UPDATE import SET records = ?3, leads = ?4, refused = ?5, updated = ?6, skipped = ?7, report_octets = ?8, \
             finished = ?9, tm_update = ?10 WHERE id = ?1 AND records = ?2 AND NOT finished",
            &behind.cast_signed(),
        ),
    };
    let noted = connection.prepare_cached(sql)?.execute(params![
        import.as_bytes(),
        second,
        records,
        leads,
        refused,
        updated,
        skipped,
        report_octets,
        finished,
        created.0
    ])?;
    if noted == 1 { Ok(()) } else { Err(StoreError::NotNext) }
}

fn insert(connection: &Connection, list: i64, chunk: &ImportChunk) -> Result<()> {
    let used = used_columns(&chunk.leads);
    let (groups, rest) = chunk.leads.as_chunks::<ROWS>();
    let run = |leads: &[&[NewLead]], rows: usize| -> Result<()> {
        if leads.is_empty() {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(&insert_sql(&used, rows))?;
        statement.raw_bind_parameter(1, list)?;
        statement.raw_bind_parameter(2, chunk.created.0)?;
        for leads in leads {
            bind(&mut statement, &used, leads)?;
            statement.raw_execute()?;
        }
        Ok(())
    };
    let groups: Vec<&[NewLead]> = groups.iter().map(<[NewLead; ROWS]>::as_slice).collect();
    run(&groups, ROWS)?;
    let rest: Vec<&[NewLead]> = rest.chunks(1).collect();
    run(&rest, 1)?;
    counts::add(connection, list, chunk.leads.len(), 0)
}

fn update(connection: &Connection, chunk: &ImportChunk) -> Result<(), StoreError> {
    for row in &chunk.updates {
        let stamp = chunk.created;
        match list::update(connection, row.uuid, |lead| give(lead, row, stamp)) {
            Ok(_) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gives a lead what a row has; what that does not have stays.
fn give(lead: &mut Lead, row: &NewLead, at: Wall) {
    let texts = [&mut lead.name, &mut lead.detail, &mut lead.ukey, &mut lead.udata, &mut lead.email];
    for (text, given) in texts.into_iter().zip(&row.texts).filter(|(_, given)| given.is_some()) {
        text.clone_from(given);
    }
    for (number, given) in lead.numbers.iter_mut().zip(&row.numbers).filter(|(_, given)| given.is_some()) {
        number.clone_from(given);
    }
    if !row.variables.is_empty() {
        lead.variables.clone_from(&row.variables);
    }
    lead.stamps.updated = Some(at);
}

/// The columns, by their places in [`COLUMNS`], that are not null in all of the leads.
fn used_columns(leads: &[NewLead]) -> Vec<usize> {
    (0..COLUMNS.len()).filter(|&column| leads.iter().any(|lead| has(lead, column))).collect()
}

fn has(lead: &NewLead, column: usize) -> bool {
    if column == VARIABLES { !lead.variables.is_empty() } else { text(lead, column).is_some() }
}

fn text(lead: &NewLead, column: usize) -> Option<&str> {
    match column.checked_sub(COLUMNS.len() - 1 - NUMBERS) {
        None => lead.texts[column].as_ref().map(Text::as_str),
        Some(number) => lead.numbers[number].as_ref().map(Number::as_str),
    }
}

/// A statement for so many rows. Its first parameters are list and time; then each row has its uuid and the used columns.
fn insert_sql(used: &[usize], rows: usize) -> String {
    let mut sql = "INSERT INTO lead (dlma, tm_create, status, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, trycnt6, trycnt7, \
                   trycnt8, res_dial, res_hangup, uuid"
        .to_owned();
    used.iter().for_each(|&column| sql.extend([", ", COLUMNS[column]]));
    let variables = used.contains(&VARIABLES);
    sql.push_str(if variables { ") VALUES " } else { ", variables) VALUES " });
    for row in 0..rows {
        let first = SHARED + row * (used.len() + 1) + 1;
        let separator = if row == 0 { "" } else { ", " };
        let idle = LeadStatus::Idle.code();
        let _ = write!(sql, "{separator}(?1, ?2, {idle}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0");
        (first..=first + used.len()).for_each(|parameter| {
            let _ = write!(sql, ", ?{parameter}");
        });
        sql.push_str(if variables { ")" } else { ", '[]')" });
    }
    sql
}

fn bind(statement: &mut CachedStatement<'_>, used: &[usize], leads: &[NewLead]) -> Result<()> {
    let mut parameter = SHARED;
    for lead in leads {
        parameter += 1;
        statement.raw_bind_parameter(parameter, lead.uuid.as_bytes())?;
        for &column in used {
            parameter += 1;
            if column == VARIABLES {
                statement.raw_bind_parameter(parameter, json(&lead.variables))?;
            } else {
                statement.raw_bind_parameter(parameter, text(lead, column))?;
            }
        }
    }
    Ok(())
}

fn json(variables: &[Variable]) -> String {
    let pairs: Vec<(&str, &str)> = variables.iter().map(|v| (v.name.as_str(), v.value.as_str())).collect();
    serde_json::json!(pairs).to_string()
}
