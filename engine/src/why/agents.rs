//! Reasons that lie with the agents of the plan's queue: nobody is idle, or calls for them are on their way.

use std::time::Duration;

use super::moment::span;
use super::words::calls_of;
use super::{Ask, Code, Reason};
use crate::abandon::{Day, UsedUp};
use crate::input::PbxId;
use crate::pacing::{Bound, Prediction};
use crate::pbx::Pbx;
use crate::queues::Crowd;
use crate::time::Wall;

/// A claim that takes longer than this is worth saying.
const CLAIM_IS_SLOW: Duration = Duration::from_secs(2);

impl Ask<'_> {
    /// The agents of the plan's queue on one Asterisk, or on all that are connected.
    pub(super) fn crowd(&self) -> Crowd {
        let queue = self.queue();
        self.ready().filter_map(|server| server.queues.crowd(&queue)).sum()
    }

    /// Callers who wait in it and are none of ours.
    fn other_callers(&self) -> u32 {
        let queue = self.queue();
        self.ready().map(|server| server.queues.other_callers(&queue)).sum()
    }

    fn ready(&self) -> impl Iterator<Item = &Pbx> {
        let asked = self.pbx;
        let servers = self.engine.pbxs.iter().enumerate();
        let ready =
            servers.filter(move |(at, server)| server.is_ready() && asked.is_none_or(|pbx| pbx.0 == *at));
        ready.map(|(_, server)| server)
    }

    pub(super) fn queue(&self) -> String {
        let plan = self.row.plan.and_then(|plan| self.engine.catalog.plans.get(&plan));
        plan.and_then(|plan| plan.queue_name.as_ref()).map(ToString::to_string).unwrap_or_default()
    }

    /// No agent could take a call.
    pub(super) fn no_agents(&self) -> Reason {
        let (queue, crowd) = (self.queue(), self.crowd());
        let (code, text) = match crowd {
            Crowd { paused, unavailable, .. } if crowd.logged_in() == 0 && paused > 0 => {
                let others =
                    if unavailable > 0 { format!(", {unavailable} not reachable") } else { String::new() };
                (Code::NoIdleAgent, format!("no idle agent in {queue}: {paused} paused{others}"))
            }
            Crowd { unavailable, .. } if crowd.logged_in() == 0 && unavailable > 0 => (
                Code::NobodyLoggedIn,
                format!(
                    "nobody is logged in to {queue}: the phones of {unavailable} members are not reachable"
                ),
            ),
            _ if crowd.logged_in() == 0 => {
                (Code::NobodyLoggedIn, format!("nobody is logged in to {queue}: the queue has no members"))
            }
            _ => (Code::NoIdleAgent, format!("no idle agent in {queue}: {}", doing(crowd))),
        };
        with_figures(Reason::new(code, text).name("queue", queue), crowd)
    }

    pub(super) fn dialing(&self, more: &str) -> Reason {
        let crowd = self.crowd();
        if self.pulse.ringing == 0 {
            return with_figures(self.claiming(), crowd);
        }
        let mut text = format!("dialing: {} in flight", calls_of(self.pulse.in_flight));
        text += more;
        if crowd != Crowd::default() {
            text += &format!("; {}: {}", self.queue(), doing(crowd));
        }
        with_figures(Reason::new(Code::Dialing, text).count("in_flight", self.pulse.in_flight), crowd)
    }

    /// How long the oldest claim that is not answered has been waiting; `None` where there is none.
    pub(super) fn claim_waits(&self) -> Option<Duration> {
        let engine = self.engine;
        let of_offers = engine.previews.asked.values().map(|asked| &asked.request);
        let own = engine.requests.values().chain(of_offers).filter(|r| r.campaign == self.row.uuid);
        own.map(|request| request.asked).min().map(|asked| self.now.mono.since(asked))
    }

    pub(super) fn claim_is_slow(&self) -> bool {
        self.pulse.claiming > 0 && self.claim_waits().is_some_and(|waits| waits > CLAIM_IS_SLOW)
    }

    pub(super) fn claiming(&self) -> Reason {
        let waits = self.claim_waits();
        let mut text = format!("leads for {} are being claimed", calls_of(self.pulse.claiming));
        if let Some(waits) = waits.filter(|waits| *waits > CLAIM_IS_SLOW) {
            text += &format!("; the database has not answered for {}", span(waits));
        }
        let since = waits.map(|waits| self.moments().ago(waits));
        Reason { since, ..Reason::new(Code::Claiming, text).count("claiming", self.pulse.claiming) }
    }

    pub(super) fn by_agents(&self, idle: u32, unanswered: u32, waiting: u32) -> Reason {
        let crowd = self.crowd();
        if crowd.idle == 0 {
            return self.no_agents();
        }
        if self.pulse.dials() {
            return self.dialing(", for all agents who are idle");
        }
        let mut takes = Vec::new();
        // Who waits and is none of ours is counted with who waits.
        let others = self.other_callers().min(waiting);
        match waiting - others {
            0 => {}
            1 => takes.push("1 answered call waits for them".to_owned()),
            ours => takes.push(format!("{ours} answered calls wait for them")),
        }
        match others {
            0 => {}
            1 => takes.push("1 caller of others waits in the queue".to_owned()),
            others => takes.push(format!("{others} callers of others wait in the queue")),
        }
        if unanswered > 0 {
            takes.push(format!("{} on the way to them", calls_of(unanswered)));
        }
        if crowd.idle > idle {
            takes.push(format!("calls of other queues will take {}", crowd.idle - idle));
        }
        let queue = self.queue();
        let takes =
            if takes.is_empty() { "calls are on the way to them".to_owned() } else { takes.join(", ") };
        let text = format!("the idle agents in {queue} are spoken for: {takes} ({})", doing(crowd));
        let reason = Reason::new(Code::AgentsSpokenFor, text).name("queue", queue);
        let reason = reason.count("waiting", waiting).count("unanswered", unanswered);
        with_figures(if others > 0 { reason.count("other_callers", others) } else { reason }, crowd)
    }

    pub(super) fn by_level(&self, idle: u32, level: i32, dialings: u32) -> Reason {
        if idle == 0 && level <= 0 {
            return self.no_agents();
        }
        if self.pulse.dials() {
            return self.dialing(", as many as the service level allows");
        }
        let text = format!(
            "with {idle} idle {}, the service level of {level} allows {} at once; {dialings} {} not over",
            if idle == 1 { "agent" } else { "agents" },
            calls_of(idle.saturating_add_signed(level)),
            if dialings == 1 { "is" } else { "are" }
        );
        let reason = Reason::new(Code::ServiceLevel, text).count("dialings", dialings);
        with_figures(reason.number("service_level", f64::from(level)), self.crowd())
    }

    pub(super) fn by_prediction(&self, prediction: &Prediction) -> Reason {
        let crowd = self.crowd();
        let chance = prediction.chance_in_words();
        let seen = |reason: Reason| {
            let percent = |share: f64| (share * 1000.0).round() / 10.0;
            let reason =
                reason.count("queue_in_flight", prediction.in_flight).count("waiting", prediction.waiting);
            match prediction.bound {
                Bound::Chance => reason
                    .number("chance_percent", percent(prediction.chance))
                    .number("allowed_percent", percent(prediction.theta)),
                Bound::Asked | Bound::NobodyThere | Bound::PerAgent | Bound::ProgressiveOnly => reason,
            }
        };
        match prediction.bound {
            Bound::NobodyThere => self.no_agents(),
            Bound::PerAgent => {
                with_figures(seen(Reason::new(Code::CallsPerAgent, prediction.to_string())), crowd)
            }
            Bound::Asked => seen(self.dialing(", nothing holds it back")),
            Bound::Chance if self.pulse.dials() => seen(self.dialing(&format!("; {chance}"))),
            Bound::ProgressiveOnly if self.pulse.dials() => seen(self.dialing(", for agents who are idle")),
            Bound::Chance | Bound::ProgressiveOnly if crowd.idle == 0 => seen(self.no_agents()),
            Bound::Chance => {
                let text = format!("{chance}; {}: {}", self.queue(), doing(crowd));
                with_figures(seen(Reason::new(Code::Predicted, text)), crowd)
            }
            Bound::ProgressiveOnly => {
                seen(self.by_agents(prediction.idle, prediction.in_flight, prediction.waiting))
            }
        }
    }

    pub(super) fn by_offers(&self) -> Reason {
        let (queue, crowd) = (self.queue(), self.crowd());
        if self.pulse.offers > 0 {
            let wait = match self.pulse.offers {
                1 => "1 offer waits for the answer of an agent".to_owned(),
                offers => format!("{offers} offers wait for the answers of agents"),
            };
            let text = format!("{wait} in {queue} ({})", doing(crowd));
            return with_figures(
                Reason::new(Code::OffersOpen, text).count("offers", self.pulse.offers),
                crowd,
            );
        }
        if self.pulse.claiming > 0 {
            return with_figures(self.claiming(), crowd);
        }
        if crowd.idle == 0 {
            return self.no_agents();
        }
        let places = self.engine.pbxs.iter().enumerate().map(|(at, _)| PbxId(at));
        let ends = places
            .filter(|at| self.pbx.is_none_or(|pbx| pbx == *at))
            .filter_map(|at| self.engine.next_agent_back(at));
        let moments = self.moments();
        let until = ends.min().map(|at| moments.wall(at));
        let mut text = match crowd.idle {
            1 => format!("1 idle agent in {queue} is left alone for now"),
            idle => format!("{idle} idle agents in {queue} are left alone for now"),
        };
        if let Some(until) = until {
            text += &format!(" (the next for {})", moments.until(until));
        }
        with_figures(Reason { until, ..Reason::new(Code::AgentsLeftAlone, text) }, crowd)
    }
}

