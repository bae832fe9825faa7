//! Wrap-ups: counted from the end of an agent's last call, because no event tells them.

use super::Queues;
use crate::time::{Mono, Now};

impl Queues {
    /// Ends the wrap-ups that are over.
    pub fn end_wrapups(&mut self, now: Now) {
        while self.next_wrapup().is_some_and(|at| at <= now.mono) {
            let Some((_, queue, interface)) = self.wrapups.pop_first() else { break };
            let seat = self.queues.get_mut(&queue).and_then(|queue| queue.seats.get_mut(&interface));
            if let Some(seat) = seat {
                seat.wrapup.until = None;
            }
            self.assess(&interface);
        }
    }

    /// When the next wrap-up is over.
    pub fn next_wrapup(&self) -> Option<Mono> {
        self.wrapups.first().map(|(at, _, _)| *at)
    }

    /// Counts the wrap-up that follows an agent's last call. Where calls are shared it is that of the queue whose call it
    /// was, in all of his queues; where that was not seen, the longest that it can be.
    pub(super) fn count_wrapup(&mut self, name: &str, interface: &str, now: Now) {
        let Some(agent) = self.agents.get(interface) else { return };
        if !self.shared_last_call {
            let seat = self.queues.get(name).and_then(|queue| Some((queue, queue.seats.get(interface)?)));
            if let Some((queue, seat)) = seat {
                let (last_call_s, length_s) = (seat.member.last_call_s, seat.wrapup_s(queue.wrapup_s));
                self.set_wrapup(name, interface, last_call_s, length_s, now);
            }
            return;
        }
        let seats = agent.queues.iter().filter_map(|name| {
            let queue = self.queues.get(name)?;
            let seat = queue.seats.get(interface)?;
            Some((seat.member.last_call_s, name, seat.wrapup_s(queue.wrapup_s)))
        });
        let seats: Vec<_> = seats.collect();
        let last_call_s = seats.iter().map(|(last_call_s, ..)| *last_call_s).max().unwrap_or(0);
        let of_last = seats.iter().find(|(_, name, _)| agent.last_queue.as_ref() == Some(*name));
        let longest =
            seats.iter().filter(|(at, ..)| *at == last_call_s).map(|(.., length_s)| *length_s).max();
        let length_s = of_last.map(|(.., length_s)| *length_s).or(longest).unwrap_or(0);
        for name in agent.queues.clone() {
            self.set_wrapup(&name, interface, last_call_s, length_s, now);
        }
    }

    fn set_wrapup(&mut self, name: &str, interface: &str, last_call_s: i64, length_s: u32, now: Now) {
        let seat = self.queues.get_mut(name).and_then(|queue| queue.seats.get_mut(interface));
        let Some(seat) = seat else { return };
        let before = seat.wrapup;
        seat.wrapup = before.follow(last_call_s, length_s, now);
        let after = seat.wrapup;
        if let Some(until) = before.until {
            self.wrapups.remove(&(until, name.to_owned(), interface.to_owned()));
        }
        if let Some(until) = after.until {
            self.wrapups.insert((until, name.to_owned(), interface.to_owned()));
        }
    }
}
