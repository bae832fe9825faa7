//! Changes as AMI events: name, privilege, and the fields of the row.

use ami::Message;
use ami::server::{Broadcast, Class};
use engine::notify::Notify;
use uuid::Uuid;

use super::rows;

/// The event of a change, as every client with read class `message` sees it.
pub fn event(notify: &Notify) -> Message {
    match notify {
        Notify::CampaignCreated(row) => with_row("OutCampaignCreate", |m| rows::campaign(m, row)),
        Notify::CampaignUpdated(row) => with_row("OutCampaignUpdate", |m| rows::campaign(m, row)),
        Notify::CampaignDeleted(uuid) => deleted("OutCampaignDelete", *uuid),
        Notify::PlanCreated(row) => with_row("OutPlanCreate", |m| rows::plan(m, row)),
        Notify::PlanUpdated(row) => with_row("OutPlanUpdate", |m| rows::plan(m, row)),
        Notify::PlanDeleted(uuid) => deleted("OutPlanDelete", *uuid),
        Notify::DialListCreated(row) => with_row("OutDlmaCreate", |m| rows::dial_list(m, row)),
        Notify::DialListUpdated(row) => with_row("OutDlmaUpdate", |m| rows::dial_list(m, row)),
        Notify::DialListDeleted(uuid) => deleted("OutDlmaDelete", *uuid),
        Notify::DestinationCreated(row) => with_row("OutDestinationCreate", |m| rows::destination(m, row)),
        Notify::DestinationUpdated(row) => with_row("OutDestinationUpdate", |m| rows::destination(m, row)),
        Notify::DestinationDeleted(uuid) => deleted("OutDestinationDelete", *uuid),
        Notify::QueueCreated(row) => with_row("OutQueueCreate", |m| rows::queue(m, row)),
        Notify::QueueUpdated(row) => with_row("OutQueueUpdate", |m| rows::queue(m, row)),
        Notify::QueueDeleted(uuid) => deleted("OutQueueDelete", *uuid),
        Notify::LeadCreated(row) => with_row("OutDlListCreate", |m| rows::lead(m, row)),
        Notify::LeadUpdated(row) => with_row("OutDlListUpdate", |m| rows::lead(m, row)),
        Notify::LeadDeleted(uuid) => deleted("OutDlListDelete", *uuid),
        Notify::DialingCreated(row) => with_row("OutDialingCreate", |m| rows::dialing(m, row)),
        Notify::DialingUpdated(row) => with_row("OutDialingUpdate", |m| rows::dialing(m, row)),
        Notify::DialingDeleted(uuid) => deleted("OutDialingDelete", *uuid),
        Notify::PreviewOffered(offer) => with_row("OutPreviewOffer", |m| rows::offer(m, offer)),
        Notify::PreviewEnded { dialing, end } => with_row("OutPreviewEnd", |message| {
            rows::put(message, "Uuid", dialing);
            rows::put(message, "Result", end);
        }),
    }
}

/// Tells every client of a change. Where nobody is logged in, nothing is written.
pub fn publish(broadcast: &Broadcast, notify: &Notify) {
    if broadcast.sessions() > 0 {
        broadcast.publish(Class::Message, &event(notify));
    }
}

fn with_row(name: &'static str, fields: impl FnOnce(&mut Message)) -> Message {
    let mut message = Message::event(name);
    message.push_lossy("Privilege", "message,all");
    fields(&mut message);
    message
}

fn deleted(name: &'static str, uuid: Uuid) -> Message {
    with_row(name, |message| rows::put(message, "Uuid", uuid))
}
