//! The contract's table of actions, with its texts.

use ami::Message;

use crate::admin::{Command, PreviewCommand, Refusal};
use crate::ami_server::parse;

/// One action.
pub(super) struct Known {
    /// As clients send it, in any case.
    pub(super) name: &'static str,
    /// For ListCommands.
    pub(super) synopsis: &'static str,
    /// What it does.
    pub(super) run: Run,
    /// The message when it is done; of a list, the one before its entries.
    pub(super) success: &'static str,
    /// The message when it is not, to which the reason is added. Empty where the contract has none.
    pub(super) error: &'static str,
}

/// What an action does.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// Changes the catalog.
    Command(fn(&Message) -> Result<Command, Refusal>),
    /// Makes a lead.
    CreateLead,
    /// Changes a lead.
    UpdateLead,
    /// Deletes a lead.
    DeleteLead,
    /// Answers an offer.
    Preview(fn(&Message) -> Result<PreviewCommand, Refusal>),
    /// Shows rows.
    List(Listing),
}

/// What a list shows.
#[derive(Clone, Copy)]
pub(super) enum Listing {
    Campaigns,
    Plans,
    DialLists,
    Leads,
    Destinations,
    Queues,
    CampaignStats,
    Dialings,
    Previews,
    Summary,
}

impl Known {
    const fn new(
        name: &'static str,
        synopsis: &'static str,
        run: Run,
        success: &'static str,
        error: &'static str,
    ) -> Self {
        Self { name, synopsis, run, success, error }
    }

    /// The message of a refusal.
    pub(super) fn refused(&self, refusal: &Refusal) -> String {
        if self.error.is_empty() { refusal.to_string() } else { format!("{} - {refusal}", self.error) }
    }
}

