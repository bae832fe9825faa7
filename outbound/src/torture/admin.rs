//! What users do in the middle of everything: each goes the way of every command, prepared against the rows, committed, answered.

use engine::model::{CampaignStatus, Lead, ListEnd, RulesPatch};
use uuid::Uuid;

use super::SECOND;
use super::dice::Dice;
use super::disk::Job;
use super::faults::Fault;
use super::setup;
use super::world::{Due, World};
use crate::admin::{CampaignPatch, Command, DialListPatch, PlanPatch};

impl World {
    /// A user does something; the roll says what, and to what.
    pub(super) fn administer(&mut self, fault: Fault) {
        // A stream of its own: whatever else is drawn, this fault does the same.
        let dice = &mut Dice::of_roll(fault.roll);
        match dice.below(17) {
            0..6 => self.status(dice),
            6..8 => self.plan_changes(dice),
            8 => self.limits_change(dice),
            9..11 => self.leads_come(dice),
            11 => self.lead_goes(dice),
            12 => self.campaign_moves(dice),
            13 => self.list_goes(dice),
            14 => self.campaign_goes(dice),
            15 => self.somebody_hangs_up(dice),
            _ => {
                if let Some(uuid) = self.some(dice, |catalog| catalog.plans.keys().copied().collect()) {
                    self.command(Command::DeletePlan(uuid), uuid);
                }
            }
        }
    }

    fn somebody_hangs_up(&mut self, dice: &mut Dice) {
        let Some(daemon) = &self.daemon else { return };
        let live: Vec<Uuid> = daemon.engine.dialings().map(|dialing| dialing.setup.uuid).collect();
        if !live.is_empty() {
            let dialing = live[dice.below(live.len())];
            self.trace.note(self.now, || format!("a user hangs up {dialing}"));
            self.input(engine::Input::HangUp { dialing });
        }
    }

    fn some(&self, dice: &mut Dice, of: impl Fn(&engine::catalog::Catalog) -> Vec<Uuid>) -> Option<Uuid> {
        let all = of(&self.disk.rows.catalog);
        (!all.is_empty()).then(|| all[dice.below(all.len())])
    }

    fn some_campaign(&self, dice: &mut Dice) -> Option<Uuid> {
        self.some(dice, |catalog| catalog.campaigns.keys().copied().collect())
    }

    fn some_list(&self, dice: &mut Dice) -> Option<Uuid> {
        self.some(dice, |catalog| catalog.dial_lists.keys().copied().collect())
    }

    pub(super) fn command(&mut self, command: Command, touched: Uuid) {
        self.watch.touched.insert(touched, self.now);
        let Some(daemon) = &mut self.daemon else { return };
        daemon.commands.push_back(command);
        self.next_command();
    }

    pub(super) fn ask_status(&mut self, uuid: Uuid, status: CampaignStatus) {
        let command = Command::UpdateCampaign { uuid, patch: CampaignPatch::default(), status: Some(status) };
        self.command(command, uuid);
    }

    fn status(&mut self, dice: &mut Dice) {
        use CampaignStatus::{ForceStopping, Pause, Start, Stop};
        let status = dice.of(&[Start, Start, Stop, Stop, Pause, ForceStopping]);
        if let Some(uuid) = self.some_campaign(dice) {
            self.ask_status(uuid, status);
            if status != Start && dice.hits(0.7) {
                self.agenda.at(self.now + dice.between(1_000, 10 * SECOND), Due::Starts(uuid));
            }
        }
    }

    fn plan_changes(&mut self, dice: &mut Dice) {
        let Some(uuid) = self.some(dice, |catalog| catalog.plans.keys().copied().collect()) else { return };
        let drawn = setup::plan(uuid, self.clock().wall, dice);
        let mut patch = PlanPatch::default();
        match dice.below(4) {
            0 => (patch.dial_mode, patch.queue_name) = (Some(drawn.dial_mode), Some(drawn.queue_name)),
            1 => patch.max_tries = drawn.max_tries.map(Some),
            2 => patch.retry_delay_ms = Some(drawn.retry_delay_ms),
            _ => {
                patch.trunk_name = Some(drawn.trunk_name);
                patch.tech_name = Some(drawn.tech_name);
                patch.amd_mode = Some(drawn.amd_mode);
            }
        }
        self.command(Command::UpdatePlan { uuid, patch }, uuid);
    }

