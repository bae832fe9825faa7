//! List answers: a response, one event for each entry, and one that counts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ami::Message;
use ami::server::Replier;
use engine::catalog::Catalog;
use uuid::Uuid;

use super::known::{Known, Listing};
use crate::admin::Refusal;
use crate::ami_server::core::Core;
use crate::ami_server::parse::{self, Selection};
use crate::ami_server::rows;
use crate::store::LeadCounts;

/// The entries of a list, made one after the other.
struct Entries<'a> {
    replier: &'a Replier,
    name: &'static str,
    messages: Vec<Message>,
}

/// Answers a list action.
///
/// # Errors
/// Where the selection cannot be read, or the daemon ends. Nothing has been sent then.
pub(super) async fn answer<C: Core>(
    core: &C,
    listing: Listing,
    known: &Known,
    action: &Message,
    replier: &Replier,
) -> Result<(), Refusal> {
    let selection = parse::selection(action, "Uuid");
    let mut entries = Entries { replier, name: entry_name(listing), messages: Vec::new() };
    match listing {
        Listing::Leads => leads(core, selection, action, &mut entries).await?,
        Listing::Summary => {
            let count = core.dialings(None).await.len();
            entries.add(|message| rows::put(message, "Count", count));
        }
        Listing::Dialings => dialings(core, selection, &mut entries).await,
        Listing::Previews => previews(core, selection, &mut entries).await,
        Listing::Campaigns => entries.add_all(read(core, selection, |c| &c.campaigns).await?, rows::campaign),
        Listing::Plans => entries.add_all(read(core, selection, |c| &c.plans).await?, rows::plan),
        Listing::DialLists => {
            entries.add_all(read(core, selection, |c| &c.dial_lists).await?, rows::dial_list)
        }
        Listing::Destinations => {
            entries.add_all(read(core, selection, |c| &c.destinations).await?, rows::destination);
        }
        Listing::Queues => entries.add_all(read(core, selection, |c| &c.queues).await?, rows::queue),
        Listing::CampaignStats => campaign_stats(core, selection, &mut entries).await?,
    }
    let may_be_empty = selection == Selection::All || matches!(listing, Listing::Leads);
    if entries.messages.is_empty() && !may_be_empty {
        replier.error(known.error);
    } else {
        send(replier, known, complete_name(listing), &entries.messages).await;
    }
    Ok(())
}

async fn dialings<C: Core>(core: &C, selection: Selection, entries: &mut Entries<'_>) {
    let dialings = match selection {
        Selection::All => core.dialings(None).await,
        Selection::One(uuid) => core.dialings(Some(uuid)).await,
        Selection::Nothing => Vec::new(),
    };
    for dialing in dialings {
        entries.add(|message| rows::dialing(message, &dialing));
    }
}

async fn previews<C: Core>(core: &C, selection: Selection, entries: &mut Entries<'_>) {
    let offers = match selection {
        Selection::All => core.offers(None).await,
        Selection::One(dialing) => core.offers(Some(dialing)).await,
        Selection::Nothing => Vec::new(),
    };
    entries.add_all(offers, rows::offer);
}

/// The counts of each campaign's list; those of a list that several campaigns have are read once.
async fn campaign_stats<C: Core>(
    core: &C,
    selection: Selection,
    entries: &mut Entries<'_>,
) -> Result<(), Refusal> {
    let mut known = BTreeMap::new();
    for campaign in read(core, selection, |c| &c.campaigns).await? {
        let counts = match (campaign.dial_list, campaign.dial_list.and_then(|list| known.get(&list))) {
            (_, Some(counts)) => *counts,
            (Some(list), None) => {
                let counts = core.lead_counts(list).await?;
                known.insert(list, counts);
                counts
            }
            (None, None) => LeadCounts::default(),
        };
        entries.add(|message| rows::campaign_stats(message, campaign.uuid, &counts));
    }
    Ok(())
}

