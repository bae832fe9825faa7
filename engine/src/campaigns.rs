//! The campaign status machine, and what changes of the catalog mean for what runs.

use std::sync::Arc;

use uuid::Uuid;

use crate::dialing::Record;
use crate::engine::Engine;
use crate::index::widest;
use crate::input::Output;
use crate::model::{Campaign, CampaignStatus, Change, ListEnd, NUMBERS, Plan};
use crate::notify::Notify;
use crate::run::ListState;
use crate::time::Now;

impl Engine {
    /// Takes a committed change in and tells about it.
    pub(crate) fn changed(&mut self, change: Change, now: Now) {
        let (before, change) = self.before(change, now);
        self.catalog.apply(&change);
        self.index.follow(&change, &self.catalog);
        let campaign = if let Change::CampaignCreated(row) | Change::CampaignUpdated(row) = &change {
            Some(row.uuid)
        } else {
            None
        };
        self.take_in(before, change, now);
        self.tidy_now_and_then(now);
        // What keeps others from being started in their windows may be mended.
        let blocked = std::mem::take(&mut self.blocked);
        for campaign in blocked.into_iter().chain(campaign) {
            self.look_at_schedule(campaign, now);
        }
    }

    /// The campaign as it is, where the change is one of it. What its schedule asks for comes before what the client asks
    /// for: a stop inside a window is one of that window.
    fn before(&mut self, change: Change, now: Now) -> (Option<Arc<Campaign>>, Change) {
        let Change::CampaignUpdated(mut row) = change else { return (None, change) };
        self.look_at_schedule(row.uuid, now);
        let before = self.catalog.campaigns.get(&row.uuid).cloned();
        if let Some(old) = &before
            && old.schedule.enabled == row.schedule.enabled
            && old.window_handled != row.window_handled
        {
            // The row was prepared some moments ago: what was handled meanwhile stands.
            Arc::make_mut(&mut row).window_handled = old.window_handled;
            self.record(Record::CampaignWindow { campaign: row.uuid, handled: old.window_handled });
        }
        (before, Change::CampaignUpdated(row))
    }

    fn take_in(&mut self, before: Option<Arc<Campaign>>, change: Change, now: Now) {
        match change {
            Change::PlanUpdated(row) => self.plan_updated(row, now),
            Change::PlanDeleted(row) => {
                self.notify(Notify::PlanDeleted(row.uuid));
                self.outputs.push_back(Output::RemoveDialplan { plan: row.uuid });
            }
            Change::DestinationUpdated(row) => {
                self.notify(Notify::DestinationUpdated(row));
                self.decide_all();
            }
            plain @ (Change::PlanCreated(_)
            | Change::DialListCreated(_)
            | Change::DialListUpdated(_)
            | Change::DialListDeleted(_)
            | Change::DestinationCreated(_)
            | Change::DestinationDeleted(_)
            | Change::QueueCreated(_)
            | Change::QueueUpdated(_)
            | Change::QueueDeleted(_)
            | Change::CampaignCreated(_)) => self.notify(plain.into()),
            Change::CampaignUpdated(row) => self.campaign_updated(before.as_deref(), &row, now),
            Change::CampaignDeleted(row) => {
                // Its schedule may have started it since it was found stopped: what is in flight comes to its end.
                self.withdraw_where(|open| open.offer.campaign == row.uuid, now);
                self.settle(row.uuid, now);
                self.forget_line(row.uuid);
                self.used_up_lists.remove(&row.uuid);
                self.notify(Notify::CampaignDeleted(row.uuid));
                self.look_at_schedule(row.uuid, now);
            }
        }
    }

    fn plan_updated(&mut self, plan: Arc<Plan>, now: Now) {
        self.forget_list_end(|row| row.plan == Some(plan.uuid));
        self.notify(Notify::PlanUpdated(Arc::clone(&plan)));
        let in_use =
            self.index.on_plan(plan.uuid).filter_map(|campaign| self.catalog.campaigns.get(&campaign));
        let campaigns: Vec<Arc<Campaign>> = in_use.cloned().collect();
        if campaigns.is_empty() {
            return;
        }
        self.withdraw_where(|open| open.offer.plan == plan.uuid, now);
        self.outputs.push_back(Output::WriteDialplan { plan });
        for campaign in campaigns {
            self.revive_leads(&campaign);
            self.reopen(campaign.uuid);
        }
    }

