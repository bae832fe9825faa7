//! Rows of plans, dial lists, destinations, queues and campaigns: written whole, read all at once at the start.

use engine::model::{
    AmdMode, AnswerHandle, Campaign, CampaignStatus, Change, Destination, DestinationKind, DialList,
    DialMode, ListEnd, NUMBERS, Plan, Queue, Schedule,
};
use engine::time::Wall;
use engine::value::{CallerId, Name, Tech, Text, Trunks};
use rusqlite::{Connection, Result, params_from_iter};

use super::columns::{Columns, Values, placeholders};

/// A kind of row whose identity is a uuid in its first column.
pub(in crate::store) trait Entity: Sized {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];
    fn read(columns: &mut Columns<'_, '_>) -> Result<Self>;
    fn values(&self) -> Values<'_>;
}

/// Every row that is not deleted.
pub(in crate::store) fn load<T: Entity>(connection: &Connection) -> Result<Vec<T>> {
    let sql = format!("SELECT {} FROM {} WHERE tm_delete IS NULL", T::COLUMNS.join(", "), T::TABLE);
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| T::read(&mut Columns::new(row)))?;
    rows.collect()
}

/// Writes the row of a change. A deletion is a row with `tm_delete` set.
pub(super) fn write(connection: &Connection, change: &Change) -> Result<()> {
    match change {
        Change::PlanCreated(row) | Change::PlanUpdated(row) | Change::PlanDeleted(row) => {
            put(connection, row.as_ref())
        }
        Change::DialListCreated(row) | Change::DialListUpdated(row) | Change::DialListDeleted(row) => {
            put(connection, row.as_ref())
        }
        Change::DestinationCreated(row)
        | Change::DestinationUpdated(row)
        | Change::DestinationDeleted(row) => put(connection, row.as_ref()),
        Change::QueueCreated(row) | Change::QueueUpdated(row) | Change::QueueDeleted(row) => {
            put(connection, row.as_ref())
        }
        Change::CampaignCreated(row) | Change::CampaignUpdated(row) | Change::CampaignDeleted(row) => {
            put(connection, row.as_ref())
        }
    }
}

fn put<T: Entity>(connection: &Connection, row: &T) -> Result<()> {
    let updates: Vec<String> = T::COLUMNS.iter().skip(1).map(|c| format!("{c} = excluded.{c}")).collect();
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (uuid) DO UPDATE SET {}",
        T::TABLE,
        T::COLUMNS.join(", "),
        placeholders(T::COLUMNS.len()),
        updates.join(", "),
    );
    connection.prepare_cached(&sql)?.execute(params_from_iter(row.values().0))?;
    Ok(())
}

impl Entity for Plan {
    const TABLE: &'static str = "plan";
    #[rustfmt::skip]
    const COLUMNS: &'static [&'static str] = &[
        "uuid", "name", "detail", "dial_mode", "dial_timeout", "caller_id", "answer_handle", "dl_end_handle",
        "retry_delay", "trunk_name", "tech_name", "queue_name", "amd_mode", "service_level",
        "max_retry_cnt1", "max_retry_cnt2", "max_retry_cnt3", "max_retry_cnt4",
        "max_retry_cnt5", "max_retry_cnt6", "max_retry_cnt7", "max_retry_cnt8",
        "uui_field", "variables", "rules", "tm_create", "tm_update", "tm_delete",
    ];

    fn read(columns: &mut Columns<'_, '_>) -> Result<Self> {
        Ok(Self {
            uuid: columns.id()?,
            name: columns.text(Text::parse)?,
            detail: columns.text(Text::parse)?,
            dial_mode: columns.code(DialMode::from_code)?,
            dial_timeout_ms: columns.take()?,
            caller_id: columns.text(CallerId::parse)?,
            answer_handle: columns.code(AnswerHandle::from_code)?,
            list_end: columns.code(ListEnd::from_code)?,
            retry_delay_ms: columns.take::<i64>()?.cast_unsigned(),
            trunk_name: columns.text(Trunks::parse)?,
            tech_name: columns.text(Tech::parse)?,
            queue_name: columns.text(Name::parse)?,
            amd_mode: columns.code(AmdMode::from_code)?,
            service_level: columns.take()?,
            max_tries: {
                let mut tries = [0; NUMBERS];
                for number in &mut tries {
                    *number = columns.take()?;
                }
                tries
            },
            uui_field: columns.text(Name::parse)?,
            variables: columns.variables()?,
            rules: columns.rules()?,
            stamps: columns.stamps()?,
        })
    }

    fn values(&self) -> Values<'_> {
        let values = Values::default()
            .id(&self.uuid)
            .text(self.name.as_ref().map(Text::as_str))
            .text(self.detail.as_ref().map(Text::as_str))
            .int(self.dial_mode.code())
            .int(self.dial_timeout_ms)
            .text(self.caller_id.as_ref().map(CallerId::as_str))
            .int(self.answer_handle.code())
            .int(self.list_end.code())
            .int(self.retry_delay_ms.cast_signed())
            .text(self.trunk_name.as_ref().map(Trunks::as_str))
            .text(self.tech_name.as_ref().map(Tech::as_str))
            .text(self.queue_name.as_ref().map(Name::as_str))
            .int(self.amd_mode.code())
            .int(self.service_level);
        let values = self.max_tries.iter().fold(values, |values, &tries| values.int(tries));
        values
            .text(self.uui_field.as_ref().map(Name::as_str))
            .variables(&self.variables)
            .rules(&self.rules)
            .stamps(&self.stamps)
    }
}

