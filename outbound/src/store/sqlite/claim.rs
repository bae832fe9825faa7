//! Claiming leads: the next of a list in the order of their next try, by index, a bounded number of rows at a time.
//!
//! Most leads that are met are taken or put aside, and so leave the index. One that only another campaign with wider
//! limits may dial is passed over; where such leads are many, a [`Cursor`] remembers how far the look has come.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use engine::dialing::{Claim, ClaimRequest, Claimed, OpenClaim};
use engine::model::{LeadClaim, LeadStatus, NUMBERS};
use engine::time::Wall;
use engine::value::Name;
use rusqlite::{Connection, Result, params};
use uuid::Uuid;

use super::columns::Columns;
use super::identity::Identity;
use super::lead::{self, Stored};
use super::list;
use crate::store::StoreError;

/// So many rows are looked at beyond those that are asked for.
const PASSED_MAX: usize = 256;
/// Cursors kept; with more, the looks begin anew.
const CURSORS_MAX: usize = 256;

const CLAIMABLE: &str = "FROM lead WHERE dlma = ?1 AND status = 0 AND closed = 0 AND tm_delete IS NULL";
// Two statements, because SQLite would walk through all rows of one time to reach an id behind it.
static SAME_TIME: LazyLock<String> = LazyLock::new(|| {
    format!("SELECT {} {CLAIMABLE} AND next_try = ?2 AND id > ?3 ORDER BY id LIMIT ?4", lead::READ)
});
static LATER: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {} {CLAIMABLE} AND next_try > ?2 AND next_try <= ?3 ORDER BY next_try, id LIMIT ?4",
        lead::READ
    )
});
static NEXT_DUE: LazyLock<String> =
    LazyLock::new(|| format!("SELECT next_try {CLAIMABLE} AND next_try > ?2 ORDER BY next_try LIMIT 1"));

/// A place in the order of claims: next try, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    next_try: i64,
    id: i64,
}

const START: Place = Place { next_try: -1, id: 0 };

/// How far a look through a list has come that could not see all of it at once.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    place: Place,
    /// True where this pass has found something.
    found: bool,
}

/// Cursors by list and limits. Only the writer has them; without them looks are longer, but as right.
#[derive(Debug, Default)]
pub(super) struct Cursors(BTreeMap<(i64, [u32; NUMBERS]), Cursor>);

impl Cursors {
    /// A lead of the list has become claimable, perhaps before a cursor: looks at this list begin anew.
    pub(super) fn forget(&mut self, list: i64) {
        self.0.retain(|&(of, _), _| of != list);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Claims leads: all of this request or, with an error, nothing.
#[inline(never)] // `make count` and profiles show it as a step of its own.
pub(super) fn claim(
    connection: &Connection,
    cursors: &mut Cursors,
    identity: &mut Identity,
    request: &ClaimRequest,
) -> Result<Claimed> {
    let Some(list) = list::id_of(connection, request.dial_list)? else {
        return Ok(Claimed::default());
    };
    connection.prepare_cached("SAVEPOINT claim")?.execute([])?;
    let look = Look {
        connection,
        cursors,
        identity,
        request,
        list,
        place: START,
        passed_over: false,
        claims: Vec::new(),
    };
    let claimed = look.run();
    // Where this fails, the transaction is as lost: so is what cannot be told from the error.
    if claimed.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO claim")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE claim")?.execute([])?;
    }
    claimed
}

struct Look<'a> {
    connection: &'a Connection,
    cursors: &'a mut Cursors,
    identity: &'a mut Identity,
    request: &'a ClaimRequest,
    list: i64,
    place: Place,
    passed_over: bool,
    claims: Vec<Claim>,
}

