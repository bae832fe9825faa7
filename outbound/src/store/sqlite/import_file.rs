//! Imports of files that the daemon was sent, and what is known of the leads that a list has.

use engine::ListImport;
use engine::time::Wall;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use uuid::Uuid;

use super::import;
use crate::store::StoreError;
use crate::store::import::{ImportEnd, ImportFile, ImportProgress, ImportState, LeadKeys};

const READ: &str = "SELECT f.seq, f.id, f.dlma, f.state, f.campaigns, f.wish, f.error, f.tm_create, f.tm_begin, f.tm_end, \
    coalesce(i.records, 0), coalesce(i.leads, 0), coalesce(i.refused, 0), coalesce(i.updated, 0), coalesce(i.skipped, 0), \
    coalesce(i.report_octets, 0), coalesce(i.finished, 0) FROM import_file AS f LEFT JOIN import AS i ON i.id = f.id";

/// An import with its seq and how far it has come.
pub type Listed = (i64, ImportFile, ImportProgress);

/// Writes an import, in the place of an earlier one with its id.
pub(super) fn write(connection: &Connection, file: &ImportFile) -> Result<(), StoreError> {
    let ImportFile { id, dial_list, state, campaigns, wish, error, created, begun, ended } = file;
    let mut statement = connection.prepare_cached(
        "INSERT INTO import_file (id, dlma, state, campaigns, wish, error, tm_create, tm_begin, tm_end) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET (state, campaigns, wish, error, tm_begin, tm_end) \
         = (excluded.state, excluded.campaigns, excluded.wish, excluded.error, excluded.tm_begin, excluded.tm_end)",
    )?;
    let state = ImportState::ALL.iter().position(|known| known == state).unwrap_or(0);
    statement.execute(params![
        id.as_bytes(),
        dial_list.as_bytes(),
        i64::try_from(state).unwrap_or(0),
        code(*campaigns),
        wish,
        error,
        created.0,
        begun.map(|at| at.0),
        ended.map(|at| at.0)
    ])?;
    Ok(())
}

/// The import with an id.
pub(in crate::store) fn by_id(connection: &Connection, id: Uuid) -> Result<Option<Listed>> {
    let mut statement = connection.prepare_cached(&format!("{READ} WHERE f.id = ?1"))?;
    statement.query_row([id.as_bytes()], read).optional()
}

/// Imports with a seq below `before`, newest first, of one list or of all.
pub(in crate::store) fn newest(
    connection: &Connection,
    list: Option<Uuid>,
    before: i64,
    count: usize,
) -> Result<Vec<Listed>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let sql = format!("{READ} WHERE (?3 IS NULL OR f.dlma = ?3) AND f.seq < ?1 ORDER BY f.seq DESC LIMIT ?2");
    let list = list.map(Uuid::into_bytes);
    connection.prepare_cached(&sql)?.query_map(params![before, count, list], read)?.collect()
}

/// Imports that are not over, in their order.
pub(in crate::store) fn open(connection: &Connection) -> Result<Vec<ImportFile>> {
    let mut statement = connection.prepare_cached(&format!("{READ} WHERE f.state < 2 ORDER BY f.seq"))?;
    statement.query_map([], |row| read(row).map(|(_, file, _)| file))?.collect()
}

/// How the import has ended that is in this place among those that have.
pub(super) fn end(connection: &Connection, seq: i64) -> Result<Option<ImportEnd>> {
    let mut statement = connection.prepare_cached(
        "SELECT import, dlma, state, campaigns, name, error, imported, refused, updated, skipped, time FROM import_end WHERE seq = ?1",
    )?;
    let read = |row: &Row<'_>| {
        let count = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let (leads, refused, updated, skipped) = (count(6)?, count(7)?, count(8)?, count(9)?);
        Ok(ImportEnd {
            id: id(row, 0)?,
            dial_list: id(row, 1)?,
            state: state(row, 2)?,
            dry_run: row.get::<_, i64>(3)? == code(None),
            name: row.get(4)?,
            error: row.get(5)?,
            progress: ImportProgress { leads, refused, updated, skipped, ..ImportProgress::default() },
            ended: Wall(row.get(10)?),
        })
    };
    statement.query_row([seq], read).optional()
}

fn state(row: &Row<'_>, at: usize) -> Result<ImportState> {
    let state = usize::try_from(row.get::<_, i64>(at)?).unwrap_or(0);
    Ok(ImportState::ALL.get(state).copied().unwrap_or(ImportState::Failed))
}

fn read(row: &Row<'_>) -> Result<Listed> {
    let time = |at: usize| row.get::<_, Option<i64>>(at).map(|time| time.map(Wall));
    let file = ImportFile {
        id: id(row, 1)?,
        dial_list: id(row, 2)?,
        state: state(row, 3)?,
        campaigns: match row.get(4)? {
            1 => Some(ListImport::Growing),
            2 => Some(ListImport::Held),
            _ => None,
        },
        wish: row.get(5)?,
        error: row.get(6)?,
        created: Wall(row.get(7)?),
        begun: time(8)?,
        ended: time(9)?,
    };
    Ok((row.get(0)?, file, import::read(row, 10)?))
}

fn code(campaigns: Option<ListImport>) -> i64 {
    match campaigns {
        None => 0,
        Some(ListImport::Growing) => 1,
        Some(ListImport::Held) => 2,
    }
}

fn id(row: &Row<'_>, at: usize) -> Result<Uuid> {
    row.get::<_, [u8; 16]>(at).map(Uuid::from_bytes)
}

/// What is known of the leads of a list behind a row, each with its own row, in the order of creation.
pub(in crate::store) fn keys_after(
    connection: &Connection,
    list: Uuid,
    row: i64,
    count: usize,
) -> Result<Vec<(i64, LeadKeys)>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, uuid, ukey, number1, number2, number3, number4, number5, number6, number7, number8 FROM lead \
         WHERE dlma = (SELECT id FROM dlma WHERE uuid = ?1) AND tm_delete IS NULL AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let read = |row: &Row<'_>| {
        let numbers = (3..11).filter_map(|at| row.get::<_, Option<String>>(at).transpose());
        let keys =
            LeadKeys { uuid: id(row, 1)?, ukey: row.get(2)?, numbers: numbers.collect::<Result<_>>()? };
        Ok((row.get(0)?, keys))
    };
    statement.query_map(params![list.as_bytes(), row, count], read)?.collect()
}
