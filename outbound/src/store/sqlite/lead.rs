//! Rows of leads: how they are read and written. What is done with them is in `claim`, `record` and `list`.

use std::sync::LazyLock;

use engine::model::{Lead, LeadClaim, LeadStatus, NUMBERS};
use engine::value::{Number, Text};
use rusqlite::{Connection, OptionalExtension, Result, params, params_from_iter};
use uuid::Uuid;

use super::columns::{Columns, Values, placeholders};
use super::counts;

/// A lead with what only the store knows of it.
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) next_try: i64,
    pub(super) lead: Lead,
}

/// What users may change, in the order of [`own_values`].
#[rustfmt::skip]
const OWN_COLUMNS: &[&str] = &[
    "name", "detail", "ukey", "udata",
    "number1", "number2", "number3", "number4", "number5", "number6", "number7", "number8",
    "email", "variables", "tm_create", "tm_update", "tm_delete",
];

/// What only a new row is given, in the order of [`insert`].
#[rustfmt::skip]
const FIRST_COLUMNS: &[&str] = &[
    "uuid", "dlma", "status",
    "trycnt1", "trycnt2", "trycnt3", "trycnt4", "trycnt5", "trycnt6", "trycnt7", "trycnt8",
    "res_dial", "res_dial_detail", "res_hangup", "res_hangup_detail",
];

/// What [`read`] takes from a row of `lead`.
pub(super) const READ: &str = "id, next_try, uuid, (SELECT uuid FROM dlma WHERE dlma.id = lead.dlma), name, detail, \
    status, ukey, udata, dialing, dialing_camp, dialing_plan, \
    number1, number2, number3, number4, number5, number6, number7, number8, email, \
    trycnt1, trycnt2, trycnt3, trycnt4, trycnt5, trycnt6, trycnt7, trycnt8, \
    res_dial, res_dial_detail, res_hangup, res_hangup_detail, variables, tm_create, tm_update, tm_delete";

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let columns = [OWN_COLUMNS, FIRST_COLUMNS].concat();
    format!("INSERT INTO lead ({}) VALUES ({})", columns.join(", "), placeholders(columns.len()))
});

/// A lead that is put aside gets another chance with the second parameter behind the columns.
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let count = OWN_COLUMNS.len();
    format!(
        "UPDATE lead SET ({}) = ({}), dlma = ?{}, closed = iif(closed = 2 AND ?{}, 0, closed) WHERE id = ?{}",
        OWN_COLUMNS.join(", "),
        placeholders(count),
        count + 1,
        count + 2,
        count + 3,
    )
});

static BY_UUID: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {READ} FROM lead WHERE uuid = ?1 AND tm_delete IS NULL"));
static OF_LIST: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {READ} FROM lead WHERE dlma = (SELECT id FROM dlma WHERE uuid = ?1) AND tm_delete IS NULL \
         ORDER BY id LIMIT ?2"
    )
});
static OF_ALL_LISTS: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {READ} FROM lead WHERE tm_delete IS NULL ORDER BY id LIMIT ?1"));

/// Reads the columns of [`READ`].
pub(super) fn read(columns: &mut Columns<'_, '_>) -> Result<Stored> {
    let (id, next_try) = (columns.take()?, columns.take()?);
    let lead = Lead {
        uuid: columns.id()?,
        dial_list: columns.id()?,
        name: columns.text(Text::parse)?,
        detail: columns.text(Text::parse)?,
        status: columns.code(LeadStatus::from_code)?,
        ukey: columns.text(Text::parse)?,
        udata: columns.text(Text::parse)?,
        claim: match (columns.opt_id()?, columns.opt_id()?, columns.opt_id()?) {
            (Some(dialing), Some(campaign), Some(plan)) => Some(LeadClaim { dialing, campaign, plan }),
            (_, _, _) => None,
        },
        numbers: {
            let mut numbers = [const { None }; NUMBERS];
            for number in &mut numbers {
                *number = columns.text(Number::parse)?;
            }
            numbers
        },
        email: columns.text(Text::parse)?,
        tries: {
            let mut tries = [0; NUMBERS];
            for count in &mut tries {
                *count = columns.take()?;
            }
            tries
        },
        res_dial: columns.take()?,
        res_dial_detail: columns.text(Text::parse)?,
        res_hangup: columns.take()?,
        res_hangup_detail: columns.text(Text::parse)?,
        variables: columns.variables()?,
        stamps: columns.stamps()?,
    };
    Ok(Stored { id, next_try, lead })
}

/// The lead of a uuid, unless it is deleted.
pub(in crate::store) fn by_uuid(connection: &Connection, uuid: Uuid) -> Result<Option<Lead>> {
    Ok(stored_by_uuid(connection, uuid)?.map(|stored| stored.lead))
}

pub(super) fn stored_by_uuid(connection: &Connection, uuid: Uuid) -> Result<Option<Stored>> {
    let mut statement = connection.prepare_cached(&BY_UUID)?;
    statement.query_row(params![uuid.as_bytes()], |row| read(&mut Columns::new(row))).optional()
}

/// The first leads of a list, or of all, in the order of creation.
pub(in crate::store) fn first(
    connection: &Connection,
    list: Option<Uuid>,
    count: usize,
) -> Result<Vec<Lead>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let read_lead = |row: &rusqlite::Row<'_>| read(&mut Columns::new(row)).map(|stored| stored.lead);
    match list {
        Some(list) => {
            let mut statement = connection.prepare_cached(&OF_LIST)?;
            statement.query_map(params![list.as_bytes(), count], read_lead)?.collect()
        }
        None => {
            let mut statement = connection.prepare_cached(&OF_ALL_LISTS)?;
            statement.query_map(params![count], read_lead)?.collect()
        }
    }
}

/// Writes a new row: idle, whatever `lead` says, for a claim needs a dialing.
pub(super) fn insert(connection: &Connection, lead: &Lead, list: i64) -> Result<()> {
    let values = own_values(lead).id(&lead.uuid).int(list).int(LeadStatus::Idle.code());
    let values = lead.tries.iter().fold(values, |values, &tries| values.int(tries));
    let values = values
        .int(lead.res_dial)
        .text(lead.res_dial_detail.as_ref().map(Text::as_str))
        .int(lead.res_hangup)
        .text(lead.res_hangup_detail.as_ref().map(Text::as_str));
    connection.prepare_cached(&INSERT)?.execute(params_from_iter(values.0))?;
    counts::add(connection, list, 1, usize::from(lead.tries.iter().any(|&tries| tries > 0)))
}

/// Writes what users may change. With `another_chance`, a lead that was put aside may be claimed again.
pub(super) fn update(
    connection: &Connection,
    id: i64,
    lead: &Lead,
    list: i64,
    another_chance: bool,
) -> Result<()> {
    let values = own_values(lead).int(list).int(another_chance).int(id);
    connection.prepare_cached(&UPDATE)?.execute(params_from_iter(values.0))?;
    Ok(())
}

fn own_values(lead: &Lead) -> Values<'_> {
    let values = Values::default()
        .text(lead.name.as_ref().map(Text::as_str))
        .text(lead.detail.as_ref().map(Text::as_str))
        .text(lead.ukey.as_ref().map(Text::as_str))
        .text(lead.udata.as_ref().map(Text::as_str));
    let numbers = lead.numbers.iter();
    let values = numbers.fold(values, |values, number| values.text(number.as_ref().map(Number::as_str)));
    values.text(lead.email.as_ref().map(Text::as_str)).variables(&lead.variables).stamps(&lead.stamps)
}
