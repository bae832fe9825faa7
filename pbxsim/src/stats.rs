//! What a demo or a test wants to know of the world: counts of calls, and what each agent does.

use crate::agent::AgentState;
use crate::hangup::{By, End};
use crate::sim::Sim;
use crate::time::Time;
use std::collections::BTreeMap;

/// Counts of calls since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Originates that made no channel.
    pub refused_at_once: u64,
    /// Calls that somebody answered.
    pub answered: u64,
    /// Answered calls that an agent took.
    pub connected: u64,
    /// Callers who left a queue before an agent came.
    pub abandoned: u64,
    /// Callers whose time in a queue passed.
    pub queue_timeouts: u64,
    /// Calls that were not answered, whatever the reason.
    pub failed: u64,
    /// Those of them whose Originate Timeout passed.
    pub timeouts: u64,
    /// Calls that ended with each Q.850 cause and were not answered.
    pub failed_by_cause: BTreeMap<u16, u64>,
    /// Answered calls that are over.
    pub completed: u64,
}

impl Counts {
    pub(crate) fn ended(&mut self, end: End, answered: bool) {
        if answered {
            self.completed += 1;
            return;
        }
        self.failed += 1;
        self.timeouts += u64::from(end.by == By::Timeout);
        *self.failed_by_cause.entry(end.cause).or_default() += 1;
    }
}

/// What an agent does, and has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentView {
    /// His interface, such as `PJSIP/agent1`.
    pub interface: String,
    /// What he does now.
    pub state: AgentState,
    /// Since when.
    pub since: Time,
    /// Calls that he took.
    pub calls: u64,
    /// The time that he spent in each state so far.
    pub spent: BTreeMap<AgentState, Time>,
}

/// A queue at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    /// Its name.
    pub name: String,
    /// Callers in it who have no agent yet.
    pub waiting: usize,
    /// Members who could be called now.
    pub available: usize,
    /// Callers who left it before an agent came, those included whose time passed.
    pub abandoned: u64,
    /// Talks that are over.
    pub completed: u64,
}

const STATES: [AgentState; 6] = [
    AgentState::LoggedOut,
    AgentState::Idle,
    AgentState::Ringing,
    AgentState::Talking,
    AgentState::WrapUp,
    AgentState::Paused,
];

impl Sim {
    /// Counts of calls.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The agents, in the order in which they came.
    pub fn agents(&self) -> Vec<AgentView> {
        let view = |device: &crate::agent::Device| {
            let mut spent: BTreeMap<_, _> =
                STATES.iter().map(|state| (*state, device.sums[*state as usize])).collect();
            *spent.entry(device.state).or_default() += self.now.saturating_sub(device.state_since);
            AgentView {
                interface: device.interface.clone(),
                state: device.state,
                since: device.state_since,
                calls: device.calls,
                spent,
            }
        };
        self.devices.iter().map(view).collect()
    }

    /// The queues, by name.
    pub fn queues(&self) -> Vec<QueueView> {
        let view = |queue: &crate::queue::Queue| QueueView {
            name: queue.setup.name.clone(),
            waiting: queue.callers.len(),
            available: queue.members.iter().filter(|member| self.available(queue, member)).count(),
            abandoned: queue.abandoned,
            completed: queue.completed,
        };
        self.queues.values().map(view).collect()
    }
}
