//! What the headers of an action mean: which header is which field, and what may stand in it.
//!
//! The contract's header names stand here and nowhere else on the way in. Nothing is looked up and nothing is done.

mod header;
mod reaching;
#[cfg(test)]
mod tests;

use ami::Message;
use engine::model::{
    AmdMode, AnswerHandle, CampaignStatus, DestinationKind, DialMode, ListEnd, NUMBERS, Plan,
};
use engine::time::Wall;
use engine::value::{Name, Number, Tech, Text, Trunks};
use uuid::Uuid;

use self::header::Headers;
pub(crate) use self::reaching::check_rights;
use self::reaching::{caller_id, data, sip_header};
use super::numbered::{MAX_RETRY, MAX_RETRY_CNT, NUMBER};
use crate::admin::{
    CampaignPatch, Command, DestinationPatch, DialListPatch, LeadPatch, LeadText, PlanPatch, PreviewCommand,
    QueuePatch, Refusal, SchedulePatch, bounds, schedule,
};

const MILLISECONDS: &str = "a number of milliseconds";
const A_NUMBER: &str = "a number";

/// OutPlanCreate.
pub(crate) fn create_plan(action: &Message) -> Result<Command, Refusal> {
    plan(action).map(Command::CreatePlan)
}

/// OutPlanUpdate.
pub(crate) fn update_plan(action: &Message) -> Result<Command, Refusal> {
    Ok(Command::UpdatePlan { uuid: uuid(action)?, patch: plan(action)? })
}

/// OutPlanDelete.
pub(crate) fn delete_plan(action: &Message) -> Result<Command, Refusal> {
    uuid(action).map(Command::DeletePlan)
}

/// OutDlmaCreate.
pub(crate) fn create_dial_list(action: &Message) -> Result<Command, Refusal> {
    dial_list(action).map(Command::CreateDialList)
}

/// OutDlmaUpdate.
pub(crate) fn update_dial_list(action: &Message) -> Result<Command, Refusal> {
    Ok(Command::UpdateDialList { uuid: uuid(action)?, patch: dial_list(action)? })
}

/// OutDlmaDelete.
pub(crate) fn delete_dial_list(action: &Message) -> Result<Command, Refusal> {
    uuid(action).map(Command::DeleteDialList)
}

/// OutDestinationCreate.
pub(crate) fn create_destination(action: &Message) -> Result<Command, Refusal> {
    destination(action).map(Command::CreateDestination)
}

/// OutDestinationUpdate.
pub(crate) fn update_destination(action: &Message) -> Result<Command, Refusal> {
    Ok(Command::UpdateDestination { uuid: uuid(action)?, patch: destination(action)? })
}

/// OutDestinationDelete.
pub(crate) fn delete_destination(action: &Message) -> Result<Command, Refusal> {
    uuid(action).map(Command::DeleteDestination)
}

/// OutQueueCreate.
pub(crate) fn create_queue(action: &Message) -> Result<Command, Refusal> {
    queue(action).map(Command::CreateQueue)
}

/// OutQueueUpdate.
pub(crate) fn update_queue(action: &Message) -> Result<Command, Refusal> {
    Ok(Command::UpdateQueue { uuid: uuid(action)?, patch: queue(action)? })
}

/// OutQueueDelete.
pub(crate) fn delete_queue(action: &Message) -> Result<Command, Refusal> {
    uuid(action).map(Command::DeleteQueue)
}

/// OutCampaignCreate.
pub(crate) fn create_campaign(action: &Message) -> Result<Command, Refusal> {
    campaign(action).map(Command::CreateCampaign)
}

/// OutCampaignUpdate.
pub(crate) fn update_campaign(action: &Message) -> Result<Command, Refusal> {
    const STATUS: &str = "one of 0, 1, 2, 10, 11, 12, 30";
    let status = Headers(action).request("Status", STATUS, CampaignStatus::from_code)?;
    Ok(Command::UpdateCampaign { uuid: uuid(action)?, patch: campaign(action)?, status })
}

