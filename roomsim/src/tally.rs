//! What is counted in one day of a room, after its warm-up.

use serde::Serialize;

/// Seconds of a window in which abandoned calls are counted.
pub const WINDOW_S: f64 = 1_800.0;

/// A window with fewer persons than this has no share worth telling.
const LEAST_PERSONS: u64 = 20;

/// The counts of a day. A call counts when it was dialed, a person when he answered, after the warm-up.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Tally {
    /// Agent seconds in talk or wrap-up.
    pub busy_s: f64,
    /// Agent seconds logged in: idle, in talk or in wrap-up.
    pub logged_in_s: f64,
    /// Calls dialed.
    pub calls: u64,
    /// Persons who answered.
    pub persons: u64,
    /// Persons who found no agent in time.
    pub abandoned: u64,
    /// Persons whom the detection took for machines.
    pub mistaken: u64,
    /// Machines that reached an agent.
    pub machines_served: u64,
    /// Persons and abandoned persons in each window of [`WINDOW_S`].
    pub windows: Vec<(u64, u64)>,
}

impl Tally {
    /// The share of logged-in time in talk or wrap-up, 0 to 1.
    pub fn utilisation(&self) -> f64 {
        if self.logged_in_s > 0.0 { self.busy_s / self.logged_in_s } else { 0.0 }
    }

    /// Abandoned over persons, 0 to 1.
    pub fn abandoned_share(&self) -> f64 {
        share(self.persons, self.abandoned)
    }

    /// The highest abandoned share of a window.
    pub fn worst_window(&self) -> f64 {
        let worth = self.windows.iter().filter(|(persons, _)| *persons >= LEAST_PERSONS);
        worth.map(|(persons, abandoned)| share(*persons, *abandoned)).fold(0.0, f64::max)
    }

    /// A person answered, or was lost, `since` seconds after the warm-up.
    pub(crate) fn window(&mut self, since: f64) -> &mut (u64, u64) {
        let index = (since / WINDOW_S) as usize;
        if self.windows.len() <= index {
            self.windows.resize(index + 1, (0, 0));
        }
        &mut self.windows[index]
    }
}

fn share(persons: u64, abandoned: u64) -> f64 {
    if persons == 0 { 0.0 } else { abandoned as f64 / persons as f64 }
}