/// All actions. The texts are the contract's, to the full stop and the underscore; those of previews are ours in its style.
pub(super) static ACTIONS: [Known; 30] = [
    Known::new(
        "OutCampaignCreate",
        "Create a campaign.",
        Run::Command(parse::create_campaign),
        "Campaign created successfully",
        "Error encountered while creating campaign",
    ),
    Known::new(
        "OutCampaignUpdate",
        "Update a campaign.",
        Run::Command(parse::update_campaign),
        "Campaign updated successfully",
        "Error encountered while updating campaign",
    ),
    Known::new(
        "OutCampaignDelete",
        "Delete a campaign.",
        Run::Command(parse::delete_campaign),
        "Campaign deleted successfully",
        "Error encountered while deleting campaign",
    ),
    Known::new(
        "OutCampaignShow",
        "Show a campaign or all of them.",
        Run::List(Listing::Campaigns),
        "Campaign List will follow",
        "No such campaign",
    ),
    Known::new(
        "OutCampaignStatShow",
        "Count the dial list entries of a campaign or of all of them.",
        Run::List(Listing::CampaignStats),
        "Campaign Stat List will follow",
        "No such campaign",
    ),
    Known::new(
        "OutPlanCreate",
        "Create a plan.",
        Run::Command(parse::create_plan),
        "Plan created successfully",
        "Error encountered while creating plan",
    ),
    Known::new(
        "OutPlanUpdate",
        "Update a plan.",
        Run::Command(parse::update_plan),
        "Plan updated successfully",
        "Error encountered while updating plan",
    ),
    Known::new(
        "OutPlanDelete",
        "Delete a plan.",
        Run::Command(parse::delete_plan),
        "Plan deleted successfully",
        "Error encountered while deleting plan",
    ),
    Known::new(
        "OutPlanShow",
        "Show a plan or all of them.",
        Run::List(Listing::Plans),
        "Plan List will follow",
        "No such plan",
    ),
    Known::new(
        "OutDlmaCreate",
        "Create a dial list (dlma).",
        Run::Command(parse::create_dial_list),
        "Dlma created successfully",
        "Error encountered while creating dlma",
    ),
    Known::new(
        "OutDlmaUpdate",
        "Update a dial list (dlma).",
        Run::Command(parse::update_dial_list),
        "Dlma updated successfully",
        "Error encountered while updating dlma",
    ),
    Known::new(
        "OutDlmaDelete",
        "Delete a dial list (dlma).",
        Run::Command(parse::delete_dial_list),
        "Dlma deleted successfully",
        "Error encountered while deleting dlma",
    ),
    Known::new(
        "OutDlmaShow",
        "Show a dial list (dlma) or all of them.",
        Run::List(Listing::DialLists),
        "Dlma List will follow",
        "No such dlma",
    ),
    Known::new(
        "OutDlListCreate",
        "Create a dial list entry.",
        Run::CreateLead,
        "Dl list created successfully",
        "Error encountered while creating dl list.",
    ),
    Known::new(
        "OutDlListUpdate",
        "Update a dial list entry.",
        Run::UpdateLead,
        "Dl list updated successfully",
        "Error encountered while updating dl list.",
    ),
    Known::new(
        "OutDlListDelete",
        "Delete a dial list entry.",
        Run::DeleteLead,
        "Dl list deleted successfully",
        "Error encountered while deleting dl_list",
    ),
    Known::new(
        "OutDlListShow",
        "Show dial list entries.",
        Run::List(Listing::Leads),
        "Dl List will follow",
        "",
    ),
    Known::new(
        "OutDestinationCreate",
        "Create a destination.",
        Run::Command(parse::create_destination),
        "Destination created successfully",
        "Error encountered while creating destination",
    ),
    Known::new(
        "OutDestinationUpdate",
        "Update a destination.",
        Run::Command(parse::update_destination),
        "Destination updated successfully",
        "Error encountered while updating destination",
    ),
    Known::new(
        "OutDestinationDelete",
        "Delete a destination.",
        Run::Command(parse::delete_destination),
        "Destination deleted successfully",
        "Error encountered while deleting destination",
    ),
    Known::new(
        "OutDestinationShow",
        "Show a destination or all of them.",
        Run::List(Listing::Destinations),
        "Destination List will follow",
        "No such destination",
    ),
    Known::new(
        "OutQueueCreate",
        "Create a queue.",
        Run::Command(parse::create_queue),
        "Queue created successfully",
        "Error encountered while creating queue",
    ),
    Known::new(
        "OutQueueUpdate",
        "Update a queue.",
        Run::Command(parse::update_queue),
        "Queue updated successfully",
        "Error encountered while updating queue",
    ),
    Known::new(
        "OutQueueDelete",
        "Delete a queue.",
        Run::Command(parse::delete_queue),
        "Queue deleted successfully",
        "Error encountered while deleting queue",
    ),
    Known::new(
        "OutQueueShow",
        "Show a queue or all of them.",
        Run::List(Listing::Queues),
        "Queue List will follow",
        "Error encountered while show queue",
    ),
    Known::new(
        "OutDialingShow",
        "Show a dialing or all of them.",
        Run::List(Listing::Dialings),
        "Dialing List will follow",
        "No such dialing",
    ),
    Known::new(
        "OutDialingSummary",
        "Count the dialings.",
        Run::List(Listing::Summary),
        "Summary List will follow",
        "",
    ),
    Known::new(
        "OutPreviewShow",
        "Show an offer to an agent or all of them.",
        Run::List(Listing::Previews),
        "Preview List will follow",
        "No such preview",
    ),
    Known::new(
        "OutPreviewAccept",
        "Take the dial list entry that an agent is offered.",
        Run::Preview(parse::accept_preview),
        "Preview accepted successfully",
        "Error encountered while accepting preview",
    ),
    Known::new(
        "OutPreviewRefuse",
        "Refuse the dial list entry that an agent is offered.",
        Run::Preview(parse::refuse_preview),
        "Preview refused successfully",
        "Error encountered while refusing preview",
    ),
];