/// OutCampaignDelete.
pub(crate) fn delete_campaign(action: &Message) -> Result<Command, Refusal> {
    uuid(action).map(Command::DeleteCampaign)
}

/// The `Uuid` of what is to be changed or deleted.
pub(crate) fn uuid(action: &Message) -> Result<Uuid, Refusal> {
    Headers(action).required_uuid("Uuid")
}

/// OutPreviewAccept.
pub(crate) fn accept_preview(action: &Message) -> Result<PreviewCommand, Refusal> {
    uuid(action).map(PreviewCommand::Accept)
}

/// OutPreviewRefuse.
pub(crate) fn refuse_preview(action: &Message) -> Result<PreviewCommand, Refusal> {
    let delay = Headers(action).nullable_number("Delay", MILLISECONDS, &bounds::RETRY_DELAY_MS)?;
    Ok(PreviewCommand::Refuse { dialing: uuid(action)?, delay_ms: delay.flatten() })
}

/// OutDlListCreate: the list, and the rest.
pub(crate) fn create_lead(action: &Message) -> Result<(Uuid, LeadPatch), Refusal> {
    Ok((Headers(action).required_uuid("DlmaUuid")?, lead(action)?))
}

/// OutDlListUpdate.
pub(crate) fn update_lead(action: &Message) -> Result<(Uuid, LeadPatch), Refusal> {
    Ok((uuid(action)?, lead(action)?))
}

/// What a Show is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selection {
    /// All there are.
    All,
    /// One, by its uuid.
    One(Uuid),
    /// None: no row can have what was given for a uuid.
    Nothing,
}

/// A selecting header; an empty one is none.
pub(super) fn selection(action: &Message, name: &'static str) -> Selection {
    match (action.text(name), Headers(action).required_uuid(name)) {
        ("", _) => Selection::All,
        (_, Ok(uuid)) => Selection::One(uuid),
        (_, Err(_)) => Selection::Nothing,
    }
}

/// `Count` of OutDlListShow.
pub(super) fn count(action: &Message) -> Result<u32, Refusal> {
    const DEFAULT: u32 = 100;
    Ok(Headers(action).number("Count", A_NUMBER, &bounds::LEADS_SHOWN, DEFAULT)?.unwrap_or(DEFAULT))
}

fn plan(action: &Message) -> Result<PlanPatch, Refusal> {
    let h = Headers(action);
    let default = Plan::new(Uuid::nil(), Wall::default());
    Ok(PlanPatch {
        name: h.nullable("Name", Text::parse)?,
        detail: h.nullable("Detail", Text::parse)?,
        dial_mode: h.code("DialMode", "a number from 0 to 6", DialMode::from_code, default.dial_mode)?,
        dial_timeout_ms: h.number(
            "DialTimeout",
            MILLISECONDS,
            &bounds::DIAL_TIMEOUT_MS,
            default.dial_timeout_ms,
        )?,
        caller_id: h.nullable("CallerId", caller_id)?,
        answer_handle: h.code("AnswerHandle", "0, 1 or 2", AnswerHandle::from_code, default.answer_handle)?,
        list_end: h.code("DlEndHandle", "0 or 1", ListEnd::from_code, default.list_end)?,
        retry_delay_ms: h.number(
            "RetryDelay",
            MILLISECONDS,
            &bounds::RETRY_DELAY_MS,
            default.retry_delay_ms,
        )?,
        trunk_name: h.nullable("TrunkName", Trunks::parse)?,
        tech_name: h.nullable("TechName", Tech::parse)?,
        queue_name: h.nullable("QueueName", Name::parse)?,
        amd_mode: h.code("AmdMode", "a number from 0 to 7", AmdMode::from_code, default.amd_mode)?,
        service_level: h.number("ServiceLevel", A_NUMBER, &bounds::SERVICE_LEVEL, default.service_level)?,
        uui_field: h.nullable("UuiField", sip_header)?,
        variables: h.variables()?,
        max_tries: max_tries(h, &default)?,
        rules: h.rules()?,
    })
}