impl Look<'_> {
    fn run(mut self) -> Result<Claimed> {
        let wanted = self.request.count as usize;
        let key = (self.list, self.request.max_tries);
        let before = self.cursors.0.remove(&key);
        self.place = before.map_or(START, |cursor| cursor.place);
        let mut left = wanted.saturating_add(PASSED_MAX);
        let mut at_end = false;
        while self.claims.len() < wanted && left > 0 && !at_end {
            let limit = left.min(wanted - self.claims.len());
            let page = self.page(limit)?;
            at_end = page.len() < limit;
            left -= page.len();
            for stored in page {
                self.consider(stored)?;
            }
        }
        let found = !self.claims.is_empty() || before.is_some_and(|cursor| cursor.found);
        if !at_end && (self.passed_over || before.is_some()) {
            self.keep_cursor(key, found);
        }
        let next_due = if self.claims.len() == wanted {
            None
        } else if !at_end || (before.is_some() && found) {
            // There may be more at once: behind the rows that were looked at, or before the cursor.
            Some(self.request.due)
        } else {
            self.next_due()?
        };
        Ok(Claimed { claims: self.claims, next_due })
    }

    fn keep_cursor(&mut self, key: (i64, [u32; NUMBERS]), found: bool) {
        if self.cursors.0.len() >= CURSORS_MAX {
            self.cursors.clear();
        }
        self.cursors.0.insert(key, Cursor { place: self.place, found });
    }

    fn page(&self, limit: usize) -> Result<Vec<Stored>> {
        let Place { next_try, id } = self.place;
        let mut page = self.rows(&SAME_TIME, [self.list, next_try, id], limit)?;
        if page.len() < limit {
            let due = self.request.due.0;
            page.extend(self.rows(&LATER, [self.list, next_try, due], limit - page.len())?);
        }
        Ok(page)
    }

    fn rows(&self, sql: &str, [list, from, to]: [i64; 3], limit: usize) -> Result<Vec<Stored>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows =
            statement.query_map(params![list, from, to, limit], |row| lead::read(&mut Columns::new(row)))?;
        rows.collect()
    }

    fn consider(&mut self, stored: Stored) -> Result<()> {
        self.place = Place { next_try: stored.next_try, id: stored.id };
        if let Some(index) = stored.lead.next_number(&self.request.max_tries) {
            return self.take(stored, index);
        }
        if stored.lead.next_number(&self.request.widest_tries).is_some() {
            self.passed_over = true;
            return Ok(());
        }
        let mut aside = self.connection.prepare_cached("UPDATE lead SET closed = 2 WHERE id = ?1")?;
        aside.execute([stored.id])?;
        Ok(())
    }

    fn take(&mut self, stored: Stored, index: usize) -> Result<()> {
        let ClaimRequest { campaign, plan, destination, asterisk, trunk, due, reserve, .. } = self.request;
        let status = if *reserve { LeadStatus::Reserved } else { LeadStatus::Dialing };
        let (dialing, serial) = self.identity.next();
        let mut update = self.connection.prepare_cached(
            "UPDATE lead SET status = ?5, dialing = ?2, dialing_camp = ?3, dialing_plan = ?4 WHERE id = ?1",
        )?;
        let (campaign_id, plan_id) = (campaign.as_bytes(), plan.as_bytes());
        update.execute(params![stored.id, dialing.as_bytes(), campaign_id, plan_id, status.code()])?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO dialing (uuid, lead, dlma, camp, plan, dest, asterisk, idx, trycnt, tm_create, trunk, serial) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        insert.execute(params![
            dialing.as_bytes(),
            stored.id,
            self.list,
            campaign.as_bytes(),
            plan.as_bytes(),
            destination.as_ref().map(Uuid::as_bytes),
            asterisk.as_ref(),
            i64::try_from(index).unwrap_or(0) + 1,
            stored.lead.tries[index] + 1,
            due.0,
            trunk.as_ref().map(Name::as_str),
            serial,
        ])?;
        let mut lead = stored.lead;
        lead.status = status;
        lead.claim = Some(LeadClaim { dialing, campaign: *campaign, plan: *plan });
        self.claims.push(Claim { dialing, serial: serial.cast_unsigned(), lead, index });
        Ok(())
    }

    /// When the next lead is due that this campaign may dial.
    fn next_due(&self) -> Result<Option<Wall>> {
        if self.request.max_tries != self.request.widest_tries {
            return self.next_due_among_others();
        }
        let mut statement = self.connection.prepare_cached(&NEXT_DUE)?;
        let mut rows = statement.query(params![self.list, self.request.due.0])?;
        rows.next()?.map(|row| row.get(0).map(Wall)).transpose()
    }
}

impl Look<'_> {
    /// The same where others may dial leads that this campaign may not: those are passed over. Of very many it is when the last is due that was
    /// looked at: then it is looked at again.
    fn next_due_among_others(&self) -> Result<Option<Wall>> {
        let later = self.rows(&LATER, [self.list, self.request.due.0, i64::MAX], PASSED_MAX)?;
        let own = later.iter().find(|stored| stored.lead.next_number(&self.request.max_tries).is_some());
        let last = later.last().filter(|_| later.len() == PASSED_MAX);
        Ok(own.or(last).map(|stored| Wall(stored.next_try)))
    }
}

/// A reserved lead is being dialed from now on.
pub(super) fn accept(connection: &Connection, dialing: Uuid) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE lead SET status = ?2 WHERE id = (SELECT lead FROM dialing WHERE uuid = ?1) AND status = ?3",
    )?;
    let (dialed, reserved) = (LeadStatus::Dialing.code(), LeadStatus::Reserved.code());
    match statement.execute(params![dialing.as_bytes(), dialed, reserved])? {
        0 => Err(StoreError::NotFound),
        _ => Ok(()),
    }
}

/// Every claim without a result.
pub(in crate::store) fn load_open(connection: &Connection) -> Result<Vec<OpenClaim>> {
    let sql = format!(
        "SELECT d.uuid, d.serial, d.answer, d.idx, d.camp, d.plan, d.dest, d.asterisk, d.trunk, d.tm_create, lead.* \
         FROM dialing d JOIN (SELECT {} FROM lead) lead ON lead.id = d.lead ORDER BY d.tm_create, d.lead",
        lead::READ
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| {
        let columns = &mut Columns::new(row);
        let dialing = columns.id()?;
        let serial = columns.take::<i64>()?.cast_unsigned();
        let answer = columns.take::<Option<String>>()?;
        let index = usize::from(columns.take::<u8>()?).saturating_sub(1);
        Ok(OpenClaim {
            campaign: columns.id()?,
            plan: columns.id()?,
            destination: columns.opt_id()?,
            asterisk: columns.take::<String>()?.into(),
            trunk: columns.text(Name::parse)?,
            created: columns.wall()?,
            claim: Claim { dialing, serial, index, lead: lead::read(columns)?.lead },
            // One that a later version wrote says nothing here: then the call is judged by what Asterisk has.
            answer: answer.and_then(|json| serde_json::from_str(&json).ok()),
        })
    })?;
    rows.collect()
}

#[cfg(test)]
#[path = "claim_tests.rs"]
mod tests;
