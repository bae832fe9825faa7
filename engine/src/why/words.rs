//! What is said of each reason: the only place with these words, for the log, HTTP and the page.

use super::agents::{abandoned, with_crowd};
use super::lines::at_most;
use super::moment::{Moments, thousands};
use super::{Ask, Code, Figure, Pulse, Reason};
use crate::catalog::NotStartable;
use crate::input::ListImport;
use crate::model::CampaignStatus;
use crate::pacing::Limit;
use crate::schedule::LOOK_DAYS;
use crate::time::Wall;

/// How the leads of a list stand, as the database has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leads {
    /// The list has leads at all.
    pub any: bool,
    /// Leads that wait for their next try.
    pub waiting: u64,
    /// There are more of them: the count was broken off.
    pub at_least: bool,
}

impl Ask<'_> {
    /// What one limit is, in words; `pbx` says on which Asterisk it was found, where that is known.
    pub(super) fn in_words(&self, limit: &Limit) -> Reason {
        let reason = match limit {
            Limit::NotConnected => self.all_away(),
            Limit::NoSuchQueue => self.no_queue(),
            Limit::NobodyLoggedIn => self.no_agents(),
            Limit::Agents { idle, unanswered, waiting, .. } => self.by_agents(*idle, *unanswered, *waiting),
            Limit::Level { idle, level, dialings } => self.by_level(*idle, *level, *dialings),
            Limit::Predicted(prediction) => self.by_prediction(prediction),
            Limit::AbandonBudget(used_up) => {
                with_crowd(abandoned(used_up, &self.engine.zone_of(self.row)), self.crowd())
            }
            Limit::Offers { .. } => self.by_offers(),
            Limit::Channels | Limit::Rate | Limit::AsteriskRefuses { .. } => self.by_server(limit),
            Limit::TrunkChannels { .. }
            | Limit::TrunkRate { .. }
            | Limit::TrunkCongested { .. }
            | Limit::Trunks(_) => self.by_trunk(limit),
            Limit::CampaignChannels(max) => {
                let calls = self.pulse.in_flight + self.pulse.claiming + self.pulse.offers;
                let text = format!("the campaign's channel limit: {calls} of {max} calls at once");
                Reason::new(Code::CampaignChannels, text).count("calls", calls).count("max_channels", *max)
            }
            Limit::CampaignRate(max_cps) => self.by_own_rate(max_cps),
            Limit::Schedule { .. } => {
                let opens = match self.engine.gate_now(self.row, self.now) {
                    Some(crate::schedule::Gate::Closed(opens)) => opens,
                    Some(crate::schedule::Gate::Open(_)) | None => None,
                };
                outside(opens, &self.moments())
            }
            Limit::RetryDelay => retry_delay(self.engine.next_due(self.row.uuid), &self.moments()),
            Limit::ListUsedUp => Reason::new(Code::ListUsedUp, "the list is used up: no lead has tries left"),
            Limit::LastCalls => {
                let calls = self
                    .row
                    .dial_list
                    .and_then(|list| self.engine.lists.get(&list))
                    .copied()
                    .unwrap_or_default();
                let text = format!("the list is used up but for {} in flight", calls_of(calls));
                Reason::new(Code::LastCalls, text).count("list_in_flight", calls)
            }
            Limit::ListImport => self.by_import(),
            Limit::Store => self.by_store(),
            Limit::NotUsable(missing) => not_usable(missing, false),
            Limit::ShuttingDown => {
                Reason::new(Code::ShuttingDown, "the daemon is shutting down: no new calls")
            }
        };
        Reason { since: reason.since.or_else(|| self.limit_since(limit, reason.code)), ..reason }
    }

    /// Since when the last decision has found this, where that is one thing whatever its numbers.
    fn limit_since(&self, limit: &Limit, code: Code) -> Option<Wall> {
        let run = self.engine.runs.get(&self.row.uuid)?;
        let same = |last: &Limit| std::mem::discriminant(last) == std::mem::discriminant(limit);
        let steady = !matches!(
            code,
            Code::Dialing | Code::Claiming | Code::NoIdleAgent | Code::AgentsSpokenFor | Code::Predicted
        );
        (steady && run.limit.as_ref().is_some_and(same)).then_some(run.limit_since)
    }

    fn by_own_rate(&self, max_cps: &str) -> Reason {
        let rate = self.engine.runs.get(&self.row.uuid).and_then(|run| run.rate.as_ref());
        let until = rate.and_then(|rate| rate.next(self.now.mono)).map(|at| self.moments().wall(at));
        let text = format!("the campaign's calls-per-second limit: {}", at_most(max_cps));
        let reason = Reason::new(Code::CampaignRate, text);
        Reason { until, ..reason.number("max_cps", max_cps.parse().unwrap_or_default()) }
    }

    fn by_import(&self) -> Reason {
        let held =
            self.row.dial_list.and_then(|list| self.engine.imports.get(&list)) == Some(&ListImport::Held);
        let text = if held {
            "leads are being imported into the dial list, which is to be used when that is complete"
        } else {
            "leads are being imported into the dial list, and those that are in are used up"
        };
        Reason::new(Code::ListImport, text)
    }

    fn by_store(&self) -> Reason {
        let since = self.engine.runs.get(&self.row.uuid).and_then(|run| run.store_fails_since);
        let moments = self.moments();
        let since_text = since.map(|since| format!(" since {}", moments.at(since))).unwrap_or_default();
        let text = format!("the database gives out no leads{since_text}; it is tried again each second");
        Reason { since, ..Reason::new(Code::Store, text) }
    }
}

