//! `outbound bench`: each promise of docs/performance.md as a measurement that anybody can repeat. A measurement starts what it
//! needs (the daemon, a simulated or a real Asterisk, each a process of its own), and is done several times; with a second binary
//! the two take turns, so that both see the same machine.
//!
//! - `figure`: what was measured, against what is promised;
//! - `parts`: the processes; `usage`: what they use; `client`: an AMI client of the front door;
//! - `flood`: a bare AMI dialer; `tap`: the line between daemon and Asterisk, with the time of each octet;
//! - `stock`: databases with many rows;
//! - one module for each measurement.

mod agents;
mod calls;
mod client;
mod figure;
mod flat;
mod flood;
mod idle;
mod import;
mod latency;
mod memory;
mod parts;
mod share;
mod site;
mod start;
mod stock;
mod tap;
mod usage;

use std::path::PathBuf;

use anyhow::Context as _;

pub use figure::{Better, Figure, Measured, Promise, short};
pub use site::Wish;

use crate::store::Synchronous;
use agents::Agents;
use calls::Calls;
use flat::{Flat, Much};
use idle::Idle;
use import::Import;
use latency::Latency;
use memory::Memory;
use share::Share;
use start::Start;

/// Something that can be measured again and again.
pub trait Measure {
    /// Measures once.
    ///
    /// # Errors
    /// What kept it from being measured: a part that does not start, calls that do not end. Never a slow figure.
    fn once(&mut self) -> anyhow::Result<Measured>;
}

/// A measurement: its name, what it promises, and how it is begun with a binary.
pub struct Bench {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it measures, in a line.
    pub about: &'static str,
    /// The figure to be reached.
    pub promise: Promise,
    begin: fn(PathBuf, &Wish) -> anyhow::Result<Box<dyn Measure>>,
}

/// All measurements, in the order of docs/performance.md.
pub const ALL: &[Bench] = &[
    Bench {
        name: "calls-full",
        about: "complete calls on the simulated Asterisk, claims and results synced",
        promise: Promise { unit: "calls/s", limit: 5_000.0, better: Better::Higher },
        begin: |binary, wish| Ok(Box::new(Calls::new(binary, wish, Synchronous::Full))),
    },
    Bench {
        name: "calls-normal",
        about: "the same with synchronous = \"normal\"",
        promise: Promise { unit: "calls/s", limit: 10_000.0, better: Better::Higher },
        begin: |binary, wish| Ok(Box::new(Calls::new(binary, wish, Synchronous::Normal))),
    },
    Bench {
        name: "asterisk-share",
        about: "calls on a real Asterisk, as a share of what it takes from a bare flood",
        promise: Promise { unit: "%", limit: 90.0, better: Better::Higher },
        begin: |binary, wish| Ok(Box::new(Share::new(binary, wish)?)),
    },
    Bench {
        name: "event-latency",
        about: "p99 from Asterisk's event to the event at a client, at 1,000 calls/s",
        promise: Promise { unit: "ms", limit: 5.0, better: Better::Lower },
        begin: |binary, wish| Ok(Box::new(Latency::new(binary, wish))),
    },
    Bench {
        name: "agent-free",
        about: "p99 from an agent who has become free to his Originate on the wire",
        promise: Promise { unit: "ms", limit: 10.0, better: Better::Lower },
        begin: |binary, wish| Ok(Box::new(Agents::new(binary, wish))),
    },
    Bench {
        name: "import",
        about: "leads from a CSV file: a million rows of eight columns, all checks on",
        promise: Promise { unit: "rows/s", limit: 150_000.0, better: Better::Higher },
        begin: |binary, wish| Ok(Box::new(Import::new(binary, wish))),
    },
    Bench {
        name: "flat",
        about: "processor time for a call with 10,000,000 leads, as a multiple of that with 10,000",
        promise: Promise { unit: "times", limit: 1.15, better: Better::Lower },
        begin: |binary, wish| Ok(Box::new(Flat::new(binary, wish, Much::Leads))),
    },
    Bench {
        name: "flat-campaigns",
        about: "the same with 1,000 campaigns at work, as a multiple of that with 100",
        // Rows of ten times as many lists lie on so many more pages of the database: up to one for each row that a call touches.
        promise: Promise { unit: "times", limit: 1.5, better: Better::Lower },
        begin: |binary, wish| Ok(Box::new(Flat::new(binary, wish, Much::Campaigns))),
    },
    Bench {
        name: "memory",
        about: "most memory with 10,000,000 leads, 1,000 calls in flight and 100 clients",
        promise: Promise { unit: "MB", limit: 150.0, better: Better::Lower },
        begin: |binary, wish| Ok(Box::new(Memory::new(binary, wish))),
    },
    Bench {
        name: "idle",
        about: "processor time with 100 campaigns that have nobody to call and 10,000 that do not run",
        promise: Promise { unit: "% of a core", limit: 0.5, better: Better::Lower },
        begin: |binary, wish| Ok(Box::new(Idle::new(binary, wish))),
    },
    Bench {
        name: "start",
        about: "from the start of the process until it could dial, with 10,000,000 leads and 1,000 campaigns",
        promise: Promise { unit: "s", limit: 2.0, better: Better::Lower },
        begin: |binary, wish| Ok(Box::new(Start::new(binary, wish))),
    },
];

impl Bench {
    /// Measures as often as wished, each time with this program and then with the other one, if there is one.
    ///
    /// # Errors
    /// As [`Measure::once`], with the name of the measurement.
    pub fn run(&self, wish: &Wish, mut told: impl FnMut(&Measured)) -> anyhow::Result<Figure> {
        let failed = || format!("{} could not be measured", self.name);
        let this = std::env::current_exe().context("where is this program?").with_context(failed)?;
        let mut measure = (self.begin)(this, wish).with_context(failed)?;
        let other = wish.vs.clone().map(|binary| (self.begin)(binary, wish));
        let mut other = other.transpose().with_context(failed)?;
        let mut figure = Figure::new(self.name, self.promise);
        for _ in 0..wish.runs {
            let measured = measure.once().with_context(failed)?;
            told(&measured);
            figure.add(measured);
            if let Some(other) = &mut other {
                let measured = other.once().with_context(|| format!("{} by the other binary", self.name))?;
                told(&measured);
                figure.add_other(measured);
            }
        }
        Ok(figure)
    }
}
