//! Agents whom several queues have in common, and the calls that will take them.

use std::collections::BTreeSet;

use super::{AgentState, Queue, Queues, Staff};

impl Queues {
    /// What a queue offers once the calls of the queues that share agents with it are served; `demand` says how many calls of
    /// a queue will need an agent.
    ///
    /// Each call claims one idle agent, first one whom the asking queue does not have, then one in common. So two campaigns on
    /// two queues never count the same agent both: whoever decides first has a call on its way when the other decides.
    pub fn staff_left(&self, name: &str, demand: impl Fn(&str) -> u32) -> Option<Staff> {
        let queue = self.queues.get(name)?;
        let mut claimed: BTreeSet<&str> = BTreeSet::new();
        let mut lost = 0;
        for neighbour in queue.neighbours.keys() {
            let calls = demand(neighbour);
            let Some(other) = self.queues.get(neighbour).filter(|_| calls > 0 && lost < queue.staff.idle)
            else {
                continue;
            };
            let free = other.idle().filter(|agent| !claimed.contains(agent));
            let (shared, alone): (Vec<&str>, Vec<&str>) =
                free.partition(|agent| self.state(name, agent) == AgentState::Idle);
            let alone_count = u32::try_from(alone.len()).unwrap_or(u32::MAX).min(calls);
            let taken: Vec<&str> = shared.into_iter().take((calls - alone_count) as usize).collect();
            lost += u32::try_from(taken.len()).unwrap_or(u32::MAX);
            claimed.extend(alone.into_iter().take(alone_count as usize).chain(taken));
        }
        Some(Staff { idle: queue.staff.idle.saturating_sub(lost), ..queue.staff })
    }

    /// The queues that have agents in common with this one.
    pub fn neighbours(&self, queue: &str) -> impl Iterator<Item = &str> {
        self.queues.get(queue).into_iter().flat_map(|queue| queue.neighbours.keys().map(String::as_str))
    }

    /// Callers who wait in a queue and are not ours.
    pub fn other_callers(&self, queue: &str) -> u32 {
        let callers = self.queues.get(queue).map_or(0, |queue| queue.callers.len());
        u32::try_from(callers).unwrap_or(u32::MAX)
    }

    /// An agent came to this queue: it has him in common with his other queues.
    pub(super) fn meet(&mut self, name: &str, interface: &str) {
        for other in self.others(name, interface) {
            for (a, b) in [(name, &*other), (&*other, name)] {
                if let Some(queue) = self.queues.get_mut(a) {
                    *queue.neighbours.entry(b.to_owned()).or_default() += 1;
                }
            }
        }
    }

    /// An agent leaves this queue.
    pub(super) fn part(&mut self, name: &str, interface: &str) {
        for other in self.others(name, interface) {
            for (a, b) in [(name, &*other), (&*other, name)] {
                let Some(queue) = self.queues.get_mut(a) else { continue };
                let Some(common) = queue.neighbours.get_mut(b) else { continue };
                *common = common.saturating_sub(1);
                if *common == 0 {
                    queue.neighbours.remove(b);
                }
            }
        }
    }

    fn others(&self, name: &str, interface: &str) -> Vec<String> {
        let queues = self.agents.get(interface).into_iter().flat_map(|agent| &agent.queues);
        queues.filter(|queue| *queue != name).cloned().collect()
    }
}

impl Queue {
    fn idle(&self) -> impl Iterator<Item = &str> {
        let idle = self.seats.iter().filter(|(_, seat)| seat.state == AgentState::Idle);
        idle.map(|(interface, _)| interface.as_str())
    }
}