/// How far a reason is from calls being placed: of several Asterisks the nearest counts.
pub(super) fn distance(code: Code) -> u8 {
    match code {
        Code::Dialing | Code::Claiming | Code::OffersOpen => 0,
        Code::AsteriskRate | Code::TrunkRate | Code::CampaignRate => 1,
        Code::AsteriskChannels | Code::TrunkChannels | Code::CampaignChannels | Code::Trunks => 2,
        Code::AgentsSpokenFor | Code::AgentsLeftAlone | Code::Predicted | Code::ServiceLevel => 3,
        Code::AbandonBudget | Code::CallsPerAgent => 3,
        Code::NoIdleAgent => 4,
        Code::TrunkCongested | Code::AsteriskRefuses => 5,
        Code::NobodyLoggedIn => 6,
        Code::NoSuchQueue => 7,
        Code::Comparing => 8,
        Code::NotConnected => 9,
        Code::OutsideSchedule
        | Code::RetryDelay
        | Code::ListUsedUp
        | Code::ListEmpty
        | Code::LastCalls
        | Code::ListImport
        | Code::Store
        | Code::NoPlan
        | Code::NoDialMode
        | Code::NoQueue
        | Code::NoDialList
        | Code::NoDestination
        | Code::Stopped
        | Code::Paused
        | Code::Starting
        | Code::Stopping
        | Code::Pausing
        | Code::ForceStopping
        | Code::ShuttingDown => 10,
    }
}

/// The decision is: so many calls now.
pub(super) fn about_to_dial(calls: u32, pulse: Pulse) -> Reason {
    let text = match pulse.in_flight {
        0 => format!("dialing: {} may be placed now, nothing holds it back", calls_of(calls)),
        in_flight => format!("dialing: {} in flight, nothing holds it back", calls_of(in_flight)),
    };
    Reason::new(Code::Dialing, text).count("in_flight", pulse.in_flight)
}

pub(super) fn of_status(status: CampaignStatus, pulse: Pulse) -> Reason {
    let left = match pulse.in_flight {
        0 => String::new(),
        calls => format!(", {} in flight", calls_of(calls)),
    };
    let (code, text) = match status {
        CampaignStatus::Stop => (Code::Stopped, "the campaign is stopped".to_owned()),
        CampaignStatus::Pause => (Code::Paused, "the campaign is paused".to_owned()),
        CampaignStatus::Start | CampaignStatus::Starting => {
            (Code::Starting, "the campaign is being started".to_owned())
        }
        CampaignStatus::Stopping => {
            (Code::Stopping, format!("the campaign is being stopped: no new calls{left}"))
        }
        CampaignStatus::Pausing => {
            (Code::Pausing, format!("the campaign is being paused: no new calls{left}"))
        }
        CampaignStatus::ForceStopping => {
            (Code::ForceStopping, format!("the campaign is being stopped by force{left}"))
        }
    };
    Reason::new(code, text).count("in_flight", pulse.in_flight)
}