impl Entity for DialList {
    const TABLE: &'static str = "dlma";
    const COLUMNS: &'static [&'static str] =
        &["uuid", "name", "detail", "variables", "tm_create", "tm_update", "tm_delete"];

    fn read(columns: &mut Columns<'_, '_>) -> Result<Self> {
        Ok(Self {
            uuid: columns.id()?,
            name: columns.text(Text::parse)?,
            detail: columns.text(Text::parse)?,
            variables: columns.variables()?,
            stamps: columns.stamps()?,
        })
    }

    fn values(&self) -> Values<'_> {
        Values::default()
            .id(&self.uuid)
            .text(self.name.as_ref().map(Text::as_str))
            .text(self.detail.as_ref().map(Text::as_str))
            .variables(&self.variables)
            .stamps(&self.stamps)
    }
}

impl Entity for Destination {
    const TABLE: &'static str = "destination";
    #[rustfmt::skip]
    const COLUMNS: &'static [&'static str] = &[
        "uuid", "name", "detail", "type", "exten", "context", "priority", "application", "data", "variables",
        "tm_create", "tm_update", "tm_delete",
    ];

    fn read(columns: &mut Columns<'_, '_>) -> Result<Self> {
        Ok(Self {
            uuid: columns.id()?,
            name: columns.text(Text::parse)?,
            detail: columns.text(Text::parse)?,
            kind: columns.code(DestinationKind::from_code)?,
            exten: columns.text(Name::parse)?,
            context: columns.text(Name::parse)?,
            priority: columns.take()?,
            application: columns.text(Name::parse)?,
            data: columns.text(Text::parse)?,
            variables: columns.variables()?,
            stamps: columns.stamps()?,
        })
    }

    fn values(&self) -> Values<'_> {
        Values::default()
            .id(&self.uuid)
            .text(self.name.as_ref().map(Text::as_str))
            .text(self.detail.as_ref().map(Text::as_str))
            .int(self.kind.code())
            .text(self.exten.as_ref().map(Name::as_str))
            .text(self.context.as_ref().map(Name::as_str))
            .opt_int(self.priority)
            .text(self.application.as_ref().map(Name::as_str))
            .text(self.data.as_ref().map(Text::as_str))
            .variables(&self.variables)
            .stamps(&self.stamps)
    }
}

impl Entity for Queue {
    const TABLE: &'static str = "queue";
    const COLUMNS: &'static [&'static str] =
        &["uuid", "name", "detail", "tm_create", "tm_update", "tm_delete"];

    fn read(columns: &mut Columns<'_, '_>) -> Result<Self> {
        Ok(Self {
            uuid: columns.id()?,
            name: columns.text(Text::parse)?,
            detail: columns.text(Text::parse)?,
            stamps: columns.stamps()?,
        })
    }

    fn values(&self) -> Values<'_> {
        Values::default()
            .id(&self.uuid)
            .text(self.name.as_ref().map(Text::as_str))
            .text(self.detail.as_ref().map(Text::as_str))
            .stamps(&self.stamps)
    }
}

impl Entity for Campaign {
    const TABLE: &'static str = "campaign";
    #[rustfmt::skip]
    const COLUMNS: &'static [&'static str] = &[
        "uuid", "name", "detail", "status", "plan", "dlma", "dest", "next_campaign",
        "sc_mode", "sc_time_start", "sc_time_end", "sc_date_start", "sc_date_end", "sc_date_list",
        "sc_date_list_except", "sc_day_list", "sc_window", "rules", "tm_create", "tm_update", "tm_delete",
    ];

    fn read(columns: &mut Columns<'_, '_>) -> Result<Self> {
        Ok(Self {
            uuid: columns.id()?,
            name: columns.text(Text::parse)?,
            detail: columns.text(Text::parse)?,
            status: columns.code(CampaignStatus::from_code)?,
            plan: columns.opt_id()?,
            dial_list: columns.opt_id()?,
            destination: columns.opt_id()?,
            next_campaign: columns.opt_id()?,
            schedule: Schedule {
                enabled: columns.take()?,
                time_start: columns.text(Text::parse)?,
                time_end: columns.text(Text::parse)?,
                date_start: columns.text(Text::parse)?,
                date_end: columns.text(Text::parse)?,
                date_list: columns.text(Text::parse)?,
                date_list_except: columns.text(Text::parse)?,
                day_list: columns.text(Text::parse)?,
            },
            window_handled: columns.take::<Option<i64>>()?.map(Wall),
            rules: columns.rules()?,
            stamps: columns.stamps()?,
        })
    }

    fn values(&self) -> Values<'_> {
        let schedule = &self.schedule;
        Values::default()
            .id(&self.uuid)
            .text(self.name.as_ref().map(Text::as_str))
            .text(self.detail.as_ref().map(Text::as_str))
            .int(self.status.code())
            .opt_id(self.plan.as_ref())
            .opt_id(self.dial_list.as_ref())
            .opt_id(self.destination.as_ref())
            .opt_id(self.next_campaign.as_ref())
            .int(schedule.enabled)
            .text(schedule.time_start.as_ref().map(Text::as_str))
            .text(schedule.time_end.as_ref().map(Text::as_str))
            .text(schedule.date_start.as_ref().map(Text::as_str))
            .text(schedule.date_end.as_ref().map(Text::as_str))
            .text(schedule.date_list.as_ref().map(Text::as_str))
            .text(schedule.date_list_except.as_ref().map(Text::as_str))
            .text(schedule.day_list.as_ref().map(Text::as_str))
            .opt_int(self.window_handled.map(|at| at.0))
            .rules(&self.rules)
            .stamps(&self.stamps)
    }
}
