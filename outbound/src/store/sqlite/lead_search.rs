//! Leads that somebody looks for, in the order of their creation. There is no index for it: imports and claims would pay. A search
//! looks at leads for so long at most, and says where the next one goes on: no search holds up other reads.

use std::time::{Duration, Instant};

use engine::model::Lead;
use rusqlite::types::ToSql;
use rusqlite::{Connection, Result, Row, params};
use uuid::Uuid;

use super::columns::Columns;
use super::lead;

/// How long one search looks for leads.
pub(super) const SEARCH_MAX: Duration = Duration::from_millis(20);
/// Leads between two looks at the clock.
pub(super) const CLOCK_EACH: usize = 64;

/// What is looked for; what is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeadSearch {
    /// Behind this row.
    pub after: i64,
    /// Up to this row, itself included.
    pub until: Option<i64>,
    /// At most so many.
    pub limit: usize,
    /// Of this list.
    pub dial_list: Option<Uuid>,
    /// With the code of this status.
    pub status: Option<u8>,
    /// With this key.
    pub ukey: Option<String>,
    /// With this among its numbers, as it was given.
    pub number: Option<String>,
    /// Whose name contains this, in any case.
    pub name: Option<String>,
}

impl LeadSearch {
    fn is_narrow(&self) -> bool {
        self.status.is_some() || self.ukey.is_some() || self.number.is_some() || self.name.is_some()
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeadPage {
    /// Leads, each with its row.
    pub leads: Vec<(i64, Lead)>,
    /// The search has not come to the end: it goes on behind this row.
    pub next: Option<i64>,
}

pub(in crate::store) fn search(connection: &Connection, search: &LeadSearch) -> Result<LeadPage> {
    search_for(connection, search, SEARCH_MAX)
}

/// Passes by leads, and reads as a whole only those that are meant. At least [`CLOCK_EACH`] are looked at, and all of a page
/// where none is passed by.
fn search_for(connection: &Connection, search: &LeadSearch, most: Duration) -> Result<LeadPage> {
    let begin = Instant::now();
    let name = search.name.as_ref().map(|name| name.to_lowercase());
    let mut statement = connection.prepare_cached(&passing(search))?;
    let mut read = connection.prepare_cached(&format!("SELECT {} FROM lead WHERE id = ?1", lead::READ))?;
    let list = search.dial_list.as_ref().map(Uuid::as_bytes);
    let until = search.until.unwrap_or(i64::MAX);
    let values: [&dyn ToSql; 6] =
        [&search.after, &until, &list, &search.status, &search.ukey, &search.number];
    let mut rows = statement.query(&values[..])?;
    let (mut page, mut last, mut looked_at) = (LeadPage::default(), 0, 0);
    while let Some(row) = rows.next()? {
        // A page of which each row is meant has its limit.
        let passes_by = looked_at > page.leads.len();
        let out_of_time = passes_by && looked_at % CLOCK_EACH == 0 && begin.elapsed() >= most;
        if page.leads.len() == search.limit || out_of_time {
            page.next = Some(last);
            break;
        }
        looked_at += 1;
        last = row.get(0)?;
        if row.get::<_, Option<bool>>(1)? == Some(true) && is_named(row, name.as_deref())? {
            let lead = read.query_row(params![last], |row| lead::read(&mut Columns::new(row)))?;
            page.leads.push((last, lead.lead));
        }
    }
    Ok(page)
}

/// Row, whether it is meant but for the name, and the name. Each parameter stands in each of these statements, also where it plays no part.
fn passing(search: &LeadSearch) -> String {
    let scope = if search.dial_list.is_some() {
        "dlma = (SELECT id FROM dlma WHERE uuid = ?3)"
    } else {
        "?3 IS NULL"
    };
    let hit = if search.is_narrow() {
        "(?4 IS NULL OR status = ?4) AND (?5 IS NULL OR ukey = ?5) AND (?6 IS NULL OR \
         ?6 IN (number1, number2, number3, number4, number5, number6, number7, number8))"
    } else {
        "?4 IS NULL AND ?5 IS NULL AND ?6 IS NULL"
    };
    let name = if search.name.is_some() { "name" } else { "NULL" };
    format!(
        "SELECT id, {hit}, {name} FROM lead WHERE {scope} AND tm_delete IS NULL AND id > ?1 AND id <= ?2 ORDER BY id"
    )
}

fn is_named(row: &Row<'_>, name: Option<&str>) -> Result<bool> {
    let Some(name) = name else { return Ok(true) };
    let own = row.get_ref(2)?.as_str_or_null()?;
    Ok(own.is_some_and(|own| own.to_lowercase().contains(name)))
}

/// The row of the newest lead; 0 where there are none.
pub(in crate::store) fn newest(connection: &Connection) -> Result<i64> {
    connection.query_row("SELECT ifnull(max(id), 0) FROM lead", [], |row| row.get(0))
}

/// The names of variables that the leads of a search have, as far as one look goes, and where the next one goes on. They are added to
/// `names`; the same name is there once.
pub(in crate::store) fn variable_names(
    connection: &Connection,
    search: &LeadSearch,
    names: &mut std::collections::BTreeSet<String>,
) -> Result<Option<i64>> {
    let begin = Instant::now();
    let scope = if search.dial_list.is_some() {
        "dlma = (SELECT id FROM dlma WHERE uuid = ?3)"
    } else {
        "?3 IS NULL"
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, variables FROM lead WHERE {scope} AND tm_delete IS NULL AND id > ?1 AND id <= ?2 ORDER BY id"
    ))?;
    let list = search.dial_list.as_ref().map(Uuid::as_bytes);
    let mut rows = statement.query(params![search.after, search.until.unwrap_or(i64::MAX), list])?;
    let (mut last, mut looked_at) = (0, 0);
    while let Some(row) = rows.next()? {
        if looked_at > 0 && looked_at % CLOCK_EACH == 0 && begin.elapsed() >= SEARCH_MAX {
            return Ok(Some(last));
        }
        looked_at += 1;
        last = row.get(0)?;
        let json = row.get_ref(1)?.as_str()?;
        if json == "[]" {
            continue;
        }
        let pairs: Vec<(String, serde::de::IgnoredAny)> = serde_json::from_str(json).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
        })?;
        for (name, _) in pairs {
            if !names.contains(&name) {
                names.insert(name);
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use engine::time::Wall;

    use super::*;
    use crate::store::sqlite::schema;

    /// Two lists whose leads come in turn; of each hundredth the name is another.
    fn filled(leads: i64) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        for list in [1_i64, 2] {
            let sql = "INSERT INTO dlma (id, uuid, variables, tm_create) VALUES (?1, ?2, '[]', 0)";
            connection
                .execute(sql, params![list, Uuid::from_u128(u128::from(list.unsigned_abs())).as_bytes()])
                .unwrap();
        }
        for at in 1..=leads {
            let mut lead = Lead::new(Uuid::from_u128(u128::from(at.unsigned_abs())), Uuid::nil(), Wall(at));
            let name = if at % 100 == 0 { "Änne Ölmann".to_owned() } else { format!("Customer {at}") };
            lead.name = engine::value::Text::parse(&name).ok();
            lead.ukey = engine::value::Text::parse(&format!("K{at}")).ok();
            lead.numbers[7] = engine::value::Number::parse(&format!("+49{at}")).ok();
            lead::insert(&connection, &lead, 2 - at % 2).unwrap();
        }
        connection
    }

    fn rows(page: &LeadPage) -> Vec<i64> {
        page.leads.iter().map(|(row, _)| *row).collect()
    }

    #[test]
    fn leads_are_found_by_key_number_status_and_part_of_a_name_in_any_case() {
        let connection = filled(300);
        let found = |wanted: LeadSearch| {
            let wanted = LeadSearch { limit: 500, ..wanted };
            let page = search_for(&connection, &wanted, Duration::from_secs(60)).unwrap();
            assert_eq!(page.next, None);
            rows(&page)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(found(LeadSearch { ukey: some("K7"), ..LeadSearch::default() }), [7]);
        assert_eq!(found(LeadSearch { number: some("+49299"), ..LeadSearch::default() }), [299]);
        assert_eq!(found(LeadSearch { number: some("+49"), ..LeadSearch::default() }), Vec::<i64>::new());
        assert_eq!(found(LeadSearch { name: some("ÖLM"), ..LeadSearch::default() }), [100, 200, 300]);
        assert_eq!(
            found(LeadSearch { name: some("mer 2"), ukey: some("K20"), ..LeadSearch::default() }),
            [20]
        );
        assert_eq!(found(LeadSearch { status: Some(1), ..LeadSearch::default() }), Vec::<i64>::new());
        let list = Some(Uuid::from_u128(2));
        assert_eq!(
            found(LeadSearch { dial_list: list, name: some("änne"), after: 100, ..LeadSearch::default() }),
            [200, 300]
        );
        assert_eq!(
            found(LeadSearch { dial_list: list, status: Some(0), ..LeadSearch::default() }).len(),
            150
        );
        assert_eq!(found(LeadSearch { dial_list: list, until: Some(4), ..LeadSearch::default() }), [2, 4]);
    }

    #[test]
    fn a_search_that_takes_too_long_says_where_it_goes_on_and_misses_nothing() {
        let connection = filled(300);
        let (mut wanted, mut found, mut pages) =
            (LeadSearch { limit: 2, ..LeadSearch::default() }, Vec::new(), 0);
        wanted.name = Some("ölmann".to_owned());
        loop {
            let page = search_for(&connection, &wanted, Duration::ZERO).unwrap();
            found.extend(rows(&page));
            pages += 1;
            let Some(next) = page.next else { break };
            assert!(next > wanted.after, "each page comes further");
            wanted.after = next;
        }
        assert_eq!((found, pages), (vec![100, 200, 300], 5));
    }
}
