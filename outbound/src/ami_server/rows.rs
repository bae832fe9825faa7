//! The fields of each kind of row, in the contract's order: first those that it documents, then those of the later
//! generation, then our own settings. Events and list entries are both written by these.

use std::fmt::Display;

use ami::Message;
use engine::dialing::{DialRoute, Dialing};
use engine::model::{Campaign, Destination, DialList, Lead, Plan, Queue, Rules, Stamps, Variable};
use engine::preview::Offer;

use uuid::Uuid;

use super::numbered::{MAX_RETRY_CNT, NUMBER, TRY_CNT};
use crate::format::{Micros, Nanos, OrUnknown, UNKNOWN};
use crate::store::LeadCounts;

/// OutCampaign*.
pub(super) fn campaign(message: &mut Message, row: &Campaign) {
    put(message, "Uuid", row.uuid);
    put_or(message, "Name", row.name.as_ref());
    put_or(message, "Detail", row.detail.as_ref());
    put(message, "Status", row.status.code());
    put_or(message, "Plan", row.plan);
    put_or(message, "Dlma", row.dial_list);
    put_stamps(message, &row.stamps);
    let schedule = &row.schedule;
    put_or(message, "Dest", row.destination);
    put(message, "ScMode", u8::from(schedule.enabled));
    put_or(message, "ScTimeStart", schedule.time_start.as_ref());
    put_or(message, "ScTimeEnd", schedule.time_end.as_ref());
    put_or(message, "ScDateStart", schedule.date_start.as_ref());
    put_or(message, "ScDateEnd", schedule.date_end.as_ref());
    put_or(message, "ScDateList", schedule.date_list.as_ref());
    put_or(message, "ScDateListExcept", schedule.date_list_except.as_ref());
    put_or(message, "ScDayList", schedule.day_list.as_ref());
    put_or(message, "NextCampaign", row.next_campaign);
    put_rules(message, &row.rules);
}

/// OutPlan*.
pub(super) fn plan(message: &mut Message, row: &Plan) {
    put(message, "Uuid", row.uuid);
    put_or(message, "Name", row.name.as_ref());
    put_or(message, "Detail", row.detail.as_ref());
    put(message, "DialMode", row.dial_mode.code());
    put(message, "DialTimeout", row.dial_timeout_ms);
    put_or(message, "CallerId", row.caller_id.as_ref());
    put(message, "AnswerHandle", row.answer_handle.code());
    put(message, "DlEndHandle", row.list_end.code());
    put(message, "RetryDelay", row.retry_delay_ms);
    put_or(message, "TrunkName", row.trunk_name.as_ref());
    put_or(message, "QueueName", row.queue_name.as_ref());
    put(message, "AmdMode", row.amd_mode.code());
    for (name, tries) in MAX_RETRY_CNT.into_iter().zip(row.max_tries) {
        put(message, name, tries);
    }
    put_stamps(message, &row.stamps);
    put_or(message, "TechName", row.tech_name.as_ref());
    put(message, "ServiceLevel", row.service_level);
    put_or(message, "UuiField", row.uui_field.as_ref());
    put_variables(message, &row.variables);
    put_rules(message, &row.rules);
}

/// OutCampaignStatEntry.
pub(super) fn campaign_stats(message: &mut Message, campaign: Uuid, counts: &LeadCounts) {
    put(message, "Uuid", campaign);
    put(message, "DlTotalCount", counts.total);
    put(message, "DlFinishedCount", counts.finished);
    put(message, "DlAvailableCount", counts.available);
    put(message, "DlDialingCount", counts.dialing);
    put(message, "DlCalledCount", counts.called);
}

/// OutDlma*. `DlTable` is the uuid without its dashes.
pub(super) fn dial_list(message: &mut Message, row: &DialList) {
    put(message, "Uuid", row.uuid);
    put_or(message, "Name", row.name.as_ref());
    put_or(message, "Detail", row.detail.as_ref());
    put(message, "DlTable", row.uuid.simple());
    put_stamps(message, &row.stamps);
    put_variables(message, &row.variables);
}

/// OutDestination*: here `Variable` stands among the documented fields.
pub(super) fn destination(message: &mut Message, row: &Destination) {
    put(message, "Uuid", row.uuid);
    put_or(message, "Name", row.name.as_ref());
    put_or(message, "Detail", row.detail.as_ref());
    put(message, "Type", row.kind.code());
    put_or(message, "Exten", row.exten.as_ref());
    put_or(message, "Context", row.context.as_ref());
    put_or(message, "Priority", row.priority);
    put_variables(message, &row.variables);
    put_or(message, "Application", row.application.as_ref());
    put_or(message, "Data", row.data.as_ref());
    put_stamps(message, &row.stamps);
}

/// OutQueue*.
pub(super) fn queue(message: &mut Message, row: &Queue) {
    put(message, "Uuid", row.uuid);
    put_or(message, "Name", row.name.as_ref());
    put_or(message, "Detail", row.detail.as_ref());
}

