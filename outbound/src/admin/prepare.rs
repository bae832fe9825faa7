//! A command and the catalog become the one change of a row, or a refusal. Nothing is changed here.
//!
//! Between this and the commit nobody else may change the catalog: the caller prepares, stores and applies one command
//! after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::catalog::Catalog;
use engine::model::{Campaign, CampaignStatus, Change, Destination, DialList, Plan, Queue};
use engine::time::Wall;
use uuid::Uuid;

use super::{
    CampaignPatch, Command, DestinationPatch, DialListPatch, PlanPatch, QueuePatch, Refusal, Resource,
};

/// What a command comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// The row that is made, changed or deleted.
    pub uuid: Uuid,
    /// The change, to be stored and then taken in. An update always changes at least `stamps.updated`.
    pub change: Change,
}

/// Checks a command against the rows that are there.
///
/// `new_uuid` is asked once where the command makes a row, and not otherwise.
///
/// # Errors
/// [`Refusal`] with what is wrong.
pub fn prepare(
    command: &Command,
    catalog: &Catalog,
    now: Wall,
    mut new_uuid: impl FnMut() -> Uuid,
) -> Result<Prepared, Refusal> {
    let mut fresh = || (new_uuid(), now);
    let (uuid, change) = match command {
        Command::CreatePlan(patch) => create_plan(patch, fresh()),
        Command::UpdatePlan { uuid, patch } => (*uuid, update_plan(*uuid, patch, catalog, now)?),
        Command::DeletePlan(uuid) => (*uuid, delete_plan(*uuid, catalog, now)?),
        Command::CreateDialList(patch) => create_dial_list(patch, fresh()),
        Command::UpdateDialList { uuid, patch } => (*uuid, update_dial_list(*uuid, patch, catalog, now)?),
        Command::DeleteDialList(uuid) => (*uuid, delete_dial_list(*uuid, catalog, now)?),
        Command::CreateDestination(patch) => create_destination(patch, fresh()),
        Command::UpdateDestination { uuid, patch } => {
            (*uuid, update_destination(*uuid, patch, catalog, now)?)
        }
        Command::DeleteDestination(uuid) => (*uuid, delete_destination(*uuid, catalog, now)?),
        Command::CreateQueue(patch) => create_queue(patch, fresh()),
        Command::UpdateQueue { uuid, patch } => (*uuid, update_queue(*uuid, patch, catalog, now)?),
        Command::DeleteQueue(uuid) => (*uuid, delete_queue(*uuid, catalog, now)?),
        Command::CreateCampaign(patch) => {
            check_references(patch, catalog)?;
            create_campaign(patch, fresh())
        }
        Command::UpdateCampaign { uuid, patch, status } => {
            (*uuid, update_campaign(*uuid, patch, *status, catalog, now)?)
        }
        Command::DeleteCampaign(uuid) => (*uuid, delete_campaign(*uuid, catalog, now)?),
    };
    Ok(Prepared { uuid, change })
}

/// Declares the three ways in which rows that refer to nothing change.
macro_rules! changes {
    ($row:ident, $patch:ident in $rows:ident as $resource:path $(, used as $field:ident)?:
     $create:ident -> $created:ident, $update:ident -> $updated:ident, $delete:ident -> $deleted:ident) => {
        fn $create(patch: &$patch, (uuid, now): (Uuid, Wall)) -> (Uuid, Change) {
            let mut row = $row::new(uuid, now);
            patch.apply(&mut row);
            (uuid, Change::$created(Arc::new(row)))
        }

        fn $update(uuid: Uuid, patch: &$patch, catalog: &Catalog, now: Wall) -> Result<Change, Refusal> {
            let mut row = copy_of(&catalog.$rows, uuid, $resource)?;
            patch.apply(&mut row);
            row.stamps.updated = Some(now);
            Ok(Change::$updated(Arc::new(row)))
        }

        fn $delete(uuid: Uuid, catalog: &Catalog, now: Wall) -> Result<Change, Refusal> {
            let mut row = copy_of(&catalog.$rows, uuid, $resource)?;
            $(check_unused(catalog, |campaign| campaign.$field == Some(uuid))?;)?
            row.stamps.deleted = Some(now);
            Ok(Change::$deleted(Arc::new(row)))
        }
    };
}

changes!(Plan, PlanPatch in plans as Resource::Plan, used as plan:
    create_plan -> PlanCreated, update_plan -> PlanUpdated, delete_plan -> PlanDeleted);
changes!(DialList, DialListPatch in dial_lists as Resource::DialList, used as dial_list:
    create_dial_list -> DialListCreated, update_dial_list -> DialListUpdated, delete_dial_list -> DialListDeleted);
