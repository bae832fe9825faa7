//! Webhooks and their deliveries in SQL.

use engine::model::CampaignStatus;
use engine::time::Wall;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use uuid::Uuid;

use super::import_file;
use crate::store::webhooks::{
    DEAD_MAX, DONE_MAX, DeliveryRow, DeliveryState, Due, EventType, News, Told, WebhookChange, WebhookRow,
};

const DELIVERY: &str = "id, uuid, type, seq, state, tries, due, tm_begin, tm_update, status, error";

/// Does the changes, in the transaction that is open.
pub(super) fn write(connection: &Connection, changes: &[WebhookChange]) -> Result<()> {
    changes.iter().try_for_each(|change| write_one(connection, change))
}

fn write_one(connection: &Connection, change: &WebhookChange) -> Result<()> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<()> {
        connection.prepare_cached(sql)?.execute(values).map(drop)
    };
    match change {
        WebhookChange::Put(row) => {
            let types = row.types.iter().fold(0, |bits, kind| bits | kind.code());
            run(
                "INSERT INTO webhook (id, url, secret, types, camp, enabled, result_seq, status_seq, import_seq, tm_create, tm_update) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT coalesce(max(seq), 0) FROM result), \
                 (SELECT coalesce(max(seq), 0) FROM campaign_status), (SELECT coalesce(max(seq), 0) FROM import_end), ?7, ?8) \
                 ON CONFLICT (id) DO UPDATE SET url = ?2, secret = ?3, types = ?4, camp = ?5, enabled = ?6, tm_update = ?8",
                params![
                    row.id.as_bytes(),
                    row.url,
                    row.secret,
                    types,
                    row.campaign.map(Uuid::into_bytes),
                    row.enabled,
                    row.created.0,
                    row.updated.map(|at| at.0)
                ],
            )
        }
        WebhookChange::Skip(id) => run(
            "UPDATE webhook SET result_seq = (SELECT coalesce(max(seq), 0) FROM result), \
             status_seq = (SELECT coalesce(max(seq), 0) FROM campaign_status), \
             import_seq = (SELECT coalesce(max(seq), 0) FROM import_end) WHERE id = ?1",
            params![id.as_bytes()],
        ),
        WebhookChange::Delete(id) => {
            run("DELETE FROM delivery WHERE webhook = ?1", params![id.as_bytes()])?;
            run("DELETE FROM webhook WHERE id = ?1", params![id.as_bytes()])
        }
        WebhookChange::Collect(id, news, at) => collect(connection, *id, news, *at),
        WebhookChange::Tried(id, rows) => tried(connection, *id, rows),
        WebhookChange::AnswersAgain(id, at) => run(
            "UPDATE delivery SET due = ?2 WHERE webhook = ?1 AND state = 0 AND due > ?2 AND status IS NULL",
            params![id.as_bytes(), at.0],
        ),
        WebhookChange::Retry(id, uuid, at) => run(
            "UPDATE delivery SET state = 0, due = ?3, tm_begin = ?3 WHERE webhook = ?1 AND uuid = ?2 AND state <> 1",
            params![id.as_bytes(), uuid.as_bytes(), at.0],
        ),
    }
}

/// One that was deleted meanwhile gets nothing.
fn collect(connection: &Connection, id: Uuid, news: &News, at: Wall) -> Result<()> {
    let moved = connection
        .prepare_cached("UPDATE webhook SET result_seq = ?2, status_seq = ?3, import_seq = ?4 WHERE id = ?1")?
        .execute(params![id.as_bytes(), news.seqs.0, news.seqs.1, news.seqs.2])?;
    if moved == 0 {
        return Ok(());
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO delivery (uuid, webhook, type, seq, state, tries, due, tm_begin) \
         VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?5)",
    )?;
    for (kind, seq) in &news.found {
        insert.execute(params![Uuid::new_v4().as_bytes(), id.as_bytes(), kind.code(), seq, at.0])?;
    }
    Ok(())
}

