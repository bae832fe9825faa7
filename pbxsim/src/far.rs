//! The other side of a call: the steps of its plan, and what Asterisk makes of them.

use crate::channel::{Key, Role, Slot, State, Target, Waits};
use crate::hangup::{By, End};
use crate::kind::Kind;
use crate::originate::wait_data;
use crate::plan::Step;
use crate::sim::Sim;
use crate::time::Time;

/// Answer() of a Local leg waits so long for media.
const ANSWER_PAUSE: Time = Time::from_millis(500);

/// Where the OriginateResponse of an answered call stands among the other events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    BeforeDialEnd,
    AfterDialEnd,
    AfterFirstSteps,
    Late,
}

impl Sim {
    /// The next steps of the other side, up to one that takes time. `far` is the `;2` half, or the SIP channel.
    pub(crate) fn far_step(&mut self, far: Key) {
        loop {
            let Some(channel) = self.channels.get_mut(far) else { return };
            let Some(plan) = &mut channel.plan else { return };
            let step = plan.steps.pop_front().unwrap_or(Step::Hangup(0));
            let again = std::mem::replace(&mut plan.begun, true);
            let near = if matches!(channel.role, Role::FarHalf) {
                channel.priority += u32::from(again);
                channel.half
            } else {
                Some(far)
            };
            let Some(near) = near else { return };
            if near != far {
                self.show_step(far, &step);
            }
            if let Some(pause) = self.far_does(near, far, &step) {
                self.set_timer(far, Slot::Far, pause);
                return;
            }
        }
    }

    /// A step of the `;2` half is seen as an extension that it runs.
    fn show_step(&mut self, far: Key, step: &Step) {
        if !self.wants(Kind::Newexten) {
            return;
        }
        let (app, data) = match step {
            Step::Ring => ("Ringing", String::new()),
            Step::Progress => ("Progress", String::new()),
            Step::Wait(time) => ("Wait", wait_data(*time)),
            Step::Answer => ("Answer", String::new()),
            Step::Busy => ("Busy", "1".to_owned()),
            Step::Congestion => ("Congestion", "1".to_owned()),
            Step::Playback(sound, _) => ("Playback", (*sound).to_owned()),
            Step::Hangup(cause) => ("Hangup", cause.to_string()),
        };
        self.new_exten(far, app, &data);
    }

    /// Does one step; a pause when it takes time. The channel is gone after a step that ends the call.
    fn far_does(&mut self, near: Key, far: Key, step: &Step) -> Option<Time> {
        let local = near != far;
        match step {
            Step::Ring => self.far_rings(near),
            Step::Progress => {
                self.dial_event(Kind::DialState, None, near, &[("DialStatus", "PROGRESS")]);
            }
            Step::Wait(time) | Step::Playback(_, time) => return Some(*time),
            Step::Answer => {
                self.far_answers(near, far);
                return Some(if local { ANSWER_PAUSE } else { Time::ZERO });
            }
            Step::Busy => self.end_call(near, End::far(17, By::BusyApp)),
            Step::Congestion => self.end_call(near, End::far(34, By::BusyApp)),
            Step::Hangup(cause) => self.end_call(near, End::far(*cause, By::FarSide)),
        }
        None
    }

    fn far_rings(&mut self, near: Key) {
        let Some(channel) = self.channels.get(near) else { return };
        let (device, local) = (channel.device.clone(), channel.is_local());
        self.set_state(near, State::Ringing);
        self.channel_event(Kind::Newstate, near, &[]);
        if local {
            self.device_state(&device, "INUSE");
        }
        self.dial_event(Kind::DialState, None, near, &[("DialStatus", "RINGING")]);
        if !local {
            self.trunk_change(&device, State::Down, Some(State::Ringing));
        }
    }