pub(super) fn abandoned(used_up: &UsedUp, zone: &jiff::tz::TimeZone) -> Reason {
    let until = midnight(used_up.more_on, zone);
    let percent = |part: u64, of: u64| {
        let hundredths = (10_000 * part + of.max(1) / 2) / of.max(1);
        f64::from(u32::try_from(hundredths).unwrap_or(u32::MAX)) / 100.0
    };
    let reason = Reason::new(Code::AbandonBudget, used_up.to_string())
        .count("abandoned", used_up.abandoned)
        .count("answered", used_up.answered)
        .count("window_days", used_up.window_days)
        .count("more_answers", used_up.more_answers)
        .number("abandoned_percent", percent(used_up.abandoned, used_up.answered))
        .number("cap_percent", f64::from(used_up.cap) / 100.0);
    Reason { until, ..reason }
}

/// When a day begins in a zone.
fn midnight(day: Day, zone: &jiff::tz::TimeZone) -> Option<Wall> {
    let utc = jiff::Timestamp::from_second(i64::from(day.0) * 86_400).ok()?;
    let date = jiff::tz::TimeZone::UTC.to_datetime(utc).date();
    let begins = date.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Wall(begins.as_second().saturating_mul(1_000_000_000)))
}

/// `12 logged in, 10 talking, 2 in wrap-up; 3 paused`
fn doing(crowd: Crowd) -> String {
    let states = [
        (crowd.idle, "idle"),
        (crowd.ringing, "ringing"),
        (crowd.talking, "talking"),
        (crowd.wrap_up, "in wrap-up"),
    ];
    let mut text = format!("{} logged in", crowd.logged_in());
    for (count, state) in states.into_iter().filter(|(count, _)| *count > 0) {
        text += &format!(", {count} {state}");
    }
    let others = [(crowd.paused, "paused"), (crowd.unavailable, "not reachable")];
    let others =
        others.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
    let others: Vec<String> = others.collect();
    if others.is_empty() { text } else { format!("{text}; {}", others.join(", ")) }
}

pub(super) fn with_crowd(reason: Reason, crowd: Crowd) -> Reason {
    let text = format!("{} ({})", reason.text, doing(crowd));
    with_figures(Reason { text, ..reason }, crowd)
}

fn with_figures(reason: Reason, crowd: Crowd) -> Reason {
    if crowd == Crowd::default() && reason.code == Code::Dialing {
        return reason;
    }
    reason
        .count("agents_logged_in", crowd.logged_in())
        .count("agents_idle", crowd.idle)
        .count("agents_ringing", crowd.ringing)
        .count("agents_talking", crowd.talking)
        .count("agents_wrap_up", crowd.wrap_up)
        .count("agents_paused", crowd.paused)
        .count("agents_unavailable", crowd.unavailable)
}
