//! The end of a call: who ends it, what that does to both halves, and in which order it is told.

use crate::cause;
use crate::channel::{Channel, Digits, Key, Role, State, Waits};
use crate::kind::Kind;
use crate::sim::Sim;

/// Who ends a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The called party, or the network.
    FarSide,
    /// Busy() or Congestion() of the called party's dialplan.
    BusyApp,
    /// `Action: Hangup`.
    Dialer,
    /// The end of the dialplan, or Hangup() in it.
    Dialplan,
    /// The end of the application that the Originate named.
    Application,
    /// The agent whom it talked to.
    Agent,
    /// The Timeout of the Originate.
    Timeout,
    /// The PBX stops.
    Shutdown,
}

/// How a call ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) cause: u16,
    pub(crate) by: By,
}

impl End {
    pub(crate) fn far(cause: u16, by: By) -> Self {
        Self { cause, by }
    }
}

/// Where the OriginateResponse of a failed call stands: before DialEnd, after it, or after the Hangup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    BeforeDialEnd,
    AfterDialEnd,
    AfterHangup,
}

impl Sim {
    /// Ends a call; `near` is the channel of the Originate.
    pub(crate) fn end_call(&mut self, near: Key, end: End) {
        let Some(channel) = self.channels.get(near) else { return };
        let (state, half) = (channel.state, channel.half);
        let answered = channel.answered.is_some();
        let device = channel.device.clone();
        self.cancel_all(near);
        self.originate_success(near);
        let end = self.as_seen_here(near, end);
        match half {
            Some(two) if end.by == By::FarSide => self.far_half_hangs_up(near, two, end.cause),
            Some(two) if end.by == By::BusyApp => {
                self.set_state(two, State::Busy);
                self.channel_event(Kind::Newstate, two, &[]);
            }
            Some(_) => {}
            None => self.sip_hangs_up(near, end, answered),
        }
        let place = if answered { Place::AfterHangup } else { self.dial_fails(near, end) };
        self.leave(near, end);
        self.leave_dialplan(near, end);
        let gone = self.near_half_goes(near, half, end, answered);
        if let Some(gone) = gone {
            self.settle(&gone, end, answered, place);
            self.devices_after(&device, state, half.is_some());
        }
    }

    /// A plain BYE has no cause on a trunk; Hangup(16) of a Local leg has.
    fn as_seen_here(&self, near: Key, end: End) -> End {
        let bye = self
            .channels
            .get(near)
            .is_some_and(|c| !c.is_local() && c.answered.is_some() && c.bridge.is_none());
        if bye && end.by == By::FarSide { End { cause: 0, ..end } } else { end }
    }

    fn far_half_hangs_up(&mut self, near: Key, two: Key, cause: u16) {
        self.channel_event(Kind::SoftHangupRequest, two, &[("Cause", "16")]);
        let code = Digits::of(cause.into());
        self.channel_event(Kind::HangupRequest, near, &[("Cause", code.text())]);
        self.hangup_event(two, cause, None);
    }

    fn sip_hangs_up(&mut self, near: Key, end: End, answered: bool) {
        if !matches!(end.by, By::FarSide | By::BusyApp) {
            return;
        }
        if answered {
            self.sound_reports(near);
            self.channel_event(Kind::HangupRequest, near, &[]);
            return;
        }
        let (code, sip) = (Digits::of(end.cause.into()), Digits::of(cause::sip_refusal(end.cause).into()));
        self.channel_event(Kind::HangupRequest, near, &[("Cause", code.text()), ("TechCause", sip.text())]);
    }

    /// The end of the dial of an Originate that was not answered. A timeout has no DialEnd.
    fn dial_fails(&mut self, near: Key, end: End) -> Place {
        let place = match self.chance.below(100) {
            0..36 => Place::BeforeDialEnd,
            36..74 => Place::AfterDialEnd,
            _ => Place::AfterHangup,
        };
        if place == Place::BeforeDialEnd {
            self.originate_failure(near, end);
        }
        if end.by != By::Timeout {
            let status = match end.by {
                By::FarSide | By::BusyApp => cause::dial_status(end.cause),
                _ => "NOANSWER",
            };
            self.dial_event(Kind::DialEnd, None, near, &[("DialStatus", status)]);
        }
        if place == Place::AfterDialEnd {
            self.originate_failure(near, end);
        }
        place
    }

