//! Commands against the rows that are there: what becomes a change, and what is refused why.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

use std::sync::Arc;

use engine::catalog::{Catalog, NotStartable};
use engine::model::{Campaign, CampaignStatus, Change, DialMode, Lead, Plan};
use engine::time::Wall;
use engine::value::{Number, Text};
use outbound::admin::{
    CampaignPatch, Command, DestinationPatch, DialListPatch, LeadPatch, PlanPatch, Prepared, QueuePatch,
    Refusal, Resource, SchedulePatch, prepare,
};
use uuid::Uuid;

const NOW: Wall = Wall(1_000_000);

#[test]
fn a_new_plan_is_the_defaults_and_the_patch() {
    let mut room = Room::default();
    let patch = PlanPatch { dial_timeout_ms: Some(5_000), ..PlanPatch::default() };
    let uuid = room.done(Command::CreatePlan(patch));
    let expected = Plan { dial_timeout_ms: 5_000, ..Plan::new(uuid, NOW) };
    assert_eq!(*room.catalog.plans[&uuid], expected);
}

#[test]
fn an_update_changes_what_it_names_and_the_stamp() {
    let mut room = Room::default();
    let uuid = room.done(Command::CreatePlan(PlanPatch {
        name: text("a"),
        detail: text("b"),
        ..PlanPatch::default()
    }));
    let mut patch = PlanPatch { detail: Some(None), ..PlanPatch::default() };
    patch.max_tries[2] = Some(9);
    room.done(Command::UpdatePlan { uuid, patch });
    let plan = &room.catalog.plans[&uuid];
    assert_eq!((plan.name.clone(), plan.detail.clone()), (text("a").flatten(), None));
    assert_eq!(plan.max_tries, [5, 5, 9, 5, 5, 5, 5, 5]);
    assert_eq!(plan.stamps.updated, Some(NOW));
    room.done(Command::UpdatePlan { uuid, patch: PlanPatch::default() });
}

#[test]
fn a_deleted_row_is_gone_for_every_command() {
    let mut room = Room::default();
    let plan = room.done(Command::CreatePlan(PlanPatch::default()));
    let Prepared { change, .. } = room.try_it(&Command::DeletePlan(plan)).unwrap();
    assert!(matches!(&change, Change::PlanDeleted(row) if row.stamps.deleted == Some(NOW)));
    room.catalog.apply(&change);
    let unknown = Err(Refusal::Unknown(Resource::Plan));
    assert_eq!(room.try_it(&Command::DeletePlan(plan)), unknown);
    assert_eq!(room.try_it(&Command::UpdatePlan { uuid: plan, patch: PlanPatch::default() }), unknown);
    let patch = CampaignPatch { plan: Some(Some(plan)), ..CampaignPatch::default() };
    assert_eq!(room.try_it(&Command::CreateCampaign(patch)), unknown);
}

#[test]
fn what_is_not_there_is_named_in_the_contracts_words() {
    let room = Room::default();
    let uuid = Uuid::max();
    let named = Some(Some(uuid));
    let table = [
        (Command::CreateCampaign(CampaignPatch { plan: named, ..CampaignPatch::default() }), "no such plan"),
        (
            Command::CreateCampaign(CampaignPatch { dial_list: named, ..CampaignPatch::default() }),
            "no such dlma",
        ),
        (
            Command::CreateCampaign(CampaignPatch { destination: named, ..CampaignPatch::default() }),
            "no such destination",
        ),
        (
            Command::CreateCampaign(CampaignPatch { next_campaign: named, ..CampaignPatch::default() }),
            "no such campaign",
        ),
        (Command::DeleteCampaign(uuid), "no such campaign"),
        (Command::DeleteDialList(uuid), "no such dlma"),
        (Command::DeleteDestination(uuid), "no such destination"),
        (Command::DeleteQueue(uuid), "no such queue"),
        (Command::UpdateQueue { uuid, patch: QueuePatch::default() }, "no such queue"),
        (Command::UpdateDialList { uuid, patch: DialListPatch::default() }, "no such dlma"),
        (Command::UpdateDestination { uuid, patch: DestinationPatch::default() }, "no such destination"),
        (Command::UpdateCampaign { uuid, patch: CampaignPatch::default(), status: None }, "no such campaign"),
    ];
    for (command, reason) in table {
        assert_eq!(room.try_it(&command).unwrap_err().to_string(), reason, "{command:?}");
    }
}

