//! Schedules start and stop campaigns: at the edges of their windows, once for each, across restarts.
//!
//! A campaign's row keeps the start of the window that was handled last, until that one's close is handled. It is written in
//! one transaction with the status that it goes with, so after a restart it is known what was done: a start or a stop that
//! was missed is caught up, and what a client did inside of a window stays.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::broken::{Rule, is_broken};
use crate::catalog::NotStartable;
use crate::dialing::Record;
use crate::engine::Engine;
use crate::input::Output;
use crate::model::{Campaign, CampaignStatus, Schedule};
use crate::pacing::Limit;
use crate::placing::LOOK_AT_CLOCK;
use crate::schedule::{self, Gate, Window, local_text};
use crate::time::{Now, Wall};
use crate::timers::Timer;
use crate::value::Zone;

/// Where nothing changes for as long as is looked ahead, it is looked again after this time.
const LOOK_AHEAD_AGAIN: Duration = Duration::from_secs(86_400);

/// What was found out about a campaign's schedule, and from when until when that is so.
#[derive(Debug)]
pub(crate) struct Known {
    schedule: Schedule,
    zone: Option<Zone>,
    gate: Gate,
    from: Wall,
    until: Wall,
    /// Why it could not be started in the present window, where that was said.
    told: Option<NotStartable>,
}

impl Engine {
    /// What a campaign's schedule says now; none where it is not in force.
    pub(crate) fn gate(&mut self, row: &Campaign, now: Now) -> Option<Gate> {
        if !row.schedule.enabled {
            self.gates.remove(&row.uuid);
            return None;
        }
        if let Some(known) = self.known_gate(row, now) {
            return Some(known);
        }
        let gate = schedule::gate(&row.schedule, &self.zone_of(row), now.wall);
        let change = match gate {
            Gate::Open(Window { closes, .. }) => closes,
            Gate::Closed(opens) => opens,
        };
        let ahead = now.wall.after_ms(u64::try_from(LOOK_AHEAD_AGAIN.as_millis()).unwrap_or(u64::MAX));
        let known = Known {
            schedule: row.schedule.clone(),
            zone: row.rules.time_zone.clone(),
            gate,
            from: now.wall,
            until: change.unwrap_or(ahead),
            told: None,
        };
        self.gates.insert(row.uuid, known);
        Some(gate)
    }

    fn known_gate(&self, row: &Campaign, now: Now) -> Option<Gate> {
        let known = self.gates.get(&row.uuid).filter(|known| {
            (known.from..known.until).contains(&now.wall)
                && known.schedule == row.schedule
                && known.zone == row.rules.time_zone
        });
        known.map(|known| known.gate)
    }

    /// The same as [`Engine::gate`]; what was not known is found out, and not kept.
    pub(crate) fn gate_now(&self, row: &Campaign, now: Now) -> Option<Gate> {
        row.schedule.enabled.then(|| {
            let gate = || schedule::gate(&row.schedule, &self.zone_of(row), now.wall);
            self.known_gate(row, now).unwrap_or_else(gate)
        })
    }

    /// Whether a campaign's schedule lets calls out now.
    pub(crate) fn within_schedule(&self, row: &Campaign, now: Now) -> Result<(), Limit> {
        match self.gate_now(row, now) {
            Some(Gate::Closed(_)) if is_broken(Rule::WindowsNotKept) => Ok(()),
            None | Some(Gate::Open(_)) => Ok(()),
            Some(Gate::Closed(opens)) => {
                let zone = self.zone_of(row);
                Err(Limit::Schedule { opens: opens.map(|at| local_text(&zone, at)) })
            }
        }
    }

    pub(crate) fn zone_of(&self, row: &Campaign) -> jiff::tz::TimeZone {
        row.rules.time_zone.as_ref().map_or_else(|| self.settings.zone.clone(), |zone| zone.time_zone())
    }

    /// Does what a campaign's schedule asks for now, and makes sure that it is looked at again.
    pub(crate) fn look_at_schedule(&mut self, campaign: Uuid, now: Now) {
        self.blocked.remove(&campaign);
        let row = self.catalog.campaigns.get(&campaign).cloned();
        let gate = row.as_ref().and_then(|row| self.gate(row, now));
        let (Some(row), Some(gate)) = (row, gate) else {
            self.timers.clear(Timer::Schedule(campaign));
            self.gates.remove(&campaign);
            return;
        };
        if self.shutting_down {
            return;
        }
        match gate {
            Gate::Open(window) => self.in_window(&row, window, now),
            Gate::Closed(_) => {
                self.withdraw_where(|open| open.offer.campaign == campaign, now);
                self.outside_of_windows(&row, now);
            }
        }
        let until = self.gates.get(&campaign).map_or(now.wall, |known| known.until);
        let wait = until.since(now.wall).saturating_add(Duration::from_nanos(999)).min(LOOK_AT_CLOCK);
        self.timers.set(Timer::Schedule(campaign), now.mono.after(wait));
    }

    /// A window is open. If that was not handled yet, the campaign is started.
    fn in_window(&mut self, row: &Campaign, window: Window, now: Now) {
        // One that began later was handled where a clock was set back: nobody is called twice for that.
        if row.window_handled.is_some_and(|handled| handled >= window.opens) {
            return;
        }
        match self.catalog.requested_status(row, CampaignStatus::Start) {
            Ok(CampaignStatus::Starting) => {
                self.note_window(row.uuid, Some(window.opens));
                self.set_status(row.uuid, CampaignStatus::Starting, now);
                self.start(row.uuid, now);
            }
            Ok(_) => {
                self.handle_window(row.uuid, Some(window.opens));
                self.decide_later(row.uuid);
            }
            Err(reason) => self.cannot_start(row.uuid, reason),
        }
    }

    /// No window is open. If the close of the last one was not handled yet, the campaign is stopped.
    fn outside_of_windows(&mut self, row: &Campaign, now: Now) {
        if row.window_handled.is_none() {
            return;
        }
        match row.status {
            CampaignStatus::Start | CampaignStatus::Starting => {
                self.note_window(row.uuid, None);
                self.set_status(row.uuid, CampaignStatus::Stopping, now);
                self.settle(row.uuid, now);
            }
            CampaignStatus::Stop
            | CampaignStatus::Pause
            | CampaignStatus::Stopping
            | CampaignStatus::Pausing
            | CampaignStatus::ForceStopping => self.handle_window(row.uuid, None),
        }
    }

    /// It is tried again when rows change; why it does not start is said once.
    fn cannot_start(&mut self, campaign: Uuid, reason: NotStartable) {
        self.blocked.insert(campaign);
        let Some(known) = self.gates.get_mut(&campaign) else { return };
        if known.told.as_ref() != Some(&reason) {
            known.told = Some(reason.clone());
            self.outputs.push_back(Output::Limited { campaign, limit: Limit::NotUsable(reason) });
        }
    }

    /// The window is handled; a status that is set next is written with it.
    fn note_window(&mut self, campaign: Uuid, handled: Option<Wall>) {
        if let Some(row) = self.catalog.campaigns.get_mut(&campaign) {
            Arc::make_mut(row).window_handled = handled;
        }
    }

    /// The window is handled, and the status stays as it is.
    pub(crate) fn handle_window(&mut self, campaign: Uuid, handled: Option<Wall>) {
        self.note_window(campaign, handled);
        self.record(Record::CampaignWindow { campaign, handled });
    }
}