fn tried(connection: &Connection, id: Uuid, rows: &[DeliveryRow]) -> Result<()> {
    let mut update = connection.prepare_cached(
        "UPDATE delivery SET state = ?2, tries = ?3, due = ?4, tm_update = ?5, status = ?6, error = ?7 WHERE id = ?1",
    )?;
    for row in rows {
        let updated = row.updated.map(|at| at.0);
        let values = params![row.id, row.state.code(), row.tries, row.due.0, updated, row.status, row.error];
        update.execute(values)?;
    }
    for (state, most) in [(DeliveryState::Done, DONE_MAX), (DeliveryState::Dead, DEAD_MAX)] {
        connection
            .prepare_cached(
                "DELETE FROM delivery WHERE webhook = ?1 AND state = ?2 AND id <= (SELECT id FROM delivery \
                 WHERE webhook = ?1 AND state = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
            )?
            .execute(params![id.as_bytes(), state.code(), most])?;
    }
    Ok(())
}

/// All webhooks.
pub(in crate::store) fn load(connection: &Connection) -> Result<Vec<WebhookRow>> {
    let mut statement = connection.prepare(
        "SELECT id, url, secret, types, camp, enabled, tm_create, tm_update FROM webhook ORDER BY id",
    )?;
    let row = |row: &Row<'_>| {
        let types: i64 = row.get(3)?;
        Ok(WebhookRow {
            id: Uuid::from_bytes(row.get(0)?),
            url: row.get(1)?,
            secret: row.get(2)?,
            types: EventType::ALL.into_iter().filter(|kind| types & kind.code() != 0).collect(),
            campaign: row.get::<_, Option<_>>(4)?.map(Uuid::from_bytes),
            enabled: row.get(5)?,
            created: Wall(row.get(6)?),
            updated: row.get::<_, Option<i64>>(7)?.map(Wall),
        })
    };
    statement.query_map([], row)?.collect()
}

