//! Results that somebody looks for, newest first. One search looks at so many of them at most, and says where the next goes on:
//! no search reads the whole table.

use engine::time::Wall;
use rusqlite::{Connection, Result, params};
use serde_json::Value;
use uuid::Uuid;

/// Results that one search looks at.
const LOOKED_AT_MAX: usize = 5_000;

/// What is looked for; what is `None` may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultSearch {
    /// Older than this seq.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: usize,
    /// Of this campaign.
    pub campaign: Option<Uuid>,
    /// Ended at or after this.
    pub since: Option<Wall>,
    /// Ended before this.
    pub until: Option<Wall>,
    /// Keys of the record, and the texts that they must have.
    pub texts: Vec<(&'static str, String)>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResultPage {
    /// Records with their seq, as JSON.
    pub results: Vec<(i64, String)>,
    /// The search has not come to the end: it goes on before this seq.
    pub next: Option<i64>,
}

pub(in crate::store) fn search(connection: &Connection, search: &ResultSearch) -> Result<ResultPage> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, camp, tm_end, json FROM result WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let most = i64::try_from(LOOKED_AT_MAX + 1).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![search.before.unwrap_or(i64::MAX), most])?;
    let (mut page, mut looked_at, mut last) = (ResultPage::default(), 0, 0);
    while let Some(row) = rows.next()? {
        if page.results.len() == search.limit || looked_at == LOOKED_AT_MAX {
            page.next = Some(last);
            break;
        }
        looked_at += 1;
        last = row.get(0)?;
        let ended = Wall(row.get(2)?);
        let in_time =
            search.since.is_none_or(|since| ended >= since) && search.until.is_none_or(|until| ended < until);
        let of_campaign = match search.campaign {
            Some(campaign) => row.get_ref(1)?.as_blob().is_ok_and(|own| own == campaign.as_bytes()),
            None => true,
        };
        if in_time && of_campaign {
            let json = row.get_ref(3)?.as_str().unwrap_or_default();
            page.results.extend(is_meant(json, search).then(|| (last, json.to_owned())));
        }
    }
    Ok(page)
}

/// Whether the record has the texts. Only what may have them is parsed.
fn is_meant(json: &str, search: &ResultSearch) -> bool {
    let may_have =
        |(key, text): &(&str, String)| json.contains(&format!("\"{key}\":{}", Value::from(text.as_str())));
    if search.texts.is_empty() || !search.texts.iter().all(may_have) {
        return search.texts.is_empty();
    }
    let record: Value = serde_json::from_str(json).unwrap_or_default();
    search.texts.iter().all(|(key, text)| record[*key] == **text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(results: i64) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE result (seq INTEGER PRIMARY KEY, dialing BLOB, camp BLOB, tm_end INTEGER, json TEXT)";
        connection.execute(table, []).unwrap();
        let mut insert = connection.prepare("INSERT INTO result VALUES (?1, NULL, ?2, ?1, ?3)").unwrap();
        for seq in 1..=results {
            let campaign = Uuid::from_u128(u128::from(seq % 2 == 0));
            let json = format!("{{\"dial_addr\":\"{seq}\",\"udata\":\"\\\"dial_addr\\\":\\\"7\\\"\"}}");
            insert.execute(params![seq, campaign.as_bytes(), json]).unwrap();
        }
        drop(insert);
        connection
    }

    fn seqs(page: &ResultPage) -> Vec<i64> {
        page.results.iter().map(|(seq, _)| *seq).collect()
    }

    #[test]
    fn a_search_looks_at_so_many_and_goes_on_there() {
        let connection = filled(7_000);
        let wanted = ResultSearch { limit: 5, texts: vec![("dial_addr", "7".into())], ..Default::default() };
        let first = search(&connection, &wanted).unwrap();
        assert_eq!((seqs(&first), first.next), (vec![], Some(2_001)));
        let second = search(&connection, &ResultSearch { before: first.next, ..wanted }).unwrap();
        assert_eq!((seqs(&second), second.next), (vec![7], None));
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