    fn campaign_updated(&mut self, before: Option<&Campaign>, row: &Campaign, now: Now) {
        // The row was prepared some moments ago. A transitional status in it is a request; otherwise the status
        // is ours, and the row on disk is put right where it has gone on meanwhile.
        let current = before.map_or(row.status, |old| old.status);
        if row.status == current {
            self.tell_campaign(row.uuid);
        } else if is_request(row.status) {
            self.tell_campaign(row.uuid);
            self.enter(row.uuid, row.status, now);
        } else {
            self.set_status(row.uuid, current, now);
        }
        let moved = before.is_some_and(|old| old.plan != row.plan || old.dial_list != row.dial_list);
        if moved {
            self.used_up_lists.remove(&row.uuid);
        }
        if moved && self.runs.contains_key(&row.uuid) {
            self.withdraw_where(|open| open.offer.campaign == row.uuid, now);
            self.revive_leads(row);
            self.reopen(row.uuid);
        }
        self.decide_later(row.uuid);
    }

    fn tell_campaign(&mut self, uuid: Uuid) {
        if let Some(row) = self.catalog.campaigns.get(&uuid) {
            self.notify(Notify::CampaignUpdated(Arc::clone(row)));
        }
    }

    /// Does what a transitional status asks for.
    fn enter(&mut self, uuid: Uuid, status: CampaignStatus, now: Now) {
        match status {
            CampaignStatus::Starting => self.start(uuid, now),
            CampaignStatus::Stopping | CampaignStatus::Pausing => {
                self.withdraw_where(|open| open.offer.campaign == uuid, now);
                self.settle(uuid, now);
            }
            CampaignStatus::ForceStopping => {
                self.withdraw_where(|open| open.offer.campaign == uuid, now);
                let calls = self.runs.get(&uuid).map(|run| run.calls.clone()).unwrap_or_default();
                for call in calls {
                    self.hang_up(call, now);
                }
                self.settle(uuid, now);
            }
            CampaignStatus::Start | CampaignStatus::Stop | CampaignStatus::Pause => {}
        }
    }

    pub(crate) fn start(&mut self, uuid: Uuid, now: Now) {
        let Some(row) = self.catalog.campaigns.get(&uuid).cloned() else { return };
        // It was startable when it was asked for; a change may have come between.
        let Ok(equipment) = self.catalog.equipment(&row) else {
            self.set_status(uuid, CampaignStatus::Stopping, now);
            self.settle(uuid, now);
            return;
        };
        self.used_up_lists.remove(&uuid);
        let run = self.run(uuid);
        (run.worked, run.idle_chain) = (false, 0);
        self.reopen(uuid);
        self.revive_leads(&row);
        self.outputs.push_back(Output::WriteDialplan { plan: equipment.plan });
        self.set_status(uuid, CampaignStatus::Start, now);
        self.decide_later(uuid);
    }

    /// These campaigns may find something to dial again, or are gone.
    pub(crate) fn forget_list_end(&mut self, which: impl Fn(&Campaign) -> bool) {
        let rows = &self.catalog.campaigns;
        self.used_up_lists.retain(|uuid, _| rows.get(uuid).is_some_and(|row| !which(row)));
    }

    /// Goes on from a transitional status when nothing of the campaign is in flight any more.
    pub(crate) fn settle(&mut self, uuid: Uuid, now: Now) {
        let idle = self
            .runs
            .get(&uuid)
            .is_none_or(|run| run.calls.is_empty() && run.requested == 0 && run.offers.is_empty());
        if !idle {
            return;
        }
        let Some(status) = self.catalog.campaigns.get(&uuid).map(|row| row.status) else {
            return self.end_run(uuid);
        };
        let next = match status {
            CampaignStatus::Stopping | CampaignStatus::ForceStopping => CampaignStatus::Stop,
            CampaignStatus::Pausing => CampaignStatus::Pause,
            CampaignStatus::Stop | CampaignStatus::Pause => return self.end_run(uuid),
            CampaignStatus::Start | CampaignStatus::Starting => return,
        };
        self.end_run(uuid);
        self.set_status(uuid, next, now);
        if status == CampaignStatus::ForceStopping {
            // A window that opened meanwhile could not start it.
            self.look_at_schedule(uuid, now);
        }
    }

