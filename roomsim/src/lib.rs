//! A dialing room in virtual time: what a pacing rule makes of agents and answers.
//!
//! [`Room`] says what the room is like ([`room`], [`chance`]); [`simulate`] lives through one day of it under a [`Policy`]
//! ([`policy`]) and gives a [`Tally`]; [`Summary`] puts days together ([`summary`]). The published rooms are in [`grid`].
//!
//! Room and policy talk in the messages of [`protocol`], in the same process or as lines of JSON ([`mod@serve`]), so that other rooms
//! can drive our pacing and ours can drive other dialers.
//!
//! Pure: neither sockets nor processes; the one clock is the stop watch in [`watch`], and it decides nothing.

pub mod chance;
mod day;
pub mod grid;
pub mod policy;
pub mod protocol;
pub mod room;
pub mod serve;
pub mod summary;
pub mod tally;
pub mod watch;

pub use day::simulate;
pub use policy::{Policy, Rule};
pub use room::Room;
pub use serve::serve;
pub use summary::Summary;
pub use tally::Tally;