/// Both spellings are checked; the documented one (`MaxRetryCnt1`) counts where both are there.
fn max_tries(h: Headers<'_>, default: &Plan) -> Result<[Option<u32>; NUMBERS], Refusal> {
    let mut tries = [None; NUMBERS];
    for (i, tries) in tries.iter_mut().enumerate() {
        let read = |name| h.number(name, A_NUMBER, &bounds::MAX_TRIES, default.max_tries[i]);
        let (documented, short) = (read(MAX_RETRY_CNT[i])?, read(MAX_RETRY[i])?);
        *tries = documented.or(short);
    }
    Ok(tries)
}

fn dial_list(action: &Message) -> Result<DialListPatch, Refusal> {
    let h = Headers(action);
    Ok(DialListPatch {
        name: h.nullable("Name", Text::parse)?,
        detail: h.nullable("Detail", Text::parse)?,
        variables: h.variables()?,
    })
}

fn destination(action: &Message) -> Result<DestinationPatch, Refusal> {
    let h = Headers(action);
    Ok(DestinationPatch {
        name: h.nullable("Name", Text::parse)?,
        detail: h.nullable("Detail", Text::parse)?,
        kind: h.code("Type", "0 or 1", DestinationKind::from_code, DestinationKind::default())?,
        exten: h.nullable("Exten", Name::parse)?,
        context: h.nullable("Context", Name::parse)?,
        priority: h.nullable_number("Priority", A_NUMBER, &bounds::PRIORITY)?,
        application: h.nullable("Application", Name::parse)?,
        data: h.nullable("Data", data)?,
        variables: h.variables()?,
    })
}

fn queue(action: &Message) -> Result<QueuePatch, Refusal> {
    let h = Headers(action);
    Ok(QueuePatch { name: h.nullable("Name", Text::parse)?, detail: h.nullable("Detail", Text::parse)? })
}

fn campaign(action: &Message) -> Result<CampaignPatch, Refusal> {
    let h = Headers(action);
    Ok(CampaignPatch {
        name: h.nullable("Name", Text::parse)?,
        detail: h.nullable("Detail", Text::parse)?,
        plan: h.nullable_uuid("Plan")?,
        dial_list: h.nullable_uuid("Dlma")?,
        destination: h.nullable_uuid("Dest")?,
        next_campaign: h.nullable_uuid("NextCampaign")?,
        schedule: SchedulePatch {
            enabled: h.code("ScMode", "0 or 1", switch, false)?,
            time_start: h.nullable("ScTimeStart", schedule::time)?,
            time_end: h.nullable("ScTimeEnd", schedule::time)?,
            date_start: h.nullable("ScDateStart", schedule::date)?,
            date_end: h.nullable("ScDateEnd", schedule::date)?,
            date_list: h.nullable("ScDateList", schedule::dates)?,
            date_list_except: h.nullable("ScDateListExcept", schedule::dates)?,
            day_list: h.nullable("ScDayList", schedule::days)?,
        },
        rules: h.rules()?,
    })
}

fn lead(action: &Message) -> Result<LeadPatch, Refusal> {
    let h = Headers(action);
    let mut numbers = [const { None }; NUMBERS];
    for (number, name) in numbers.iter_mut().zip(NUMBER) {
        *number = h.nullable(name, Number::parse)?;
    }
    let text = |name, field: LeadText| h.nullable(name, |text| field.parse(text));
    Ok(LeadPatch {
        dial_list: h.uuid("DlmaUuid")?,
        name: text("Name", LeadText::Name)?,
        detail: text("Detail", LeadText::Detail)?,
        ukey: text("UKey", LeadText::UKey)?,
        udata: text("UData", LeadText::UData)?,
        email: text("Email", LeadText::Email)?,
        variables: h.variables()?,
        numbers,
    })
}

fn switch(code: u8) -> Option<bool> {
    match code {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
