//! The faults that a seed draws: an explicit list, each with its time, so that a shorter list can be tried.

use std::fmt;

use super::dice::{Dice, Stream};
use super::{SECOND, seconds};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $weight:literal,)*) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }

            fn weight(self) -> u64 {
                match self { $(Self::$kind => $weight),* }
            }
        }
    };
}

kinds! {
    /// The daemon is killed between two of its steps, and started again over what the disk holds.
    Crash "crash" 6,
    /// Events of an Asterisk are lost.
    Lost "lost" 3,
    /// Events come late, so that others overtake them.
    Late "late" 3,
    /// Events come twice.
    Doubled "doubled" 3,
    /// Events change places with their neighbours.
    Reordered "reordered" 3,
    /// Answers to actions are lost.
    NoResponse "no-response" 2,
    /// The connection is cut, and can be made again soon.
    Cut "cut" 3,
    /// Nothing comes and nothing goes, until the daemon notices and ends the session.
    HalfOpen "half-open" 3,
    /// Nothing comes and nothing goes for a while, then all of it.
    Stall "stall" 2,
    /// Asterisk restarts in order: it hangs its calls up and says so.
    Restart "restart" 2,
    /// Asterisk is killed: its calls are gone without a word.
    Kill "kill" 2,
    /// Only the AMI restarts: the calls stay.
    AmiRestart "ami-restart" 2,
    /// Somebody reloads the dialplan: what the daemon wrote there is gone.
    Reload "reload" 1,
    /// The disk takes its time.
    SlowDisk "slow-disk" 2,
    /// The disk takes nothing for a while.
    FullDisk "full-disk" 3,
    /// The clock is set forward.
    ClockForward "clock-forward" 2,
    /// The clock is set back.
    ClockBack "clock-back" 2,
    /// Local time changes to summer or winter.
    Daylight "daylight" 1,
    /// Agents go home, pause, or do not hear their phones.
    Agents "agents" 2,
    /// The carriers of an Asterisk refuse calls, or it does not know the trunk any more.
    Trunk "trunk" 2,
    /// A user changes something.
    Admin "admin" 14,
}

impl Kind {
    /// The kinds of a list of names: `all`, `none`, or names with commas between them.
    ///
    /// # Errors
    /// A name that is none of them; the text lists those that are.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        match text {
            "all" => return Ok(Self::ALL.to_vec()),
            "none" => return Ok(Vec::new()),
            _ => {}
        }
        let kind = |name: &str| {
            let known = Self::ALL.iter().find(|kind| kind.name() == name).copied();
            known.ok_or_else(|| {
                let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
                format!("{name} is no fault; there are all, none, {}", names.join(", "))
            })
        };
        text.split(',').map(|name| kind(name.trim())).collect()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Its place in the list of its seed.
    pub number: usize,
    /// When it strikes, in microseconds of virtual time.
    pub at: u64,
    /// What it is.
    pub kind: Kind,
    /// Whom it strikes, how often, and what exactly: each kind makes of this what it needs.
    pub(super) roll: u64,
    /// How long it lasts, in microseconds.
    pub(super) length: u64,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, at, kind, length, .. } = self;
        write!(f, "{number}: {kind} at {}", seconds(*at))?;
        match kind {
            Kind::Reload | Kind::Daylight | Kind::Admin | Kind::Cut => Ok(()),
            _ => write!(f, " ({})", seconds(*length)),
        }
    }
}

/// The faults of a seed.
pub(super) fn draw(seed: u64, kinds: &[Kind], until: u64) -> Vec<Fault> {
    let mut dice = Dice::new(seed, Stream::Faults);
    if kinds.is_empty() {
        return Vec::new();
    }
    let weights: u64 = kinds.iter().map(|kind| kind.weight()).sum();
    let count = dice.between(2, 4 + until / (12 * SECOND));
    let mut faults: Vec<Fault> = (0..count)
        .map(|_| {
            let mut ticket = dice.below(usize::try_from(weights).unwrap_or(1)) as u64;
            let kind = kinds.iter().copied().find(|kind| {
                let hit = ticket < kind.weight();
                ticket = ticket.saturating_sub(kind.weight());
                hit
            });
            let length = match dice.below(3) {
                0 => dice.between(1_000, SECOND),
                1 => dice.between(SECOND, 8 * SECOND),
                _ => dice.between(SECOND, 30 * SECOND),
            };
            let at = dice.between(SECOND / 10, until);
            Fault { number: 0, at, kind: kind.unwrap_or(kinds[0]), roll: dice.number(), length }
        })
        .collect();
    faults.sort_by_key(|fault| fault.at);
    for (number, fault) in faults.iter_mut().enumerate() {
        fault.number = number;
    }
    faults
}
