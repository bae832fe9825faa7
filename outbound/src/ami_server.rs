//! The AMI front door: what clients send becomes typed commands, what happened becomes AMI events.
//!
//! - `parse`: headers of an action -> patches and commands;
//! - `events`: a change -> an event, with the fields in the contract's order; entries of lists likewise (`rows`);
//! - `actions`: every known action, its texts, and how it is carried out.
//!
//! Sessions, login and event masks are `ami::server`'s; what a command does is the [`Core`]'s.

mod actions;
mod core;
mod events;
mod numbered;
pub(crate) mod parse;
mod rows;

pub use self::actions::Actions;
pub use self::core::{Answer, Core};
pub use self::events::{event, publish};
