//! Who decides: the pacing rules that a room can be run with.

mod predictive;
mod simple;

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::protocol::{Answer, End, Start, Step};

pub use predictive::Predictive;
pub use simple::{Level, Power, Progressive};

/// A dialer, as far as a room sees it. Those in this process never fail; others may have gone away.
pub trait Policy {
    /// A day begins; nothing of another day is known any more.
    ///
    /// # Errors
    /// When the dialer cannot be reached.
    fn start(&mut self, start: &Start) -> io::Result<()>;

    /// How many calls now.
    ///
    /// # Errors
    /// When the dialer cannot be reached or does not answer in the protocol.
    fn step(&mut self, step: &Step) -> io::Result<Answer>;

    /// The day is over.
    ///
    /// # Errors
    /// When the dialer cannot be reached.
    fn end(&mut self, end: &End) -> io::Result<()>;
}

/// The rules that are built in, as they are written on a command line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// `predictive`: the engine's own pacing.
    Predictive,
    /// `progressive`: one call for each idle agent.
    Progressive,
    /// `power:R`: R calls for each idle agent; R > 0.
    Power(f64),
    /// `level:N`: (idle agents + N) less the calls that are not over.
    Level(i32),
}

impl Rule {
    /// A dialer with that rule; `notes`: whether it says why, in words, where it can.
    pub fn policy(self, notes: bool) -> Box<dyn Policy> {
        match self {
            Self::Predictive => Box::new(Predictive::new(notes)),
            Self::Progressive => Box::new(Progressive),
            Self::Power(ratio) => Box::new(Power { ratio }),
            Self::Level(level) => Box::new(Level { level }),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Predictive => f.write_str("predictive"),
            Self::Progressive => f.write_str("progressive"),
            Self::Power(ratio) => write!(f, "power:{ratio}"),
            Self::Level(level) => write!(f, "level:{level}"),
        }
    }
}

/// A name that is none of the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no such policy: {0} (there are predictive, progressive, power:R with R > 0, level:N)")]
pub struct UnknownRule(String);

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownRule(text.to_owned());
        match text.split_once(':') {
            None if text == "predictive" => Ok(Self::Predictive),
            None if text == "progressive" => Ok(Self::Progressive),
            Some(("power", ratio)) => {
                let ratio: f64 = ratio.parse().map_err(|_| unknown())?;
                if ratio.is_finite() && ratio > 0.0 { Ok(Self::Power(ratio)) } else { Err(unknown()) }
            }
            Some(("level", level)) => level.parse().map(Self::Level).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}