    fn limits_change(&mut self, dice: &mut Dice) {
        let Some(uuid) = self.some_campaign(dice) else { return };
        let (weight, channels, cps) =
            (dice.of(&["", "1", "7"]), dice.of(&["", "2", "5"]), dice.of(&["", "1", "4"]));
        let given = |name: &str| match name {
            "Weight" => Some(weight),
            "MaxChannels" => Some(channels),
            "MaxCps" => Some(cps),
            _ => None,
        };
        let Ok(rules) = RulesPatch::read(given) else { return };
        let patch = CampaignPatch { rules, ..CampaignPatch::default() };
        self.command(Command::UpdateCampaign { uuid, patch, status: None }, uuid);
    }

    fn leads_come(&mut self, dice: &mut Dice) {
        let Some(list) = self.some_list(dice) else { return };
        self.watch.touched.insert(list, self.now);
        let first = 50_000 + usize::try_from(self.now / 1_000).unwrap_or(0) % 900_000;
        for n in 0..3 {
            let lead: Lead = setup::lead(first + n, list, self.clock().wall, dice);
            self.user_writes(Job::CreateLead(Box::new(lead)));
        }
    }

    fn lead_goes(&mut self, dice: &mut Dice) {
        let count = self.disk.rows.leads.len();
        let lead = self.disk.rows.leads[dice.below(count)].lead.uuid;
        self.user_writes(Job::DeleteLead(lead));
    }

    /// Leads are written by the store alone; a daemon must be there to ask it.
    fn user_writes(&mut self, job: Job) {
        if self.daemon.is_some() {
            self.trace.note(self.now, || format!("a user: {job:?}"));
            self.write(job);
        }
    }

    fn campaign_moves(&mut self, dice: &mut Dice) {
        let Some(uuid) = self.some_campaign(dice) else { return };
        let mut patch = CampaignPatch::default();
        if dice.hits(0.5) {
            patch.dial_list = self.some_list(dice).map(Some);
        } else {
            patch.plan = self.some(dice, |catalog| catalog.plans.keys().copied().collect()).map(Some);
        }
        self.command(Command::UpdateCampaign { uuid, patch, status: None }, uuid);
    }

    /// A list goes whose calls are up: the campaign is sent to another one first.
    fn list_goes(&mut self, dice: &mut Dice) {
        let Some(list) = self.some_list(dice) else { return };
        let other = self.disk.rows.catalog.dial_lists.keys().copied().find(|other| *other != list);
        let Some(other) = other else {
            return self.command(Command::CreateDialList(DialListPatch::default()), list);
        };
        let users: Vec<Uuid> = self
            .disk
            .rows
            .catalog
            .campaigns
            .values()
            .filter(|row| row.dial_list == Some(list))
            .map(|row| row.uuid)
            .collect();
        for uuid in users {
            let patch = CampaignPatch { dial_list: Some(Some(other)), ..CampaignPatch::default() };
            self.command(Command::UpdateCampaign { uuid, patch, status: None }, uuid);
        }
        self.command(Command::DeleteDialList(list), list);
    }

    fn campaign_goes(&mut self, dice: &mut Dice) {
        let Some(uuid) = self.some_campaign(dice) else { return };
        self.ask_status(uuid, CampaignStatus::ForceStopping);
        self.command(Command::DeleteCampaign(uuid), uuid);
    }

    /// Plans that would wait for leads for ever end their campaigns with their lists.
    pub(super) fn lists_end(&mut self) {
        let kept = self.disk.rows.catalog.plans.values().filter(|plan| plan.list_end == ListEnd::KeepRunning);
        for uuid in kept.map(|plan| plan.uuid).collect::<Vec<_>>() {
            let patch = PlanPatch { list_end: Some(ListEnd::Stop), ..PlanPatch::default() };
            self.command(Command::UpdatePlan { uuid, patch }, uuid);
        }
    }
}
