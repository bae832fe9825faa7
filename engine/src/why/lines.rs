//! Reasons that lie with Asterisks and their trunks: they are away, full, given calls as fast as they may be, or refuse them.

use std::time::Duration;

use super::moment::Moments;
use super::words::distance;
use super::{Ask, Code, Reason};
use crate::input::PbxId;
use crate::limits::Slowdown;
use crate::pacing::Limit;

impl Ask<'_> {
    /// Where a limit was found that may be any Asterisk's: the first whose numbers say so.
    pub(super) fn server_of(&self, limit: &Limit) -> Option<PbxId> {
        let is = |server: &crate::pbx::Pbx| match limit {
            Limit::Channels => server.free_channels() == 0,
            Limit::Rate => server.rate.available(self.now.mono) == 0,
            Limit::AsteriskRefuses { asterisk, .. } => *asterisk == *server.name,
            _ => true,
        };
        let ready = || (0..self.engine.pbxs.len()).filter(|at| self.engine.pbxs[*at].is_ready());
        let found = || ready().find(|at| is(&self.engine.pbxs[*at])).or_else(|| ready().next()).map(PbxId);
        self.pbx.or_else(found)
    }

    pub(super) fn by_server(&self, limit: &Limit) -> Reason {
        let Some(pbx) = self.server_of(limit) else { return self.all_away() };
        let (server, moments) = (&self.engine.pbxs[pbx.0], self.moments());
        let name = &server.name;
        match limit {
            Limit::Channels => {
                let (calls, max) = (server.in_flight, server.limits.max_channels);
                let mut text = format!("channel limit of Asterisk {name}: {calls} of {max} calls at once");
                if calls < max {
                    text += "; an offer takes two";
                }
                Reason::new(Code::AsteriskChannels, text).count("calls", calls).count("max_channels", max)
            }
            Limit::AsteriskRefuses { slowdown, .. } => {
                let until = server.health.next(self.now.mono).map(|at| moments.wall(at));
                let text = format!("Asterisk {name} refuses calls {slowdown}");
                Reason { until, ..slowed(Reason::new(Code::AsteriskRefuses, text), *slowdown, &moments) }
            }
            _ => {
                let until = server.rate.next(self.now.mono).map(|at| moments.wall(at));
                let max_cps = server.limits.max_cps;
                let text =
                    format!("calls-per-second limit of Asterisk {name}: {}", at_most(&max_cps.to_string()));
                Reason { until, ..Reason::new(Code::AsteriskRate, text).number("max_cps", max_cps) }
            }
        }
        .name("asterisk", name.as_ref())
    }

    pub(super) fn by_trunk(&self, limit: &Limit) -> Reason {
        let moments = self.moments();
        let trunk_of = |name: &str| {
            let all = self
                .engine
                .pbxs
                .iter()
                .enumerate()
                .filter(|(at, server)| server.is_ready() && self.pbx.is_none_or(|pbx| pbx.0 == *at));
            let mut trunks =
                all.flat_map(|(_, server)| server.trunks.iter().map(move |trunk| (server, trunk)));
            trunks.find(|(_, trunk)| trunk.name.as_ref().map_or("", |name| name.as_str()) == name)
        };
        let named = |name: &str| {
            let at = trunk_of(name).map(|(server, _)| format!(" on {}", server.name)).unwrap_or_default();
            if name.is_empty() { format!("dialing without a trunk{at}") } else { format!("trunk {name}{at}") }
        };
        let next = |name: &str| {
            let at = trunk_of(name).and_then(|(_, trunk)| trunk.next(self.now.mono));
            at.map(|at| moments.wall(at))
        };
        match limit {
            Limit::TrunkChannels { trunk, max } => {
                let calls = trunk_of(trunk).map_or(*max, |(_, trunk)| trunk.in_flight);
                let text = format!("channel limit of {}: {calls} of {max} calls at once", named(trunk));
                let reason = Reason::new(Code::TrunkChannels, text).name("trunk", trunk);
                reason.count("calls", calls).count("max_channels", *max)
            }
            Limit::TrunkRate { trunk, max_cps } => {
                let text = format!("calls-per-second limit of {}: {}", named(trunk), at_most(max_cps));
                let reason = Reason::new(Code::TrunkRate, text).name("trunk", trunk);
                Reason { until: next(trunk), ..reason.number("max_cps", max_cps.parse().unwrap_or_default()) }
            }
            Limit::TrunkCongested { trunk, slowdown } => {
                let text = format!("{} is congested {slowdown}", named(trunk));
                let reason = Reason::new(Code::TrunkCongested, text).name("trunk", trunk);
                Reason { until: next(trunk), ..slowed(reason, *slowdown, &moments) }
            }
            Limit::Trunks(limits) => {
                let reasons: Vec<Reason> = limits.iter().map(|limit| self.by_trunk(limit)).collect();
                of_trunks(reasons.iter())
            }
            other => self.by_server(other),
        }
    }

    pub(super) fn no_queue(&self) -> Reason {
        let queue = self.queue();
        let without = |(at, server): &(usize, &crate::pbx::Pbx)| {
            server.is_ready()
                && server.queues.staff(&queue).is_none()
                && self.pbx.is_none_or(|pbx| pbx.0 == *at)
        };
        let names: Vec<String> = self
            .engine
            .pbxs
            .iter()
            .enumerate()
            .filter(without)
            .map(|(_, server)| server.name.to_string())
            .collect();
        let mut text = format!("no queue {queue} on {}", names.join(", "));
        if self.pbx.is_none() {
            for away in (0..self.engine.pbxs.len()).filter(|at| !self.engine.pbxs[*at].is_ready()) {
                text += &format!("; {}", self.absence(PbxId(away)).text);
            }
        }
        Reason::new(Code::NoSuchQueue, text).name("queue", queue)
    }

    /// Why one Asterisk is given no calls.
    pub(super) fn absence(&self, pbx: PbxId) -> Reason {
        let server = &self.engine.pbxs[pbx.0];
        let name = server.name.to_string();
        if server.up.is_some() {
            let text = format!("Asterisk {name} has just connected; its channels and queues are being read");
            return Reason::new(Code::Comparing, text).name("asterisk", name);
        }
        let since = server.away_since;
        let text = format!("Asterisk {name} is not connected since {}", self.moments().at(since));
        Reason { since: Some(since), ..Reason::new(Code::NotConnected, text).name("asterisk", name) }
    }

    pub(super) fn all_away(&self) -> Reason {
        let away = (0..self.engine.pbxs.len()).filter(|at| !self.engine.pbxs[*at].is_ready());
        let reasons: Vec<Reason> = away.map(|at| self.absence(PbxId(at))).collect();
        let Some(first) = reasons.iter().min_by_key(|reason| distance(reason.code)) else {
            return Reason::new(Code::NotConnected, "there is no Asterisk in the config");
        };
        let text: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
        Reason { text: text.join("; "), ..first.clone() }
    }
}

/// A rate that is not gone above.
pub(super) fn at_most(max_cps: &str) -> String {
    format!("at most {max_cps} {} a second", if max_cps == "1" { "call" } else { "calls" })
}

/// One trunk's reason, or several trunks, each with its own.
pub(super) fn of_trunks<'a>(reasons: impl Iterator<Item = &'a Reason>) -> Reason {
    let of_trunk = |code| matches!(code, Code::TrunkChannels | Code::TrunkRate | Code::TrunkCongested);
    let reasons: Vec<&Reason> = reasons.filter(|reason| of_trunk(reason.code)).collect();
    if let [only] = reasons[..] {
        return only.clone();
    }
    let texts: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
    let text = format!("no trunk takes a call: {}", texts.join("; "));
    let until = reasons.iter().filter_map(|reason| reason.until).min();
    Reason { until, ..Reason::new(Code::Trunks, text) }
}

fn slowed(reason: Reason, slowdown: Slowdown, moments: &Moments) -> Reason {
    let reason = reason.count("refused", slowdown.refused).count("of", slowdown.of);
    let since = Some(moments.ago(Duration::from_secs(slowdown.since_s.into())));
    Reason { since, ..reason.count("every_ms", slowdown.every_ms) }
}
