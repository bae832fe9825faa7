//! The dialing engine: pure, without runtime, database or clock.
//!
//! One door in, one door out: [`Engine::handle`] takes an [`Input`], [`Engine::poll_output`] gives [`Output`]s in the order in
//! which they are to be carried out, [`Engine::poll_timeout`] says when to call [`Engine::handle_timeout`].
//!
//! What users make: [`value`] (typed values that input must become before it may come in), [`model`] (rows), [`catalog`]
//! (the rows in memory), [`schedule`].
//!
//! A call: [`dialing`] (what it is), [`calls`] and `hearing` (how events move it), [`outcome`] (what its end means, in one table),
//! [`dial_string`].
//!
//! The decision: [`pacing`] (how many calls now, and why not more), `rooms` (what predictive pacing sees and learns), [`queues`]
//! (who is free), [`abandon`] (how many people may be left without an agent), [`limits`] (what an Asterisk, a trunk and a
//! campaign may be given, and back-off), `bounds` (all limits together, and which trunk), `sharing` (who decides next).
//!
//! Preview: [`preview`] (an agent sees a lead before anybody is called; its calls).
//!
//! The engine itself: `engine` (state and doors), `campaigns` (status machine), `scheduling` (what starts and stops by time), `placing` (from a decision to calls),
//! `asking` (the leads for them),
//! `following` (from a call's events to its result), `answer` (what is kept of an answered call), `comparing` (what Asterisk
//! has against what we think: connections, recovery), `orphans` (channels of no dialing), [`store_id`] (whose a channel is);
//! [`census`] (how much is kept), [`view`] (how it can be shown), [`figures`] (how it can be measured), [`why`] (why a campaign places no calls), `tidying` (what of it may go); `audit`, `pbx`, `run`, `index`, `timers`, `retry_clock`.

pub mod abandon;
mod answer;
mod asking;
mod audit;
mod bounds;
pub mod broken;
pub mod calls;
mod campaigns;
pub mod catalog;
pub mod census;
mod comparing;
pub mod dial_string;
pub mod dialing;
mod engine;
pub mod figures;
mod following;
mod hearing;
mod index;
pub mod input;
pub mod limits;
pub mod model;
pub mod notify;
mod orphans;
pub mod outcome;
pub mod pacing;
mod pbx;
mod placing;
pub mod preview;
pub mod queues;
mod retry_clock;
mod rooms;
mod run;
pub mod schedule;
mod scheduling;
mod sharing;
pub mod store_id;
mod tidying;
pub mod time;
mod timers;
pub mod value;
pub mod view;
pub mod why;

pub use engine::{Engine, PbxConfig, Settings};
pub use input::{Input, ListImport, Output, PbxId, PbxInput};
pub use placing::CONTEXT;