    /// The list is used up and nothing of it is in flight.
    pub(crate) fn list_ended(&mut self, uuid: Uuid, now: Now) {
        let Some(row) = self.catalog.campaigns.get(&uuid).cloned() else { return };
        let end = row.plan.and_then(|plan| self.catalog.plans.get(&plan)).map(|plan| plan.list_end);
        if end != Some(ListEnd::Stop) {
            return;
        }
        let idle_chain =
            self.runs.get(&uuid).map_or(0, |run| if run.worked { 0 } else { run.idle_chain + 1 });
        self.used_up_lists.insert(uuid, now.wall);
        self.set_status(uuid, CampaignStatus::Stopping, now);
        self.settle(uuid, now);
        let Some(next) = row.next_campaign.and_then(|next| self.catalog.campaigns.get(&next)).cloned() else {
            return;
        };
        // A ring of campaigns that have nothing to dial must come to rest.
        if idle_chain <= self.catalog.campaigns.len()
            && self.catalog.requested_status(&next, CampaignStatus::Start) == Ok(CampaignStatus::Starting)
        {
            self.set_status(next.uuid, CampaignStatus::Starting, now);
            self.start(next.uuid, now);
            self.run(next.uuid).idle_chain = idle_chain;
        }
    }

    pub(crate) fn set_status(&mut self, uuid: Uuid, status: CampaignStatus, now: Now) {
        let Some(row) = self.catalog.campaigns.get_mut(&uuid) else { return };
        let changed = Arc::make_mut(row);
        changed.status = status;
        changed.stamps.updated = Some(now.wall);
        let row = Arc::clone(row);
        let window_handled = row.window_handled;
        self.record(Record::CampaignStatus { campaign: uuid, status, updated: now.wall, window_handled });
        self.notify(Notify::CampaignUpdated(row));
    }

    /// After a restart, campaigns go on in the status that they had.
    pub(crate) fn resume_campaigns(&mut self, now: Now) {
        let rows: Vec<(Uuid, CampaignStatus)> =
            self.catalog.campaigns.values().map(|row| (row.uuid, row.status)).collect();
        for (uuid, status) in rows {
            match status {
                CampaignStatus::Start => {
                    self.run(uuid);
                    self.decide_later(uuid);
                }
                CampaignStatus::Stop | CampaignStatus::Pause => {}
                CampaignStatus::Starting
                | CampaignStatus::Stopping
                | CampaignStatus::Pausing
                | CampaignStatus::ForceStopping => self.enter(uuid, status, now),
            }
        }
        for campaign in self.catalog.campaigns.keys().copied().collect::<Vec<_>>() {
            self.look_at_schedule(campaign, now);
        }
    }

    /// Leads were added to a list or changed.
    pub(crate) fn reopen_list(&mut self, dial_list: Uuid) {
        for campaign in self.index.on_list(dial_list).collect::<Vec<_>>() {
            self.reopen(campaign);
        }
    }

    fn reopen(&mut self, campaign: Uuid) {
        if let Some(run) = self.runs.get_mut(&campaign) {
            run.list = ListState::Open;
            run.returned = None;
            run.list_changed = self.next_request;
            self.decide_later(campaign);
        }
    }

    fn revive_leads(&mut self, campaign: &Campaign) {
        if let Some(dial_list) = campaign.dial_list {
            let widest_tries = self.widest_tries(dial_list, campaign.plan);
            self.outputs.push_back(Output::ReviveLeads { dial_list, widest_tries });
        }
    }

    /// The widest limits of the campaigns that work on a list, those of `plan` included.
    pub(crate) fn widest_tries(&self, dial_list: Uuid, plan: Option<Uuid>) -> [u32; NUMBERS] {
        let widest_now = self.index.widest_tries(dial_list);
        let plan = plan.and_then(|plan| self.catalog.plans.get(&plan));
        plan.map_or(widest_now, |plan| widest(widest_now, plan.max_tries))
    }
}

fn is_request(status: CampaignStatus) -> bool {
    match status {
        CampaignStatus::Starting
        | CampaignStatus::Stopping
        | CampaignStatus::Pausing
        | CampaignStatus::ForceStopping => true,
        CampaignStatus::Stop | CampaignStatus::Start | CampaignStatus::Pause => false,
    }
}