/// `Uuid`, or `DlmaUuid` with or without `Count`, or `Count` alone.
async fn leads<C: Core>(
    core: &C,
    selection: Selection,
    action: &Message,
    entries: &mut Entries<'_>,
) -> Result<(), Refusal> {
    let count = parse::count(action)?;
    let leads = match (selection, parse::selection(action, "DlmaUuid")) {
        (Selection::One(uuid), _) => core.lead(uuid).await.into_iter().collect(),
        (Selection::All, Selection::One(dial_list)) => core.leads(Some(dial_list), count).await,
        (Selection::All, Selection::All) => core.leads(None, count).await,
        (Selection::Nothing, _) | (Selection::All, Selection::Nothing) => Vec::new(),
    };
    for lead in leads {
        entries.add(|message| rows::lead(message, &lead));
    }
    Ok(())
}

/// Rows of the catalog, by their uuid.
async fn read<C: Core, T: Send + Sync + 'static>(
    core: &C,
    selection: Selection,
    rows: fn(&Catalog) -> &BTreeMap<Uuid, Arc<T>>,
) -> Result<Vec<Arc<T>>, Refusal> {
    let read = core.catalog(move |catalog| match selection {
        Selection::All => rows(catalog).values().map(Arc::clone).collect(),
        Selection::One(uuid) => rows(catalog).get(&uuid).map(Arc::clone).into_iter().collect(),
        Selection::Nothing => Vec::new(),
    });
    read.await.ok_or(Refusal::ShuttingDown)
}

impl Entries<'_> {
    fn add_all<T>(&mut self, rows: Vec<Arc<T>>, fields: fn(&mut Message, &T)) {
        for row in rows {
            self.add(|message| fields(message, &row));
        }
    }

    fn add(&mut self, fields: impl FnOnce(&mut Message)) {
        let mut message = event(self.name, self.replier);
        fields(&mut message);
        self.messages.push(message);
    }
}

async fn send(replier: &Replier, known: &Known, complete: &'static str, entries: &[Message]) {
    let mut response = Message::response("Success");
    response.push_lossy("EventList", "start");
    response.push_lossy("Message", known.success);
    replier.respond(response);
    for entry in entries {
        replier.entry(entry).await;
    }
    let mut end = event(complete, replier);
    end.push_lossy("EventList", "Complete");
    rows::put(&mut end, "ListItems", entries.len());
    replier.event(&end);
}

fn event(name: &'static str, replier: &Replier) -> Message {
    let mut message = Message::event(name);
    if let Some(id) = replier.action_id() {
        message.push_lossy("ActionID", id);
    }
    message
}

fn entry_name(listing: Listing) -> &'static str {
    match listing {
        Listing::Campaigns => "OutCampaignEntry",
        Listing::Plans => "OutPlanEntry",
        Listing::DialLists => "OutDlmaEntry",
        Listing::Leads => "OutDlListEntry",
        Listing::Destinations => "OutDestinationEntry",
        Listing::Queues => "OutQueueEntry",
        Listing::CampaignStats => "OutCampaignStatEntry",
        Listing::Dialings => "OutDialingEntry",
        Listing::Previews => "OutPreviewEntry",
        Listing::Summary => "OutDialingSummary",
    }
}

fn complete_name(listing: Listing) -> &'static str {
    match listing {
        Listing::Campaigns => "OutCampaignListComplete",
        Listing::Plans => "OutPlanListComplete",
        Listing::DialLists => "OutDlmaListComplete",
        Listing::Leads => "OutDlListComplete",
        Listing::Destinations => "OutDestinationListComplete",
        Listing::Queues => "OutQueueListComplete",
        Listing::CampaignStats => "OutCampaignStatListComplete",
        Listing::Dialings => "OutDialingListComplete",
        Listing::Previews => "OutPreviewListComplete",
        Listing::Summary => "OutSummaryListComplete",
    }
}