changes!(Destination, DestinationPatch in destinations as Resource::Destination, used as destination:
    create_destination -> DestinationCreated, update_destination -> DestinationUpdated,
    delete_destination -> DestinationDeleted);
changes!(Queue, QueuePatch in queues as Resource::Queue:
    create_queue -> QueueCreated, update_queue -> QueueUpdated, delete_queue -> QueueDeleted);

fn create_campaign(patch: &CampaignPatch, (uuid, now): (Uuid, Wall)) -> (Uuid, Change) {
    let mut row = Campaign::new(uuid, now);
    patch.apply(&mut row);
    (uuid, Change::CampaignCreated(Arc::new(row)))
}

fn update_campaign(
    uuid: Uuid,
    patch: &CampaignPatch,
    wanted: Option<CampaignStatus>,
    catalog: &Catalog,
    now: Wall,
) -> Result<Change, Refusal> {
    let before = copy_of(&catalog.campaigns, uuid, Resource::Campaign)?;
    check_references(patch, catalog)?;
    let mut row = before.clone();
    patch.apply(&mut row);
    check_next(&row, catalog)?;
    if row.schedule.enabled != before.schedule.enabled {
        // A schedule that is put in force while a window is open starts the campaign.
        row.window_handled = None;
    }
    if let Some(wanted) = wanted {
        row.status = catalog.requested_status(&row, wanted)?;
    }
    let works = matches!(row.status, CampaignStatus::Start | CampaignStatus::Starting);
    if works && equipment_of(&row) != equipment_of(&before) {
        catalog.equipment(&row)?;
    }
    row.stamps.updated = Some(now);
    Ok(Change::CampaignUpdated(Arc::new(row)))
}

fn delete_campaign(uuid: Uuid, catalog: &Catalog, now: Wall) -> Result<Change, Refusal> {
    let mut row = copy_of(&catalog.campaigns, uuid, Resource::Campaign)?;
    if row.status != CampaignStatus::Stop {
        return Err(Refusal::NotStopped { status: row.status.code() });
    }
    check_unused(catalog, |campaign| campaign.next_campaign == Some(uuid))?;
    row.stamps.deleted = Some(now);
    Ok(Change::CampaignDeleted(Arc::new(row)))
}

fn copy_of<T: Clone>(rows: &BTreeMap<Uuid, Arc<T>>, uuid: Uuid, resource: Resource) -> Result<T, Refusal> {
    rows.get(&uuid).map(|row| T::clone(row)).ok_or(Refusal::Unknown(resource))
}

fn equipment_of(campaign: &Campaign) -> [Option<Uuid>; 3] {
    [campaign.plan, campaign.dial_list, campaign.destination]
}

/// What a campaign is to refer to must be there. What it referred to before is looked at when it starts.
fn check_references(patch: &CampaignPatch, catalog: &Catalog) -> Result<(), Refusal> {
    exists(patch.plan, &catalog.plans, Resource::Plan)?;
    exists(patch.dial_list, &catalog.dial_lists, Resource::DialList)?;
    exists(patch.destination, &catalog.destinations, Resource::Destination)?;
    exists(patch.next_campaign, &catalog.campaigns, Resource::Campaign)
}

/// Campaigns that start one another in a ring would never come to rest once their lists are used up.
fn check_next(row: &Campaign, catalog: &Catalog) -> Result<(), Refusal> {
    let mut next = row.next_campaign;
    // A ring that does not lead back here was refused when it was made; the count ends the walk all the same.
    for _ in 0..=catalog.campaigns.len() {
        match next {
            Some(uuid) if uuid == row.uuid => {
                return Err(Refusal::invalid(
                    "NextCampaign",
                    "a campaign that does not lead back to this one",
                ));
            }
            Some(uuid) => next = catalog.campaigns.get(&uuid).and_then(|row| row.next_campaign),
            None => return Ok(()),
        }
    }
    Ok(())
}

fn exists<T>(
    named: Option<Option<Uuid>>,
    rows: &BTreeMap<Uuid, Arc<T>>,
    resource: Resource,
) -> Result<(), Refusal> {
    match named.flatten() {
        Some(uuid) if !rows.contains_key(&uuid) => Err(Refusal::Unknown(resource)),
        Some(_) | None => Ok(()),
    }
}

fn check_unused(catalog: &Catalog, uses: impl Fn(&Campaign) -> bool) -> Result<(), Refusal> {
    let at_work = |campaign: &&Arc<Campaign>| campaign.status != CampaignStatus::Stop;
    match catalog.campaigns.values().filter(at_work).find(|campaign| uses(campaign)) {
        Some(campaign) => Err(Refusal::InUse { campaign: campaign.uuid }),
        None => Ok(()),
    }
}