    fn far_answers(&mut self, near: Key, far: Key) {
        let place = self.response_place();
        self.cancel(near, Slot::Timeout);
        let now = self.now;
        let Some(channel) = self.channels.get_mut(near) else { return };
        channel.answered = Some(now);
        let Some(origin) = &mut channel.origin else { return };
        origin.answered_response_due = true;
        let target = origin.target.clone();
        self.counts.answered += 1;
        self.log_answer(near);
        if place == Place::First {
            self.originate_success(near);
        }
        self.up(near, far);
        if place == Place::BeforeDialEnd {
            self.originate_success(near);
        }
        self.dial_event(Kind::DialEnd, None, near, &[("DialStatus", "ANSWER")]);
        if place == Place::AfterDialEnd {
            self.originate_success(near);
        }
        if place == Place::Late {
            let delay = Time::from_micros(500 + u64::from(self.chance.below(8_000)));
            self.set_timer(near, Slot::Response, delay);
        }
        self.enter_target(near, target);
        if place == Place::AfterFirstSteps {
            self.originate_success(near);
        }
    }

    /// On success the OriginateResponse was before DialEnd in about 55 of 100 calls.
    fn response_place(&mut self) -> Place {
        match self.chance.below(20) {
            0..4 => Place::First,
            4..11 => Place::BeforeDialEnd,
            11..15 => Place::AfterDialEnd,
            15..19 => Place::AfterFirstSteps,
            _ => Place::Late,
        }
    }

    fn up(&mut self, near: Key, far: Key) {
        let Some(device) = self.channels.get(near).map(|channel| channel.device.clone()) else { return };
        if near != far {
            self.set_state(far, State::Up);
            self.channel_event(Kind::Newstate, far, &[]);
        }
        let before = self.set_state(near, State::Up);
        self.channel_event(Kind::Newstate, near, &[]);
        if near == far {
            self.trunk_change(&device, before.unwrap_or(State::Down), Some(State::Up));
        } else {
            self.device_state(&device, "INUSE");
            self.device_state(&device, "INUSE");
        }
    }

    /// The answered call goes where the Originate said.
    fn enter_target(&mut self, near: Key, target: Target) {
        let Some(channel) = self.channels.get_mut(near) else { return };
        match target {
            Target::Exten { context, exten, priority } => {
                channel.role = Role::InDialplan;
                if !context.is_empty() {
                    channel.context = context;
                }
                if !exten.is_empty() {
                    channel.exten = exten;
                }
                channel.priority = priority;
                self.run(near);
            }
            Target::App { app, data } => {
                channel.role = Role::InApplication;
                channel.app.clone_from(&app);
                channel.data.clone_from(&data);
                self.start_app(near, &app, &data);
            }
        }
    }

    /// Talks with an agent for so long, then the customer (or else the agent) hangs up.
    pub(crate) fn talk(&mut self, near: Key, leg: Key) {
        let customer_ends = self.chance.hits(self.scenario.customers.customer_hangs_up);
        let far = self.far_of(near);
        let Some(channel) = self.channels.get_mut(far) else { return };
        let Some(plan) = &mut channel.plan else { return };
        let Some(talk) = plan.talk else { return };
        plan.steps.clear();
        plan.steps.push_back(Step::Hangup(16));
        if customer_ends {
            self.set_timer(far, Slot::Far, talk);
        } else {
            self.cancel(far, Slot::Far);
            self.set_timer(leg, Slot::Agent, talk);
        }
    }

    /// Who executes the plan of the called party.
    pub(crate) fn far_of(&self, near: Key) -> Key {
        self.channels.get(near).and_then(|channel| channel.half).unwrap_or(near)
    }

    /// The Timeout of the Originate has passed without an answer.
    pub(crate) fn dial_timeout(&mut self, near: Key) {
        let dialing = self.channels.get(near).is_some_and(|channel| matches!(channel.role, Role::Dialing));
        if dialing {
            self.end_call(near, End { cause: 19, by: By::Timeout });
        }
    }

    /// What the dialplan of a channel waited for has come.
    pub(crate) fn near_done(&mut self, near: Key) {
        let Some(channel) = self.channels.get_mut(near) else { return };
        let waited = std::mem::replace(&mut channel.waits, Waits::Nothing);
        match waited {
            Waits::Amd => self.amd_verdict(near),
            Waits::Time => self.resume(near),
            Waits::Queue | Waits::Nothing => {}
        }
    }
}
