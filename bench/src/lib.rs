//! What the daemon's parts cost, without a network and without a clock.
//!
//! - [`rows`]: a plan, a campaign, a list with as many leads as wanted;
//! - [`script`]: what an Asterisk sends for one call, from captures of a real one;
//! - [`room`]: the engine alone, with calls in flight and somebody who answers for the store;
//! - [`daemon`]: the daemon's parts around its engine, on one thread, each step in a function of its own;
//! - [`written`]: its store, whose transactions hold the same jobs in every run;
//! - [`client`]: an AMI client that sees every event;
//! - [`profile`]: what callgrind has counted.
//!
//! `make count` counts the instructions of whole calls (`src/bin/count.rs`); `make bench` also runs the micro-benchmarks
//! (`benches/micro`).

pub mod client;
pub mod daemon;
pub mod profile;
pub mod room;
pub mod rows;
pub mod script;
pub mod written;