    fn originate_failure(&mut self, near: Key, end: End) {
        let Some(channel) = self.channels.get_mut(near) else { return };
        let Some(origin) = channel.origin.take() else { return };
        let (id, caller) = (channel.uniqueid.clone(), channel.cid.clone());
        let local = channel.is_local();
        self.response_event(&origin, false, reason(end, local), (&origin.requested, &id), &caller);
    }

    /// Leaves the application that it is in.
    fn leave(&mut self, near: Key, end: End) {
        let Some(channel) = self.channels.get_mut(near) else { return };
        match std::mem::replace(&mut channel.waits, Waits::Nothing) {
            Waits::Amd => {
                self.var_set(near, "AMDSTATUS", "HANGUP");
                self.var_set(near, "AMDCAUSE", "");
            }
            Waits::Queue => self.leave_queue(near, end.by),
            Waits::Time | Waits::Nothing => {}
        }
    }

    /// Who runs the dialplan is asked to stop and runs the extension `h`, if there is one.
    fn leave_dialplan(&mut self, near: Key, end: End) {
        if end.by == By::Shutdown {
            self.channel_event(Kind::SoftHangupRequest, near, &[("Cause", "4")]);
        }
        let Some(channel) = self.channels.get(near) else { return };
        if !matches!(channel.role, Role::InDialplan) {
            return;
        }
        self.channel_event(Kind::SoftHangupRequest, near, &[("Cause", "16")]);
        self.run_h(near, end.cause);
    }

    fn near_half_goes(&mut self, near: Key, half: Option<Key>, end: End, answered: bool) -> Option<Channel> {
        let two = half.filter(|two| self.channels.get(*two).is_some());
        // Busy() of a Local leg leaves no cause on the half that we see.
        let local_busy = half.is_some() && end.by == By::BusyApp;
        let seen = if local_busy { 0 } else { end.cause };
        if let Some(two) = two {
            let code = Digits::of(seen.into());
            self.channel_event(Kind::HangupRequest, two, &[("Cause", code.text())]);
        }
        let own = !matches!(end.by, By::FarSide | By::BusyApp);
        if half.is_none() && answered && own {
            self.sound_reports(near);
        }
        let tech_cause = match (half, own) {
            (Some(_), _) => None,
            (None, false) if answered => None,
            (None, false) => Some(cause::sip_refusal(end.cause)),
            (None, true) => cause::own_tech_cause(end.cause),
        };
        let gone = self.hangup_event(near, seen, tech_cause);
        if let Some(two) = two {
            self.channel_event(Kind::SoftHangupRequest, two, &[("Cause", "16")]);
            self.hangup_event(two, end.cause, None);
        }
        gone
    }

    /// What is left to tell and to count once the channel is gone.
    fn settle(&mut self, gone: &Channel, end: End, answered: bool, place: Place) {
        if let Some(origin) = gone.origin.as_ref().filter(|_| place == Place::AfterHangup && !answered) {
            let why = reason(end, gone.is_local());
            self.response_event(origin, false, why, (&origin.requested, &gone.uniqueid), &gone.cid);
        }
        self.close_log(&gone.uniqueid);
        self.counts.ended(end, answered);
    }

    fn devices_after(&mut self, device: &str, state: State, local: bool) {
        if local {
            self.device_state(device, "NOT_INUSE");
            self.device_state(device, "NOT_INUSE");
        } else {
            self.trunk_change(device, state, None);
        }
    }
}

/// `Reason` of a failed Originate.
fn reason(end: End, local: bool) -> &'static str {
    match (end.by, end.cause) {
        (By::Timeout, _) => "3",
        (By::BusyApp, 17) if local => "5",
        (By::BusyApp, 34) if local => "8",
        _ => "0",
    }
}
