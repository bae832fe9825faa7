//! The daemon behind the `outbound` binary.
//!
//! - [`config`]: what the user may set;
//! - [`access`]: who may do what over HTTP: users, tokens, sessions, the audit log;
//! - [`admin`]: what users change: typed patches of plans, dial lists, destinations, campaigns, leads;
//! - [`store`]: the rows on disk; one batching writer;
//! - [`driver`]: owns the engine; brings inputs to it and carries its outputs out;
//! - [`asterisk`]: AMI messages of an Asterisk become inputs of the engine, its wishes become actions;
//! - [`ami_server`]: the AMI front door for clients; [`core`]: the daemon as its front doors see it;
//! - [`http`]: the HTTP front door: probes, and the API; [`events`]: what happens, to those HTTP clients who listen;
//! - [`metrics`]: what is measured, for Prometheus;
//! - [`import`]: leads out of CSV files; [`export`]: leads and results as CSV;
//! - [`results`]: ended dialings as JSON lines; [`webhooks`]: who is told by HTTP;
//! - [`bench`]: each promise of speed as a measurement;
//! - [`torture`]: the deterministic simulation of all of it, with faults;
//! - [`spans`]: by which all that the log says of one call is found;
//! - [`vital`]: the parts that must not end while the daemon runs; [`health`]: whether it still moves, and what it uses;
//! - [`serve`]: puts it all together; [`cli`]: the commands.

pub mod access;
pub mod admin;
pub mod ami_server;
pub mod asterisk;
pub mod bench;
pub mod cli;
pub mod config;
pub mod core;
pub mod driver;
pub mod events;
pub mod export;
mod faults;
pub mod format;
pub mod health;
pub mod http;
pub mod import;
pub mod imports;
pub mod metrics;
pub mod results;
pub mod serve;
pub mod spans;
pub mod store;
pub mod torture;
pub mod vital;
pub mod webhooks;
