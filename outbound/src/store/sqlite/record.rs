//! What the engine wants written down: ends of dialings, claims given back, statuses of campaigns.

use engine::dialing::{Ended, Record};
use engine::model::NUMBERS;
use engine::time::Wall;
use rusqlite::{Connection, OptionalExtension, Result, params};
use uuid::Uuid;

use super::abandon;
use super::list::WidestTries;
use super::results;
use crate::results::result_json;
use crate::spans;

/// What the rest of the program hears of when a record is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// A lead of this list (by row id) may be claimed again.
    LeadBack(i64),
    /// The same, and there is a result.
    Result { list: i64, seq: i64 },
}

/// Writes one record. A second end of the same dialing changes nothing.
pub(super) fn write(connection: &Connection, widest: &mut WidestTries, record: &Record) -> Result<Effect> {
    match record {
        Record::CampaignStatus { campaign, status, updated, window_handled } => {
            let sql = "UPDATE campaign SET status = ?2, tm_update = ?3, sc_window = ?4 WHERE uuid = ?1";
            let window = window_handled.map(|at| at.0);
            connection.prepare_cached(sql)?.execute(params![
                campaign.as_bytes(),
                status.code(),
                updated.0,
                window
            ])?;
            Ok(Effect::None)
        }
        Record::CampaignWindow { campaign, handled } => {
            connection
                .prepare_cached("UPDATE campaign SET sc_window = ?2 WHERE uuid = ?1")?
                .execute(params![campaign.as_bytes(), handled.map(|at| at.0)])?;
            Ok(Effect::None)
        }
        Record::Released { dialing, lead } => release(connection, *dialing, *lead, None),
        Record::Returned { dialing, lead, next_try } => release(connection, *dialing, *lead, Some(*next_try)),
        Record::Answered { dialing, answer, .. } => {
            let json = serde_json::to_string(answer)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            let sql = "UPDATE dialing SET answer = ?2 WHERE uuid = ?1";
            connection.prepare_cached(sql)?.execute(params![dialing.as_bytes(), json])?;
            Ok(Effect::None)
        }
        Record::Ended(ended) => end(connection, widest, ended),
    }
}

/// The row of an open claim.
struct Open {
    lead: i64,
    list: i64,
    index: u8,
}

fn close(connection: &Connection, dialing: Uuid) -> Result<Option<Open>> {
    let mut statement =
        connection.prepare_cached("DELETE FROM dialing WHERE uuid = ?1 RETURNING lead, dlma, idx")?;
    let read =
        |row: &rusqlite::Row<'_>| Ok(Open { lead: row.get(0)?, list: row.get(1)?, index: row.get(2)? });
    statement.query_row(params![dialing.as_bytes()], read).optional()
}

/// A claim without a call goes back: at its old place, or after a wait.
fn release(connection: &Connection, dialing: Uuid, lead: Uuid, next_try: Option<Wall>) -> Result<Effect> {
    let Some(open) = close(connection, dialing)? else {
        let _said_in = spans::of_claim(dialing, lead).entered();
        tracing::warn!(%dialing, %lead, "a claim was given back that is not open: nothing changed");
        return Ok(Effect::None);
    };
    connection
        .prepare_cached(
            "UPDATE lead SET status = 0, dialing = NULL, dialing_camp = NULL, dialing_plan = NULL, \
             next_try = ifnull(?2, next_try) WHERE id = ?1",
        )?
        .execute(params![open.lead, next_try.map(|at| at.0)])?;
    Ok(Effect::LeadBack(open.list))
}

fn end(connection: &Connection, widest: &mut WidestTries, ended: &Ended) -> Result<Effect> {
    let setup = &ended.dialing.setup;
    let Some(open) = close(connection, setup.uuid)? else {
        let _said_in = spans::of(setup).entered();
        tracing::warn!(dialing = %setup.uuid, "a dialing ended that is not open: nothing changed");
        return Ok(Effect::None);
    };
    let at = ended_at(ended);
    let widest = widest.of(connection, open.list)?;
    free_lead(connection, ended, &open, at, widest)?;
    connection
        .prepare_cached("INSERT INTO result (dialing, camp, tm_end, json) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![setup.uuid.as_bytes(), setup.campaign.as_bytes(), at.0, result_json(ended)])?;
    let seq = connection.last_insert_rowid();
    results::note(connection, seq, open.lead, open.list, &setup.address)?;
    if let Some(tally) = &ended.tally {
        abandon::add(connection, tally)?;
    }
    Ok(Effect::Result { list: open.list, seq })
}

/// A lead that has no number left under the limits of its list is put aside, so that nobody waits for its next try.
fn free_lead(
    connection: &Connection,
    ended: &Ended,
    open: &Open,
    at: Wall,
    widest: Option<[u32; NUMBERS]>,
) -> Result<()> {
    let progress = &ended.dialing.progress;
    // No number has index 0: none is counted up.
    let tried = if ended.counts { open.index } else { 0 };
    let mut statement = connection.prepare_cached(
        "UPDATE lead SET status = 0, dialing = NULL, dialing_camp = NULL, dialing_plan = NULL, \
         trycnt1 = trycnt1 + (?2 = 1), trycnt2 = trycnt2 + (?2 = 2), trycnt3 = trycnt3 + (?2 = 3), \
         trycnt4 = trycnt4 + (?2 = 4), trycnt5 = trycnt5 + (?2 = 5), trycnt6 = trycnt6 + (?2 = 6), \
         trycnt7 = trycnt7 + (?2 = 7), trycnt8 = trycnt8 + (?2 = 8), \
         res_dial = ?3, res_dial_detail = ?4, res_hangup = ?5, res_hangup_detail = ?6, \
         closed = CASE WHEN ?7 THEN 1 WHEN closed = 0 AND ?10 \
           AND (number1 IS NULL OR trycnt1 + (?2 = 1) >= ?11) AND (number2 IS NULL OR trycnt2 + (?2 = 2) >= ?12) \
           AND (number3 IS NULL OR trycnt3 + (?2 = 3) >= ?13) AND (number4 IS NULL OR trycnt4 + (?2 = 4) >= ?14) \
           AND (number5 IS NULL OR trycnt5 + (?2 = 5) >= ?15) AND (number6 IS NULL OR trycnt6 + (?2 = 6) >= ?16) \
           AND (number7 IS NULL OR trycnt7 + (?2 = 7) >= ?17) AND (number8 IS NULL OR trycnt8 + (?2 = 8) >= ?18) \
           THEN 2 ELSE closed END, \
         next_try = ?8, tm_update = ?9 WHERE id = ?1",
    )?;
    let [w1, w2, w3, w4, w5, w6, w7, w8] = widest.unwrap_or_default();
    statement.execute(params![
        open.lead,
        tried,
        progress.res_dial,
        detail(progress.res_dial_detail.as_deref()),
        progress.res_hangup,
        detail(progress.res_hangup_detail.as_deref()),
        ended.done,
        ended.next_try.0,
        at.0,
        widest.is_some(),
        w1,
        w2,
        w3,
        w4,
        w5,
        w6,
        w7,
        w8,
    ])?;
    Ok(())
}

/// Words that came from Asterisk, cut to what a lead's text may be.
fn detail(words: Option<&str>) -> Option<String> {
    let clean = words?.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')).take(engine::value::TEXT_MAX);
    Some(clean.collect::<String>()).filter(|text| !text.is_empty())
}

fn ended_at(ended: &Ended) -> Wall {
    let progress = &ended.dialing.progress;
    progress.hangup.or(progress.updated).unwrap_or(ended.dialing.setup.created)
}