pub(super) fn not_usable(missing: &NotStartable, stopped: bool) -> Reason {
    let code = match missing {
        NotStartable::NoPlan | NotStartable::UnknownPlan => Code::NoPlan,
        NotStartable::NoDialMode => Code::NoDialMode,
        NotStartable::NoQueue => Code::NoQueue,
        NotStartable::NoDialList | NotStartable::UnknownDialList => Code::NoDialList,
        NotStartable::UnknownDestination | NotStartable::UnusableDestination => Code::NoDestination,
        NotStartable::ForceStopping => Code::ForceStopping,
    };
    let what = match missing {
        NotStartable::NoDialList => "no dial list is set".to_owned(),
        NotStartable::UnknownDialList => "the dial list is gone".to_owned(),
        NotStartable::UnknownPlan => "the plan is gone".to_owned(),
        NotStartable::UnknownDestination => "the destination is gone".to_owned(),
        NotStartable::NoDialMode => "the plan has no dial mode".to_owned(),
        NotStartable::NoQueue => "the plan has no queue, which its dial mode needs".to_owned(),
        NotStartable::UnusableDestination => {
            "the destination has no place: neither exten and context nor an application are set".to_owned()
        }
        other => other.to_string(),
    };
    Reason::new(code, if stopped { format!("stopped, and cannot be started: {what}") } else { what })
}

pub(super) fn list_ended(since: Wall, moments: &Moments) -> Reason {
    let text = format!("the list is used up; the campaign has stopped by itself at {}", moments.at(since));
    Reason { since: Some(since), ..Reason::new(Code::ListUsedUp, text) }
}

pub(super) fn outside(opens: Option<Wall>, moments: &Moments) -> Reason {
    let text = match opens {
        Some(opens) => format!("outside its schedule until {}", moments.at(opens)),
        None => format!("outside its schedule, which does not open in the next {LOOK_DAYS} days"),
    };
    Reason { until: opens, ..Reason::new(Code::OutsideSchedule, text) }
}

fn retry_delay(due: Option<Wall>, moments: &Moments) -> Reason {
    let next = due.map(|due| format!(" (next in {})", moments.until(due))).unwrap_or_default();
    Reason { until: due, ..Reason::new(Code::RetryDelay, format!("{}{next}", waiting(None))) }
}

fn waiting(leads: Option<Leads>) -> String {
    let all = match leads.filter(|leads| leads.waiting > 0) {
        Some(Leads { waiting: 1, at_least: false, .. }) => {
            return "1 lead waits for its retry delay".to_owned();
        }
        None => "all leads that are left".to_owned(),
        Some(Leads { waiting, at_least: false, .. }) => format!("{} leads", thousands(waiting)),
        Some(Leads { waiting, at_least: true, .. }) => format!("at least {} leads", thousands(waiting)),
    };
    format!("{all} wait for their retry delay")
}

impl Reason {
    /// True where it says more when the leads are counted.
    pub fn asks_for_leads(&self) -> bool {
        matches!(self.code, Code::RetryDelay | Code::ListUsedUp | Code::LastCalls | Code::Stopped)
    }

    /// The same with what the database says of the leads.
    #[must_use]
    pub fn with_leads(mut self, leads: Leads) -> Self {
        match self.code {
            Code::RetryDelay if leads.waiting > 0 => {
                self.text = self.text.replacen(&waiting(None), &waiting(Some(leads)), 1);
                if leads.at_least {
                    self.count("waiting_at_least", leads.waiting)
                } else {
                    self.count("waiting", leads.waiting)
                }
            }
            Code::ListUsedUp if !leads.any => {
                let text = "the dial list is empty: it has no leads".to_owned();
                Self { code: Code::ListEmpty, text, ..self }
            }
            Code::Stopped if !leads.any => {
                Self { text: format!("{}; its dial list is empty", self.text), ..self }
            }
            _ => self,
        }
    }

    /// A number of it.
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.get(name)
    }
}

pub(super) fn calls_of(count: u32) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{} calls", thousands(count.into())) }
}
