//! Results that somebody looks for, newest first: those of a lead, a number, a campaign or a list by their keys. One search looks at
//! results for so long at most, and says where the next goes on: no search reads the whole table.

use std::time::{Duration, Instant};

use engine::time::Wall;
use rusqlite::types::ToSql;
use rusqlite::{Connection, Result, Row, params};
use serde_json::Value;
use uuid::Uuid;

use super::lead_search::{CLOCK_EACH, SEARCH_MAX};

/// What is looked for; what is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultSearch {
    /// Older than this seq.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
    /// Of this lead.
    pub lead: Option<Uuid>,
    /// Calls to this number, as the lead had it.
    pub number: Option<String>,
    /// Of this campaign.
    pub campaign: Option<Uuid>,
    /// Of this dial list.
    pub dial_list: Option<Uuid>,
    /// With this outcome.
    pub outcome: Option<String>,
    /// Ended at or after this.
    pub since: Option<Wall>,
    /// Ended before this.
    pub until: Option<Wall>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResultPage {
    /// Records with their seq, as JSON.
    pub results: Vec<(i64, String)>,
    /// The search has not come to the end: it goes on before this seq.
    pub next: Option<i64>,
}

/// The narrowest of the keys that a search has; the others are looked at in the records.
#[derive(Debug, Clone, Copy)]
enum Key<'a> {
    Lead(&'a Uuid),
    Number(&'a str),
    Campaign(&'a Uuid),
    List(&'a Uuid),
    None,
}

impl<'a> Key<'a> {
    fn of(search: &'a ResultSearch) -> Self {
        match (&search.lead, &search.number, &search.campaign, &search.dial_list) {
            (Some(lead), _, _, _) => Self::Lead(lead),
            (None, Some(number), _, _) => Self::Number(number),
            (None, None, Some(campaign), _) => Self::Campaign(campaign),
            (None, None, None, Some(list)) => Self::List(list),
            (None, None, None, None) => Self::None,
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Lead(_) => {
                "SELECT r.seq, camp, tm_end, json FROM result_lead AS k CROSS JOIN result AS r ON r.seq = k.seq \
                 WHERE k.lead = (SELECT id FROM lead WHERE uuid = ?2) AND k.seq < ?1 ORDER BY k.seq DESC"
            }
            Self::Number(_) => {
                "SELECT r.seq, camp, tm_end, json FROM result_number AS k CROSS JOIN result AS r ON r.seq = k.seq \
                 WHERE k.number = ?2 AND k.seq < ?1 ORDER BY k.seq DESC"
            }
            Self::Campaign(_) => {
                "SELECT seq, camp, tm_end, json FROM result INDEXED BY result_camp WHERE camp = ?2 AND seq < ?1 ORDER BY seq DESC"
            }
            Self::List(_) => {
                "SELECT r.seq, camp, tm_end, json FROM result_list AS k CROSS JOIN result AS r ON r.seq = k.seq \
                 WHERE k.dlma = (SELECT id FROM dlma WHERE uuid = ?2) AND k.seq < ?1 ORDER BY k.seq DESC"
            }
            Self::None => {
                "SELECT seq, camp, tm_end, json FROM result WHERE seq < ?1 AND ?2 IS NULL ORDER BY seq DESC"
            }
        }
    }

    fn value(&self) -> Box<dyn ToSql + 'a> {
        match *self {
            Self::Lead(uuid) | Self::Campaign(uuid) | Self::List(uuid) => Box::new(uuid.as_bytes()),
            Self::Number(number) => Box::new(number),
            Self::None => Box::new(rusqlite::types::Null),
        }
    }
}

pub(in crate::store) fn search(connection: &Connection, search: &ResultSearch) -> Result<ResultPage> {
    search_for(connection, search, SEARCH_MAX)
}

/// At least [`CLOCK_EACH`] results are looked at, and all of a page where none is passed by.
fn search_for(connection: &Connection, search: &ResultSearch, most: Duration) -> Result<ResultPage> {
    let begin = Instant::now();
    let key = Key::of(search);
    let texts = texts(search, key);
    let mut statement = connection.prepare_cached(key.sql())?;
    let mut rows = statement.query(params![search.before.unwrap_or(i64::MAX), key.value()])?;
    let (mut page, mut looked_at, mut last) = (ResultPage::default(), 0, 0);
    while let Some(row) = rows.next()? {
        // A page of which each row is meant has its limit.
        let passes_by = looked_at > page.results.len();
        let out_of_time = passes_by && looked_at % CLOCK_EACH == 0 && begin.elapsed() >= most;
        if page.results.len() == search.limit || out_of_time {
            page.next = Some(last);
            break;
        }
        looked_at += 1;
        last = row.get(0)?;
        if is_in_time(row, search)? {
            let json = row.get_ref(3)?.as_str().unwrap_or_default();
            page.results.extend(has_all(json, &texts).then(|| (last, json.to_owned())));
        }
    }
    Ok(page)
}

/// Notes down whose result it is, with the rows of its lead and its list.
pub(super) fn note(connection: &Connection, seq: i64, lead: i64, list: i64, number: &str) -> Result<()> {
    connection.prepare_cached("INSERT INTO result_lead VALUES (?1, ?2)")?.execute([lead, seq])?;
    connection.prepare_cached("INSERT INTO result_list VALUES (?1, ?2)")?.execute([list, seq])?;
    connection.prepare_cached("INSERT INTO result_number VALUES (?1, ?2)")?.execute(params![number, seq])?;
    Ok(())
}

fn is_in_time(row: &Row<'_>, search: &ResultSearch) -> Result<bool> {
    let ended = Wall(row.get(2)?);
    let in_time =
        search.since.is_none_or(|since| ended >= since) && search.until.is_none_or(|until| ended < until);
    let of_campaign = match search.campaign {
        Some(campaign) => row.get_ref(1)?.as_blob().is_ok_and(|own| own == campaign.as_bytes()),
        None => true,
    };
    Ok(in_time && of_campaign)
}

/// What the key leaves to be looked at: keys of the record, and the texts that they must have.
fn texts(search: &ResultSearch, key: Key<'_>) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    if !matches!(key, Key::Number(_)) {
        texts.extend(search.number.clone().map(|number| ("dial_addr", number)));
    }
    if !matches!(key, Key::List(_)) {
        texts.extend(search.dial_list.map(|list| ("dlma_uuid", list.to_string())));
    }
    texts.extend(search.outcome.clone().map(|outcome| ("outcome", outcome)));
    texts
}

/// Whether the record has the texts. Only what may have them is parsed.
fn has_all(json: &str, texts: &[(&str, String)]) -> bool {
    let pair = |(key, text): &(&str, String)| format!("\"{key}\":{}", Value::from(text.as_str()));
    match texts {
        [] => return true,
        // The outcome is the last key, as records are written: nothing else can stand at the end.
        [one] if json.strip_suffix('}').is_some_and(|json| json.ends_with(&pair(one))) => return true,
        [_, ..] => {}
    }
    if !texts.iter().all(|text| json.contains(&pair(text))) {
        return false;
    }
    let record: Value = serde_json::from_str(json).unwrap_or_default();
    texts.iter().all(|(key, text)| record[*key] == **text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::schema;

    const LEAD: Uuid = Uuid::from_u128(0x10);
    const LIST: Uuid = Uuid::from_u128(0x20);

    /// Results of two campaigns, ten leads and two lists in turn; each number has one.
    fn filled(results: i64) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection).unwrap();
        for list in 0..2_i64 {
            let sql = "INSERT INTO dlma (id, uuid, variables, tm_create) VALUES (?1, ?2, '[]', 0)";
            connection
                .execute(
                    sql,
                    params![list, Uuid::from_u128(0x20 + u128::from(list.unsigned_abs())).as_bytes()],
                )
                .unwrap();
        }
        for at in 0..10_i64 {
            let uuid = Uuid::from_u128(0x10 + u128::from(at.unsigned_abs()));
            let lead = engine::model::Lead::new(uuid, LIST, Wall(0));
            crate::store::sqlite::lead::insert(&connection, &lead, 0).unwrap();
        }
        let sql = "INSERT INTO result VALUES (?1, x'00', ?2, ?1, ?3)";
        for seq in 1..=results {
            let campaign = Uuid::from_u128(u128::from(seq % 2 == 0));
            let list = Uuid::from_u128(0x20 + u128::from((seq % 2).unsigned_abs()));
            let outcome = if seq % 5 == 0 { "answered" } else { "busy" };
            let json = format!(
                r#"{{"dlma_uuid":"{list}","dial_addr":"{seq}","udata":"\"dial_addr\":\"7\"","outcome":"{outcome}"}}"#
            );
            connection.prepare_cached(sql).unwrap().execute(params![seq, campaign.as_bytes(), json]).unwrap();
            note(&connection, seq, 1 + seq % 10, seq % 2, &seq.to_string()).unwrap();
        }
        connection
    }

    fn seqs(page: &ResultPage) -> Vec<i64> {
        page.results.iter().map(|(seq, _)| *seq).collect()
    }

    #[test]
    fn results_are_found_by_each_key_and_by_several() {
        let connection = filled(40);
        let found = |wanted: ResultSearch| {
            let wanted = ResultSearch { limit: 100, ..wanted };
            let page = search_for(&connection, &wanted, Duration::from_secs(60)).unwrap();
            assert_eq!(page.next, None);
            seqs(&page)
        };
        let none = ResultSearch::default;
        let number = |number: &str| Some(number.to_owned());
        let (one, outcome) = (Some(Uuid::from_u128(1)), Some("answered".to_owned()));
        assert_eq!(found(ResultSearch { number: number("7"), ..none() }), [7]);
        assert_eq!(found(ResultSearch { number: number("41"), ..none() }), [0; 0]);
        assert_eq!(found(ResultSearch { lead: Some(LEAD), ..none() }), [40, 30, 20, 10]);
        assert_eq!(found(ResultSearch { lead: Some(LIST), ..none() }), [0; 0]);
        assert_eq!(found(ResultSearch { lead: Some(LEAD), number: number("20"), ..none() }), [20]);
        assert_eq!(
            found(ResultSearch { lead: Some(LEAD), before: Some(30), campaign: one, ..none() }),
            [20, 10]
        );
        assert_eq!(found(ResultSearch { campaign: one, ..none() }).len(), 20);
        assert_eq!(
            found(ResultSearch { campaign: one, dial_list: Some(LIST), outcome: outcome.clone(), ..none() }),
            [40, 30, 20, 10]
        );
        assert_eq!(found(ResultSearch { dial_list: Some(LIST), before: Some(9), ..none() }), [8, 6, 4, 2]);
        assert_eq!(found(ResultSearch { dial_list: Some(LIST), number: number("7"), ..none() }), [0; 0]);
        assert_eq!(found(ResultSearch { outcome, before: Some(11), ..none() }), [10, 5]);
        assert_eq!(found(none()).len(), 40);
    }

    #[test]
    fn no_search_passes_by_what_its_key_leaves_out() {
        let connection = filled(40);
        let (lead, number) = (Some(LEAD), Some("7".to_owned()));
        for (wanted, found) in [
            (ResultSearch { lead, ..ResultSearch::default() }, "k USING PRIMARY KEY (lead=? AND seq<?)"),
            (ResultSearch { number, ..ResultSearch::default() }, "k USING PRIMARY KEY (number=? AND seq<?)"),
            (
                ResultSearch { dial_list: lead, ..ResultSearch::default() },
                "k USING PRIMARY KEY (dlma=? AND seq<?)",
            ),
            (
                ResultSearch { campaign: lead, ..ResultSearch::default() },
                "USING INDEX result_camp (camp=? AND rowid<?)",
            ),
        ] {
            let sql = format!("EXPLAIN QUERY PLAN {}", Key::of(&wanted).sql());
            let mut plan = connection.prepare(&sql).unwrap();
            let steps = plan.query_map([Some(1), None], |row| row.get::<_, String>(3)).unwrap();
            let steps = steps.map(Result::unwrap).collect::<Vec<_>>().join("; ");
            assert!(
                steps.contains(found) && !steps.contains("TEMP B-TREE") && !steps.contains("SCAN"),
                "{steps}"
            );
        }
    }

    #[test]
    fn a_search_that_takes_too_long_says_where_it_goes_on_and_misses_nothing() {
        let connection = filled(300);
        let mut wanted =
            ResultSearch { limit: 2, since: Some(Wall(200)), until: Some(Wall(203)), ..Default::default() };
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            let page = search_for(&connection, &wanted, Duration::ZERO).unwrap();
            found.extend(seqs(&page));
            pages += 1;
            let Some(next) = page.next else { break };
            wanted.before = Some(next);
        }
        assert_eq!((found, pages), (vec![202, 201, 200], 6));
    }

    #[test]
    fn time_and_campaign_narrow_a_search() {
        let connection = filled(10);
        let wanted = ResultSearch {
            limit: 2,
            campaign: Some(Uuid::from_u128(1)),
            since: Some(Wall(3)),
            until: Some(Wall(9)),
            ..Default::default()
        };
        let page = search(&connection, &wanted).unwrap();
        assert_eq!((seqs(&page), page.next), (vec![8, 6], Some(6)));
        let page = search(&connection, &ResultSearch { before: page.next, ..wanted }).unwrap();
        assert_eq!((seqs(&page), page.next), (vec![4], None));
    }
}