#[test]
fn what_a_campaign_at_work_uses_is_not_deleted() {
    let mut room = Room::default();
    let (campaign, plan, list) = room.campaign();
    room.done(start(campaign));
    let in_use = Refusal::InUse { campaign };
    assert_eq!(room.try_it(&Command::DeletePlan(plan)), Err(in_use.clone()));
    assert_eq!(room.try_it(&Command::DeleteDialList(list)), Err(in_use.clone()));
    assert!(in_use.to_string().contains(&campaign.to_string()));
    assert_eq!(room.try_it(&Command::DeleteCampaign(campaign)), Err(Refusal::NotStopped { status: 11 }));
    room.set_status(campaign, CampaignStatus::Stop);
    room.done(Command::DeletePlan(plan));
    room.done(Command::DeleteDialList(list));
    room.done(Command::DeleteCampaign(campaign));
}

#[test]
fn the_next_of_a_campaign_at_work_is_not_deleted() {
    let mut room = Room::default();
    let (campaign, ..) = room.campaign();
    let next = room.done(Command::CreateCampaign(CampaignPatch::default()));
    let patch = CampaignPatch { next_campaign: Some(Some(next)), ..CampaignPatch::default() };
    room.done(Command::UpdateCampaign { uuid: campaign, patch, status: Some(CampaignStatus::Start) });
    assert_eq!(room.try_it(&Command::DeleteCampaign(next)), Err(Refusal::InUse { campaign }));
}

#[test]
fn campaigns_do_not_start_one_another_in_a_ring() {
    let mut room = Room::default();
    let campaign = |next| CampaignPatch { next_campaign: next, ..CampaignPatch::default() };
    let first = room.done(Command::CreateCampaign(campaign(None)));
    let second = room.done(Command::CreateCampaign(campaign(Some(Some(first)))));
    for next in [first, second] {
        let patch = campaign(Some(Some(next)));
        let refused = room.try_it(&Command::UpdateCampaign { uuid: first, patch, status: None });
        assert!(matches!(refused, Err(Refusal::Invalid { field: "NextCampaign", .. })), "{refused:?}");
    }
}

#[test]
fn a_campaign_passes_through_the_transitional_status() {
    use CampaignStatus::{ForceStopping, Pause, Pausing, Start, Starting, Stop, Stopping};
    let table = [
        (Stop, Start, Starting),
        (Stop, Starting, Starting),
        (Start, Stop, Stopping),
        (Start, Pause, Pausing),
        (Pause, Start, Starting),
        (Start, ForceStopping, ForceStopping),
        (Stop, Stop, Stop),
        (Start, Start, Start),
    ];
    for (before, wanted, after) in table {
        let mut room = Room::default();
        let (campaign, ..) = room.campaign();
        room.set_status(campaign, before);
        room.done(Command::UpdateCampaign {
            uuid: campaign,
            patch: CampaignPatch::default(),
            status: Some(wanted),
        });
        assert_eq!(room.catalog.campaigns[&campaign].status, after, "{before:?} {wanted:?}");
    }
}

#[test]
fn fields_come_before_the_status_that_is_asked_for() {
    let mut room = Room::default();
    let (_, plan, list) = room.campaign();
    let bare = room.done(Command::CreateCampaign(CampaignPatch::default()));
    assert_eq!(room.try_it(&start(bare)), Err(NotStartable::NoPlan.into()));
    let patch =
        CampaignPatch { plan: Some(Some(plan)), dial_list: Some(Some(list)), ..CampaignPatch::default() };
    room.done(Command::UpdateCampaign { uuid: bare, patch, status: Some(CampaignStatus::Start) });
    assert_eq!(room.catalog.campaigns[&bare].status, CampaignStatus::Starting);

    let (third, ..) = room.campaign();
    let patch = CampaignPatch { plan: Some(None), ..CampaignPatch::default() };
    let refused =
        room.try_it(&Command::UpdateCampaign { uuid: third, patch, status: Some(CampaignStatus::Start) });
    assert_eq!(refused, Err(NotStartable::NoPlan.into()));
}