/// What has happened behind the cursors of a webhook; at most `count` things of each type are looked at. Nothing where so much waits
/// already that no more is to be collected.
pub(in crate::store) fn news(
    connection: &Connection,
    webhook: &WebhookRow,
    count: i64,
    waiting_max: i64,
) -> Result<Option<News>> {
    let seqs = connection
        .prepare_cached("SELECT result_seq, status_seq, import_seq FROM webhook WHERE id = ?1")?
        .query_row(params![webhook.id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let waiting: i64 = connection
        .prepare_cached("SELECT count(*) FROM delivery WHERE webhook = ?1 AND state = 0")?
        .query_row(params![webhook.id.as_bytes()], |row| row.get(0))?;
    let Some(seqs) = seqs.filter(|_| waiting < waiting_max) else { return Ok(None) };
    let mut news = News { seqs, ..News::default() };
    for (kind, sql) in [
        (
            EventType::CampaignStatus,
            "SELECT seq, camp FROM campaign_status WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        ),
        (EventType::DialingEnded, "SELECT seq, camp FROM result WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
        // An import is about no campaign.
        (EventType::ImportEnded, "SELECT seq, NULL FROM import_end WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
    ] {
        let at = match kind {
            EventType::DialingEnded => &mut news.seqs.0,
            EventType::CampaignStatus => &mut news.seqs.1,
            EventType::ImportEnded => &mut news.seqs.2,
        };
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([*at, count], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
        let mut looked = 0;
        for row in rows {
            let (seq, campaign): (_, Option<[u8; 16]>) = row?;
            (*at, looked) = (seq, looked + 1);
            if webhook.types.contains(&kind)
                && (webhook.campaign.is_none() || webhook.campaign == campaign.map(Uuid::from_bytes))
            {
                news.found.push((kind, seq));
            }
        }
        news.more |= looked == count;
    }
    Ok(Some(news))
}

/// The deliveries of a webhook that are due, in their order; and when the next one is.
pub(in crate::store) fn due(
    connection: &Connection,
    id: Uuid,
    now: Wall,
    count: i64,
) -> Result<(Vec<Due>, Option<Wall>)> {
    let sql = format!(
        "SELECT {DELIVERY} FROM delivery WHERE webhook = ?1 AND state = 0 AND due <= ?2 ORDER BY id LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows: Vec<DeliveryRow> =
        statement.query_map(params![id.as_bytes(), now.0, count], delivery)?.collect::<Result<_>>()?;
    let told = |row: DeliveryRow| Ok(Due { told: told(connection, row.kind, row.seq)?, row });
    let due = rows.into_iter().map(told).collect::<Result<_>>()?;
    let next: Option<i64> = connection
        .prepare_cached("SELECT min(due) FROM delivery WHERE webhook = ?1 AND state = 0")?
        .query_row(params![id.as_bytes()], |row| row.get(0))?;
    Ok((due, next.map(Wall)))
}

fn told(connection: &Connection, kind: EventType, seq: i64) -> Result<Option<Told>> {
    match kind {
        EventType::DialingEnded => connection
            .prepare_cached("SELECT camp, json FROM result WHERE seq = ?1")?
            .query_row([seq], |row| Ok(Told::Result(Uuid::from_bytes(row.get(0)?), row.get(1)?)))
            .optional(),
        EventType::CampaignStatus => connection
            .prepare_cached("SELECT camp, status, time FROM campaign_status WHERE seq = ?1")?
            .query_row([seq], |row| {
                let code: u8 = row.get(1)?;
                let unknown = rusqlite::Error::IntegralValueOutOfRange(1, code.into());
                let status = CampaignStatus::from_code(code).ok_or(unknown)?;
                Ok(Told::Status(Uuid::from_bytes(row.get(0)?), status, Wall(row.get(2)?)))
            })
            .optional(),
        EventType::ImportEnded => {
            Ok(import_file::end(connection, seq)?.map(|end| Told::Import(Box::new(end))))
        }
    }
}

/// Deliveries of a webhook, in a state or in any, with ids below `before`, newest first.
pub(in crate::store) fn deliveries(
    connection: &Connection,
    id: Uuid,
    state: Option<DeliveryState>,
    before: i64,
    count: i64,
) -> Result<Vec<DeliveryRow>> {
    let sql = format!(
        "SELECT {DELIVERY} FROM delivery WHERE webhook = ?1 AND (?2 IS NULL OR state = ?2) AND id < ?3 ORDER BY id DESC LIMIT ?4"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(params![id.as_bytes(), state.map(DeliveryState::code), before, count], delivery)?
        .collect()
}

/// A delivery of a webhook.
pub(in crate::store) fn one(connection: &Connection, id: Uuid, uuid: Uuid) -> Result<Option<DeliveryRow>> {
    let sql = format!("SELECT {DELIVERY} FROM delivery WHERE webhook = ?1 AND uuid = ?2");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row(params![id.as_bytes(), uuid.as_bytes()], delivery).optional()
}

fn delivery(row: &Row<'_>) -> Result<DeliveryRow> {
    let (kind, state): (i64, i64) = (row.get(2)?, row.get(4)?);
    Ok(DeliveryRow {
        id: row.get(0)?,
        uuid: Uuid::from_bytes(row.get(1)?),
        kind: EventType::from_code(kind).ok_or(rusqlite::Error::IntegralValueOutOfRange(2, kind))?,
        seq: row.get(3)?,
        state: DeliveryState::from_code(state).ok_or(rusqlite::Error::IntegralValueOutOfRange(4, state))?,
        tries: row.get(5)?,
        due: Wall(row.get(6)?),
        begun: Wall(row.get(7)?),
        updated: row.get::<_, Option<i64>>(8)?.map(Wall),
        status: row.get(9)?,
        error: row.get(10)?,
    })
}