/// OutDlList*.
pub(super) fn lead(message: &mut Message, row: &Lead) {
    put(message, "Uuid", row.uuid);
    put(message, "DlmaUuid", row.dial_list);
    put_or(message, "Name", row.name.as_ref());
    put_or(message, "Detail", row.detail.as_ref());
    put(message, "Status", row.status.code());
    put_or(message, "UKey", row.ukey.as_ref());
    put_or(message, "UData", row.udata.as_ref());
    put_or(message, "DialingUuid", row.claim.map(|claim| claim.dialing));
    put_or(message, "DialingCampUuid", row.claim.map(|claim| claim.campaign));
    put_or(message, "DialingPlanUuid", row.claim.map(|claim| claim.plan));
    for (name, number) in NUMBER.into_iter().zip(&row.numbers) {
        put_or(message, name, number.as_ref());
    }
    put_or(message, "Email", row.email.as_ref());
    for (name, tries) in TRY_CNT.into_iter().zip(row.tries) {
        put(message, name, tries);
    }
    put(message, "ResDial", row.res_dial);
    put_or(message, "ResDialDetail", row.res_dial_detail.as_ref());
    put(message, "ResHangup", row.res_hangup);
    put_or(message, "ResHangupDetail", row.res_hangup_detail.as_ref());
    put_stamps(message, &row.stamps);
    put_variables(message, &row.variables);
}

/// OutDialing*: what stays, what has come of it, then the extra fields. An ended dialing is gone, so `TmDelete` is
/// never known.
pub(super) fn dialing(message: &mut Message, row: &Dialing) {
    let (setup, progress) = (&*row.setup, &row.progress);
    put(message, "Uuid", setup.uuid);
    put(message, "Status", progress.status.code());
    put(message, "CampUuid", setup.campaign);
    put(message, "PlanUuid", setup.plan);
    put(message, "DlmaUuid", setup.dial_list);
    put(message, "DlListUuid", setup.lead);
    put(message, "CurrentQueue", known(progress.queue.as_deref()).unwrap_or("<null>"));
    put(message, "CurrentAgent", known(progress.agent.as_deref()).unwrap_or("<null>"));
    put(message, "DialIndex", setup.index);
    put(message, "DialAddr", &setup.address);
    put(message, "DialChannel", &setup.channel);
    put(message, "DialTryCnt", setup.try_count);
    put(message, "DialTimeout", setup.timeout_ms);
    put_route(message, &setup.route);
    put_known(message, "ChannelName", progress.channel_name.as_deref());
    put(message, "ResDial", progress.res_dial);
    put_known(message, "ResAmd", progress.res_amd.as_deref());
    put_known(message, "ResAmdDetail", progress.res_amd_detail.as_deref());
    put(message, "ResHangup", progress.res_hangup);
    put_known(message, "ResHangupDetail", progress.res_hangup_detail.as_deref());
    put(message, "TmCreate", Nanos(setup.created));
    put_or(message, "TmUpdate", progress.updated.map(Nanos));
    put(message, "TmDelete", UNKNOWN);
    put_or(message, "DestUuid", setup.destination);
    put_variables(message, &setup.variables);
}

/// OutPreview*: for whom, for how long, and what he has to know of the lead.
pub(super) fn offer(message: &mut Message, row: &Offer) {
    let lead = &row.lead;
    put(message, "Uuid", row.dialing);
    put(message, "CampUuid", row.campaign);
    put(message, "PlanUuid", row.plan);
    put(message, "DlmaUuid", lead.dial_list);
    put(message, "DlListUuid", lead.uuid);
    put(message, "Queue", &row.queue);
    put(message, "Agent", &row.agent);
    put(message, "Interface", &row.interface);
    put(message, "Timeout", row.seconds);
    put_or(message, "Name", lead.name.as_ref());
    put_or(message, "Detail", lead.detail.as_ref());
    put_or(message, "UKey", lead.ukey.as_ref());
    put_or(message, "UData", lead.udata.as_ref());
    put_or(message, "Email", lead.email.as_ref());
    put(message, "DialIndex", row.index + 1);
    put_or(message, "DialAddr", lead.numbers[row.index].as_ref());
    put(message, "DialTryCnt", row.try_count());
    put(message, "TmCreate", Nanos(row.created));
}

/// Adds one field. Text that came from Asterisk may hold line ends; they become blanks.
pub(super) fn put(message: &mut Message, name: &'static str, value: impl Display) {
    if message.push(name, &value).is_err() {
        message.push_lossy(name, &value.to_string());
    }
}

fn put_or(message: &mut Message, name: &'static str, value: Option<impl Display>) {
    put(message, name, OrUnknown(value));
}

fn put_known(message: &mut Message, name: &'static str, text: Option<&str>) {
    put_or(message, name, known(text));
}

/// Asterisk says nothing with an empty text.
fn known(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn put_route(message: &mut Message, route: &DialRoute) {
    let (kind, place, application) = match route {
        DialRoute::Exten { exten, context, priority: _ } => (0_u8, Some((exten, context)), None),
        DialRoute::Application { application, data } => (1, None, Some((application, data.as_ref()))),
    };
    put(message, "DialType", kind);
    put_or(message, "DialExten", place.map(|(exten, _)| exten));
    put_or(message, "DialContext", place.map(|(_, context)| context));
    put_or(message, "DialApplication", application.map(|(application, _)| application));
    put_or(message, "DialData", application.and_then(|(_, data)| data));
}

fn put_stamps(message: &mut Message, stamps: &Stamps) {
    put(message, "TmCreate", Micros(stamps.created));
    put_or(message, "TmDelete", stamps.deleted.map(Micros));
    put_or(message, "TmUpdate", stamps.updated.map(Micros));
}

/// Our own settings stand last, and only where they are set: who uses none of them sees the contract's fields alone.
fn put_rules(message: &mut Message, rules: &impl Rules) {
    for (name, value) in rules.all() {
        put(message, name, value);
    }
}

fn put_variables(message: &mut Message, variables: &[Variable]) {
    if variables.is_empty() {
        put(message, "Variable", UNKNOWN);
    }
    for variable in variables {
        put(message, "Variable", format_args!("{}={}", variable.name, variable.value));
    }
}