#[test]
fn a_running_campaign_keeps_what_it_needs() {
    let mut room = Room::default();
    let (campaign, ..) = room.campaign();
    let (_, other_plan, other_list) = room.campaign();
    room.set_status(campaign, CampaignStatus::Start);
    let update = |patch, status| Command::UpdateCampaign { uuid: campaign, patch, status };
    let without = CampaignPatch { dial_list: Some(None), ..CampaignPatch::default() };
    assert_eq!(room.try_it(&update(without.clone(), None)), Err(NotStartable::NoDialList.into()));
    room.done(update(
        CampaignPatch {
            plan: Some(Some(other_plan)),
            dial_list: Some(Some(other_list)),
            ..CampaignPatch::default()
        },
        None,
    ));
    assert_eq!(room.catalog.campaigns[&campaign].status, CampaignStatus::Start);
    room.done(update(without, Some(CampaignStatus::Stop)));
}

#[test]
fn a_schedule_that_is_put_in_force_forgets_which_window_was_handled() {
    let mut room = Room::default();
    let (campaign, ..) = room.campaign();
    let handled = |room: &mut Room, enabled: bool| {
        let row = Campaign::clone(&room.catalog.campaigns[&campaign]);
        let row = Campaign { window_handled: Some(NOW), ..row };
        room.catalog.apply(&Change::CampaignUpdated(Arc::new(row)));
        let schedule = SchedulePatch { enabled: Some(enabled), ..SchedulePatch::default() };
        let patch = CampaignPatch { schedule, ..CampaignPatch::default() };
        room.done(Command::UpdateCampaign { uuid: campaign, patch, status: None });
        room.catalog.campaigns[&campaign].window_handled
    };
    assert_eq!(handled(&mut room, true), None);
    assert_eq!(handled(&mut room, true), Some(NOW), "it was in force already");
}

#[test]
fn a_refused_command_makes_no_uuid() {
    let patch = CampaignPatch { plan: Some(Some(Uuid::max())), ..CampaignPatch::default() };
    let command = Command::CreateCampaign(patch);
    assert!(prepare(&command, &Catalog::default(), NOW, || panic!("asked for a uuid")).is_err());
}

#[test]
fn a_lead_patch_sets_each_number_for_itself() {
    let mut patch = LeadPatch { name: text("Ann"), ..LeadPatch::default() };
    patch.numbers[1] = Some(Number::parse("123").ok());
    let mut lead = patch.lead(Uuid::max(), Uuid::nil(), NOW);
    let mut expected = Lead::new(Uuid::max(), Uuid::nil(), NOW);
    expected.name = text("Ann").flatten();
    expected.numbers[1] = Number::parse("123").ok();
    assert_eq!(lead, expected);
    let mut patch = LeadPatch::default();
    patch.numbers[0] = Some(Number::parse("4").ok());
    patch.numbers[1] = Some(None);
    patch.apply(&mut lead);
    assert_eq!((lead.numbers[0].is_some(), lead.numbers[1].is_some()), (true, false));
}

/// A catalog and how it changes.
#[derive(Default)]
struct Room {
    catalog: Catalog,
    uuids: u128,
}

impl Room {
    #[track_caller]
    fn done(&mut self, command: Command) -> Uuid {
        self.uuids += 1;
        let next = Uuid::from_u128(self.uuids);
        let prepared = prepare(&command, &self.catalog, NOW, || next).unwrap();
        self.catalog.apply(&prepared.change);
        prepared.uuid
    }

    fn try_it(&self, command: &Command) -> Result<Prepared, Refusal> {
        prepare(command, &self.catalog, NOW, Uuid::new_v4)
    }

    /// A campaign that can start, its plan and its list.
    fn campaign(&mut self) -> (Uuid, Uuid, Uuid) {
        let plan = PlanPatch { dial_mode: Some(DialMode::Robo), ..PlanPatch::default() };
        let plan = self.done(Command::CreatePlan(plan));
        let list = self.done(Command::CreateDialList(DialListPatch::default()));
        let patch =
            CampaignPatch { plan: Some(Some(plan)), dial_list: Some(Some(list)), ..CampaignPatch::default() };
        (self.done(Command::CreateCampaign(patch)), plan, list)
    }

    fn set_status(&mut self, campaign: Uuid, status: CampaignStatus) {
        let row = Campaign { status, ..Campaign::clone(&self.catalog.campaigns[&campaign]) };
        self.catalog.apply(&Change::CampaignUpdated(Arc::new(row)));
    }
}

fn start(uuid: Uuid) -> Command {
    Command::UpdateCampaign { uuid, patch: CampaignPatch::default(), status: Some(CampaignStatus::Start) }
}

fn text(text: &str) -> Option<Option<Text>> {
    Some(Some(Text::parse(text).unwrap()))
}
