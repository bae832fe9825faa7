//! The deterministic simulation: the engine, a model of the store and simulated Asterisks in lock step under virtual time, all from
//! one seed, with the daemon's own translation between them; and faults. What is simulated and what is checked is in
//! docs/torture.md.
//!
//! - `setup`, `faults`, `dice`: what a seed draws;
//! - `world`: what is due next; `wire` and `site` (networks and Asterisks), `listen`, `carry`, `link`, `daemon` (the daemon),
//!   `disk` and `rows` (its store), `strike` and `admin` (what the faults do), `rest` (the end);
//! - `watch`: the invariants; `trace`: the last steps in words;
//! - [`run`]: one seed; [`shrink`]: the fewest faults that still break the same invariant.

mod admin;
mod carry;
mod daemon;
mod dice;
mod disk;
mod faults;
mod link;
mod listen;
mod rest;
mod rows;
mod run;
mod setup;
mod shrink;
mod site;
mod strike;
mod trace;
mod watch;
mod wire;
mod world;

pub use faults::{Fault, Kind};
pub use run::{Report, Run};
pub use shrink::{Shrunk, shrink};
pub use watch::Violation;

/// A second of virtual time.
pub(crate) const SECOND: u64 = 1_000_000;

fn duration(micros: u64) -> std::time::Duration {
    std::time::Duration::from_micros(micros)
}

/// A time as people read it.
fn seconds(micros: u64) -> String {
    format!("{}.{:06} s", micros / SECOND, micros % SECOND)
}
