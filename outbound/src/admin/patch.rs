//! Changes of single rows, already typed. One patch serves to create and to update: a new row is the defaults, patched.
//!
//! `Option<T>`: None leaves the field as it is. `Option<Option<T>>`, for fields that may be null: None leaves it as it
//! is, `Some(None)` makes it null.

use engine::model::{
    AmdMode, AnswerHandle, Campaign, CampaignRules, Destination, DestinationKind, DialList, DialMode, Lead,
    ListEnd, NUMBERS, Plan, PlanRules, Queue, RulesPatch, Schedule, Variable,
};
use engine::time::Wall;
use engine::value::{CallerId, Name, Number, Tech, Text, Trunks};
use uuid::Uuid;

/// Declares a patch whose fields have the row's names, and how it is applied. The parts after the fields are not
/// single fields of the row; the closure at the end applies them.
macro_rules! patch {
    (
        $(#[$doc:meta])*
        $name:ident of $row:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
        $($(#[$part_doc:meta])* and $part:ident: $part_type:ty, $apply_part:expr)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            $($(#[$part_doc])* pub $part: $part_type,)*
        }

        impl $name {
            /// Sets the fields that the patch has. Stamps are the caller's part.
            pub fn apply(&self, row: &mut $row) {
                $(if let Some(value) = &self.$field { row.$field.clone_from(value); })*
                $(
                    let apply_part: fn(&$part_type, &mut $row) = $apply_part;
                    apply_part(&self.$part, row);
                )*
            }
        }
    };
}

patch! {
    /// Changes of a plan.
    PlanPatch of Plan {
        /// Name for people.
        name: Option<Text>,
        /// Longer text for people.
        detail: Option<Text>,
        /// Pacing.
        dial_mode: DialMode,
        /// How long a callee may ring, in milliseconds.
        dial_timeout_ms: u32,
        /// What the callee sees.
        caller_id: Option<CallerId>,
        /// Which answers pass.
        answer_handle: AnswerHandle,
        /// What happens at the end of the list (contract: `DlEndHandle`).
        list_end: ListEnd,
        /// At least this long between two tries of one lead, in milliseconds.
        retry_delay_ms: u64,
        /// The trunk, or several.
        trunk_name: Option<Trunks>,
        /// The channel technology.
        tech_name: Option<Tech>,
        /// The queue whose agents take the calls.
        queue_name: Option<Name>,
        /// Answer machine detection.
        amd_mode: AmdMode,
        /// Calls allowed over the number of available agents.
        service_level: i32,
        /// SIP header that carries the lead's `udata`.
        uui_field: Option<Name>,
        /// All channel variables; an empty list clears them.
        variables: Vec<Variable>,
    }
    /// What is set beyond the contract.
    and rules: RulesPatch<PlanRules>, |rules, plan| rules.apply(&mut plan.rules)
    /// How often each of the eight numbers may be tried, each for itself.
    and max_tries: [Option<u32>; NUMBERS], |tries, plan| set_each(tries, &mut plan.max_tries)
}

patch! {
    /// Changes of a dial list.
    DialListPatch of DialList {
        /// Name for people.
        name: Option<Text>,
        /// Longer text for people.
        detail: Option<Text>,
        /// All channel variables; an empty list clears them.
        variables: Vec<Variable>,
    }
}

patch! {
    /// Changes of a destination.
    DestinationPatch of Destination {
        /// Name for people.
        name: Option<Text>,
        /// Longer text for people.
        detail: Option<Text>,
        /// Extension or application (contract: `Type`).
        kind: DestinationKind,
        /// Extension.
        exten: Option<Name>,
        /// Context.
        context: Option<Name>,
        /// Priority, from 1.
        priority: Option<u32>,
        /// Application.
        application: Option<Name>,
        /// Its arguments.
        data: Option<Text>,
        /// All channel variables; an empty list clears them.
        variables: Vec<Variable>,
    }
}

patch! {
    /// Changes of a queue.
    QueuePatch of Queue {
        /// Name for people.
        name: Option<Text>,
        /// Longer text for people.
        detail: Option<Text>,
    }
}

patch! {
    /// Changes of a campaign. Its status is not a field: it is asked for (see [`super::Command::UpdateCampaign`]).
    CampaignPatch of Campaign {
        /// Name for people.
        name: Option<Text>,
        /// Longer text for people.
        detail: Option<Text>,
        /// Its plan.
        plan: Option<Uuid>,
        /// Its dial list (contract: `Dlma`).
        dial_list: Option<Uuid>,
        /// Where answered calls go (contract: `Dest`).
        destination: Option<Uuid>,
        /// Started when this one has ended its list.
        next_campaign: Option<Uuid>,
    }
    /// When it may call.
    and schedule: SchedulePatch, |schedule, campaign| schedule.apply(&mut campaign.schedule)
    /// What is set beyond the contract.
    and rules: RulesPatch<CampaignRules>, |rules, campaign| rules.apply(&mut campaign.rules)
}

patch! {
    /// Changes of a campaign's schedule (contract: `Sc*`).
    SchedulePatch of Schedule {
        /// ScMode.
        enabled: bool,
        /// `hh:mm:ss`.
        time_start: Option<Text>,
        /// `hh:mm:ss`.
        time_end: Option<Text>,
        /// `YYYY-MM-DD`.
        date_start: Option<Text>,
        /// `YYYY-MM-DD`.
        date_end: Option<Text>,
        /// Dates with commas between them.
        date_list: Option<Text>,
        /// Dates with commas between them.
        date_list_except: Option<Text>,
        /// Days with commas between them, 0 = Sunday.
        day_list: Option<Text>,
    }
}

patch! {
    /// Changes of a lead.
    LeadPatch of Lead {
        /// The dial list that it belongs to; changing it moves the lead.
        dial_list: Uuid,
        /// Name for people.
        name: Option<Text>,
        /// Longer text for people.
        detail: Option<Text>,
        /// The user's own key.
        ukey: Option<Text>,
        /// The user's own data.
        udata: Option<Text>,
        /// E-mail address.
        email: Option<Text>,
        /// All channel variables; an empty list clears them.
        variables: Vec<Variable>,
    }
    /// Its numbers, each for itself.
    and numbers: [Option<Option<Number>>; NUMBERS], |numbers, lead| set_each(numbers, &mut lead.numbers)
}

impl LeadPatch {
    /// A new lead with these fields.
    pub fn lead(&self, uuid: Uuid, dial_list: Uuid, created: Wall) -> Lead {
        let mut lead = Lead::new(uuid, dial_list, created);
        self.apply(&mut lead);
        lead
    }
}

fn set_each<T: Clone>(values: &[Option<T>; NUMBERS], fields: &mut [T; NUMBERS]) {
    for (value, field) in values.iter().zip(fields) {
        if let Some(value) = value {
            field.clone_from(value);
        }
    }
}
