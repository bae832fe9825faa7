//! Calls: from dialing to an agent, or to nobody.

use super::{Day, Happening, Reason, ms, s};
use crate::chance::{Chance, Stream};
use crate::protocol::{Event, Why};

/// What is settled about a call when it is dialed.
pub(super) struct Call {
    person: bool,
    /// Milliseconds with an agent.
    talk: u64,
    /// Milliseconds of detection, and whether it says machine.
    detection: Option<(u64, bool)>,
    answered_at: u64,
    offered_at: u64,
}

impl Day<'_> {
    /// Places a call: its whole fate is drawn now, always in the same order.
    pub(super) fn dial(&mut self) {
        let id = self.calls.len() as u64 + 1;
        let room = self.room;
        let mut chance = Chance::new(room.seed, self.rep, Stream::Call(id));
        let outcome = chance.unit();
        let person = chance.unit() >= room.machines.share;
        let verdict = chance.unit();
        let setup = ms(chance.draw(room.setup_s));
        let talk = chance.draw(if person { room.talk_s } else { room.machines.talk_s });
        let detection = room.machines.detection.map(|detection| {
            let says_machine = verdict < if person { detection.mistaken } else { detection.detected };
            (ms(chance.draw(detection.delay_s)), says_machine)
        });
        let share = room.answer.at(s(self.now), room.day_s, self.answer_factor);
        let end = if outcome < share {
            let ring = ms(chance.draw_below(room.ring_s, room.ring_timeout_s));
            (ring, Happening::Answer(id))
        } else if outcome >= 1.0 - room.busy {
            (0, Happening::Fail(id, Reason::Busy))
        } else if outcome >= 1.0 - room.busy - room.other_failures {
            (0, Happening::Fail(id, Reason::Other))
        } else {
            (ms(room.ring_timeout_s), Happening::Fail(id, Reason::NoAnswer))
        };
        self.at(self.now + setup + end.0, end.1);
        self.calls.push(Call { person, talk: ms(talk), detection, answered_at: 0, offered_at: 0 });
        self.counts.inflight += 1;
        self.tally.calls += u64::from(self.measured(self.now));
        self.events.push(Event::Dialed { t: s(self.now), call: id });
    }

    pub(super) fn fail(&mut self, call: u64, why: Why) {
        self.counts.inflight -= 1;
        self.events.push(Event::Failed { t: s(self.now), call, why });
    }

    pub(super) fn answer(&mut self, id: u64) {
        let (now, measured) = (self.now, self.measured(self.now));
        self.events.push(Event::Answered { t: s(now), call: id });
        let Some(call) = call(&mut self.calls, id) else { return };
        call.answered_at = now;
        let (person, detection) = (call.person, call.detection);
        if person && measured {
            self.tally.persons += 1;
            self.window(now).0 += 1;
        }
        match detection {
            Some((delay, _)) => self.at(now + delay, Happening::Verdict(id)),
            None => self.offer(id),
        }
    }

    pub(super) fn verdict(&mut self, id: u64) {
        let Some(call) = call(&mut self.calls, id) else { return };
        let (person, answered_at) = (call.person, call.answered_at);
        if !call.detection.is_some_and(|(_, says_machine)| says_machine) {
            return self.offer(id);
        }
        self.tally.mistaken += u64::from(person && self.measured(answered_at));
        self.fail(id, Why::Machine);
    }

    fn offer(&mut self, id: u64) {
        self.counts.inflight -= 1;
        let now = self.now;
        if let Some(call) = call(&mut self.calls, id) {
            call.offered_at = now;
        }
        self.events.push(Event::Offered { t: s(now), call: id });
        match self.idle.pop_front() {
            Some(agent) => self.connect(id, agent),
            None => {
                self.waiting.push_back(id);
                self.at(now + ms(self.room.patience_s), Happening::GiveUp(id));
            }
        }
    }

    /// Nothing, where the call has found an agent.
    pub(super) fn give_up(&mut self, id: u64) {
        let Some(index) = self.waiting.iter().position(|waiting| *waiting == id) else { return };
        self.waiting.remove(index);
        self.events.push(Event::Abandoned { t: s(self.now), call: id });
        let Some(call) = call(&mut self.calls, id) else { return };
        let (person, answered_at) = (call.person, call.answered_at);
        if person && self.measured(answered_at) {
            self.tally.abandoned += 1;
            self.window(answered_at).1 += 1;
        }
    }

    /// An agent takes the call: the seconds that it waited, the milliseconds of its talk.
    pub(super) fn served(&mut self, id: u64) -> (f64, u64) {
        let now = self.now;
        let Some(call) = call(&mut self.calls, id) else { return (0.0, 0) };
        let (waited, talk, machine, at) =
            (s(now - call.offered_at), call.talk, !call.person, call.answered_at);
        self.tally.machines_served += u64::from(machine && self.measured(at));
        (waited, talk)
    }

    /// Whether the call that is over was with a person.
    pub(super) fn was_person(&self, id: u64) -> bool {
        self.calls.get(id as usize - 1).is_none_or(|call| call.person)
    }
}

fn call(calls: &mut [Call], id: u64) -> Option<&mut Call> {
    calls.get_mut(id as usize - 1)
}
